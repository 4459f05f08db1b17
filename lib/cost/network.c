/* The cost of a network: activity of its layers, units packed into cores and tiles, leakage. */
#include "model.h"

#include <stdlib.h>

int nax_cost_model_alloc(struct nax_cost_model **model, const struct nax_hardware *hardware,
                         struct nax_err *err)
{
    struct nax_cost_model *m = nax_calloc(1, sizeof *m);
    if (!m)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", hardware->path);
    m->hardware = hardware;
    for (size_t i = 0; i < hardware->n_components; i++) {
        const struct nax_component *c = &hardware->components[i];
        if (c->level == NAX_LEVEL_TILE) {
            m->tile_mm2 += c->count * c->values[0].area_mm2;
            m->tile_leakage_mw += c->count * c->values[0].leakage_mw;
        } else if (c->level == NAX_LEVEL_NODE) {
            m->node_mm2 += c->count * c->values[0].area_mm2;
            m->node_leakage_mw += c->count * c->values[0].leakage_mw;
        }
    }
    *model = m;
    return 0;
}

void nax_cost_model_free(struct nax_cost_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->n_sizes; i++)
        free(model->sizes[i]);
    free(model);
}

int cost_find_size(struct nax_cost_model *model, int64_t crossbar, size_t *index,
                   struct nax_err *err)
{
    for (*index = 0; *index < model->n_sizes; ++*index)
        if (model->sizes[*index]->crossbar == crossbar)
            return 0;
    if (model->n_sizes == COST_SIZES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d crossbar sizes: '%s'", COST_SIZES_MAX,
                           model->hardware->path);
    struct nax_size_cost *size = nax_calloc(1, sizeof *size);
    if (!size)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", model->hardware->path);
    int status = cost_size_compute(model->hardware, crossbar, size, err);
    if (status) {
        nax_err_prefix(err, "%s", model->hardware->path);
        free(size);
        return status;
    }
    model->sizes[model->n_sizes++] = size;
    return 0;
}

