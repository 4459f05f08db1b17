/* Stable sorting of numbers, and points as integers that keep only their order. */
#ifndef NAX_SEARCH_ORDER_H
#define NAX_SEARCH_ORDER_H

#include "nax/base.h"

struct order_pair {
    uint64_t key;
    uint32_t id;
};

/* A finite number as an integer of the same order; -0 as 0. */
uint64_t nax_order_key(double value);

/* Sorts pairs [n] by key; equal keys keep their order. scratch: [n]. */
void nax_order_sort(struct order_pair *pairs, struct order_pair *scratch, size_t n);

/* Points in lexicographic order, equal ones merged. */
struct order {
    size_t n_unique, m;
    uint32_t *unique_of; /* [n]: which unique point a point is */
    uint32_t **key;      /* [m][n_unique]: the values, counted 0, 1, … from the smallest */
};

int nax_order_make(struct order *order, const double *points, size_t n, size_t m,
                   struct nax_err *err) NAX_MUST_USE;
void nax_order_free(struct order *order);

#endif
