/* Moments of sums over slots that choose independently. */
#include "moments.h"

#include <math.h>

/* E[Π of the subset's effects in slot s], for every subset as a mask; of none 1. */
static void effect_moments(const struct chances *chances, const struct chance_sum *const *sums,
                           size_t n, size_t s, double *moment)
{
    for (size_t mask = 0; mask < (size_t)1 << n; mask++)
        moment[mask] = 0;
    for (size_t c = 0; c < chances->n_choices; c++) {
        size_t at = s * chances->n_choices + c;
        for (size_t mask = 0; mask < (size_t)1 << n; mask++) {
            double product = chances->p[at];
            for (size_t k = 0; k < n; k++)
                product *= mask >> k & 1 ? sums[k]->effect[at] : 1;
            moment[mask] += product;
        }
    }
}

/* whole[mask] ← Σ over parts of mask: whole[mask without part] · moment[part], the product of sums
 * to which a slot's effects are added. Masks fall, so that those still needed are the old ones. */
static void add_slot(size_t n, const double *moment, double *whole)
{
    for (size_t mask = (size_t)1 << n; mask-- > 0;) {
        double sum = whole[mask] * moment[0];
        for (size_t part = mask; part; part = (part - 1) & mask)
            sum += whole[mask & ~part] * moment[part];
        whole[mask] = sum;
    }
}

/* E[Π of the subset's sums], the effects of slot `without` left out. */
static void sum_moments(const struct chances *chances, const struct chance_sum *const *sums,
                        size_t n, const double *moments, size_t without, double *whole)
{
    for (size_t mask = 0; mask < (size_t)1 << n; mask++) {
        whole[mask] = 1;
        for (size_t k = 0; k < n; k++)
            whole[mask] *= mask >> k & 1 ? sums[k]->mean : 1;
    }
    for (size_t s = 0; s < chances->n_slots; s++)
        if (s != without)
            add_slot(n, moments + (s << PRODUCT_MAX), whole);
}

void nax_moments_product(const struct chances *chances, const struct chance_sum *const *sums,
                         size_t n, double *mean, double *given, double *work)
{
    double whole[1 << PRODUCT_MAX];
    size_t all = ((size_t)1 << n) - 1;
    for (size_t s = 0; s < chances->n_slots; s++)
        effect_moments(chances, sums, n, s, work + (s << PRODUCT_MAX));
    sum_moments(chances, sums, n, work, chances->n_slots, whole);
    *mean += whole[all];
    for (size_t s = 0; given && s < chances->n_slots; s++) {
        sum_moments(chances, sums, n, work, s, whole);
        for (size_t c = 0; c < chances->n_choices; c++) {
            size_t at = s * chances->n_choices + c;
            for (size_t part = 0; part <= all; part++) {
                double product = whole[all & ~part];
                for (size_t k = 0; k < n; k++)
                    product *= part >> k & 1 ? sums[k]->effect[at] : 1;
                given[at] += product;
            }
        }
    }
}

void nax_moments_center(const struct chances *chances, double *effect)
{
    for (size_t s = 0; s < chances->n_slots; s++) {
        double mean = 0;
        size_t first = s * chances->n_choices;
        for (size_t at = first; at < first + chances->n_choices; at++)
            mean += chances->p[at] * effect[at];
        for (size_t at = first; at < first + chances->n_choices; at++)
            effect[at] -= mean;
    }
}

double nax_moments_variance(const struct chances *chances, const double *effect, size_t s)
{
    double sum = 0;
    for (size_t c = 0; c < chances->n_choices; c++) {
        size_t at = s * chances->n_choices + c;
        sum += chances->p[at] * effect[at] * effect[at];
    }
    return sum;
}

double nax_moments_ceil(double mean, double variance, double per)
{
    static const double deviations = 6; /* beyond which nothing is left of a normal's tails */
    double sd = sqrt(fmax(variance, 1e-12));
    double j = fmax(0, floor((mean - deviations * sd) / per)), sum = j;
    for (; j * per < mean + deviations * sd + 1; j++) /* P(x ≥ j · per + 1), split half-way */
        sum += 0.5 * erfc((j * per + 0.5 - mean) / (sd * sqrt(2)));
    return sum;
}
