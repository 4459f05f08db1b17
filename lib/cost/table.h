/* Inside of look-up tables: entries, and what decides which one a layer takes. */
#ifndef NAX_LIB_COST_TABLE_H
#define NAX_LIB_COST_TABLE_H

#include "model.h"

enum { KERNELS = NAX_KERNEL_MAX / 2 + 1, DEPENDS_MAX = 4 };

struct entry {
    bool is_known;
    struct cost_item item;
};

/* A layer of the network with nothing skipped. */
struct place {
    struct nax_layer layer;
    size_t n_depends, depends[DEPENDS_MAX]; /* slots whose absence changes this layer */
    size_t n_follows, *follows;             /* of a layer that is not searched: the slots whose size
                                               it takes, the first that is there */
    struct entry *entries[KERNELS]; /* each NULL or [COST_SIZES_MAX][1 << n_depends][2]: is its
                               input signed? */
};

struct nax_cost_table {
    struct nax_cost_model *model;
    const struct nax_network_file *file;
    size_t n_slots, n_places;
    bool *can_skip;          /* [n_slots] */
    struct place *places;    /* [n_places] */
    int64_t *sizes;          /* [n_places], of the design at hand */
    struct cost_item *items; /* [n_places], of the same */
    double link_bits;
};

/* What a place takes in a design with these kernels [n_slots], on the index-th of the model's
 * sizes. Of kernels only the place's own counts, and whether those that change it are 0. */
int nax_cost_table_item(struct nax_cost_table *table, struct place *place, size_t index,
                        const int64_t *kernel, const struct cost_item **item,
                        struct nax_err *err) NAX_MUST_USE;

#endif
