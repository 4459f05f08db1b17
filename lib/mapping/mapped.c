/* A network on crossbars: every layer that multiplies gets a product of the fidelity asked for. */
#include "full.h"
#include "product.h"

#include <stdlib.h>
#include <string.h>

struct mapped_layer {
    struct fixed_layer fixed;
    struct product product; /* one of the two, or neither */
    struct full full;
};

struct nax_mapped {
    const struct nax_model *model;
    struct nax_model *own; /* with effective weights, or NULL */
    size_t n_layers;
    struct mapped_layer *layer; /* [n_layers]; empty for pools */
    struct nax_linop *linops;   /* [n_layers], or NULL: ideal */
};

static const char *const names[NAX_FIDELITY_COUNT] = {"ideal", "quantized", "linear", "full"};

const char *nax_fidelity_name(enum nax_fidelity fidelity)
{
    return names[fidelity];
}

enum nax_fidelity nax_fidelity_parse(const char *name)
{
    int f = 0;
    while (f < NAX_FIDELITY_COUNT && strcmp(name, names[f]))
        f++;
    return (enum nax_fidelity)f;
}

/* --- where cells come from --- */

static int ideal_cells(void *self, const struct tile *tile, double *cells, struct nax_err *err)
{
    (void)err;
    tile_cells_ideal(self, tile, cells);
    return 0;
}

static int solved_cells(void *self, const struct tile *tile, double *cells, struct nax_err *err)
{
    return tile_cells(self, tile, cells, err);
}

/* --- rungs --- */

/* On the chip, or with NULL on ideal arrays. */
static int map_full(struct mapped_layer *m, const struct chip *chip, struct nax_linop *op,
                    struct nax_err *err)
{
    struct arrays arrays = {.layer = &m->fixed};
    int status = chip ? arrays_alloc(&arrays, &m->fixed, chip, err) : 0;
    if (!status)
        status = !chip ? full_alloc(&m->full, &m->fixed, ideal_cells, &m->fixed, err)
                       : full_alloc(&m->full, &m->fixed, solved_cells, &arrays, err);
    arrays_free(&arrays);
    if (!status)
        *op = (struct nax_linop){full_forward, &m->full, full_scratch_size(&m->full)};
    return status;
}

static int map_quantized(struct mapped_layer *m, struct nax_linop *op, struct nax_err *err)
{
    if (!product_is_exact(&m->fixed))
        return map_full(m, NULL, op, err);
    int status = product_alloc(&m->product, &m->fixed, err);
    if (!status)
        *op = (struct nax_linop){product_forward, &m->product, product_scratch_size(&m->fixed)};
    return status;
}

static int map_linear(struct mapped_layer *m, const struct chip *chip, float *weight,
                      struct nax_err *err)
{
    struct arrays arrays;
    struct tile tile = tile_at(&m->fixed, 0);
    double *cells = nax_calloc(planes_n(&m->fixed) * tile.n_rows * tile.n_cols, sizeof *cells);
    if (!cells)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", m->fixed.shape->name);
    int status = arrays_alloc(&arrays, &m->fixed, chip, err);
    for (size_t i = 0; !status && i < tiles_n(&m->fixed); i++) {
        tile = tile_at(&m->fixed, i);
        status = tile_cells(&arrays, &tile, cells, err);
        if (!status)
            tile_fold(&m->fixed, &tile, cells, weight);
    }
    arrays_free(&arrays);
    free(cells);
    return status;
}

static int map_layers(struct nax_mapped *m, const struct nax_mapping *mapping,
                      const bool *is_signed, const double *range, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    int status = 0;
    for (size_t l = 0; !status && l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        struct mapped_layer *layer = &m->layer[l];
        struct chip chip = {mapping->cells, mapping->seed, mapping->chip, l};
        if (!nax_layer_n_weights(shape))
            continue;
        status = fixed_layer_alloc(&layer->fixed, shape, mapping->hardware, mapping->crossbars[l],
                                   m->model->layer[l].weight, is_signed[l], range[l], err);
        if (status)
            break;
        if (mapping->fidelity == NAX_FIDELITY_QUANTIZED)
            status = map_quantized(layer, &m->linops[l], err);
        else if (mapping->fidelity == NAX_FIDELITY_LINEAR)
            status = map_linear(layer, &chip, m->own->layer[l].weight, err);
        else
            status = map_full(layer, &chip, &m->linops[l], err);
    }
    return status;
}

