# Costs by nax-cost --conventions: EDAP of every design under each convention, in that of the design `base`.
# A field `design` names designs. Writes design, edap_pj_ns_mm2, and EDAP in units of base under every convention.
BEGIN { FS = OFS = "," }
NR == 1 {
    for (i = 1; i <= NF; i++) {
        if ($i == "design") name = i
        if ($i == "edap_pj_ns_mm2") plain = i
        if (sub(/^edap_pj_ns_mm2\./, "", $i)) { at[++n] = i; convention[n] = $i }
    }
    next
}
{
    design[NR] = $name
    edap[NR] = $plain
    for (k = 1; k <= n; k++) {
        value[NR, k] = $(at[k])
        if ($name == base) unit[k] = $(at[k])
    }
}
END {
    if (!n || !unit[1]) {
        print "relative.awk: no design \x27" base "\x27, or no conventions" > "/dev/stderr"
        exit 1
    }
    line = "design,edap_pj_ns_mm2"
    for (k = 1; k <= n; k++) line = line "," convention[k]
    print line
    for (r = 2; r <= NR; r++) {
        line = design[r] sprintf(",%.4g", edap[r])
        for (k = 1; k <= n; k++) line = line sprintf(",%.3f", value[r, k] / unit[k])
        print line
    }
}
