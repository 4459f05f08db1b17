/* Making data sets in memory; for the importers and the synthetic set. */
#ifndef NAX_TENSOR_DATASET_H
#define NAX_TENSOR_DATASET_H

#include "nax/tensor.h"

/* A set with its own memory: names are copied, labels and pixels are 0, to be filled through
 * nax_pixels_of and nax_labels_of. Sizes that cannot be allocated are NAX_ERR_MEMORY. */
int nax_dataset_make(struct nax_dataset **set, const char *name, const char *const *class_names,
                     size_t n_classes, size_t n_train, size_t n_test, size_t height, size_t width,
                     size_t channels, struct nax_err *err) NAX_MUST_USE;

/* The memory of a set made above, to write to. */
uint8_t *nax_pixels_of(struct nax_images *images); /* [n][height][width][channels] */
int32_t *nax_labels_of(struct nax_images *images); /* [n] */

#endif
