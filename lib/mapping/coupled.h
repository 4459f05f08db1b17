/* Effective weights of groups that lie together in a submatrix, with the cells between them, which
 * hold no weight: wires and what stands for zero let them count a little. */
#ifndef NAX_MAPPING_COUPLED_H
#define NAX_MAPPING_COUPLED_H

#include "fixed.h"

/* Where a submatrix's own [n_rows][n_cols] begin among all, of which there are map.used_area. */
size_t nax_coupled_at(const struct nax_layer_map *map, const struct nax_submatrix *submatrix);

/* struct nax_linop's forward but for self: the layer's map and shape, and all effective weights. */
void nax_coupled_forward(const struct fixed_layer *layer, const double *weight, size_t n,
                         const float *x, float *y, void *scratch);
size_t nax_coupled_scratch_size(const struct fixed_layer *layer);

#endif
