/* The definitions of a product with ADCs, which the fast ones are tested against. */
#ifndef NAX_MAPPING_REFERENCE_H
#define NAX_MAPPING_REFERENCE_H

#include "fixed.h"

/* The definition of a product: y [n_cols] of one input vector x [n_rows] of integers, array by
 * array, slice by slice, stream by stream, each conversion clamped. */
void nax_product_reference(const struct fixed_layer *layer, const int32_t *x, int64_t *y);

/* The definition: y [n_cols] += what one input vector x [n_rows] gives on one submatrix, with
 * cells [n_planes][n_rows][n_cols]; codes are floor(current + 1/2), clamped. */
void nax_submatrix_reference(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                             const double *cells, const int32_t *x, double *y);

#endif
