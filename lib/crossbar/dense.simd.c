/* Dense kernels for one instruction set. */
#include "nax/simd.h"
#include "dense.h"

#define INLINE static inline __attribute__((always_inline))

enum { LANES = NAX_SIMD_BYTES / sizeof(double), WIDE = NAX_SIMD_BYTES == 64 ? 3 : 2 };
enum { ROWS = NAX_SIMD_BYTES == 64 ? DENSE_TILE : DENSE_TILE / 2 };
typedef double vec __attribute__((vector_size(NAX_SIMD_BYTES), aligned(8)));

/* acc = a - left * panel, for ROWS rows and n_wide vectors of columns. */
INLINE void tile(double *a, size_t ld, const double *left, size_t n, const double *panel,
                 const int n_wide)
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
            vec x = left[i * DENSE_TILE + (size_t)r] - (vec){};
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
    for (size_t r = 0; r < DENSE_TILE; r += ROWS) {
        size_t c = from;
        for (; c + WIDE * LANES <= to; c += WIDE * LANES)
            tile(a + r * ld + c, ld, left + r, n, panel + c, WIDE);
        for (; c < to; c += LANES)
            tile(a + r * ld + c, ld, left + r, n, panel + c, 1);
    }
}

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

/* Gauss-Jordan without pivoting: the matrix is symmetric and positive definite. */
static void invert(double *d, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        double *pivot = d + k * DENSE_BLOCK, x = 1 / pivot[k];
        pivot[k] = 1;
        for (size_t c = 0; c < DENSE_BLOCK; c++)
            pivot[c] *= x;
        for (size_t r = 0; r < n; r++) {
            double *row = d + r * DENSE_BLOCK, y = row[k];
            if (r == k)
                continue;
            row[k] = 0;
            for (size_t c = 0; c < DENSE_BLOCK; c++)
                row[c] -= y * pivot[c];
        }
    }
}

extern const struct dense_kernels NAX_SIMD(dense_kernels);
const struct dense_kernels NAX_SIMD(dense_kernels) = {
    .invert = invert, .panel = panel, .update = update};
