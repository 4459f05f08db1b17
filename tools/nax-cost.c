/* nax-cost: energy, latency, area and their product for each candidate. */
#include "cost_formats.h"
#include "cost_tables.h"
#include "hardware.h"

#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-cost [-blq] [--conventions] [--hardware names] [--set key=value] [--schedule order] "
    "[--replicate area] [--format format] [file ...]\n"
    "nax-cost -c [-q] [--crossbar n] [--hardware names] [--set key=value] [--format format]\n";

enum mode { CANDIDATES, CONVENTIONS, LAYERS, BREAKDOWN, COMPONENTS };
enum { NAMES_MAX = 16, MACHINES_MAX = 32, N_FIELDS = 7 };

struct machine {
    struct nax_hardware *hardware;
    struct nax_cost_model *model; /* of the hardware as it is */
    struct cost_formats formats;
    double replicate_mm2[DESIGN_NETWORKS];        /* for copies, of a convention's own */
    const struct nax_cost_convention *convention; /* or NULL */
    char field[N_FIELDS][96];                     /* names of the costs in a candidate's record */
};

struct pricing {
    struct tool *tool;
    enum mode mode;
    size_t crossbar;
    const char *names; /* of hardware */
    const char *schedule, *replicate;
    struct nax_texts sets; /* changes of all hardware */
    char set[2][64];       /* those that schedule and replicate stand for */
    size_t n_machines;
    struct machine machines[MACHINES_MAX];
    struct design design;
};

#define FIELD(name) NAX_OPTION_FIELD(struct pricing, name)

static const struct nax_option rows[] = {
    {"layers", NULL, "one record a layer instead of one a candidate", .letter = 'l',
     .mode = LAYERS},
    {"breakdown", NULL, "one record a layer and component", .letter = 'b', .mode = BREAKDOWN},
    {"conventions", NULL, "costs by each convention, too: see the manual", .mode = CONVENTIONS},
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
    struct nax_texts *sets = &p->sets;
    if (!value)
        return;
    if (sets->n == NAX_TEXTS_MAX || snprintf(set, 64, "%s=%s", key, value) >= 64)
        tool_misuse(p->tool, "too long, or one change of the hardware too many: '%s'", value);
    sets->at[sets->n++] = set;
}

/* The first machine's costs have their plain names, those of others end in a name. */
static void name_fields(struct machine *m, const char *suffix)
{
    static const char *const names[N_FIELDS] = {"energy_pj",      "latency_ns",        "area_mm2",
                                                "edap_pj_ns_mm2", "images_per_second", "tops_per_w",
                                                "tops_per_mm2"};
    for (size_t i = 0; i < N_FIELDS; i++)
        snprintf(m->field[i], sizeof m->field[i], "%s%s%s", names[i], *suffix ? "." : "", suffix);
}

/* The user's changes of the hardware come first, then those of the convention, or NULL. */
static void open_machine(struct pricing *p, const char *name,
                         const struct nax_cost_convention *convention)
{
    struct nax_err err;
    struct hardware_options options = {.name = name, .sets = p->sets};
    struct machine *m = &p->machines[p->n_machines];
    m->convention = convention;
    for (size_t i = 0; convention && convention->sets[i]; i++) {
        if (options.sets.n == NAX_TEXTS_MAX)
            tool_misuse(p->tool, "too many changes of the hardware for --conventions");
        options.sets.at[options.sets.n++] = convention->sets[i];
    }
    if (hardware_open(p->tool, &options, &m->hardware, &err) ||
        nax_cost_model_alloc(&m->model, m->hardware, &err))
        tool_fail(p->tool, &err);
    const char *own = convention ? convention->name : m->hardware->name;
    name_fields(m, p->n_machines ? own : "");
    for (size_t i = 0; i < p->n_machines; i++)
        if (!strcmp(p->machines[i].field[0], m->field[0]) ||
            (!convention && !strcmp(p->machines[i].hardware->name, own)))
            tool_misuse(p->tool, "two %s of one name: '%s'",
                        convention ? "machines" : "hardware files", own);
    p->n_machines++;
}

static void open_machines(struct pricing *p)
{
    const char *names = p->names;
    for (size_t n; n = strcspn(names, ","), true; names += n + 1) {
        char name[256];
        if (!n || n >= sizeof name || p->n_machines == NAMES_MAX)
            tool_misuse(p->tool, "--hardware takes 1 to %d names: '%s'", NAMES_MAX, p->names);
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        open_machine(p, name, NULL);
        if (!names[n])
            break;
    }
    for (const struct nax_cost_convention *c = nax_cost_conventions;
         p->mode == CONVENTIONS && c->name && p->n_machines < MACHINES_MAX; c++)
        open_machine(p, c->hardware, c);
}

