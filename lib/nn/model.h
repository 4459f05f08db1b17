/* What the rest of the room needs to know of a model's parameters. */
#ifndef NAX_NN_MODEL_H
#define NAX_NN_MODEL_H

#include "nax/nn.h"

/* Whether every value is a number, and no variance negative: NAX_ERR_VALUE, naming the tensor. */
int nax_model_check(const struct nax_model *model, struct nax_err *err) NAX_MUST_USE;

/* Whether the network takes images of this shape: an error that names both shapes otherwise. */
int nax_images_fit(const struct nax_network *net, const struct nax_images *images,
                   struct nax_err *err) NAX_MUST_USE;

#endif
