/* The elementwise work around the convolutions, fused, on chunks of pixels × channels.
 *
 * Arrays are [n][c]: n pixels (images × height × width) of c channels, of the table's own kind:
 * float or bf16, the upper half of a float, which is rounded to when stored. Per-channel arrays are
 * [c]. Sums run over the n pixels in float lanes, and the caller adds chunks in double. What the
 * formulas are for stands where they are used: forward.c, backward.c, gates.c.
 */
#ifndef NAX_NN_KERNELS_H
#define NAX_NN_KERNELS_H

#include "nax/base.h"

struct nn_kernels {
    size_t size; /* bytes of an element */
    /* sum[c] = Σ (z − shift), square[c] = Σ (z − shift)² */
    void (*moments)(size_t n, size_t c, const void *z, const float *shift, float *sum,
                    float *square);
    /* y = z·scale + offset (+ residual), clipped at 0 when is_relu; residual may be NULL, y may be
     * z */
    void (*normalise)(size_t n, size_t c, const void *z, const float *scale, const float *offset,
                      const void *residual, bool is_relu, void *y);
    /* g = (a + b) where y > 0, else 0; sum[c] = Σ g, dot[c] = Σ g·(z − mean).
     * b may be NULL; y NULL: no ReLU; z NULL: no sums; g may be a or b. */
    void (*relu_backward)(size_t n, size_t c, const void *a, const void *b, const void *y,
                          const void *z, const float *mean, void *g, float *sum, float *dot);
    /* dz = p·g − q − r·(z − mean): back through batch norm */
    void (*normalise_backward)(size_t n, size_t c, const void *g, const void *z, const float *mean,
                               const float *p, const float *q, const float *r, void *dz);
    /* to = from, n elements */
    void (*widen)(size_t n, const void *from, float *to);
    void (*narrow)(size_t n, const float *from, void *to);
    /* of n elements; NaN where one is */
    float (*largest_magnitude)(size_t n, const void *values);
    /* Nesterov: d = gradient + decay·w; v = momentum·v + d; w −= rate·(d + momentum·v) */
    void (*descend)(size_t n, float *w, float *v, const float *gradient, float rate, float momentum,
                    float decay);
    /* to += from */
    void (*add)(size_t n, float *to, const float *from);
    /* to [n] = the sum over n_parts arrays [n], `step` from one to the next, as a tree (tree.h); to
     * may be the first of them */
    void (*add_up)(size_t n_parts, size_t n, size_t step, const float *parts, float *to);
};

/* For this processor, or for an instruction set that it has. */
const struct nn_kernels *nax_nn_kernels(bool is_bf16);
const struct nn_kernels *nax_nn_kernels_of(enum nax_isa isa, bool is_bf16);

/* n elements as floats: where they are, or in `workspace` */
static inline const float *nn_widen(const struct nn_kernels *kernel, size_t n, const char *values,
                                    float *workspace)
{
    if (kernel->size == sizeof(float))
        return (const float *)values;
    kernel->widen(n, values, workspace);
    return workspace;
}

/* Where floats are to be written that nn_narrow then brings to `values`. */
static inline float *nn_target(const struct nn_kernels *kernel, char *values, float *workspace)
{
    return kernel->size == sizeof(float) ? (float *)values : workspace;
}

static inline void nn_narrow(const struct nn_kernels *kernel, size_t n, const float *workspace,
                             char *values)
{
    if (kernel->size != sizeof(float))
        kernel->narrow(n, workspace, values);
}

#endif
