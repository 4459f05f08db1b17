/* nax-sample: draws candidates from a space of designs. */
#include "design.h"
#include "records.h"
#include "space.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "nax-sample [--space space] [--network network] [--grid | --homogeneous | --random n] [-n n] "
    "[--seed n] [--format format] [-q]\n"
    "nax-sample --evolve [--elite n] [--mutation p] [--keep-kernels] [options] [file ...]\n"
    "nax-sample --policy [options] [file ...]\n"
    "nax-sample --list [--format format]\n"
    "\n"
    "      --space SPACE     space of designs: a built-in name or a file (cifar10)\n"
    "      --network NET     network instead of the space's: a built-in name or a file\n"
    "      --random N        N random designs; this is the default, with N = 4\n"
    "      --grid            all designs, the choices of the last convolution varying fastest\n"
    "      --homogeneous     the network's own kernels on crossbars of one size, each size\n"
    "      --evolve          offspring of the ranked records read, after the best of these\n"
    "      --elite N         how many of the best (rank 0, but at most half)\n"
    "      --mutation P      chance that a convolution is drawn anew (1 / their number)\n"
    "      --keep-kernels    offspring keep a parent's kernels: crossbars alone change\n"
    "      --policy          the most probable design of each policy read, then random ones\n"
    "  -n, --n N             at most N candidates (offspring: as many as were read; policy: 4)\n"
    "      --list            the built-in spaces, a record each\n" TOOL_USAGE;

enum mode { RANDOM, GRID, HOMOGENEOUS, LIST, EVOLVE, POLICY };

/* The modes come after OPT_MODE. */
enum { OPT_SPACE = TOOL_OPT_OWN, OPT_NETWORK, OPT_ELITE, OPT_MUTATION, OPT_KEEP, OPT_MODE };

static const struct option long_options[] = {
    {"space", required_argument, NULL, OPT_SPACE},
    {"network", required_argument, NULL, OPT_NETWORK},
    {"random", required_argument, NULL, OPT_MODE + RANDOM},
    {"grid", no_argument, NULL, OPT_MODE + GRID},
    {"homogeneous", no_argument, NULL, OPT_MODE + HOMOGENEOUS},
    {"list", no_argument, NULL, OPT_MODE + LIST},
    {"evolve", no_argument, NULL, OPT_MODE + EVOLVE},
    {"policy", no_argument, NULL, OPT_MODE + POLICY},
    {"elite", required_argument, NULL, OPT_ELITE},
    {"mutation", required_argument, NULL, OPT_MUTATION},
    {"keep-kernels", no_argument, NULL, OPT_KEEP},
    {"n", required_argument, NULL, 'n'},
    TOOL_LONG,
};

struct job {
    enum mode mode;
    bool has_mode;
    const char *space, *network; /* or NULL: those of the first record read; else the defaults */
    uint64_t n_random, n_most;   /* n_most UINT64_MAX: not given */
    uint64_t n_elite;            /* UINT64_MAX: not given */
    double mutation;             /* negative: not given */
    bool keeps_kernels;
};

