/* nax-sample: draws candidates from a space of designs. */
#include "builtin.h"
#include "design.h"
#include "policies.h"
#include "provenance.h"
#include "space.h"

#include <math.h>

static const char synopsis[] =
    "nax-sample [--space space] [--network network] [--grid | --homogeneous | --random n] [-n n] "
    "[--seed n] [--format format] [-q]\n"
    "nax-sample --evolve [--elite n] [--mutation p] [--keep-kernels] [options] [file ...]\n"
    "nax-sample --policy [options] [file ...]\n"
    "nax-sample --agreement [options] [file ...]\n"
    "nax-sample --list what [--format format]\n";

enum mode { RANDOM = 1, GRID, HOMOGENEOUS, LIST, EVOLVE, POLICY, AGREEMENT };

struct sample_options {
    enum mode mode;
    struct space_options space;       /* where records are read, what they do not name */
    size_t n_random, n_most, n_elite; /* the latter two SIZE_MAX: not given */
    double mutation;                  /* NaN: not given */
    bool keeps_kernels;
    enum builtin listed; /* of LIST */
};

#define FIELD(name) NAX_OPTION_FIELD(struct sample_options, name)

static const struct nax_option rows[] = {
    {"random", "N", "N random designs; this is what is done without another of these",
     FIELD(n_random), .value = 4, .mode = RANDOM},
    {"grid", NULL, "all designs, the choices of the last convolution varying fastest",
     .mode = GRID},
    {"homogeneous", NULL,
     "the network's own kernels and widths on crossbars of one size, each size",
     .mode = HOMOGENEOUS},
    {"evolve", NULL, "offspring of the ranked records read, after the best of these",
     .mode = EVOLVE},
    {"elite", "N", "how many of the best (rank 0, but at most half)", FIELD(n_elite), .value = NAN,
     .needs = "evolve"},
    {"mutation", "P", "chance that a decision is drawn anew (1 / their number)", FIELD(mutation),
     .max = 1, .value = NAN, .needs = "evolve"},
    {"keep-kernels", NULL, "offspring keep a parent's kernels and widths: crossbars alone change",
     FIELD(keeps_kernels), .needs = "evolve"},
    {"policy", NULL, "the most probable design of each policy read, then random ones",
     .mode = POLICY},
    {"agreement", NULL, "how far each policy read agrees with the first one", .mode = AGREEMENT},
    {"n", "N", "at most N candidates (offspring: as many as were read; policy: 4)", FIELD(n_most),
     .value = NAN, .letter = 'n'},
    {"list", "WORD", "what is built in, a record each", FIELD(listed), .words = &builtin_words,
     .value = NAN, .mode = LIST},
    {.name = NULL}};

static void parse(struct tool *tool, struct sample_options *o)
{
    const struct option_group groups[] = {
        {space_rows, &o->space}, {rows, o}, {share_rows, &tool->share}};
    tool->idle = "threads";
    int mode = tool_options(tool, groups, sizeof groups / sizeof *groups);
    o->mode = mode ? (enum mode)mode : RANDOM;
    if (!tool_given(tool, "n"))
        o->n_most = SIZE_MAX;
    if (!tool_given(tool, "elite"))
        o->n_elite = SIZE_MAX;
    if (o->mode != EVOLVE && o->mode != POLICY && o->mode != AGREEMENT)
        tool_no_files(tool);
    if (o->mode == AGREEMENT && o->n_most != SIZE_MAX)
        tool_misuse(tool, "-n counts candidates, and --agreement writes none");
}

/* How many candidates there will be; says so where that is not what was asked for. */
static uint64_t count(struct tool *tool, const struct sample_options *o,
                      const struct nax_space *space)
{
    struct nax_err err;
    uint64_t n = space->n_designs ? space->n_designs : INT64_MAX;
    if (o->mode == HOMOGENEOUS)
        n = space->n_crossbars;
    else if (o->mode == RANDOM && o->n_random > n)
        tool_say(tool, "only %llu designs in space: '%s'", (unsigned long long)n, space->name);
    else if (o->mode == RANDOM)
        n = o->n_random;
    if (o->mode == GRID && o->n_most == SIZE_MAX) {
        if (!space->n_designs) {
            nax_err_set(&err, NAX_ERR_VALUE, "more than 2^63 designs, and no -n, in space: '%s'",
                        space->name);
            tool_fail(tool, &err);
        }
        if (n > 1000000)
            tool_say(tool, "%llu designs in space: '%s'", (unsigned long long)n, space->name);
    }
    return NAX_MIN(n, o->n_most);
}

static void write_candidate(struct tool *tool, const struct nax_candidate *c,
                            struct nax_record *record)
{
    struct nax_err err;
    nax_record_clear(record);
    if (nax_candidate_write(c, record, &err))
        tool_fail(tool, &err);
    tool_write(tool, record);
}

