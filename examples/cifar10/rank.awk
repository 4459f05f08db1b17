# Kendall's tau-b of two measures of the same designs, of the CSV of both: id and the measure. Usage: awk -F, -f rank.awk INHERITED.csv TRAINED.csv
# Writes id, inherited, trained, and tau, the same in every row; nothing for it where all of one are equal. What has diverged is left out.
FNR == 1 { next }
NR == FNR { inherited[$1] = $2; next }
$2 != "" && $1 in inherited { id[++n] = $1; a[n] = inherited[$1] + 0; b[n] = $2 + 0 }
function sign(x) { return (x > 0) - (x < 0) }
END {
    for (i = 1; i <= n; i++)
        for (j = 1; j < i; j++) {
            s += sign(a[i] - a[j]) * sign(b[i] - b[j])
            in_a += a[i] != a[j]
            in_b += b[i] != b[j]
        }
    tau = in_a * in_b ? sprintf("%.4f", s / sqrt(in_a * in_b)) : ""
    print "id,inherited,trained,tau"
    for (i = 1; i <= n; i++) printf "%s,%.6g,%.6g,%s\n", id[i], a[i], b[i], tau
}
