/* nax-map: how many crossbars a candidate takes, and what each layer takes of them. */
#include "design.h"
#include "nax/mapping.h"

static const char usage[] =
    "nax-map [-lq] [--hardware name] [--set key=value] [--format format] [file ...]\n"
    "\n"
    "  -l, --layers          one record a layer instead of one a candidate\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n" TOOL_USAGE;

enum { OPT_HARDWARE = TOOL_OPT_OWN, OPT_SET, SETS_MAX = 64 };

static const struct option long_options[] = {
    {"layers", no_argument, NULL, 'l'},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"set", required_argument, NULL, OPT_SET},
    TOOL_LONG,
};

struct job {
    struct tool *tool;
    struct nax_hardware *hardware;
    struct design design;
};

static void write_layer(struct job *job, struct nax_record *r, const struct nax_candidate *c,
                        const struct nax_layer *layer, const struct nax_layer_map *m)
{
    nax_record_clear(r);
    design_check(job->tool, nax_record_set_string(r, "id", c->id) ||
                                nax_record_set_string(r, "layer", layer->name) ||
                                nax_record_set_string(r, "role", design_role(layer->role)) ||
                                nax_record_set_int(r, "kernel_size", (int64_t)layer->kernel) ||
                                nax_record_set_int(r, "array_size", m->crossbar) ||
                                nax_record_set_int(r, "matrix_rows", m->rows) ||
                                nax_record_set_int(r, "matrix_cols", m->cols) ||
                                nax_record_set_int(r, "n_units", m->n_units) ||
                                nax_record_set_int(r, "n_crossbars", m->n_arrays) ||
                                nax_record_set_int(r, "positions", m->positions) ||
                                nax_record_set_int(r, "products", m->products) ||
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
        struct nax_layer_map map;
        if (net->layers[l].role == NAX_ROLE_POOL)
            continue;
        if (nax_layer_map(job->hardware, &net->layers[l], sizes[l], &map, &err))
            tool_fail_record(job->tool, &err);
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

static void map_candidate(struct job *job, struct nax_record *r, bool has_layers)
{
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_err err;
    design_read(&job->design, job->tool, r);
    if (design_build(&job->design, &net, sizes, &err))
        tool_fail_record(job->tool, &err);
    if (has_layers)
        write_layers(job, r, &job->design.candidate, net, sizes);
    else
        write_sums(job, r, net, sizes);
    nax_network_free(net);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-map", usage, argc, argv);
    struct job job = {.tool = &tool};
    const char *hardware = "nax-reram";
    const char *sets[SETS_MAX];
    size_t n_sets = 0;
    bool has_layers = false;
    struct nax_err err;
    int opt;
    while ((opt = getopt_long(argc, argv, "l" TOOL_SHORT, long_options, NULL)) != -1)
        switch (opt) {
        case 'l':
            has_layers = true;
            tool.kind = "layer";
            break;
        case OPT_HARDWARE:
            hardware = optarg;
            break;
        case OPT_SET:
            if (n_sets < SETS_MAX)
                sets[n_sets++] = optarg;
            else
                tool_misuse(&tool, "more than %d changes of the hardware", SETS_MAX);
            break;
        default:
            tool_option(&tool, opt);
        }
    struct nax_record *r = nax_record_alloc();
    design_check(&tool, r ? 0 : NAX_ERR_MEMORY);
    if (nax_hardware_load_set(&job.hardware, hardware, sets, n_sets, &err))
        tool_fail(&tool, &err);
    tool_read_open(&tool);
    while (tool_read(&tool, r))
        map_candidate(&job, r, has_layers);
    design_close(&job.design);
    nax_hardware_free(job.hardware);
    nax_record_free(r);
    tool_finish(&tool);
}
