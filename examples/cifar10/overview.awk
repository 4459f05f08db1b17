# Of results/study.csv the networks that learnt what their own crossbars do, measured on every conversion by all test images, as candidates
# with their standard errors; part: baselines, evolved (ResNet-20's own kernels), or searched.
BEGIN { FS = OFS = ","; print "design", "network", "kernel", "crossbar", "accuracy", "accuracy_se" }
NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
function all(cell, i, text) {
    if (cell ~ / /) return cell
    for (i = 0; i < 18; i++) text = text (i ? " " : "") cell
    return text
}
$c["method"] ~ /-aware$/ && $c["fidelity"] == "full" && $c["images"] == 0 {
    name = $c["method"]
    of = name ~ /^baselines/ ? "baselines" : name ~ /^one/ ? "evolved" : "searched"
    if (of != part) next
    design = of == "baselines" ? "3x3 on " $c["crossbar"] : of == "evolved" ? "3x3 evolved" : name ~ /refined/ ? "searched evolved" : "searched"
    p = $c["accuracy"]
    print design, "resnet20", all($c["kernel"]), all($c["crossbar"]), p, sqrt(p * (1 - p) / 10000)
}
