/* Noisy reads: one GEMM for the currents of all arrays of a submatrix in a stream, one for their
 * variances, since cells' errors are independent and, of each cell, in proportion to its current.
 */
#include "reads.h"
#include "../base/blas.h"
#include "effective.h"
#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 }; /* positions multiplied at once */

struct work {
    double *image;   /* [h_in][w_in][c_in] in fixed point */
    double *patches; /* [BLOCK][n_rows] */
    double *inputs;  /* [BLOCK][groups] sums of a position's */
    double *sum;     /* [BLOCK][n_cols] */
    uint64_t *key;   /* [BLOCK] where a position's normal numbers begin */
    float *digit;    /* [BLOCK][N] of one stream */
    float *square;   /* [BLOCK][N] */
    float *current;  /* [BLOCK][n_planes][N] */
    float *variance; /* [BLOCK][n_arrays][N, and one] */
};

static size_t width_of(const struct reads *reads, const struct nax_submatrix *submatrix)
{
    return submatrix->n_cols + reads->layer->unit.has_reference;
}

static void *cut(char **at, size_t bytes)
{
    void *p = *at;
    *at += nax_padded(bytes);
    return p;
}

static char *work_cut(const struct reads *reads, char *at, struct work *w)
{
    const struct fixed_layer *l = reads->layer;
    size_t n = l->unit.crossbar, image = l->shape->h_in * l->shape->w_in * l->shape->c_in;
    w->image = cut(&at, image * sizeof *w->image);
    w->patches = cut(&at, BLOCK * l->map.n_rows * sizeof *w->patches);
    w->inputs = cut(&at, BLOCK * l->shape->groups * sizeof *w->inputs);
    w->sum = cut(&at, BLOCK * l->map.n_cols * sizeof *w->sum);
    w->key = cut(&at, BLOCK * sizeof *w->key);
    w->digit = cut(&at, BLOCK * n * sizeof *w->digit);
    w->square = cut(&at, BLOCK * n * sizeof *w->square);
    w->current = cut(&at, BLOCK * n * l->unit.n_planes * sizeof *w->current);
    w->variance = cut(&at, BLOCK * (n + 1) * l->unit.n_arrays * sizeof *w->variance);
    return at;
}

size_t nax_reads_scratch_size(const struct reads *reads)
{
    struct work w;
    return (size_t)(uintptr_t)work_cut(reads, NULL, &w);
}

/* Digits of one stream; returns whether any is not 0. */
static bool set_digits(const struct reads *reads, const struct nax_submatrix *submatrix, size_t n,
                       int stream, struct work *w)
{
    const struct fixed_layer *l = reads->layer;
    bool any = false;
    for (size_t p = 0; p < n; p++)
        for (size_t r = 0; r < submatrix->n_rows; r++) {
            int digit = nax_fixed_digit(
                l, (int32_t)w->patches[p * l->map.n_rows + submatrix->row + r], stream);
            w->digit[p * submatrix->n_rows + r] = (float)digit;
            w->square[p * submatrix->n_rows + r] = (float)(digit * digit);
            any = any || digit;
        }
    return any;
}

/* current [n_planes][n_cols] += errors of the arrays that each plane is converted from */
static void add_errors(const struct reads *reads, const struct nax_submatrix *submatrix,
                       const float *variance, const float *normal, float *current)
{
    const struct nax_unit *unit = &reads->layer->unit;
    size_t width = width_of(reads, submatrix);
    for (size_t a = 0; a < unit->n_arrays; a++, variance += width, normal += width) {
        float *to = current + a / unit->arrays_per_plane * submatrix->n_cols;
        float zero = unit->has_reference
                         ? sqrtf(variance[submatrix->n_cols]) * normal[submatrix->n_cols]
                         : 0;
        float sign = (float)nax_array_plane_sign(unit, a);
        for (size_t c = 0; c < submatrix->n_cols; c++)
            to[c] += sign * (sqrtf(variance[c]) * normal[c] - zero);
    }
}

static void add_codes(const struct reads *reads, const struct nax_submatrix *submatrix,
                      double weight, const float *current, double *sum)
{
    const struct fixed_layer *l = reads->layer;
    float low = (float)l->adc_min, high = (float)l->adc_max;
    for (size_t p = 0; p < l->unit.n_planes; p++, current += submatrix->n_cols) {
        double of_plane = weight * nax_plane_weight(l, p);
        for (size_t c = 0; c < submatrix->n_cols; c++) {
            float code = floorf(current[c] + 0.5F);
            code = code < low ? low : code;
            code = code > high ? high : code;
            sum[submatrix->col + c] += of_plane * (double)code;
        }
    }
}

