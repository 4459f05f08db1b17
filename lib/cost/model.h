/* Inside the cost room: the model and what its files share. */
#ifndef NAX_LIB_COST_MODEL_H
#define NAX_LIB_COST_MODEL_H

#include "nax/cost.h"

enum { COST_SIZES_MAX = 256 };

struct nax_cost_model {
    const struct nax_hardware *hardware;
    double tile_mm2, tile_leakage_mw; /* a tile without its cores */
    double node_mm2, node_leakage_mw; /* a whole node without its tiles */
    size_t n_sizes;
    struct nax_size_cost *sizes[COST_SIZES_MAX];
};

/* Time to convert the columns of all arrays that share an ADC. */
double cost_stage_ns(const struct nax_hardware *hardware, int64_t crossbar);
int cost_size_compute(const struct nax_hardware *hardware, int64_t crossbar,
                      struct nax_size_cost *size, struct nax_err *err) NAX_MUST_USE;

/* Where a size stands among the model's, computed at its first use. */
int cost_find_size(struct nax_cost_model *model, int64_t crossbar, size_t *index,
                   struct nax_err *err) NAX_MUST_USE;

/* Bits between the chip and the world in layer l: the image into the first layer, results out of
 * the classifier. */
double cost_link_bits(const struct nax_hardware *h, const struct nax_network *net, size_t l);
double cost_dynamic_pj(const struct nax_size_cost *size, const struct nax_activity *activity);

/* Sums over what is placed so far; area and leakage follow when all of it is known. */
struct cost_sum {
    double dynamic_pj, latency_ns;
    int64_t n_units[COST_SIZES_MAX]; /* of each size of the model */
};
void cost_sum_finish(const struct nax_cost_model *model, const struct cost_sum *sum,
                     struct nax_cost *cost);

#endif
