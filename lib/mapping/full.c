/* The full product of a layer: a chunk of images in blocks of positions, submatrix by submatrix, 16
 * columns of two planes at a time. */
#include "full.h"
#include "nax/nn.h"

#include <stdlib.h>
#include <string.h>

/* Output positions that one table serves before it is built anew. */
enum { BLOCK = 256 };

/* A thread's memory, cut from the scratch. */
struct work {
    double *fixed;      /* [image] */
    int32_t *x;         /* [image] */
    uint64_t *planes;   /* [n_images][n_passes][h_in·w_in][groups][n_words][n_padded] */
    int64_t *pixel_sum; /* [n_images][n_passes][h_in·w_in][groups], with offset signs */
    uint64_t *strings;  /* [BLOCK][n_passes][string_words][n_padded] */
    uint16_t *offsets;  /* [BLOCK][n_passes][n_groups][n_padded] */
    uint8_t *n_streams; /* [BLOCK][n_passes] */
    uint16_t *table;
    double *inputs; /* [BLOCK][groups] sums of a position's */
    double *y;      /* [BLOCK][n_passes][stride] */
};

struct sizes {
    size_t n_images; /* that are worked on at once */
    size_t n_passes; /* of an image: what one streams is an image of its own to the kernels */
    size_t n_channels, n_pixels; /* of a group; of all groups, one by one */
    size_t image, n_words, string_words, n_groups, stride;
};

static struct sizes sizes_of(const struct full *full)
{
    const struct nax_layer *l = full->layer->shape;
    size_t bits = (size_t)full->format.stream_bits, n_positions = l->h_out * l->w_out;
    size_t n_rows = NAX_MIN(full->layer->unit.crossbar, full->layer->map.n_rows);
    return (struct sizes){
        .n_images = NAX_MAX(1, NAX_MIN((size_t)NAX_CHUNK, BLOCK / n_positions)),
        .n_passes = (size_t)full->layer->map.n_passes,
        .n_channels = l->c_in / l->groups,
        .n_pixels = l->h_in * l->w_in * l->groups,
        .image = l->h_in * l->w_in * l->c_in,
        .n_words = NAX_CEIL_DIV(l->c_in / l->groups * bits, 64),
        .string_words = NAX_CEIL_DIV(full->layer->map.n_rows * bits, 64) + 2,
        .n_groups = groups_n(n_rows * bits),
        .stride = NAX_ROUND_UP(full->layer->map.n_cols + HALF, HALF),
    };
}

static void *cut(char **at, size_t bytes)
{
    void *p = *at;
    *at += nax_padded(bytes);
    return p;
}

/* Places everything behind `at`; returns the end. */
static char *work_cut(const struct full *full, char *at, struct work *w)
{
    struct sizes s = sizes_of(full);
    size_t n_padded = (size_t)full->format.n_padded, n_parts = BLOCK * s.n_passes;
    size_t n_pixels = s.n_images * s.n_passes * s.n_pixels;
    w->fixed = cut(&at, s.image * sizeof *w->fixed);
    w->x = cut(&at, s.image * sizeof *w->x);
    w->planes = cut(&at, n_pixels * s.n_words * n_padded * sizeof *w->planes);
    w->pixel_sum = cut(&at, n_pixels * sizeof *w->pixel_sum);
    w->strings = cut(&at, n_parts * s.string_words * n_padded * sizeof *w->strings);
    w->offsets = cut(&at, n_parts * s.n_groups * n_padded * sizeof *w->offsets);
    w->n_streams = cut(&at, n_parts);
    w->table = cut(&at, s.n_groups * GROUP_ENTRIES * LANES * sizeof *w->table);
    w->inputs = cut(&at, BLOCK * full->layer->shape->groups * sizeof *w->inputs);
    w->y = cut(&at, n_parts * s.stride * sizeof *w->y);
    return at;
}

size_t nax_full_scratch_size(const struct full *full)
{
    struct work w;
    return (size_t)(uintptr_t)work_cut(full, NULL, &w);
}

