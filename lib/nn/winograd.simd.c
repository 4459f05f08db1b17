/* Winograd's transforms and products. A vector is a register of channels, the same of a place:
 * `lanes` of them at a time go through a whole tile before the next ones, and nothing is summed
 * across lanes. */
#include "winograd.h"

#include "nax/simd.h"

typedef nax_vfloat vec;

#define LOAD(p)     (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#define INLINE      static inline __attribute__((always_inline))
#define UNROLL      _Pragma("GCC unroll 16")

static const size_t lanes = NAX_SIMD_LANES;

/* --- transforms of one column or row: places in the order of the points 0, 1, -1, 2, -2, (1/2,
 * (-1/2,)) infinity --- */

/* Bᵀ d. Of a pair of points ±p the polynomials are even ± odd, their even and odd powers:
 *
 *     0       (x² - 1) (x² - 4)     = x⁴ - 5x² + 4
 *     ±1      x (x ± 1) (x² - 4)    = (x⁴ - 4x²) ± (x³ - 4x)
 *     ±2      x (x ± 2) (x² - 1)    = (x⁴ - x²) ± 2 (x³ - x)
 *     inf     x (x² - 1) (x² - 4)   = x⁵ - 5x³ + 4x
 */
INLINE void in_6(const vec d[], vec v[])
{
    vec even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1];
    v[0] = d[4] - 5 * d[2] + 4 * d[0];
    v[1] = even + odd;
    v[2] = even - odd;
    even = d[4] - d[2], odd = 2 * (d[3] - d[1]);
    v[3] = even + odd;
    v[4] = even - odd;
    v[5] = d[5] - 5 * d[3] + 4 * d[1];
}

/* The points of in_6, whose polynomials all have the factor x - 1/2 now, and 1/2, whose own is what
 * infinity's was. */
INLINE void in_7(const vec d[], vec v[])
{
    vec e[6]; /* (x - 1/2) xⁱ */
    UNROLL
    for (size_t i = 0; i < 6; i++)
        e[i] = d[i + 1] - 0.5F * d[i];
    in_6(e, v);
    v[6] = v[5];
    v[5] = d[5] - 5 * d[3] + 4 * d[1];
}

/*     0       (x² - 1) (x² - 4) (x² - 1/4)        = x⁶ - 21/4 x⁴ + 21/4 x² - 1
 *     ±1      x (x ± 1) (x² - 4) (x² - 1/4)       = (x⁶ - 17/4 x⁴ + x²) ± (x⁵ - 17/4 x³ + x)
 *     ±2      x (x ± 2) (x² - 1) (x² - 1/4)       = (x⁶ - 5/4 x⁴ + 1/4 x²) ± 2 (x⁵ - 5/4 x³ + 1/4
 * x) ±1/2    x (x ± 1/2) (x² - 1) (x² - 4)       = (x⁶ - 5x⁴ + 4x²) ± 1/2 (x⁵ - 5x³ + 4x) inf     x
 * (x² - 1) (x² - 4) (x² - 1/4)      = x⁷ - 21/4 x⁵ + 21/4 x³ - x
 */
INLINE void in_8(const vec d[], vec v[])
{
    vec even = d[6] - 4.25F * d[4] + d[2], odd = d[5] - 4.25F * d[3] + d[1];
    v[0] = d[6] - d[0] + 5.25F * (d[2] - d[4]);
    v[1] = even + odd;
    v[2] = even - odd;
    even = d[6] - 1.25F * d[4] + 0.25F * d[2], odd = 2 * d[5] - 2.5F * d[3] + 0.5F * d[1];
    v[3] = even + odd;
    v[4] = even - odd;
    even = d[6] - 5 * d[4] + 4 * d[2], odd = 0.5F * d[5] - 2.5F * d[3] + 2 * d[1];
    v[5] = even + odd;
    v[6] = even - odd;
    v[7] = d[7] - d[1] + 5.25F * (d[3] - d[5]);
}

INLINE void in(size_t a, const vec d[], vec v[])
{
    a == 6 ? in_6(d, v) : a == 7 ? in_7(d, v) : in_8(d, v);
}

/* Aᵀ z: y[i] = Σ point^i z, infinity in the last. s and d: sums and differences of a pair's z. */
INLINE void out(size_t a, const vec z[], vec y[])
{
    vec s1 = z[1] + z[2], d1 = z[1] - z[2], s2 = z[3] + z[4], d2 = z[3] - z[4];
    y[0] = z[0] + s1 + s2;
    y[1] = d1 + 2 * d2;
    y[2] = s1 + 4 * s2;
    y[3] = d1 + 8 * d2 + z[a - 1];
    if (a > 6) {
        vec s3 = z[5], d3 = z[5];
        if (a > 7)
            s3 += z[6], d3 -= z[6];
        y[0] += s3;
        y[1] += 0.5F * d3;
        y[2] += 0.25F * s3;
        y[3] += 0.125F * d3;
    }
}

