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
    arch->alpha = nax_calloc(3 * n, sizeof *arch->alpha);
    if (!arch->alpha)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'architecture parameters'");
    arch->square = arch->alpha + n;
    arch->p = arch->square + n;
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
        return true;
    return arch->space->can_skip[slot] && !(slot == 0 && arch->space->is_empty_left_out);
}

int64_t nax_arch_kernel(const struct arch *arch, size_t choice)
{
    size_t k = choice / arch->space->n_crossbars;
    return k < arch->space->n_kernels ? arch->space->kernels[k] : 0;
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

void nax_arch_add_softmax(const struct arch *arch, const double *dp, double *gradient)
{
    for (size_t s = 0; s < arch->n_slots; s++) {
        size_t first = s * arch->n_choices;
        double mean = 0;
        for (size_t i = first; i < first + arch->n_choices; i++)
            mean += arch->p[i] * dp[i];
        for (size_t i = first; i < first + arch->n_choices; i++)
            gradient[i] += arch->p[i] * (dp[i] - mean);
    }
}

/* With beta1 = 0 the step is by the gradient itself: v ← β v + (1 − β) g²,
 * alpha ← alpha − rate · g / (sqrt(v / (1 − βᵗ)) + epsilon). */
void nax_arch_descend(struct arch *arch, const double *gradient, double rate)
{
    double correction = 1 - pow(beta_square, (double)++arch->n_steps);
    for (size_t i = 0; i < arch->n_slots * arch->n_choices; i++) {
        double g = gradient[i], *square = &arch->square[i];
        *square = beta_square * *square + (1 - beta_square) * g * g;
        arch->alpha[i] -= rate * g / (sqrt(*square / correction) + epsilon);
    }
    nax_arch_update(arch);
}

double nax_arch_entropy(const struct arch *arch)
{
    double sum = 0;
    for (size_t i = 0; i < arch->n_slots * arch->n_choices; i++)
        sum -= arch->p[i] > 0 ? arch->p[i] * log(arch->p[i]) : 0;
    return sum / (double)arch->n_slots;
}
