/* What a design costs is exact and needs no images, so crossbars and converters can descend in it.
 */
#include "../search/choices.h"
#include "evolution.h"

#include <math.h>

/* Of choices of a slot, which lie like combinations, those whose network is accurate enough where
 * all convolutions have it. */
struct limit {
    const struct nax_evolved *same; /* [n_choices], or NULL: all are */
    double accuracy;                /* at least */
};

/* The convolution at a slot on the crossbar, with converters of so many bits, by which the design
 * costs the least; *edap: what it costs then. Ranges of converters cost nothing, and stay. */
static int settle(struct nax_evolution *e, size_t slot, const struct limit *limit,
                  struct nax_candidate *c, double *edap, struct nax_err *err)
{
    const struct nax_space *space = e->options.space;
    struct nax_cost cost;
    size_t own;
    int status = nax_choices_find(space, slot, c, &own, err);
    if (status)
        return status;
    const size_t skips = space->can_skip[slot], n_ranges = NAX_MAX(space->n_adc_ranges, (size_t)1),
                 first = skips + (own - skips) / e->n_choices * e->n_choices,
                 range = (own - first) % n_ranges;
    size_t best = own;
    double least = INFINITY;
    for (size_t i = range; !status && i < e->n_choices; i += n_ranges) {
        if (limit->same && limit->same[i].accuracy < limit->accuracy)
            continue;
        nax_choices_take(space, slot, first + i, c);
        status = nax_evolution_price(e, c, &cost, err);
        if (!status &&
            (cost.edap_pj_ns_mm2 < least || (cost.edap_pj_ns_mm2 <= least && first + i == own))) {
            least = cost.edap_pj_ns_mm2;
            best = first + i;
        }
    }
    nax_choices_take(space, slot, best, c);
    if (least < INFINITY)
        *edap = least;
    return status;
}

int nax_evolution_descend(struct nax_evolution *e, size_t like, struct nax_candidate *c,
                          struct nax_err *err)
{
    struct limit limit = {NULL, 0};
    double edap = INFINITY, before;
    size_t format;
    int status = nax_format_find(e->options.space, c, &format, err);
    if (!status && like < e->n_choices) {
        limit.same = e->at + format * e->n_choices;
        limit.accuracy = limit.same[like].accuracy;
    }
    do {
        before = edap;
        for (size_t slot = 0; !status && slot < c->n_slots; slot++)
            if (c->kernel[slot])
                status = settle(e, slot, &limit, c, &edap, err);
    } while (!status && edap < before);
    nax_choices_end(e->options.space, c);
    return status;
}
