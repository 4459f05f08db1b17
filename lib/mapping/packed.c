/* Cells of a submatrix rounded to steps and laid out in vectors of 16 columns of two planes.
 *
 * A plane's columns are taken 16 at a time (a half); two halves of the same columns make a vector,
 * whose codes are weighed and added as integers of 32 bits: planes that follow one another, so that
 * their weights are alike. Steps are 2^-shift LSB, as fine as lets every half's currents, from the
 * least to the largest that inputs can make, and an LSB on either side, fit 16 bits: sums may wrap
 * around on the way, as long as what comes out lies in that range.
 */
#include "packed.h"
#include "arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of an LSB of one level; a larger one may be cut into more steps, a smaller one into fewer. */
enum { SHIFT_MAX = 12, SHIFT_MAX_LARGE = 14, SHIFT_MIN = 5, STEPS = 1 << 16 };
/* Of the weights of a vector's planes: products with codes are added in pairs. */
enum { RATIO_MAX = 1 << 14 };

/* Columns col … col + n of one plane, up to 16 of them. */
struct half {
    size_t plane, col, n;
    double low, high; /* bounds of its columns' currents, in steps */
};

struct packing {
    const struct fixed_layer *layer;
    const struct stream_format *format;
    const struct nax_submatrix *submatrix;
    const double *cells;
    int shift;
    double scale; /* 2^shift: steps of an LSB */
    size_t n_halves;
    struct half *half; /* those whose codes are not all 0 */
};

/* To the nearest integer, ties to even: nearbyint for |x| ≤ 2^51, which cells are far from
 * reaching, without a call. */
static double rounded(double x)
{
    static const double unit = 0x1.8p52; /* doubles of this size are integers */
    return x + unit - unit;
}

/* Half h's part of row r. */
static const double *cells_of(const struct packing *p, const struct half *h, size_t r)
{
    return p->cells + (h->plane * p->submatrix->n_rows + r) * p->submatrix->n_cols + h->col;
}

static void set_shift(struct packing *p, int shift)
{
    p->shift = shift;
    p->scale = ldexp(1, shift);
}

/* A cell in steps; 2^b of them on bit b of a digit. */
static double steps(const struct packing *p, double cell)
{
    return rounded(cell * p->scale);
}

/* Bounds of a half's currents: every digit 0 or at its largest, by the sign of its cell. */
static void bound(const struct packing *p, struct half *h)
{
    double digit = (1 << p->format->stream_bits) - 1, low[HALF] = {0}, high[HALF] = {0};
    for (size_t r = 0; r < p->submatrix->n_rows; r++) {
        const double *cells = cells_of(p, h, r);
        for (size_t c = 0; c < h->n; c++) {
            double cell = digit * steps(p, cells[c]);
            low[c] += cell < 0 ? cell : 0;
            high[c] += cell < 0 ? 0 : cell;
        }
    }
    h->low = h->high = 0;
    for (size_t c = 0; c < h->n; c++) {
        h->low = fmin(h->low, low[c]);
        h->high = fmax(h->high, high[c]);
    }
}

/* What makes the floor of a sum of steps a rounding. */
static double half_lsb(const struct packing *p)
{
    return p->shift ? p->scale / 2 : 0;
}

/* ⌊current + half an LSB⌋; current in steps, the result in LSBs */
static double rounded_code(const struct packing *p, double current)
{
    return floor((current + half_lsb(p)) / p->scale);
}

static double clamped(const struct packing *p, double code)
{
    return fmin(fmax(code, p->layer->adc_min), p->layer->adc_max);
}

/* Whether no input gives another code than 0. */
static bool is_silent(const struct packing *p, const struct half *h)
{
    return clamped(p, rounded_code(p, h->low)) == 0 && clamped(p, rounded_code(p, h->high)) == 0;
}

/* Finds the finest steps, and the halves that matter. */
static int choose(struct packing *p, struct nax_err *err)
{
    const struct nax_submatrix *submatrix = p->submatrix;
    size_t n_planes = p->layer->unit.n_planes;
    bool is_whole = true;
    for (size_t i = 0; is_whole && i < n_planes * submatrix->n_rows * submatrix->n_cols; i++)
        is_whole = p->cells[i] == rounded(p->cells[i]);
    int octaves = (int)ceil(log2(p->layer->adc_lsb));
    int shift_max = NAX_MIN(SHIFT_MAX + NAX_MAX(octaves, 0), SHIFT_MAX_LARGE);
    int shift_min = NAX_MAX(SHIFT_MIN + NAX_MIN(octaves, 0), 0);
    for (int shift = is_whole ? 0 : shift_max;; shift--) {
        set_shift(p, shift);
        double low = 0, high = 0;
        p->n_halves = 0;
        for (size_t c = 0; c < submatrix->n_cols; c += HALF)
            for (size_t plane = 0; plane < n_planes; plane++) {
                struct half h = {plane, c, NAX_MIN(submatrix->n_cols - c, (size_t)HALF), 0, 0};
                bound(p, &h);
                if (is_silent(p, &h))
                    continue;
                p->half[p->n_halves++] = h;
                low = fmin(low, h.low);
                high = fmax(high, h.high);
            }
        if (high - low + 2 * p->scale < STEPS)
            return 0;
        if (shift <= (is_whole ? 0 : shift_min))
            return nax_err_set(err, NAX_ERR_VALUE,
                               "currents of columns reach too far to be added in 16 bits: '%s'",
                               p->layer->shape->name);
    }
}

