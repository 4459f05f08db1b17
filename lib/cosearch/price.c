/* Expected costs: every design weighs as likely as it is, and every slot is tried with every choice
 * while the others stay as they are. */
#include "price.h"

#include "nax/rng.h"

#include <string.h>

int nax_price_open(struct price *price, const struct nax_hardware *hardware,
                   const struct nax_network_file *file, int64_t fixed, struct nax_err *err)
{
    *price = (struct price){.fixed = fixed};
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
    d->kernel[slot] = nax_arch_kernel(arch, choice);
    d->crossbar[slot] = nax_arch_crossbar(arch, choice);
}

static int add(struct price *price, const struct design *d, double weight, double *sums,
               struct nax_err *err)
{
    struct nax_cost c;
    int status = nax_cost_table_price(price->table, d->kernel, d->crossbar, price->fixed, &c, err);
    if (status)
        return status;
    sums[PRICE_ENERGY] += weight * c.energy_pj;
    sums[PRICE_LATENCY] += weight * c.latency_ns;
    sums[PRICE_AREA] += weight * c.area_mm2;
    sums[PRICE_LATENCY_AREA] += weight * c.latency_ns * c.area_mm2;
    sums[PRICE_EDAP] += weight * c.edap_pj_ns_mm2;
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
            status = add(price, d, weight, gradient + (s * arch->n_choices + i) * N_PRICES, err);
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

int nax_price_expect(struct price *price, const struct arch *arch, size_t n, uint64_t seed,
                     uint64_t draw, double mean[N_PRICES], double *gradient, struct nax_err *err)
{
    struct design d;
    memset(mean, 0, N_PRICES * sizeof *mean);
    if (gradient)
        memset(gradient, 0, arch->n_slots * arch->n_choices * N_PRICES * sizeof *gradient);
    if (arch->space->n_designs && arch->space->n_designs <= n)
        return visit_all(price, arch, &d, mean, gradient, err);
    int status = 0;
    for (size_t i = 0; !status && i < n; i++) {
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_GATE, draw, i, 2);
        for (size_t s = 0; s < arch->n_slots; s++)
            take(arch, &d, s, nax_arch_draw(arch, s, nax_rng_uniform(&rng)));
        status = visit(price, arch, &d, 1 / (double)n, mean, gradient, err);
    }
    return status;
}
