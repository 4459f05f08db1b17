/* A network on crossbars: every layer that multiplies gets a product of the fidelity asked for. */
#include "mapped.h"
#include "ranges.h"

#include <stdlib.h>

enum { N_IMAGES = 128 }; /* that conversions are measured on where the mapping does not say */

static int map_layer(struct nax_mapped *m, size_t l, const struct nax_mapping *mapping,
                     double range, const struct input_vectors *vectors, struct nax_err *err)
{
    const struct nax_layer *shape = &m->model->net->layers[l];
    struct mapped_layer *layer = &m->layer[l];
    int status =
        nax_fixed_layer_alloc(&layer->fixed, shape, mapping->hardware, mapping->crossbars[l],
                              m->model->layer[l].weight, range, err);
    if (status)
        return status;
    layer->chip = (struct chip){mapping->seed, mapping->chip, l};
    layer->vectors = nax_vectors_of(vectors, l);
    if (m->fidelity->has_effective)
        status = nax_mapped_layer_want_effective(layer, err);
    if (!status)
        status = m->fidelity->map(layer, &m->linops[l], err);
    layer->vectors = (struct layer_vectors){.n = 0};
    return status;
}

/* Whether the range of a layer's ADCs is measured. */
static bool takes_vectors(const struct nax_hardware *hardware, const struct nax_network *net)
{
    bool any = false;
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_layer_adc adc = nax_layer_adc_of(hardware, net->layers[l].name);
        any = any || nax_adc_range_row(&adc)->is_measured;
    }
    return any;
}

static int map_layers(struct nax_mapped *m, const struct nax_mapping *mapping,
                      const struct nax_images *images, struct nax_err *err)
{
    size_t n = m->n_layers;
    const struct nax_network *net = m->model->net;
    struct input_vectors vectors = {.net = net};
    double *range = nax_calloc(n, sizeof *range);
    int status =
        range ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    if (!status && takes_vectors(mapping->hardware, net))
        status = nax_vectors_alloc(&vectors, net, nax_ranges_n_images(images), err);
    if (!status)
        status = nax_ranges_measure(m->model, images, range, vectors.x ? &vectors : NULL, err);
    size_t n_mapped = status ? 0 : n;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t i = 0; i < n_mapped; i++) {
        size_t l = n - 1 - i; /* the large ones first */
        struct nax_err own = {0};
        if (!nax_layer_n_weights(&net->layers[l]))
            continue;
        if (map_layer(m, l, mapping, range[l], &vectors, &own))
            nax_err_keep_first(&status, err, &own);
    }
    nax_vectors_free(&vectors);
    free(range);
    return status;
}

static int map(struct nax_mapped *m, const struct nax_mapping *mapping,
               const struct nax_images *images, struct nax_err *err)
{
    m->layer = nax_calloc(m->n_layers, sizeof *m->layer);
    m->linops = nax_calloc(m->n_layers, sizeof *m->linops);
    if (!m->layer || !m->linops)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", m->model->net->name);
    int status = map_layers(m, mapping, images, err);
    if (!status && m->fidelity->finish)
        status = m->fidelity->finish(m->model, m->layer, m->linops, images,
                                     mapping->n_images ? mapping->n_images : N_IMAGES,
                                     mapping->seed, &m->normals, err);
    return status;
}

int nax_mapping_check(const struct nax_mapping *mapping, const struct nax_network *net,
                      struct nax_err *err)
{
    struct fixed_layer layer;
    int status = nax_adc_layers_check(mapping->hardware, net, err);
    for (size_t l = 0; l < net->n_layers && !status; l++)
        if (nax_layer_n_weights(&net->layers[l]))
            status = nax_fixed_layer_plan(&layer, &net->layers[l], mapping->hardware,
                                          mapping->crossbars[l], err);
    return status;
}

int nax_mapped_alloc(struct nax_mapped **mapped, const struct nax_model *model,
                     const struct nax_mapping *mapping, const struct nax_images *ranges,
                     struct nax_err *err)
{
    struct nax_mapped *m = nax_calloc(1, sizeof *m);
    if (!m)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", model->net->name);
    *m = (struct nax_mapped){.model = model,
                             .fidelity = nax_fidelity_row(mapping->fidelity),
                             .n_layers = model->net->n_layers};
    int status = nax_adc_layers_check(mapping->hardware, model->net, err);
    if (!status && m->fidelity->map)
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
    for (size_t l = 0; mapped->layer && l < mapped->n_layers; l++)
        nax_mapped_layer_free(&mapped->layer[l]);
    free(mapped->layer);
    free(mapped->linops);
    free(mapped->normals);
    free(mapped);
}

int nax_mapped_eval(const struct nax_mapped *mapped, const struct nax_images *images,
                    const struct nax_eval *options, struct nax_score *score, struct nax_err *err)
{
    struct nax_eval with = {.linops = NULL};
    if (options)
        with = *options;
    with.linops = mapped->linops;
    return nax_model_eval(mapped->model, images, &with, score, err);
}

int nax_mapped_score(const struct nax_model *model, const struct nax_mapping *mapping,
                     const struct nax_images *ranges, const struct nax_images *images,
                     size_t n_images, struct nax_score *score, struct nax_err *err)
{
    struct nax_mapped *mapped = NULL;
    struct nax_eval options = {.n_images = n_images};
    int status = nax_mapped_alloc(&mapped, model, mapping, ranges, err);
    if (!status)
        status = nax_mapped_eval(mapped, images, &options, score, err);
    nax_mapped_free(mapped);
    return status;
}
