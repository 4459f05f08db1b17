/* OpenBLAS behind two functions, and its memory. */
#include "blas.h"

#include "nax/base.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

static const size_t buffer_size = (size_t)NAX_PRODUCTS_BUFFER_MIB << 20;

/* And what a thread takes besides, of which OpenMP's runtime tells no lack that could be passed on:
 * its stack, and code. */
static const size_t thread_size = (size_t)32 << 20;

/* OpenBLAS's own, in every version since GotoBLAS; weak, lest one lacks them. A buffer that is
 * given back stays, for the next call. */
extern void *blas_memory_alloc(int place) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_single_threaded(void)
{
    openblas_set_num_threads(1);
}

static bool is_limited(int resource)
{
    struct rlimit limit;
    return !getrlimit(resource, &limit) && limit.rlim_cur != RLIM_INFINITY;
}

/* A call takes a free buffer that the same processor had before, and else, on other processors than
 * the first, the free one of the lowest number: one of the n lowest, when n call at once. On the
 * first processor every buffer not yet made counts as its own, so that it makes one although others
 * are free, but never while one beyond the n lowest is: 2 n are enough for ever. */
int nax_products_reserve(size_t n, struct nax_err *err)
{
    size_t n_buffers = 2 * n, i = 0;
    pthread_once(&once, make_single_threaded);
    if (!blas_memory_alloc || !blas_memory_free ||
        (!is_limited(RLIMIT_AS) && !is_limited(RLIMIT_DATA)))
        return 0;
    void **taken = nax_calloc(n_buffers, sizeof *taken);
    for (; taken && i < n_buffers && nax_has_memory(buffer_size); i++)
        taken[i] = blas_memory_alloc(0);
    for (size_t k = 0; k < i; k++)
        blas_memory_free(taken[k]);
    free(taken);
    bool is_enough = i == n_buffers && nax_has_memory(n * thread_size);
    return is_enough ? 0
                     : nax_err_set(err, NAX_ERR_MEMORY,
                                   "out of memory: 'matrix products', %zu MiB a thread; "
                                   "-j takes fewer threads",
                                   2 * (buffer_size >> 20));
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
