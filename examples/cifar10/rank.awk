# Kendall's tau-b of two measures of the same designs, in the CSV of both. Usage: awk -F, -v field=accuracy... -f rank.awk INHERITED.csv TRAINED.csv
# Writes id, inherited, trained, and tau, the same in every row.
FNR == 1 { for (i = 1; i <= NF; i++) c[FILENAME, $i] = i; next }
NR == FNR { inherited[$c[FILENAME, "id"]] = $c[FILENAME, field]; next }
$c[FILENAME, "id"] in inherited { n++; id[n] = $c[FILENAME, "id"]; a[n] = inherited[id[n]] + 0; b[n] = $c[FILENAME, field] + 0 }
function sign(x) { return (x > 0) - (x < 0) }
END {
    for (i = 1; i <= n; i++)
        for (j = 1; j < i; j++) {
            s += sign(a[i] - a[j]) * sign(b[i] - b[j])
            in_a += a[i] != a[j]
            in_b += b[i] != b[j]
        }
    print "id,inherited,trained,tau"
    for (i = 1; i <= n; i++) printf "%s,%.6g,%.6g,%.4f\n", id[i], a[i], b[i], s / sqrt(in_a * in_b)
}
