/* One record of a design from those of its seeds. */
#include "join_group.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_SIZE = 512 };

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

int group_check(const struct group *d, struct nax_err *err)
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

int group_join(const struct group *d, const struct group *baseline, double *values,
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
