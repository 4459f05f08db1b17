/* Exact products of integers as nax_linop: a chunk of images, in blocks of positions. */
#include "product.h"
#include "groups.h"

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

size_t nax_product_scratch_size(const struct fixed_layer *layer)
{
    size_t n = image_size(layer) + BLOCK * (layer->map.n_rows + layer->map.n_cols);
    return n * sizeof(double);
}

static struct work work_in(const struct fixed_layer *layer, void *scratch)
{
    struct work w = {.image = scratch};
    w.patches = w.image + image_size(layer);
    w.sums = w.patches + BLOCK * layer->map.n_rows;
    return w;
}

int nax_product_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                        void *scratch)
{
    (void)image;
    const struct product *product = self;
    const struct fixed_layer *layer = product->layer;
    const struct nax_layer *shape = layer->shape;
    size_t n_positions = shape->h_out * shape->w_out;
    double step = layer->weight_step * layer->input_step;
    struct work w = work_in(layer, scratch);
    for (size_t b = 0; b < n; b++) {
        nax_fixed_inputs(layer, image_size(layer), x + b * image_size(layer), w.image);
        for (size_t p = 0; p < n_positions; p += BLOCK) {
            size_t m = NAX_MIN(n_positions - p, (size_t)BLOCK);
            nax_patches_unfold(shape, w.image, p, m, w.patches);
            nax_groups_multiply(&layer->map, m, w.patches, product->weight, w.sums);
            for (size_t i = 0; i < m * layer->map.n_cols; i++)
                *y++ = (float)(w.sums[i] * step);
        }
    }
    return 0;
}

bool nax_product_is_exact(const struct fixed_layer *layer)
{
    bool is_analog = layer->unit.arrays_per_plane > 1;
    if (layer->adc_lsb != 1)
        return false;
    int64_t digit = ((int64_t)1 << layer->hardware->precision.stream_bits) - 1;
    for (size_t i = 0; i < layer->map.n_units; i++) {
        struct nax_submatrix m = nax_submatrix_at(&layer->map, i);
        for (size_t c = m.col; c < m.col + m.n_cols; c++)
            for (int s = 0; s < layer->unit.n_slices; s++) {
                int64_t sum[2] = {0, 0};
                for (size_t r = m.row; r < m.row + m.n_rows; r++)
                    for (int sign = 0; sign < 2; sign++)
                        sum[sign] += nax_fixed_level(layer, r, c, s, sign) * digit;
                if (NAX_MAX(sum[0], sum[1]) > layer->adc_max ||
                    (is_analog && -sum[1] < layer->adc_min))
                    return false;
            }
    }
    return true;
}

int nax_product_alloc(struct product *product, const struct fixed_layer *layer, struct nax_err *err)
{
    product->layer = layer;
    size_t n = layer->map.group_rows * layer->map.n_cols;
    product->weight = nax_aligned_calloc(n, sizeof *product->weight);
    if (!product->weight)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    for (size_t i = 0; i < n; i++)
        product->weight[i] = layer->weight[i];
    return 0;
}

void nax_product_free(struct product *product)
{
    nax_aligned_free(product->weight);
    product->weight = NULL;
}
