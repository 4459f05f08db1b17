# The study's main table of results/test.csv, chips.csv or validation.csv, in Markdown, and, into the folder `points`, a file a set, what the figure is drawn of.
# A row a network: accuracy by each protocol, of the kind `kind` (every, test, full, chips; nothing of validation.csv), its difference from the
# baseline and, as a designer would, from the most accurate 3×3 network, seed by seed, each with its standard error, EDAP in units of the
# baseline's, and the conventions by which it costs more than the baseline. Found networks are called by their set and EDAP.
BEGIN {
    FS = ","; OFS = ","
    other = kind == "chips" ? "aware" : "nax"
    title = kind == "chips" ? "after noise-aware epochs" : "as NAX"
    n_conventions = split("working always pipelined puma isaac", convention, " ")
}
$1 == "protocol" { # once a protocol
    delete c
    for (i = 1; i <= NF; i++) c[$i] = i
    accuracy = ("accuracy" in c) ? "accuracy" : "accuracy_hardware_validation"
    next
}
{
    split($1, part, "-")
    protocol = part[2] ? part[2] : part[1]
    if ((part[2] ? part[1] : "") != kind) next
    id = $c["id"]
    if (!(id in name)) {
        name[id] = call($c["set"], $c["kernel"], $c["crossbar"], $c["edap_of_baseline"])
        row[++n] = id
        set[id] = $c["set"]
        for (i = 1; i <= n_conventions; i++) edap_by[id, i] = $c["edap_pj_ns_mm2." convention[i]]
        if ($c["set"] == "baselines" && $c["edap_of_baseline"] == 1) baseline = id
    }
    p = protocol " " id
    mean[p] = $c[accuracy]
    se[p] = $c[accuracy "_se"]
    difference[p] = $c[accuracy "_difference"]
    difference_se[p] = $c[accuracy "_difference_se"]
    from_best[p] = $c[accuracy "_from_best"]
    from_best_se[p] = $c[accuracy "_from_best_se"]
    seeds[id] = $c["n_seeds"]
    if (protocol == "designer" || !(id in edap)) edap[id] = $c["edap_of_baseline"]
    whole[id] = $c["edap_pj_ns_mm2"]
}
# "3×3 on 64" of one kernel and one crossbar throughout
function call(set, kernel, crossbar, edap,    k, x, i, n_k, n_x) {
    n_k = split(kernel, k, " ")
    n_x = split(crossbar, x, " ")
    for (i = 2; i <= n_k && k[i] == k[1] && x[i] == x[1]; i++);
    if (set == "baselines" && i > n_k) return k[1] "×" k[1] " on " x[1]
    return set " " sprintf("%.2f", edap)
}
function dearer(id,    i, list) {
    for (i = 1; i <= n_conventions; i++)
        if (edap_by[id, i] + 0 > edap_by[baseline, i] + 0) list = list (list ? ", " : "") convention[i]
    return list ? list : "–"
}
function percent(value, error) { return value == "" ? "–" : sprintf(error == "" ? "%.2f" : "%.2f ± %.2f", 100 * value, 100 * error) }
function signed(value, error) { return value == "" ? "–" : sprintf(error == "" ? "%+.2f" : "%+.2f ± %.2f", 100 * value, 100 * error) }
END {
    if (!n) exit
    print "| network | seeds | as a designer would, % | less the baseline | less the most accurate 3×3 | " title ", % | less the baseline | EDAP of the baseline's | dearer than it by |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= n; i++) {
        id = row[i]
        d = "designer " id
        x = other " " id
        if (points && d in mean) { # before it is asked for, which makes it
            file = points "/" set[id]
            if (!(file in begun)) print "design,accuracy,accuracy_se,edap_pj_ns_mm2" > file
            begun[file]
            print name[id], mean[d], se[d], whole[id] > file
        }
        printf "| %s | %s | %s | %s | %s | %s | %s | %.2f | %s |\n", name[id], seeds[id], percent(mean[d], se[d]), signed(difference[d], difference_se[d]),
            signed(from_best[d], from_best_se[d]), percent(mean[x], se[x]), signed(difference[x], difference_se[x]), edap[id], dearer(id)
    }
}
