/* The tables of nax-cost, record by record. */
#include "cost_tables.h"
#include "nax/cosearch.h"

#include <stdlib.h>

static void set_layer(struct tool *tool, struct nax_record *r, const char *id,
                      const struct nax_layer *layer, int64_t size)
{
    nax_record_clear(r);
    design_check(
        tool, nax_record_set_string(r, "id", id) ||
                  nax_record_set_string(r, "layer", layer ? layer->name : "unfilled") ||
                  nax_record_set_string(r, "role", layer ? nax_layer_role_name(layer) : "none") ||
                  nax_record_set_int(r, "kernel_size", layer ? (int64_t)layer->kernel[0] : 0) ||
                  nax_record_set_int(r, "array_size", layer ? size : 0));
}

static double utilization_of(struct nax_cost_model *model, const struct nax_layer *layer,
                             int64_t crossbar)
{
    const struct nax_size_cost *size;
    struct nax_err err;
    if (!layer || !nax_layer_kind_row(layer)->has_weights ||
        nax_cost_size(model, crossbar, &size, &err))
        return 0;
    struct nax_layer_map map = nax_layer_map(&size->unit, layer);
    return (double)map.used_cells / (double)map.n_cells;
}

static void write_layer(struct tool *tool, struct nax_record *r, const struct nax_cost *c,
                        double utilization, const char *hardware)
{
    design_check(tool, nax_record_set_int(r, "n_units", c->n_units) ||
                           nax_record_set_int(r, "n_copies", c->n_copies) ||
                           nax_record_set_float(r, "utilization", utilization) ||
                           nax_record_set_float(r, "energy_pj", c->energy_pj) ||
                           nax_record_set_float(r, "energy_leakage_pj", c->energy_leakage_pj) ||
                           nax_record_set_float(r, "latency_ns", c->latency_ns) ||
                           nax_record_set_float(r, "area_mm2", c->area_mm2) ||
                           nax_record_set_string(r, "hardware", hardware));
    tool_write(tool, r);
}

static void write_part(struct tool *tool, struct nax_record *r, const struct nax_component *c,
                       const struct nax_cost_part *part, const char *hardware)
{
    design_check(tool, nax_record_set_string(r, "component", c ? c->name : "adc") ||
                           nax_record_set_string(r, "level",
                                                 nax_level_name(c ? c->level : NAX_LEVEL_ARRAY)) ||
                           nax_record_set_float(r, "n_events", part->n_events) ||
                           nax_record_set_float(
                               r, "energy_pj", part->energy_dynamic_pj + part->energy_leakage_pj) ||
                           nax_record_set_float(r, "energy_leakage_pj", part->energy_leakage_pj) ||
                           nax_record_set_float(r, "area_mm2", part->area_mm2) ||
                           nax_record_set_string(r, "hardware", hardware));
    tool_write(tool, r);
}

void cost_tables_design(struct tool *tool, struct nax_record *record, const struct design *design,
                        const struct nax_hardware *hardware, struct nax_cost_model *model,
                        bool is_breakdown)
{
    size_t n_components = hardware->n_components + 1;
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_hardware *own;
    struct nax_cost_model *own_model = NULL;
    struct nax_err err;
    if (design_build(design, &net, sizes, &err) ||
        nax_hardware_of(&own, &design->candidate, net, hardware, &err) ||
        (own && nax_cost_model_alloc(&own_model, own, &err)))
        tool_fail_record(tool, &err);
    model = own ? own_model : model;
    size_t n = net->n_layers + 1;
    struct nax_cost *layers = nax_calloc(n, sizeof *layers), sum;
    struct nax_cost_part *parts = nax_calloc(n * n_components, sizeof *parts);
    design_check(tool, layers && parts ? 0 : NAX_ERR_MEMORY);
    if (is_breakdown ? nax_cost_breakdown(model, net, sizes, parts, &err)
                     : nax_cost_network(model, net, sizes, &sum, layers, &err))
        tool_fail_record(tool, &err);
    for (size_t l = 0; l < n; l++) {
        const struct nax_layer *layer = l + 1 < n ? &net->layers[l] : NULL;
        int64_t size = layer ? sizes[l] : 0;
        for (size_t i = 0; is_breakdown && i < n_components; i++) {
            set_layer(tool, record, design->candidate.id, layer, size);
            write_part(tool, record, i < hardware->n_components ? &hardware->components[i] : NULL,
                       &parts[l * n_components + i], hardware->name);
        }
        if (!is_breakdown) {
            set_layer(tool, record, design->candidate.id, layer, size);
            write_layer(tool, record, &layers[l], utilization_of(model, layer, size),
                        hardware->name);
        }
    }
    nax_cost_model_free(own_model);
    nax_hardware_convert_free(own);
    nax_network_free(net);
    free(parts);
    free(layers);
}

static int set_or_null(struct nax_record *r, const char *name, double value, bool is_there)
{
    return is_there ? nax_record_set_float(r, name, value) : nax_record_set_null(r, name);
}

void cost_tables_machine(struct tool *tool, struct nax_record *record,
                         const struct nax_hardware *hardware, struct nax_cost_model *model,
                         int64_t crossbar)
{
    struct nax_sheet_row *rows;
    size_t n;
    struct nax_err err;
    if (nax_cost_sheet(model, crossbar, &rows, &n, &err))
        tool_fail(tool, &err);
    for (size_t i = 0; i < n; i++) {
        const struct nax_sheet_row *row = &rows[i];
        double power_w = (row->power_mw + row->leakage_mw) * 1e-3;
        nax_record_clear(record);
        design_check(
            tool,
            nax_record_set_string(record, "level", nax_level_name(row->level)) ||
                nax_record_set_string(record, "component", row->component) ||
                nax_record_set_float(record, "count", row->count) ||
                nax_record_set_float(record, "power_mw", row->power_mw) ||
                nax_record_set_float(record, "leakage_mw", row->leakage_mw) ||
                nax_record_set_float(record, "area_mm2", row->area_mm2) ||
                set_or_null(record, "energy_pj", row->energy_pj, !row->is_total) ||
                nax_record_set_float(record, "latency_ns", row->latency_ns) ||
                set_or_null(record, "tops", row->tops, row->is_total) ||
                set_or_null(record, "tops_per_w", row->tops / power_w, row->is_total) ||
                set_or_null(record, "tops_per_mm2", row->tops / row->area_mm2, row->is_total) ||
                nax_record_set_string(record, "source", row->source) ||
                nax_record_set_string(record, "hardware", hardware->name));
        tool_write(tool, record);
    }
    free(rows);
}
