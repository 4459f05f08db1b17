/* Effective weights: all planes of a tile folded into the matrix that they multiply by. */
#include "full.h"

void tile_fold(const struct fixed_layer *layer, const struct tile *tile, const double *cells,
               float *weight)
{
    size_t n_planes = planes_n(layer);
    for (size_t r = 0; r < tile->n_rows; r++)
        for (size_t c = 0; c < tile->n_cols; c++) {
            double sum = 0 - (double)fixed_offset(layer);
            for (size_t p = 0; p < n_planes; p++)
                sum += plane_weight(layer, p) * cells[(p * tile->n_rows + r) * tile->n_cols + c];
            weight[(tile->row + r) * layer->n_cols + tile->col + c] =
                (float)(sum * layer->weight_step);
        }
}