/* Of every image and pass: bits of the streams of every pixel, and sums over channels. */
static void load_images(const struct full *full, size_t n, const float *x, struct work *w)
{
    struct sizes s = sizes_of(full);
    size_t plane_size = s.n_pixels * s.n_words * (size_t)full->format.n_padded;
    for (size_t b = 0; b < n; b++) {
        nax_fixed_inputs(full->layer, s.image, x + b * s.image, w->fixed);
        for (size_t pass = 0; pass < s.n_passes; pass++) {
            size_t part = b * s.n_passes + pass;
            for (size_t i = 0; i < s.image; i++)
                w->x[i] = nax_fixed_part(full->layer, (int32_t)w->fixed[i], (int)pass);
            nax_convert_kernels()->planes(&full->format, s.n_pixels, s.n_channels, w->x,
                                          w->planes + part * plane_size);
            for (size_t i = 0; i < s.n_pixels; i++) {
                int64_t sum = 0;
                for (size_t c = 0; c < s.n_channels; c++)
                    sum += w->x[i * s.n_channels + c];
                w->pixel_sum[part * s.n_pixels + i] = sum;
            }
        }
    }
}

/* What one pass streams of an image (a part) to one output position's windows of group g, put into
 * the strings from bit `at` on; returns the sum of these inputs. */
static int64_t gather_group(const struct full *full, const struct work *w, size_t part,
                            size_t position, size_t g, size_t at, uint64_t *strings)
{
    const struct nax_layer *l = full->layer->shape;
    struct sizes s = sizes_of(full);
    size_t n_bits = s.n_channels * (size_t)full->format.stream_bits;
    size_t pixel_size = s.n_words * (size_t)full->format.n_padded;
    int64_t sum = 0;
    for (size_t ky = 0; ky < l->kernel[0]; ky++)
        for (size_t kx = 0; kx < l->kernel[1]; kx++, at += n_bits) {
            size_t row = nax_layer_under(l, 0, position / l->w_out, ky);
            size_t col = nax_layer_under(l, 1, position % l->w_out, kx);
            if (row >= l->h_in || col >= l->w_in)
                continue;
            size_t pixel = part * s.n_pixels + (row * l->w_in + col) * l->groups + g;
            nax_convert_kernels()->append(&full->format, n_bits, w->planes + pixel * pixel_size, at,
                                          strings);
            sum += w->pixel_sum[pixel];
        }
    return sum;
}

/* The strings of one output position, of all groups; the sums of their inputs, times sign, are
 * added to inputs [groups]. */
static void gather(const struct full *full, const struct work *w, size_t part, size_t position,
                   double sign, uint64_t *strings, double *inputs)
{
    size_t n_words = sizes_of(full).string_words * (size_t)full->format.n_padded;
    size_t n_bits = full->layer->map.group_rows * (size_t)full->format.stream_bits;
    memset(strings, 0, n_words * sizeof *strings);
    for (size_t g = 0; g < full->layer->shape->groups; g++)
        inputs[g] += sign * (double)gather_group(full, w, part, position, g, g * n_bits, strings);
}

/* n: positions times passes */
static void run_submatrix(const struct full *full, const struct packed_submatrix *submatrix,
                          bool is_new_row, size_t n, struct work *w)
{
    struct sizes s = sizes_of(full);
    size_t bits = (size_t)full->format.stream_bits, n_padded = (size_t)full->format.n_padded;
    size_t n_bits = submatrix->submatrix.n_rows * bits, n_groups = groups_n(n_bits);
    const struct convert_kernels *kernels = nax_convert_kernels();
    for (size_t p = 0; is_new_row && p < n; p++)
        w->n_streams[p] = (uint8_t)kernels->offsets(
            &full->format, w->strings + p * s.string_words * n_padded,
            submatrix->submatrix.row * bits, n_bits, w->offsets + p * n_groups * n_padded);
    for (size_t i = 0; i < submatrix->n_vectors; i++) {
        kernels->table(&submatrix->vector[i], n_bits, w->table);
        kernels->convert(&full->format, &submatrix->vector[i], n, n_groups, w->offsets,
                         w->n_streams, w->table, s.stride, w->y);
    }
}

