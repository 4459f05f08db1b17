/* Arrays of a layer: conductances from levels, effective conductances from the circuit solver. */
#include "arrays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t signs_n(const struct fixed_layer *layer)
{
    return layer->hardware->signs == NAX_SIGNS_OFFSET ? 1 : 2;
}

static bool is_analog(const struct fixed_layer *layer)
{
    return layer->hardware->signs == NAX_SIGNS_DIFFERENTIAL_ANALOG;
}

size_t nax_planes_n(const struct fixed_layer *layer)
{
    size_t n_slices = (size_t)nax_n_slices(&layer->hardware->precision);
    return is_analog(layer) ? n_slices : n_slices * signs_n(layer);
}

double nax_plane_weight(const struct fixed_layer *layer, size_t plane)
{
    size_t n_signs = is_analog(layer) ? 1 : signs_n(layer);
    double weight = ldexp(1, (int)(plane / n_signs) * layer->hardware->precision.slice_bits);
    return plane % n_signs ? -weight : weight;
}

static size_t chunks(size_t n, size_t size)
{
    return (n + size - 1) / size;
}

size_t nax_submatrices_n(const struct fixed_layer *layer)
{
    return chunks(layer->n_rows, layer->crossbar) * chunks(layer->n_cols, layer->crossbar);
}

struct submatrix nax_submatrix_at(const struct fixed_layer *layer, size_t i)
{
    size_t n = chunks(layer->n_cols, layer->crossbar);
    struct submatrix t = {.row = i / n * layer->crossbar, .col = i % n * layer->crossbar};
    t.n_rows = NAX_MIN(layer->n_rows - t.row, layer->crossbar);
    t.n_cols = NAX_MIN(layer->n_cols - t.col, layer->crossbar);
    return t;
}

static size_t tile_index(const struct fixed_layer *layer, const struct submatrix *submatrix)
{
    size_t n = chunks(layer->n_cols, layer->crossbar);
    return submatrix->row / layer->crossbar * n + submatrix->col / layer->crossbar;
}

size_t nax_array_cols(const struct fixed_layer *layer)
{
    return layer->crossbar + (layer->hardware->adc.zero == NAX_ADC_ZERO_REFERENCE);
}

/* Conductance of one level. */
static double level_siemens(const struct nax_hardware *h)
{
    double on = 1 / h->device.r_on_ohm, off = 1 / h->device.r_off_ohm;
    return (on - off) / ((1 << h->precision.slice_bits) - 1);
}

double nax_lsb_siemens(const struct fixed_layer *layer)
{
    return level_siemens(layer->hardware) * layer->adc_gain;
}

int nax_array_slice(const struct fixed_layer *layer, size_t a)
{
    return (int)(a / signs_n(layer));
}

int nax_array_sign(const struct fixed_layer *layer, size_t a)
{
    return (int)(a % signs_n(layer));
}

/* Fills g [N][nax_array_cols] with the conductances that one array of a submatrix is to hold.
 * Returns whether every cell is at level 0. */
static bool set_levels(const struct fixed_layer *layer, const struct submatrix *submatrix,
                       int slice, int sign, double *g_siemens)
{
    const struct nax_hardware *h = layer->hardware;
    size_t n_cols = nax_array_cols(layer), n = layer->crossbar;
    double off = 1 / h->device.r_off_ohm, step = level_siemens(h);
    double unused = h->unused == NAX_UNUSED_OPEN ? 0 : off;
    bool is_off = true;
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n_cols; c++) {
            double *g = &g_siemens[r * n_cols + c];
            bool is_row_used = r < submatrix->n_rows;
            if (is_row_used && c < submatrix->n_cols) {
                int level =
                    nax_fixed_level(layer, submatrix->row + r, submatrix->col + c, slice, sign);
                is_off = is_off && !level;
                *g = off + level * step;
            } else {
                *g = is_row_used && c == n ? off : unused;
            }
        }
    return is_off;
}

static bool is_exact(const struct nax_programming *p)
{
    return p->error == NAX_PROGRAM_EXACT && p->drift == NAX_DRIFT_NONE &&
           p->stuck_on_frac + p->stuck_off_frac == 0;
}

