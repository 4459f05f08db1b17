/* A layer on crossbars: what it multiplies by, and how its output is corrected. */
#ifndef NAX_MAPPING_LAYER_H
#define NAX_MAPPING_LAYER_H

#include "correction.h"
#include "effective.h"
#include "full.h"
#include "nax/nn.h"
#include "product.h"
#include "range.h"
#include "reads.h"

struct mapped_layer {
    struct fixed_layer fixed;
    struct chip chip;             /* of the fidelities above quantized */
    struct layer_vectors vectors; /* that its ADC's range is measured on, while it is set up */
    struct product product;       /* one of the three, or none */
    struct full full;
    struct reads reads;
    float *effective; /* [group_rows][n_cols] weights that the arrays multiply by, or NULL: not
                         wanted */
    double *coupled;  /* with those of cells between groups that lie together, or NULL: none do */
    struct correction correction;
    /* While the network is trained: the layer's own weights when they were programmed, and what it
     * multiplies by since. Or NULL. */
    float *programmed, *trained;
};

/* Room for the effective weights, and for those of cells between groups where these lie together:
 * they are wanted of what is set up next. */
int nax_mapped_layer_want_effective(struct mapped_layer *layer, struct nax_err *err) NAX_MUST_USE;

/* Set up what layer->fixed is multiplied by, and *linop, whose self is the layer: on ideal arrays;
 * by effective weights alone; with every conversion made. Those above quantized program and solve
 * the chip's arrays, and make the effective weights if they are wanted. */
int nax_mapped_layer_quantized(struct mapped_layer *layer, struct nax_linop *linop,
                               struct nax_err *err) NAX_MUST_USE;
int nax_mapped_layer_linear(struct mapped_layer *layer, struct nax_linop *linop,
                            struct nax_err *err) NAX_MUST_USE;
int nax_mapped_layer_full(struct mapped_layer *layer, struct nax_linop *linop,
                          struct nax_err *err) NAX_MUST_USE;

/* The same arrays under a layer of another shape, whose windows have as many inputs: *view, which
 * owns nothing, and its product as nax_mapped_layer_full makes it. Both layers must outlive it. */
void nax_mapped_layer_view(const struct mapped_layer *layer, const struct nax_layer *shape,
                           struct mapped_layer *view, struct nax_linop *linop);

/* A product by the effective weights. Training, which needs weights, leaves out the cells between
 * groups. */
struct nax_linop nax_mapped_layer_effective(const struct mapped_layer *layer);
/* Leaves nothing but the effective weights. */
void nax_mapped_layer_keep_effective(struct mapped_layer *layer, struct nax_linop *linop);

/* Where *linop has no correction: one that does nothing yet. */
int nax_mapped_layer_add_correction(struct mapped_layer *layer, struct nax_linop *linop,
                                    struct nax_err *err) NAX_MUST_USE;

void nax_mapped_layer_free(struct mapped_layer *layer);

#endif
