/* Moments of a few numbers. */
#include "moments.h"

#include <math.h>
#include <stdlib.h>

/* From the first number on, so that equal ones have themselves for a mean, and no deviation. */
double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] - v[0];
    return v[0] + sum / (double)n;
}

double sd_of(const double *v, size_t n)
{
    double mean = mean_of(v, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double lowest_tenth_of(double *v, size_t n)
{
    qsort(v, n, sizeof *v, compare);
    return mean_of(v, (n + 9) / 10);
}