static void write_candidates(struct tool *tool, const struct sample_options *o,
                             struct nax_record *record)
{
    struct nax_space space;
    struct nax_candidate c;
    struct nax_err err;
    if (space_open(tool, &space, &o->space, &err))
        tool_fail(tool, &err);
    uint64_t n = count(tool, o, &space);
    tool_write_open(tool, "candidate");
    for (uint64_t i = 0; i < n; i++) {
        if (o->mode == GRID)
            nax_space_design(&space, i, tool->seed, &c);
        else if (o->mode == HOMOGENEOUS)
            nax_space_homogeneous(&space, i, tool->seed, &c);
        else
            nax_space_random(&space, i, tool->seed, &c);
        write_candidate(tool, &c, record);
    }
}

static void add_member(struct tool *tool, struct nax_population *population,
                       const struct nax_record *record)
{
    struct nax_candidate c;
    struct nax_err err;
    int64_t rank;
    double crowding;
    if (nax_candidate_read(&c, record, &err) || nax_record_int(record, "rank", &rank, &err) ||
        nax_record_float(record, "crowding", &crowding, &err) ||
        nax_population_add(population, &c, rank, crowding, &err))
        tool_fail_record(tool, &err);
}

/* The best first, as they were read; then offspring, until there are n. */
static void write_generation(struct tool *tool, const struct sample_options *o,
                             struct nax_population *population, const struct nax_store *all,
                             size_t n_decisions, struct nax_record *record)
{
    struct nax_candidate child;
    struct nax_err err;
    uint64_t n = o->n_most == SIZE_MAX ? nax_store_n(all) : o->n_most, n_elite = o->n_elite, i;
    double mutation = isnan(o->mutation) ? 1 / (double)n_decisions : o->mutation;
    if (nax_population_settle(population, n, &err))
        tool_fail(tool, &err);
    if (n_elite == SIZE_MAX)
        for (n_elite = 0; n_elite < n - n / 2 && n_elite < nax_population_n(population) &&
                          nax_population_rank(population, n_elite) == 0;)
            n_elite++;
    n_elite = NAX_MIN(NAX_MIN(n_elite, n), nax_population_n(population));
    for (i = 0; i < n_elite; i++) {
        if (nax_store_get(all, nax_population_index(population, i), record, &err))
            tool_fail(tool, &err);
        tool_write(tool, record);
    }
    for (; i < n; i++) {
        int status = nax_population_breed(population, mutation, o->keeps_kernels, tool->seed, i,
                                          &child, &err);
        if (status < 0)
            tool_fail(tool, &err);
        if (!status)
            break;
        write_candidate(tool, &child, record);
    }
    if (i < n)
        tool_say(tool, "no more new designs found after: '%llu'", (unsigned long long)i);
}

static void evolve(struct tool *tool, const struct sample_options *o, struct nax_record *record)
{
    struct nax_space space;
    struct nax_population *population = NULL;
    struct nax_store *all = nax_store_alloc();
    struct nax_err err;
    design_check(tool, all ? 0 : NAX_ERR_MEMORY);
    while (tool_read(tool, record)) {
        if (!population)
            space_of_record(tool, &o->space, record, &space);
        if ((!population && nax_population_alloc(&population, &space, &err)) ||
            nax_store_add(all, record, &err))
            tool_fail(tool, &err);
        add_member(tool, population, record);
    }
    if (population)
        write_generation(tool, o, population, all, nax_space_n_decisions(&space), record);
    nax_population_free(population);
    nax_store_free(all);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-sample", synopsis, argc, argv);
    struct sample_options o = {.mode = RANDOM};
    parse(&tool, &o);
    struct nax_record *record = nax_record_alloc();
    design_check(&tool, record ? 0 : NAX_ERR_MEMORY);
    if (o.mode == EVOLVE || o.mode == POLICY || o.mode == AGREEMENT) {
        tool_read_open(&tool);
        if (tool_given(&tool, "space"))
            provenance_config(&tool, "spaces", o.space.name);
        if (o.space.network)
            provenance_config(&tool, "networks", o.space.network);
        tool.kind = o.mode == AGREEMENT ? "agreement" : "candidate";
    }
    if (o.mode == LIST)
        builtin_list(&tool, o.listed, record);
    else if (o.mode == EVOLVE)
        evolve(&tool, &o, record);
    else if (o.mode == POLICY)
        policies_draw(&tool, &o.space, o.n_most == SIZE_MAX ? 4 : o.n_most);
    else if (o.mode == AGREEMENT)
        policies_compare(&tool, &o.space);
    else
        write_candidates(&tool, &o, record);
    nax_record_free(record);
    tool_finish(&tool);
}