/* One stream of one submatrix; `use` counts them, so that none reads the same normal numbers. */
static void run_stream(const struct reads *reads, const struct noisy_submatrix *t, size_t n,
                       int stream, uint64_t use, struct work *w)
{
    const struct fixed_layer *l = reads->layer;
    const struct nax_submatrix *submatrix = &t->submatrix;
    size_t n_current = l->unit.n_planes * submatrix->n_cols;
    size_t n_variance = l->unit.n_arrays * width_of(reads, submatrix);
    nax_sgemm(false, false, n, n_current, submatrix->n_rows, w->digit, submatrix->n_rows, t->cells,
              n_current, 0, w->current, n_current);
    nax_sgemm(false, false, n, n_variance, submatrix->n_rows, w->square, submatrix->n_rows,
              t->squares, n_variance, 0, w->variance, n_variance);
    for (size_t p = 0; p < n; p++) {
        /* Weyl's sequence from the position's key on: its upper bits spread evenly */
        size_t at = (size_t)((w->key[p] + use * 0x9e3779b97f4a7c15U) >> 32) % NAX_NORMALS;
        add_errors(reads, submatrix, w->variance + p * n_variance, reads->normals + at,
                   w->current + p * n_current);
        add_codes(reads, submatrix, (double)nax_fixed_stream_weight(l, stream),
                  w->current + p * n_current, w->sum + p * l->map.n_cols);
    }
}

static void run_block(const struct reads *reads, size_t n, struct work *w, float *y)
{
    const struct fixed_layer *l = reads->layer;
    memset(w->sum, 0, n * l->map.n_cols * sizeof *w->sum);
    for (size_t i = 0; i < n * l->shape->groups; i++) {
        w->inputs[i] = 0;
        for (size_t r = 0; r < l->map.group_rows; r++)
            w->inputs[i] += w->patches[i * l->map.group_rows + r];
    }
    for (size_t i = 0; i < l->map.n_units; i++)
        for (int t = 0; t < l->map.n_streams; t++)
            if (set_digits(reads, &reads->submatrix[i].submatrix, n, t, w))
                run_stream(reads, &reads->submatrix[i], n, t,
                           i * (size_t)l->map.n_streams + (size_t)t, w);
    for (size_t i = 0; i < n * l->map.n_cols; i++)
        y[i] = (float)nax_fixed_output(l, w->sum[i], w->inputs[i / l->map.group_cols]);
}

int nax_reads_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                      void *scratch)
{
    const struct reads *reads = self;
    const struct fixed_layer *l = reads->layer;
    const struct nax_layer *s = l->shape;
    size_t n_in = s->h_in * s->w_in * s->c_in, n_positions = s->h_out * s->w_out;
    struct work w;
    work_cut(reads, scratch, &w);
    for (size_t b = 0; b < n; b++) {
        nax_fixed_inputs(l, n_in, x + b * n_in, w.image);
        for (size_t first = 0; first < n_positions; first += BLOCK) {
            size_t m = NAX_MIN(n_positions - first, (size_t)BLOCK);
            for (size_t p = 0; p < m; p++) {
                uint64_t place[] = {reads->chip.chip, reads->chip.layer, image + b, first + p};
                w.key[p] = nax_hash(reads->chip.seed, place, sizeof place);
            }
            nax_patches_unfold(s, w.image, first, m, w.patches);
            run_block(reads, m, &w, y + (b * n_positions + first) * s->c_out);
        }
    }
    return 0;
}

/* squares of array `a` of the submatrix that was asked for last: a cell's error is of its current
 * what that of its conductance is of that. held, target [N][array_cols]: room for what cells hold
 * and were to hold. */
static void set_squares(const struct reads *reads, const struct solved_unit *solved, size_t a,
                        double *held, double *target, struct noisy_submatrix *to)
{
    const struct fixed_layer *l = reads->layer;
    const struct nax_device *device = &l->hardware->device;
    const struct nax_read_noise_law *law = nax_read_noise_law(device);
    size_t n_cols = l->unit.array_cols, width = width_of(reads, &to->submatrix);
    nax_array_program(l, &reads->chip, &to->submatrix, a, held);
    nax_array_targets(l, &to->submatrix, a, target);
    for (size_t r = 0; r < to->submatrix.n_rows; r++)
        for (size_t c = 0; c < width; c++) {
            size_t i = r * n_cols + (c < to->submatrix.n_cols ? c : l->unit.crossbar);
            double frac = held[i] > 0 ? law->sd_siemens(device, target[i], held[i]) / held[i] : 0;
            double error = frac * solved->effective[a][i] / nax_lsb_siemens(l);
            to->squares[(r * l->unit.n_arrays + a) * width + c] = (float)(error * error);
        }
}

