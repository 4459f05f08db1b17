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

size_t nax_cost_model_n_more(const struct nax_cost_model *model)
{
    return COST_SIZES_MAX - model->n_asked;
}

static bool is_before(const struct nax_unit *a, const struct nax_unit *b)
{
    return a->crossbar < b->crossbar || (a->crossbar == b->crossbar && a->adc_bits < b->adc_bits);
}

static void add_size(struct nax_cost_model *model, struct nax_size_cost *size)
{
    size_t o = model->n_sizes;
    for (; o && is_before(&size->unit, &model->sizes[model->order[o - 1]]->unit); o--)
        model->order[o] = model->order[o - 1];
    model->order[o] = model->n_sizes;
    model->sizes[model->n_sizes++] = size;
}

/* Which of the model's sizes the unit is, a new one if none. */
static int take_size(struct nax_cost_model *model, const struct nax_unit *unit, size_t *index,
                     struct nax_err *err)
{
    for (*index = 0; *index < model->n_sizes; ++*index) {
        const struct nax_unit *known = &model->sizes[*index]->unit;
        if (known->crossbar == unit->crossbar && known->adc_bits == unit->adc_bits)
            return 0;
    }
    struct nax_size_cost *size = nax_calloc(1, sizeof *size);
    if (!size)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", model->hardware->path);
    int status = nax_cost_size_compute(model->hardware, unit, size, err);
    if (status) {
        nax_err_prefix(err, "%s", model->hardware->path);
        free(size);
        return status;
    }
    add_size(model, size);
    return 0;
}

int nax_cost_find_size(struct nax_cost_model *model, int64_t crossbar, int adc_bits, size_t *index,
                       struct nax_err *err)
{
    struct nax_unit unit;
    for (size_t i = 0; i < model->n_asked; i++)
        if (model->asked[i].crossbar == crossbar && model->asked[i].adc_bits == adc_bits) {
            *index = model->asked[i].index;
            return 0;
        }
    if (model->n_asked == COST_SIZES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d sizes of units: '%s'", COST_SIZES_MAX,
                           model->hardware->path);
    int status = nax_unit_make_bits(model->hardware, crossbar, adc_bits, &unit, err);
    if (status)
        return nax_err_prefix(err, "%s", model->hardware->path);
    if ((status = take_size(model, &unit, index, err)))
        return status;
    model->asked[model->n_asked++] = (struct cost_asked){crossbar, adc_bits, *index};
    return 0;
}

int nax_cost_size(struct nax_cost_model *model, int64_t crossbar, const struct nax_size_cost **size,
                  struct nax_err *err)
{
    size_t index;
    int status = nax_cost_find_size(model, crossbar, model->hardware->adc.bits, &index, err);
    if (!status)
        *size = model->sizes[index];
    return status;
}

double nax_cost_link_bits(const struct nax_hardware *h, const struct nax_network *net, size_t l)
{
    size_t n = 0;
    if (l == 0)
        n += net->height * net->width * net->channels;
    if (net->layers[l].role == NAX_ROLE_CLASSIFIER)
        n += net->n_classes;
    return (double)n * h->precision.input_bits;
}

double nax_cost_paid_events(const struct nax_activity *activity, enum nax_event event)
{
    return activity->n[event] * (event == NAX_EVENT_ARRAY_READ ? activity->read_frac : 1);
}

double nax_cost_dynamic_pj(const struct nax_size_cost *size, const struct nax_activity *activity)
{
    double sum = 0;
    for (int e = 0; e < NAX_EVENT_COUNT; e++)
        sum += nax_cost_paid_events(activity, (enum nax_event)e) * size->event_pj[e];
    return sum;
}

struct cost_item nax_cost_item_make(const struct nax_cost_model *model,
                                    const struct nax_layer *layer, const struct nax_layer_map *map,
                                    const struct nax_activity *activity, size_t size)
{
    size_t window = layer->dilation[0] * (layer->kernel[0] - 1) + 1, pad = layer->pad[0];
    struct cost_item item = {.size = size,
                             .dynamic_pj = nax_cost_dynamic_pj(model->sizes[size], activity),
                             .latency_ns = activity->latency_ns,
                             .n_macs = (double)nax_layer_macs(layer),
                             .n_channel_products = (double)nax_layer_channel_products(layer),
                             .n_units = activity->n_units,
                             .n_cores = activity->n_cores,
                             .n_tiles = activity->n_tiles,
                             .positions = (int64_t)map->positions,
                             .h_in = (int64_t)layer->h_in,
                             .h_out = (int64_t)layer->h_out,
                             /* of the input, before the first output */
                             .rows_needed =
                                 (int64_t)NAX_MIN(window > pad ? window - pad : 1, layer->h_in),
                             .n_copies = 1};
    struct cost_share share = nax_cost_share_of(model, &item);
    item.leakage_mw = nax_cost_share_leakage_mw(model, size, &share);
    return item;
}

