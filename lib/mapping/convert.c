/* The kernels for this processor. */
#include "convert.h"

#include "nax/base.h"

const struct convert_kernels *convert_kernels(void)
{
    static const struct convert_kernels *const sets[NAX_ISA_COUNT] = {
        &convert_kernels_baseline, &convert_kernels_avx2, &convert_kernels_avx512};
    return sets[nax_isa()];
}
