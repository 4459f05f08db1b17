/* Probabilities, draws and gradients of architecture parameters. */
#include "arch.h"

#include <math.h>
#include <stdlib.h>

static const double beta_square = 0.999, epsilon = 1e-8; /* Adam's */
static const double likely_frac = 0.1;                   /* of 1 / choices */

int nax_arch_alloc(struct arch *arch, const struct nax_space *space, struct nax_err *err)
{
    *arch = (struct arch){.space = space,
                          .n_slots = space->n_slots,
                          .n_choices = space->n_kernels * space->n_crossbars + 1};
    size_t n = arch->n_slots * arch->n_choices;
    arch->alpha = nax_calloc(4 * n, sizeof *arch->alpha);
    if (!arch->alpha)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'architecture parameters'");
    arch->square = arch->alpha + n;
    arch->n_met = arch->square + n;
    arch->p = arch->n_met + n;
    nax_arch_update(arch);
    return 0;
}

void nax_arch_free(struct arch *arch)
{
    free(arch->alpha);
    *arch = (struct arch){.alpha = NULL};
}

bool nax_arch_is_allowed(const struct arch *arch, size_t slot, size_t choice)
{
    if (choice + 1 < arch->n_choices)
        return choice < arch->space->n_crossbars || !arch->space->is_kernel_own[slot];
    return arch->space->can_skip[slot] && !(slot == 0 && arch->space->is_empty_left_out);
}

int64_t nax_arch_kernel(const struct arch *arch, size_t slot, size_t choice)
{
    size_t k = choice / arch->space->n_crossbars;
    if (k == arch->space->n_kernels)
        return 0;
    return arch->space->is_kernel_own[slot] ? arch->space->kernel_own[slot]
                                            : arch->space->kernels[k];
}

int64_t nax_arch_crossbar(const struct arch *arch, size_t choice)
{
    size_t n = arch->space->n_crossbars;
    return choice / n < arch->space->n_kernels ? arch->space->crossbars[choice % n] : 0;
}

bool nax_arch_is_likely(const struct arch *arch, size_t slot, size_t choice)
{
    double p = arch->p[slot * arch->n_choices + choice];
    return p * (double)arch->n_choices >= likely_frac;
}

void nax_arch_update(struct arch *arch)
{
    for (size_t s = 0; s < arch->n_slots; s++) {
        const double *alpha = arch->alpha + s * arch->n_choices;
        double *p = arch->p + s * arch->n_choices, largest = -INFINITY, sum = 0;
        for (size_t i = 0; i < arch->n_choices; i++)
            if (nax_arch_is_allowed(arch, s, i))
                largest = fmax(largest, alpha[i]);
        for (size_t i = 0; i < arch->n_choices; i++)
            sum += p[i] = nax_arch_is_allowed(arch, s, i) ? exp(alpha[i] - largest) : 0;
        for (size_t i = 0; i < arch->n_choices; i++)
            p[i] /= sum;
    }
}

/* The choice in whose share u lies, of the shares p without `except`, one after the other. Rounding
 * in the sum never leads to a choice without probability. */
static size_t draw(const double *p, size_t n, size_t except, double u)
{
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == except || p[i] <= 0)
            continue;
        last = i;
        if ((u -= p[i]) < 0)
            break;
    }
    return last;
}

size_t nax_arch_draw(const struct arch *arch, size_t slot, double u)
{
    return draw(arch->p + slot * arch->n_choices, arch->n_choices, arch->n_choices, u);
}

size_t nax_arch_best(const struct arch *arch, size_t slot)
{
    const double *p = arch->p + slot * arch->n_choices;
    size_t best = 0;
    for (size_t i = 1; i < arch->n_choices; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

bool nax_arch_draw_pair(const struct arch *arch, size_t slot, const double u[3], size_t pair[2],
                        double q[2], size_t *active)
{
    const double *p = arch->p + slot * arch->n_choices;
    pair[0] = nax_arch_draw(arch, slot, u[0]);
    double rest = 0;
    for (size_t i = 0; i < arch->n_choices; i++)
        rest += i == pair[0] ? 0 : p[i];
    if (!(rest > 0))
        return false;
    pair[1] = draw(p, arch->n_choices, pair[0], u[1] * rest);
    double both = p[pair[0]] + p[pair[1]];
    q[0] = p[pair[0]] / both;
    q[1] = p[pair[1]] / both;
    *active = u[2] >= q[0];
    return true;
}

double nax_arch_slope(const struct arch *arch, size_t slot, const size_t pair[2], double gap)
{
    const double *p = arch->p + slot * arch->n_choices;
    return gap / (1 / (1 - p[pair[0]]) + 1 / (1 - p[pair[1]]));
}

/* ln(exp a + exp b) */
static double log_sum(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}

/* With beta1 = 0 a step is by the gradient g itself. Of a choice that is met for the t-th time:
 *
 *     v ← β v + (1 − β) g²,   alpha ← alpha − rate · g / (sqrt(v / (1 − βᵗ)) + epsilon).
 *
 * Zeros of the choices that were not met are no gradients: counted as such, they would make v small
 * where a choice is met rarely, and its steps as many times the rate as the root of how rarely.
 * Then alpha_i and alpha_j fall by what ln(exp alpha_i + exp alpha_j) grew by, which leaves
 * p_i + p_j, and with it every other choice's p, as it was. */
void nax_arch_descend(struct arch *arch, size_t slot, const size_t pair[2], double slope,
                      double rate)
{
    size_t first = slot * arch->n_choices;
    double *alpha = arch->alpha + first;
    double before = log_sum(alpha[pair[0]], alpha[pair[1]]);
    for (int i = 0; i < 2; i++) {
        double g = i ? -slope : slope, *square = &arch->square[first + pair[i]];
        double correction = 1 - pow(beta_square, ++arch->n_met[first + pair[i]]);
        *square = beta_square * *square + (1 - beta_square) * g * g;
        alpha[pair[i]] -= rate * g / (sqrt(*square / correction) + epsilon);
    }
    double grown = log_sum(alpha[pair[0]], alpha[pair[1]]) - before;
    for (int i = 0; i < 2; i++)
        alpha[pair[i]] -= grown;
}

double nax_arch_entropy(const struct arch *arch)
{
    double sum = 0;
    for (size_t i = 0; i < arch->n_slots * arch->n_choices; i++)
        sum -= arch->p[i] > 0 ? arch->p[i] * log(arch->p[i]) : 0;
    return sum / (double)arch->n_slots;
}
