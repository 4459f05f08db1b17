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

/* c [ROWS][n_wide vectors] += left^T · right over n terms */
INLINE void add_product(double *c, size_t ld, const double *left, const double *right, size_t n,
                        const int n_wide)
{
    vec acc[ROWS][WIDE];
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < n_wide; k++)
            acc[r][k] = *(vec *)(c + (size_t)r * ld + (size_t)k * LANES);
    for (size_t i = 0; i < n; i++) {
        vec p[WIDE];
        for (int k = 0; k < n_wide; k++)
            p[k] = *(const vec *)(right + i * DENSE_STRIP + (size_t)k * LANES);
        for (int r = 0; r < ROWS; r++) {
            vec x = left[i * DENSE_ROWS + (size_t)r] - (vec){};
            for (int k = 0; k < n_wide; k++)
                acc[r][k] += x * p[k];
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < n_wide; k++)
            *(vec *)(c + (size_t)r * ld + (size_t)k * LANES) = acc[r][k];
}

static void update(double *c, size_t ld, const double *left, const double *right, size_t n,
                   size_t n_cols)
{
    for (size_t r = 0; r < DENSE_ROWS; r += ROWS) {
        size_t k = 0;
        for (; k + WIDE * LANES <= n_cols; k += WIDE * LANES)
            add_product(c + r * ld + k, ld, left + r, right + k, n, WIDE);
        if (WIDE > 2 && k + 2 * LANES <= n_cols) {
            add_product(c + r * ld + k, ld, left + r, right + k, n, 2);
            k += 2 * LANES;
        }
        for (; k < n_cols; k += LANES)
            add_product(c + r * ld + k, ld, left + r, right + k, n, 1);
    }
}

/* A vector of columns, ROWS rows of the result: the left factor is small, [n][DENSE_BLOCK], and
 * symmetric, so that a row of it serves as a column. */
static void panel(const double *d, size_t n, const double *in, size_t ld, double *out,
                  size_t n_cols)
{
    for (size_t c = 0; c < n_cols; c += LANES)
        for (size_t r = 0; r < n; r += ROWS) {
            vec acc[ROWS];
            for (int k = 0; k < ROWS; k++)
                acc[k] = (vec){};
            for (size_t i = 0; i < n; i++) {
                vec x = *(const vec *)(in + i * ld + c);
                for (size_t k = 0; k < ROWS; k++)
                    acc[k] += d[i * DENSE_BLOCK + r + k] * x;
            }
            for (size_t k = 0; k < ROWS; k++)
                *(vec *)(out + (r + k) * DENSE_STRIP + c) = acc[k];
        }
}

/* Sums go through one vector, so that their order is the same for every length of row. */
static double lanes_sum(const vec *x)
{
    double all = 0;
    for (int i = 0; i < LANES; i++)
        all += (*x)[i];
    return all;
}

/* Gauss-Jordan of the admittance matrix A = diag(excess and sums of rows of d) - d, in magnitudes.
 * Before step k rows and columns i < k are swept; with x the inverse of what node k has to all that
 * are not, p_k = 1 / (excess_k + Σ_{j > k} d_kj):
 *
 *     excess_i += d_ik x excess_k,  d_ij += d_ik x d_kj,  d_ik = d_ik x,  d_kj = x d_kj,  d_kk = x
 *
 * Nothing is subtracted (Grassmann, Taksar, Heyman, Operations Research 33, 1985). Column k of the
 * other rows counts as 0 and the pivot row as 1 there, which gives the third of these; masking it
 * out is quicker than storing it between vector loads. A row is ROW vectors. */
