/* Parameters from safetensors files, apart from training: what only reads weights carries no more.
 */
#ifndef NAX_NN_LOAD_H
#define NAX_NN_LOAD_H

#include "nax/nn.h"

enum { PARAM_NAME_SIZE = 96 }; /* of a tensor in a file */

/* Fills `values`, in the layout of the model's, with tensors "<prefix><layer>.<parameter>"; is_all:
 * with those too that are not trained. path names the file in messages. */
int nax_params_take(const struct nax_model *model, const struct nax_tensors *file, const char *path,
                    const char *prefix, float *values, bool is_all,
                    struct nax_err *err) NAX_MUST_USE;
/* Parameters and pixel statistics. */
int nax_model_take(struct nax_model *model, const struct nax_tensors *file, const char *path,
                   struct nax_err *err) NAX_MUST_USE;

#endif
