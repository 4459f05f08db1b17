/* The vector work of convolutions by Winograd's minimal filtering (Lavin and Gray, CVPR 2016).
 *
 * A kernel g of r × r makes 4 × 4 outputs from a tile d of a × a inputs, a = r + 3, with one
 * product for each of the a × a places of the transformed tile: y = Aᵀ [(G g Gᵀ) · (Bᵀ d B)] A,
 * with as many of the points 0, 1, -1, 2, -2, 1/2, -1/2 as are needed, and infinity. Sums over
 * channels make each place a matrix product. The gradient by g is Gᵀ [(Bᵀ d B) · (A dy Aᵀ)] G.
 *
 * Kernels of 3 and 5 are taken as they are. One of 7 is taken as 2 × 2 parts of 4 (the last ones
 * with a row or column of zeros): being as far apart as tiles are, they share the tiles of inputs.
 * With 2 × 2 outputs of a whole kernel, it would cost a third more products and four times the
 * transforms; with 4 × 4, a = 10, whose points are too many to round well.
 *
 * Tiles are [a][a][c] or [4][4][c] parts of images [h][w][c] of floats, c a multiple of 16; `row`
 * is the floats of an image's row. Transformed ones are spread over planes: a place's c values are
 * `plane` floats behind those of the place before.
 */
#ifndef NAX_NN_WINOGRAD_H
#define NAX_NN_WINOGRAD_H

#include "nax/base.h"

enum { WINOGRAD_M = 4, WINOGRAD_A_MAX = 8, WINOGRAD_PARTS_MAX = 4 };

struct winograd_form {
    size_t k, r, a; /* kernel, a part of it, a tile of inputs */
    size_t n_parts; /* in each direction */
    /* G: a row holds the powers of a point, over the product of its distances from the others */
    float g[WINOGRAD_A_MAX][WINOGRAD_A_MAX]; /* [a][r] */
};

/* k: 3, 5 or 7 */
struct winograd_form nax_winograd_form(size_t k);

struct winograd_kernels {
    /* Bᵀ d B of one tile of inputs, written to each of to[n_to] */
    void (*input)(size_t a, size_t c, const float *d, size_t row, size_t n_to, float *const *to,
                  size_t plane);
    /* y = Aᵀ z A: one tile of outputs */
    void (*output)(size_t a, size_t c, const float *z, size_t plane, float *y, size_t row);
    /* z = A dy Aᵀ of one tile of the outputs' gradient */
    void (*output_back)(size_t a, size_t c, const float *dy, size_t row, float *z, size_t plane);
    /* to = t · from · tᵀ, for n values a place (a multiple of 16): from [n_cols][n_cols], to
     * [n_rows][n_rows], at most 8 each; entry (i, j) of t is t[i · step_i + j · step_j] */
    void (*congruence)(size_t n_rows, size_t n_cols, const float *t, size_t step_i, size_t step_j,
                       size_t n, const float *from, size_t plane_from, float *to, size_t plane_to);
    /* c [n_rows][n_cols] = (c if is_added) + a · b; a's element (i, k) is a[i · step_i + k ·
     * step_k], b is [n_inner][n_cols]; n_rows and n_cols are multiples of 16 */
    void (*multiply)(size_t n_rows, size_t n_cols, size_t n_inner, const float *a, size_t step_i,
                     size_t step_k, const float *b, float *c, bool is_added);
};

const struct winograd_kernels *nax_winograd_kernels(void); /* of this processor */

#endif
