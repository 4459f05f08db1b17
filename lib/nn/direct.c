/* The kernels of convolutions channel by channel, for this processor. */
#include "direct.h"

#include "nax/simd.h"

NAX_SIMD_SETS(direct_kernels, nax_direct_kernels);

const struct direct_kernels *nax_direct_kernels(void)
{
    return nax_direct_kernels_sets[nax_isa()];
}
