/* Policies: probabilities of every convolution's choices, and designs drawn from them. */
#include "choices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct nax_policy {
    const struct nax_space *space;
    size_t n_choices;    /* of a row */
    double *probability; /* [n_slots][n_choices], numbered as the space numbers them */
    struct seen seen;
};

enum { N_ATTEMPTS = 1000 };
static const double sum_tolerance = 1e-6;

struct columns {
    const int64_t *kernels, *crossbars;
    size_t n_kernels, n_crossbars, n; /* n: all, with the last one, the zero op */
    const double *p;                  /* [n_slots][n] */
};

static int read_columns(struct columns *c, const struct nax_space *space,
                        const struct nax_record *r, struct nax_err *err)
{
    size_t n_values;
    const char *network;
    int status;
    if ((status = nax_record_string(r, "network", &network, err)) ||
        (status = nax_record_ints(r, "kernels", &c->kernels, &c->n_kernels, err)) ||
        (status = nax_record_ints(r, "crossbars", &c->crossbars, &c->n_crossbars, err)) ||
        (status = nax_record_floats(r, "policy", &c->p, &n_values, err)))
        return status;
    if (strcmp(network, space->network) != 0)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'network': '%s', not the space's '%s'",
                           network, space->network);
    if (!c->n_kernels || c->n_kernels > NAX_CHOICES_MAX || !c->n_crossbars ||
        c->n_crossbars > NAX_CHOICES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "fields 'kernels' and 'crossbars': not 1 to %d",
                           NAX_CHOICES_MAX);
    c->n = c->n_kernels * c->n_crossbars + 1;
    if (n_values != space->n_slots * c->n)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'policy': %zu values for %zu layers of %zu choices", n_values,
                           space->n_slots, c->n);
    return 0;
}

static int read_row(struct nax_policy *policy, const struct columns *c, size_t slot,
                    struct nax_err *err)
{
    const struct nax_space *space = policy->space;
    const char *name = space->slot_names[slot];
    const double *p = c->p + slot * c->n;
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) {
        bool is_zero_op = i + 1 == c->n;
        struct nax_candidate taken = {.has_adc_bits = true, .has_adc_range = true};
        size_t choice;
        if (!(p[i] >= 0 && p[i] <= 1 + sum_tolerance))
            return nax_err_set(err, NAX_ERR_VALUE, "layer '%s': not a probability: %g", name, p[i]);
        if (p[i] == 0)
            continue;
        taken.adc_bits[slot] = space->adc_bits[0];
        taken.adc_range[slot] = space->adc_ranges[0];
        bool is_own = space->is_kernel_own[slot] && i < c->n_crossbars;
        taken.kernel[slot] = is_zero_op ? 0
                             : is_own   ? space->kernel_own[slot]
                                        : c->kernels[i / c->n_crossbars];
        taken.crossbar[slot] = is_zero_op ? 0 : c->crossbars[i % c->n_crossbars];
        int status = nax_choices_find(space, slot, &taken, &choice, err);
        if (status)
            return status;
        policy->probability[slot * policy->n_choices + choice] += p[i];
        sum += p[i];
    }
    if (fabs(sum - 1) > sum_tolerance)
        return nax_err_set(err, NAX_ERR_VALUE, "layer '%s': probabilities add up to %g, not 1",
                           name, sum);
    return 0;
}

int nax_policy_read(struct nax_policy **policy, const struct nax_space *space,
                    const struct nax_record *r, struct nax_err *err)
{
    struct columns columns;
    if (!space->n_slots)
        return nax_err_set(err, NAX_ERR_VALUE, "no searched layers in network: '%s'",
                           space->network);
    if (nax_formats(space) > 1)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "a policy says nothing of bits; give 'slice_bits', 'weight_bits' and "
                           "'input_bits' one in space '%s'",
                           space->name);
    for (size_t k = space->n_slots; k < space->n_slots + space->n_stages; k++)
        if (nax_choices(space, k) > 1)
            return nax_err_set(err, NAX_ERR_VALUE,
                               "a policy says nothing of widths; give stage '%s' one in space '%s'",
                               space->stage_names[k - space->n_slots], space->name);
    if (nax_converters(space) > 1)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "a policy says nothing of converters; give 'adc_bits' and 'adc_ranges' "
                           "one in space '%s'",
                           space->name);
    int status = read_columns(&columns, space, r, err);
    if (status)
        return status;
    struct nax_policy *p = nax_calloc(1, sizeof *p);
    size_t n_choices = space->n_kernels * space->n_crossbars + 1;
    double *probability = nax_calloc(space->n_slots * n_choices, sizeof *probability);
    if (p)
        *p =
            (struct nax_policy){.space = space, .n_choices = n_choices, .probability = probability};
    if (!p || !probability)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'policy'");
    for (size_t s = 0; s < space->n_slots && !status; s++)
        status = read_row(p, &columns, s, err);
    if (!status) {
        *policy = p;
        return 0;
    }
    free(probability);
    free(p);
    return status;
}

void nax_policy_free(struct nax_policy *policy)
{
    if (!policy)
        return;
    free(policy->probability);
    free(policy->seen.ids);
    free(policy);
}

static uint64_t most_probable(const double *p, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

/* The choice of the most probable design, numbered over kernels and crossbars alike in all
 * convolutions, 0 being skip: rows begin with skip only where it is allowed. */
static size_t best_of(const struct nax_policy *policy, size_t slot)
{
    const double *p = policy->probability + slot * policy->n_choices;
    return (size_t)most_probable(p, policy->n_choices) + !policy->space->can_skip[slot];
}

struct nax_agreement nax_policy_agreement(const struct nax_policy *a, const struct nax_policy *b)
{
    const size_t n = a->space->n_slots;
    struct nax_agreement agreement = {.share = 0};
    for (size_t s = 0; s < n; s++) {
        agreement.share += best_of(a, s) == best_of(b, s);
        agreement.chance += 1 / (double)nax_choices(a->space, s);
        for (size_t t = 0; t < n; t++)
            agreement.shuffled += best_of(a, s) == best_of(b, t);
    }
    agreement.share /= (double)n;
    agreement.chance /= (double)n;
    agreement.shuffled /= (double)(n * n);
    return agreement;
}

/* The choice in whose share of 0 … 1 u lies; rounding in the sum never leads to one of none. */
static uint64_t choice_at(const double *p, size_t n, double u)
{
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == 0)
            continue;
        last = i;
        if ((u -= p[i]) < 0)
            break;
    }
    return last;
}

int nax_policy_draw(struct nax_policy *policy, uint64_t seed, uint64_t i, struct nax_candidate *c,
                    struct nax_err *err)
{
    const struct nax_space *space = policy->space;
    nax_choices_begin(space, seed, c);
    for (uint64_t attempt = 0; attempt < N_ATTEMPTS; attempt++) {
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_POLICY, i, attempt, 0);
        for (size_t s = 0; s < space->n_slots; s++) {
            const double *p = policy->probability + s * policy->n_choices;
            double u = nax_rng_uniform(&rng);
            nax_choices_take(space, s,
                             i || attempt ? choice_at(p, policy->n_choices, u)
                                          : most_probable(p, policy->n_choices),
                             c);
        }
        for (size_t k = space->n_slots; k < nax_places(space); k++)
            nax_choices_take(space, k, 0, c);
        int status = nax_choices_end(space, c) ? nax_seen_add(&policy->seen, c, err) : 0;
        if (status)
            return status;
    }
    return 0;
}