static void invert(double *d, double *excess, size_t n)
{
    enum { ROW = DENSE_BLOCK / LANES };
    for (size_t k = 0; k < n; k++) {
        double keep[DENSE_BLOCK], after[DENSE_BLOCK];
        vec pivot[ROW], others[ROW], all = {};
        for (size_t c = 0; c < DENSE_BLOCK; c++) {
            keep[c] = c != k;
            after[c] = c > k && c < n;
        }
        for (size_t c = 0; c < ROW; c++)
            all += *(vec *)(d + k * DENSE_BLOCK + c * LANES) * *(vec *)(after + c * LANES);
        double x = 1 / (lanes_sum(&all) + excess[k]), excess_share = x * excess[k];
        for (size_t c = 0; c < ROW; c++) {
            others[c] = *(vec *)(keep + c * LANES);
            pivot[c] =
                (*(vec *)(d + k * DENSE_BLOCK + c * LANES) * others[c] + (1 - others[c])) * x;
        }
        for (size_t r = 0; r < n; r++) {
            double *row = d + r * DENSE_BLOCK, y = row[k];
            excess[r] += y * excess_share;
            for (size_t c = 0; c < ROW; c++)
                *(vec *)(row + c * LANES) = *(vec *)(row + c * LANES) * others[c] + y * pivot[c];
        }
        for (size_t c = 0; c < ROW; c++)
            *(vec *)(d + k * DENSE_BLOCK + c * LANES) = pivot[c];
    }
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

static void copy(double *to, size_t ld_to, const double *from, size_t ld_from, size_t n_rows,
                 size_t n_cols, bool is_triangle)
{
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = is_triangle ? i / DENSE_ROWS * DENSE_ROWS : 0; j < n_cols; j += LANES)
            *(vec *)(to + i * ld_to + j) = from ? *(const vec *)(from + i * ld_from + j) : (vec){};
}

static void copy_turned(double *restrict to, size_t ld_to, const double *restrict from,
                        size_t ld_from, size_t n_rows, size_t n_cols, size_t unit)
{
    for (size_t i = 0; unit > 1 && i < n_rows; i++)
        for (size_t j = 0; j < n_cols; j++)
            *(nax_vdouble *)(to + (i * ld_to + j) * DENSE_LANES) =
                *(const nax_vdouble *)(from + (j * ld_from + i) * DENSE_LANES);
    for (size_t j = 0; unit == 1 && j < n_cols; j += DENSE_ROWS)
        for (size_t i = 0; i < n_rows; i++)
            for (size_t k = 0; k < DENSE_ROWS; k++)
                to[i * ld_to + j + k] = from[(j + k) * ld_from + i];
}

static void add(double *to, size_t ld_to, const double *from, size_t ld_from, size_t n_rows,
                size_t n_cols, bool is_triangle)
{
    for (size_t i = 0; i < n_rows; i++)
        for (size_t j = is_triangle ? i / DENSE_ROWS * DENSE_ROWS : 0; j < n_cols; j += LANES)
            *(vec *)(to + i * ld_to + j) += *(const vec *)(from + i * ld_from + j);
}

/* c_ij += Σ_k c_ki c_kj / Σ_j' c_kj' over the nodes k < n_inner before i; a node's sum is over what
 * is left when it goes. */
static void star_mesh(double *c, size_t n, size_t n_inner)
{
    enum { AT_ONCE = 4 };
    nax_vdouble share[DENSE_ROWS], inverse[DENSE_ROWS] = {};
    for (size_t i = 0; i < n; i++) {
        nax_vdouble *to = (nax_vdouble *)c + i * n, all = {};
        size_t n_before = NAX_MIN(i, n_inner), j = i + 1;
        for (size_t k = 0; k < n_before; k++)
            share[k] = ((nax_vdouble *)c)[k * n + i] * inverse[k];
        for (; j + AT_ONCE <= n; j += AT_ONCE) {
            nax_vdouble x[AT_ONCE];
            for (size_t q = 0; q < AT_ONCE; q++)
                x[q] = to[j + q];
            for (size_t k = 0; k < n_before; k++)
                for (size_t q = 0; q < AT_ONCE; q++)
                    x[q] += share[k] * ((nax_vdouble *)c)[k * n + j + q];
            for (size_t q = 0; q < AT_ONCE; q++)
                all += to[j + q] = x[q];
        }
        for (; j < n; j++) {
            for (size_t k = 0; k < n_before; k++)
                to[j] += share[k] * ((nax_vdouble *)c)[k * n + j];
            all += to[j];
        }
        if (i < n_inner)
            inverse[i] = 1 / all;
    }
}

const struct dense_kernels NAX_SIMD(nax_dense_kernels) = {.invert = invert,
                                                          .panel = panel,
                                                          .update = update,
                                                          .sum = sum,
                                                          .copy = copy,
                                                          .copy_turned = copy_turned,
                                                          .add = add,
                                                          .star_mesh = star_mesh};
