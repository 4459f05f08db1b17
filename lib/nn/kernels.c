/* The kernels for this processor. */
#include "kernels.h"

extern const struct nn_kernels nax_nn_kernels_fp32_baseline, nax_nn_kernels_fp32_avx2,
    nax_nn_kernels_fp32_avx512, nax_nn_kernels_bf16_baseline, nax_nn_kernels_bf16_avx2,
    nax_nn_kernels_bf16_avx512;

const struct nn_kernels *nax_nn_kernels_of(enum nax_isa isa, bool is_bf16)
{
    static const struct nn_kernels *const sets[NAX_ISA_COUNT][2] = {
        {&nax_nn_kernels_fp32_baseline, &nax_nn_kernels_bf16_baseline},
        {&nax_nn_kernels_fp32_avx2, &nax_nn_kernels_bf16_avx2},
        {&nax_nn_kernels_fp32_avx512, &nax_nn_kernels_bf16_avx512}};
    return sets[isa][is_bf16];
}

const struct nn_kernels *nax_nn_kernels(bool is_bf16)
{
    return nax_nn_kernels_of(nax_isa(), is_bf16);
}
