/* The knee of a front: the compromise between its ends. */
#include "nax/search.h"

#include <math.h>

size_t nax_knee(const double *points, size_t n, size_t m)
{
    double min[NAX_OBJECTIVES_MAX], max[NAX_OBJECTIVES_MAX], least = INFINITY;
    size_t knee = 0;
    for (size_t j = 0; j < m; j++) {
        min[j] = INFINITY;
        max[j] = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            min[j] = fmin(min[j], points[i * m + j]);
            max[j] = fmax(max[j], points[i * m + j]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++) /* halved, so that no difference overflows */
            if (max[j] > min[j])
                sum += (points[i * m + j] / 2 - min[j] / 2) / (max[j] / 2 - min[j] / 2);
        if (sum < least) {
            least = sum;
            knee = i;
        }
    }
    return knee;
}
