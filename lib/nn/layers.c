/* Layers without a convolution. */
#include "layers.h"

#include "../base/blas.h"

#include <math.h>
#include <string.h>

/* The part of a pool's window that lies on the image. */
struct window {
    size_t y0, y1, x0, x1;
};

static struct window window_at(const struct nax_layer *l, size_t i, size_t j)
{
    size_t top = i * l->stride[0], left = j * l->stride[1];
    struct window w;
    w.y0 = top > l->pad[0] ? top - l->pad[0] : 0;
    w.x0 = left > l->pad[1] ? left - l->pad[1] : 0;
    w.y1 = NAX_MIN(top + l->kernel[0] - l->pad[0], l->h_in);
    w.x1 = NAX_MIN(left + l->kernel[1] - l->pad[1], l->w_in);
    return w;
}

/* Elements of a window along an axis of n pixels, at the i-th output, that lie on the padded image.
 */
static size_t n_padded(const struct nax_layer *l, int axis, size_t i, size_t n)
{
    size_t from = i * l->stride[axis], all = l->pad[axis] + n + l->pad[2 + axis];
    return NAX_MIN(from + l->kernel[axis], all) - from;
}

/* What a pixel has of its window's mean. */
static float share(const struct nax_layer *l, const struct window *w, size_t i, size_t j)
{
    size_t n = l->counts_pad ? n_padded(l, 0, i, l->h_in) * n_padded(l, 1, j, l->w_in)
                             : (w->y1 - w->y0) * (w->x1 - w->x0);
    return 1.0f / (float)n;
}

static bool takes_largest(const struct nax_layer *l)
{
    switch (l->kind) {
    case NAX_LAYER_POOL_MAX:
        return true;
    case NAX_LAYER_POOL_MEAN:
    case NAX_LAYER_CONV:
    case NAX_LAYER_LINEAR:
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
    case NAX_LAYER_BATCH_NORM:
    case NAX_LAYER_ACTIVATION:
        break;
    }
    return false;
}

void nax_pool_forward(const struct nax_layer *l, size_t n, const float *x, float *y)
{
    size_t c = l->c_in;
    for (size_t b = 0; b < n; b++, x += nax_layer_n_in(l))
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, y += c) {
                struct window w = window_at(l, i, j);
                bool is_max = takes_largest(l);
                for (size_t k = 0; k < c; k++)
                    y[k] = is_max ? -INFINITY : 0;
                for (size_t yy = w.y0; yy < w.y1; yy++)
                    for (size_t xx = w.x0; xx < w.x1; xx++) {
                        const float *p = x + (yy * l->w_in + xx) * c;
                        if (is_max)
                            for (size_t k = 0; k < c; k++)
                                y[k] = p[k] > y[k] ? p[k] : y[k];
                        else
                            for (size_t k = 0; k < c; k++)
                                y[k] += p[k];
                    }
                for (size_t k = 0; !is_max && k < c; k++)
                    y[k] *= share(l, &w, i, j);
            }
}

static void max_backward(const struct nax_layer *l, const struct window *w, const float *x,
                         const float *dy, float *dx)
{
    for (size_t k = 0; k < l->c_in; k++) {
        size_t best = (w->y0 * l->w_in + w->x0) * l->c_in + k;
        for (size_t yy = w->y0; yy < w->y1; yy++)
            for (size_t xx = w->x0; xx < w->x1; xx++) {
                size_t at = (yy * l->w_in + xx) * l->c_in + k;
                if (x[at] > x[best])
                    best = at;
            }
        dx[best] += dy[k];
    }
}

void nax_pool_backward(const struct nax_layer *l, size_t n, const float *x, const float *dy,
                       float *dx)
{
    size_t c = l->c_in;
    memset(dx, 0, n * nax_layer_n_in(l) * sizeof *dx);
    for (size_t b = 0; b < n; b++, x += nax_layer_n_in(l), dx += nax_layer_n_in(l))
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, dy += c) {
                struct window w = window_at(l, i, j);
                if (takes_largest(l)) {
                    max_backward(l, &w, x, dy, dx);
                    continue;
                }
                float part = share(l, &w, i, j);
                for (size_t yy = w.y0; yy < w.y1; yy++)
                    for (size_t xx = w.x0; xx < w.x1; xx++) {
                        float *p = dx + (yy * l->w_in + xx) * c;
                        for (size_t k = 0; k < c; k++)
                            p[k] += part * dy[k];
                    }
            }
}

void nax_linear_forward(const struct nax_layer *l, size_t n, const float *x, const float *weight,
                        float *z)
{
    size_t n_in = nax_layer_n_in(l);
    nax_sgemm(false, false, n, l->c_out, n_in, x, n_in, weight, l->c_out, 0, z, l->c_out);
}