int nax_arrays_alloc(struct arrays *arrays, const struct fixed_layer *layer,
                     const struct chip *chip, struct nax_err *err)
{
    *arrays = (struct arrays){.layer = layer, .chip = *chip};
    size_t n_arrays = (size_t)nax_arrays_per_unit(layer->hardware);
    if (nax_array_cols(layer) > NAX_XBAR_SIDE_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "crossbars of %zu are too large to solve: '%s'",
                           layer->crossbar, layer->shape->name);
    size_t size = layer->crossbar * nax_array_cols(layer);
    arrays->g_siemens = nax_calloc(n_arrays * size, sizeof(double));
    arrays->w_siemens = nax_calloc(n_arrays * size, sizeof(double));
    arrays->off_siemens = nax_calloc(size, sizeof(double));
    if (arrays->g_siemens && arrays->w_siemens && arrays->off_siemens)
        return 0;
    nax_arrays_free(arrays);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
}

void nax_arrays_free(struct arrays *arrays)
{
    free(arrays->g_siemens);
    free(arrays->w_siemens);
    free(arrays->off_siemens);
    *arrays = (struct arrays){.layer = arrays->layer};
}

/* The current of an array's column that stands for zero, per volt on row r. */
static double zero_siemens(const struct fixed_layer *layer, const double *w, size_t r)
{
    if (layer->hardware->adc.zero == NAX_ADC_ZERO_REFERENCE)
        return w[r * nax_array_cols(layer) + layer->crossbar];
    return 1 / layer->hardware->device.r_off_ohm;
}

static void add_cells(const struct fixed_layer *layer, const struct submatrix *submatrix,
                      const double *w, double sign, double *cells)
{
    double lsb = nax_lsb_siemens(layer);
    for (size_t r = 0; r < submatrix->n_rows; r++) {
        double zero = zero_siemens(layer, w, r);
        for (size_t c = 0; c < submatrix->n_cols; c++)
            cells[r * submatrix->n_cols + c] +=
                sign * (w[r * nax_array_cols(layer) + c] - zero) / lsb;
    }
}

void nax_submatrix_cells_ideal(const struct fixed_layer *layer, const struct submatrix *submatrix,
                               double *cells)
{
    size_t n_planes = nax_planes_n(layer);
    size_t size = submatrix->n_rows * submatrix->n_cols;
    memset(cells, 0, n_planes * size * sizeof *cells);
    for (size_t a = 0; a < (size_t)nax_arrays_per_unit(layer->hardware); a++) {
        int slice = nax_array_slice(layer, a), sign = nax_array_sign(layer, a);
        double *to = cells + (is_analog(layer) ? (size_t)slice : a) * size;
        for (size_t r = 0; r < submatrix->n_rows; r++)
            for (size_t c = 0; c < submatrix->n_cols; c++) {
                int level =
                    nax_fixed_level(layer, submatrix->row + r, submatrix->col + c, slice, sign);
                to[r * submatrix->n_cols + c] += is_analog(layer) && sign ? -level : level;
            }
    }
}

/* Whether the array without levels of one submatrix is that of the other. */
static bool is_alike(const struct fixed_layer *layer, const struct submatrix *a,
                     const struct submatrix *b)
{
    return b->n_rows && (layer->hardware->unused == NAX_UNUSED_OFF ||
                         (a->n_rows == b->n_rows && a->n_cols == b->n_cols));
}

static int solve(struct arrays *arrays, const struct submatrix *submatrix, const bool *is_off,
                 struct nax_err *err)
{
    const struct fixed_layer *layer = arrays->layer;
    size_t n_arrays = (size_t)nax_arrays_per_unit(layer->hardware), n = 0;
    size_t n_cols = nax_array_cols(layer), size = layer->crossbar * n_cols;
    struct nax_xbar xbar[ARRAYS_MAX];
    double *w_eff[ARRAYS_MAX];
    bool has_off = is_alike(layer, submatrix, &arrays->off_submatrix);
    for (size_t a = 0; a < n_arrays; a++) {
        if (is_off[a] && has_off)
            continue;
        w_eff[n] = is_off[a] ? arrays->off_siemens : arrays->w_siemens + a * size;
        xbar[n++] = nax_xbar_of_device(&layer->hardware->device, layer->crossbar, n_cols,
                                       arrays->g_siemens + a * size);
        if (is_off[a]) {
            has_off = true;
            arrays->off_submatrix = *submatrix;
        }
    }
    return n ? nax_xbar_matrices(xbar, n, NULL, w_eff, NULL, err) : 0;
}

