/* Gradients through wires: the adjoint of effective weights. */
#ifndef NAX_MAPPING_ADJOINT_H
#define NAX_MAPPING_ADJOINT_H

#include "arrays.h"

/* Turns gradient [n_rows][n_cols], by the effective weights of the layer as programmed into the
 * chip, into that by its weights: what every cell does to all currents of its array, and not only
 * to its own. Exact for the circuit; all slices are taken to be wired like the top one. Two
 * solutions of an array's circuit for each of its lines. */
int nax_layer_adjoint(const struct fixed_layer *layer, const struct chip *chip, float *gradient,
                      struct nax_err *err) NAX_MUST_USE;

#endif
