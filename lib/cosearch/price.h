/* Expected costs of a policy, and their gradients. */
#ifndef NAX_COSEARCH_NAX_EXPECTED_H
#define NAX_COSEARCH_NAX_EXPECTED_H

#include "arch.h"
#include "nax/cost.h"

struct price {
    const struct nax_hardware *hardware;
    struct nax_cost_model *model;
    struct nax_cost_table *table;
    int64_t fixed; /* crossbar of unsearched layers, or 0 */
};

int nax_price_open(struct price *price, const struct nax_hardware *hardware,
                   const struct nax_network_file *file, int64_t fixed,
                   struct nax_err *err) NAX_MUST_USE;
void nax_price_close(struct price *price);

/* Expectations over arch->p of what whole designs cost: sums over all designs where there are at
 * most n of them; else by nax_cost_table_expect where the hardware allows it; else means over n
 * designs drawn with key `draw`. gradient [n_slots][n_choices][NAX_EXPECTED_COUNT], or NULL:
 * derivatives by the probabilities, E[cost | the slot takes the choice]: the expectation is linear
 * in each. */
int nax_price_expect(struct price *price, const struct arch *arch, size_t n, uint64_t seed,
                     uint64_t draw, double mean[NAX_EXPECTED_COUNT], double *gradient,
                     struct nax_err *err) NAX_MUST_USE;

#endif
