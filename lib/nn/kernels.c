/* The kernels for this processor. */
#include "kernels.h"

#include "nax/base.h"

const struct nn_kernels *nn_kernels(void)
{
    static const struct nn_kernels *const sets[NAX_ISA_COUNT] = {
        &nn_kernels_baseline, &nn_kernels_avx2, &nn_kernels_avx512};
    return sets[nax_isa()];
}
