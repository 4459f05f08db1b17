/* Tables of where costs come from: every component's part of every layer; a machine's components.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Instances of a component in a place this large. */
static double instances(const struct nax_component *c, const struct nax_unit *unit,
                        const struct cost_share *share)
{
    double n = nax_component_count(c, unit);
    switch (c->level) {
    case NAX_LEVEL_ARRAY:
        return n * share->n_units * (double)unit->n_arrays;
    case NAX_LEVEL_UNIT:
        return n * share->n_units;
    case NAX_LEVEL_CORE:
        return n * share->n_cores;
    case NAX_LEVEL_TILE:
        return n * share->n_tiles;
    case NAX_LEVEL_NODE:
        break;
    }
    return n * share->node;
}

static double event_pj(const struct nax_component *c, const struct nax_unit *unit,
                       const struct nax_component_values *v)
{
    return c->event == NAX_EVENT_ARRAY_READ ? nax_component_count(c, unit) * v->energy_pj
                                            : v->energy_pj;
}

/* The i-th component, the ADC being the last, with its values in units of a size. */
static int component_at(const struct nax_hardware *h, size_t i, const struct nax_unit *unit,
                        struct nax_component *adc, const struct nax_component **c,
                        struct nax_component_values *v, struct nax_err *err)
{
    *adc = nax_adc_component(h, unit);
    *c = i < h->n_components ? &h->components[i] : adc;
    return nax_cost_values_at(h, *c, unit, v, err);
}

/* Adds what stands in a place, and what is done there if there is an activity. */
static int add_parts(const struct nax_cost_model *model, const struct cost_share *share,
                     const struct nax_activity *activity, size_t size, double leakage_ns,
                     struct nax_cost_part *parts, struct nax_err *err)
{
    const struct nax_hardware *h = model->hardware;
    const struct nax_unit *unit = &model->sizes[size]->unit;
    int status = 0;
    for (size_t i = 0; i <= h->n_components && !status; i++) {
        struct nax_component adc;
        const struct nax_component *c;
        struct nax_component_values v;
        if ((status = component_at(h, i, unit, &adc, &c, &v, err)))
            return status;
        double n = instances(c, unit, share);
        parts[i].area_mm2 += n * v.area_mm2;
        parts[i].energy_leakage_pj += n * v.leakage_mw * leakage_ns;
        if (activity) {
            parts[i].n_events += activity->n[c->event];
            parts[i].energy_dynamic_pj +=
                nax_cost_paid_events(activity, c->event) * event_pj(c, unit, &v);
        }
    }
    return status;
}

/* What is built and no layer fills. */
static int add_rest(const struct nax_cost_model *model, const struct cost_layers *layers,
                    double leakage_ns, struct nax_cost_part *parts, struct nax_err *err)
{
    const struct nax_hierarchy *hierarchy = &model->hardware->hierarchy;
    struct cost_total total;
    nax_cost_total_of(model, layers->items, layers->n, &total);
    double n_tiles = (double)total.n_tiles;
    int status = 0;
    for (size_t l = 0; l < layers->n; l++)
        n_tiles -= nax_cost_share_of(model, &layers->items[l]).n_tiles;
    for (size_t o = 0; o < model->n_sizes && !status; o++) {
        const size_t i = model->order[o];
        int64_t per_core = model->sizes[i]->units_per_core;
        struct cost_share rest = {.n_units =
                                      (double)(total.n_cores[i] * per_core - total.n_units[i])};
        rest.n_cores = rest.n_units / (double)per_core;
        if (!o) {
            rest.n_tiles = n_tiles;
            rest.node = n_tiles / hierarchy->tiles_per_node;
        }
        status = add_parts(model, &rest, NULL, i, leakage_ns, parts, err);
    }
    return status;
}

int nax_cost_breakdown(struct nax_cost_model *model, const struct nax_network *net,
                       const int64_t *crossbar, struct nax_cost_part *parts, struct nax_err *err)
{
    size_t n_components = model->hardware->n_components + 1;
    struct cost_layers layers;
    struct nax_cost cost;
    int status = nax_cost_layers_fill(&layers, model, net, crossbar, &cost, err);
    memset(parts, 0, (net->n_layers + 1) * n_components * sizeof *parts);
    for (size_t l = 0; l < net->n_layers && !status; l++) {
        struct cost_share share = nax_cost_share_of(model, &layers.items[l]);
        double leakage_ns = nax_cost_leakage_ns(model, &layers.items[l], cost.interval_ns);
        status = add_parts(model, &share, &layers.activities[l], layers.items[l].size, leakage_ns,
                           &parts[l * n_components], err);
    }
    if (!status)
        status = add_rest(model, &layers, nax_cost_leakage_ns(model, NULL, cost.interval_ns),
                          &parts[net->n_layers * n_components], err);
    nax_cost_layers_free(&layers);
    return status;
}

