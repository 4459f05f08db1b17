/* Vector kernels: X.simd.c is compiled once for each instruction set, and its functions are named
 * NAX_SIMD(name), which a table of them ends with; X.c picks one table by nax_isa(). A vector of
 * floats is a register: of longer ones gcc makes copies in memory. */
#ifndef NAX_SIMD_H
#define NAX_SIMD_H

#include "nax/base.h"

#define NAX_SIMD_PASTE(name, isa) name##_##isa
#define NAX_SIMD_NAME(name, isa)  NAX_SIMD_PASTE(name, isa)
#define NAX_SIMD(name)            NAX_SIMD_NAME(name, NAX_SIMD_ISA)

/* In X.c: name_sets[nax_isa()] is the table `const struct type name` for this processor. */
#if defined(__x86_64__)
#define NAX_SIMD_SETS(type, name)                                                                  \
    extern const struct type name##_baseline, name##_avx2, name##_avx512;                          \
    static const struct type *const name##_sets[NAX_ISA_COUNT] = {                                 \
        [NAX_ISA_BASELINE] = &name##_baseline,                                                     \
        [NAX_ISA_AVX2] = &name##_avx2,                                                             \
        [NAX_ISA_AVX512] = &name##_avx512,                                                         \
        [NAX_ISA_AVX512_BF16] = &name##_avx512,                                                    \
        [NAX_ISA_AMX] = &name##_avx512}
#else /* nax_isa() is always the baseline */
#define NAX_SIMD_SETS(type, name)                                                                  \
    extern const struct type name##_baseline;                                                      \
    static const struct type *const name##_sets[] = {[NAX_ISA_BASELINE] = &name##_baseline}
#endif

/* Bytes of a vector register. */
#if defined(__AVX512F__)
#define NAX_SIMD_BYTES 64
#elif defined(__AVX2__)
#define NAX_SIMD_BYTES 32
#else
#define NAX_SIMD_BYTES 16
#endif

enum {
    NAX_LANES = 16, /* floats to whose multiples arrays are padded: of the longest register */
    NAX_SIMD_LANES = NAX_SIMD_BYTES / sizeof(float)
};

/* May be loaded from and stored to any float address. nax_vdouble: 8 lanes, as arrays of circuits
 * have them. */
typedef float nax_vfloat __attribute__((vector_size(NAX_SIMD_BYTES), aligned(4), may_alias));
typedef double nax_vdouble __attribute__((vector_size(64), aligned(8), may_alias));

#endif
