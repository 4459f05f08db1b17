/* Crowding distance within ranks (Deb et al. 2002, section III-B). */
#include "nax/search.h"
#include "order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The two points last seen of a rank, on the way through an objective in rising order. */
struct walk {
    uint32_t last, before; /* index + 1; 0: none */
    double min, max;
};

/* Adds one objective's share. values are halved throughout, so that no difference overflows. */
static void add_objective(const double *points, size_t n, size_t m, size_t j, const uint32_t *rank,
                          const struct order_pair *pairs, struct walk *walks, double *crowding)
{
    for (size_t i = 0; i < n; i++) {
        struct walk *w = &walks[rank[pairs[i].id]];
        double half = points[pairs[i].id * m + j] / 2;
        if (!w->last)
            w->min = half;
        w->max = half;
        w->last = 1;
    }
    for (size_t i = 0; i < n; i++)
        walks[rank[pairs[i].id]].last = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t p = pairs[i].id;
        struct walk *w = &walks[rank[p]];
        double range = w->max - w->min;
        if (!w->last)
            crowding[p] = INFINITY;
        else if (w->before && range > 0)
            crowding[w->last - 1] +=
                (points[p * m + j] / 2 - points[(w->before - 1) * m + j] / 2) / range;
        w->before = w->last;
        w->last = p + 1;
    }
    for (size_t i = 0; i < n; i++) { /* the largest of each rank */
        struct walk *w = &walks[rank[pairs[i].id]];
        if (w->last)
            crowding[w->last - 1] = INFINITY;
        *w = (struct walk){.last = 0};
    }
}

int nax_crowding(const double *points, size_t n, size_t m, const uint32_t *rank, double *crowding,
                 struct nax_err *err)
{
    uint32_t n_ranks = 0;
    for (size_t i = 0; i < n; i++) {
        n_ranks = NAX_MAX(n_ranks, rank[i] + 1);
        crowding[i] = 0;
    }
    struct order_pair *pairs = nax_calloc(2 * n, sizeof *pairs);
    struct walk *walks = nax_calloc(n_ranks, sizeof *walks);
    int status = 0;
    if (!pairs || !walks || n >= UINT32_MAX)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%zu points'", n);
    for (size_t j = 0; j < m && !status; j++) {
        for (size_t i = 0; i < n; i++)
            pairs[i] = (struct order_pair){nax_order_key(points[i * m + j]), (uint32_t)i};
        nax_order_sort(pairs, pairs + n, n);
        add_objective(points, n, m, j, rank, pairs, walks, crowding);
    }
    free(pairs);
    free(walks);
    return status;
}
