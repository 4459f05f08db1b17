/* Moments of a few numbers. */
#ifndef NAX_TOOLS_MOMENTS_H
#define NAX_TOOLS_MOMENTS_H

#include <stddef.h>

double mean_of(const double *v, size_t n);
double sd_of(const double *v, size_t n); /* of the sample; 0 for a single number */
/* Mean of the lowest tenth, at least one. Sorts v. */
double lowest_tenth_of(double *v, size_t n);

#endif
