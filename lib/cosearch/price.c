/* Expected costs. Where they are summed over designs, every design weighs as likely as it is, and
 * every slot is tried with every choice while the others stay as they are. */
#include "price.h"

#include "nax/rng.h"

#include <string.h>

int nax_price_open(struct price *price, const struct nax_hardware *hardware,
                   const struct nax_network_file *file, int64_t fixed, struct nax_err *err)
{
    *price = (struct price){.hardware = hardware, .fixed = fixed};
    int status = nax_cost_model_alloc(&price->model, hardware, err);
    if (!status)
        status = nax_cost_table_alloc(&price->table, price->model, file, err);
    return status;
}

void nax_price_close(struct price *price)
{
    nax_cost_table_free(price->table);
    nax_cost_model_free(price->model);
    *price = (struct price){.model = NULL};
}

struct design {
    size_t choice[NAX_SLOTS_MAX];
    int64_t kernel[NAX_SLOTS_MAX], crossbar[NAX_SLOTS_MAX];
};

static void take(const struct arch *arch, struct design *d, size_t slot, size_t choice)
{
    d->choice[slot] = choice;
    d->kernel[slot] = nax_arch_kernel(arch, slot, choice);
    d->crossbar[slot] = nax_arch_crossbar(arch, choice);
}

static int add(struct price *price, const struct design *d, double weight, double *sums,
               struct nax_err *err)
{
    struct nax_cost c;
    int status =
        nax_cost_table_price(price->table, d->kernel, d->crossbar, NULL, price->fixed, &c, err);
    if (status)
        return status;
    sums[NAX_EXPECTED_ENERGY] += weight * c.energy_pj;
    sums[NAX_EXPECTED_LATENCY] += weight * c.latency_ns;
    sums[NAX_EXPECTED_AREA] += weight * c.area_mm2;
    sums[NAX_EXPECTED_LATENCY_AREA] += weight * c.latency_ns * c.area_mm2;
    sums[NAX_EXPECTED_EDAP] += weight * c.edap_pj_ns_mm2;
    return 0;
}

static int visit(struct price *price, const struct arch *arch, struct design *d, double weight,
                 double *mean, double *gradient, struct nax_err *err)
{
    int status = add(price, d, weight, mean, err);
    for (size_t s = 0; gradient && !status && s < arch->n_slots; s++) {
        size_t own = d->choice[s];
        for (size_t i = 0; !status && i < arch->n_choices; i++) {
            if (!nax_arch_is_allowed(arch, s, i))
                continue;
            take(arch, d, s, i);
            status = add(price, d, weight,
                         gradient + (s * arch->n_choices + i) * NAX_EXPECTED_COUNT, err);
        }
        take(arch, d, s, own);
    }
    return status;
}

static size_t first_allowed_from(const struct arch *arch, size_t slot, size_t choice)
{
    while (choice < arch->n_choices && !nax_arch_is_allowed(arch, slot, choice))
        choice++;
    return choice;
}

static int visit_all(struct price *price, const struct arch *arch, struct design *d, double *mean,
                     double *gradient, struct nax_err *err)
{
    for (size_t s = 0; s < arch->n_slots; s++)
        take(arch, d, s, 0);
    for (size_t at = 0; at < arch->n_slots;) { /* counts up, the last slot fastest */
        double weight = 1;
        for (size_t s = 0; s < arch->n_slots; s++)
            weight *= arch->p[s * arch->n_choices + d->choice[s]];
        int status = visit(price, arch, d, weight, mean, gradient, err);
        if (status)
            return status;
        for (at = 0; at < arch->n_slots; at++) {
            size_t s = arch->n_slots - 1 - at;
            size_t next = first_allowed_from(arch, s, d->choice[s] + 1);
            take(arch, d, s, next < arch->n_choices ? next : 0);
            if (next < arch->n_choices)
                break;
        }
    }
    return 0;
}

static int work_out(struct price *price, const struct arch *arch, double *mean, double *gradient,
                    struct nax_err *err)
{
    int64_t kernel[NAX_CHOICES_MAX * NAX_CHOICES_MAX + 1];
    int64_t crossbar[NAX_CHOICES_MAX * NAX_CHOICES_MAX + 1];
    for (size_t i = 0; i < arch->n_choices; i++) {
        size_t k = i / arch->space->n_crossbars;
        kernel[i] = k < arch->space->n_kernels ? arch->space->kernels[k] : 0;
        crossbar[i] = nax_arch_crossbar(arch, i);
    }
    const struct nax_cost_policy policy = {arch->n_choices, kernel, crossbar, arch->p};
    return nax_cost_table_expect(price->table, &policy, price->fixed, mean, gradient, err);
}

int nax_price_expect(struct price *price, const struct arch *arch, size_t n, uint64_t seed,
                     uint64_t draw, double mean[NAX_EXPECTED_COUNT], double *gradient,
                     struct nax_err *err)
{
    struct design d;
    memset(mean, 0, NAX_EXPECTED_COUNT * sizeof *mean);
    if (gradient)
        memset(gradient, 0,
               arch->n_slots * arch->n_choices * NAX_EXPECTED_COUNT * sizeof *gradient);
    if (arch->space->n_designs && arch->space->n_designs <= n)
        return visit_all(price, arch, &d, mean, gradient, err);
    if (nax_cost_can_expect(price->hardware))
        return work_out(price, arch, mean, gradient, err);
    int status = 0;
    for (size_t i = 0; !status && i < n; i++) {
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_GATE, draw, i, 2);
        for (size_t s = 0; s < arch->n_slots; s++)
            take(arch, &d, s, nax_arch_draw(arch, s, nax_rng_uniform(&rng)));
        status = visit(price, arch, &d, 1 / (double)n, mean, gradient, err);
    }
    return status;
}
