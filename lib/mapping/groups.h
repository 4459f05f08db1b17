/* Products of a layer's patches and its weights, a group at a time. */
#ifndef NAX_MAPPING_GROUPS_H
#define NAX_MAPPING_GROUPS_H

#include "nax/tiling.h"

/* y [n][n_cols] = patches [n][n_rows] · weight [group_rows][n_cols], each column by the rows of its
 * group. */
void nax_groups_multiply(const struct nax_layer_map *map, size_t n, const double *patches,
                         const double *weight, double *y);

#endif
