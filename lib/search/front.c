/* The front of a stream of points: an archive that is thinned out whenever it has doubled. */
#include "nax/search.h"

#include <stdlib.h>
#include <string.h>

enum { UNSETTLED_MIN = 1024, N_STRONG = 64 };

struct nax_front {
    size_t m;
    void (*drop)(void *);
    size_t n, n_settled, cap;
    double *points;  /* [cap][m], in the order of arrival */
    void **payloads; /* [cap] */
    uint32_t *rank;  /* [cap], for settling */
    /* Copies of points that have dominated others lately: most of a stream fails against these. A
     * copy stays valid when its point is dropped, since whatever dominates that dominates more. */
    size_t n_strong;
    double *strong; /* [N_STRONG][m], the most successful towards the front */
};

int nax_front_alloc(struct nax_front **front, size_t n_objectives, void (*drop)(void *payload),
                    struct nax_err *err)
{
    if (n_objectives < 1 || n_objectives > NAX_OBJECTIVES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "number of objectives: '%zu'", n_objectives);
    struct nax_front *f = nax_calloc(1, sizeof *f);
    double *strong = nax_calloc(N_STRONG * n_objectives, sizeof *strong);
    if (!f || !strong) {
        free(f);
        free(strong);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'front'");
    }
    *f = (struct nax_front){.m = n_objectives, .drop = drop, .strong = strong};
    *front = f;
    return 0;
}

void nax_front_free(struct nax_front *front)
{
    if (!front)
        return;
    for (size_t i = 0; i < front->n; i++)
        front->drop(front->payloads[i]);
    free(front->points);
    free(front->payloads);
    free(front->rank);
    free(front->strong);
    free(front);
}

static bool dominates(const double *a, const double *b, size_t m)
{
    bool is_smaller = false;
    for (size_t j = 0; j < m; j++) {
        if (a[j] > b[j])
            return false;
        is_smaller |= a[j] < b[j];
    }
    return is_smaller;
}

bool nax_front_rejects(struct nax_front *front, const double *point)
{
    const size_t m = front->m;
    for (size_t i = 0; i < front->n_strong; i++) {
        double *strong = front->strong + i * m;
        if (!dominates(strong, point, m))
            continue;
        for (size_t j = 0; i && j < m; j++) { /* one step towards the front */
            double value = strong[j];
            strong[j] = strong[j - m];
            strong[j - m] = value;
        }
        return true;
    }
    return false;
}

static int grow(struct nax_front *f, struct nax_err *err)
{
    size_t cap = f->cap ? 2 * f->cap : UNSETTLED_MIN;
    double *points = nax_realloc(f->points, cap, f->m * sizeof *points);
    if (points)
        f->points = points;
    void **payloads = nax_realloc(f->payloads, cap, sizeof *payloads);
    if (payloads)
        f->payloads = payloads;
    uint32_t *rank = nax_realloc(f->rank, cap, sizeof *rank);
    if (rank)
        f->rank = rank;
    if (!points || !payloads || !rank)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'front'");
    f->cap = cap;
    return 0;
}

/* New strong points in the weaker half: spread over the front. */
static void refresh_strong(struct nax_front *f)
{
    size_t n_keep = NAX_MIN(f->n_strong, (size_t)N_STRONG / 2);
    size_t n_new = NAX_MIN(f->n, N_STRONG - n_keep);
    for (size_t i = 0; i < n_new; i++)
        memcpy(f->strong + (n_keep + i) * f->m, f->points + i * f->n / n_new * f->m,
               f->m * sizeof *f->strong);
    f->n_strong = n_keep + n_new;
}

int nax_front_settle(struct nax_front *front, struct nax_err *err)
{
    if (front->n == front->n_settled)
        return 0;
    int status = nax_rank_front(front->points, front->n, front->m, front->rank, err);
    if (status)
        return status;
    size_t n_kept = 0;
    for (size_t i = 0; i < front->n; i++) {
        if (front->rank[i]) {
            front->drop(front->payloads[i]);
            continue;
        }
        memmove(front->points + n_kept * front->m, front->points + i * front->m,
                front->m * sizeof *front->points);
        front->payloads[n_kept++] = front->payloads[i];
    }
    front->n = front->n_settled = n_kept;
    refresh_strong(front);
    return 0;
}

int nax_front_add(struct nax_front *front, const double *point, void *payload, struct nax_err *err)
{
    int status = 0;
    if (front->n - front->n_settled >= NAX_MAX(front->n_settled, (size_t)UNSETTLED_MIN) &&
        (status = nax_front_settle(front, err)))
        return status;
    if (front->n == front->cap && (status = grow(front, err)))
        return status;
    memcpy(front->points + front->n * front->m, point, front->m * sizeof *point);
    front->payloads[front->n++] = payload;
    return 0;
}

size_t nax_front_n(const struct nax_front *front)
{
    return front->n;
}

void *nax_front_payload(const struct nax_front *front, size_t i)
{
    return front->payloads[i];
}

const double *nax_front_point(const struct nax_front *front, size_t i)
{
    return front->points + i * front->m;
}
