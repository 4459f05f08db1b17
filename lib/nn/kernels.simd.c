/* The kernels, a register of channels at a time; those behind the last whole one go element by
 * element.
 *
 * Arrays are [n][c]: k is the first channel of one or some vectors, `width` of them, and i the
 * place of a vector's element in the array, c further for every pixel. Memory is read and written
 * once, from the first byte to the last: what belongs to a channel (scale, mean, sums) stays in
 * registers over all pixels where a pixel is WIDTH vectors or fewer, else it comes from the cache
 * for every SPAN floats. No sum ever crosses lanes. Each function is written once and inlined
 * twice, for activations in float and in bf16.
 */
#include "kernels.h"
#include "tree.h"

#include "nax/simd.h"

#include <stdint.h>
#include <string.h>

typedef nax_vfloat vec;
typedef int vmask __attribute__((vector_size(NAX_SIMD_BYTES)));

typedef uint32_t vbits __attribute__((vector_size(NAX_SIMD_BYTES)));
typedef uint16_t vhalf __attribute__((vector_size(NAX_SIMD_BYTES / 2), aligned(2), may_alias));

#define LOAD(p)      (*(const vec *)(p))
#define STORE(p, v)  (*(vec *)(p) = (v))
#define SELECT(m, v) ((vec)((m) & (vmask)(v))) /* v where m, else 0 */
#define WIDEN(p)     ((vec)(__builtin_convertvector(*(const vhalf *)(p), vbits) << 16))
#define GET(p, i)    (is_bf16 ? WIDEN((const uint16_t *)(p) + (i)) : LOAD((const float *)(p) + (i)))
#define INLINE       static inline __attribute__((always_inline))
#define EACH(w)      _Pragma("GCC unroll 4") for (size_t w = 0; w < width; w++)

static const size_t lanes = NAX_SIMD_LANES;
enum {
    WIDTH = 4, /* vectors of a pixel at a time, at most */
    SPAN = 512 /* floats of pixels whose vectors are more, at once */
};

/* A float's bits to those of bf16, rounded to nearest even; the NaNs that arithmetic makes stay
 * NaNs.
 */
#define ROUND(bits) (((bits) + 0x7fff + ((bits) >> 16 & 1)) >> 16)

INLINE void put(bool is_bf16, void *values, size_t i, const vec *v)
{
    if (!is_bf16) {
        STORE((float *)values + i, *v);
        return;
    }
    vbits bits = (vbits)*v;
    *(vhalf *)((uint16_t *)values + i) = __builtin_convertvector(ROUND(bits), vhalf);
}

