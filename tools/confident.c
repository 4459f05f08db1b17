/* Reads objectives and their errors. */
#include "confident.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

/* Standard errors of the objectives: fields NAME_se; 0, exact, of what has none. */
static int read_errors(const struct nax_objective *objectives, size_t m,
                       const struct nax_record *record, double *errors, struct nax_err *err)
{
    for (size_t j = 0; j < m; j++) {
        struct nax_objective error;
        if ((size_t)snprintf(error.name, sizeof error.name, "%s_se", objectives[j].name) >=
            sizeof error.name)
            return nax_err_set(err, NAX_ERR_VALUE, "field name too long: '%s_se'",
                               objectives[j].name);
        error.is_max = false;
        errors[j] = 0;
        int status = nax_record_has(record, error.name)
                         ? nax_objectives_read(&error, 1, record, &errors[j], err)
                         : 0;
        if (!status && errors[j] < 0)
            status = nax_err_set(err, NAX_ERR_VALUE, "field '%s' is below 0: '%g'", error.name,
                                 errors[j]);
        if (status)
            return status;
    }
    return 0;
}

int confident_front(const struct records *records, const struct nax_objective *objectives, size_t m,
                    double confidence, double *points, bool *is_front, struct nax_err *err)
{
    double *errors = nax_calloc(records->n, m * sizeof *errors);
    int status = errors ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    for (size_t i = 0; i < records->n && !status; i++) {
        status = nax_objectives_read(objectives, m, records->at[i], points + i * m, err);
        if (!status)
            status = read_errors(objectives, m, records->at[i], errors + i * m, err);
    }
    if (!status)
        nax_front_confident(points, errors, records->n, m, errors_of(confidence), is_front);
    free(errors);
    return status;
}