static int find_layer_size(struct nax_cost_model *model, const struct nax_layer *layer,
                           int64_t crossbar, size_t *index, struct nax_err *err)
{
    const struct nax_layer_adc adc = nax_layer_adc_of(model->hardware, layer->name);
    return nax_cost_find_size(model, crossbar, adc.bits, index, err);
}

/* Activities and items of all layers. */
static int count_layers(struct nax_cost_model *model, const struct nax_network *net,
                        const int64_t *crossbar, struct cost_layers *layers, struct nax_err *err)
{
    size_t index = 0, first = 0;
    while (!nax_layer_kind_row(&net->layers[first])->has_weights)
        first++;
    int status = find_layer_size(model, &net->layers[first], crossbar[first], &index, err);
    for (size_t l = 0; l < net->n_layers && !status; l++) {
        const struct nax_layer *layer = &net->layers[l];
        if (nax_layer_kind_row(layer)->has_weights) /* which works in the cores before it */
            status = find_layer_size(model, layer, crossbar[l], &index, err);
        if (status)
            return status;
        struct nax_layer_map map = nax_layer_map(&model->sizes[index]->unit, layer);
        nax_layer_activity(model->hardware, layer, &map, model->sizes[index],
                           &layers->activities[l]);
        layers->activities[l].n[NAX_EVENT_LINK] += nax_cost_link_bits(model->hardware, net, l);
        layers->items[l] = nax_cost_item_make(model, layer, &map, &layers->activities[l], index);
    }
    return status;
}

void nax_cost_layers_free(struct cost_layers *layers)
{
    free(layers->activities);
    free(layers->items);
}

int nax_cost_layers_fill(struct cost_layers *layers, struct nax_cost_model *model,
                         const struct nax_network *net, const int64_t *crossbar,
                         struct nax_cost *cost, struct nax_err *err)
{
    layers->n = net->n_layers;
    layers->activities = nax_calloc(layers->n, sizeof *layers->activities);
    layers->items = nax_calloc(layers->n, sizeof *layers->items);
    if (!layers->activities || !layers->items)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost of %s'", net->name);
    int status = count_layers(model, net, crossbar, layers, err);
    if (!status)
        nax_cost_plan(model, layers->items, layers->n, cost);
    return status;
}

static void layer_part(const struct nax_cost_model *model, const struct cost_item *item,
                       double interval_ns, struct nax_cost *c)
{
    const struct nax_size_cost *size = model->sizes[item->size];
    struct cost_share s = nax_cost_share_of(model, item);
    *c = (struct nax_cost){.energy_dynamic_pj = item->dynamic_pj,
                           .latency_ns = item->latency_ns / (double)item->n_copies,
                           .area_mm2 = s.n_units * size->unit_mm2 + s.n_cores * size->core_mm2 +
                                       s.n_tiles * model->tile_mm2 + s.node * model->node_mm2,
                           .leakage_mw = item->leakage_mw * (double)item->n_copies,
                           .n_macs = item->n_macs,
                           .n_channel_products = item->n_channel_products,
                           .n_units = item->n_units * item->n_copies,
                           .n_cores = item->n_cores * item->n_copies,
                           .n_tiles = item->n_tiles * item->n_copies,
                           .n_copies = item->n_copies};
    c->energy_leakage_pj = c->leakage_mw * nax_cost_leakage_ns(model, item, interval_ns);
    c->energy_pj = c->energy_dynamic_pj + c->energy_leakage_pj;
    c->interval_ns = c->latency_ns;
}

int nax_cost_network(struct nax_cost_model *model, const struct nax_network *net,
                     const int64_t *crossbar, struct nax_cost *cost, struct nax_cost *layers,
                     struct nax_err *err)
{
    struct cost_layers own;
    int status = nax_cost_layers_fill(&own, model, net, crossbar, cost, err);
    if (!status && layers) {
        struct nax_cost rest = {.area_mm2 = cost->area_mm2, .leakage_mw = cost->leakage_mw};
        for (size_t l = 0; l < net->n_layers; l++) {
            layer_part(model, &own.items[l], cost->interval_ns, &layers[l]);
            rest.area_mm2 -= layers[l].area_mm2;
            rest.leakage_mw -= layers[l].leakage_mw;
        }
        rest.energy_pj = rest.energy_leakage_pj =
            rest.leakage_mw * nax_cost_leakage_ns(model, NULL, cost->interval_ns);
        layers[net->n_layers] = rest;
    }
    nax_cost_layers_free(&own);
    return status;
}
