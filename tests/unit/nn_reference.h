/* The definition that lib/nn is tested against: the whole forward pass in double, element by
 * element. */
#ifndef NAX_TESTS_NN_REFERENCE_H
#define NAX_TESTS_NN_REFERENCE_H

#include "nax/nn.h"

#include <math.h>
#include <stdlib.h>

/* Of one thread, which need not be watched: under ThreadSanitizer it would take most of the time.
 */
#define REFERENCE static inline __attribute__((no_sanitize("thread")))

/* Row (axis 0) or column of the input under element k of the window at output i; negative or too
 * large: padding. */
REFERENCE long reference_under(const struct nax_layer *l, int axis, size_t i, size_t k)
{
    return (long)(i * l->stride[axis] + k * l->dilation[axis]) - (long)l->pad[axis];
}

/* y [n][h_out][w_out][c_out] */
REFERENCE void reference_conv(const struct nax_layer *l, size_t n, const double *x,
                              const double *weight, double *y)
{
    size_t c_in = l->c_in, c_out = l->c_out, own = c_in / l->groups;
    for (size_t at = 0; at < n * l->h_out * l->w_out; at++, y += c_out) {
        size_t b = at / (l->h_out * l->w_out), i = at / l->w_out % l->h_out, j = at % l->w_out;
        for (size_t o = 0; o < c_out; o++)
            y[o] = 0;
        for (size_t ky = 0; ky < l->kernel[0]; ky++)
            for (size_t kx = 0; kx < l->kernel[1]; kx++) {
                long yy = reference_under(l, 0, i, ky), xx = reference_under(l, 1, j, kx);
                if (yy < 0 || xx < 0 || yy >= (long)l->h_in || xx >= (long)l->w_in)
                    continue;
                const double *from = x + ((b * l->h_in + (size_t)yy) * l->w_in + (size_t)xx) * c_in;
                const double *w = weight + (ky * l->kernel[1] + kx) * own * c_out;
                for (size_t c = 0; c < own; c++, w += c_out)
                    for (size_t o = 0; o < c_out; o++)
                        y[o] += from[o / (c_out / l->groups) * own + c] * w[o];
            }
    }
}

REFERENCE void reference_pool(const struct nax_layer *l, size_t n, const double *x, double *y)
{
    bool is_max = l->kind == NAX_LAYER_POOL_MAX;
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++)
                for (size_t c = 0; c < l->c_in; c++) {
                    double sum = 0, best = -INFINITY;
                    size_t count = 0;
                    for (size_t ky = 0; ky < l->kernel[0]; ky++)
                        for (size_t kx = 0; kx < l->kernel[1]; kx++) {
                            long yy = reference_under(l, 0, i, ky);
                            long xx = reference_under(l, 1, j, kx);
                            if (yy < 0 || xx < 0 || yy >= (long)l->h_in || xx >= (long)l->w_in)
                                continue;
                            double v =
                                x[((b * l->h_in + (size_t)yy) * l->w_in + (size_t)xx) * l->c_in +
                                  c];
                            sum += v;
                            best = v > best ? v : best;
                            count++;
                        }
                    for (size_t ky = 0; l->counts_pad && ky < l->kernel[0]; ky++)
                        for (size_t kx = 0; kx < l->kernel[1]; kx++) {
                            long yy = reference_under(l, 0, i, ky);
                            long xx = reference_under(l, 1, j, kx);
                            bool is_on_image =
                                yy >= 0 && xx >= 0 && yy < (long)l->h_in && xx < (long)l->w_in;
                            count += !is_on_image && yy < (long)(l->h_in + l->pad[2]) &&
                                     xx < (long)(l->w_in + l->pad[3]);
                        }
                    y[((b * l->h_out + i) * l->w_out + j) * l->c_in + c] =
                        is_max ? best : sum / (double)count;
                }
}

