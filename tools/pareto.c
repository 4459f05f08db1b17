/* Which records are on the front, and how all rank. */
#include "pareto.h"

#include <math.h>
#include <stdlib.h>

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
}

static void drop(void *record)
{
    nax_record_free(record);
}

int pareto_open(struct candidates *c, size_t n_objectives, struct nax_err *err)
{
    *c = (struct candidates){nax_store_alloc(), NULL, nax_record_alloc()};
    return c->all && c->record ? nax_front_alloc(&c->front, n_objectives, drop, err)
                               : out_of_memory(err);
}

void pareto_close(struct candidates *c)
{
    nax_store_free(c->all);
    nax_front_free(c->front);
    nax_record_free(c->record);
}

static bool keeps_all(const struct pareto_options *o)
{
    return o->mode == RANK || o->is_joined || o->confidence > 0;
}

/* Adds a copy of the record at hand where the front does not reject it. */
static int add_to_front(struct candidates *c, const double *point, struct nax_err *err)
{
    if (nax_front_rejects(c->front, point))
        return 0;
    struct nax_record *copy = nax_record_copy(c->record);
    if (!copy)
        return out_of_memory(err);
    int status = nax_front_add(c->front, point, copy, err);
    if (status)
        nax_record_free(copy);
    return status;
}

int pareto_keep(const struct pareto_options *o, struct candidates *c, const double *point,
                struct nax_err *err)
{
    return keeps_all(o) ? nax_store_add(c->all, c->record, err) : add_to_front(c, point, err);
}

/* A record that was kept comes to hand. */
static int read_point(const struct pareto_options *o, const struct candidates *c, size_t i,
                      double *point, struct nax_err *err)
{
    int status = nax_store_get(c->all, i, c->record, err);
    return status ? status
                  : nax_objectives_read(o->objectives, o->n_objectives, c->record, point, err);
}

/* The front of all records that were kept, as if they had been read so. */
static int fill_front(const struct pareto_options *o, struct candidates *c, struct nax_err *err)
{
    double point[NAX_OBJECTIVES_MAX];
    int status = 0;
    for (size_t i = 0; i < nax_store_n(c->all) && !status; i++) {
        status = read_point(o, c, i, point, err);
        if (!status)
            status = add_to_front(c, point, err);
    }
    return status;
}

static int list_front(const struct pareto_options *o, const struct candidates *c,
                      struct kept **kept, size_t *n, struct nax_err *err)
{
    const size_t n_front = nax_front_n(c->front);
    size_t first = 0;
    *n = n_front;
    if (o->mode == KNEE && n_front) {
        first = nax_knee(nax_front_point(c->front, 0), n_front, o->n_objectives);
        *n = 1;
    }
    if (!(*kept = nax_calloc(*n, sizeof **kept)))
        return out_of_memory(err);
    for (size_t i = 0; i < *n; i++)
        (*kept)[i] =
            (struct kept){.index = first + i, .first = nax_front_point(c->front, first + i)[0]};
    return 0;
}

/* How many standard errors: the normal distribution's quantile, by bisection. */
static double errors_of(double confidence)
{
    double low = 0, high = 8;
    for (int i = 0; i < 60; i++) {
        double z = (low + high) / 2;
        if (erfc(z / sqrt(2)) / 2 > 1 - confidence)
            low = z;
        else
            high = z;
    }
    return low;
}

static int list_confident(const struct pareto_options *o, const struct candidates *c,
                          struct kept **kept, size_t *n_kept, struct nax_err *err)
{
    const size_t n = nax_store_n(c->all), m = o->n_objectives;
    double *points = nax_calloc(n, m * sizeof *points); /* [n][m] */
    double *errors = nax_calloc(n, m * sizeof *errors); /* [n][m] */
    bool *is_front = nax_calloc(n, sizeof *is_front);
    *kept = nax_calloc(n, sizeof **kept);
    int status = *kept && points && errors && is_front ? 0 : out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++) {
        status = read_point(o, c, i, points + i * m, err);
        if (!status)
            status = nax_objectives_read_errors(o->objectives, m, c->record, errors + i * m, err);
    }
    if (!status)
        nax_front_confident(points, errors, n, m, errors_of(o->confidence), is_front);
    for (size_t i = 0; i < n && !status; i++)
        if (is_front[i])
            (*kept)[(*n_kept)++] = (struct kept){.index = i, .first = points[i * m]};
    free(points);
    free(errors);
    free(is_front);
    return status;
}

static int list_ranked(const struct pareto_options *o, const struct candidates *c,
                       struct kept **kept, size_t *n_kept, struct nax_err *err)
{
    const size_t n = *n_kept = nax_store_n(c->all), m = o->n_objectives;
    double *points = nax_calloc(n, m * sizeof *points); /* [n][m] */
    uint32_t *rank = nax_calloc(n, sizeof *rank);
    double *crowding = nax_calloc(n, sizeof *crowding);
    int status = points && rank && crowding ? 0 : out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++)
        status = read_point(o, c, i, points + i * m, err);
    if (!status && !(status = nax_rank(points, n, m, rank, err)))
        status = nax_crowding(points, n, m, rank, crowding, err);
    if (!status && !(*kept = nax_calloc(n, sizeof **kept)))
        status = out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++)
        (*kept)[i] = (struct kept){i, points[i * m], crowding[i], rank[i]};
    free(points);
    free(rank);
    free(crowding);
    return status;
}

int pareto_list(const struct pareto_options *o, struct candidates *c, struct kept **kept, size_t *n,
                struct nax_err *err)
{
    if (o->mode == RANK)
        return list_ranked(o, c, kept, n, err);
    if (o->confidence > 0)
        return list_confident(o, c, kept, n, err);
    int status = keeps_all(o) ? fill_front(o, c, err) : 0;
    if (!status)
        status = nax_front_settle(c->front, err);
    return status ? status : list_front(o, c, kept, n, err);
}

int pareto_take(const struct pareto_options *o, const struct candidates *c, const struct kept *kept,
                const struct nax_record **record, struct nax_err *err)
{
    bool is_of_front = o->mode != RANK && !(o->confidence > 0);
    *record = is_of_front ? nax_front_payload(c->front, kept->index) : c->record;
    int status = is_of_front ? 0 : nax_store_get(c->all, kept->index, c->record, err);
    if (!status && o->mode == RANK &&
        (nax_record_set_int(c->record, "rank", kept->rank) ||
         nax_record_set_float(c->record, "crowding", kept->crowding)))
        status = out_of_memory(err);
    return status;
}
