/* A layer at some of its positions: their windows side by side are an image of another layer, which
 * lies on the same crossbars. */
#ifndef NAX_MAPPING_POSITIONS_H
#define NAX_MAPPING_POSITIONS_H

#include "nax/network.h"

/* The layer whose n positions are windows of `of`; its stride leaves none of an image out. */
struct nax_layer nax_positions_layer(const struct nax_layer *of, size_t n);
/* Number j of n different positions of an image, evenly spread; others in other images. */
size_t nax_positions_at(const struct nax_layer *of, size_t image, size_t n, size_t j);
/* What lies under these n positions of x [h_in][w_in][c_in], zeros where it is padding: windows
 * [kernel][n · kernel][c_in]. */
void nax_positions_cut(const struct nax_layer *of, size_t image, size_t n, const float *x,
                       float *windows);

#endif