static struct job parse(struct tool *tool)
{
    struct job job = {.n_random = 4, .n_most = UINT64_MAX, .n_elite = UINT64_MAX, .mutation = -1};
    int opt;
    while ((opt = getopt_long(tool->argc, tool->argv, TOOL_SHORT "n:", long_options, NULL)) != -1) {
        if (opt >= OPT_MODE) {
            if (job.has_mode)
                tool_misuse(tool, "one of --random, --grid, --homogeneous, --evolve, --policy, "
                                  "--list, once");
            job.has_mode = true;
            job.mode = (enum mode)(opt - OPT_MODE);
        }
        if (opt == OPT_MODE + RANDOM)
            job.n_random = (uint64_t)tool_int(tool, "random", optarg, 0, INT64_MAX);
        else if (opt == OPT_SPACE)
            job.space = optarg;
        else if (opt == OPT_NETWORK)
            job.network = optarg;
        else if (opt == OPT_ELITE)
            job.n_elite = (uint64_t)tool_int(tool, "elite", optarg, 0, INT64_MAX);
        else if (opt == OPT_MUTATION)
            job.mutation = tool_float(tool, "mutation", optarg, 0, 1);
        else if (opt == OPT_KEEP)
            job.keeps_kernels = true;
        else if (opt == 'n')
            job.n_most = (uint64_t)tool_int(tool, "n", optarg, 0, INT64_MAX);
        else if (opt < OPT_MODE)
            tool_option(tool, opt);
    }
    if (job.mode != EVOLVE && (job.n_elite != UINT64_MAX || job.mutation >= 0 || job.keeps_kernels))
        tool_misuse(tool, "--elite, --mutation and --keep-kernels belong to --evolve");
    if (job.mode != EVOLVE && job.mode != POLICY && optind < tool->argc)
        tool_misuse(tool, "takes no file: '%s'", tool->argv[optind]);
    return job;
}

