/* Convolutions of bf16 where the processor or the build has none: widened to float, convolved
 * there, and rounded. A product of two bf16 numbers is exact in float, so that only the order of
 * sums differs. */
#include "conv.h"
#include "kernels.h"
#include "layers.h"

#include <stdlib.h>

struct widened_conv {
    struct conv base;
    struct conv *inner;
    float *rounded;    /* [n_weights]: what the weights are in bf16, as floats */
    uint16_t *weight;  /* [n_weights] */
    size_t n_x, n_y;   /* values of a chunk */
    size_t x_at, y_at; /* bytes into scratch, behind the inner convolution's */
};

static void release(struct conv *conv)
{
    struct widened_conv *w = (struct widened_conv *)conv;
    if (w->inner)
        w->inner->engine->release(w->inner);
    nax_aligned_free(w->rounded);
    nax_aligned_free(w->weight);
    free(w);
}

static int alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err)
{
    size_t n_weights = nax_layer_n_rows(layer) * layer->c_out;
    struct widened_conv *w = nax_calloc(1, sizeof *w);
    if (w) {
        w->rounded = nax_aligned_calloc(n_weights, sizeof *w->rounded);
        w->weight = nax_aligned_calloc(n_weights, sizeof *w->weight);
    }
    if (!w || !w->rounded || !w->weight) {
        if (w)
            release(&w->base);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    }
    const struct conv_options inner = {.has = {options->has[0], options->has[1], options->has[2]}};
    int status = options->inner->alloc(&w->inner, layer, n, &inner, err);
    if (status) {
        release(&w->base);
        return status;
    }
    w->n_x = n * nax_layer_n_in(layer);
    w->n_y = n * nax_layer_n_out(layer);
    w->x_at = nax_padded(w->inner->scratch_size);
    w->y_at = w->x_at + nax_padded(w->n_x * sizeof(float));
    w->base = (struct conv){.engine = &nax_conv_engine_widened,
                            .layer = *layer,
                            .n = n,
                            .is_bf16 = true,
                            .gradient_size = w->inner->gradient_size,
                            .scratch_size = w->y_at + w->n_y * sizeof(float)};
    *conv = &w->base;
    return 0;
}

static void set_weights(struct conv *conv, const float *weight)
{
    struct widened_conv *w = (struct widened_conv *)conv;
    size_t n = nax_layer_n_weights(&conv->layer);
    nax_nn_kernels(true)->narrow(n, weight, w->weight);
    nax_nn_kernels(true)->widen(n, w->weight, w->rounded);
    w->inner->engine->set_weights(w->inner, w->rounded);
}

static int forward(const struct conv *conv, const void *x, void *y, void *scratch)
{
    const struct widened_conv *w = (const struct widened_conv *)conv;
    float *x1 = (float *)((char *)scratch + w->x_at), *y1 = (float *)((char *)scratch + w->y_at);
    nax_nn_kernels(true)->widen(w->n_x, x, x1);
    int status = w->inner->engine->forward(w->inner, x1, y1, scratch);
    nax_nn_kernels(true)->narrow(w->n_y, y1, y);
    return status;
}

static int backward_data(const struct conv *conv, const void *dy, void *dx, void *scratch)
{
    const struct widened_conv *w = (const struct widened_conv *)conv;
    float *x1 = (float *)((char *)scratch + w->x_at), *y1 = (float *)((char *)scratch + w->y_at);
    nax_nn_kernels(true)->widen(w->n_y, dy, y1);
    int status = w->inner->engine->backward_data(w->inner, y1, x1, scratch);
    nax_nn_kernels(true)->narrow(w->n_x, x1, dx);
    return status;
}

static int backward_weights(const struct conv *conv, const void *x, const void *dy, float *dw,
                            void *scratch)
{
    const struct widened_conv *w = (const struct widened_conv *)conv;
    float *x1 = (float *)((char *)scratch + w->x_at), *y1 = (float *)((char *)scratch + w->y_at);
    nax_nn_kernels(true)->widen(w->n_x, x, x1);
    nax_nn_kernels(true)->widen(w->n_y, dy, y1);
    return w->inner->engine->backward_weights(w->inner, x1, y1, dw, scratch);
}

static void plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    const struct widened_conv *w = (const struct widened_conv *)conv;
    w->inner->engine->plain_gradient(w->inner, dw, weight);
}

const struct conv_engine nax_conv_engine_widened = {
    .name = "widened",
    .alloc = alloc,
    .release = release,
    .set_weights = set_weights,
    .forward = forward,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .plain_gradient = plain_gradient,
};
