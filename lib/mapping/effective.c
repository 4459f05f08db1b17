/* Effective weights: all planes of a submatrix folded into the matrix that they multiply by. */
#include "full.h"

void nax_submatrix_fold(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                        const double *cells, float *weight)
{
    size_t n_planes = layer->unit.n_planes;
    for (size_t r = 0; r < submatrix->n_rows; r++)
        for (size_t c = 0; c < submatrix->n_cols; c++) {
            double sum = 0 - (double)nax_fixed_offset(layer);
            for (size_t p = 0; p < n_planes; p++)
                sum += nax_plane_weight(layer, p) *
                       cells[(p * submatrix->n_rows + r) * submatrix->n_cols + c];
            weight[(submatrix->row + r) * layer->map.n_cols + submatrix->col + c] =
                (float)(sum * layer->weight_step);
        }
}
