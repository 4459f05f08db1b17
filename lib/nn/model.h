/* What the rest of the room needs to know of a model's parameters. */
#ifndef NAX_NN_MODEL_H
#define NAX_NN_MODEL_H

#include "nax/nn.h"

enum { NAX_PARAMS_MAX = 5 };

struct nax_param {
    const char *name; /* "weight", "gamma", "beta", "mean", "variance", "bias" */
    float *values;
    size_t n;
    size_t n_dims, dims[4];
    bool is_trained, is_decayed;
};

/* The parameters that a layer has; returns their number. */
size_t nax_params_list(const struct nax_layer *l, const struct nax_params *p,
                       struct nax_param out[NAX_PARAMS_MAX]);

/* Whether the network takes images of this shape: an error that names both shapes otherwise. */
int nax_images_fit(const struct nax_network *net, const struct nax_images *images,
                   struct nax_err *err) NAX_MUST_USE;

/* Batch norm's variance gets this added before its root is taken (Ioffe and Szegedy, ICML 2015). */
#define NAX_BATCH_NORM_EPSILON 1e-5

#endif
