# From solved arrays (CSV of nax-xbar) to f = I_ideal / I of every column in use: extremes and quantiles.
# Usage: awk -F, -v n=64 -v v0=0.25 -v unused=off -v sorted=scratch -f ratios.awk
NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    rows = split($at["v_v"], v, " "); cols = split($at["i_a"], current, " ")
    split($at["g_siemens"], g, " ")
    for (c = 1; c <= $at["used_cols"]; c++) {
        ideal = 0
        for (r = 1; r <= rows; r++) ideal += v[r] * g[(r - 1) * cols + c]
        print ideal / current[c] | "sort -g > " sorted
    }
}
END {
    close("sort -g > " sorted)
    while ((getline x < sorted) > 0) f[++m] = x
    printf "%s,%d,%g,%d,%.4f,%.4f,%.4f,%.4f,%.4f\n", unused, n, v0, m, f[1], f[int(1 + 0.001 * (m - 1))],
        f[int(1 + 0.5 * (m - 1))], f[int(1 + 0.999 * (m - 1))], f[m]
}
