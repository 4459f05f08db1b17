/* Every column of a mapped network against a reference that multiplies the same inputs. */
#ifndef NAX_MAPPING_COLUMNS_H
#define NAX_MAPPING_COLUMNS_H

#include "layer.h"

/* Sums over images and positions: z of the reference, y of the hardware. */
struct column_sums {
    double n, z, y, zz, zy, yy;
};

/* Where a layer's columns begin in an array of all layers' columns; n_layers: their number. */
size_t nax_columns_first(const struct nax_network *net, size_t l);

/* Evaluates the model through `linops` on up to n_images of the images, evenly spaced, and compares
 * each layer's output with what the weights of `reference` make of the layer's inputs (NULL: the
 * model's own; a layer without is left out): a layer is not blamed for what the layers before it
 * lost. sums: [nax_columns_first(net, n_layers)]. loss: the evaluation's, or NULL. */
int nax_columns_measure(const struct nax_model *model, const struct nax_linop *linops,
                        const struct nax_linop *reference, const struct nax_images *images,
                        size_t n_images, struct column_sums *sums, double *loss,
                        struct nax_err *err) NAX_MUST_USE;

/* The same of layers whose every conversion is made, `hardware` [n_layers], NULL: left out. The
 * evaluation goes through `linops`, which multiply by these layers' effective weights, and is what
 * they are compared with, at n_positions of each column at least, or all that there are: full
 * products at all positions take many times as long. */
int nax_columns_sample(const struct nax_model *model, const struct nax_linop *linops,
                       const struct mapped_layer *const *hardware, const struct nax_images *images,
                       size_t n_images, size_t n_positions, struct column_sums *sums,
                       struct nax_err *err) NAX_MUST_USE;

/* Least squares: to ≈ gain · from + offset, and the variance that is left. A column that does not
 * vary gets gain 1. */
struct column_fit {
    double gain, offset, variance;
};

struct column_fit nax_column_fit_hardware(const struct column_sums *s);  /* y from z */
struct column_fit nax_column_fit_reference(const struct column_sums *s); /* z from y */

#endif
