/* Sizes of tensors, shared by reader and writer. */
#ifndef NAX_TENSOR_DTYPE_H
#define NAX_TENSOR_DTYPE_H

#include "nax/tensor.h"

/* Bytes of data by dtype and dims; false when they do not fit a size_t. */
bool nax_tensor_bytes(const struct nax_tensor *tensor, size_t *bytes) NAX_MUST_USE;

#endif
