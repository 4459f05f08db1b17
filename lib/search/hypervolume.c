/* Hypervolume of a set of points: what lies between them and a reference point. */
#include "nax/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A point is the box between it and the reference: its edges, all positive; the volume is that of
 * the boxes' union. Boxes of a level have the first of its dimensions, from rows of stride m. */
struct work {
    size_t m, n;
    double *boxes; /* [m - 1][n][m]: a level for each number of dimensions from 2 */
};

static int compare_edge(const void *a, const void *b, void *edge)
{
    double x = ((const double *)a)[*(const size_t *)edge];
    double y = ((const double *)b)[*(const size_t *)edge];
    return (x > y) - (x < y);
}

static void sort_by_edge(const struct work *w, double *boxes, size_t n, size_t edge)
{
    qsort_r(boxes, n, w->m * sizeof *boxes, compare_edge, &edge);
}

static double union_of_two(const struct work *w, double *boxes, size_t n)
{
    double area = 0, height = 0;
    sort_by_edge(w, boxes, n, 0);
    for (size_t i = n; i-- > 0;) { /* from the widest: each adds what is above all wider ones */
        const double *box = boxes + i * w->m;
        if (box[1] > height) {
            area += box[0] * (box[1] - height);
            height = box[1];
        }
    }
    return area;
}

static bool holds(const double *outer, const double *inner, size_t d)
{
    for (size_t j = 0; j < d; j++)
        if (outer[j] < inner[j])
            return false;
    return true;
}

/* Appends a box unless one that is there holds it; drops those that it holds. */
static size_t add_box(const struct work *w, double *boxes, size_t n, const double *box, size_t d)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (holds(boxes + i * w->m, box, d))
            return n;
    for (size_t i = 0; i < n; i++)
        if (!holds(box, boxes + i * w->m, d))
            memmove(boxes + n_kept++ * w->m, boxes + i * w->m, d * sizeof *box);
    memcpy(boxes + n_kept * w->m, box, d * sizeof *box);
    return n_kept + 1;
}

/* Sorted by the last edge, a box meets each later one in a box of its own last edge: one dimension
 * less. What it adds to those later is its volume without these meetings. */
static double union_of(const struct work *w, double *boxes, size_t n, size_t d)
{
    if (d == 2)
        return union_of_two(w, boxes, n);
    double volume = 0, *met = w->boxes + (d - 3) * w->n * w->m, meeting[NAX_OBJECTIVES_MAX];
    sort_by_edge(w, boxes, n, d - 1);
    for (size_t i = 0; i < n; i++) {
        const double *box = boxes + i * w->m;
        double base = 1;
        size_t n_met = 0;
        for (size_t j = 0; j < d - 1; j++)
            base *= box[j];
        for (size_t k = i + 1; k < n; k++) {
            for (size_t j = 0; j < d - 1; j++)
                meeting[j] = fmin(box[j], boxes[k * w->m + j]);
            n_met = add_box(w, met, n_met, meeting, d - 1);
        }
        volume += box[d - 1] * (base - (n_met ? union_of(w, met, n_met, d - 1) : 0));
    }
    return volume;
}

int nax_hypervolume(const double *points, size_t n, size_t m, const double *reference,
                    double *volume, struct nax_err *err)
{
    if (m < 1 || m > NAX_OBJECTIVES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "number of objectives: '%zu'", m);
    /* one objective is two whose second edge is 1 */
    struct work w = {.m = NAX_MAX(m, (size_t)2), .n = n};
    if (!(w.boxes = nax_calloc((w.m - 1) * w.m, n * sizeof *w.boxes)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%zu points'", n);
    double *boxes = w.boxes + (w.m - 2) * n * w.m;
    size_t n_boxes = 0;
    for (size_t i = 0; i < n; i++) {
        double *box = boxes + n_boxes * w.m;
        bool is_inside = true;
        box[1] = 1;
        for (size_t j = 0; j < m; j++) {
            box[j] = reference[j] - points[i * m + j];
            is_inside &= box[j] > 0;
        }
        n_boxes += is_inside;
    }
    *volume = n_boxes ? union_of(&w, boxes, n_boxes, w.m) : 0;
    free(w.boxes);
    if (!isfinite(*volume))
        return nax_err_set(err, NAX_ERR_NUMERIC, "hypervolume beyond the largest number");
    return 0;
}