INLINE float get_one(bool is_bf16, const void *values, size_t i)
{
    if (!is_bf16)
        return ((const float *)values)[i];
    uint32_t bits = (uint32_t)((const uint16_t *)values)[i] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE void put_one(bool is_bf16, void *values, size_t i, float value)
{
    if (!is_bf16) {
        ((float *)values)[i] = value;
        return;
    }
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    ((uint16_t *)values)[i] = (uint16_t)ROUND(bits);
}

/* Pixels [first, end) */
struct span {
    size_t first, end;
};

/* function(is_bf16, width, c, k, span, ...) on all whole vectors of channels, n_at_once pixels at
 * a time. */
#define FOR_SPANS(n_at_once, function, ...)                                                        \
    for (struct span span = {0, 0}; span.first < n; span.first = span.end) {                       \
        size_t from = 0;                                                                           \
        span.end = span.first + NAX_MIN((n_at_once), n - span.first);                              \
        for (; from + 4 * lanes <= c; from += 4 * lanes)                                           \
            function(is_bf16, 4, c, from, span, __VA_ARGS__);                                      \
        if (from + 2 * lanes <= c) {                                                               \
            function(is_bf16, 2, c, from, span, __VA_ARGS__);                                      \
            from += 2 * lanes;                                                                     \
        }                                                                                          \
        if (from + lanes <= c)                                                                     \
            function(is_bf16, 1, c, from, span, __VA_ARGS__);                                      \
    }

INLINE size_t at_once(size_t n, size_t c)
{
    return c > WIDTH * lanes ? NAX_MAX((size_t)1, SPAN / c) : n;
}

/* Two pixels at a time: two chains of additions for each of the sums. */
INLINE void moments_of(bool is_bf16, size_t width, size_t c, size_t k, struct span span,
                       const void *z, const float *shift, float *sum, float *square)
{
    vec s0[WIDTH], s1[WIDTH], q0[WIDTH], q1[WIDTH], m[WIDTH];
    EACH(w)
    {
        s0[w] = s1[w] = q0[w] = q1[w] = (vec){0};
        m[w] = LOAD(shift + k + w * lanes);
    }
    size_t p = span.first;
    for (; p + 2 <= span.end; p += 2)
        EACH(w)
        {
            size_t i = p * c + k + w * lanes;
            vec a = GET(z, i) - m[w], b = GET(z, i + c) - m[w];
            s0[w] += a, s1[w] += b;
            q0[w] += a * a, q1[w] += b * b;
        }
    if (p < span.end)
        EACH(w)
        {
            vec a = GET(z, p * c + k + w * lanes) - m[w];
            s0[w] += a, q0[w] += a * a;
        }
    EACH(w)
    {
        STORE(sum + k + w * lanes, s0[w] + s1[w]);
        STORE(square + k + w * lanes, q0[w] + q1[w]);
    }
}

/* Of values that are in the cache: all pixels at once, whatever the order. */
INLINE void moments(bool is_bf16, size_t n, size_t c, const void *z, const float *shift, float *sum,
                    float *square)
{
    size_t k = c / lanes * lanes;
    FOR_SPANS(n, moments_of, z, shift, sum, square);
    for (size_t j = k; j < c; j++)
        sum[j] = square[j] = 0;
    for (size_t i = 0; k < c && i < n; i++)
        for (size_t j = k; j < c; j++) {
            float a = get_one(is_bf16, z, i * c + j) - shift[j];
            sum[j] += a;
            square[j] += a * a;
        }
}

INLINE void normalise_of(bool is_bf16, size_t width, size_t c, size_t k, struct span span,
                         const void *z, const float *scale, const float *offset,
                         const void *residual, bool is_relu, void *y)
{
    vec a[WIDTH], b[WIDTH];
    EACH(w)
    {
        a[w] = LOAD(scale + k + w * lanes);
        b[w] = LOAD(offset + k + w * lanes);
    }
    for (size_t p = span.first; p < span.end; p++)
        EACH(w)
        {
            size_t i = p * c + k + w * lanes;
            vec v = GET(z, i) * a[w] + b[w];
            if (residual)
                v += GET(residual, i);
            v = is_relu ? SELECT(v > 0, v) : v;
            put(is_bf16, y, i, &v);
        }
}

INLINE void normalise(bool is_bf16, size_t n, size_t c, const void *z, const float *scale,
                      const float *offset, const void *residual, bool is_relu, void *y)
{
    size_t k = c / lanes * lanes;
    FOR_SPANS(at_once(n, c), normalise_of, z, scale, offset, residual, is_relu, y);
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++) {
            float v = get_one(is_bf16, z, i + j) * scale[j] + offset[j] +
                      (residual ? get_one(is_bf16, residual, i + j) : 0);
            put_one(is_bf16, y, i + j, is_relu && !(v > 0) ? 0 : v);
        }
}

