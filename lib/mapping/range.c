/* The LSB of a layer's ADCs: of a level, or of a full scale that currents decide. */
#include "range.h"

#include <math.h>
#include <stdlib.h>

enum {
    CONVERSIONS = 1 << 23, /* that are looked at */
    VECTORS_MIN = 16,
    BINS = 1 << 14,
    SCALES = 33,      /* full scales tried */
    SCALES_OCTAVE = 4 /* so many to a factor of 2 */
};
/* An LSB below this part of a level resolves what sums of currents do not. */
static const double lsb_min = 1.0 / 32;

/* Currents of a layer's conversions in levels, submatrix by submatrix. */
struct scan {
    const struct fixed_layer *layer;
    struct solved_unit *solved;
    size_t n;       /* vectors */
    int32_t *x;     /* [n][n_rows] */
    double *cells;  /* [n_planes][n_rows][n_cols] */
    float *rows;    /* [n_rows][n_planes][n_cols] */
    float *current; /* [n_planes][n_cols] */
};

/* Told of the currents [n_planes][n_cols] of a stream of vector v that carries anything. */
struct listener {
    void (*take)(void *self, const struct nax_submatrix *submatrix, size_t v, int stream,
                 const float *current);
    void *self;
};

static size_t conversions_of_vector(const struct fixed_layer *l)
{
    return l->map.row_submatrices * l->map.n_cols * l->unit.n_planes * (size_t)l->map.n_streams;
}

static void scan_free(struct scan *scan)
{
    free(scan->x);
    free(scan->cells);
    free(scan->rows);
    free(scan->current);
}

static int scan_alloc(struct scan *scan, struct fixed_layer *layer, struct solved_unit *solved,
                      const struct layer_vectors *vectors, struct nax_err *err)
{
    struct nax_submatrix largest = nax_submatrix_at(&layer->map, 0);
    size_t n_rows = layer->map.n_rows, width = layer->unit.n_planes * largest.n_cols;
    size_t n = NAX_MAX(CONVERSIONS / conversions_of_vector(layer), (size_t)VECTORS_MIN);
    n = NAX_MIN(n, vectors->n);
    *scan = (struct scan){.layer = layer,
                          .solved = solved,
                          .n = n,
                          .x = nax_calloc(n * n_rows, sizeof *scan->x),
                          .cells = nax_calloc(largest.n_rows * width, sizeof *scan->cells),
                          .rows = nax_calloc(largest.n_rows * width, sizeof *scan->rows),
                          .current = nax_calloc(width, sizeof *scan->current)};
    if (!scan->x || !scan->cells || !scan->rows || !scan->current) {
        scan_free(scan);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    }
    for (size_t v = 0; v < n; v++)
        for (size_t r = 0; r < n_rows; r++) {
            double fixed;
            nax_fixed_inputs(layer, 1, vectors->x + v * vectors->n / n * n_rows + r, &fixed);
            scan->x[v * n_rows + r] = (int32_t)fixed;
        }
    return 0;
}

static int scan_cells(struct scan *scan, const struct nax_submatrix *submatrix, struct nax_err *err)
{
    size_t n_planes = scan->layer->unit.n_planes, n_cols = submatrix->n_cols;
    int status = 0;
    if (scan->solved)
        status = nax_submatrix_cells(scan->solved, submatrix, scan->cells, err);
    else
        nax_submatrix_cells_ideal(scan->layer, submatrix, scan->cells);
    for (size_t r = 0; r < submatrix->n_rows && !status; r++)
        for (size_t p = 0; p < n_planes; p++)
            for (size_t c = 0; c < n_cols; c++)
                scan->rows[(r * n_planes + p) * n_cols + c] =
                    (float)scan->cells[(p * submatrix->n_rows + r) * n_cols + c];
    return status;
}

/* Sums the rows of one stream; returns whether it carries anything. */
static bool add_currents(const struct scan *scan, const struct nax_submatrix *submatrix,
                         const int32_t *x, int stream)
{
    size_t width = scan->layer->unit.n_planes * submatrix->n_cols;
    bool any = false;
    for (size_t k = 0; k < width; k++)
        scan->current[k] = 0;
    for (size_t r = 0; r < submatrix->n_rows; r++) {
        int digit = nax_fixed_digit(scan->layer, x[r], stream);
        const float *row = scan->rows + r * width;
        any = any || digit;
        for (size_t k = 0; digit && k < width; k++)
            scan->current[k] += (float)digit * row[k];
    }
    return any;
}

