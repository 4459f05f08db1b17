/* nax-cost: energy, latency, area and their product for each candidate. */
#include "cost_tables.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "nax-cost [-blq] [--hardware names] [--set key=value] [--schedule order] [--replicate area] "
    "[--format format] [file ...]\n"
    "nax-cost -c [-q] [--crossbar n] [--hardware names] [--set key=value] [--format format]\n"
    "\n"
    "  -l, --layers          one record a layer instead of one a candidate\n"
    "  -b, --breakdown       one record a layer and component\n"
    "  -c, --components      the machine itself, one record a level and component\n"
    "      --crossbar N      crossbar size of that machine (128)\n"
    "      --hardware NAMES  built in (nax-reram, puma, isaac) or files, with commas between\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n"
    "      --schedule ORDER  sequential or pipelined, as the key timing.schedule\n"
    "      --replicate AREA  copy slow layers up to this area in mm2, as "
    "hierarchy.replicate_mm2\n" TOOL_USAGE;

enum {
    OPT_HARDWARE = TOOL_OPT_OWN,
    OPT_SET,
    OPT_SCHEDULE,
    OPT_REPLICATE,
    OPT_CROSSBAR,
    MACHINES_MAX = 16,
    SETS_MAX = 64,
    N_FIELDS = 7
};

static const struct option long_options[] = {
    {"layers", no_argument, NULL, 'l'},
    {"breakdown", no_argument, NULL, 'b'},
    {"components", no_argument, NULL, 'c'},
    {"crossbar", required_argument, NULL, OPT_CROSSBAR},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"set", required_argument, NULL, OPT_SET},
    {"schedule", required_argument, NULL, OPT_SCHEDULE},
    {"replicate", required_argument, NULL, OPT_REPLICATE},
    TOOL_LONG,
};

struct machine {
    struct nax_hardware *hardware;
    struct nax_cost_model *model;
    struct nax_cost_table *table; /* of the candidate's network */
    char field[N_FIELDS][96];     /* names of the costs in a candidate's record */
};

struct job {
    struct tool *tool;
    int mode; /* 0 or the letter of an option */
    int64_t crossbar;
    const char *names; /* of hardware */
    char *sets[SETS_MAX];
    size_t n_sets, n_machines;
    struct machine machines[MACHINES_MAX];
    struct design design;
};

/* "key=" and the value; key may be empty. Freed at the end. */
static void add_set(struct job *job, const char *key, const char *value)
{
    size_t size = strlen(key) + strlen(value) + 1;
    if (job->n_sets == SETS_MAX)
        tool_misuse(job->tool, "more than %d changes of the hardware", SETS_MAX);
    char *set = nax_calloc(size, 1);
    design_check(job->tool, set ? 0 : NAX_ERR_MEMORY);
    snprintf(set, size, "%s%s", key, value);
    job->sets[job->n_sets++] = set;
}

/* The first machine's costs have their plain names, those of others end in the machine's name. */
static void name_fields(struct machine *m, bool is_first)
{
    static const char *const names[N_FIELDS] = {"energy_pj",      "latency_ns",        "area_mm2",
                                                "edap_pj_ns_mm2", "images_per_second", "tops_per_w",
                                                "tops_per_mm2"};
    for (size_t i = 0; i < N_FIELDS; i++)
        snprintf(m->field[i], sizeof m->field[i], "%s%s%s", names[i], is_first ? "" : ".",
                 is_first ? "" : m->hardware->name);
}

static void open_machines(struct job *job)
{
    struct nax_err err;
    const char *names = job->names;
    for (size_t n; n = strcspn(names, ","), true; names += n + 1) {
        char name[256];
        if (!n || n >= sizeof name || job->n_machines == MACHINES_MAX)
            tool_misuse(job->tool, "--hardware takes 1 to %d names: '%s'", MACHINES_MAX,
                        job->names);
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        struct machine *m = &job->machines[job->n_machines];
        if (nax_hardware_load_set(&m->hardware, name, (const char *const *)job->sets, job->n_sets,
                                  &err) ||
            nax_cost_model_alloc(&m->model, m->hardware, &err))
            tool_fail(job->tool, &err);
        for (size_t i = 0; i < job->n_machines; i++)
            if (!strcmp(job->machines[i].hardware->name, m->hardware->name))
                tool_misuse(job->tool, "two hardware files of one name: '%s'", m->hardware->name);
        name_fields(m, !job->n_machines);
        job->n_machines++;
        if (!names[n])
            return;
    }
}