/* n positions, `first` counted through the images of the work */
static void run_block(const struct full *full, size_t first, size_t n, struct work *w, float *y)
{
    const struct fixed_layer *layer = full->layer;
    struct sizes s = sizes_of(full);
    size_t n_positions = layer->shape->h_out * layer->shape->w_out;
    memset(w->y, 0, n * s.n_passes * s.stride * sizeof *w->y);
    size_t n_groups = layer->shape->groups;
    memset(w->inputs, 0, n * n_groups * sizeof *w->inputs);
    for (size_t i = 0; i < n * s.n_passes; i++) {
        size_t p = first + i / s.n_passes, pass = i % s.n_passes;
        gather(full, w, p / n_positions * s.n_passes + pass, p % n_positions, pass ? -1 : 1,
               w->strings + i * s.string_words * (size_t)full->format.n_padded,
               w->inputs + i / s.n_passes * n_groups);
    }
    for (size_t i = 0, row = SIZE_MAX; i < full->layer->map.n_units; i++) {
        const struct packed_submatrix *submatrix = &full->submatrix[i];
        run_submatrix(full, submatrix, submatrix->submatrix.row != row, n * s.n_passes, w);
        row = submatrix->submatrix.row;
    }
    for (size_t p = 0; p < n; p++) {
        const double *sum = w->y + p * s.n_passes * s.stride;
        const double *minus = s.n_passes > 1 ? sum + s.stride : NULL;
        for (size_t c = 0; c < layer->map.n_cols; c++)
            y[p * layer->map.n_cols + c] =
                (float)nax_fixed_output(layer, minus ? sum[c] - minus[c] : sum[c],
                                        w->inputs[p * n_groups + c / layer->map.group_cols]);
    }
}

int nax_full_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                     void *scratch)
{
    (void)image;
    const struct full *full = self;
    const struct nax_layer *l = full->layer->shape;
    struct sizes s = sizes_of(full);
    size_t n_positions = l->h_out * l->w_out;
    struct work w;
    work_cut(full, scratch, &w);
    for (size_t b = 0; b < n; b += s.n_images) {
        size_t m = NAX_MIN(n - b, s.n_images);
        load_images(full, m, x + b * s.image, &w);
        for (size_t p = 0; p < m * n_positions; p += BLOCK)
            run_block(full, p, NAX_MIN(m * n_positions - p, (size_t)BLOCK), &w,
                      y + (b * n_positions + p) * l->c_out);
    }
    return 0;
}

void nax_full_count(const struct full *full, const int32_t *x, struct conversions *conversions)
{
    for (size_t i = 0; i < full->layer->map.n_units; i++)
        nax_packed_submatrix_count(&full->submatrix[i], full->layer, x, conversions);
}

int nax_full_alloc(struct full *full, const struct fixed_layer *layer,
                   int (*cells_of)(void *self, const struct nax_submatrix *submatrix, double *cells,
                                   struct nax_err *err),
                   void *self, struct nax_err *err)
{
    *full = (struct full){.layer = layer, .format = nax_stream_format_of(layer)};
    struct nax_submatrix largest = nax_submatrix_at(&layer->map, 0);
    size_t size = layer->unit.n_planes * largest.n_rows * largest.n_cols;
    double *cells = nax_calloc(size, sizeof *cells);
    full->submatrix = nax_calloc(layer->map.n_units, sizeof *full->submatrix);
    int status = 0;
    if (!cells || !full->submatrix)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    for (size_t i = 0; !status && i < layer->map.n_units; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, i);
        status = cells_of(self, &submatrix, cells, err);
        if (!status)
            status = nax_packed_submatrix_alloc(&full->submatrix[i], layer, &full->format,
                                                &submatrix, cells, err);
    }
    free(cells);
    if (status)
        nax_full_free(full);
    return status;
}

void nax_full_free(struct full *full)
{
    for (size_t i = 0; full->submatrix && i < full->layer->map.n_units; i++)
        nax_packed_submatrix_free(&full->submatrix[i]);
    free(full->submatrix);
    full->submatrix = NULL;
}