static int scan_run(struct scan *scan, const struct listener *to, struct nax_err *err)
{
    const struct fixed_layer *l = scan->layer;
    int status = 0;
    for (size_t i = 0; i < l->map.n_units && !status; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&l->map, i);
        status = scan_cells(scan, &submatrix, err);
        for (size_t v = 0; v < scan->n && !status; v++)
            for (int t = 0; t < l->map.n_streams; t++)
                if (add_currents(scan, &submatrix, scan->x + v * l->map.n_rows + submatrix.row, t))
                    to->take(to->self, &submatrix, v, t, scan->current);
    }
    return status;
}

/* Of N ideal cells, in levels. */
static double largest_current(const struct fixed_layer *layer)
{
    const struct nax_precision *p = &layer->hardware->precision;
    return (double)layer->unit.crossbar * ((1 << p->slice_bits) - 1) * ((1 << p->stream_bits) - 1);
}

static double lsb_of(const struct fixed_layer *layer, double full_scale, double gain)
{
    int bits = layer->unit.adc_bits - layer->unit.is_adc_signed;
    return fmax(ldexp(full_scale, -bits), lsb_min * gain);
}

/* --- percentile --- */

/* How many currents are in (bin − 1, bin] widths, the first one's with all below. A width is a
 * power of two, so that whole levels lie on the bins' ends. */
struct histogram {
    const struct fixed_layer *layer;
    float per_width;
    uint64_t n, count[BINS + 1];
};

static void count_currents(void *self, const struct nax_submatrix *submatrix, size_t v, int stream,
                           const float *current)
{
    struct histogram *h = self;
    size_t width = h->layer->unit.n_planes * submatrix->n_cols;
    (void)v;
    (void)stream;
    for (size_t k = 0; k < width; k++) {
        float at = current[k] * h->per_width;
        at = h->layer->unit.is_adc_signed ? fabsf(at) : at;
        at = at > 0 ? at : 0;
        size_t bin = at < BINS ? (size_t)at : BINS;
        h->count[bin + (bin < BINS && at > (float)bin)]++;
    }
    h->n += width;
}

static int percentile(struct scan *scan, double *full_scale, struct nax_err *err)
{
    const struct fixed_layer *l = scan->layer;
    struct histogram *h = nax_calloc(1, sizeof *h);
    if (!h)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", l->shape->name);
    double width = exp2(ceil(log2(largest_current(l) / BINS)));
    h->layer = l;
    h->per_width = (float)(1 / width);
    const struct listener to = {count_currents, h};
    int status = scan_run(scan, &to, err);
    uint64_t sum = 0;
    size_t bin = 0;
    for (; bin < BINS; bin++)
        if ((double)(sum += h->count[bin]) >= l->adc.range_frac * (double)h->n)
            break;
    if (bin)
        *full_scale = width * (double)bin;
    free(h);
    return status;
}

/* --- least error --- */

struct candidates {
    const struct fixed_layer *layer;
    size_t n; /* vectors times columns */
    double lsb[SCALES + 1];
    double *product; /* [n] of the unrounded currents */
    float *error;    /* [SCALES + 1][n] that conversions add to it */
};

static void add_errors(const struct fixed_layer *l, size_t n_cols, double of_code, double lsb,
                       const float *current, float *error)
{
    float weight = (float)of_code, step = (float)lsb, per_step = (float)(1 / lsb);
    float low = (float)l->adc_min, span = (float)(l->adc_max - l->adc_min);
    for (size_t c = 0; c < n_cols; c++) {
        float code = current[c] * per_step + (0.5F - low);
        code = code > 0 ? code : 0;
        code = code < span ? code : span;
        code = (float)(int32_t)code + low;
        error[c] += weight * (step * code - current[c]);
    }
}

static void add_product(size_t n_cols, double weight, const float *current, double *product)
{
    for (size_t c = 0; c < n_cols; c++)
        product[c] += weight * (double)current[c];
}

