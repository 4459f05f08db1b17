/* The fidelity adc: conversions as a gain, an offset and noise of every column. */
#ifndef NAX_MAPPING_CONVERSIONS_H
#define NAX_MAPPING_CONVERSIONS_H

#include "layer.h"

/* Of layers [n_layers] that multiply with every conversion made and have their effective weights:
 * leaves these, corrected by what conversions do to each column on n_images of the images. *normals
 * is made for it by the seed, to be freed after the layers. */
int nax_conversions_replace(const struct nax_model *model, struct mapped_layer *layers,
                            struct nax_linop *linops, const struct nax_images *images,
                            size_t n_images, uint64_t seed, float **normals,
                            struct nax_err *err) NAX_MUST_USE;

/* Noise of layers that stands for conversions: how many of its deviations each adds. */
struct conversions_noise {
    const struct nax_model *model;
    const struct nax_linop *linops;
    const struct nax_images *images;
    size_t n_images; /* of them, evenly spread */
    float **noise;   /* [n_noise] where the layers have it */
    size_t n_noise;
};
/* One part of their variance for all, such that the network's loss is the wanted one: 0 … 1. */
int nax_conversions_scale(const struct conversions_noise *of, double wanted, double *part,
                          struct nax_err *err) NAX_MUST_USE;

#endif
