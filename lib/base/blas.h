/* The one seam to BLAS. Row-major; single-threaded, so it may be called from many threads at once.
 */
#ifndef NAX_BASE_BLAS_H
#define NAX_BASE_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* c [m][n] = op(a) · op(b) + beta · c, op transposing when asked: a is [m][k], or [k][m]
 * transposed; b is [k][n], or [n][k] transposed. ld: elements from one row to the next as stored.
 */
void nax_sgemm(bool is_a_transposed, bool is_b_transposed, size_t m, size_t n, size_t k,
               const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc);
void nax_dgemm(bool is_a_transposed, bool is_b_transposed, size_t m, size_t n, size_t k,
               const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c,
               size_t ldc);

#endif
