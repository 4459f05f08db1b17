/* The fidelities: what each is called, and how a network is mapped on it. */
#ifndef NAX_MAPPING_FIDELITIES_H
#define NAX_MAPPING_FIDELITIES_H

#include "layer.h"
#include "nax/mapping.h"

struct fidelity {
    struct nax_word word; /* as nax-eval(1) has it */
    unsigned parts;       /* of the hardware that it looks at: NAX_PART_… */
    /* What a layer multiplies by; NULL: nothing is mapped. Before it, memory for effective weights
     * where it has_effective. */
    int (*map)(struct mapped_layer *layer, struct nax_linop *linop, struct nax_err *err);
    bool has_effective;
    /* Then, over all layers; NULL: nothing. Arguments of nax_conversions_replace. */
    int (*finish)(const struct nax_model *model, struct mapped_layer *layers,
                  struct nax_linop *linops, const struct nax_images *images, size_t n_images,
                  uint64_t seed, float **normals, struct nax_err *err);
};

const struct fidelity *nax_fidelity_row(enum nax_fidelity fidelity);

#endif
