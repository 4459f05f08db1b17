/* Joins the seeds of a design. */
#include "join.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_SIZE = 512 };
static const char seed_field[] = "train_seed";

/* A record, and where it stood. */
struct member {
    struct nax_record *record;
    const char *id;
    int64_t seed;
    size_t index, first; /* of its design */
};

/* The records of one design, by seed. */
struct group {
    struct member *at;
    size_t n;
};

static bool ends_with(const char *text, const char *ending)
{
    size_t n = strlen(text), m = strlen(ending);
    return n >= m && !strcmp(text + n - m, ending);
}

static bool is_accuracy(const char *name)
{
    return !strncmp(name, "accuracy", strlen("accuracy"));
}

/* Whether the field has an error of its own: accuracies but for what says how they are spread. */
static bool has_error(const char *name)
{
    static const char *const endings[] = {"_se", "_sd", "_worst_decile", "_difference"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_with(name, endings[i]))
            return false;
    return is_accuracy(name);
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

static int take_member(struct nax_record *record, size_t index, struct member *member,
                       struct nax_err *err)
{
    const struct nax_value *id = nax_record_get(record, "id");
    const struct nax_value *seed = nax_record_get(record, seed_field);
    if (!id || id->type != NAX_STRING)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'id' is missing or no text");
    if (!seed || seed->type != NAX_INT)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s' is missing or no integer: '%s'",
                           seed_field, id->string.s);
    *member = (struct member){record, id->string.s, seed->i, index, index};
    return 0;
}

static double number(const struct nax_record *record, const char *name)
{
    const struct nax_value *v = nax_record_get(record, name);
    return v && v->type == NAX_FLOAT ? v->f : v && v->type == NAX_INT ? (double)v->i : NAN;
}

/* Of n > 1 numbers: the square of the standard error of their mean. */
static double variance_of_mean(const double *v, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return sum / (double)(n - 1) / (double)n;
}

static double mean_field(const struct group *d, const char *name, bool is_squared)
{
    double sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        double v = number(d->at[i].record, name);
        sum += is_squared ? v * v : v;
    }
    return sum / (double)d->n;
}

/* Of what is drawn anew in every seed, and of images and chips, which all seeds have in common. */
static int set_error(const struct group *d, const char *name, double mean, double *values,
                     struct nax_record *out)
{
    char field[FIELD_SIZE];
    snprintf(field, sizeof field, "%s_se", name);
    double of_images = mean_field(d, field, true), of_seeds = 0;
    for (size_t i = 0; i < d->n; i++)
        values[i] = number(d->at[i].record, name);
    if (d->n > 1)
        of_seeds = variance_of_mean(values, d->n, mean);
    else if (isnan(of_images))
        return 0; /* nothing is known of it */
    return nax_record_set_float(out, field, sqrt(of_seeds + (isnan(of_images) ? 0 : of_images)));
}

/* Over the seeds that both have: their networks saw the images in one order, and started alike. */
static int set_difference(const struct group *d, const struct group *baseline, const char *name,
                          double *values, struct nax_record *out)
{
    char field[FIELD_SIZE];
    size_t n = 0;
    double sum = 0;
    for (size_t i = 0, k = 0; i < d->n; i++) {
        while (k < baseline->n && baseline->at[k].seed < d->at[i].seed)
            k++;
        if (k == baseline->n || baseline->at[k].seed != d->at[i].seed)
            continue;
        values[n] = number(d->at[i].record, name) - number(baseline->at[k].record, name);
        if (isnan(values[n]))
            continue;
        sum += values[n++];
    }
    if (!n)
        return 0;
    snprintf(field, sizeof field, "%s_difference", name);
    int status = nax_record_set_float(out, field, sum / (double)n);
    snprintf(field, sizeof field, "%s_difference_se", name);
    if (!status && n > 1)
        status =
            nax_record_set_float(out, field, sqrt(variance_of_mean(values, n, sum / (double)n)));
    return status;
}

