/* How large a layer's inputs are on real images. */
#ifndef NAX_MAPPING_RANGES_H
#define NAX_MAPPING_RANGES_H

#include "nax/nn.h"

/* Largest magnitude of each layer's inputs on up to 256 of the images: range [n_layers], 1 where
 * all are zero. */
int nax_ranges_measure(const struct nax_model *model, const struct nax_images *images,
                       double *range, struct nax_err *err) NAX_MUST_USE;

#endif