/* Batch norm in place, with the statistics given, or where they are NULL with the batch's. */
REFERENCE void reference_batch_norm(size_t n, size_t c, double epsilon, const double *gamma,
                                    const double *beta, const double *means,
                                    const double *variances, double *z)
{
    for (size_t k = 0; k < c; k++) {
        double mean = means ? means[k] : 0, variance = means ? variances[k] : 0;
        for (size_t i = 0; !means && i < n; i++)
            mean += z[i * c + k] / (double)n;
        for (size_t i = 0; !means && i < n; i++)
            variance += (z[i * c + k] - mean) * (z[i * c + k] - mean) / (double)n;
        for (size_t i = 0; i < n; i++)
            z[i * c + k] = gamma[k] * (z[i * c + k] - mean) / sqrt(variance + epsilon) + beta[k];
    }
}

/* Adds the output (or image) `from` of shape h × w × c to y: subsampled, missing channels 0. */
REFERENCE void reference_add(const struct nax_layer *l, size_t n, const double *from, size_t h,
                             size_t w, size_t c, double *y)
{
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++)
                for (size_t k = 0; k < c && k < l->c_out; k++)
                    y[((b * l->h_out + i) * l->w_out + j) * l->c_out + k] +=
                        from[((b * h + i * (h / l->h_out)) * w + j * (w / l->w_out)) * c + k];
}

/* By the definitions of nax-space(5). */
REFERENCE double reference_activation(const struct nax_layer *l, double x)
{
    const double sigmoid = 1 / (1 + exp(-x)), hard = fmin(fmax(x / 6 + 0.5, 0), 1);
    switch (l->activation) {
    case NAX_ACTIVATION_NONE:
        break;
    case NAX_ACTIVATION_RELU:
        return fmax(x, 0);
    case NAX_ACTIVATION_RELU6:
        return fmin(fmax(x, 0), 6);
    case NAX_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : (double)l->slope * x;
    case NAX_ACTIVATION_SILU:
        return x * sigmoid;
    case NAX_ACTIVATION_HARD_SWISH:
        return x * hard;
    case NAX_ACTIVATION_HARD_SIGMOID:
        return hard;
    case NAX_ACTIVATION_SIGMOID:
        return sigmoid;
    case NAX_ACTIVATION_TANH:
        return tanh(x);
    }
    return x;
}

/* y [n][c_out]: the channels of x, then those of other, of n pixels. */
REFERENCE void reference_concat(const struct nax_layer *l, size_t n, const double *x,
                                const double *other, double *y)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < l->c_out; k++)
            y[i * l->c_out + k] =
                k < l->c_in ? x[i * l->c_in + k] : other[i * (l->c_out - l->c_in) + k - l->c_in];
}

/* A mixed layer: own · (its output) + other · (that of a convolution with another kernel on the
 * same input). */
struct reference_mix {
    size_t layer, kernel;
    double own, other;
    const double *weight, *gamma, *beta;
    /* of the other; where they are not NULL, layers take the model's statistics, else the batch's
     */
    const double *mean, *variance;
};

REFERENCE void reference_mix(const struct reference_mix *mix, const struct nax_network *net,
                             size_t n, double *const *out, double *y)
{
    struct nax_layer s = net->layers[mix->layer];
    size_t size = n * s.h_out * s.w_out * s.c_out;
    double *o = calloc(size, sizeof *o);
    if (mix->kernel)
        nax_layer_set_kernel(&s, mix->kernel);
    reference_conv(&s, n, out[s.input], mix->weight, o);
    if (s.has_batch_norm)
        reference_batch_norm(size / s.c_out, s.c_out, s.epsilon, mix->gamma, mix->beta, mix->mean,
                             mix->variance, o);
    for (size_t i = 0; !s.has_batch_norm && i < size; i++)
        o[i] += mix->beta[i % s.c_out];
    for (size_t i = 0; i < size; i++)
        y[i] = mix->own * y[i] + mix->other * o[i];
    free(o);
}

/* Mean smoothed cross-entropy of a batch. values: the model's parameters in double, in its layout;
 * mix: a mixed layer, or NULL. */
