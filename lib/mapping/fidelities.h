/* The fidelities, layer by layer. */
#ifndef NAX_MAPPING_FIDELITIES_H
#define NAX_MAPPING_FIDELITIES_H

#include "correction.h"
#include "full.h"
#include "product.h"
#include "reads.h"

struct mapped_layer {
    struct fixed_layer fixed;
    struct chip chip;       /* of the fidelities above quantized */
    struct product product; /* one of the three, or none */
    struct full full;
    struct reads reads;
    struct correction correct;
};

/* Sets up layer->fixed's products, and *op to make them. Of the fidelities adc and full the first
 * is only the second with its effective weights at hand. weight [n_rows][n_cols]: where effective
 * weights go, or NULL. */
int nax_fidelity_quantized(struct mapped_layer *layer, struct nax_linop *op,
                           struct nax_err *err) NAX_MUST_USE;
int nax_fidelity_linear(struct mapped_layer *layer, float *weight,
                        struct nax_err *err) NAX_MUST_USE;
int nax_fidelity_full(struct mapped_layer *layer, float *weight, struct nax_linop *op,
                      struct nax_err *err) NAX_MUST_USE;

void nax_mapped_layer_free(struct mapped_layer *layer);

#endif
