/* The vector work of convolutions by Winograd's minimal filtering (Lavin and Gray, CVPR 2016),
 * where a tile is theirs, a square of pixels.
 *
 * A kernel g of r × r makes 4 × 4 outputs from a tile d of a × a inputs, a = r + 3, with one
 * product for each of the a × a places of the transformed tile:
 *
 *     y = Aᵀ [(G g Gᵀ) · (Bᵀ d B)] A
 *
 * In one dimension, four outputs y_i = Σ_j g_j d_{i+j} are the transpose of a product of
 * polynomials of degree r - 1 and 3, which Toom and Cook take at a - 1 points p, and at infinity,
 * and interpolate:
 *
 *     G  [a][r]  row i: 1, p_i, …, p_i^{r-1}, divided by Π_{l≠i} (p_i - p_l);   infinity: 0 … 0 1
 *     Bᵀ [a][a]  row i: the coefficients of Π_{l≠i} (x - p_l), x⁰ first;        infinity: of all l
 *     Aᵀ [4][a]  column i: 1, p_i, p_i², p_i³;                                  infinity: 0 0 0 1
 *
 * The points are 0, 1, -1, 2, -2, then 1/2 where r is 4, 1/2 and -1/2 where it is 5. For r = 3
 * these are Lavin and Gray's matrices of F(4×4, 3×3):
 *
 *          1/4     0     0          4  0 -5  0  1  0
 *         -1/6  -1/6  -1/6          0 -4 -4  1  1  0          1  1  1  1  1  0
 *     G = -1/6   1/6  -1/6     Bᵀ = 0  4 -4 -1  1  0     Aᵀ = 0  1 -1  2 -2  0
 *         1/24  1/12   1/6          0 -2 -1  2  1  0          0  1  1  4  4  0
 *         1/24 -1/12   1/6          0  2 -1 -2  1  0          0  1 -1  8 -8  1
 *            0     0     1          0  4  0 -5  0  1
 *
 * Channels are summed before Aᵀ: so each of the a × a places is a product of matrices
 * [tiles][c_in] × [c_in][c_out]. Since y is bilinear in d and g, the ways back are the transposes:
 * by the inputs the same convolution with the kernel turned by half a circle (conv.h), by the
 * kernel
 *
 *     dg = Gᵀ [(Bᵀ d B) · (A dy Aᵀ)] G
 *
 * summed over tiles, which is a product of matrices [c_in][tiles] × [tiles][c_out] a place.
 *
 * Kernels of 3 and 5 are taken as they are: a = 6 and 8. One of 7 is taken as 2 × 2 parts of 4, a =
 * 7 (the last ones with a row or column of zeros): being as far apart as tiles are, they share the
 * tiles of inputs. With 2 × 2 outputs of a whole kernel, it would cost a third more products and
 * four times the transforms; with 4 × 4, a = 10, whose points are too many to round well.
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
    size_t k, r, a;                          /* kernel, a part of it, a tile of inputs */
    size_t n_parts;                          /* in each direction */
    float g[WINOGRAD_A_MAX][WINOGRAD_A_MAX]; /* G [a][r] */
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
     * [n_rows][n_rows], at most 8 each; entry (i, j) of t is t[i · step_i + j · step_j]: G g Gᵀ, or
     * with the steps exchanged Gᵀ · G */
    void (*congruence)(size_t n_rows, size_t n_cols, const float *t, size_t step_i, size_t step_j,
                       size_t n, const float *from, size_t plane_from, float *to, size_t plane_to);
    /* c [n_rows][n_cols] = (c if is_added) + a · b; a's element (i, k) is a[i · step_i + k ·
     * step_k], b is [n_inner][n_cols]; n_rows and n_cols are multiples of 16 */
    void (*multiply)(size_t n_rows, size_t n_cols, size_t n_inner, const float *a, size_t step_i,
                     size_t step_k, const float *b, float *c, bool is_added);
};

const struct winograd_kernels *nax_winograd_kernels(void); /* of this processor */

#endif