/* Codes that can come at all; those of silent columns are 0. */
struct span {
    double low, high;
};

static struct span span_of(const struct packing *p, const struct half *h, size_t n_halves)
{
    struct span span = {0, 0};
    for (size_t k = 0; k < n_halves; k++) {
        span.low = fmin(span.low, rounded_code(p, h[k].low));
        span.high = fmax(span.high, rounded_code(p, h[k].high));
    }
    return span;
}

/* What a code of each half counts for, by the smaller one. */
static double set_ratios(const struct packing *p, const struct half *h, size_t n_halves,
                         double *ratio)
{
    double weight = nax_plane_weight(p->layer, h->plane), other = weight;
    if (n_halves > 1)
        other = nax_plane_weight(p->layer, h[1].plane);
    double least = fmin(fabs(weight), fabs(other));
    ratio[0] = weight / least;
    ratio[1] = n_halves > 1 ? other / least : 0;
    return least;
}

/* Whether weighed sums of codes fit 32 bits. */
static bool fits(const struct packing *p, const struct half *h, size_t n_halves)
{
    double ratio[2], places = 0;
    struct span span = span_of(p, h, n_halves);
    set_ratios(p, h, n_halves, ratio);
    for (int t = 0; t < p->format->n_streams; t++)
        places += ldexp(1, t * p->format->stream_bits);
    double width = clamped(p, span.high) - clamped(p, span.low);
    return fmax(fabs(ratio[0]), fabs(ratio[1])) <= RATIO_MAX &&
           width * places * (fabs(ratio[0]) + fabs(ratio[1])) < 0x1p31;
}

/* Halves of the vector that begins with half i. */
static size_t vector_halves(const struct packing *p, size_t i)
{
    const struct half *h = p->half + i;
    return i + 1 < p->n_halves && h[1].col == h->col && fits(p, h, 2) ? 2 : 1;
}

/* What the conversion of a vector's sums takes: in `start`, half an LSB and base LSBs, so that a
 * sum is never negative; codes clamped to those that can come at all. Streams 0 … part - 1 have
 * codes of at most high - low, so Σ (high - low) 2^(t · stream_bits) of them has to stay within 16
 * bits. restored[n] is Σ ± low 2^(t · stream_bits) over n streams, weighed: low was subtracted from
 * each code. */
static int set_bounds(const struct packing *p, struct lane_vector *v, const struct half *h,
                      size_t n_halves, struct nax_err *err)
{
    const struct stream_format *f = p->format;
    struct span span = span_of(p, h, n_halves);
    double ratio[2], base = -span.low; /* whole LSBs that keep sums from being negative */
    double low = clamped(p, span.low), high = clamped(p, span.high);
    v->weight = set_ratios(p, h, n_halves, ratio);
    v->col = p->submatrix->col + h->col;
    v->shift = p->shift;
    v->start = (uint16_t)(base * p->scale + half_lsb(p));
    v->is_clamped = low > span.low || high < span.high;
    v->low = (uint16_t)(low + base);
    v->high = (uint16_t)(high + base);
    double digits = 0, all = 0;
    bool is_whole = fits(p, h, n_halves);
    for (int k = 0; k < 2; k++)
        v->ratio[k] = (int16_t)ratio[k];
    for (int t = 0; is_whole && t < f->n_streams; t++) {
        if ((high - low) * (digits + ldexp(1, t * f->stream_bits)) < STEPS && v->part == t) {
            digits += ldexp(1, t * f->stream_bits);
            v->part++;
        }
        bool is_sign = f->is_signed && t == f->n_streams - 1;
        all += ldexp(is_sign ? -1 : 1, t * f->stream_bits);
        v->restored[t + 1] = (int32_t)(all * low * (ratio[0] + ratio[1]));
    }
    if (!v->part)
        return nax_err_set(err, NAX_ERR_VALUE, "codes are too wide to be added in 32 bits: '%s'",
                           p->layer->shape->name);
    return 0;
}

