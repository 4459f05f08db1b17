/* OpenBLAS behind two functions. */
#include "blas.h"

#include <cblas.h>
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_single_threaded(void)
{
    openblas_set_num_threads(1);
}

void nax_sgemm(bool is_a_transposed, bool is_b_transposed, size_t m, size_t n, size_t k,
               const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc)
{
    pthread_once(&once, make_single_threaded);
    cblas_sgemm(CblasRowMajor, is_a_transposed ? CblasTrans : CblasNoTrans,
                is_b_transposed ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}

void nax_dgemm(bool is_a_transposed, bool is_b_transposed, size_t m, size_t n, size_t k,
               const double *a, size_t lda, const double *b, size_t ldb, double beta, double *c,
               size_t ldc)
{
    pthread_once(&once, make_single_threaded);
    cblas_dgemm(CblasRowMajor, is_a_transposed ? CblasTrans : CblasNoTrans,
                is_b_transposed ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a, (int)lda,
                b, (int)ldb, beta, c, (int)ldc);
}