/* A y: z of a point is y as a polynomial there, even ± odd powers of a pair; infinity takes y[3] */
INLINE void out_back(size_t a, const vec y[], vec z[])
{
    vec even = y[0] + y[2], odd = y[1] + y[3];
    z[0] = y[0];
    z[1] = even + odd;
    z[2] = even - odd;
    even = y[0] + 4 * y[2], odd = 2 * y[1] + 8 * y[3];
    z[3] = even + odd;
    z[4] = even - odd;
    even = y[0] + 0.25F * y[2], odd = 0.5F * y[1] + 0.125F * y[3];
    if (a > 6)
        z[5] = even + odd;
    if (a > 7)
        z[6] = even - odd;
    z[a - 1] = y[3];
}

/* --- and of tiles: each column, then each row of what has become of them (half) --- */

INLINE void input_of(size_t a, size_t c, const float *d, size_t row, size_t n_to, float *const *to,
                     size_t plane)
{
    for (size_t l = 0; l < c; l += lanes) {
        vec half[WINOGRAD_A_MAX][WINOGRAD_A_MAX], column[WINOGRAD_A_MAX], v[WINOGRAD_A_MAX];
        for (size_t j = 0; j < a; j++) {
            UNROLL
            for (size_t i = 0; i < a; i++)
                column[i] = LOAD(d + i * row + j * c + l);
            in(a, column, v);
            UNROLL
            for (size_t i = 0; i < a; i++)
                half[i][j] = v[i];
        }
        for (size_t i = 0; i < a; i++) {
            in(a, half[i], v);
            for (size_t t = 0; t < n_to; t++) {
                UNROLL
                for (size_t j = 0; j < a; j++)
                    STORE(to[t] + (i * a + j) * plane + l, v[j]);
            }
        }
    }
}

INLINE void output_of(size_t a, size_t c, const float *z, size_t plane, float *y, size_t row)
{
    for (size_t l = 0; l < c; l += lanes, z += lanes, y += lanes) {
        vec half[WINOGRAD_M][WINOGRAD_A_MAX], column[WINOGRAD_A_MAX], v[WINOGRAD_M];
        for (size_t j = 0; j < a; j++) {
            UNROLL
            for (size_t i = 0; i < a; i++)
                column[i] = LOAD(z + (i * a + j) * plane);
            out(a, column, v);
            UNROLL
            for (size_t i = 0; i < WINOGRAD_M; i++)
                half[i][j] = v[i];
        }
        for (size_t i = 0; i < WINOGRAD_M; i++) {
            out(a, half[i], v);
            UNROLL
            for (size_t j = 0; j < WINOGRAD_M; j++)
                STORE(y + i * row + j * c, v[j]);
        }
    }
}

INLINE void output_back_of(size_t a, size_t c, const float *dy, size_t row, float *z, size_t plane)
{
    for (size_t l = 0; l < c; l += lanes, dy += lanes, z += lanes) {
        vec half[WINOGRAD_A_MAX][WINOGRAD_M], column[WINOGRAD_M], v[WINOGRAD_A_MAX];
        for (size_t j = 0; j < WINOGRAD_M; j++) {
            UNROLL
            for (size_t i = 0; i < WINOGRAD_M; i++)
                column[i] = LOAD(dy + i * row + j * c);
            out_back(a, column, v);
            UNROLL
            for (size_t i = 0; i < a; i++)
                half[i][j] = v[i];
        }
        for (size_t i = 0; i < a; i++) {
            out_back(a, half[i], v);
            UNROLL
            for (size_t j = 0; j < a; j++)
                STORE(z + (i * a + j) * plane, v[j]);
        }
    }
}

/* The same function for each size of tile. */
#define FOR_TILES(a, function, ...)                                                                \
    ((a) == 6   ? function(6, __VA_ARGS__)                                                         \
     : (a) == 7 ? function(7, __VA_ARGS__)                                                         \
                : function(8, __VA_ARGS__))

static void input(size_t a, size_t c, const float *d, size_t row, size_t n_to, float *const *to,
                  size_t plane)
{
    FOR_TILES(a, input_of, c, d, row, n_to, to, plane);
}

static void output(size_t a, size_t c, const float *z, size_t plane, float *y, size_t row)
{
    FOR_TILES(a, output_of, c, z, plane, y, row);
}

static void output_back(size_t a, size_t c, const float *dy, size_t row, float *z, size_t plane)
{
    FOR_TILES(a, output_back_of, c, dy, row, z, plane);
}

