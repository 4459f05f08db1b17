/* nax-cost: energy, latency, area and their product for each candidate. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "nax/cost.h"
#include "nax/search.h"

static const char usage[] =
    "nax-cost [-lq] [--hardware name] [--format format] [file ...]\n"
    "\n"
    "  -l, --layers          one record a layer instead of one a candidate\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n" TOOL_USAGE;

enum { OPT_HARDWARE = TOOL_OPT_OWN };

static const struct option long_options[] = {
    {"layers", no_argument, NULL, 'l'},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    TOOL_LONG,
};

static const char *const role_names[] = {"stem", "body", "shortcut", "classifier", "pool"};

struct job {
    struct tool *tool;
    struct nax_hardware *hardware;
    struct nax_cost_model *model;
    struct nax_network_file *file; /* of the candidate at hand */
    struct nax_cost_table *table;  /* of the same */
    char network[256];
};

static void open_network(struct job *job, const char *name)
{
    struct nax_err err;
    if (job->table && !strcmp(job->network, name))
        return;
    nax_cost_table_free(job->table);
    nax_network_file_free(job->file);
    job->table = NULL;
    job->file = NULL;
    if (nax_network_file_load(&job->file, name, &err) ||
        nax_cost_table_alloc(&job->table, job->model, job->file, &err))
        tool_fail_record(job->tool, &err);
    snprintf(job->network, sizeof job->network, "%s", name);
}

static void check(struct job *job, int status)
{
    struct nax_err err;
    if (status) {
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
        tool_fail(job->tool, &err);
    }
}

static void write_layer(struct job *job, struct nax_record *r, const char *id,
                        const struct nax_layer *layer, int64_t size, const struct nax_cost *c)
{
    nax_record_clear(r);
    check(job, nax_record_set_string(r, "id", id) ||
                   nax_record_set_string(r, "layer", layer ? layer->name : "unfilled") ||
                   nax_record_set_string(r, "role", layer ? role_names[layer->role] : "none") ||
                   nax_record_set_int(r, "kernel_size", layer ? (int64_t)layer->kernel : 0) ||
                   nax_record_set_int(r, "array_size", size) ||
                   nax_record_set_int(r, "n_units", c->n_units) ||
                   nax_record_set_float(r, "energy_pj", c->energy_pj) ||
                   nax_record_set_float(r, "energy_leakage_pj", c->energy_leakage_pj) ||
                   nax_record_set_float(r, "latency_ns", c->latency_ns) ||
                   nax_record_set_float(r, "area_mm2", c->area_mm2) ||
                   nax_record_set_string(r, "hardware", job->hardware->name));
    tool_write(job->tool, r);
}

static void write_layers(struct job *job, struct nax_record *r, const struct nax_candidate *c)
{
    static struct nax_cost parts[NAX_NETWORK_LAYERS_MAX + 1];
    static int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_cost sum;
    struct nax_err err;
    if (nax_network_build(&net, job->file, c->kernel, &err) ||
        nax_network_crossbars(net, c->crossbar, c->crossbar_fixed, sizes, &err) ||
        nax_cost_network(job->model, net, sizes, &sum, parts, &err))
        tool_fail_record(job->tool, &err);
    for (size_t l = 0; l < net->n_layers; l++)
        write_layer(job, r, c->id, &net->layers[l], sizes[l], &parts[l]);
    write_layer(job, r, c->id, NULL, 0, &parts[net->n_layers]);
    nax_network_free(net);
}

static void write_sum(struct job *job, struct nax_record *r, const struct nax_candidate *c)
{
    struct nax_cost cost;
    struct nax_err err;
    if (nax_cost_table_price(job->table, c->kernel, c->crossbar, c->crossbar_fixed, &cost, &err))
        tool_fail_record(job->tool, &err);
    check(job, nax_record_set_float(r, "energy_pj", cost.energy_pj) ||
                   nax_record_set_float(r, "latency_ns", cost.latency_ns) ||
                   nax_record_set_float(r, "area_mm2", cost.area_mm2) ||
                   nax_record_set_float(r, "edap_pj_ns_mm2", cost.edap_pj_ns_mm2) ||
                   nax_record_set_string(r, "hardware", job->hardware->name));
    tool_write(job->tool, r);
}

static void price(struct job *job, struct nax_record *r, bool has_layers)
{
    struct nax_candidate c;
    struct nax_err err;
    if (nax_candidate_read(&c, r, &err))
        tool_fail_record(job->tool, &err);
    open_network(job, c.network);
    size_t n_slots = nax_network_file_n_slots(job->file);
    if (c.n_slots != n_slots) {
        nax_err_set(&err, NAX_ERR_VALUE,
                    "field 'kernel': %zu values for the %zu searched convolutions of '%s'",
                    c.n_slots, n_slots, c.network);
        tool_fail_record(job->tool, &err);
    }
    if (has_layers)
        write_layers(job, r, &c);
    else
        write_sum(job, r, &c);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-cost", usage, argc, argv);
    struct job job = {.tool = &tool};
    const char *hardware = "nax-reram";
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
        default:
            tool_option(&tool, opt);
        }
    struct nax_record *r = nax_record_alloc();
    check(&job, r ? 0 : NAX_ERR_MEMORY);
    if (nax_hardware_load(&job.hardware, hardware, &err) ||
        nax_cost_model_alloc(&job.model, job.hardware, &err))
        tool_fail(&tool, &err);
    tool_read_open(&tool);
    while (tool_read(&tool, r))
        price(&job, r, has_layers);
    nax_cost_table_free(job.table);
    nax_network_file_free(job.file);
    nax_cost_model_free(job.model);
    nax_hardware_free(job.hardware);
    nax_record_free(r);
    tool_finish(&tool);
}
