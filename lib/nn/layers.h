/* Layers without a convolution: pools, linear layers, shortcuts that change shape, joined channels,
 * and image input.
 * Every function works on one chunk of n images on the calling thread.
 */
#ifndef NAX_NN_LAYERS_H
#define NAX_NN_LAYERS_H

#include "nax/nn.h"

static inline size_t nax_layer_n_in(const struct nax_layer *l)
{
    return l->h_in * l->w_in * l->c_in;
}

static inline size_t nax_layer_n_out(const struct nax_layer *l)
{
    return l->h_out * l->w_out * l->c_out;
}

void nax_pool_forward(const struct nax_layer *l, size_t n, const float *x, float *y);
/* dx is written, not added to. A mean's gradient is shared out evenly to its window's pixels that
 * lie on the image, a maximum's goes to where it is; of equal maxima the first one gets it. */
void nax_pool_backward(const struct nax_layer *l, size_t n, const float *x, const float *dy,
                       float *dx);

/* z [n][c_out] = x [n][n_in] · weight [n_in][c_out], without bias; dx = dz · weightᵀ, or NULL: not
 * wanted; dweight = xᵀ · dz */
void nax_linear_forward(const struct nax_layer *l, size_t n, const float *x, const float *weight,
                        float *z);
void nax_linear_backward(const struct nax_layer *l, size_t n, const float *x, const float *weight,
                         const float *dz, float *dx, float *dweight);

/* Whether the residual of l has another shape than its output, and so goes through shortcut_*. */
bool nax_shortcut_is_needed(const struct nax_network *net, const struct nax_layer *l);
/* from: outputs of the layer (or image) that l adds; to: [n] images of l's output shape; elements
 * of `size` bytes, whose zeros are zero bits */
void nax_shortcut_forward(const struct nax_network *net, const struct nax_layer *l, size_t n,
                          size_t size, const void *from, void *to);
/* The transpose: `to`'s gradient in l's shape goes back to the source's shape; of joined channels,
 * that of those that came behind. */
void nax_shortcut_backward(const struct nax_network *net, const struct nax_layer *l, size_t n,
                           size_t size, const void *to, void *from);

/* y = the channels of x, then those of the residual, of each pixel; dx = those of x. Elements of
 * `size` bytes. */
void nax_concat_forward(const struct nax_layer *l, size_t n, size_t size, const void *x,
                        const void *residual, void *y);
void nax_concat_backward(const struct nax_layer *l, size_t n, size_t size, const void *dy,
                         void *dx);

/* Pixels to floats: (p / 255 − mean) / sd through a table, shifted by (dy, dx) with zeros moving
 * in, mirrored when asked. */
struct pixel_table {
    float value[NAX_MAX_CHANNELS][256];
};

/* Of n channels. */
void nax_pixel_table_make(struct pixel_table *table, size_t n, const double *mean,
                          const double *sd);
void nax_image_load(const struct pixel_table *table, const struct nax_images *images, size_t i,
                    int dy, int dx, bool is_mirrored, float *out);

#endif
