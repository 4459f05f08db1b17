/* The kernels for this processor. */
#include "convert.h"

#include "nax/simd.h"

NAX_SIMD_SETS(convert_kernels, nax_convert_kernels);

const struct convert_kernels *nax_convert_kernels(void)
{
    return nax_convert_kernels_sets[nax_isa()];
}
