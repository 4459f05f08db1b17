/* Which records are on the front, and how all rank. */
#include "pareto.h"
#include "confident.h"

#include <stdlib.h>

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
}

bool pareto_keeps_all(const struct pareto_options *o)
{
    return o->mode == RANK || o->is_joined || o->confidence > 0;
}

int pareto_add(struct store *store, const double *point, const struct nax_record *record,
               struct nax_err *err)
{
    if (nax_front_rejects(store->front, point))
        return 0;
    struct nax_record *copy = nax_record_copy(record);
    if (!copy)
        return out_of_memory(err);
    int status = nax_front_add(store->front, point, copy, err);
    if (status)
        nax_record_free(copy);
    return status;
}

/* The front of all records that were kept, as if they had been read so. */
static int fill_front(const struct pareto_options *o, struct store *store, struct nax_err *err)
{
    double point[NAX_OBJECTIVES_MAX];
    int status = 0;
    for (size_t i = 0; i < store->all.n && !status; i++) {
        status = nax_objectives_read(o->objectives, o->n_objectives, store->all.at[i], point, err);
        if (!status)
            status = pareto_add(store, point, store->all.at[i], err);
    }
    return status;
}

static int list_front(const struct pareto_options *o, struct store *store, struct kept **kept,
                      size_t *n, struct nax_err *err)
{
    const size_t n_front = nax_front_n(store->front);
    size_t first = 0;
    *n = n_front;
    if (o->mode == KNEE && n_front) {
        first = nax_knee(nax_front_point(store->front, 0), n_front, o->n_objectives);
        *n = 1;
    }
    if (!(*kept = nax_calloc(*n, sizeof **kept)))
        return out_of_memory(err);
    for (size_t i = 0; i < *n; i++)
        (*kept)[i] = (struct kept){.record = nax_front_payload(store->front, first + i),
                                   .first = nax_front_point(store->front, first + i)[0],
                                   .index = i};
    return 0;
}

static int list_confident(const struct pareto_options *o, const struct records *all,
                          struct kept **kept, size_t *n_kept, struct nax_err *err)
{
    const size_t n = all->n, m = o->n_objectives;
    double *points = nax_calloc(n, m * sizeof *points); /* [n][m] */
    bool *is_front = nax_calloc(n, sizeof *is_front);
    *kept = nax_calloc(n, sizeof **kept);
    int status = *kept && points && is_front ? 0 : out_of_memory(err);
    if (!status)
        status = confident_front(all, o->objectives, m, o->confidence, points, is_front, err);
    for (size_t i = 0; i < n && !status; i++)
        if (is_front[i])
            (*kept)[(*n_kept)++] = (struct kept){all->at[i], points[i * m], 0, i};
    free(points);
    free(is_front);
    return status;
}

static int list_ranked(const struct pareto_options *o, const struct records *all,
                       struct kept **kept, size_t *n_kept, struct nax_err *err)
{
    const size_t n = *n_kept = all->n, m = o->n_objectives;
    *kept = nax_calloc(n, sizeof **kept);
    double *points = nax_calloc(n, m * sizeof *points); /* [n][m] */
    uint32_t *rank = nax_calloc(n, sizeof *rank);
    double *crowding = nax_calloc(n, sizeof *crowding);
    int status = *kept && points && rank && crowding ? 0 : out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++)
        status = nax_objectives_read(o->objectives, m, all->at[i], points + i * m, err);
    if (!status && !(status = nax_rank(points, n, m, rank, err)))
        status = nax_crowding(points, n, m, rank, crowding, err);
    for (size_t i = 0; i < n && !status; i++) {
        (*kept)[i] = (struct kept){all->at[i], points[i * m], rank[i], i};
        if (nax_record_set_int(all->at[i], "rank", rank[i]) ||
            nax_record_set_float(all->at[i], "crowding", crowding[i]))
            status = out_of_memory(err);
    }
    free(points);
    free(rank);
    free(crowding);
    return status;
}

int pareto_list(const struct pareto_options *o, struct store *store, struct kept **kept, size_t *n,
                struct nax_err *err)
{
    if (o->mode == RANK)
        return list_ranked(o, &store->all, kept, n, err);
    if (o->confidence > 0)
        return list_confident(o, &store->all, kept, n, err);
    int status = pareto_keeps_all(o) ? fill_front(o, store, err) : 0;
    if (!status)
        status = nax_front_settle(store->front, err);
    return status ? status : list_front(o, store, kept, n, err);
}
