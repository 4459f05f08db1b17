/* Depthwise convolutions, whose outputs read one channel each, by their definition: unfolded
 * patches would be matrices of one column. */
#include "conv.h"
#include "direct.h"
#include "layers.h"

#include <stdlib.h>
#include <string.h>

enum { N_TAPS_MAX = NAX_KERNEL_MAX * NAX_KERNEL_MAX };

struct direct_conv {
    struct conv base;
    float *weight; /* [k][k][1][c] */
};

static bool can(const struct nax_layer *l, bool is_bf16, enum nax_isa isa)
{
    (void)isa;
    return !is_bf16 && l->groups > 1 && l->groups == l->c_in && l->groups == l->c_out;
}

static int alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err)
{
    (void)options;
    struct direct_conv *d = nax_calloc(1, sizeof *d);
    if (d)
        d->weight = nax_aligned_calloc(nax_layer_n_weights(layer), sizeof(float));
    if (!d || !d->weight) {
        free(d);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    }
    d->base = (struct conv){.engine = &nax_conv_engine_direct,
                            .layer = *layer,
                            .n = n,
                            .gradient_size = nax_layer_n_weights(layer)};
    *conv = &d->base;
    return 0;
}

static void release(struct conv *conv)
{
    struct direct_conv *d = (struct direct_conv *)conv;
    nax_aligned_free(d->weight);
    free(d);
}

static void set_weights(struct conv *conv, const float *weight)
{
    struct direct_conv *d = (struct direct_conv *)conv;
    memcpy(d->weight, weight, conv->gradient_size * sizeof *weight);
}

/* Terms of a pixel's sum: addresses of pixels of the other side, and of the taps [c] between. */
struct terms {
    size_t n;
    const float *pixel[N_TAPS_MAX], *tap[N_TAPS_MAX];
};

static void add_term(struct terms *terms, const float *pixel, const float *tap)
{
    terms->pixel[terms->n] = pixel;
    terms->tap[terms->n++] = tap;
}

/* What the output pixel (i, j) is made of: pixels of an image x, and taps of [k][k][c]. */
static void inputs_of(const struct nax_layer *l, const float *x, const float *taps, size_t i,
                      size_t j, struct terms *terms)
{
    terms->n = 0;
    for (size_t ky = 0; ky < l->kernel[0]; ky++)
        for (size_t kx = 0; kx < l->kernel[1]; kx++) {
            size_t y = nax_layer_under(l, 0, i, ky), xx = nax_layer_under(l, 1, j, kx);
            if (y < l->h_in && xx < l->w_in)
                add_term(terms, x + (y * l->w_in + xx) * l->c_in,
                         taps + (ky * l->kernel[1] + kx) * l->c_in);
        }
}

/* Whether the window of some output, *output < n, has element k over pixel `at`. */
static bool is_over(const struct nax_layer *l, int axis, size_t at, size_t k, size_t n,
                    size_t *output)
{
    size_t from =
        at + l->pad[axis] - k * l->dilation[axis]; /* a negative one wraps to a huge one */
    *output = from / l->stride[axis];
    return from % l->stride[axis] == 0 && *output < n;
}

/* The outputs dy that the input pixel (i, j) is part of, and by which taps. */
static void outputs_of(const struct nax_layer *l, const float *dy, const float *taps, size_t i,
                       size_t j, struct terms *terms)
{
    size_t y, x;
    terms->n = 0;
    for (size_t ky = 0; ky < l->kernel[0]; ky++)
        for (size_t kx = 0; kx < l->kernel[1]; kx++)
            if (is_over(l, 0, i, ky, l->h_out, &y) && is_over(l, 1, j, kx, l->w_out, &x))
                add_term(terms, dy + (y * l->w_out + x) * l->c_out,
                         taps + (ky * l->kernel[1] + kx) * l->c_in);
}

static int forward(const struct conv *conv, const void *x_chunk, void *y_chunk, void *scratch)
{
    (void)scratch;
    const struct nax_layer *l = &conv->layer;
    const float *x = x_chunk, *weight = ((const struct direct_conv *)conv)->weight;
    float *y = y_chunk;
    struct terms terms;
    for (size_t b = 0; b < conv->n; b++, x += nax_layer_n_in(l))
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, y += l->c_out) {
                inputs_of(l, x, weight, i, j, &terms);
                nax_direct_kernels()->gather(terms.n, l->c_out, terms.pixel, terms.tap, y);
            }
    return 0;
}

static int backward_data(const struct conv *conv, const void *dy_chunk, void *dx_chunk,
                         void *scratch)
{
    (void)scratch;
    const struct nax_layer *l = &conv->layer;
    const float *dy = dy_chunk, *weight = ((const struct direct_conv *)conv)->weight;
    float *dx = dx_chunk;
    struct terms terms;
    for (size_t b = 0; b < conv->n; b++, dy += nax_layer_n_out(l))
        for (size_t i = 0; i < l->h_in; i++)
            for (size_t j = 0; j < l->w_in; j++, dx += l->c_in) {
                outputs_of(l, dy, weight, i, j, &terms);
                nax_direct_kernels()->gather(terms.n, l->c_in, terms.pixel, terms.tap, dx);
            }
    return 0;
}

static int backward_weights(const struct conv *conv, const void *x_chunk, const void *dy_chunk,
                            float *dw, void *scratch)
{
    (void)scratch;
    const struct nax_layer *l = &conv->layer;
    const float *x = x_chunk, *dy = dy_chunk;
    struct terms terms;
    float *to[N_TAPS_MAX];
    memset(dw, 0, conv->gradient_size * sizeof *dw);
    for (size_t b = 0; b < conv->n; b++, x += nax_layer_n_in(l))
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, dy += l->c_out) {
                inputs_of(l, x, dw, i, j, &terms);
                for (size_t t = 0; t < terms.n; t++)
                    to[t] = dw + (terms.tap[t] - dw);
                nax_direct_kernels()->spread(terms.n, l->c_out, dy, terms.pixel, to);
            }
    return 0;
}

static void plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    memcpy(weight, dw, conv->gradient_size * sizeof *dw);
}

const struct conv_engine nax_conv_engine_direct = {
    .name = "direct",
    .can = can,
    .alloc = alloc,
    .release = release,
    .set_weights = set_weights,
    .forward = forward,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .plain_gradient = plain_gradient,
};