void nax_reads_count(const struct reads *reads, const int32_t *x, struct conversions *conversions)
{
    const struct fixed_layer *l = reads->layer;
    for (size_t i = 0; i < l->map.n_units; i++) {
        const struct noisy_submatrix *to = &reads->submatrix[i];
        const struct nax_submatrix *submatrix = &to->submatrix;
        size_t width = l->unit.n_planes * submatrix->n_cols;
        for (int t = 0; t < l->map.n_streams; t++) {
            if (!nax_fixed_any_digit(l, x + submatrix->row, submatrix->n_rows, t))
                continue;
            conversions->n += width;
            for (size_t k = 0; k < width; k++) {
                double current = 0;
                for (size_t r = 0; r < submatrix->n_rows; r++)
                    current += (double)to->cells[r * width + k] *
                               nax_fixed_digit(l, x[submatrix->row + r], t);
                double code = floor(current + 0.5);
                conversions->n_clamped += code < l->adc_min || code > l->adc_max;
            }
        }
    }
}

static int noisy_submatrix_set(const struct reads *reads, struct noisy_submatrix *to,
                               struct solved_unit *solved, const struct effective *effective,
                               double *cells, double *held, double *target, struct nax_err *err)
{
    const struct fixed_layer *l = reads->layer;
    const struct nax_submatrix *submatrix = &to->submatrix;
    size_t n_planes = l->unit.n_planes, n_arrays = l->unit.n_arrays,
           width = width_of(reads, submatrix);
    int status = nax_submatrix_cells(solved, submatrix, cells, err);
    if (status)
        return status;
    if (effective->weight)
        nax_submatrix_fold(l, submatrix, cells, effective);
    to->cells = nax_calloc(submatrix->n_rows * n_planes * submatrix->n_cols, sizeof *to->cells);
    to->squares = nax_calloc(submatrix->n_rows * n_arrays * width, sizeof *to->squares);
    if (!to->cells || !to->squares)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", l->shape->name);
    for (size_t r = 0; r < submatrix->n_rows; r++)
        for (size_t p = 0; p < n_planes; p++)
            for (size_t c = 0; c < submatrix->n_cols; c++)
                to->cells[(r * n_planes + p) * submatrix->n_cols + c] =
                    (float)cells[(p * submatrix->n_rows + r) * submatrix->n_cols + c];
    for (size_t a = 0; a < n_arrays; a++)
        set_squares(reads, solved, a, held, target, to);
    return 0;
}

int nax_reads_alloc(struct reads *reads, struct solved_unit *solved, const struct effective *to,
                    struct nax_err *err)
{
    const struct fixed_layer *layer = solved->layer;
    const struct nax_unit *unit = &layer->unit;
    *reads = (struct reads){.layer = layer, .chip = solved->chip};
    struct nax_submatrix largest = nax_submatrix_at(&layer->map, 0);
    double *cells = nax_calloc(unit->n_planes * largest.n_rows * largest.n_cols, sizeof *cells);
    double *held = nax_calloc(unit->crossbar * unit->array_cols, sizeof *held);
    double *target = nax_calloc(unit->crossbar * unit->array_cols, sizeof *target);
    reads->submatrix = nax_calloc(layer->map.n_units, sizeof *reads->submatrix);
    reads->normals = nax_normals_alloc(reads->chip.seed, unit->n_arrays * unit->array_cols);
    int status = 0;
    if (!cells || !held || !target || !reads->submatrix || !reads->normals)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    for (size_t i = 0; !status && i < layer->map.n_units; i++) {
        reads->submatrix[i].submatrix = nax_submatrix_at(&layer->map, i);
        status =
            noisy_submatrix_set(reads, &reads->submatrix[i], solved, to, cells, held, target, err);
    }
    free(cells);
    free(held);
    free(target);
    if (status)
        nax_reads_free(reads);
    return status;
}

void nax_reads_free(struct reads *reads)
{
    for (size_t i = 0; reads->submatrix && i < reads->layer->map.n_units; i++) {
        free(reads->submatrix[i].cells);
        free(reads->submatrix[i].squares);
    }
    free(reads->submatrix);
    free(reads->normals);
    reads->submatrix = NULL;
    reads->normals = NULL;
}
