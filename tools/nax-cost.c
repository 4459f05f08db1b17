/* nax-cost: energy, latency, area and their product for each candidate. */
#include "cost_tables.h"
#include "hardware.h"

#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-cost [-blq] [--hardware names] [--set key=value] [--schedule order] [--replicate area] "
    "[--format format] [file ...]\n"
    "nax-cost -c [-q] [--crossbar n] [--hardware names] [--set key=value] [--format format]\n";

enum mode { CANDIDATES, LAYERS, BREAKDOWN, COMPONENTS };
enum { MACHINES_MAX = 16, N_FIELDS = 7 };

struct machine {
    struct nax_hardware *hardware;
    struct nax_cost_model *model;
    struct nax_cost_table *table; /* of the candidate's network */
    char field[N_FIELDS][96];     /* names of the costs in a candidate's record */
};

struct pricing {
    struct tool *tool;
    enum mode mode;
    size_t crossbar;
    const char *names; /* of hardware */
    const char *schedule, *replicate;
    struct hardware_options hardware; /* whose name is that of one machine after the other */
    char set[2][64];                  /* what schedule and replicate stand for */
    size_t n_machines;
    struct machine machines[MACHINES_MAX];
    struct design design;
};

#define FIELD(name) NAX_OPTION_FIELD(struct pricing, name)

static const struct nax_option rows[] = {
    {"layers", NULL, "one record a layer instead of one a candidate", .letter = 'l',
     .mode = LAYERS},
    {"breakdown", NULL, "one record a layer and component", .letter = 'b', .mode = BREAKDOWN},
    {"components", NULL, "the machine itself, one record a level and component", .letter = 'c',
     .mode = COMPONENTS},
    {"crossbar", "N", "crossbar size of that machine", FIELD(crossbar), .min = 1,
     .max = NAX_CROSSBAR_MAX, .value = 128, .needs = "components"},
    {"hardware", "NAMES", "one, or several with commas between", FIELD(names), .text = "nax-reram",
     .builtin = "hardware"},
    {"schedule", "WORD", "sequential or pipelined, as the key timing.schedule", FIELD(schedule)},
    {"replicate", "AREA", "copy slow layers up to this area in mm2, as hierarchy.replicate_mm2",
     FIELD(replicate)},
    {.name = NULL}};

/* An option that stands for a key of the hardware. */
static void add_set(struct pricing *p, char set[64], const char *key, const char *value)
{
    struct nax_texts *sets = &p->hardware.sets;
    if (!value)
        return;
    if (sets->n == NAX_TEXTS_MAX || snprintf(set, 64, "%s=%s", key, value) >= 64)
        tool_misuse(p->tool, "too long, or one change of the hardware too many: '%s'", value);
    sets->at[sets->n++] = set;
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

static void open_machines(struct pricing *p)
{
    struct nax_err err;
    const char *names = p->names;
    for (size_t n; n = strcspn(names, ","), true; names += n + 1) {
        char name[256];
        if (!n || n >= sizeof name || p->n_machines == MACHINES_MAX)
            tool_misuse(p->tool, "--hardware takes 1 to %d names: '%s'", MACHINES_MAX, p->names);
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        struct machine *m = &p->machines[p->n_machines];
        p->hardware.name = name;
        if (hardware_open(p->tool, &p->hardware, &m->hardware, &err) ||
            nax_cost_model_alloc(&m->model, m->hardware, &err))
            tool_fail(p->tool, &err);
        for (size_t i = 0; i < p->n_machines; i++)
            if (!strcmp(p->machines[i].hardware->name, m->hardware->name))
                tool_misuse(p->tool, "two hardware files of one name: '%s'", m->hardware->name);
        name_fields(m, !p->n_machines);
        p->n_machines++;
        if (!names[n])
            return;
    }
}

static void set_costs(struct pricing *p, struct nax_record *r, const struct machine *m)
{
    const struct nax_candidate *c = &p->design.candidate;
    struct nax_cost cost;
    struct nax_err err;
    if (nax_cost_table_price(m->table, c->kernel, c->crossbar, c->crossbar_fixed, &cost, &err))
        tool_fail_record(p->tool, &err);
    const double values[N_FIELDS] = {cost.energy_pj,
                                     cost.latency_ns,
                                     cost.area_mm2,
                                     cost.edap_pj_ns_mm2,
                                     nax_cost_images_per_second(&cost),
                                     nax_cost_tops_per_w(&cost),
                                     nax_cost_tops_per_mm2(&cost)};
    for (size_t i = 0; i < N_FIELDS; i++)
        design_check(p->tool, nax_record_set_float(r, m->field[i], values[i]));
}

/* A new network: tables of its own on every machine. */
static void open_tables(struct pricing *p)
{
    struct nax_err err;
    for (size_t i = 0; i < p->n_machines; i++) {
        struct machine *m = &p->machines[i];
        nax_cost_table_free(m->table);
        m->table = NULL;
        if (nax_cost_table_alloc(&m->table, m->model, p->design.file, &err))
            tool_fail_record(p->tool, &err);
    }
}

static void price(struct pricing *p, struct nax_record *r)
{
    if (design_read(&p->design, p->tool, r) && !p->mode)
        open_tables(p);
    for (size_t i = 0; i < p->n_machines; i++)
        if (p->mode)
            cost_tables_design(p->tool, r, &p->design, p->machines[i].hardware,
                               p->machines[i].model, p->mode == BREAKDOWN);
        else
            set_costs(p, r, &p->machines[i]);
    if (p->mode)
        return;
    design_check(p->tool, nax_record_set_string(r, "hardware", p->machines[0].hardware->name));
    tool_write(p->tool, r);
}

static void parse(struct pricing *p)
{
    const struct option_group groups[] = {{rows, p}, {hardware_rows + 1, &p->hardware}};
    static const char *const kinds[] = {
        [CANDIDATES] = NULL, [LAYERS] = "layer", [BREAKDOWN] = "part", [COMPONENTS] = "component"};
    p->mode = (enum mode)tool_options(p->tool, groups, sizeof groups / sizeof *groups);
    p->tool->kind = kinds[p->mode];
    add_set(p, p->set[0], "timing.schedule", p->schedule);
    add_set(p, p->set[1], "hierarchy.replicate_mm2", p->replicate);
    if (p->mode == COMPONENTS)
        tool_no_files(p->tool);
}

static void close_machines(struct pricing *p)
{
    for (size_t i = 0; i < p->n_machines; i++) {
        nax_cost_table_free(p->machines[i].table);
        nax_cost_model_free(p->machines[i].model);
        nax_hardware_free(p->machines[i].hardware);
    }
    design_close(&p->design);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-cost", synopsis, argc, argv);
    static struct pricing pricing;
    pricing.tool = &tool;
    parse(&pricing);
    struct nax_record *r = nax_record_alloc();
    design_check(&tool, r ? 0 : NAX_ERR_MEMORY);
    open_machines(&pricing);
    if (pricing.mode == COMPONENTS) {
        tool_write_open(&tool, tool.kind);
        for (size_t i = 0; i < pricing.n_machines; i++)
            cost_tables_machine(&tool, r, pricing.machines[i].hardware, pricing.machines[i].model,
                                (int64_t)pricing.crossbar);
    } else {
        tool_read_open(&tool);
        while (tool_read(&tool, r))
            price(&pricing, r);
    }
    close_machines(&pricing);
    nax_record_free(r);
    tool_finish(&tool);
}
