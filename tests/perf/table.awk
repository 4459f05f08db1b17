# The table of a run, on stdout, and as CSV into the file `csv`. Input: the rows, and then samples "what whose number", of which
# the median counts; lines "absent whose reason". Variables: csv, version, machine, flags, threads, date.
FILENAME == ARGV[1] {
    if (/^#/ || !NF) next
    n = split($0, field, "|")
    what[++n_rows] = field[2]
    own[n_rows] = field[3]
    unit[n_rows] = field[4]
    better[n_rows] = field[5]
    goal[n_rows] = field[6]
    text[n_rows] = field[7]
    is_own[field[2], field[3]]
    next
}
$1 == "absent" {
    reason = $0
    sub(/^absent /, "", reason)
    if (!(reason in is_absent)) absent[++n_absent] = reason
    is_absent[reason]
    next
}
{
    key = $1 SUBSEP $2
    if (!(key in count) && !(key in is_own)) peers[$1] = peers[$1] " " $2
    sample[key, ++count[key]] = $3 + 0
}

function median(key, n, i, k, v, sorted) {
    n = count[key]
    for (i = 1; i <= n; i++) {
        v = sample[key, i]
        for (k = i - 1; k > 0 && sorted[k] > v; k--) sorted[k + 1] = sorted[k]
        sorted[k + 1] = v
    }
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}
function number(x) { return x == "" ? "" : sprintf("%.4g", x) }
# how many times as good as the other
function ratio(row, a, b) { return a > 0 && b > 0 ? (better[row] == "less" ? b / a : a / b) : "" }

END {
    print "what,whose,unit,better,measured,n_samples,peer,peer_measured,times_peer,goal,times_goal,version,machine,flags,threads,date" >csv
    line = "%-20s %-5s %9s %-9s %8s %-6s %s\n"
    printf line, "what", "whose", "measured", "unit", "goal", "times", "peers (times as good as they)"
    for (r = 1; r <= n_rows; r++) {
        key = what[r] SUBSEP own[r]
        value = count[key] ? median(key) : ""
        if (value == "") missing = missing " " what[r] (own[r] == "nax" ? "" : ":" own[r])
        met = ratio(r, value, goal[r])
        n_peers = split(peers[what[r]], peer, " ")
        beside = ""
        for (p = 1; p <= n_peers; p++) {
            other = median(what[r] SUBSEP peer[p])
            times = ratio(r, value, other)
            beside = beside sprintf("%s %s (%s)  ", peer[p], number(other), times == "" ? "-" : sprintf("%.2f", times))
            put(r, value, count[key], peer[p], other, times, met)
        }
        if (!n_peers) put(r, value, count[key], "", "", "", met)
        if (value != "")
            printf line, what[r], own[r], number(value), unit[r], goal[r], met == "" ? "" : sprintf("%.2f", met), beside "  " text[r]
    }
    for (i = 1; i <= n_absent; i++) print "not here: " absent[i]
    if (flags !~ /amx/) print "not here: AMX, which the goals of bf16 are for"
    if (flags !~ /avx512_bf16/) print "not here: products of bf16"
    if (missing != "") print "not measured in this run:" missing
}
function put(r, value, n, who, other, times, met) {
    printf "%s,%s,%s,%s,%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%d,%s\n", what[r], own[r], unit[r], better[r], number(value), n, who,
        number(other), number(times), goal[r], number(met), version, machine, flags, threads, date >csv
}
