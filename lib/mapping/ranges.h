/* How large a layer's inputs are on real images. */
#ifndef NAX_MAPPING_RANGES_H
#define NAX_MAPPING_RANGES_H

#include "vectors.h"

/* How many of the images are looked at: all, or 256, evenly spaced. */
size_t nax_ranges_n_images(const struct nax_images *images);
/* Largest magnitude of each layer's inputs on them: range [n_layers], 1 where all are zero.
 * vectors: where one of each image goes, or NULL. */
int nax_ranges_measure(const struct nax_model *model, const struct nax_images *images,
                       double *range, const struct input_vectors *vectors,
                       struct nax_err *err) NAX_MUST_USE;

#endif
