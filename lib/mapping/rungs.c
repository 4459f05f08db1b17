/* How each rung multiplies: where a layer's cells come from, and what they are made into. */
#include "rungs.h"

#include <stdlib.h>

static int ideal_cells(void *self, const struct tile *tile, double *cells, struct nax_err *err)
{
    (void)err;
    tile_cells_ideal(self, tile, cells);
    return 0;
}

struct solving {
    struct arrays arrays;
    float *weight;
};

static int solved_cells(void *self, const struct tile *tile, double *cells, struct nax_err *err)
{
    struct solving *s = self;
    int status = tile_cells(&s->arrays, tile, cells, err);
    if (!status && s->weight)
        tile_fold(s->arrays.layer, tile, cells, s->weight);
    return status;
}

int rung_quantized(struct mapped_layer *m, struct nax_linop *op, struct nax_err *err)
{
    int status;
    if (product_is_exact(&m->fixed)) {
        status = product_alloc(&m->product, &m->fixed, err);
        *op = (struct nax_linop){.forward = product_forward,
                                 .self = &m->product,
                                 .scratch_size = product_scratch_size(&m->fixed)};
        return status;
    }
    status = full_alloc(&m->full, &m->fixed, ideal_cells, &m->fixed, err);
    if (!status)
        *op = (struct nax_linop){
            .forward = full_forward, .self = &m->full, .scratch_size = full_scratch_size(&m->full)};
    return status;
}

int rung_full(struct mapped_layer *m, float *weight, struct nax_linop *op, struct nax_err *err)
{
    struct solving solving = {.weight = weight};
    int status = arrays_alloc(&solving.arrays, &m->fixed, &m->chip, err);
    if (!status)
        status = range_calibrate(&m->fixed, &solving.arrays, err);
    bool has_noise = m->fixed.hardware->device.programming.read_noise_frac > 0;
    if (!status && has_noise)
        status = reads_alloc(&m->reads, &solving.arrays, weight, err);
    else if (!status)
        status = full_alloc(&m->full, &m->fixed, solved_cells, &solving, err);
    arrays_free(&solving.arrays);
    if (status)
        return status;
    *op = has_noise ? (struct nax_linop){.forward = reads_forward,
                                         .self = &m->reads,
                                         .scratch_size = reads_scratch_size(&m->reads)}
                    : (struct nax_linop){.forward = full_forward,
                                         .self = &m->full,
                                         .scratch_size = full_scratch_size(&m->full)};
    return 0;
}

int rung_linear(struct mapped_layer *m, float *weight, struct nax_err *err)
{
    struct solving solving = {.weight = weight};
    struct tile tile = tile_at(&m->fixed, 0);
    double *cells = nax_calloc(planes_n(&m->fixed) * tile.n_rows * tile.n_cols, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", m->fixed.shape->name);
    int status = arrays_alloc(&solving.arrays, &m->fixed, &m->chip, err);
    for (size_t i = 0; !status && i < tiles_n(&m->fixed); i++) {
        tile = tile_at(&m->fixed, i);
        status = solved_cells(&solving, &tile, cells, err);
    }
    arrays_free(&solving.arrays);
    free(cells);
    return status;
}

int nax_effective_weights(const struct nax_mapping *mapping, const struct nax_layer *shape,
                          size_t layer, int64_t crossbar, const float *weight, float *effective,
                          struct nax_err *err)
{
    struct mapped_layer m = {.chip = {mapping->cells, mapping->seed, mapping->chip, layer}};
    int status = fixed_layer_alloc(&m.fixed, shape, mapping->hardware, crossbar, weight, false, 1,
                                   err); /* effective weights know nothing of inputs */
    if (!status)
        status = rung_linear(&m, effective, err);
    mapped_layer_free(&m);
    return status;
}

void mapped_layer_free(struct mapped_layer *m)
{
    product_free(&m->product);
    full_free(&m->full);
    reads_free(&m->reads);
    fixed_layer_free(&m->fixed);
    amend_free(&m->amend);
}
