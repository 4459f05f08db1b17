/* Effective conductances of a unit's arrays from the circuit solver, as counts of the ADC. */
#include "solved.h"

#include <stdlib.h>
#include <string.h>

enum { KEPT_BYTES = 1 << 26 }; /* of a layer's submatrices */

int nax_solved_unit_alloc(struct solved_unit *solved, const struct fixed_layer *layer,
                          const struct chip *chip, struct nax_err *err)
{
    *solved = (struct solved_unit){.layer = layer, .chip = *chip};
    size_t n_arrays = layer->unit.n_arrays;
    if (layer->unit.array_cols > NAX_XBAR_SIDE_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "crossbars of %zu are too large to solve: '%s'",
                           layer->unit.crossbar, layer->shape->name);
    size_t size = layer->unit.crossbar * layer->unit.array_cols;
    solved->g_siemens = nax_calloc(n_arrays * size, sizeof(double));
    solved->w_siemens = nax_calloc(n_arrays * size, sizeof(double));
    solved->off_siemens = nax_calloc(size, sizeof(double));
    solved->kept = nax_calloc(layer->map.n_units, sizeof *solved->kept);
    if (solved->g_siemens && solved->w_siemens && solved->off_siemens && solved->kept)
        return 0;
    nax_solved_unit_free(solved);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
}

void nax_solved_unit_free(struct solved_unit *solved)
{
    free(solved->g_siemens);
    free(solved->w_siemens);
    free(solved->off_siemens);
    for (size_t i = 0; solved->kept && i < solved->layer->map.n_units; i++)
        free(solved->kept[i]);
    free(solved->kept);
    *solved = (struct solved_unit){.layer = solved->layer};
}

/* [n_arrays][N][array_cols] */
static size_t n_conductances(const struct fixed_layer *layer)
{
    return layer->unit.n_arrays * layer->unit.crossbar * layer->unit.array_cols;
}

void nax_solved_unit_keep(struct solved_unit *solved)
{
    solved->n_kept = KEPT_BYTES / sizeof(double) / n_conductances(solved->layer);
}

double nax_lsb_siemens(const struct fixed_layer *layer)
{
    return nax_level_step_siemens(layer->hardware) * layer->adc_lsb;
}

/* The current of an array's column that stands for zero, per volt on row r. */
static double zero_siemens(const struct fixed_layer *layer, const double *w, size_t r)
{
    const struct nax_unit *unit = &layer->unit;
    return unit->has_reference ? w[r * unit->array_cols + unit->crossbar]
                               : 1 / layer->hardware->device.r_off_ohm;
}

static void add_cells(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                      const double *w, double sign, double *cells)
{
    double lsb = nax_lsb_siemens(layer);
    for (size_t r = 0; r < submatrix->n_rows; r++) {
        double zero = zero_siemens(layer, w, r);
        for (size_t c = 0; c < submatrix->n_cols; c++)
            cells[r * submatrix->n_cols + c] +=
                sign * (w[r * layer->unit.array_cols + c] - zero) / lsb;
    }
}

void nax_submatrix_cells_ideal(const struct fixed_layer *layer,
                               const struct nax_submatrix *submatrix, double *cells)
{
    const struct nax_unit *unit = &layer->unit;
    size_t size = submatrix->n_rows * submatrix->n_cols;
    double lsb = layer->adc_lsb;
    memset(cells, 0, unit->n_planes * size * sizeof *cells);
    for (size_t a = 0; a < unit->n_arrays; a++) {
        int slice = nax_array_slice(unit, a), sign = nax_array_sign(unit, a);
        double *to = cells + a / unit->arrays_per_plane * size;
        for (size_t r = 0; r < submatrix->n_rows; r++)
            for (size_t c = 0; c < submatrix->n_cols; c++) {
                int level =
                    nax_fixed_level(layer, submatrix->row + r, submatrix->col + c, slice, sign);
                to[r * submatrix->n_cols + c] += nax_array_plane_sign(unit, a) * level / lsb;
            }
    }
}

/* Whether the array without levels of submatrix a is b's, of which what b uses is solved. */
static bool is_alike(const struct fixed_layer *layer, const struct nax_submatrix *a,
                     const struct nax_submatrix *b)
{
    if (nax_unused_row(layer->hardware)->is_open)
        return a->n_rows == b->n_rows && a->n_cols == b->n_cols;
    return a->n_rows <= b->n_rows && a->n_cols <= b->n_cols;
}

