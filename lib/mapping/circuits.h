/* Products on solved circuits, vector by vector. */
#ifndef NAX_MAPPING_CIRCUITS_H
#define NAX_MAPPING_CIRCUITS_H

#include "arrays.h"

/* y [n][n_cols] of n input vectors x [n][n_rows]: a circuit solved for every array and stream,
 * nonlinear cells or not, then every conversion made. read_power_mw: what an array takes from its
 * drivers at a read, on the average. */
int nax_circuits_products(const struct fixed_layer *layer, const struct chip *chip, size_t n,
                          const float *x, float *y, double *read_power_mw,
                          struct nax_err *err) NAX_MUST_USE;

#endif
