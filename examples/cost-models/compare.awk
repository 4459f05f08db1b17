# From the costs of designs under several models and the front of each model: how much two models
# agree. Writes one line for each ordered pair (a, b):
#   rho_*    Spearman's rank correlation of a cost over all designs
#   overlap  designs of a's front that are on b's front, as a fraction of a's
#   epsilon  b's front is reached from a's within this factor: the largest, over designs q of b's front,
#            of the smallest, over designs p of a's, of the largest ratio p / q of a cost, all under b
#   epsilon_median  the same with the median over q
#   regret   EDAP under b of the design with the least EDAP under a, by the least EDAP under b
BEGIN {
    FS = OFS = ","
    n_models = split(models, model, " ")
    n_costs = split("energy_pj latency_ns area_mm2 edap_pj_ns_mm2", cost, " ")
}

NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }

{
    id[++n] = $column["id"]
    for (m = 1; m <= n_models; m++)
        for (c = 1; c <= n_costs; c++)
            value[m, c, n] = $column[cost[c] "." model[m]] + 0
}

# Sorts order[lo..hi] by key[order[i]]: heap sort, for awks without one.
function sift(i, size,    child, top) {
    top = order[i]
    while ((child = 2 * i) <= size) {
        if (child < size && key[order[child + 1]] > key[order[child]]) child++
        if (key[order[child]] <= key[top]) break
        order[i] = order[child]
        i = child
    }
    order[i] = top
}

function sort(size,    i, t) {
    for (i = int(size / 2); i >= 1; i--) sift(i, size)
    for (i = size; i > 1; i--) {
        t = order[1]; order[1] = order[i]; order[i] = t
        sift(1, i - 1)
    }
}

# Ranks of a cost under a model, centred; equal values share their mean rank.
function set_ranks(m, c,    i, k, r) {
    for (i = 1; i <= n; i++) { order[i] = i; key[i] = value[m, c, i] }
    sort(n)
    for (i = 1; i <= n; i = k) {
        for (k = i; k <= n && key[order[k]] == key[order[i]]; k++) continue
        for (r = i; r < k; r++) rank[m, c, order[r]] = (i + k - 1 - n - 1) / 2
    }
}

function rho(a, b, c,    i, sab, saa, sbb) {
    for (i = 1; i <= n; i++) {
        sab += rank[a, c, i] * rank[b, c, i]
        saa += rank[a, c, i] * rank[a, c, i]
        sbb += rank[b, c, i] * rank[b, c, i]
    }
    return sab / sqrt(saa * sbb)
}

function read_front(m,    file, line, cell, is_head) {
    file = out "/front-" model[m] ".csv"
    is_head = 1
    while ((getline line < file) > 0) {
        split(line, cell, ",")
        if (!is_head) front[m, ++n_front[m]] = place[cell[column["id"]]]
        is_head = 0
    }
    close(file)
}

function overlap(a, b,    i, k, both) {
    for (i = 1; i <= n_front[a]; i++)
        for (k = 1; k <= n_front[b]; k++)
            both += front[a, i] == front[b, k]
    return both / n_front[a]
}

# key[k]: the factor for the k-th design of b's front
function factors(a, b,    i, k, c, ratio, worst, best) {
    for (k = 1; k <= n_front[b]; k++) {
        best = -1
        for (i = 1; i <= n_front[a]; i++) {
            worst = 0
            for (c = 1; c <= 3; c++) {
                ratio = value[b, c, front[a, i]] / value[b, c, front[b, k]]
                if (ratio > worst) worst = ratio
            }
            if (best < 0 || worst < best) best = worst
        }
        key[k] = best
        order[k] = k
    }
    sort(n_front[b])
}

function least(m,    i, best) {
    best = 1
    for (i = 2; i <= n; i++) if (value[m, 4, i] < value[m, 4, best]) best = i
    return best
}

END {
    for (i = 1; i <= n; i++) place[id[i]] = i
    for (m = 1; m <= n_models; m++) {
        read_front(m)
        for (c = 1; c <= n_costs; c++) set_ranks(m, c)
    }
    print "a", "b", "rho_energy", "rho_latency", "rho_area", "rho_edap", "front_a", "front_b", "overlap", "epsilon", "epsilon_median", "regret"
    for (a = 1; a <= n_models; a++)
        for (b = 1; b <= n_models; b++) {
            factors(a, b)
            printf "%s,%s,%.3f,%.3f,%.3f,%.3f,%d,%d,%.3f,%.3f,%.3f,%.3f\n", model[a], model[b],
                rho(a, b, 1), rho(a, b, 2), rho(a, b, 3), rho(a, b, 4), n_front[a], n_front[b],
                overlap(a, b), key[order[n_front[b]]], key[order[int((n_front[b] + 1) / 2)]],
                value[b, 4, least(a)] / value[b, 4, least(b)]
        }
}
