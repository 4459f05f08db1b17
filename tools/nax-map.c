/* nax-map: how many crossbars a candidate takes, what each layer takes of them, and what they hold.
 */
#include "arrays.h"
#include "design.h"
#include "nax/mapping.h"

static const char usage[] =
    "nax-map [-lq] [--hardware name] [--set key=value] [--format format] [file ...]\n"
    "nax-map -t [-q] [--chip n] [--time seconds] [--hardware name] [--set key=value] [--seed n] "
    "[--format format] [file ...]\n"
    "\n"
    "  -l, --layers          one record a layer instead of one a candidate\n"
    "  -t, --tiles           one record an array: the conductances of trained candidates\n"
    "      --chip N          which of the chips of the seed is programmed (0)\n"
    "      --time SECONDS    after programming, for cells that drift (the hardware's)\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n" TOOL_USAGE;

enum { OPT_HARDWARE = TOOL_OPT_OWN, OPT_SET, OPT_CHIP, OPT_TIME, SETS_MAX = 64 };

static const struct option long_options[] = {
    {"layers", no_argument, NULL, 'l'},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"set", required_argument, NULL, OPT_SET},
    {"tiles", no_argument, NULL, 't'},
    {"chip", required_argument, NULL, OPT_CHIP},
    {"time", required_argument, NULL, OPT_TIME},
    TOOL_LONG,
};

enum output { CANDIDATES, LAYERS, ARRAYS };

struct job {
    struct tool *tool;
    enum output output;
    const char *hardware_name;
    const char *sets[SETS_MAX];
    size_t n_sets;
    uint64_t chip;
    double time_seconds; /* negative: the hardware's */
    struct nax_hardware *hardware;
    struct design design;
};

static void write_layer(struct job *job, struct nax_record *r, const struct nax_candidate *c,
                        const struct nax_layer *layer, const struct nax_layer_map *m)
{
    nax_record_clear(r);
    design_check(job->tool, nax_record_set_string(r, "id", c->id) ||
                                nax_record_set_string(r, "layer", layer->name) ||
                                nax_record_set_string(r, "role", nax_layer_role_name(layer)) ||
                                nax_record_set_int(r, "kernel_size", (int64_t)layer->kernel) ||
                                nax_record_set_int(r, "array_size", (int64_t)m->crossbar) ||
                                nax_record_set_int(r, "matrix_rows", (int64_t)m->n_rows) ||
                                nax_record_set_int(r, "matrix_cols", (int64_t)m->n_cols) ||
                                nax_record_set_int(r, "n_units", (int64_t)m->n_units) ||
                                nax_record_set_int(r, "n_crossbars", (int64_t)m->n_arrays) ||
                                nax_record_set_int(r, "positions", (int64_t)m->positions) ||
                                nax_record_set_int(r, "products", (int64_t)m->products) ||
                                nax_record_set_int(r, "macs", (int64_t)nax_layer_macs(layer)) ||
                                nax_record_set_float(r, "utilization",
                                                     (double)m->used_cells / (double)m->n_cells));
    tool_write(job->tool, r);
}

static void write_layers(struct job *job, struct nax_record *r, const struct nax_candidate *c,
                         const struct nax_network *net, const int64_t *sizes)
{
    struct nax_err err;
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_unit unit;
        if (!nax_layer_kind_row(&net->layers[l])->has_weights)
            continue;
        if (nax_unit_make(job->hardware, sizes[l], &unit, &err)) {
            nax_err_prefix(&err, "layer '%s'", net->layers[l].name);
            tool_fail_record(job->tool, &err);
        }
        struct nax_layer_map map = nax_layer_map(&unit, &net->layers[l]);
        write_layer(job, r, c, &net->layers[l], &map);
    }
}

static void write_sums(struct job *job, struct nax_record *r, const struct nax_network *net,
                       const int64_t *sizes)
{
    struct nax_network_map map;
    struct nax_err err;
    if (nax_network_map(job->hardware, net, sizes, &map, &err))
        tool_fail_record(job->tool, &err);
    design_check(job->tool, nax_record_set_int(r, "n_units", map.n_units) ||
                                nax_record_set_int(r, "n_crossbars", map.n_arrays) ||
                                nax_record_set_float(r, "utilization",
                                                     (double)map.used_cells / (double)map.n_cells));
    tool_write(job->tool, r);
}

