/* Stable sorting of numbers, and points as integers that keep only their order. */
#include "order.h"

#include <stdlib.h>
#include <string.h>

uint64_t nax_order_key(double value)
{
    uint64_t bits;
    value += 0.0; /* -0 + 0 = 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static void sort_few(struct order_pair *pairs, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct order_pair p = pairs[i];
        size_t k = i;
        for (; k > 0 && pairs[k - 1].key > p.key; k--)
            pairs[k] = pairs[k - 1];
        pairs[k] = p;
    }
}

/* Radix sort from the lowest byte; bytes that all keys share cost one count. */
void nax_order_sort(struct order_pair *pairs, struct order_pair *scratch, size_t n)
{
    if (n <= 48) {
        sort_few(pairs, n);
        return;
    }
    uint64_t differing = 0;
    for (size_t i = 1; i < n; i++)
        differing |= pairs[i].key ^ pairs[0].key;
    struct order_pair *from = pairs, *to = scratch;
    for (int shift = 0; shift < 64; shift += 8) {
        if (!(differing >> shift & 255))
            continue;
        size_t start[257] = {0};
        for (size_t i = 0; i < n; i++)
            start[(from[i].key >> shift & 255) + 1]++;
        for (int b = 0; b < 256; b++)
            start[b + 1] += start[b];
        for (size_t i = 0; i < n; i++)
            to[start[from[i].key >> shift & 255]++] = from[i];
        struct order_pair *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != pairs)
        memcpy(pairs, from, n * sizeof *pairs);
}

/* Numbers the distinct keys of sorted pairs. by_id: [n]. */
static void count_keys(const struct order_pair *pairs, size_t n, uint32_t *by_id)
{
    uint32_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        rank += i && pairs[i].key != pairs[i - 1].key;
        by_id[pairs[i].id] = rank;
    }
}

int nax_order_make(struct order *order, const double *points, size_t n, size_t m,
                   struct nax_err *err)
{
    *order = (struct order){.m = m};
    if (n >= UINT32_MAX)
        return nax_err_set(err, NAX_ERR_MEMORY, "more than 2^32 points");
    struct order_pair *pairs = nax_calloc(2 * n, sizeof *pairs);
    uint32_t *moved = nax_calloc(n, sizeof *moved);
    order->unique_of = nax_calloc(n, sizeof *order->unique_of);
    order->key = nax_calloc(m, sizeof *order->key);
    bool is_complete = pairs && moved && order->unique_of && order->key;
    for (size_t j = 0; is_complete && j < m; j++)
        is_complete = (order->key[j] = nax_calloc(n, sizeof **order->key)) != NULL;
    if (!is_complete) {
        free(pairs);
        free(moved);
        nax_order_free(order);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%zu points'", n);
    }
    /* stable sorts from the last objective to the first leave lexicographic order */
    for (size_t i = 0; i < n; i++)
        pairs[i].id = (uint32_t)i;
    for (size_t j = m; j-- > 0;) {
        for (size_t i = 0; i < n; i++)
            pairs[i].key = nax_order_key(points[pairs[i].id * m + j]);
        nax_order_sort(pairs, pairs + n, n);
        count_keys(pairs, n, order->key[j]);
    }
    for (size_t i = 0; i < n; i++) {
        bool is_new = i == 0;
        for (size_t j = 0; j < m && !is_new; j++)
            is_new = order->key[j][pairs[i].id] != order->key[j][pairs[i - 1].id];
        if (is_new)
            moved[order->n_unique++] = pairs[i].id;
        order->unique_of[pairs[i].id] = (uint32_t)(order->n_unique - 1);
    }
    for (size_t j = 0; j < m; j++) {
        uint32_t *out = (uint32_t *)(void *)pairs;
        for (size_t u = 0; u < order->n_unique; u++)
            out[u] = order->key[j][moved[u]];
        memcpy(order->key[j], out, order->n_unique * sizeof *out);
    }
    free(pairs);
    free(moved);
    return 0;
}

void nax_order_free(struct order *order)
{
    for (size_t j = 0; order->key && j < order->m; j++)
        free(order->key[j]);
    free(order->key);
    free(order->unique_of);
    *order = (struct order){.m = 0};
}
