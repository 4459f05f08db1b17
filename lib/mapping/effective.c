/* Effective weights: all planes of a submatrix folded into the matrix that they multiply by. */
#include "effective.h"
#include "coupled.h"
#include "nax/mapping.h"

#include <stdlib.h>

void nax_submatrix_fold(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                        const double *cells, const struct effective *to)
{
    double *coupled = to->coupled ? to->coupled + nax_coupled_at(&layer->map, submatrix) : NULL;
    for (size_t r = 0; r < submatrix->n_rows; r++)
        for (size_t c = 0; c < submatrix->n_cols; c++) {
            size_t at = nax_map_weight_at(&layer->map, submatrix->row + r, submatrix->col + c);
            double sum = 0;
            for (size_t p = 0; p < layer->unit.n_planes; p++)
                sum += nax_plane_weight(layer, p) *
                       cells[(p * submatrix->n_rows + r) * submatrix->n_cols + c];
            sum *= layer->adc_unit;
            if (at != SIZE_MAX) { /* the offset is subtracted by the inputs of the group */
                sum -= (double)nax_fixed_offset(layer);
                to->weight[at] = (float)(sum * layer->weight_step);
            }
            if (coupled)
                coupled[r * submatrix->n_cols + c] = sum * layer->weight_step;
        }
}

int nax_effective_fill(const struct fixed_layer *layer, const struct chip *chip,
                       const struct effective *to, struct nax_err *err)
{
    struct solved_unit solved;
    struct nax_submatrix submatrix = nax_submatrix_at(&layer->map, 0);
    double *cells =
        nax_calloc(layer->unit.n_planes * submatrix.n_rows * submatrix.n_cols, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->shape->name);
    int status = nax_solved_unit_alloc(&solved, layer, chip, err);
    for (size_t i = 0; !status && i < layer->map.n_units; i++) {
        submatrix = nax_submatrix_at(&layer->map, i);
        status = nax_submatrix_cells(&solved, &submatrix, cells, err);
        if (!status)
            nax_submatrix_fold(layer, &submatrix, cells, to);
    }
    nax_solved_unit_free(&solved);
    free(cells);
    return status;
}

int nax_effective_weights(const struct nax_mapping *mapping, const struct nax_layer *shape,
                          size_t layer, int64_t crossbar, const float *weight, float *effective,
                          struct nax_err *err)
{
    struct chip chip = {mapping->seed, mapping->chip, layer};
    struct fixed_layer fixed;
    int status = nax_fixed_layer_alloc(&fixed, shape, mapping->hardware, crossbar, weight, 1,
                                       err); /* effective weights know nothing of inputs */
    if (status)
        return status;
    const struct effective to = {.weight = effective};
    status = nax_effective_fill(&fixed, &chip, &to, err);
    nax_fixed_layer_free(&fixed);
    return status;
}