static int copy_model(struct nax_mapped *m, struct nax_err *err)
{
    int status = nax_model_alloc(&m->own, m->model->net, 0, err);
    if (status)
        return status;
    memcpy(m->own->values, m->model->values, m->model->n_values * sizeof *m->own->values);
    for (int c = 0; c < 3; c++) {
        m->own->pixel_mean[c] = m->model->pixel_mean[c];
        m->own->pixel_sd[c] = m->model->pixel_sd[c];
    }
    return 0;
}

static int map(struct nax_mapped *m, const struct nax_mapping *mapping,
               const struct nax_images *ranges, struct nax_err *err)
{
    size_t n = m->n_layers;
    bool *is_signed = nax_calloc(n, sizeof *is_signed);
    double *range = nax_calloc(n, sizeof *range);
    m->layer = nax_calloc(n, sizeof *m->layer);
    m->linops = nax_calloc(n, sizeof *m->linops);
    int status = 0;
    if (!is_signed || !range || !m->layer || !m->linops)
        status =
            nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", m->model->net->name);
    if (!status && mapping->fidelity == NAX_FIDELITY_LINEAR)
        status = copy_model(m, err);
    if (!status)
        status = ranges_measure(m->model, ranges, range, err);
    if (!status) {
        signs_of_inputs(m->model->net, is_signed);
        status = map_layers(m, mapping, is_signed, range, err);
    }
    free(is_signed);
    free(range);
    return status;
}

int nax_mapped_alloc(struct nax_mapped **mapped, const struct nax_model *model,
                     const struct nax_mapping *mapping, const struct nax_images *ranges,
                     struct nax_err *err)
{
    struct nax_mapped *m = nax_calloc(1, sizeof *m);
    if (!m)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", model->net->name);
    *m = (struct nax_mapped){.model = model, .n_layers = model->net->n_layers};
    int status = 0;
    if (mapping->fidelity != NAX_FIDELITY_IDEAL)
        status = map(m, mapping, ranges, err);
    if (status) {
        nax_mapped_free(m);
        return status;
    }
    *mapped = m;
    return 0;
}

void nax_mapped_free(struct nax_mapped *mapped)
{
    if (!mapped)
        return;
    for (size_t l = 0; mapped->layer && l < mapped->n_layers; l++) {
        product_free(&mapped->layer[l].product);
        full_free(&mapped->layer[l].full);
        fixed_layer_free(&mapped->layer[l].fixed);
    }
    free(mapped->layer);
    nax_model_free(mapped->own);
    free(mapped->linops);
    free(mapped);
}

int nax_mapped_eval(const struct nax_mapped *mapped, const struct nax_images *images,
                    const struct nax_eval *options, struct nax_score *score, struct nax_err *err)
{
    struct nax_eval with = {.linops = NULL};
    if (options)
        with = *options;
    with.linops = mapped->linops;
    return nax_model_eval(mapped->own ? mapped->own : mapped->model, images, &with, score, err);
}

int nax_mapped_score(const struct nax_model *model, const struct nax_mapping *mapping,
                     const struct nax_dataset *set, size_t n_images, struct nax_score *score,
                     struct nax_err *err)
{
    struct nax_mapped *mapped = NULL;
    struct nax_eval options = {.n_images = n_images};
    int status = nax_mapped_alloc(&mapped, model, mapping, &set->train, err);
    if (!status)
        status = nax_mapped_eval(mapped, &set->test, &options, score, err);
    nax_mapped_free(mapped);
    return status;
}
