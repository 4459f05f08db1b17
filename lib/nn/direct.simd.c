/* Sums of products channel by channel. A lane is a channel; what is left of them beyond whole
 * vectors goes one by one. */
#include "direct.h"

#include "nax/simd.h"

typedef nax_vfloat vec;

#define LOAD(p)     (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))

static const size_t lanes = NAX_SIMD_LANES;

static void gather(size_t n, size_t c, const float *const *a, const float *const *b, float *y)
{
    size_t k = 0;
    for (; k + 2 * lanes <= c; k += 2 * lanes) {
        vec low = {0}, high = {0};
        for (size_t t = 0; t < n; t++) {
            low += LOAD(a[t] + k) * LOAD(b[t] + k);
            high += LOAD(a[t] + k + lanes) * LOAD(b[t] + k + lanes);
        }
        STORE(y + k, low);
        STORE(y + k + lanes, high);
    }
    for (; k + lanes <= c; k += lanes) {
        vec sum = {0};
        for (size_t t = 0; t < n; t++)
            sum += LOAD(a[t] + k) * LOAD(b[t] + k);
        STORE(y + k, sum);
    }
    for (; k < c; k++) {
        float sum = 0;
        for (size_t t = 0; t < n; t++)
            sum += a[t][k] * b[t][k];
        y[k] = sum;
    }
}

static void spread(size_t n, size_t c, const float *a, const float *const *b, float *const *y)
{
    size_t k = 0;
    for (; k + lanes <= c; k += lanes) {
        vec factor = LOAD(a + k);
        for (size_t t = 0; t < n; t++)
            STORE(y[t] + k, LOAD(y[t] + k) + factor * LOAD(b[t] + k));
    }
    for (; k < c; k++)
        for (size_t t = 0; t < n; t++)
            y[t][k] += a[k] * b[t][k];
}

const struct direct_kernels NAX_SIMD(nax_direct_kernels) = {.gather = gather, .spread = spread};
