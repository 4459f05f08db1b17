/* Dense kernels for one instruction set.
 *
 * A vector holds LANES columns of one row. ROWS rows by WIDE vectors of the result stay in
 * registers over the whole of the inner sum, whose every term takes WIDE vectors of the right
 * factor and a broadcast element of the left one a row (a rank-1 update, as the micro-kernels of
 * Goto and van de Geijn, ACM Transactions on Mathematical Software 34, 2008): 24 + 3 + 1 of
 * AVX-512's 32 registers, 8 + 2 + 1 of the 16 of others.
 */
#include "nax/simd.h"
#include "dense.h"

#define INLINE static inline __attribute__((always_inline))

enum { LANES = NAX_SIMD_BYTES / sizeof(double), WIDE = NAX_SIMD_BYTES == 64 ? 3 : 2 };
enum { ROWS = NAX_SIMD_BYTES == 64 ? DENSE_ROWS : DENSE_ROWS / 2 };
typedef double vec __attribute__((vector_size(NAX_SIMD_BYTES), aligned(8)));

/* a [ROWS][n_wide vectors] -= left^T · panel over n terms; left [n][DENSE_ROWS], panel [n][ld] */
INLINE void subtract_product(double *a, size_t ld, const double *left, size_t n,
                             const double *panel, const int n_wide)
{
    vec acc[ROWS][WIDE];
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < n_wide; k++)
            acc[r][k] = *(vec *)(a + (size_t)r * ld + (size_t)k * LANES);
    for (size_t i = 0; i < n; i++) {
        vec p[WIDE];
        for (int k = 0; k < n_wide; k++)
            p[k] = *(const vec *)(panel + i * ld + (size_t)k * LANES);
        for (int r = 0; r < ROWS; r++) {
            vec x = left[i * DENSE_ROWS + (size_t)r] - (vec){};
            for (int k = 0; k < n_wide; k++)
                acc[r][k] -= x * p[k];
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < n_wide; k++)
            *(vec *)(a + (size_t)r * ld + (size_t)k * LANES) = acc[r][k];
}

static void update(double *a, size_t ld, const double *left, size_t n, const double *panel,
                   size_t from, size_t to)
{
    for (size_t r = 0; r < DENSE_ROWS; r += ROWS) {
        size_t c = from;
        for (; c + WIDE * LANES <= to; c += WIDE * LANES)
            subtract_product(a + r * ld + c, ld, left + r, n, panel + c, WIDE);
        for (; c < to; c += LANES)
            subtract_product(a + r * ld + c, ld, left + r, n, panel + c, 1);
    }
}

/* A vector of columns, ROWS rows of the result: the left factor is small, [n][DENSE_BLOCK], and
 * symmetric, so that a row of it serves as a column. */
static void panel(const double *d, size_t n, const double *in, double *out, size_t ld, size_t from,
                  size_t to)
{
    for (size_t c = from; c < to; c += LANES)
        for (size_t r = 0; r < n; r += ROWS) {
            vec acc[ROWS];
            for (int k = 0; k < ROWS; k++)
                acc[k] = (vec){};
            for (size_t i = 0; i < n; i++) {
                vec x = *(const vec *)(in + i * ld + c);
                for (size_t k = 0; k < ROWS; k++)
                    acc[k] += d[i * DENSE_BLOCK + r + k] * x;
            }
            for (size_t k = 0; k < ROWS && r + k < n; k++)
                *(vec *)(out + (r + k) * ld + c) = acc[k];
        }
}

/* Gauss-Jordan without pivoting: the matrix is symmetric and positive definite. Step k, with x the
 * inverse of the pivot d_kk:
 *
 *     d_kk = x,  d_kj = x d_kj,  d_ij -= d_ik d_kj x,  d_ik = -d_ik x        (i, j not k)
 *
 * Column k of the other rows counts as 0 and the pivot row as 1 there, which gives the last of
 * these; masking it out is quicker than storing it between vector loads. A row is ROW vectors. */
static void invert(double *d, size_t n)
{
    enum { ROW = DENSE_BLOCK / LANES };
    for (size_t k = 0; k < n; k++) {
        double x = 1 / d[k * DENSE_BLOCK + k];
        double keep[DENSE_BLOCK];
        vec pivot[ROW], others[ROW];
        for (size_t c = 0; c < DENSE_BLOCK; c++)
            keep[c] = c != k;
        for (size_t c = 0; c < ROW; c++) {
            others[c] = *(vec *)(keep + c * LANES);
            pivot[c] =
                (*(vec *)(d + k * DENSE_BLOCK + c * LANES) * others[c] + (1 - others[c])) * x;
        }
        for (size_t r = 0; r < n; r++) {
            double *row = d + r * DENSE_BLOCK, y = row[k];
            for (size_t c = 0; c < ROW; c++)
                *(vec *)(row + c * LANES) = *(vec *)(row + c * LANES) * others[c] - y * pivot[c];
        }
        for (size_t c = 0; c < ROW; c++)
            *(vec *)(d + k * DENSE_BLOCK + c * LANES) = pivot[c];
    }
}

static void add(double *restrict row, const double *restrict h, double scale, double t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        row[i] = scale * row[i] + t * h[i];
}

/* Sums go through one vector, so that their order is the same for every length of row. */
static double lanes_sum(const vec *x)
{
    double all = 0;
    for (int i = 0; i < LANES; i++)
        all += (*x)[i];
    return all;
}

static double series(double *restrict row, double *restrict h, double r, size_t n)
{
    vec all = {};
    double rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vec x = *(vec *)(row + i);
        all += x;
        *(vec *)(h + i) += x;
        *(vec *)(row + i) = -r * x;
    }
    for (; i < n; i++) {
        rest += row[i];
        h[i] += row[i];
        row[i] *= -r;
    }
    return lanes_sum(&all) + rest;
}

static double sum(const double *row, size_t n)
{
    vec all = {};
    double rest = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        all += *(const vec *)(row + i);
    for (; i < n; i++)
        rest += row[i];
    return lanes_sum(&all) + rest;
}

const struct dense_kernels NAX_SIMD(nax_dense_kernels) = {
    .invert = invert, .panel = panel, .update = update, .add = add, .series = series, .sum = sum};
