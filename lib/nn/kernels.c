/* The kernels for this processor. */
#include "kernels.h"
#include "nax/nn.h"

#include "nax/simd.h"

NAX_SIMD_SETS(nn_kernels, nax_nn_kernels_fp32);
NAX_SIMD_SETS(nn_kernels, nax_nn_kernels_bf16);

const struct nn_kernels *nax_nn_kernels_of(enum nax_isa isa, bool is_bf16)
{
    return is_bf16 ? nax_nn_kernels_bf16_sets[isa] : nax_nn_kernels_fp32_sets[isa];
}

const struct nn_kernels *nax_nn_kernels(bool is_bf16)
{
    return nax_nn_kernels_of(nax_isa(), is_bf16);
}

float nax_largest_magnitude(size_t n, const float *values)
{
    return nax_nn_kernels(false)->largest_magnitude(n, values);
}
