/* Effective weights: what a layer's programmed and solved arrays multiply by where nothing rounds.
 */
#ifndef NAX_MAPPING_EFFECTIVE_H
#define NAX_MAPPING_EFFECTIVE_H

#include "solved.h"

/* All planes of one submatrix's cells [n_planes][n_rows][n_cols] folded into weight [layer's
 * n_rows][n_cols], of which the submatrix's are written. */
void nax_submatrix_fold(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                        const double *cells, float *weight);

/* Programs, solves and folds every submatrix: weight [n_rows][n_cols]. */
int nax_effective_fill(const struct fixed_layer *layer, const struct chip *chip, float *weight,
                       struct nax_err *err) NAX_MUST_USE;

#endif
