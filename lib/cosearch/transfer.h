/* Weights that a supernet starts from. */
#ifndef NAX_COSEARCH_TRANSFER_H
#define NAX_COSEARCH_TRANSFER_H

#include "nax/nn.h"

/* Fills a supernet's model from a checkpoint. One of such a supernet is taken as it is. One of the
 * file's own network is spread, and *is_spread then true: each layer, whatever its kernel, has the
 * weights of the layer of its name where the two lie over each other, kernels middle on middle and
 * channels from the first on. Around them its weights are 0, so that larger kernels and more
 * channels compute what the network does; further channels of outputs keep what they were drawn.
 * A checkpoint of another network is NAX_ERR_VALUE, which names the first difference. */
int nax_supernet_start(struct nax_model *model, const struct nax_network_file *file,
                       const char *path, bool *is_spread, struct nax_err *err) NAX_MUST_USE;

#endif
