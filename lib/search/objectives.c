/* Which fields of a record are objectives, and which way is better. */
#include "nax/search.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int parse_one(const char *word, size_t n, struct nax_objective *o, struct nax_err *err)
{
    const char *colon = memrchr(word, ':', n);
    size_t n_name = colon ? (size_t)(colon - word) : 0;
    size_t n_way = colon ? n - n_name - 1 : 0;
    bool is_max = n_way == 3 && !memcmp(colon + 1, "max", 3);
    bool is_min = n_way == 3 && !memcmp(colon + 1, "min", 3);
    if (!n_name || n_name >= sizeof o->name || !(is_max || is_min))
        return nax_err_set(err, NAX_ERR_VALUE, "an objective is FIELD:min or FIELD:max: '%.*s'",
                           (int)NAX_MIN(n, 300), word);
    memcpy(o->name, word, n_name);
    o->name[n_name] = 0;
    o->is_max = is_max;
    return 0;
}

int nax_objectives_parse(const char *text, struct nax_objective *objectives, size_t *n,
                         struct nax_err *err)
{
    for (*n = 0;; ++*n) {
        size_t length = strcspn(text, ",");
        if (*n == NAX_OBJECTIVES_MAX)
            return nax_err_set(err, NAX_ERR_VALUE, "more than %d objectives: '%.300s'",
                               NAX_OBJECTIVES_MAX, text);
        int status = parse_one(text, length, &objectives[*n], err);
        if (status)
            return status;
        for (size_t i = 0; i < *n; i++)
            if (!strcmp(objectives[i].name, objectives[*n].name))
                return nax_err_set(err, NAX_ERR_VALUE, "an objective comes twice: '%s'",
                                   objectives[i].name);
        if (!text[length])
            break;
        text += length + 1;
    }
    ++*n;
    return 0;
}

/* Largest whole number up to which a double tells all apart. */
static const int64_t whole_max = (int64_t)1 << 53;

int nax_objectives_read(const struct nax_objective *objectives, size_t n,
                        const struct nax_record *r, double *point, struct nax_err *err)
{
    for (size_t i = 0; i < n; i++) {
        double value;
        int status = nax_record_float(r, objectives[i].name, &value, err);
        if (status)
            return status;
        if (!isfinite(value))
            return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not a finite number: %g",
                               objectives[i].name, value);
        const struct nax_value *v = nax_record_get(r, objectives[i].name);
        if (v->type == NAX_INT && (v->i > whole_max || v->i < -whole_max))
            return nax_err_set(err, NAX_ERR_VALUE,
                               "field '%s': %lld is beyond 2^53, where numbers compare as equal",
                               objectives[i].name, (long long)v->i);
        point[i] = objectives[i].is_max ? -value : value;
    }
    return 0;
}

int nax_objectives_read_errors(const struct nax_objective *objectives, size_t n,
                               const struct nax_record *r, double *errors, struct nax_err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct nax_objective error = {.is_max = false};
        if ((size_t)snprintf(error.name, sizeof error.name, "%s_se", objectives[i].name) >=
            sizeof error.name)
            return nax_err_set(err, NAX_ERR_VALUE, "field name too long: '%s_se'",
                               objectives[i].name);
        errors[i] = 0;
        int status =
            nax_record_has(r, error.name) ? nax_objectives_read(&error, 1, r, &errors[i], err) : 0;
        if (!status && errors[i] < 0)
            status = nax_err_set(err, NAX_ERR_VALUE, "field '%s' is below 0: '%g'", error.name,
                                 errors[i]);
        if (status)
            return status;
    }
    return 0;
}