int nax_cost_size(struct nax_cost_model *model, int64_t crossbar, const struct nax_size_cost **size,
                  struct nax_err *err)
{
    size_t index;
    int status = cost_find_size(model, crossbar, &index, err);
    if (!status)
        *size = model->sizes[index];
    return status;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Cores hold units of one size and are built whole; tiles take cores of any size, and their own
 * parts and the node's share are whole too, but a place without a core costs nothing. */
void cost_sum_finish(const struct nax_cost_model *model, const struct cost_sum *sum,
                     struct nax_cost *cost)
{
    const struct nax_hierarchy *hierarchy = &model->hardware->hierarchy;
    struct nax_cost c = {.energy_dynamic_pj = sum->dynamic_pj, .latency_ns = sum->latency_ns};
    for (size_t i = 0; i < model->n_sizes; i++) {
        const struct nax_size_cost *size = model->sizes[i];
        if (!sum->n_units[i])
            continue;
        int64_t n_cores = ceil_div(sum->n_units[i], size->units_per_core);
        double n_built = (double)(n_cores * size->units_per_core);
        c.n_units += sum->n_units[i];
        c.n_cores += n_cores;
        c.area_mm2 += n_built * size->unit_mm2 + (double)n_cores * size->core_mm2;
        c.leakage_mw += n_built * size->unit_leakage_mw + (double)n_cores * size->core_leakage_mw;
    }
    c.n_tiles = ceil_div(c.n_cores, hierarchy->cores_per_tile);
    double n_tiles = (double)c.n_tiles, share = n_tiles / hierarchy->tiles_per_node;
    c.area_mm2 += n_tiles * model->tile_mm2 + share * model->node_mm2;
    c.leakage_mw += n_tiles * model->tile_leakage_mw + share * model->node_leakage_mw;
    c.energy_leakage_pj = c.leakage_mw * c.latency_ns;
    c.energy_pj = c.energy_dynamic_pj + c.energy_leakage_pj;
    c.edap_pj_ns_mm2 = c.energy_pj * c.latency_ns * c.area_mm2;
    *cost = c;
}

/* What a layer fills, in parts of cores and tiles. */
static void layer_share(const struct nax_cost_model *model, const struct nax_size_cost *size,
                        const struct nax_activity *activity, double dynamic_pj,
                        struct nax_cost *cost)
{
    const struct nax_hierarchy *hierarchy = &model->hardware->hierarchy;
    double n_units = (double)activity->n_units;
    double n_cores = n_units / (double)size->units_per_core;
    double n_tiles = n_cores / hierarchy->cores_per_tile,
           share = n_tiles / hierarchy->tiles_per_node;
    *cost = (struct nax_cost){
        .energy_dynamic_pj = dynamic_pj,
        .latency_ns = activity->latency_ns,
        .area_mm2 = n_units * size->unit_mm2 + n_cores * size->core_mm2 +
                    n_tiles * model->tile_mm2 + share * model->node_mm2,
        .leakage_mw = n_units * size->unit_leakage_mw + n_cores * size->core_leakage_mw +
                      n_tiles * model->tile_leakage_mw + share * model->node_leakage_mw,
        .n_units = activity->n_units,
        .n_cores = activity->n_cores,
        .n_tiles = activity->n_tiles};
}

double cost_link_bits(const struct nax_hardware *h, const struct nax_network *net, size_t l)
{
    size_t n = 0;
    if (l == 0)
        n += net->height * net->width * net->channels;
    if (net->layers[l].role == NAX_ROLE_CLASSIFIER)
        n += net->n_classes;
    return (double)n * h->precision.input_bits;
}

double cost_dynamic_pj(const struct nax_size_cost *size, const struct nax_activity *activity)
{
    double sum = 0;
    for (int e = 0; e < NAX_EVENT_COUNT; e++)
        sum += activity->n[e] * size->event_pj[e];
    return sum;
}

static void share_leakage(const struct nax_cost *sum, struct nax_cost *layers, size_t n_layers)
{
    struct nax_cost rest = {.area_mm2 = sum->area_mm2, .leakage_mw = sum->leakage_mw};
    for (size_t l = 0; l < n_layers; l++) {
        rest.area_mm2 -= layers[l].area_mm2;
        rest.leakage_mw -= layers[l].leakage_mw;
    }
    layers[n_layers] = rest;
    for (size_t l = 0; l <= n_layers; l++) {
        struct nax_cost *c = &layers[l];
        c->energy_leakage_pj = c->leakage_mw * sum->latency_ns;
        c->energy_pj = c->energy_dynamic_pj + c->energy_leakage_pj;
    }
}

int nax_cost_network(struct nax_cost_model *model, const struct nax_network *net,
                     const int64_t *crossbar, struct nax_cost *cost, struct nax_cost *layers,
                     struct nax_err *err)
{
    struct cost_sum sum = {.dynamic_pj = 0};
    size_t index = 0, first = 0;
    while (net->layers[first].role == NAX_ROLE_POOL)
        first++;
    int status = cost_find_size(model, crossbar[first], &index, err);
    if (status)
        return status;
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        struct nax_layer_map map;
        struct nax_activity activity;
        status = nax_layer_map(model->hardware, layer, crossbar[l], &map, err);
        /* a pool works in the cores of the layer before it */
        if (status || (layer->role != NAX_ROLE_POOL &&
                       (status = cost_find_size(model, crossbar[l], &index, err))))
            return status;
        const struct nax_size_cost *size = model->sizes[index];
        nax_layer_activity(model->hardware, layer, &map, size, &activity);
        activity.n[NAX_EVENT_LINK] += cost_link_bits(model->hardware, net, l);
        double dynamic_pj = cost_dynamic_pj(size, &activity);
        sum.dynamic_pj += dynamic_pj;
        sum.latency_ns += activity.latency_ns;
        sum.n_units[index] += activity.n_units;
        if (layers)
            layer_share(model, size, &activity, dynamic_pj, &layers[l]);
    }
    cost_sum_finish(model, &sum, cost);
    if (layers)
        share_leakage(cost, layers, net->n_layers);
    return 0;
}
