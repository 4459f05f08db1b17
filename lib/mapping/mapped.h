/* A network on crossbars, as the files that build it, measure it and train it know it. */
#ifndef NAX_MAPPING_MAPPED_H
#define NAX_MAPPING_MAPPED_H

#include "fidelities.h"

struct nax_mapped {
    const struct nax_model *model;
    const struct fidelity *fidelity;
    size_t n_layers;
    struct mapped_layer *layer; /* [n_layers]; empty for pools */
    struct nax_linop *linops;   /* [n_layers], or NULL: nothing is mapped */
    float *normals;             /* or NULL */
};

#endif