/* The sums go on from what the pixels before have left. */
INLINE void relu_backward_of(bool is_bf16, size_t width, size_t c, size_t k, struct span span,
                             const void *a, const void *b, const void *y, const void *z,
                             const float *mean, void *g, float *sum, float *dot)
{
    vec s[WIDTH], d[WIDTH], m[WIDTH];
    EACH(w)
    {
        s[w] = z ? LOAD(sum + k + w * lanes) : (vec){0};
        d[w] = z ? LOAD(dot + k + w * lanes) : (vec){0};
        m[w] = z ? LOAD(mean + k + w * lanes) : (vec){0};
    }
    for (size_t p = span.first; p < span.end; p++)
        EACH(w)
        {
            size_t i = p * c + k + w * lanes;
            vec v = GET(a, i);
            if (b)
                v += GET(b, i);
            if (y)
                v = SELECT(GET(y, i) > 0, v);
            if (z) {
                s[w] += v;
                d[w] += v * (GET(z, i) - m[w]);
            }
            put(is_bf16, g, i, &v);
        }
    if (z)
        EACH(w)
        {
            STORE(sum + k + w * lanes, s[w]);
            STORE(dot + k + w * lanes, d[w]);
        }
}

INLINE void relu_backward(bool is_bf16, size_t n, size_t c, const void *a, const void *b,
                          const void *y, const void *z, const float *mean, void *g, float *sum,
                          float *dot)
{
    size_t k = c / lanes * lanes;
    for (size_t j = 0; z && j < c; j++)
        sum[j] = dot[j] = 0;
    FOR_SPANS(at_once(n, c), relu_backward_of, a, b, y, z, mean, g, sum, dot);
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++) {
            float v = get_one(is_bf16, a, i + j) + (b ? get_one(is_bf16, b, i + j) : 0);
            if (y && !(get_one(is_bf16, y, i + j) > 0))
                v = 0;
            if (z) {
                sum[j] += v;
                dot[j] += v * (get_one(is_bf16, z, i + j) - mean[j]);
            }
            put_one(is_bf16, g, i + j, v);
        }
}

INLINE void normalise_backward_of(bool is_bf16, size_t width, size_t c, size_t k, struct span span,
                                  const void *g, const void *z, const float *mean, const float *p,
                                  const float *q, const float *r, void *dz)
{
    vec a[WIDTH], b[WIDTH], e[WIDTH], m[WIDTH];
    EACH(w)
    {
        a[w] = LOAD(p + k + w * lanes);
        b[w] = LOAD(q + k + w * lanes);
        e[w] = LOAD(r + k + w * lanes);
        m[w] = LOAD(mean + k + w * lanes);
    }
    for (size_t pixel = span.first; pixel < span.end; pixel++)
        EACH(w)
        {
            size_t i = pixel * c + k + w * lanes;
            vec v = a[w] * GET(g, i) - b[w] - e[w] * (GET(z, i) - m[w]);
            put(is_bf16, dz, i, &v);
        }
}

INLINE void normalise_backward(bool is_bf16, size_t n, size_t c, const void *g, const void *z,
                               const float *mean, const float *p, const float *q, const float *r,
                               void *dz)
{
    size_t k = c / lanes * lanes;
    FOR_SPANS(at_once(n, c), normalise_backward_of, g, z, mean, p, q, r, dz);
    for (size_t i = 0; k < c && i < n * c; i += c)
        for (size_t j = k; j < c; j++)
            put_one(is_bf16, dz, i + j,
                    p[j] * get_one(is_bf16, g, i + j) - q[j] -
                        r[j] * (get_one(is_bf16, z, i + j) - mean[j]));
}

INLINE void widen(bool is_bf16, size_t n, const void *from, float *to)
{
    size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        STORE(to + i, GET(from, i));
    for (; i < n; i++)
        to[i] = get_one(is_bf16, from, i);
}

