/* Fronts of numbers that have errors. */
#include "nax/search.h"

#include <math.h>

/* Whether a beats b beyond the error. */
static bool beats(const double *a, const double *b, const double *a_se, const double *b_se,
                  size_t m, double z)
{
    bool is_better = false;
    for (size_t j = 0; j < m; j++) {
        double gain = b[j] - a[j], error = z * hypot(a_se[j], b_se[j]);
        if (gain < error)
            return false;
        is_better = is_better || gain > 0;
    }
    return is_better;
}

void nax_front_confident(const double *points, const double *errors, size_t n, size_t m, double z,
                         bool *is_front)
{
    for (size_t i = 0; i < n; i++) {
        is_front[i] = true;
        for (size_t k = 0; k < n && is_front[i]; k++) /* one of the front is among them */
            is_front[i] =
                !beats(points + k * m, points + i * m, errors + k * m, errors + i * m, m, z);
    }
}
