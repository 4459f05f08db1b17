# Gives every candidate on standard input the checkpoint of the one trained. Usage: awk -F, -f checkpoint.awk trained.csv -
FNR == 1 {
    for (i = 1; i <= NF; i++)
        if (NR == FNR && $i == "checkpoint") column = i
    if (NR > FNR) print $0 ",checkpoint"
    next
}
NR == FNR { path = $column; next }
{ print $0 "," path }
