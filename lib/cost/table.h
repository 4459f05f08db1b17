/* Inside of look-up tables: entries, and what decides which one a layer takes. */
#ifndef NAX_LIB_COST_TABLE_H
#define NAX_LIB_COST_TABLE_H

#include "model.h"

enum { KERNELS = NAX_KERNEL_MAX / 2 + 1, DEPENDS_MAX = 4 };

struct entry {
    bool is_known;
    struct cost_item item;
};

/* What a layer reads: a searched convolution's, where it is not skipped, or else the next. */
struct source {
    size_t slot; /* not of the last */
    bool is_signed;
};

/* A layer of the network with nothing skipped. */
struct place {
    int slot; /* the layer's */
    bool has_weights;
    size_t n_sources;
    struct source *sources;
    size_t n_depends, depends[DEPENDS_MAX]; /* slots whose absence changes this layer */
    int adc_bits;                           /* by the hardware */
    struct entry *entries[KERNELS]; /* each NULL or [COST_SIZES_MAX][1 << n_depends][2]: is its
                               input signed? */
    size_t n_follows, *follows;     /* of a layer that is not searched: the slots whose size
                                       it takes, the first that is there */
    struct nax_layer layer;
};

/* Of a place in the design at hand. */
struct found {
    struct entry *entry; /* NULL: it is skipped */
    size_t index;        /* of its size */
};

struct nax_cost_table {
    struct nax_cost_model *model;
    const struct nax_network_file *file;
    size_t n_slots, n_places;
    bool *can_skip;          /* [n_slots] */
    int64_t *own_kernel;     /* [n_slots], of layers that have no other; or 0 */
    struct place *places;    /* [n_places] */
    int64_t *sizes;          /* [n_places], of the design at hand */
    int *adc_bits;           /* [n_places], of the same */
    struct found *found;     /* [n_places], of the same */
    struct cost_item *items; /* [n_places], of what is not skipped */
    double link_bits;
};

/* What a place takes in a design with these kernels [n_slots], on the index-th of the model's
 * sizes. Of kernels only the place's own counts, and whether those that change it are 0. */
int nax_cost_table_item(struct nax_cost_table *table, struct place *place, size_t index,
                        const int64_t *kernel, const struct cost_item **item,
                        struct nax_err *err) NAX_MUST_USE;

#endif
