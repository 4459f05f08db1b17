# The pairs that agree least, and every model against the default, as a table to read.
BEGIN { FS = ","; printf "%-10s %-10s %6s %6s %6s %6s %8s %8s %8s\n", "by", "under", "energy", "area", "EDAP", "front", "overlap", "epsilon", "regret" }
NR > 1 && $1 != $2 && ($1 == "saberi" || $2 == "saberi") {
    printf "%-10s %-10s %6.2f %6.2f %6.2f %6d %8.2f %8.2f %8.2f\n", $1, $2, $3, $5, $6, $7, $9, $10, $12
}
NR > 1 && (!least || $6 < least) { least = $6; pair = $1 " and " $2 }
NR > 1 && $10 > most { most = $10; worst = $1 " under " $2 }
END { printf "least rank correlation of EDAP: %.2f, %s\nlargest epsilon: %.2f, the front by %s\n", least, pair, most, worst }
