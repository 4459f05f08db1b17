/* Trained networks of other frameworks: their weights, and what they compute, as nax has them. */
#ifndef NAX_IMPORT_H
#define NAX_IMPORT_H

#include "nax/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills every parameter of a model from a safetensors file with PyTorch's names and layouts
 * (F32, F64 or BF16): weights [out][in][k][k], of a linear layer [out][in], whose inputs are those
 * of an image flattened channel by channel; batch norm by weight, bias, running_mean and
 * running_var; num_batches_tracked is nobody's. The bias of a convolution before batch norm goes
 * into its mean. map: a file of lines "LAYER MODULE [NORM]", or NULL: modules are found by the
 * layers' names. Errors name the first layer without a tensor, tensor without a layer, or tensor of
 * another shape. */
int nax_import_torch(struct nax_model *model, const char *path, const char *map,
                     struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
