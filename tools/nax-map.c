/* nax-map: how many crossbars a candidate takes, what each layer takes of them, and what they hold.
 */
#include "arrays.h"
#include "design.h"
#include "hardware.h"
#include "nax/cosearch.h"
#include "nax/mapping.h"

#include <math.h>

static const char synopsis[] =
    "nax-map [-lq] [--hardware name] [--set key=value] [--format format] [file ...]\n"
    "nax-map -a [-q] [--chip n] [--time seconds] [--hardware name] [--set key=value] [--seed n] "
    "[--format format] [file ...]\n";

enum output { CANDIDATES, LAYERS, ARRAYS };

struct mapper {
    struct tool *tool;
    enum output output;
    struct hardware_options hardware_options;
    size_t chip;
    double time_seconds; /* NaN: the hardware's */
    struct nax_hardware *hardware;
    struct design design;
};

#define FIELD(name) NAX_OPTION_FIELD(struct mapper, name)

static const struct nax_option rows[] = {
    {"layers", NULL, "one record a layer instead of one a candidate", .letter = 'l',
     .mode = LAYERS},
    {"arrays", NULL, "one record an array: the conductances of trained candidates", .letter = 'a',
     .mode = ARRAYS},
    {"tiles", NULL, "the former name of --arrays", .letter = 't', .mode = ARRAYS},
    {"chip", "N", "which of the chips of the seed is programmed", FIELD(chip), .max = INT32_MAX,
     .needs = "arrays"},
    {"time", "SECONDS", "after programming, for cells that drift (the hardware's)",
     FIELD(time_seconds), .max = 1e12, .value = NAN, .needs = "arrays"},
    {.name = NULL}};

static void write_layer(struct mapper *mapper, struct nax_record *r, const struct nax_candidate *c,
                        const struct nax_layer *layer, const struct nax_layer_map *m)
{
    nax_record_clear(r);
    design_check(
        mapper->tool,
        nax_record_set_string(r, "id", c->id) || nax_record_set_string(r, "layer", layer->name) ||
            nax_record_set_string(r, "role", nax_layer_role_name(layer)) ||
            nax_record_set_int(r, "kernel_size", (int64_t)layer->kernel[0]) ||
            nax_record_set_int(r, "array_size", (int64_t)m->crossbar) ||
            nax_record_set_int(r, "groups", (int64_t)layer->groups) ||
            nax_record_set_int(r, "groups_together", (int64_t)m->n_together) ||
            nax_record_set_int(r, "matrix_rows", (int64_t)m->n_rows) ||
            nax_record_set_int(r, "matrix_cols", (int64_t)m->n_cols) ||
            nax_record_set_int(r, "n_units", (int64_t)m->n_units) ||
            nax_record_set_int(r, "n_crossbars", (int64_t)m->n_arrays) ||
            nax_record_set_int(r, "positions", (int64_t)m->positions) ||
            nax_record_set_int(r, "products", (int64_t)m->products) ||
            nax_record_set_int(r, "macs", (int64_t)nax_layer_macs(layer)) ||
            nax_record_set_float(r, "utilization", (double)m->used_cells / (double)m->n_cells));
    tool_write(mapper->tool, r);
}

static void write_layers(struct mapper *mapper, struct nax_record *r,
                         const struct nax_hardware *hardware, const struct nax_network *net,
                         const int64_t *sizes)
{
    struct nax_err err;
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_unit unit;
        if (!nax_layer_kind_row(&net->layers[l])->has_weights)
            continue;
        if (nax_unit_make(hardware, sizes[l], &unit, &err)) {
            nax_err_prefix(&err, "layer '%s'", net->layers[l].name);
            tool_fail_record(mapper->tool, &err);
        }
        struct nax_layer_map map = nax_layer_map(&unit, &net->layers[l]);
        write_layer(mapper, r, &mapper->design.candidate, &net->layers[l], &map);
    }
}

static void write_sums(struct mapper *mapper, struct nax_record *r,
                       const struct nax_hardware *hardware, const struct nax_network *net,
                       const int64_t *sizes)
{
    struct nax_network_map map;
    struct nax_err err;
    if (nax_network_map(hardware, net, sizes, &map, &err))
        tool_fail_record(mapper->tool, &err);
    design_check(
        mapper->tool,
        nax_record_set_int(r, "n_units", map.n_units) ||
            nax_record_set_int(r, "n_crossbars", map.n_arrays) ||
            nax_record_set_float(r, "utilization", (double)map.used_cells / (double)map.n_cells));
    tool_write(mapper->tool, r);
}

