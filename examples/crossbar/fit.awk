# Root mean square of ln(f / published f) over the ends of the ranges, by use of idle cells and v0.
FNR == 1 { file++; next }
file == 1 { low[$1] = $2; high[$1] = $3; next }
{
    a = log($5 / low[$2]); b = log($9 / high[$2]); key = $1 "," $3
    both[key] += a * a + b * b; top[key] += b * b; bottom[key] += a * a; n[key]++
}
END {
    print "unused,v0_v,rms_both_ends,rms_lower_ends,rms_upper_ends"
    for (v in n)
        printf "%s,%.4f,%.4f,%.4f\n", v, sqrt(both[v] / (2 * n[v])), sqrt(bottom[v] / n[v]),
            sqrt(top[v] / n[v]) | "sort -t, -k1,1 -k2,2g"
}
