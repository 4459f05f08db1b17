/* Moments of sums over slots that choose independently. */
#ifndef NAX_LIB_COST_MOMENTS_H
#define NAX_LIB_COST_MOMENTS_H

#include <stddef.h>

/* Slot s takes choice c with probability p[s][c]. */
struct chances {
    size_t n_slots, n_choices;
    const double *p; /* [n_slots][n_choices] */
};

/* mean + Σ_s effect[s][its choice], the effects of a slot being 0 on average. */
struct chance_sum {
    double mean;
    double *effect; /* [n_slots][n_choices] */
};

enum { PRODUCT_MAX = 4 };

/* Adds E[Π sums] to *mean, and E[Π sums | s takes c] to given [n_slots][n_choices] unless it is
 * NULL. sums: [n], n at most PRODUCT_MAX; work: [n_slots << PRODUCT_MAX]. */
void nax_moments_product(const struct chances *chances, const struct chance_sum *const *sums,
                         size_t n, double *mean, double *given, double *work);

/* Takes from every effect what makes its slot's average differ from 0. */
void nax_moments_center(const struct chances *chances, double *effect);

/* Variance of slot s's effects. */
double nax_moments_variance(const struct chances *chances, const double *effect, size_t s);

/* E[ceil(x / per)] of a whole number x, as if it were normal: Σ_j P(x > j · per), j = 0, 1, … */
double nax_moments_ceil(double mean, double variance, double per);

#endif
