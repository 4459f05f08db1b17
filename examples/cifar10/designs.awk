# The designs of results/study.csv, each once, as candidates: field `design` names the network as RESULTS.md does.
BEGIN { FS = OFS = ","; print "design", "network", "kernel", "crossbar" }
NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
function all(cell, n, i, text) {
    if (cell ~ / /) return cell
    for (i = 0; i < n; i++) text = text (i ? " " : "") cell
    return text
}
$c["method"] ~ /-aware$/ { next } # the same designs, trained for another epoch
{
    name = $c["method"]
    if (sub(/-refined$/, "", name)) tail = " evolved"; else tail = ""
    if (name == "baselines" || name == "one") name = "3x3" (tail ? "" : " on " $c["crossbar"])
    sub(/^as-is-/, "as it is ", name)
    sub(/^calibrated-/, "calibrated ", name)
    sub(/^ideal-/, "NAX-i ", name)
    name = name tail
    if (!seen[name]++) print name, "resnet20", all($c["kernel"], 18), all($c["crossbar"], 18)
}
