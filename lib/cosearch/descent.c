/* What a design costs is exact and needs no images, so crossbars and converters can descend in it.
 */
#include "../search/choices.h"
#include "evolution.h"

#include <math.h>

/* The convolution at a slot on the crossbar, with the converters, by which the design costs the
 * least. */
static int settle(struct nax_evolution *e, size_t slot, struct nax_candidate *c, double *edap,
                  struct nax_err *err)
{
    const struct nax_space *space = e->options.space;
    struct nax_cost cost;
    size_t own;
    int status = nax_choices_find(space, slot, c, &own, err);
    if (status)
        return status;
    const size_t skips = space->can_skip[slot],
                 first = skips + (own - skips) / e->n_choices * e->n_choices;
    size_t best = own;
    for (size_t choice = first; !status && choice < first + e->n_choices; choice++) {
        nax_choices_take(space, slot, choice, c);
        status = nax_evolution_price(e, c, &cost, err);
        if (!status && cost.edap_pj_ns_mm2 < *edap) {
            *edap = cost.edap_pj_ns_mm2;
            best = choice;
        }
    }
    nax_choices_take(space, slot, best, c);
    return status;
}

int nax_evolution_descend(struct nax_evolution *e, struct nax_candidate *c, struct nax_err *err)
{
    struct nax_cost cost;
    int status = nax_evolution_price(e, c, &cost, err);
    double edap = cost.edap_pj_ns_mm2, before = INFINITY;
    while (!status && edap < before) {
        before = edap;
        for (size_t slot = 0; !status && slot < c->n_slots; slot++)
            if (c->kernel[slot])
                status = settle(e, slot, c, &edap, err);
    }
    nax_choices_end(e->options.space, c);
    return status;
}