void nax_linear_backward(const struct nax_layer *l, size_t n, const float *x, const float *weight,
                         const float *dz, float *dx, float *dweight)
{
    size_t n_in = nax_layer_n_in(l);
    nax_sgemm(true, false, n_in, l->c_out, n, x, n_in, dz, l->c_out, 0, dweight, l->c_out);
    if (dx)
        nax_sgemm(false, true, n, n_in, l->c_out, dz, l->c_out, weight, l->c_out, 0, dx, n_in);
}

/* Shape of what a layer adds. */
struct source {
    size_t h, w, c;
};

static struct source source_of(const struct nax_network *net, const struct nax_layer *l)
{
    if (l->residual == NAX_FROM_IMAGE)
        return (struct source){net->height, net->width, net->channels};
    const struct nax_layer *from = &net->layers[l->residual];
    return (struct source){from->h_out, from->w_out, from->c_out};
}

bool nax_shortcut_is_needed(const struct nax_network *net, const struct nax_layer *l)
{
    if (l->residual == NAX_FROM_NONE)
        return false;
    struct source s = source_of(net, l);
    return s.h != l->h_out || s.w != l->w_out || s.c != l->c_out;
}

void nax_shortcut_forward(const struct nax_network *net, const struct nax_layer *l, size_t n,
                          size_t size, const void *from, void *to)
{
    struct source s = source_of(net, l);
    size_t step_y = s.h / l->h_out, step_x = s.w / l->w_out, c = NAX_MIN(s.c, l->c_out);
    const char *p = from;
    char *q = to;
    memset(to, 0, n * nax_layer_n_out(l) * size);
    for (size_t b = 0; b < n; b++, p += s.h * s.w * s.c * size)
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, q += l->c_out * size)
                memcpy(q, p + (i * step_y * s.w + j * step_x) * s.c * size, c * size);
}

void nax_shortcut_backward(const struct nax_network *net, const struct nax_layer *l, size_t n,
                           size_t size, const void *to, void *from)
{
    struct source s = source_of(net, l);
    size_t step_y = s.h / l->h_out, step_x = s.w / l->w_out, c = NAX_MIN(s.c, l->c_out);
    char *p = from;
    const char *q = (const char *)to + (l->kind == NAX_LAYER_CONCAT ? l->c_in * size : 0);
    memset(from, 0, n * s.h * s.w * s.c * size);
    for (size_t b = 0; b < n; b++, p += s.h * s.w * s.c * size)
        for (size_t i = 0; i < l->h_out; i++)
            for (size_t j = 0; j < l->w_out; j++, q += l->c_out * size)
                memcpy(p + (i * step_y * s.w + j * step_x) * s.c * size, q, c * size);
}

void nax_concat_forward(const struct nax_layer *l, size_t n, size_t size, const void *x,
                        const void *residual, void *y)
{
    const size_t first = l->c_in * size, second = (l->c_out - l->c_in) * size;
    const char *a = x, *b = residual;
    char *to = y;
    for (size_t i = 0; i < n * l->h_out * l->w_out; i++, a += first, b += second) {
        memcpy(to, a, first);
        memcpy(to + first, b, second);
        to += first + second;
    }
}

void nax_concat_backward(const struct nax_layer *l, size_t n, size_t size, const void *dy, void *dx)
{
    const char *from = dy;
    char *to = dx;
    for (size_t i = 0; i < n * l->h_out * l->w_out; i++)
        memcpy(to + i * l->c_in * size, from + i * l->c_out * size, l->c_in * size);
}

void nax_pixel_table_make(struct pixel_table *table, size_t n, const double *mean, const double *sd)
{
    for (size_t c = 0; c < n; c++)
        for (int p = 0; p < 256; p++)
            table->value[c][p] = (float)((p / 255.0 - mean[c]) / sd[c]);
}

void nax_image_load(const struct pixel_table *table, const struct nax_images *images, size_t i,
                    int dy, int dx, bool is_mirrored, float *out)
{
    int h = (int)images->height, w = (int)images->width;
    size_t channels = images->channels;
    const uint8_t *pixels = images->pixels + i * images->height * images->width * channels;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++, out += channels) {
            int from_y = y + dy, from_x = (is_mirrored ? w - 1 - x : x) + dx;
            bool is_inside = from_y >= 0 && from_y < h && from_x >= 0 && from_x < w;
            size_t at = is_inside ? (size_t)from_y * images->width + (size_t)from_x : 0;
            for (size_t c = 0; c < channels; c++)
                out[c] = is_inside ? table->value[c][pixels[at * channels + c]] : 0;
        }
}