int nax_array_program(const struct fixed_layer *layer, const struct chip *chip,
                      const struct submatrix *submatrix, size_t a, double *g_siemens, bool *is_off,
                      struct nax_err *err)
{
    const struct nax_device *device = &layer->hardware->device;
    size_t n_arrays = (size_t)nax_arrays_per_unit(layer->hardware);
    struct nax_program_key key = {chip->seed, chip->chip, chip->layer,
                                  tile_index(layer, submatrix) * n_arrays + a};
    *is_off = set_levels(layer, submatrix, nax_array_slice(layer, a), nax_array_sign(layer, a),
                         g_siemens) &&
              is_exact(&device->programming);
    int status = nax_program(device, chip->cells, &key, layer->crossbar * nax_array_cols(layer),
                             g_siemens, g_siemens, err);
    return status ? nax_err_prefix(err, "layer '%s'", layer->shape->name) : 0;
}

int nax_submatrix_cells(struct arrays *arrays, const struct submatrix *submatrix, double *cells,
                        struct nax_err *err)
{
    const struct fixed_layer *layer = arrays->layer;
    size_t n_signs = signs_n(layer), n_arrays = (size_t)nax_arrays_per_unit(layer->hardware);
    size_t size = layer->crossbar * nax_array_cols(layer),
           n_tile = submatrix->n_rows * submatrix->n_cols;
    bool is_off[ARRAYS_MAX] = {false};
    int status = 0;
    for (size_t a = 0; !status && a < n_arrays; a++)
        status = nax_array_program(layer, &arrays->chip, submatrix, a, arrays->g_siemens + a * size,
                                   &is_off[a], err);
    if (status)
        return status;
    status = solve(arrays, submatrix, is_off, err);
    if (status)
        return nax_err_prefix(err, "layer '%s'", layer->shape->name);
    memset(cells, 0, nax_planes_n(layer) * n_tile * sizeof *cells);
    for (size_t a = 0; a < n_arrays; a++) {
        double *to = cells + (is_analog(layer) ? a / n_signs : a) * n_tile;
        arrays->solved[a] = is_off[a] ? arrays->off_siemens : arrays->w_siemens + a * size;
        add_cells(layer, submatrix, arrays->solved[a], is_analog(layer) && a % n_signs ? -1 : 1,
                  to);
    }
    return 0;
}

int nax_range_calibrate(struct fixed_layer *layer, struct arrays *arrays, struct nax_err *err)
{
    struct submatrix submatrix = nax_submatrix_at(layer, 0);
    size_t n_planes = nax_planes_n(layer), n_max = n_planes * submatrix.n_rows * submatrix.n_cols;
    if (layer->hardware->adc.range != NAX_ADC_RANGE_CALIBRATED)
        return 0;
    double *cells = nax_calloc(2 * n_max, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    double *ideal = cells + n_max;
    double both = 0, square = 0;
    int status = 0;
    for (size_t i = 0; !status && i < nax_submatrices_n(layer); i++) {
        submatrix = nax_submatrix_at(layer, i);
        nax_submatrix_cells_ideal(layer, &submatrix, ideal);
        status = nax_submatrix_cells(arrays, &submatrix, cells, err);
        for (size_t k = 0; k < n_planes * submatrix.n_rows * submatrix.n_cols; k++) {
            both += cells[k] * ideal[k];
            square += ideal[k] * ideal[k];
        }
    }
    if (!status && both > 0)
        layer->adc_gain = both / square;
    free(cells);
    return status;
}