/* How many candidates there will be; says so where that is not what was asked for. */
static uint64_t count(struct tool *tool, const struct job *job, const struct nax_space *space)
{
    struct nax_err err;
    uint64_t n = space->n_designs ? space->n_designs : INT64_MAX;
    if (job->mode == HOMOGENEOUS)
        n = space->n_crossbars;
    else if (job->mode == RANDOM && job->n_random > n)
        tool_say(tool, "only %llu designs in space: '%s'", (unsigned long long)n, space->name);
    else if (job->mode == RANDOM)
        n = job->n_random;
    if (job->mode == GRID && job->n_most == UINT64_MAX) {
        if (!space->n_designs) {
            nax_err_set(&err, NAX_ERR_VALUE, "more than 2^63 designs, and no -n, in space: '%s'",
                        space->name);
            tool_fail(tool, &err);
        }
        if (n > 1000000)
            tool_say(tool, "%llu designs in space: '%s'", (unsigned long long)n, space->name);
    }
    return NAX_MIN(n, job->n_most);
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

static void write_candidates(struct tool *tool, const struct job *job, struct nax_record *record)
{
    struct nax_space space;
    struct nax_candidate c;
    struct nax_err err;
    if (space_load(&space, job->space ? job->space : "cifar10", job->network, &err))
        tool_fail(tool, &err);
    uint64_t n = count(tool, job, &space);
    tool_write_open(tool, "candidate");
    for (uint64_t i = 0; i < n; i++) {
        if (job->mode == GRID)
            nax_space_design(&space, i, tool->seed, &c);
        else if (job->mode == HOMOGENEOUS)
            nax_space_homogeneous(&space, i, tool->seed, &c);
        else
            nax_space_random(&space, i, tool->seed, &c);
        write_candidate(tool, &c, record);
    }
}

static void write_list(struct tool *tool, struct nax_record *record)
{
    struct nax_err err;
    struct nax_space space;
    tool_write_open(tool, "space");
    for (size_t i = 0; nax_config_builtin("spaces", i); i++) {
        nax_record_clear(record);
        if (space_load(&space, nax_config_builtin("spaces", i), NULL, &err))
            tool_fail(tool, &err);
        design_check(
            tool,
            nax_record_set_string(record, "space", space.name) ||
                nax_record_set_string(record, "network", space.network) ||
                nax_record_set_ints(record, "kernels", space.kernels, space.n_kernels) ||
                nax_record_set_ints(record, "crossbars", space.crossbars, space.n_crossbars) ||
                nax_record_set_bool(record, "skip", space.has_skip) ||
                nax_record_set_int(record, "n_searched", (int64_t)space.n_slots));
        tool_write(tool, record);
    }
}

static const char *field_or(const struct nax_record *record, const char *name, const char *other)
{
    const struct nax_value *value = nax_record_get(record, name);
    return value && value->type == NAX_STRING ? value->string.s : other;
}

/* The space that the command line or the record names. */
static void load_space_of(struct tool *tool, const struct job *job, const struct nax_record *record,
                          struct nax_space *space)
{
    struct nax_err err;
    const char *name = job->space ? job->space : field_or(record, "space", "cifar10");
    const char *network = job->network ? job->network : field_or(record, "network", NULL);
    if (space_load(space, name, network, &err))
        tool_fail_record(tool, &err);
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
static void write_generation(struct tool *tool, const struct job *job,
                             struct nax_population *population, const struct records *all,
                             size_t n_slots, struct nax_record *record)
{
    struct nax_candidate child;
    struct nax_err err;
    uint64_t n = job->n_most == UINT64_MAX ? all->n : job->n_most, n_elite = job->n_elite, i;
    double mutation = job->mutation < 0 ? 1 / (double)n_slots : job->mutation;
    if (nax_population_settle(population, n, &err))
        tool_fail(tool, &err);
    if (n_elite == UINT64_MAX)
        for (n_elite = 0; n_elite < n - n / 2 && n_elite < nax_population_n(population) &&
                          nax_population_rank(population, n_elite) == 0;)
            n_elite++;
    n_elite = NAX_MIN(NAX_MIN(n_elite, n), nax_population_n(population));
    for (i = 0; i < n_elite; i++)
        tool_write(tool, all->at[nax_population_index(population, i)]);
    for (; i < n; i++) {
        int status = nax_population_breed(population, mutation, job->keeps_kernels, tool->seed, i,
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

static void evolve(struct tool *tool, const struct job *job, struct nax_record *record)
{
    struct nax_space space;
    struct nax_population *population = NULL;
    struct records all = {.n = 0};
    struct nax_err err;
    while (tool_read(tool, record)) {
        if (!population)
            load_space_of(tool, job, record, &space);
        if ((!population && nax_population_alloc(&population, &space, &err)) ||
            records_add(&all, record, &err))
            tool_fail(tool, &err);
        add_member(tool, population, record);
    }
    if (population)
        write_generation(tool, job, population, &all, space.n_slots, record);
    nax_population_free(population);
    records_free(&all);
}

static void draw_policies(struct tool *tool, const struct job *job, struct nax_record *record,
                          struct nax_record *out)
{
    struct nax_space space;
    struct nax_candidate c;
    struct nax_policy *policy;
    struct nax_err err;
    const uint64_t n = job->n_most == UINT64_MAX ? 4 : job->n_most;
    while (tool_read(tool, record)) {
        int status = 1;
        load_space_of(tool, job, record, &space);
        if (nax_policy_read(&policy, &space, record, &err))
            tool_fail_record(tool, &err);
        for (uint64_t i = 0; i < n && status; i++) {
            if ((status = nax_policy_draw(policy, tool->seed, i, &c, &err)) < 0)
                tool_fail(tool, &err);
            if (status)
                write_candidate(tool, &c, out);
            else
                tool_say(tool, "no more new designs found after: '%llu'", (unsigned long long)i);
        }
        nax_policy_free(policy);
    }
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-sample", usage, argc, argv);
    const struct job job = parse(&tool);
    struct nax_record *record = nax_record_alloc(), *out = nax_record_alloc();
    design_check(&tool, record && out ? 0 : NAX_ERR_MEMORY);
    if (job.mode == EVOLVE || job.mode == POLICY) {
        tool_read_open(&tool);
        tool.kind = "candidate";
    }
    if (job.mode == LIST)
        write_list(&tool, record);
    else if (job.mode == EVOLVE)
        evolve(&tool, &job, record);
    else if (job.mode == POLICY)
        draw_policies(&tool, &job, record, out);
    else
        write_candidates(&tool, &job, record);
    nax_record_free(record);
    nax_record_free(out);
    tool_finish(&tool);
}
