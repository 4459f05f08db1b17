/* How each fidelity multiplies: where a layer's cells come from, and what they are made into. */
#include "fidelities.h"

#include <stdlib.h>

static int ideal_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                       struct nax_err *err)
{
    (void)err;
    nax_submatrix_cells_ideal(self, submatrix, cells);
    return 0;
}

struct solving {
    struct solved_unit solved;
    float *weight;
};

static int solved_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                        struct nax_err *err)
{
    struct solving *s = self;
    int status = nax_submatrix_cells(&s->solved, submatrix, cells, err);
    if (!status && s->weight)
        nax_submatrix_fold(s->solved.layer, submatrix, cells, s->weight);
    return status;
}

int nax_fidelity_quantized(struct mapped_layer *m, struct nax_linop *op, struct nax_err *err)
{
    int status;
    if (nax_product_is_exact(&m->fixed)) {
        status = nax_product_alloc(&m->product, &m->fixed, err);
        *op = (struct nax_linop){.forward = nax_product_forward,
                                 .self = &m->product,
                                 .scratch_size = nax_product_scratch_size(&m->fixed)};
        return status;
    }
    status = nax_full_alloc(&m->full, &m->fixed, ideal_cells, &m->fixed, err);
    if (!status)
        *op = (struct nax_linop){.forward = nax_full_forward,
                                 .self = &m->full,
                                 .scratch_size = nax_full_scratch_size(&m->full)};
    return status;
}

int nax_fidelity_full(struct mapped_layer *m, float *weight, struct nax_linop *op,
                      struct nax_err *err)
{
    struct solving solving = {.weight = weight};
    int status = nax_solved_unit_alloc(&solving.solved, &m->fixed, &m->chip, err);
    if (!status)
        status = nax_range_calibrate(&m->fixed, &solving.solved, err);
    bool has_noise = m->fixed.hardware->device.programming.read_noise_frac > 0;
    if (!status && has_noise)
        status = nax_reads_alloc(&m->reads, &solving.solved, weight, err);
    else if (!status)
        status = nax_full_alloc(&m->full, &m->fixed, solved_cells, &solving, err);
    nax_solved_unit_free(&solving.solved);
    if (status)
        return status;
    *op = has_noise ? (struct nax_linop){.forward = nax_reads_forward,
                                         .self = &m->reads,
                                         .scratch_size = nax_reads_scratch_size(&m->reads)}
                    : (struct nax_linop){.forward = nax_full_forward,
                                         .self = &m->full,
                                         .scratch_size = nax_full_scratch_size(&m->full)};
    return 0;
}

int nax_fidelity_linear(struct mapped_layer *m, float *weight, struct nax_err *err)
{
    struct solving solving = {.weight = weight};
    struct nax_submatrix submatrix = nax_submatrix_at(&m->fixed.map, 0);
    double *cells =
        nax_calloc(m->fixed.unit.n_planes * submatrix.n_rows * submatrix.n_cols, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", m->fixed.shape->name);
    int status = nax_solved_unit_alloc(&solving.solved, &m->fixed, &m->chip, err);
    for (size_t i = 0; !status && i < m->fixed.map.n_units; i++) {
        submatrix = nax_submatrix_at(&m->fixed.map, i);
        status = solved_cells(&solving, &submatrix, cells, err);
    }
    nax_solved_unit_free(&solving.solved);
    free(cells);
    return status;
}

int nax_effective_weights(const struct nax_mapping *mapping, const struct nax_layer *shape,
                          size_t layer, int64_t crossbar, const float *weight, float *effective,
                          struct nax_err *err)
{
    struct mapped_layer m = {.chip = {mapping->seed, mapping->chip, layer}};
    int status = nax_fixed_layer_alloc(&m.fixed, shape, mapping->hardware, crossbar, weight, false,
                                       1, err); /* effective weights know nothing of inputs */
    if (!status)
        status = nax_fidelity_linear(&m, effective, err);
    nax_mapped_layer_free(&m);
    return status;
}

void nax_mapped_layer_free(struct mapped_layer *m)
{
    nax_product_free(&m->product);
    nax_full_free(&m->full);
    nax_reads_free(&m->reads);
    nax_fixed_layer_free(&m->fixed);
    nax_correction_free(&m->correct);
}
