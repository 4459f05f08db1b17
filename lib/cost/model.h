/* Inside the cost room: the model and what its files share. */
#ifndef NAX_LIB_COST_MODEL_H
#define NAX_LIB_COST_MODEL_H

#include "nax/cost.h"

/* Crossbar sizes and bits of converters: what a space may leave open, 16 of each, and the
 * hardware's own bits for layers, or designs, that have none. */
enum { COST_SIZES_MAX = 16 * (16 + 1) + 16 };

struct nax_cost_model {
    const struct nax_hardware *hardware;
    double tile_mm2, tile_leakage_mw; /* a tile without its cores */
    double node_mm2, node_leakage_mw; /* a whole node without its tiles */
    size_t n_sizes;                   /* of units: crossbar sizes, and bits of their ADCs */
    struct nax_size_cost *sizes[COST_SIZES_MAX]; /* as they were first asked for */
    size_t order[COST_SIZES_MAX]; /* of these by crossbar and bits: what sums over sizes go by, so
                                     that a design costs the same whichever came before it */
    size_t n_asked;
    struct cost_asked { /* what has been asked for, and which size it is: bits may be auto */
        int64_t crossbar;
        int adc_bits;
        size_t index;
    } asked[COST_SIZES_MAX];
};

int nax_cost_size_compute(const struct nax_hardware *hardware, const struct nax_unit *unit,
                          struct nax_size_cost *size, struct nax_err *err) NAX_MUST_USE;

/* A component's values in units of this size: nax_component_at and the laws of what it is. */
int nax_cost_values_at(const struct nax_hardware *h, const struct nax_component *c,
                       const struct nax_unit *unit, struct nax_component_values *v,
                       struct nax_err *err) NAX_MUST_USE;

/* Where a size stands among the model's, computed at its first use; adc_bits 0: auto. */
int nax_cost_find_size(struct nax_cost_model *model, int64_t crossbar, int adc_bits, size_t *index,
                       struct nax_err *err) NAX_MUST_USE;

/* Bits between the chip and the world in layer l: the image into the first layer, results out of
 * the classifier. */
double nax_cost_link_bits(const struct nax_hardware *h, const struct nax_network *net, size_t l);
/* How often an event costs its whole energy: reads of arrays in part idle count in part. */
double nax_cost_paid_events(const struct nax_activity *activity, enum nax_event event);
double nax_cost_dynamic_pj(const struct nax_size_cost *size, const struct nax_activity *activity);

/* One layer as the whole needs it. */
struct cost_item {
    size_t size; /* index among the model's */
    double dynamic_pj, latency_ns, n_macs, n_channel_products;
    int64_t n_units, n_cores, n_tiles;           /* of one copy */
    double leakage_mw;                           /* of the share that one copy fills */
    int64_t positions, h_in, h_out, rows_needed; /* rows of input for the first row of output */
    int64_t n_copies, best_copies; /* best: where copies are sought, of the least EDAP so far */
};
/* From a layer's activity. size: index; energy of the link excluded. */
struct cost_item nax_cost_item_make(const struct nax_cost_model *model,
                                    const struct nax_layer *layer, const struct nax_layer_map *map,
                                    const struct nax_activity *activity, size_t size);

/* What a network's layers take and do. */
struct cost_layers {
    size_t n;
    struct nax_activity *activities; /* [n] */
    struct cost_item *items;         /* [n] */
};
/* Fills them and plans the whole. Freed by the caller, after an error too. */
int nax_cost_layers_fill(struct cost_layers *layers, struct nax_cost_model *model,
                         const struct nax_network *net, const int64_t *crossbar,
                         struct nax_cost *cost, struct nax_err *err) NAX_MUST_USE;
void nax_cost_layers_free(struct cost_layers *layers);

/* What is placed on the chip. */
struct cost_total {
    int64_t n_tiles;
    int64_t n_units[COST_SIZES_MAX]; /* by size; those that the model has are filled */
    int64_t n_cores[COST_SIZES_MAX];
};
void nax_cost_total_of(const struct nax_cost_model *model, const struct cost_item *items, size_t n,
                       struct cost_total *total);

/* Copies of slow layers, packing, schedule, leakage: the cost of n layers in their order. Sets
 * n_copies of the items. */
void nax_cost_plan(const struct nax_cost_model *model, struct cost_item *items, size_t n,
                   struct nax_cost *cost);

/* Time that a layer's share leaks for one image; item NULL: what no layer fills. */
double nax_cost_leakage_ns(const struct nax_cost_model *model, const struct cost_item *item,
                           double interval_ns);

/* Places that a layer fills, in parts of cores and tiles. */
struct cost_share {
    double n_units, n_cores, n_tiles, node;
};
struct cost_share nax_cost_share_of(const struct nax_cost_model *model,
                                    const struct cost_item *item);
double nax_cost_share_leakage_mw(const struct nax_cost_model *model, size_t size,
                                 const struct cost_share *share);

#endif