/* A key that was set has to change the costs on one of the machines. */
static void check_sets(const struct pricing *p)
{
    const struct nax_texts *sets = &p->sets;
    unsigned parts = NAX_PART_COSTS | (p->mode == COMPONENTS ? NAX_PART_TABLES : 0);
    for (size_t i = 0; i < sets->n; i++) {
        struct nax_err err = {0};
        bool acts = false;
        for (size_t k = p->n_machines; k-- > 0 && !acts;) {
            const struct nax_hardware *h = p->machines[k].hardware;
            acts = !nax_hardware_check_acts(h, sets->at[i], parts, "costs", &err);
        }
        if (!acts)
            tool_misuse(p->tool, "%s", err.text);
    }
}

static void set_costs(struct pricing *p, struct nax_record *r, struct machine *m)
{
    const struct nax_candidate *c = &p->design.candidate;
    const size_t at = p->design.at;
    struct nax_cost cost;
    struct nax_err err;
    struct cost_format *f;
    if (cost_formats_find(&m->formats, m->hardware, c, &f, &err))
        tool_fail_record(p->tool, &err);
    if (m->convention && m->convention->n_areas > 0)
        f->hardware->hierarchy.replicate_mm2 = m->replicate_mm2[at];
    if ((!f->tables[at] && nax_cost_table_alloc(&f->tables[at], f->model, p->design.file, &err)) ||
        nax_cost_table_price(f->tables[at], c->kernel, c->crossbar,
                             c->has_adc_bits ? c->adc_bits : NULL, c->crossbar_fixed, &cost, &err))
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

/* A new network: no table is of it. The area for copies is that of the network as it was written,
 * so that all designs of a space have the same. */
static void begin_network(struct pricing *p)
{
    struct nax_network *net;
    struct nax_err err;
    const size_t at = p->design.at;
    if (nax_network_build(&net, p->design.own, NULL, &err))
        tool_fail_record(p->tool, &err);
    for (size_t i = 0; i < p->n_machines; i++) {
        struct machine *m = &p->machines[i];
        if (nax_adc_layers_check(m->hardware, net, &err))
            tool_fail_record(p->tool, &err);
        cost_formats_forget(&m->formats, at);
        if (m->convention && m->convention->n_areas > 0 &&
            nax_cost_convention_area(m->convention, m->hardware, p->design.own,
                                     &m->replicate_mm2[at], &err))
            tool_fail_record(p->tool, &err);
    }
    nax_network_free(net);
}

static void price(struct pricing *p, struct nax_record *r)
{
    const bool is_table = p->mode == LAYERS || p->mode == BREAKDOWN;
    struct nax_err err;
    if (design_read(&p->design, p->tool, r))
        begin_network(p);
    for (size_t i = 0; i < p->n_machines; i++) {
        struct machine *m = &p->machines[i];
        if (!is_table) {
            set_costs(p, r, m);
            continue;
        }
        if (cost_model_renew(&m->model, m->hardware, &p->design.candidate, &err))
            tool_fail_record(p->tool, &err);
        cost_tables_design(p->tool, r, &p->design, m->hardware, m->model, p->mode == BREAKDOWN);
    }
    if (is_table)
        return;
    design_check(p->tool, nax_record_set_string(r, "hardware", p->machines[0].hardware->name));
    tool_write(p->tool, r);
}

static void parse(struct pricing *p)
{
    struct hardware_options set = {.name = NULL};
    const struct option_group groups[] = {
        {rows, p}, {hardware_rows + 1, &set}, {share_rows, &p->tool->share}};
    static const char *const kinds[] = {
        [CONVENTIONS] = NULL, [LAYERS] = "layer", [BREAKDOWN] = "part", [COMPONENTS] = "component"};
    p->tool->idle = "seed threads";
    p->mode = (enum mode)tool_options(p->tool, groups, sizeof groups / sizeof *groups);
    p->tool->kind = kinds[p->mode];
    p->sets = set.sets;
    add_set(p, p->set[0], "timing.schedule", p->schedule);
    add_set(p, p->set[1], "hierarchy.replicate_mm2", p->replicate);
    if (p->mode == COMPONENTS)
        tool_no_files(p->tool);
}

static void close_machines(struct pricing *p)
{
    for (size_t i = 0; i < p->n_machines; i++) {
        cost_formats_close(&p->machines[i].formats);
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
    check_sets(&pricing);
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