static void map_candidate(struct mapper *mapper, struct nax_record *r)
{
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_hardware *own;
    struct nax_err err;
    if (design_build(&mapper->design, &net, sizes, &err) ||
        nax_hardware_of(&own, &mapper->design.candidate, net, mapper->hardware, &err))
        tool_fail_record(mapper->tool, &err);
    const struct nax_hardware *hardware = own ? own : mapper->hardware;
    if (mapper->output == LAYERS)
        write_layers(mapper, r, hardware, net, sizes);
    else
        write_sums(mapper, r, hardware, net, sizes);
    nax_hardware_convert_free(own);
    nax_network_free(net);
}

struct listing {
    struct mapper *mapper;
    const struct nax_network *net;
    struct nax_record *record;
};

static int write_array(void *self, const struct nax_array *array, struct nax_err *err)
{
    (void)err;
    struct listing *to = self;
    struct tool *tool = to->mapper->tool;
    struct nax_record *r = to->record;
    const char *name = to->net->layers[array->layer].name;
    nax_record_clear(r);
    design_check(tool, nax_record_set_string(r, "id", to->mapper->design.candidate.id) ||
                           nax_record_set_string(r, "layer", name) ||
                           nax_record_set_int(r, "matrix_row", (int64_t)array->row) ||
                           nax_record_set_int(r, "matrix_col", (int64_t)array->col) ||
                           nax_record_set_int(r, "slice", array->slice) ||
                           nax_record_set_int(r, "sign", array->is_negative ? -1 : 1) ||
                           array_set(r, &array->xbar, NULL));
    tool_write(tool, r);
    return 0;
}

static void list_arrays(struct mapper *mapper, struct nax_record *r)
{
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net = NULL;
    struct nax_model *model = NULL;
    struct nax_hardware *own = NULL;
    struct nax_err err;
    int status = design_load(&mapper->design, r, nax_reader_path(mapper->tool->reader), &net, sizes,
                             &model, &err);
    if (!status)
        status = nax_hardware_of(&own, &mapper->design.candidate, net, mapper->hardware, &err);
    struct nax_mapping mapping = {.hardware = own ? own : mapper->hardware,
                                  .crossbars = sizes,
                                  .seed = mapper->tool->seed,
                                  .chip = mapper->chip};
    struct listing to = {mapper, net, r};
    if (!status)
        status = nax_arrays_list(model, &mapping, write_array, &to, &err);
    if (status)
        tool_fail_record(mapper->tool, &err);
    nax_hardware_convert_free(own);
    nax_model_free(model);
    nax_network_free(net);
}

static void parse(struct mapper *m)
{
    const struct option_group groups[] = {
        {rows, m}, {hardware_rows, &m->hardware_options}, {share_rows, &m->tool->share}};
    m->tool->idle = "threads";
    m->output = (enum output)tool_options(m->tool, groups, sizeof groups / sizeof *groups);
    if (m->output != CANDIDATES)
        m->tool->kind = m->output == ARRAYS ? "array" : "layer";
}

static void open_hardware(struct mapper *m)
{
    struct nax_err err;
    if (hardware_open(m->tool, &m->hardware_options, &m->hardware, &err))
        tool_fail(m->tool, &err);
    const struct hardware_use counts = {"counts of arrays", NAX_PART_WEIGHTS},
                              arrays = {"arrays as they are programmed",
                                        NAX_PART_WEIGHTS | NAX_PART_ARRAY};
    const struct hardware_use *use = m->output == ARRAYS ? &arrays : &counts;
    hardware_check_use(m->tool, &m->hardware_options, m->hardware, use);
    hardware_set_time(m->tool, m->hardware, m->time_seconds, use);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-map", synopsis, argc, argv);
    struct mapper mapper = {.tool = &tool};
    parse(&mapper);
    struct nax_record *r = nax_record_alloc();
    design_check(&tool, r ? 0 : NAX_ERR_MEMORY);
    open_hardware(&mapper);
    tool_read_open(&tool);
    while (tool_read(&tool, r)) {
        design_read(&mapper.design, &tool, r);
        if (mapper.output == ARRAYS)
            list_arrays(&mapper, r);
        else
            map_candidate(&mapper, r);
    }
    design_close(&mapper.design);
    nax_hardware_free(mapper.hardware);
    nax_record_free(r);
    tool_finish(&tool);
}