static void map_candidate(struct job *job, struct nax_record *r)
{
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_err err;
    if (design_build(&job->design, &net, sizes, &err))
        tool_fail_record(job->tool, &err);
    if (job->output == LAYERS)
        write_layers(job, r, &job->design.candidate, net, sizes);
    else
        write_sums(job, r, net, sizes);
    nax_network_free(net);
}

struct listing {
    struct job *job;
    const struct nax_network *net;
    struct nax_record *record;
};

static int write_array(void *self, const struct nax_array *array, struct nax_err *err)
{
    (void)err;
    struct listing *to = self;
    struct tool *tool = to->job->tool;
    struct nax_record *r = to->record;
    const char *name = to->net->layers[array->layer].name;
    nax_record_clear(r);
    design_check(tool, nax_record_set_string(r, "id", to->job->design.candidate.id) ||
                           nax_record_set_string(r, "layer", name) ||
                           nax_record_set_int(r, "matrix_row", (int64_t)array->row) ||
                           nax_record_set_int(r, "matrix_col", (int64_t)array->col) ||
                           nax_record_set_int(r, "slice", array->slice) ||
                           nax_record_set_int(r, "sign", array->is_negative ? -1 : 1) ||
                           array_set(r, &array->xbar, NULL));
    tool_write(tool, r);
    return 0;
}

static void list_arrays(struct job *job, struct nax_record *r)
{
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net = NULL;
    struct nax_model *model = NULL;
    struct nax_err err;
    int status = design_load(&job->design, r, &net, sizes, &model, &err);
    struct nax_mapping mapping = {
        .hardware = job->hardware, .crossbars = sizes, .seed = job->tool->seed, .chip = job->chip};
    struct listing to = {job, net, r};
    if (!status)
        status = nax_arrays_list(model, &mapping, write_array, &to, &err);
    if (status)
        tool_fail_record(job->tool, &err);
    nax_model_free(model);
    nax_network_free(net);
}

static void parse(struct job *job, int argc, char **argv)
{
    struct tool *tool = job->tool;
    bool has_layers = false, has_arrays = false, has_chip = false;
    for (int opt; (opt = getopt_long(argc, argv, "lt" TOOL_SHORT, long_options, NULL)) != -1;)
        switch (opt) {
        case 'l':
            has_layers = true;
            break;
        case 't':
            has_arrays = true;
            break;
        case OPT_CHIP:
            job->chip = (uint64_t)tool_int(tool, "chip", optarg, 0, INT32_MAX);
            has_chip = true;
            break;
        case OPT_TIME:
            job->time_seconds = tool_float(tool, "time", optarg, 0, 1e12);
            has_chip = true;
            break;
        case OPT_HARDWARE:
            job->hardware_name = optarg;
            break;
        case OPT_SET:
            if (job->n_sets == SETS_MAX)
                tool_misuse(tool, "more than %d changes of the hardware", SETS_MAX);
            job->sets[job->n_sets++] = optarg;
            break;
        default:
            tool_option(tool, opt);
        }
    if (has_layers && has_arrays)
        tool_misuse(tool, "--layers and --tiles exclude each other");
    if (has_chip && !has_arrays)
        tool_misuse(tool, "--chip and --time go with --tiles");
    if (has_layers || has_arrays) {
        job->output = has_arrays ? ARRAYS : LAYERS;
        tool->kind = has_arrays ? "array" : "layer";
    }
}

static void open_hardware(struct job *job)
{
    struct nax_err err;
    int status =
        nax_hardware_load_set(&job->hardware, job->hardware_name, job->sets, job->n_sets, &err);
    if (status)
        tool_fail(job->tool, &err);
    if (job->time_seconds >= 0)
        job->hardware->device.programming.time_seconds = job->time_seconds;
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-map", usage, argc, argv);
    struct job job = {.tool = &tool, .hardware_name = "nax-reram", .time_seconds = -1};
    parse(&job, argc, argv);
    struct nax_record *r = nax_record_alloc();
    design_check(&tool, r ? 0 : NAX_ERR_MEMORY);
    open_hardware(&job);
    tool_read_open(&tool);
    while (tool_read(&tool, r)) {
        design_read(&job.design, &tool, r);
        if (job.output == ARRAYS)
            list_arrays(&job, r);
        else
            map_candidate(&job, r);
    }
    design_close(&job.design);
    nax_hardware_free(job.hardware);
    nax_record_free(r);
    tool_finish(&tool);
}
