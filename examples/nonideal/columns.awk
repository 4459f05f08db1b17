# Named columns of several CSV files, one below the other; lists of equal numbers as one of them;
# empty where a file lacks one.
# Usage: awk -F, -v names="a b" [-v file=NAME] -f columns.awk x-FIRST.csv x-SECOND.csv; file: a column
# of that name holds the word of the file's name between - and .csv
FNR == 1 {
    n = split(names, name, " ")
    delete column
    for (i = 1; i <= NF; i++) column[$i] = i
    word = FILENAME
    gsub(/.*-|\.csv$/, "", word)
    if (NR == 1) {
        if (file) printf "%s,", file
        for (k = 1; k <= n; k++) printf "%s%s", name[k], k < n ? "," : "\n"
    }
    next
}
{
    if (file) printf "%s,", word
    for (k = 1; k <= n; k++) {
        cell = name[k] in column ? $(column[name[k]]) : ""
        if (split(cell, item, " ") > 1) {
            same = 1
            for (j in item) same = same && item[j] == item[1]
            if (same) cell = item[1]
        }
        if (cell ~ /^-?[0-9]+\.[0-9]+/) cell = sprintf("%.5g", cell)
        printf "%s%s", cell, k < n ? "," : "\n"
    }
}
