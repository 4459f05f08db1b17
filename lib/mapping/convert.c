/* The kernels for this processor. */
#include "convert.h"

#include "nax/base.h"

const struct convert_kernels *nax_convert_kernels(void)
{
    static const struct convert_kernels *const sets[NAX_ISA_COUNT] = {
        &nax_convert_kernels_baseline, &nax_convert_kernels_avx2, &nax_convert_kernels_avx512};
    return sets[nax_isa()];
}
