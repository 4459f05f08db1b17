/* The rungs of the fidelity ladder, layer by layer. */
#ifndef NAX_MAPPING_RUNGS_H
#define NAX_MAPPING_RUNGS_H

#include "amend.h"
#include "full.h"
#include "product.h"
#include "reads.h"

struct mapped_layer {
    struct fixed_layer fixed;
    struct chip chip;       /* of the rungs above quantized */
    struct product product; /* one of the three, or none */
    struct full full;
    struct reads reads;
    struct amend amend;
};

/* Sets up layer->fixed's products, and *op to make them. Of the rungs adc and full the first is
 * only the second with its effective weights at hand. weight [n_rows][n_cols]: where effective
 * weights go, or NULL. */
int rung_quantized(struct mapped_layer *layer, struct nax_linop *op,
                   struct nax_err *err) NAX_MUST_USE;
int rung_linear(struct mapped_layer *layer, float *weight, struct nax_err *err) NAX_MUST_USE;
int rung_full(struct mapped_layer *layer, float *weight, struct nax_linop *op,
              struct nax_err *err) NAX_MUST_USE;

void mapped_layer_free(struct mapped_layer *layer);

#endif