REFERENCE double reference_loss_mixed(const struct nax_model *model, const double *values, size_t n,
                                      const double *images, const int32_t *labels, double smoothing,
                                      const struct reference_mix *mix)
{
    const struct nax_network *net = model->net;
    double **out = calloc(net->n_layers, sizeof *out);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *s = &net->layers[l];
        const struct nax_params *p = &model->layer[l];
        const double *x = s->input < 0 ? images : out[s->input];
        size_t size = n * s->h_out * s->w_out * s->c_out, c = s->c_out;
        double *y = out[l] = calloc(size, sizeof *y);
        const double *weight = p->weight ? values + (p->weight - model->values) : NULL;
        const double *beta = p->beta ? values + (p->beta - model->values) : NULL;
        bool is_running = mix && mix->mean;
        if (s->kind == NAX_LAYER_CONV) {
            reference_conv(s, n, x, weight, y);
            for (size_t i = 0; !p->gamma && beta && i < size; i++)
                y[i] += beta[i % c];
            if (p->gamma)
                reference_batch_norm(size / c, c, s->epsilon, values + (p->gamma - model->values),
                                     beta, is_running ? values + (p->mean - model->values) : NULL,
                                     is_running ? values + (p->variance - model->values) : NULL, y);
        } else if (s->kind == NAX_LAYER_LINEAR) {
            size_t n_in = s->h_in * s->w_in * s->c_in;
            for (size_t b = 0; b < n; b++)
                for (size_t o = 0; o < c; o++) {
                    y[b * c + o] = beta ? beta[o] : 0;
                    for (size_t i = 0; i < n_in; i++)
                        y[b * c + o] += x[b * n_in + i] * weight[i * c + o];
                }
        } else if (s->kind == NAX_LAYER_CONCAT) {
            reference_concat(s, size / c, x, s->residual < 0 ? images : out[s->residual], y);
        } else if (s->kind == NAX_LAYER_POOL_MAX || s->kind == NAX_LAYER_POOL_MEAN) {
            reference_pool(s, n, x, y);
        } else {
            for (size_t i = 0; i < size; i++)
                y[i] = reference_activation(s, x[i]);
        }
        if (s->kind == NAX_LAYER_BATCH_NORM)
            reference_batch_norm(size / c, c, s->epsilon, values + (p->gamma - model->values), beta,
                                 is_running ? values + (p->mean - model->values) : NULL,
                                 is_running ? values + (p->variance - model->values) : NULL, y);
        if (mix && mix->layer == l)
            reference_mix(mix, net, n, out, y);
        bool is_added = s->kind != NAX_LAYER_CONCAT;
        if (is_added && s->residual == NAX_FROM_IMAGE) {
            reference_add(s, n, images, net->height, net->width, net->channels, y);
        } else if (is_added && s->residual >= 0) {
            const struct nax_layer *from = &net->layers[s->residual];
            reference_add(s, n, out[s->residual], from->h_out, from->w_out, from->c_out, y);
        }
        for (size_t i = 0; s->has_relu && i < size; i++)
            y[i] = y[i] > 0 ? y[i] : 0;
    }
    const double *logits = out[net->n_layers - 1];
    size_t c = net->n_classes;
    double loss = 0;
    for (size_t b = 0; b < n; b++, logits += c) {
        double total = 0, mean = 0;
        for (size_t k = 0; k < c; k++) {
            total += exp(logits[k]);
            mean += logits[k] / (double)c;
        }
        loss += log(total) - (1 - smoothing) * logits[labels[b]] - smoothing * mean;
    }
    for (size_t l = 0; l < net->n_layers; l++)
        free(out[l]);
    free(out);
    return loss / (double)n;
}

REFERENCE double reference_loss(const struct nax_model *model, const double *values, size_t n,
                                const double *images, const int32_t *labels, double smoothing)
{
    return reference_loss_mixed(model, values, n, images, labels, smoothing, NULL);
}

#endif
