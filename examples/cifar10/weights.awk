# Whether test images were looked at with the weights that validation images had judged: awk -F, -f weights.awk RUN.csv RUN-test.csv
$0 == "" { is_head = 1; next }
FNR == 1 || is_head { is_head = 0; delete c; for (i = 1; i <= NF; i++) c[$i] = i; next }
NR == FNR { judged[$c["id"]] = $c["weights_hash"]; next }
$c["kind"] != "chips-aware" && $c["weights_hash"] != judged[$c["id"]] { print "other weights than in '" ARGV[1] "', which has to be removed: " $c["id"] > "/dev/stderr"; bad = 1; exit }
END { exit bad }
