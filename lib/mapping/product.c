/* Products of a mapped layer as nax_linop: a chunk of images, position by position. */
#include "product.h"
#include "../base/blas.h"

#include <string.h>

/* Output positions that are multiplied at once, so that their patches stay in cache. */
enum { BLOCK = 64 };

struct work {
    double *image;   /* [h_in][w_in][c_in] in fixed point */
    double *patches; /* [BLOCK][n_rows] */
    double *sums;    /* [BLOCK][n_cols] */
};

static size_t image_size(const struct fixed_layer *layer)
{
    return layer->shape->h_in * layer->shape->w_in * layer->shape->c_in;
}

size_t product_scratch_size(const struct fixed_layer *layer)
{
    size_t n = image_size(layer) + BLOCK * (layer->n_rows + layer->n_cols);
    return n * sizeof(double) + layer->n_rows * sizeof(int32_t) + layer->n_cols * sizeof(int64_t);
}

static struct work work_in(const struct fixed_layer *layer, void *scratch)
{
    struct work w = {.image = scratch};
    w.patches = w.image + image_size(layer);
    w.sums = w.patches + BLOCK * layer->n_rows;
    return w;
}

/* The reference on n patches: sums [n][n_cols]. */
static void multiply_plainly(const struct fixed_layer *layer, size_t n, struct work *w)
{
    int64_t *y = (int64_t *)(w->sums + BLOCK * layer->n_cols);
    int32_t *x = (int32_t *)(y + layer->n_cols);
    for (size_t b = 0; b < n; b++) {
        for (size_t r = 0; r < layer->n_rows; r++)
            x[r] = (int32_t)w->patches[b * layer->n_rows + r];
        product_reference(layer, x, y);
        for (size_t c = 0; c < layer->n_cols; c++)
            w->sums[b * layer->n_cols + c] = (double)y[c];
    }
}

int product_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                    void *scratch)
{
    (void)image;
    const struct product *product = self;
    const struct fixed_layer *layer = &product->layer;
    const struct nax_layer *shape = layer->shape;
    size_t n_positions = shape->h_out * shape->w_out;
    double step = layer->weight_step * layer->input_step;
    struct work w = work_in(layer, scratch);
    for (size_t b = 0; b < n; b++) {
        fixed_inputs(layer, image_size(layer), x + b * image_size(layer), w.image);
        for (size_t p = 0; p < n_positions; p += BLOCK) {
            size_t m = NAX_MIN(n_positions - p, (size_t)BLOCK);
            patches_unfold(shape, w.image, p, m, w.patches);
            if (product->weight)
                nax_dgemm(false, false, m, layer->n_cols, layer->n_rows, w.patches, layer->n_rows,
                          product->weight, layer->n_cols, 0, w.sums, layer->n_cols);
            else
                multiply_plainly(layer, m, &w);
            for (size_t i = 0; i < m * layer->n_cols; i++)
                *y++ = (float)(w.sums[i] * step);
        }
    }
    return 0;
}

int product_alloc(struct product *product, struct nax_err *err)
{
    const struct fixed_layer *layer = &product->layer;
    if (!product_is_exact(layer))
        return 0;
    size_t n = layer->n_rows * layer->n_cols;
    product->weight = nax_aligned_calloc(n, sizeof *product->weight);
    if (!product->weight)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    for (size_t i = 0; i < n; i++)
        product->weight[i] = layer->weight[i];
    return 0;
}

void product_free(struct product *product)
{
    nax_aligned_free(product->weight);
    fixed_layer_free(&product->layer);
}