INLINE void narrow(bool is_bf16, size_t n, const float *from, void *to)
{
    size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        put(is_bf16, to, i, (const vec *)(from + i));
    for (; i < n; i++)
        put_one(is_bf16, to, i, from[i]);
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

enum { TREE_BLOCK = 256 }; /* floats of a part at a time: a path down the tree stays in the cache */

/* n <= TREE_BLOCK */
static void add_up_block(size_t n_parts, size_t n, size_t step, const float *parts, float *to)
{
    if (n_parts == 1) {
        memmove(to, parts, n * sizeof *to);
        return;
    }
    if (n_parts == 2) {
        for (size_t i = 0; i < n; i++)
            to[i] = parts[i] + parts[step + i];
        return;
    }
    float rest[TREE_BLOCK];
    size_t half = tree_half(n_parts);
    add_up_block(half, n, step, parts, to);
    add_up_block(n_parts - half, n, step, parts + half * step, rest);
    add(n, to, rest);
}

static void add_up(size_t n_parts, size_t n, size_t step, const float *parts, float *to)
{
    for (size_t i = 0; i < n; i += TREE_BLOCK)
        add_up_block(n_parts, NAX_MIN(n - i, (size_t)TREE_BLOCK), step, parts + i, to + i);
}

/* A float's bits but for its sign's are an integer that grows with its magnitude, NaN's the largest
 * of all; such a maximum the compiler vectorises as it stands. */
INLINE float largest_magnitude(bool is_bf16, size_t n, const void *values)
{
    int32_t most = 0;
    float largest;
    for (size_t i = 0; i < n; i++) {
        float value = get_one(is_bf16, values, i);
        int32_t bits;
        memcpy(&bits, &value, sizeof bits);
        bits &= INT32_MAX;
        most = NAX_MAX(most, bits);
    }
    memcpy(&largest, &most, sizeof largest);
    return largest;
}

/* The functions for one kind of activation, and their table. */
#define KERNELS(kind, is_bf16, n_bytes)                                                            \
    static void moments_##kind(size_t n, size_t c, const void *z, const float *shift, float *sum,  \
                               float *square)                                                      \
    {                                                                                              \
        moments(is_bf16, n, c, z, shift, sum, square);                                             \
    }                                                                                              \
    static void normalise_##kind(size_t n, size_t c, const void *z, const float *scale,            \
                                 const float *offset, const void *residual, bool is_relu, void *y) \
    {                                                                                              \
        normalise(is_bf16, n, c, z, scale, offset, residual, is_relu, y);                          \
    }                                                                                              \
    static void relu_backward_##kind(size_t n, size_t c, const void *a, const void *b,             \
                                     const void *y, const void *z, const float *mean, void *g,     \
                                     float *sum, float *dot)                                       \
    {                                                                                              \
        relu_backward(is_bf16, n, c, a, b, y, z, mean, g, sum, dot);                               \
    }                                                                                              \
    static void normalise_backward_##kind(size_t n, size_t c, const void *g, const void *z,        \
                                          const float *mean, const float *p, const float *q,       \
                                          const float *r, void *dz)                                \
    {                                                                                              \
        normalise_backward(is_bf16, n, c, g, z, mean, p, q, r, dz);                                \
    }                                                                                              \
    static void widen_##kind(size_t n, const void *from, float *to)                                \
    {                                                                                              \
        widen(is_bf16, n, from, to);                                                               \
    }                                                                                              \
    static void narrow_##kind(size_t n, const float *from, void *to)                               \
    {                                                                                              \
        narrow(is_bf16, n, from, to);                                                              \
    }                                                                                              \
    static float largest_magnitude_##kind(size_t n, const void *values)                            \
    {                                                                                              \
        return largest_magnitude(is_bf16, n, values);                                              \
    }                                                                                              \
    const struct nn_kernels NAX_SIMD(nax_nn_kernels_##kind) = {                                    \
        .size = n_bytes,                                                                           \
        .moments = moments_##kind,                                                                 \
        .normalise = normalise_##kind,                                                             \
        .relu_backward = relu_backward_##kind,                                                     \
        .normalise_backward = normalise_backward_##kind,                                           \
        .widen = widen_##kind,                                                                     \
        .narrow = narrow_##kind,                                                                   \
        .largest_magnitude = largest_magnitude_##kind,                                             \
        .descend = descend,                                                                        \
        .add = add,                                                                                \
        .add_up = add_up,                                                                          \
    }

KERNELS(fp32, false, sizeof(float));
KERNELS(bf16, true, sizeof(uint16_t));