/* --- the machine itself --- */

struct sheet {
    const struct nax_hardware *hardware;
    const struct nax_size_cost *size;
    struct nax_sheet_row *rows;
    size_t n;
};

static void add_row(struct sheet *s, enum nax_level level, const char *name, const char *source,
                    double count, const struct nax_component_values *v)
{
    struct nax_sheet_row *row = &s->rows[s->n++];
    *row = (struct nax_sheet_row){.level = level,
                                  .count = count,
                                  .power_mw = count * v->power_mw,
                                  .leakage_mw = count * v->leakage_mw,
                                  .area_mm2 = count * v->area_mm2,
                                  .energy_pj = v->energy_pj,
                                  .latency_ns = v->latency_ns};
    snprintf(row->component, sizeof row->component, "%s", name);
    snprintf(row->source, sizeof row->source, "%s", source);
}

/* One instance of the level: what it holds of the level below, its own components, their sum. */
static int add_level(struct sheet *s, enum nax_level level, double n_below, double n_units,
                     struct nax_component_values *sum, struct nax_err *err)
{
    const struct nax_hardware *h = s->hardware;
    const struct nax_size_cost *size = s->size;
    size_t first = s->n;
    int status = 0;
    if (level > NAX_LEVEL_ARRAY)
        add_row(s, level, nax_level_name(level - 1), "sum above", n_below, sum);
    for (size_t i = 0; i <= h->n_components && !status; i++) {
        struct nax_component adc;
        const struct nax_component *c;
        struct nax_component_values v;
        if ((status = component_at(h, i, &size->unit, &adc, &c, &v, err)))
            return status;
        if (c->level == level)
            add_row(s, level, c->name, c->source, nax_component_count(c, &size->unit), &v);
    }
    *sum = (struct nax_component_values){.latency_ns = level == NAX_LEVEL_ARRAY ? size->stage_ns
                                                                                : size->product_ns};
    for (size_t i = first; i < s->n; i++) {
        sum->power_mw += s->rows[i].power_mw;
        sum->leakage_mw += s->rows[i].leakage_mw;
        sum->area_mm2 += s->rows[i].area_mm2;
    }
    add_row(s, level, "total", "sum", 1, sum);
    double n_ops = 2.0 * (double)(size->unit.crossbar * size->unit.crossbar) * n_units;
    s->rows[s->n - 1].is_total = true;
    s->rows[s->n - 1].tops = n_ops / size->product_ns * 1e-3;
    return status;
}

int nax_cost_sheet(struct nax_cost_model *model, int64_t crossbar, struct nax_sheet_row **rows,
                   size_t *n, struct nax_err *err)
{
    const struct nax_hardware *h = model->hardware;
    const struct nax_size_cost *size;
    int status = nax_cost_size(model, crossbar, &size, err);
    if (status)
        return status;
    struct sheet s = {.hardware = h, .size = size};
    s.rows = nax_calloc(h->n_components + 1 + 2 * NAX_LEVEL_COUNT, sizeof *s.rows);
    if (!s.rows)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", h->path);
    double n_arrays = (double)size->unit.n_arrays;
    const double n_below[] = {0, n_arrays, (double)size->units_per_core,
                              h->hierarchy.cores_per_tile, h->hierarchy.tiles_per_node};
    struct nax_component_values sum = {.crossbar = 0};
    double n_units = 1 / n_arrays;
    for (enum nax_level level = NAX_LEVEL_ARRAY; level <= NAX_LEVEL_NODE && !status; level++) {
        n_units *= level > NAX_LEVEL_ARRAY ? n_below[level] : 1;
        status = add_level(&s, level, n_below[level], n_units, &sum, err);
    }
    if (status) {
        free(s.rows);
        return status;
    }
    *rows = s.rows;
    *n = s.n;
    return 0;
}
