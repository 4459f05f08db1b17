/* Where a layer's cells come from, and what they are made into. */
#include "layer.h"
#include "coupled.h"

#include <stdlib.h>

static int by_product(const void *self, size_t n, const float *x, float *y, size_t image,
                      void *scratch)
{
    const struct mapped_layer *layer = self;
    return nax_product_forward(&layer->product, n, x, y, image, scratch);
}

static int by_full(const void *self, size_t n, const float *x, float *y, size_t image,
                   void *scratch)
{
    const struct mapped_layer *layer = self;
    return nax_full_forward(&layer->full, n, x, y, image, scratch);
}

static int by_reads(const void *self, size_t n, const float *x, float *y, size_t image,
                    void *scratch)
{
    const struct mapped_layer *layer = self;
    return nax_reads_forward(&layer->reads, n, x, y, image, scratch);
}

static int ideal_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                       struct nax_err *err)
{
    (void)err;
    nax_submatrix_cells_ideal(self, submatrix, cells);
    return 0;
}

static int by_coupled(const void *self, size_t n, const float *x, float *y, size_t image,
                      void *scratch)
{
    const struct mapped_layer *layer = self;
    (void)image;
    nax_coupled_forward(&layer->fixed, layer->coupled, n, x, y, scratch);
    return 0;
}

struct nax_linop nax_mapped_layer_effective(const struct mapped_layer *layer)
{
    struct nax_linop linop = {.weight = layer->effective, .self = layer};
    if (layer->coupled) {
        linop.forward = by_coupled;
        linop.scratch_size = nax_coupled_scratch_size(&layer->fixed);
    }
    return linop;
}

int nax_mapped_layer_want_effective(struct mapped_layer *layer, struct nax_err *err)
{
    const struct nax_layer *shape = layer->fixed.shape;
    const bool is_coupled = layer->fixed.map.n_together > 1;
    layer->effective = nax_aligned_calloc(nax_layer_n_weights(shape), sizeof(float));
    if (is_coupled)
        layer->coupled = nax_aligned_calloc(layer->fixed.map.used_area, sizeof(double));
    if (!layer->effective || (is_coupled && !layer->coupled))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", shape->name);
    return 0;
}

struct solving {
    struct solved_unit solved;
    struct effective effective;
};

static int solved_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                        struct nax_err *err)
{
    struct solving *s = self;
    int status = nax_submatrix_cells(&s->solved, submatrix, cells, err);
    if (!status && s->effective.weight)
        nax_submatrix_fold(s->solved.layer, submatrix, cells, &s->effective);
    return status;
}

int nax_mapped_layer_quantized(struct mapped_layer *layer, struct nax_linop *linop,
                               struct nax_err *err)
{
    *linop = (struct nax_linop){.self = layer};
    int status = nax_range_set(&layer->fixed, NULL, &layer->vectors, err);
    if (status)
        return status;
    if (nax_product_is_exact(&layer->fixed)) {
        linop->forward = by_product;
        linop->scratch_size = nax_product_scratch_size(&layer->fixed);
        return nax_product_alloc(&layer->product, &layer->fixed, err);
    }
    status = nax_full_alloc(&layer->full, &layer->fixed, ideal_cells, &layer->fixed, err);
    if (status)
        return status;
    linop->forward = by_full;
    linop->scratch_size = nax_full_scratch_size(&layer->full);
    return 0;
}

int nax_mapped_layer_linear(struct mapped_layer *layer, struct nax_linop *linop,
                            struct nax_err *err)
{
    const struct effective to = {layer->effective, layer->coupled};
    *linop = nax_mapped_layer_effective(layer);
    return nax_effective_fill(&layer->fixed, &layer->chip, &to, err);
}

static bool is_noisy(const struct mapped_layer *layer)
{
    return !nax_reads_exactly(&layer->fixed.hardware->device);
}

/* With every conversion made. */
static struct nax_linop converting(const struct mapped_layer *layer)
{
    const bool has_reads = is_noisy(layer);
    return (struct nax_linop){.forward = has_reads ? by_reads : by_full,
                              .scratch_size = has_reads ? nax_reads_scratch_size(&layer->reads)
                                                        : nax_full_scratch_size(&layer->full),
                              .self = layer};
}

void nax_mapped_layer_view(const struct mapped_layer *layer, const struct nax_layer *shape,
                           struct mapped_layer *view, struct nax_linop *linop)
{
    *view = *layer;
    view->fixed.shape = shape;
    view->full.layer = view->reads.layer = &view->fixed;
    *linop = converting(view);
}

int nax_mapped_layer_full(struct mapped_layer *layer, struct nax_linop *linop, struct nax_err *err)
{
    struct solving solving = {.effective = {layer->effective, layer->coupled}};
    int status = nax_solved_unit_alloc(&solving.solved, &layer->fixed, &layer->chip, err);
    if (!status)
        status = nax_range_set(&layer->fixed, &solving.solved, &layer->vectors, err);
    if (!status && is_noisy(layer))
        status = nax_reads_alloc(&layer->reads, &solving.solved, &solving.effective, err);
    else if (!status)
        status = nax_full_alloc(&layer->full, &layer->fixed, solved_cells, &solving, err);
    nax_solved_unit_free(&solving.solved);
    if (!status)
        *linop = converting(layer);
    return status;
}

void nax_mapped_layer_keep_effective(struct mapped_layer *layer, struct nax_linop *linop)
{
    nax_full_free(&layer->full);
    nax_reads_free(&layer->reads);
    *linop = nax_mapped_layer_effective(layer);
}

static void correct(const void *self, size_t n, float *y, size_t image)
{
    const struct mapped_layer *layer = self;
    nax_correction_apply(&layer->correction, n, y, image);
}

int nax_mapped_layer_add_correction(struct mapped_layer *layer, struct nax_linop *linop,
                                    struct nax_err *err)
{
    const struct nax_layer *shape = layer->fixed.shape;
    if (linop->correct)
        return 0;
    linop->correct = correct;
    return nax_correction_alloc(&layer->correction, layer->chip.layer, shape->h_out * shape->w_out,
                                shape->c_out, err);
}

void nax_mapped_layer_free(struct mapped_layer *layer)
{
    nax_product_free(&layer->product);
    nax_full_free(&layer->full);
    nax_reads_free(&layer->reads);
    nax_fixed_layer_free(&layer->fixed);
    nax_correction_free(&layer->correction);
    nax_aligned_free(layer->effective);
    nax_aligned_free(layer->coupled);
    nax_aligned_free(layer->programmed);
    nax_aligned_free(layer->trained);
}
