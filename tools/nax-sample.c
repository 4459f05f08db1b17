/* nax-sample: draws candidates from a space of designs. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "nax/network.h"
#include "nax/search.h"

static const char usage[] =
    "nax-sample [--space space] [--network network] [--grid | --homogeneous | --random n] [-n n] "
    "[--seed n] [--format format] [-q]\n"
    "nax-sample --list [--format format]\n"
    "\n"
    "      --space SPACE     space of designs: a built-in name or a file (cifar10)\n"
    "      --network NET     network instead of the space's: a built-in name or a file\n"
    "      --random N        N random designs; this is the default, with N = 4\n"
    "      --grid            all designs, the choices of the last convolution varying fastest\n"
    "      --homogeneous     the network's own kernels on crossbars of one size, each size\n"
    "  -n, --n N             at most N candidates\n"
    "      --list            the built-in spaces, a record each\n" TOOL_USAGE;

enum mode { RANDOM, GRID, HOMOGENEOUS, LIST };

enum {
    OPT_SPACE = TOOL_OPT_OWN,
    OPT_NETWORK,
    OPT_MODE /* and the modes after it */
};

static const struct option long_options[] = {
    {"space", required_argument, NULL, OPT_SPACE},
    {"network", required_argument, NULL, OPT_NETWORK},
    {"random", required_argument, NULL, OPT_MODE + RANDOM},
    {"grid", no_argument, NULL, OPT_MODE + GRID},
    {"homogeneous", no_argument, NULL, OPT_MODE + HOMOGENEOUS},
    {"list", no_argument, NULL, OPT_MODE + LIST},
    {"n", required_argument, NULL, 'n'},
    TOOL_LONG,
};

struct job {
    enum mode mode;
    bool has_mode;
    const char *space, *network; /* network NULL: the space's */
    uint64_t n_random, n_most;
};

static struct job parse(struct tool *tool)
{
    struct job job = {.space = "cifar10", .n_random = 4, .n_most = INT64_MAX};
    int opt;
    while ((opt = getopt_long(tool->argc, tool->argv, TOOL_SHORT "n:", long_options, NULL)) != -1) {
        if (opt >= OPT_MODE) {
            if (job.has_mode)
                tool_misuse(tool, "one of --random, --grid, --homogeneous, --list, once");
            job.has_mode = true;
            job.mode = (enum mode)(opt - OPT_MODE);
        }
        if (opt == OPT_MODE + RANDOM)
            job.n_random = (uint64_t)tool_int(tool, "random", optarg, 0, INT64_MAX);
        else if (opt == OPT_SPACE)
            job.space = optarg;
        else if (opt == OPT_NETWORK)
            job.network = optarg;
        else if (opt == 'n')
            job.n_most = (uint64_t)tool_int(tool, "n", optarg, 0, INT64_MAX);
        else if (opt < OPT_MODE)
            tool_option(tool, opt);
    }
    if (optind < tool->argc)
        tool_misuse(tool, "takes no file: '%s'", tool->argv[optind]);
    return job;
}

static int load_space(struct nax_space *space, const char *name, const char *network,
                      struct nax_err *err)
{
    struct nax_network_file *file;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    bool can_skip[NAX_NETWORK_SLOTS_MAX];
    int status = nax_space_load(space, name, err);
    if (status)
        return status;
    if (network && strlen(network) >= sizeof space->network)
        return nax_err_set(err, NAX_ERR_VALUE, "name longer than 255 bytes: '%s'", network);
    if (network)
        memcpy(space->network, network, strlen(network) + 1);
    if ((status = nax_network_file_load(&file, space->network, err)))
        return status;
    size_t n_slots = nax_network_file_n_slots(file);
    for (size_t s = 0; s < n_slots; s++) {
        kernel[s] = nax_network_file_kernel(file, s);
        can_skip[s] = nax_network_file_can_skip(file, s);
    }
    nax_network_file_free(file);
    return nax_space_bind(space, n_slots, kernel, can_skip, err);
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
    if (job->mode == GRID && job->n_most == INT64_MAX) {
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

static void write_candidates(struct tool *tool, const struct job *job,
                             const struct nax_space *space, struct nax_record *record)
{
    struct nax_candidate c;
    struct nax_err err;
    uint64_t n = count(tool, job, space);
    tool_write_open(tool, "candidate");
    for (uint64_t i = 0; i < n; i++) {
        if (job->mode == GRID)
            nax_space_design(space, i, tool->seed, &c);
        else if (job->mode == HOMOGENEOUS)
            nax_space_homogeneous(space, i, tool->seed, &c);
        else
            nax_space_random(space, i, tool->seed, &c);
        nax_record_clear(record);
        if (nax_candidate_write(&c, record, &err))
            tool_fail(tool, &err);
        tool_write(tool, record);
    }
}

static void write_list(struct tool *tool, struct nax_record *record)
{
    struct nax_err err;
    struct nax_space space;
    tool_write_open(tool, "space");
    for (size_t i = 0; nax_config_builtin("spaces", i); i++) {
        nax_record_clear(record);
        if (load_space(&space, nax_config_builtin("spaces", i), NULL, &err))
            tool_fail(tool, &err);
        if (nax_record_set_string(record, "space", space.name) ||
            nax_record_set_string(record, "network", space.network) ||
            nax_record_set_ints(record, "kernels", space.kernels, space.n_kernels) ||
            nax_record_set_ints(record, "crossbars", space.crossbars, space.n_crossbars) ||
            nax_record_set_bool(record, "skip", space.has_skip) ||
            nax_record_set_int(record, "n_searched", (int64_t)space.n_slots)) {
            nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
            tool_fail(tool, &err);
        }
        tool_write(tool, record);
    }
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-sample", usage, argc, argv);
    const struct job job = parse(&tool);
    struct nax_space space;
    struct nax_err err;
    struct nax_record *record = nax_record_alloc();
    if (!record) {
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
        tool_fail(&tool, &err);
    }
    if (job.mode == LIST) {
        write_list(&tool, record);
    } else {
        if (load_space(&space, job.space, job.network, &err))
            tool_fail(&tool, &err);
        write_candidates(&tool, &job, &space, record);
    }
    nax_record_free(record);
    tool_finish(&tool);
}
