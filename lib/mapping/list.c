/* The programmed arrays of a network, one after the other. */
#include "arrays.h"
#include "nax/mapping.h"

#include <stdlib.h>

struct listing {
    const struct nax_mapping *mapping;
    int (*take)(void *self, const struct nax_array *array, struct nax_err *err);
    void *self;
};

static int list_unit(const struct listing *to, const struct fixed_layer *layer, size_t l,
                     const struct nax_submatrix *submatrix, double *g, struct nax_err *err)
{
    const struct nax_mapping *m = to->mapping;
    struct chip chip = {m->seed, m->chip, l};
    int status = 0;
    for (size_t a = 0; !status && a < layer->unit.n_arrays; a++) {
        struct nax_array array = {
            .layer = l,
            .row = submatrix->row,
            .col = submatrix->col,
            .slice = nax_array_slice(&layer->unit, a),
            .is_negative = nax_array_sign(&layer->unit, a),
            .xbar = nax_xbar_of_device(&layer->hardware->device, layer->unit.crossbar,
                                       layer->unit.array_cols, g),
        };
        array.xbar.v0_v = 0;
        nax_array_program(layer, &chip, submatrix, a, g);
        status = to->take(to->self, &array, err);
    }
    return status;
}

static int list_layer(const struct listing *to, const struct nax_model *model, size_t l,
                      struct nax_err *err)
{
    struct fixed_layer layer;
    int status = nax_fixed_layer_alloc(&layer, &model->net->layers[l], to->mapping->hardware,
                                       to->mapping->crossbars[l], model->layer[l].weight, 1, err);
    if (status)
        return status;
    double *g = nax_calloc(layer.unit.crossbar * layer.unit.array_cols, sizeof *g);
    if (!g)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer.shape->name);
    for (size_t i = 0; !status && i < layer.map.n_units; i++) {
        struct nax_submatrix submatrix = nax_submatrix_at(&layer.map, i);
        status = list_unit(to, &layer, l, &submatrix, g, err);
    }
    free(g);
    nax_fixed_layer_free(&layer);
    return status;
}

int nax_arrays_list(const struct nax_model *model, const struct nax_mapping *mapping,
                    int (*take)(void *self, const struct nax_array *array, struct nax_err *err),
                    void *self, struct nax_err *err)
{
    struct listing to = {mapping, take, self};
    int status = 0;
    for (size_t l = 0; !status && l < model->net->n_layers; l++)
        if (nax_layer_n_weights(&model->net->layers[l]))
            status = list_layer(&to, model, l, err);
    return status;
}