static void set_costs(struct job *job, struct nax_record *r, const struct machine *m)
{
    const struct nax_candidate *c = &job->design.candidate;
    struct nax_cost cost;
    struct nax_err err;
    if (nax_cost_table_price(m->table, c->kernel, c->crossbar, c->crossbar_fixed, &cost, &err))
        tool_fail_record(job->tool, &err);
    const double values[N_FIELDS] = {cost.energy_pj,
                                     cost.latency_ns,
                                     cost.area_mm2,
                                     cost.edap_pj_ns_mm2,
                                     nax_cost_images_per_second(&cost),
                                     nax_cost_tops_per_w(&cost),
                                     nax_cost_tops_per_mm2(&cost)};
    for (size_t i = 0; i < N_FIELDS; i++)
        design_check(job->tool, nax_record_set_float(r, m->field[i], values[i]));
}

/* A new network: tables of its own on every machine. */
static void open_tables(struct job *job)
{
    struct nax_err err;
    for (size_t i = 0; i < job->n_machines; i++) {
        struct machine *m = &job->machines[i];
        nax_cost_table_free(m->table);
        m->table = NULL;
        if (nax_cost_table_alloc(&m->table, m->model, job->design.file, &err))
            tool_fail_record(job->tool, &err);
    }
}

static void price(struct job *job, struct nax_record *r)
{
    if (design_read(&job->design, job->tool, r) && !job->mode)
        open_tables(job);
    for (size_t i = 0; i < job->n_machines; i++)
        if (job->mode)
            cost_tables_design(job->tool, r, &job->design, job->machines[i].hardware,
                               job->machines[i].model, job->mode == 'b');
        else
            set_costs(job, r, &job->machines[i]);
    if (job->mode)
        return;
    design_check(job->tool, nax_record_set_string(r, "hardware", job->machines[0].hardware->name));
    tool_write(job->tool, r);
}

static void set_mode(struct job *job, int mode)
{
    if (job->mode && job->mode != mode)
        tool_misuse(job->tool, "only one of -b, -c and -l");
    job->mode = mode;
    job->tool->kind = mode == 'l' ? "layer" : mode == 'b' ? "part" : "component";
}

static void parse(struct job *job, int argc, char **argv)
{
    bool has_crossbar = false;
    int opt;
    while ((opt = getopt_long(argc, argv, "bcl" TOOL_SHORT, long_options, NULL)) != -1)
        switch (opt) {
        case 'b':
        case 'c':
        case 'l':
            set_mode(job, opt);
            break;
        case OPT_CROSSBAR:
            job->crossbar = tool_int(job->tool, "crossbar", optarg, 1, NAX_CROSSBAR_MAX);
            has_crossbar = true;
            break;
        case OPT_HARDWARE:
            job->names = optarg;
            break;
        case OPT_SET:
            add_set(job, "", optarg);
            break;
        case OPT_SCHEDULE:
            add_set(job, "timing.schedule=", optarg);
            break;
        case OPT_REPLICATE:
            add_set(job, "hierarchy.replicate_mm2=", optarg);
            break;
        default:
            tool_option(job->tool, opt);
        }
    if (has_crossbar && job->mode != 'c')
        tool_misuse(job->tool, "--crossbar belongs to --components");
    if (job->mode == 'c' && optind < argc)
        tool_misuse(job->tool, "--components reads no file: '%s'", argv[optind]);
}

static void close_job(struct job *job)
{
    for (size_t i = 0; i < job->n_machines; i++) {
        nax_cost_table_free(job->machines[i].table);
        nax_cost_model_free(job->machines[i].model);
        nax_hardware_free(job->machines[i].hardware);
    }
    for (size_t i = 0; i < job->n_sets; i++)
        free(job->sets[i]);
    design_close(&job->design);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-cost", usage, argc, argv);
    static struct job job;
    job = (struct job){.tool = &tool, .names = "nax-reram", .crossbar = 128};
    parse(&job, argc, argv);
    struct nax_record *r = nax_record_alloc();
    design_check(&tool, r ? 0 : NAX_ERR_MEMORY);
    open_machines(&job);
    if (job.mode == 'c') {
        tool_write_open(&tool, tool.kind);
        for (size_t i = 0; i < job.n_machines; i++)
            cost_tables_machine(&tool, r, job.machines[i].hardware, job.machines[i].model,
                                job.crossbar);
    } else {
        tool_read_open(&tool);
        while (tool_read(&tool, r))
            price(&job, r);
    }
    close_job(&job);
    nax_record_free(r);
    tool_finish(&tool);
}