static bool all_agree(const struct group *d, const char *name, const struct nax_value *value)
{
    for (size_t i = 1; i < d->n; i++) {
        const struct nax_value *other = nax_record_get(d->at[i].record, name);
        if (!other || !nax_value_is_equal(value, other))
            return false;
    }
    return true;
}

/* An accuracy is a number in each or in none. */
static int check_accuracies(const struct group *d, struct nax_err *err)
{
    for (size_t i = 0; i < d->n; i++)
        for (size_t f = 0; f < nax_record_n(d->at[i].record); f++) {
            const char *name = nax_record_name(d->at[i].record, f);
            bool is_number = is_accuracy(name) && !isnan(number(d->at[i].record, name));
            for (size_t k = 0; is_number && k < d->n; k++)
                if (isnan(number(d->at[k].record, name)))
                    return nax_err_set(err, NAX_ERR_VALUE,
                                       "field '%s' is no number in seed %" PRId64
                                       " of the design: '%s'",
                                       name, d->at[k].seed, d->at->id);
        }
    return 0;
}

/* out: an empty record; values: [d->n] */
static int join(const struct group *d, const struct group *baseline, double *values,
                struct nax_record *out)
{
    const struct nax_record *first = d->at->record;
    int status = 0;
    for (size_t i = 0; !status && i < nax_record_n(first); i++) {
        const char *name = nax_record_name(first, i);
        double mean = is_accuracy(name) ? mean_field(d, name, false) : NAN;
        if (!is_accuracy(name) && all_agree(d, name, nax_record_value(first, i)))
            status = nax_record_set(out, name, nax_record_value(first, i));
        if (isnan(mean) || ends_with(name, "_se"))
            continue;
        status = nax_record_set_float(out, name, mean);
        if (!status && has_error(name))
            status = set_error(d, name, mean, values, out);
        if (!status && has_error(name) && baseline)
            status = set_difference(d, baseline, name, values, out);
    }
    return status || nax_record_set_int(out, "n_seeds", (int64_t)d->n) ? NAX_ERR_MEMORY : 0;
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
            return nax_err_set(err, NAX_ERR_VALUE, "seed %" PRId64 " of the design twice: '%s'",
                               members[i].seed, members[i].id);
        d->at->first = NAX_MIN(d->at->first, members[i].index);
        d->n++;
    }
    qsort(groups, *n_groups, sizeof *groups, by_first);
    return 0;
}

static int find(const struct group *groups, size_t n, const char *id, const struct group **found,
                struct nax_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(groups[i].at->id, id)) {
            *found = &groups[i];
            return 0;
        }
    return nax_err_set(err, NAX_ERR_VALUE, "no record of the baseline: '%s'", id);
}

static int join_all(const struct group *groups, size_t n, const struct group *baseline,
                    double *values, struct records *out, struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; i < n && !status; i++) {
        struct nax_record *record = nax_record_alloc();
        status = check_accuracies(&groups[i], err);
        if (!status && (!record || join(&groups[i], baseline, values, record)))
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
        if (!status)
            status = records_add(out, record, err);
        nax_record_free(record);
    }
    return status;
}

int records_join(struct records *records, const char *baseline_id, struct nax_err *err)
{
    const size_t n = records->n;
    struct member *members = nax_calloc(n, sizeof *members);
    struct group *groups = nax_calloc(n, sizeof *groups);
    double *values = nax_calloc(n, sizeof *values);
    const struct group *baseline = NULL;
    struct records joined = {.n = 0};
    size_t n_groups = 0;
    int status = members && groups && values
                     ? 0
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    for (size_t i = 0; i < n && !status; i++)
        status = take_member(records->at[i], i, &members[i], err);
    if (!status) {
        qsort(members, n, sizeof *members, by_id);
        status = cut(members, n, groups, &n_groups, err);
    }
    if (!status && baseline_id)
        status = find(groups, n_groups, baseline_id, &baseline, err);
    if (!status)
        status = join_all(groups, n_groups, baseline, values, &joined, err);
    free(members);
    free(groups);
    free(values);
    if (status) {
        records_free(&joined);
        return status;
    }
    records_free(records);
    *records = joined;
    return 0;
}