static void set_cells(const struct packing *p, struct lane_vector *v, const struct half *h,
                      size_t n_halves)
{
    size_t bits = (size_t)p->format->stream_bits;
    for (size_t k = 0; k < n_halves; k++)
        for (size_t r = 0; r < p->submatrix->n_rows; r++)
            for (size_t c = 0; c < h[k].n; c++) {
                int32_t cell = (int32_t)steps(p, cells_of(p, &h[k], r)[c]);
                for (size_t b = 0; b < bits; b++) /* wraps around, as the sums do */
                    v->cells[(r * bits + b) * LANES + 2 * c + k] = (uint16_t)((uint32_t)cell << b);
            }
}

static int pack(struct packed_submatrix *packed, struct packing *p, struct nax_err *err)
{
    int status = choose(p, err);
    if (status)
        return status;
    size_t n_bits = p->submatrix->n_rows * (size_t)p->format->stream_bits;
    for (size_t i = 0; i < p->n_halves; i += vector_halves(p, i))
        packed->n_vectors++;
    packed->vector = nax_calloc(packed->n_vectors + 1, sizeof *packed->vector);
    packed->cells =
        nax_aligned_calloc((packed->n_vectors + 1) * n_bits * LANES, sizeof *packed->cells);
    if (!packed->vector || !packed->cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", p->layer->shape->name);
    const struct half *h = p->half;
    for (size_t i = 0; !status && i < packed->n_vectors; i++) {
        struct lane_vector *v = &packed->vector[i];
        size_t n = vector_halves(p, (size_t)(h - p->half));
        v->cells = packed->cells + i * n_bits * LANES;
        status = set_bounds(p, v, h, n, err);
        set_cells(p, v, h, n);
        h += n;
    }
    return status;
}

struct stream_format nax_stream_format_of(const struct fixed_layer *layer)
{
    int n_passes = layer->map.n_passes, n_streams = layer->map.n_streams / n_passes;
    return (struct stream_format){.n_streams = n_streams,
                                  .n_padded = NAX_ROUND_UP(n_streams, 8),
                                  .stream_bits = layer->hardware->precision.stream_bits,
                                  .is_signed = layer->input_min < 0 && n_passes == 1};
}

int nax_packed_submatrix_alloc(struct packed_submatrix *packed, const struct fixed_layer *layer,
                               const struct stream_format *format,
                               const struct nax_submatrix *submatrix, const double *cells,
                               struct nax_err *err)
{
    *packed = (struct packed_submatrix){.submatrix = *submatrix};
    struct packing p = {.layer = layer, .format = format, .submatrix = submatrix, .cells = cells};
    p.half =
        nax_calloc(layer->unit.n_planes * NAX_CEIL_DIV(submatrix->n_cols, HALF), sizeof *p.half);
    int status =
        p.half ? pack(packed, &p, err)
               : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    free(p.half);
    if (status)
        nax_packed_submatrix_free(packed);
    return status;
}

/* Sums [LANES] of one stream, as the kernels make them. */
static void add_stream(const struct packed_submatrix *packed, const struct fixed_layer *layer,
                       const struct lane_vector *v, const int32_t *x, int stream, uint16_t *sum)
{
    int bits = layer->hardware->precision.stream_bits;
    for (size_t k = 0; k < LANES; k++)
        sum[k] = v->start;
    for (size_t r = 0; r < packed->submatrix.n_rows; r++) {
        int digit = nax_fixed_digit(layer, x[packed->submatrix.row + r], stream);
        for (int b = 0; b < bits; b++) {
            const uint16_t *cells = v->cells + (r * (size_t)bits + (size_t)b) * LANES;
            for (size_t k = 0; digit >> b & 1 && k < LANES; k++)
                sum[k] = (uint16_t)(sum[k] + cells[k]);
        }
    }
}

void nax_packed_submatrix_count(const struct packed_submatrix *packed,
                                const struct fixed_layer *layer, const int32_t *x,
                                struct conversions *conversions)
{
    const struct nax_submatrix *submatrix = &packed->submatrix;
    uint16_t sum[LANES];
    for (int t = 0; t < layer->map.n_streams; t++) {
        if (!nax_fixed_any_digit(layer, x + submatrix->row, submatrix->n_rows, t))
            continue;
        conversions->n += layer->unit.n_planes * submatrix->n_cols;
        for (size_t i = 0; i < packed->n_vectors; i++) {
            const struct lane_vector *v = &packed->vector[i];
            add_stream(packed, layer, v, x, t, sum);
            for (size_t k = 0; k < LANES; k++) {
                uint16_t code = (uint16_t)(sum[k] >> v->shift);
                conversions->n_clamped += code < v->low || code > v->high;
            }
        }
    }
}

void nax_packed_submatrix_free(struct packed_submatrix *packed)
{
    free(packed->vector);
    nax_aligned_free(packed->cells);
    *packed = (struct packed_submatrix){.n_vectors = 0};
}
