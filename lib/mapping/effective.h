/* Effective weights: what a layer's programmed and solved arrays multiply by where nothing rounds.
 */
#ifndef NAX_MAPPING_EFFECTIVE_H
#define NAX_MAPPING_EFFECTIVE_H

#include "solved.h"

/* Where they go. */
struct effective {
    float *weight;   /* [group_rows][n_cols], of the cells that hold a weight */
    double *coupled; /* of all cells that submatrices span (coupled.h), or NULL: not wanted */
};

/* All planes of one submatrix's cells [n_planes][n_rows][n_cols] folded into what they multiply by.
 */
void nax_submatrix_fold(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                        const double *cells, const struct effective *to);

/* Programs, solves and folds every submatrix. */
int nax_effective_fill(const struct fixed_layer *layer, const struct chip *chip,
                       const struct effective *to, struct nax_err *err) NAX_MUST_USE;

#endif