/* Programs and solves: w [n_arrays][N][array_cols] */
static int solve(struct solved_unit *solved, const struct nax_submatrix *submatrix, double *w,
                 struct nax_err *err)
{
    const struct fixed_layer *layer = solved->layer;
    size_t n_cols = layer->unit.array_cols, size = layer->unit.crossbar * n_cols, n = 0;
    struct nax_xbar xbar[ARRAYS_MAX];
    double *w_eff[ARRAYS_MAX];
    bool is_off[ARRAYS_MAX], has_off = is_alike(layer, submatrix, &solved->off_submatrix);
    for (size_t a = 0; a < layer->unit.n_arrays; a++) {
        double *g = solved->g_siemens + a * size;
        is_off[a] = nax_array_program(layer, &solved->chip, submatrix, a, g);
        if (is_off[a] && has_off)
            continue;
        w_eff[n] = is_off[a] ? solved->off_siemens : w + a * size;
        xbar[n++] = nax_xbar_of_device(&layer->hardware->device, layer->unit.crossbar, n_cols, g);
        if (is_off[a]) {
            has_off = true;
            solved->off_submatrix = *submatrix;
        }
    }
    const struct nax_xbar_options used = {.n_rows = submatrix->n_rows,
                                          .n_cols = submatrix->n_cols,
                                          .has_last_col = layer->unit.has_reference};
    int status = n ? nax_xbar_matrices(xbar, n, &used, w_eff, NULL, err) : 0;
    for (size_t a = 0; !status && a < layer->unit.n_arrays; a++)
        if (is_off[a])
            memcpy(w + a * size, solved->off_siemens, size * sizeof *w);
    return status ? nax_err_prefix(err, "layer '%s'", layer->shape->name) : 0;
}

/* w: [n_arrays][N][array_cols] of the submatrix, kept or solved. */
static int take(struct solved_unit *solved, const struct nax_submatrix *submatrix, double **w,
                struct nax_err *err)
{
    size_t i = nax_submatrix_index(&solved->layer->map, submatrix);
    double **kept = i < solved->n_kept ? &solved->kept[i] : NULL;
    *w = kept && *kept ? *kept : solved->w_siemens;
    if (kept && *kept)
        return 0;
    int status = solve(solved, submatrix, *w, err);
    if (status || !kept)
        return status;
    *kept = nax_calloc(n_conductances(solved->layer), sizeof **kept);
    if (!*kept)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'",
                           solved->layer->shape->name);
    memcpy(*kept, *w, n_conductances(solved->layer) * sizeof **w);
    return 0;
}

int nax_submatrix_cells(struct solved_unit *solved, const struct nax_submatrix *submatrix,
                        double *cells, struct nax_err *err)
{
    const struct fixed_layer *layer = solved->layer;
    size_t size = layer->unit.crossbar * layer->unit.array_cols;
    size_t n_cells = submatrix->n_rows * submatrix->n_cols;
    double *w;
    int status = take(solved, submatrix, &w, err);
    if (status)
        return status;
    memset(cells, 0, layer->unit.n_planes * n_cells * sizeof *cells);
    for (size_t a = 0; a < layer->unit.n_arrays; a++) {
        solved->effective[a] = w + a * size;
        add_cells(layer, submatrix, solved->effective[a], nax_array_plane_sign(&layer->unit, a),
                  cells + a / layer->unit.arrays_per_plane * n_cells);
    }
    return 0;
}

int nax_solved_gain(const struct fixed_layer *layer, struct solved_unit *solved, double *gain,
                    struct nax_err *err)
{
    struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, 0);
    size_t n_planes = layer->unit.n_planes, n_max = n_planes * submatrix.n_rows * submatrix.n_cols;
    double *cells = nax_calloc(2 * n_max, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    double *ideal = cells + n_max;
    double both = 0, square = 0;
    int status = 0;
    for (size_t i = 0; !status && i < layer->map.n_units; i++) {
        submatrix = nax_submatrix_at(&layer->map, i);
        nax_submatrix_cells_ideal(layer, &submatrix, ideal);
        status = nax_submatrix_cells(solved, &submatrix, cells, err);
        for (size_t k = 0; k < n_planes * submatrix.n_rows * submatrix.n_cols; k++) {
            both += cells[k] * ideal[k];
            square += ideal[k] * ideal[k];
        }
    }
    *gain = both > 0 ? both / square : 1;
    free(cells);
    return status;
}
