/* Sums of products channel by channel, for convolutions that keep channels apart. */
#ifndef NAX_NN_DIRECT_H
#define NAX_NN_DIRECT_H

#include <stddef.h>

struct direct_kernels {
    /* y[k] = Σ_t a[t][k] · b[t][k], for c channels k and n terms t */
    void (*gather)(size_t n, size_t c, const float *const *a, const float *const *b, float *y);
    /* y[t][k] += a[k] · b[t][k] */
    void (*spread)(size_t n, size_t c, const float *a, const float *const *b, float *const *y);
};

const struct direct_kernels *nax_direct_kernels(void); /* of this processor */

#endif
