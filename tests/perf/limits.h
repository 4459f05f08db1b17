/* What the processor can do at most: products and sums a second of numbers of type LIMIT_REAL,
 * bytes a second. */
#ifndef NAX_PERF_LIMITS_H
#define NAX_PERF_LIMITS_H

#include "nax/base.h"
#include "nax/simd.h"

#include <stdlib.h>
#include <string.h>

#ifndef LIMIT_REAL
#define LIMIT_REAL float
#endif

enum {
    LIMIT_ROUNDS = 5,
    LIMIT_CHAINS = 12, /* which 16 registers hold, beside two factors */
    LIMIT_STEPS = 1000000
};

/* Seconds of LIMIT_STEPS fused multiply-adds of whole registers in independent chains, on all
 * threads. */
static inline double limit_chains(void)
{
    typedef LIMIT_REAL lanes __attribute__((vector_size(NAX_SIMD_BYTES)));
    double start = nax_clock_seconds(), sum = 0;
#pragma omp parallel num_threads(nax_threads()) reduction(+ : sum)
    {
        lanes v[LIMIT_CHAINS], a = {0}, b = {0};
        a += (LIMIT_REAL)0.999, b += (LIMIT_REAL)0.001;
        for (int i = 0; i < LIMIT_CHAINS; i++)
            v[i] = b * (LIMIT_REAL)i;
        for (int t = 0; t < LIMIT_STEPS; t++)
#pragma GCC unroll 12
            for (int i = 0; i < LIMIT_CHAINS; i++) /* unrolled, the chains stay in registers */
                v[i] = v[i] * a + b;
        for (int i = 0; i < LIMIT_CHAINS; i++)
            sum += (double)v[i][0];
    }
    return sum > 0 ? nax_clock_seconds() - start : 1e9; /* wanted: no chain is left out */
}

/* Operations a second. */
static inline double limit_ops(void)
{
    double best = 1e9;
    for (int round = 0; round < LIMIT_ROUNDS; round++) {
        double seconds = limit_chains();
        best = NAX_MIN(best, seconds);
    }
    return 2.0 * LIMIT_CHAINS * (NAX_SIMD_BYTES / sizeof(LIMIT_REAL)) * LIMIT_STEPS *
           nax_threads() / best;
}

/* Bytes a second, read and written, of copying on all threads what no cache holds. */
static inline double limit_copy(void)
{
    size_t n = (size_t)96 << 20, n_threads = (size_t)nax_threads();
    char *from = nax_aligned_calloc(n, 1), *to = nax_aligned_calloc(n, 1);
    double best = 1e9;
    if (!from || !to)
        exit(1);
    for (int round = 0; round < LIMIT_ROUNDS; round++) {
        double start = nax_clock_seconds();
#pragma omp parallel for num_threads(nax_threads())
        for (size_t i = 0; i < n_threads; i++)
            memcpy(to + n * i / n_threads, from + n * i / n_threads, n / n_threads);
        best = NAX_MIN(best, nax_clock_seconds() - start);
    }
    nax_aligned_free(from);
    nax_aligned_free(to);
    return 2 * (double)n / best;
}

#endif
