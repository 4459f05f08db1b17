/* Convolutions as matrix products of unfolded patches (im2col), a group at a time: for machines
 * without oneDNN, and as its check. */
#include "conv.h"
#include "../base/blas.h"
#include "nax/nn.h"

#include <stdlib.h>
#include <string.h>

struct blas_conv {
    struct conv base;
    float *weight; /* [k][k][c_in / groups][c_out] */
};

static size_t n_pixels(const struct nax_layer *l)
{
    return l->h_out * l->w_out;
}

static bool blas_can(const struct nax_layer *layer, bool is_bf16, enum nax_isa isa)
{
    (void)layer, (void)isa;
    return !is_bf16;
}

static int blas_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                      const struct conv_options *options, struct nax_err *err)
{
    (void)options;
    struct blas_conv *b = nax_calloc(1, sizeof *b);
    if (b)
        b->weight = nax_aligned_calloc(nax_layer_n_weights(layer), sizeof(float));
    if (!b || !b->weight) {
        free(b);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    }
    b->base =
        (struct conv){.engine = &nax_conv_engine_blas,
                      .layer = *layer,
                      .n = n,
                      .gradient_size = nax_layer_n_weights(layer),
                      .scratch_size = n_pixels(layer) * nax_layer_n_rows(layer) * sizeof(float)};
    *conv = &b->base;
    return 0;
}

static void blas_release(struct conv *conv)
{
    struct blas_conv *b = (struct blas_conv *)conv;
    nax_aligned_free(b->weight);
    free(b);
}

static void blas_set_weights(struct conv *conv, const float *weight)
{
    struct blas_conv *b = (struct blas_conv *)conv;
    memcpy(b->weight, weight, conv->gradient_size * sizeof *weight);
}

/* patches [h_out][w_out][k][k][c] of a group's channels, `first` and on, of one image x
 * [h_in][w_in][c_in]: a row holds what an output pixel is made of, so y [pixels][c_out] = patches ·
 * weight [k·k·c][c_out], dw = patchesᵀ · dy and dpatches = dy · weightᵀ, each of the group's
 * columns alone; fold_add adds dpatches to dx where the patches came from. */
static void unfold(const struct nax_layer *l, size_t first, const float *x, float *patches)
{
    size_t c = l->c_in / l->groups;
    for (size_t i = 0; i < l->h_out; i++)
        for (size_t j = 0; j < l->w_out; j++)
            for (size_t ky = 0; ky < l->kernel[0]; ky++)
                for (size_t kx = 0; kx < l->kernel[1]; kx++, patches += c) {
                    size_t y = nax_layer_under(l, 0, i, ky), xx = nax_layer_under(l, 1, j, kx);
                    if (y < l->h_in && xx < l->w_in)
                        memcpy(patches, x + (y * l->w_in + xx) * l->c_in + first, c * sizeof *x);
                    else
                        memset(patches, 0, c * sizeof *x);
                }
}

static void fold_add(const struct nax_layer *l, size_t first, const float *patches, float *x)
{
    size_t c = l->c_in / l->groups;
    for (size_t i = 0; i < l->h_out; i++)
        for (size_t j = 0; j < l->w_out; j++)
            for (size_t ky = 0; ky < l->kernel[0]; ky++)
                for (size_t kx = 0; kx < l->kernel[1]; kx++, patches += c) {
                    size_t y = nax_layer_under(l, 0, i, ky), xx = nax_layer_under(l, 1, j, kx);
                    if (y >= l->h_in || xx >= l->w_in)
                        continue;
                    float *to = x + (y * l->w_in + xx) * l->c_in + first;
                    for (size_t k = 0; k < c; k++)
                        to[k] += patches[k];
                }
}

static int blas_forward(const struct conv *conv, const void *x_chunk, void *y_chunk, void *scratch)
{
    const float *x = x_chunk;
    float *y = y_chunk;
    const struct nax_layer *l = &conv->layer;
    const float *weight = ((const struct blas_conv *)conv)->weight;
    const size_t n_rows = nax_layer_n_rows(l), n_cols = l->c_out / l->groups;
    for (size_t b = 0; b < conv->n; b++)
        for (size_t g = 0; g < l->groups; g++) {
            unfold(l, g * (l->c_in / l->groups), x + b * l->h_in * l->w_in * l->c_in, scratch);
            nax_sgemm(false, false, n_pixels(l), n_cols, n_rows, scratch, n_rows,
                      weight + g * n_cols, l->c_out, 0, y + b * n_pixels(l) * l->c_out + g * n_cols,
                      l->c_out);
        }
    return 0;
}

static int blas_backward_data(const struct conv *conv, const void *dy_chunk, void *dx_chunk,
                              void *scratch)
{
    const float *dy = dy_chunk;
    float *dx = dx_chunk;
    const struct nax_layer *l = &conv->layer;
    const float *weight = ((const struct blas_conv *)conv)->weight;
    const size_t n_rows = nax_layer_n_rows(l), n_cols = l->c_out / l->groups;
    size_t image = l->h_in * l->w_in * l->c_in;
    memset(dx, 0, conv->n * image * sizeof *dx);
    for (size_t b = 0; b < conv->n; b++)
        for (size_t g = 0; g < l->groups; g++) {
            nax_sgemm(false, true, n_pixels(l), n_rows, n_cols,
                      dy + b * n_pixels(l) * l->c_out + g * n_cols, l->c_out, weight + g * n_cols,
                      l->c_out, 0, scratch, n_rows);
            fold_add(l, g * (l->c_in / l->groups), scratch, dx + b * image);
        }
    return 0;
}

static int blas_backward_weights(const struct conv *conv, const void *x_chunk, const void *dy_chunk,
                                 float *dw, void *scratch)
{
    const float *x = x_chunk, *dy = dy_chunk;
    const struct nax_layer *l = &conv->layer;
    const size_t n_rows = nax_layer_n_rows(l), n_cols = l->c_out / l->groups;
    for (size_t b = 0; b < conv->n; b++)
        for (size_t g = 0; g < l->groups; g++) {
            unfold(l, g * (l->c_in / l->groups), x + b * l->h_in * l->w_in * l->c_in, scratch);
            nax_sgemm(true, false, n_rows, n_cols, n_pixels(l), scratch, n_rows,
                      dy + b * n_pixels(l) * l->c_out + g * n_cols, l->c_out, b ? 1 : 0,
                      dw + g * n_cols, l->c_out);
        }
    return 0;
}

static void blas_plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    memcpy(weight, dw, conv->gradient_size * sizeof *dw);
}

const struct conv_engine nax_conv_engine_blas = {
    .name = "blas",
    .can = blas_can,
    .alloc = blas_alloc,
    .release = blas_release,
    .set_weights = blas_set_weights,
    .forward = blas_forward,
    .backward_data = blas_backward_data,
    .backward_weights = blas_backward_weights,
    .plain_gradient = blas_plain_gradient,
};
