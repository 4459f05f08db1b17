/* The kernels, written in lanes of 16 channels; channel counts that 16 does not divide go element
 * by element.
 *
 * Each function handles one block of channels over all pixels, so that what belongs to a channel
 * stays in registers. */
#include "kernels.h"

#include "nax/simd.h"

typedef nax_vfloat vec;
typedef int vmask __attribute__((vector_size(64)));

#define LOAD(p)      (*(const vec *)(p))
#define STORE(p, v)  (*(vec *)(p) = (v))
#define SELECT(m, v) ((vec)((m) & (vmask)(v))) /* v where m, else 0 */

static const size_t lanes = NAX_LANES;

static void moments(size_t n, size_t c, const float *z, const float *shift, float *sum,
                    float *square)
{
    size_t k = 0;
    for (; k + lanes <= c; k += lanes) {
        vec s0 = {0}, s1 = {0}, q0 = {0}, q1 = {0}, m = LOAD(shift + k);
        const float *p = z + k;
        size_t i = 0;
        for (; i + 2 <= n; i += 2, p += 2 * c) {
            vec a = LOAD(p) - m, b = LOAD(p + c) - m;
            s0 += a, s1 += b;
            q0 += a * a, q1 += b * b;
        }
        if (i < n) {
            vec a = LOAD(p) - m;
            s0 += a, q0 += a * a;
        }
        STORE(sum + k, s0 + s1);
        STORE(square + k, q0 + q1);
    }
    for (size_t j = k; j < c; j++)
        sum[j] = square[j] = 0;
    for (size_t i = 0; k < c && i < n; i++)
        for (size_t j = k; j < c; j++) {
            float a = z[i * c + j] - shift[j];
            sum[j] += a;
            square[j] += a * a;
        }
}

static void normalise(size_t n, size_t c, const float *z, const float *scale, const float *offset,
                      const float *residual, bool is_relu, float *y)
{
    size_t k = 0;
    for (; k + lanes <= c; k += lanes) {
        vec a = LOAD(scale + k), b = LOAD(offset + k);
        for (size_t i = k; i < n * c; i += c) {
            vec v = LOAD(z + i) * a + b;
            if (residual)
                v += LOAD(residual + i);
            STORE(y + i, is_relu ? SELECT(v > 0, v) : v);
        }
    }
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++) {
            float v = z[i + j] * scale[j] + offset[j] + (residual ? residual[i + j] : 0);
            y[i + j] = is_relu && !(v > 0) ? 0 : v;
        }
}

static void gate(size_t n, size_t c, const float *a, const float *b, const float *y, const float *z,
                 const float *mean, float *g, float *sum, float *dot)
{
    size_t k = 0;
    for (; k + lanes <= c; k += lanes) {
        vec s = {0}, d = {0}, m = {0};
        if (z)
            m = LOAD(mean + k);
        for (size_t i = k; i < n * c; i += c) {
            vec v = LOAD(a + i);
            if (b)
                v += LOAD(b + i);
            if (y)
                v = SELECT(LOAD(y + i) > 0, v);
            if (z) {
                s += v;
                d += v * (LOAD(z + i) - m);
            }
            STORE(g + i, v);
        }
        if (z) {
            STORE(sum + k, s);
            STORE(dot + k, d);
        }
    }
    for (size_t j = k; z && j < c; j++)
        sum[j] = dot[j] = 0;
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++) {
            float v = a[i + j] + (b ? b[i + j] : 0);
            if (y && !(y[i + j] > 0))
                v = 0;
            if (z) {
                sum[j] += v;
                dot[j] += v * (z[i + j] - mean[j]);
            }
            g[i + j] = v;
        }
}

static void normalise_backward(size_t n, size_t c, const float *g, const float *z,
                               const float *mean, const float *p, const float *q, const float *r,
                               float *dz)
{
    size_t k = 0;
    for (; k + lanes <= c; k += lanes) {
        vec a = LOAD(p + k), b = LOAD(q + k), e = LOAD(r + k), m = LOAD(mean + k);
        for (size_t i = k; i < n * c; i += c)
            STORE(dz + i, a * LOAD(g + i) - b - e * (LOAD(z + i) - m));
    }
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++)
            dz[i + j] = p[j] * g[i + j] - q[j] - r[j] * (z[i + j] - mean[j]);
}

static void descend(size_t n, float *w, float *v, const float *gradient, float rate, float momentum,
                    float decay)
{
    for (size_t i = 0; i < n; i++) {
        float d = gradient[i] + decay * w[i];
        v[i] = momentum * v[i] + d;
        w[i] -= rate * (d + momentum * v[i]);
    }
}

static void add(size_t n, float *to, const float *from)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

const struct nn_kernels NAX_SIMD(nn_kernels) = {
    .moments = moments,
    .normalise = normalise,
    .gate = gate,
    .normalise_backward = normalise_backward,
    .descend = descend,
    .add = add,
};