/* The transforms of weights and of their gradients, which are few: by the definition. */
static void congruence(size_t n_rows, size_t n_cols, const float *t, size_t step_i, size_t step_j,
                       size_t n, const float *from, size_t plane_from, float *to, size_t plane_to)
{
    for (size_t l = 0; l < n; l += lanes, from += lanes, to += lanes) {
        vec half[WINOGRAD_A_MAX][WINOGRAD_A_MAX];
        for (size_t j = 0; j < n_cols; j++)
            for (size_t i = 0; i < n_rows; i++) {
                vec sum = {0};
                for (size_t k = 0; k < n_cols; k++)
                    sum += t[i * step_i + k * step_j] * LOAD(from + (k * n_cols + j) * plane_from);
                half[i][j] = sum;
            }
        for (size_t i = 0; i < n_rows; i++)
            for (size_t j = 0; j < n_rows; j++) {
                vec sum = {0};
                for (size_t k = 0; k < n_cols; k++)
                    sum += t[j * step_i + k * step_j] * half[i][k];
                STORE(to + (i * n_rows + j) * plane_to, sum);
            }
    }
}

/* --- products --- */

/* As in dense matrix products (Goto and van de Geijn, ACM Transactions on Mathematical Software 34,
 * 2008), a block of c stays in registers over the whole inner sum: a term takes WIDTH vectors of
 * b's row k, and an element of a's column k, broadcast, for every row. Registers are 32, or 16
 * shorter ones: 16 sums + 2 + 1 of AVX-512's, 8 + 2 + 1 else; of columns that WIDTH vectors do not
 * divide, one vector's at a time, of twice the rows. Rows divide 16, and WIDTH vectors 32 or 16
 * columns. The right factor's columns are the outer loop: n_inner × WIDTH vectors of it stay in the
 * cache while all rows of a pass by. */
#if NAX_SIMD_BYTES == 64
enum { ROWS_WIDE = 8, WIDTH = 2, ROWS_NARROW = 16 };
#else
enum { ROWS_WIDE = 4, WIDTH = 2, ROWS_NARROW = 8 };
#endif

/* rows × width vectors of c, in registers */
INLINE void block(size_t rows, size_t width, size_t n_inner, const float *a, size_t step_i,
                  size_t step_k, const float *b, float *c, size_t n_cols, bool is_added)
{
    vec sum[ROWS_NARROW][WIDTH];
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            sum[i][j] = is_added ? LOAD(c + i * n_cols + j * lanes) : (vec){0};
    }
    for (size_t k = 0; k < n_inner; k++, a += step_k, b += n_cols) {
        vec right[WIDTH];
        UNROLL
        for (size_t j = 0; j < width; j++)
            right[j] = LOAD(b + j * lanes);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            float left = a[i * step_i];
            UNROLL
            for (size_t j = 0; j < width; j++)
                sum[i][j] += left * right[j];
        }
    }
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        UNROLL
        for (size_t j = 0; j < width; j++)
            STORE(c + i * n_cols + j * lanes, sum[i][j]);
    }
}

INLINE void multiply_steps(size_t n_rows, size_t n_cols, size_t n_inner, const float *a,
                           size_t step_i, size_t step_k, const float *b, float *c, bool is_added)
{
    if (n_cols % (WIDTH * lanes) == 0)
        for (size_t j = 0; j < n_cols; j += WIDTH * lanes)
            for (size_t i = 0; i < n_rows; i += ROWS_WIDE)
                block(ROWS_WIDE, WIDTH, n_inner, a + i * step_i, step_i, step_k, b + j,
                      c + i * n_cols + j, n_cols, is_added);
    else
        for (size_t j = 0; j < n_cols; j += lanes)
            for (size_t i = 0; i < n_rows; i += ROWS_NARROW)
                block(ROWS_NARROW, 1, n_inner, a + i * step_i, step_i, step_k, b + j,
                      c + i * n_cols + j, n_cols, is_added);
}

/* A known step is part of an instruction, where others take a register for each row. */
static void multiply(size_t n_rows, size_t n_cols, size_t n_inner, const float *a, size_t step_i,
                     size_t step_k, const float *b, float *c, bool is_added)
{
#define STEP(n)                                                                                    \
    case n:                                                                                        \
        multiply_steps(n_rows, n_cols, n_inner, a, n, step_k, b, c, is_added);                     \
        break
    switch (step_i) {
        STEP(1);
        STEP(16);
        STEP(32);
        STEP(64);
        STEP(128);
        STEP(256);
    default:
        multiply_steps(n_rows, n_cols, n_inner, a, step_i, step_k, b, c, is_added);
    }
#undef STEP
}

const struct winograd_kernels NAX_SIMD(nax_winograd_kernels) = {
    .input = input,
    .output = output,
    .output_back = output_back,
    .congruence = congruence,
    .multiply = multiply,
};
