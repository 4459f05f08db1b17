/* Finds the seeds of each design, and joins them. */
#include "join.h"
#include "join_group.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char seed_field[] = "train_seed";

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
}

static int by_id(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    if (order)
        return order;
    if (x->seed != y->seed)
        return x->seed < y->seed ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_first(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return (x->at->first > y->at->first) - (x->at->first < y->at->first);
}

static int take_member(const struct nax_store *records, size_t index, struct nax_record *record,
                       struct member *member, struct nax_err *err)
{
    int status = nax_store_get(records, index, record, err);
    if (status)
        return status;
    const struct nax_value *id = nax_record_get(record, "id");
    const struct nax_value *seed = nax_record_get(record, seed_field);
    if (!id || id->type != NAX_STRING)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "record %zu of all: field 'id' is missing or no text", index + 1);
    if (!seed || seed->type != NAX_INT)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "record %zu of all: field '%s', which nax-train writes, is missing or "
                           "no integer: '%s'",
                           index + 1, seed_field, id->string.s);
    *member = (struct member){NULL, nax_strdup(id->string.s), seed->i, index, index};
    return member->id ? 0 : out_of_memory(err);
}

/* Cuts the sorted members into groups: how many. */
static int cut(struct member *members, size_t n, struct group *groups, size_t *n_groups,
               struct nax_err *err)
{
    *n_groups = 0;
    for (size_t i = 0; i < n; i++) {
        struct group *d = groups + *n_groups - 1;
        if (!i || strcmp(members[i].id, members[i - 1].id) != 0) {
            groups[(*n_groups)++] = (struct group){members + i, 1};
            continue;
        }
        if (members[i].seed == members[i - 1].seed)
            return nax_err_set(err, NAX_ERR_VALUE,
                               "record %zu of all: seed %" PRId64 " of the design twice: '%s'",
                               members[i].index + 1, members[i].seed, members[i].id);
        d->at->first = NAX_MIN(d->at->first, members[i].index);
        d->n++;
    }
    qsort(groups, *n_groups, sizeof *groups, by_first);
    return 0;
}

static int find(struct group *groups, size_t n, const char *id, struct group **found,
                struct nax_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(groups[i].at->id, id)) {
            *found = &groups[i];
            return 0;
        }
    return nax_err_set(err, NAX_ERR_VALUE, "no record of the baseline: '%s'", id);
}

/* The group's records, from memory. */
static int unpack(const struct nax_store *records, struct group *d, struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; i < d->n && !status; i++)
        status = (d->at[i].record = nax_record_alloc())
                     ? nax_store_get(records, d->at[i].index, d->at[i].record, err)
                     : out_of_memory(err);
    return status;
}

static void pack(struct group *d)
{
    for (size_t i = 0; i < d->n; i++) {
        nax_record_free(d->at[i].record);
        d->at[i].record = NULL;
    }
}

/* out: for what comes of a group. */
static int join_all(const struct nax_store *records, struct group *groups, size_t n,
                    struct group *baseline, double *values, struct nax_record *out,
                    struct nax_store *joined, struct nax_err *err)
{
    int status = baseline ? unpack(records, baseline, err) : 0;
    for (size_t i = 0; i < n && !status; i++) {
        struct group *d = &groups[i];
        if (d != baseline)
            status = unpack(records, d, err);
        if (!status)
            status = group_check(d, err);
        nax_record_clear(out);
        if (!status && group_join(d, baseline, values, out))
            status = out_of_memory(err);
        if (!status)
            status = nax_store_add(joined, out, err);
        if (d != baseline)
            pack(d);
    }
    if (baseline)
        pack(baseline);
    return status;
}

int records_join(struct nax_store **records, const char *baseline_id, struct nax_err *err)
{
    const size_t n = nax_store_n(*records);
    struct member *members = nax_calloc(n, sizeof *members);
    struct group *groups = nax_calloc(n, sizeof *groups), *baseline = NULL;
    double *values = nax_calloc(n, sizeof *values);
    struct nax_record *record = nax_record_alloc();
    struct nax_store *joined = nax_store_alloc();
    size_t n_groups = 0;
    int status = members && groups && values && record && joined ? 0 : out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++)
        status = take_member(*records, i, record, &members[i], err);
    if (!status) {
        qsort(members, n, sizeof *members, by_id);
        status = cut(members, n, groups, &n_groups, err);
    }
    if (!status && baseline_id)
        status = find(groups, n_groups, baseline_id, &baseline, err);
    if (!status)
        status = join_all(*records, groups, n_groups, baseline, values, record, joined, err);
    for (size_t i = 0; members && i < n; i++)
        free(members[i].id);
    free(members);
    free(groups);
    free(values);
    nax_record_free(record);
    if (!status) {
        struct nax_store *apart = *records;
        *records = joined;
        joined = apart;
    }
    nax_store_free(joined);
    return status;
}
