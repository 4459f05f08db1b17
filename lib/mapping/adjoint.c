/* Gradients through wires: from effective weights to the weights that were programmed.
 *
 * The derivatives by the conductances of the top slice stand for all: a weight that moves by more
 * than lower slices hold moves their levels around once or more, at no net change, and the top
 * slice's for good. A level moves the conductance, programming errors or not (straight through
 * them). In units of levels the factors of slice, step and LSB cancel, save what the ADC's range
 * gives back.
 */
#include "adjoint.h"

#include <stdlib.h>
#include <string.h>

/* dl_dw [N][array_cols] by the effective conductances, in the units of the weights' gradient;
 * the column that stands for zero is subtracted from all others. */
static void spread(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                   const float *gradient, double *dl_dw)
{
    size_t n_cols = layer->unit.array_cols;
    memset(dl_dw, 0, layer->unit.crossbar * n_cols * sizeof *dl_dw);
    for (size_t r = 0; r < submatrix->n_rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < submatrix->n_cols; c++) {
            size_t i = nax_map_weight_at(&layer->map, submatrix->row + r, submatrix->col + c);
            if (i != SIZE_MAX)
                sum += dl_dw[r * n_cols + c] =
                    (double)gradient[i] * layer->adc_unit / layer->adc_lsb;
        }
        if (layer->unit.has_reference)
            dl_dw[r * n_cols + layer->unit.crossbar] = -sum;
    }
}

/* workspace: [3][N][array_cols] */
static int submatrix_adjoint(const struct fixed_layer *layer, const struct chip *chip,
                             const struct nax_submatrix *submatrix, double *workspace,
                             float *gradient, struct nax_err *err)
{
    const struct nax_device *device = &layer->hardware->device;
    size_t n_cols = layer->unit.array_cols, size = layer->unit.crossbar * n_cols;
    size_t n_arrays = layer->unit.n_arrays;
    double *dl_dw = workspace, *dl_dg = dl_dw + size, *g_siemens = dl_dg + size;
    int top = nax_array_slice(&layer->unit, n_arrays - 1), status = 0;
    spread(layer, submatrix, gradient, dl_dw);
    for (size_t a = 0; !status && a < n_arrays; a++) {
        if (nax_array_slice(&layer->unit, a) != top)
            continue;
        nax_array_program(layer, chip, submatrix, a, g_siemens);
        struct nax_xbar xbar = nax_xbar_of_device(device, layer->unit.crossbar, n_cols, g_siemens);
        status = nax_xbar_gradient(&xbar, NULL, dl_dw, dl_dg, err);
        for (size_t r = 0; !status && r < submatrix->n_rows; r++)
            for (size_t c = 0; c < submatrix->n_cols; c++) {
                size_t i = nax_map_weight_at(&layer->map, submatrix->row + r, submatrix->col + c);
                if (i == SIZE_MAX)
                    continue;
                bool is_negative = nax_fixed_offset(layer) == 0 && layer->weight[i] < 0;
                if (is_negative == (nax_array_sign(&layer->unit, a) == 1))
                    gradient[i] = (float)dl_dg[r * n_cols + c];
            }
    }
    return status;
}

int nax_layer_adjoint(const struct fixed_layer *layer, const struct chip *chip, float *gradient,
                      struct nax_err *err)
{
    size_t size = layer->unit.crossbar * layer->unit.array_cols;
    int status = 0;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t i = 0; i < layer->map.n_units; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, i);
        struct nax_err own = {0};
        double *workspace = nax_calloc(3 * size, sizeof *workspace);
        if (workspace ? submatrix_adjoint(layer, chip, &submatrix, workspace, gradient, &own)
                      : nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: 'gradient'"))
            nax_err_keep_first(&status, err, &own);
        free(workspace);
    }
    return status ? nax_err_prefix(err, "layer '%s'", layer->shape->name) : 0;
}
