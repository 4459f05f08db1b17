/* Products of a layer's patches and its weights, a group at a time. */
#include "groups.h"
#include "../base/blas.h"

void nax_groups_multiply(const struct nax_layer_map *map, size_t n, const double *patches,
                         const double *weight, double *y)
{
    for (size_t g = 0; g * map->group_cols < map->n_cols; g++)
        nax_dgemm(false, false, n, map->group_cols, map->group_rows, patches + g * map->group_rows,
                  map->n_rows, weight + g * map->group_cols, map->n_cols, 0,
                  y + g * map->group_cols, map->n_cols);
}