static void try_candidates(void *self, const struct nax_submatrix *submatrix, size_t v, int stream,
                           const float *current)
{
    struct candidates *all = self;
    const struct fixed_layer *l = all->layer;
    double of_stream = (double)nax_fixed_stream_weight(l, stream);
    size_t at = v * l->map.n_cols + submatrix->col;
    for (size_t p = 0; p < l->unit.n_planes; p++, current += submatrix->n_cols) {
        double weight = of_stream * nax_plane_weight(l, p);
        add_product(submatrix->n_cols, weight, current, all->product + at);
        for (size_t k = 0; k <= SCALES; k++)
            add_errors(l, submatrix->n_cols, weight, all->lsb[k], current,
                       all->error + k * all->n + at);
    }
}

/* What perfect arrays and converters give: the integers' product, weights with their offset. */
static double product_of(const struct fixed_layer *l, const int32_t *x, size_t c)
{
    double sum = 0;
    x += nax_fixed_first_row(l, c);
    for (size_t r = 0; r < l->map.group_rows; r++)
        sum += ((double)l->weight[r * l->map.n_cols + c] + nax_fixed_offset(l)) * x[r];
    return sum;
}

/* Where two err alike, the first: the LSB of a level, then the larger one. */
static double least(const struct candidates *all, const struct scan *scan, double gain)
{
    size_t n_cols = all->layer->map.n_cols;
    double square[SCALES + 1] = {0};
    for (size_t i = 0; i < all->n; i++) {
        double wanted =
            product_of(all->layer, scan->x + i / n_cols * all->layer->map.n_rows, i % n_cols);
        double lost = all->product[i] / gain - wanted;
        for (size_t k = 0; k <= SCALES; k++)
            square[k] += pow(lost + (double)all->error[k * all->n + i] / gain, 2);
    }
    size_t best = 0;
    for (size_t k = 1; k <= SCALES; k++)
        if (square[k] < square[best])
            best = k;
    return all->lsb[best];
}

static int least_error(struct scan *scan, double gain, double *lsb, struct nax_err *err)
{
    const struct fixed_layer *l = scan->layer;
    struct candidates all = {.layer = l, .n = scan->n * l->map.n_cols, .lsb = {gain}};
    for (int k = 0; k < SCALES; k++)
        all.lsb[1 + k] = lsb_of(l, largest_current(l) * exp2(-(double)k / SCALES_OCTAVE), gain);
    all.product = nax_calloc(all.n, sizeof *all.product);
    all.error = nax_calloc((SCALES + 1) * all.n, sizeof *all.error);
    const struct listener to = {try_candidates, &all};
    int status =
        all.product && all.error
            ? scan_run(scan, &to, err)
            : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", l->shape->name);
    if (!status)
        *lsb = least(&all, scan, gain);
    free(all.product);
    free(all.error);
    return status;
}

/* --- rows --- */

static int measure(struct fixed_layer *layer, struct solved_unit *solved,
                   const struct layer_vectors *vectors, double gain, double *lsb,
                   struct nax_err *err)
{
    struct scan scan;
    double full_scale = largest_current(layer); /* where no current flows at all */
    int status = scan_alloc(&scan, layer, solved, vectors, err);
    if (status)
        return status;
    if (layer->adc.range_frac > 0) {
        status = percentile(&scan, &full_scale, err);
        *lsb = lsb_of(layer, full_scale, gain);
    } else {
        status = least_error(&scan, gain, lsb, err);
    }
    scan_free(&scan);
    return status;
}

int nax_range_set(struct fixed_layer *layer, struct solved_unit *solved,
                  const struct layer_vectors *vectors, struct nax_err *err)
{
    const struct nax_adc_range_row *row = nax_adc_range_row(&layer->adc);
    double gain = 1, lsb;
    if (solved && (row->gives_back || row->is_measured))
        nax_solved_unit_keep(solved);
    int status = row->gives_back && solved ? nax_solved_gain(layer, solved, &gain, err) : 0;
    lsb = gain;
    if (!status && row->is_measured)
        status = measure(layer, solved, vectors, gain, &lsb, err);
    else if (row->is_full_scale)
        lsb = lsb_of(layer, layer->adc.range_frac * largest_current(layer), gain);
    layer->adc_lsb = lsb;
    layer->adc_unit = lsb / gain;
    return status;
}
