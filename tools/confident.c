/* Points and their errors, and which of them are beaten beyond doubt. */
#include "confident.h"

#include <math.h>
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

int confident_front(const struct records *records, const struct nax_objective *objectives, size_t m,
                    double confidence, double *points, bool *is_front, struct nax_err *err)
{
    double *errors = nax_calloc(records->n, m * sizeof *errors);
    int status = errors ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    for (size_t i = 0; i < records->n && !status; i++) {
        status = nax_objectives_read(objectives, m, records->at[i], points + i * m, err);
        if (!status)
            status = nax_objectives_read_errors(objectives, m, records->at[i], errors + i * m, err);
    }
    if (!status)
        nax_front_confident(points, errors, records->n, m, errors_of(confidence), is_front);
    free(errors);
    return status;
}
