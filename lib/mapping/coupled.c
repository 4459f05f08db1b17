/* Products by effective weights of groups that lie together, in blocks of positions. */
#include "coupled.h"
#include "../base/blas.h"

enum { BLOCK = 64 }; /* positions multiplied at once */

size_t nax_coupled_at(const struct nax_layer_map *map, const struct nax_submatrix *submatrix)
{
    return nax_submatrix_index(map, submatrix) * map->n_together * map->group_rows *
           map->n_together * map->group_cols; /* all but the last are as large as the first */
}

static size_t image_size(const struct fixed_layer *layer)
{
    return layer->shape->h_in * layer->shape->w_in * layer->shape->c_in;
}

size_t nax_coupled_scratch_size(const struct fixed_layer *layer)
{
    size_t n = image_size(layer) + BLOCK * (layer->map.n_rows + layer->map.n_cols);
    return n * sizeof(double);
}

void nax_coupled_forward(const struct fixed_layer *layer, const double *weight, size_t n,
                         const float *x, float *y, void *scratch)
{
    const struct nax_layer_map *map = &layer->map;
    double *image = scratch, *patches = image + image_size(layer),
           *sums = patches + BLOCK * map->n_rows;
    for (size_t b = 0; b < n; b++, x += image_size(layer)) {
        for (size_t i = 0; i < image_size(layer); i++)
            image[i] = (double)x[i];
        for (size_t p = 0; p < map->positions; p += BLOCK) {
            size_t m = NAX_MIN(map->positions - p, (size_t)BLOCK);
            nax_patches_unfold(layer->shape, image, p, m, patches);
            for (size_t u = 0; u < map->n_units; u++) { /* of which each has columns of its own */
                struct nax_submatrix s = nax_submatrix_at(map, u);
                nax_dgemm(false, false, m, s.n_cols, s.n_rows, patches + s.row, map->n_rows,
                          weight + nax_coupled_at(map, &s), s.n_cols, 0, sums + s.col, map->n_cols);
            }
            for (size_t i = 0; i < m * map->n_cols; i++)
                *y++ = (float)sums[i];
        }
    }
}
