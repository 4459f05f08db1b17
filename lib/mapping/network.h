/* A network on crossbars, as the files that build it and correct it know it. */
#ifndef NAX_MAPPING_NETWORK_H
#define NAX_MAPPING_NETWORK_H

#include "columns.h"
#include "fidelities.h"

struct nax_mapped {
    const struct nax_model *model;
    struct nax_model *own; /* with effective weights, or NULL */
    size_t n_layers;
    struct mapped_layer *layer;      /* [n_layers]; empty for pools */
    struct nax_linop *linops;        /* [n_layers], or NULL: ideal */
    float *normals;                  /* or NULL */
    struct noise_aware *noise_aware; /* what training multiplies by, or NULL */
};

void nax_noise_aware_free(struct noise_aware *noise_aware);

/* What an evaluation starts from. */
static inline const struct nax_model *mapped_model(const struct nax_mapped *m)
{
    return m->own ? m->own : m->model;
}

/* Gives every layer that multiplies an correction that does nothing yet, where it has none. */
int nax_mapped_add_corrections(struct nax_mapped *mapped, struct nax_err *err) NAX_MUST_USE;

/* The fidelity adc, from full products: effective weights, and a gain, an offset and noise of every
 * column in place of its conversions. */
int nax_conversions_replace(struct nax_mapped *mapped, const struct nax_mapping *mapping,
                            const struct nax_images *images, struct nax_err *err) NAX_MUST_USE;

#endif
