/* nax-pareto: keeps the records that no other one dominates, or ranks all. */
#include "records.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "nax/search.h"

static const char usage[] =
    "nax-pareto [--objectives objectives] [--where condition] [--rank | --knee | "
    "--hypervolume --reference point] [--sort] [--format format] [-q] [file ...]\n"
    "\n"
    "  -o, --objectives OBJ  fields to compare, each with :min or :max, separated by commas\n"
    "                        (accuracy:max,edap_pj_ns_mm2:min)\n"
    "  -w, --where COND      only records for which 'accuracy >= 0.9' or the like holds; may come\n"
    "                        several times\n"
    "  -r, --rank            all records, with their rank (0: the front) and crowding distance\n"
    "  -k, --knee            the one record of the front that is the best compromise\n"
    "  -H, --hypervolume     one record with the volume between the front and a reference point\n"
    "      --reference PT    that point: a number for each objective, separated by commas\n"
    "  -s, --sort            by rank, then by the first objective, best first\n" TOOL_USAGE;

enum { OPT_REFERENCE = TOOL_OPT_OWN };

static const struct option long_options[] = {
    {"objectives", required_argument, NULL, 'o'},
    {"where", required_argument, NULL, 'w'},
    {"rank", no_argument, NULL, 'r'},
    {"knee", no_argument, NULL, 'k'},
    {"hypervolume", no_argument, NULL, 'H'},
    {"reference", required_argument, NULL, OPT_REFERENCE},
    {"sort", no_argument, NULL, 's'},
    TOOL_LONG,
};

enum { CONDITIONS_MAX = 16 };

struct job {
    const char *objectives_text;
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    size_t n_objectives, n_conditions;
    struct nax_condition conditions[CONDITIONS_MAX];
    double reference[NAX_OBJECTIVES_MAX]; /* of --hypervolume, in the fields' own sense */
    int mode;                             /* 'r', 'k', 'H', or 0: the front */
    bool is_sorted;
};

static struct job parse(struct tool *tool)
{
    struct job job = {.objectives_text = "accuracy:max,edap_pj_ns_mm2:min"};
    struct nax_err err;
    const char *reference = NULL;
    int opt;
    while ((opt = getopt_long(tool->argc, tool->argv, TOOL_SHORT "o:w:rkHs", long_options, NULL)) !=
           -1)
        if (opt == 'o') {
            job.objectives_text = optarg;
        } else if (opt == 'w') {
            if (job.n_conditions == CONDITIONS_MAX)
                tool_misuse(tool, "more than %d conditions: '%s'", CONDITIONS_MAX, optarg);
            if (nax_condition_parse(optarg, &job.conditions[job.n_conditions++], &err))
                tool_misuse(tool, "%s", err.text);
        } else if (opt == 'r' || opt == 'k' || opt == 'H') {
            if (job.mode && job.mode != opt)
                tool_misuse(tool, "one of --rank, --knee, --hypervolume");
            job.mode = opt;
        } else if (opt == OPT_REFERENCE) {
            reference = optarg;
        } else if (opt == 's') {
            job.is_sorted = true;
        } else {
            tool_option(tool, opt);
        }
    if (nax_objectives_parse(job.objectives_text, job.objectives, &job.n_objectives, &err))
        tool_misuse(tool, "%s", err.text);
    if ((job.mode == 'H') != (reference != NULL))
        tool_misuse(tool, "--hypervolume and --reference need each other");
    if (reference)
        tool_floats(tool, "reference", reference, job.reference, job.n_objectives);
    return job;
}

/* A record to write, and where it goes. */
struct kept {
    struct nax_record *record;
    double first; /* objective */
    uint32_t rank;
    size_t index;
};

/* All records of a ranking, or those of the front so far. */
struct store {
    struct records all;
    struct nax_front *front;
};

static void drop(void *record)
{
    nax_record_free(record);
}

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
}

static int store_record(struct store *store, const struct job *job, const double *point,
                        const struct nax_record *record, struct nax_err *err)
{
    if (job->mode == 'r')
        return records_add(&store->all, record, err);
    if (nax_front_rejects(store->front, point))
        return 0;
    struct nax_record *copy = nax_record_copy(record);
    if (!copy)
        return out_of_memory(err);
    int status = nax_front_add(store->front, point, copy, err);
    if (status)
        nax_record_free(copy);
    return status;
}

/* A candidate whose training diverged has no accuracy, and nothing is wrong with that. */
static bool is_left_out(const struct job *job, const struct nax_record *record)
{
    const struct nax_value *status = nax_record_get(record, "status");
    if (!status || status->type != NAX_STRING || strcmp(status->string.s, "diverged") != 0)
        return false;
    for (size_t i = 0; i < job->n_objectives; i++)
        if (!nax_record_has(record, job->objectives[i].name))
            return true;
    for (size_t i = 0; i < job->n_conditions; i++)
        if (!nax_record_has(record, job->conditions[i].field))
            return true;
    return false;
}

/* 1 and the record's point when it meets all conditions, 0, or a negative status. */
static int judge(const struct job *job, const struct nax_record *record, double *point,
                 struct nax_err *err)
{
    for (size_t i = 0; i < job->n_conditions; i++) {
        int status = nax_condition_holds(&job->conditions[i], record, err);
        if (status <= 0)
            return status;
    }
    int status = nax_objectives_read(job->objectives, job->n_objectives, record, point, err);
    return status ? status : 1;
}

/* Stores the stream up to its end or its first error. */
static int read_all(struct tool *tool, const struct job *job, struct store *store,
                    struct nax_err *err)
{
    struct nax_record *record = nax_record_alloc();
    double point[NAX_OBJECTIVES_MAX];
    size_t n_left_out = 0;
    int status;
    if (!record)
        return out_of_memory(err);
    while ((status = tool_read_status(tool, record, err)) > 0) {
        status = judge(job, record, point, err);
        if (status < 0 && is_left_out(job, record)) {
            n_left_out++;
            continue;
        }
        if (status < 0) {
            nax_err_prefix(err, "%s", nax_reader_where(tool->reader));
            break;
        }
        if (status && (status = store_record(store, job, point, record, err)))
            break;
    }
    if (n_left_out)
        tool_say(tool, "diverged and left out: '%zu record%s'", n_left_out,
                 n_left_out == 1 ? "" : "s");
    nax_record_free(record);
    return status;
}

static int list_front(const struct job *job, struct store *store, struct kept **kept, size_t *n,
                      struct nax_err *err)
{
    const size_t n_front = nax_front_n(store->front);
    size_t first = 0;
    *n = n_front;
    if (job->mode == 'k' && n_front) {
        first = nax_knee(nax_front_point(store->front, 0), n_front, job->n_objectives);
        *n = 1;
    }
    if (!(*kept = nax_calloc(*n, sizeof **kept)))
        return out_of_memory(err);
    for (size_t i = 0; i < *n; i++)
        (*kept)[i] = (struct kept){.record = nax_front_payload(store->front, first + i),
                                   .first = nax_front_point(store->front, first + i)[0],
                                   .index = i};
    return 0;
}

static int list_ranked(const struct job *job, const struct records *all, struct kept **kept,
                       size_t *n_kept, struct nax_err *err)
{
    const size_t n = *n_kept = all->n, m = job->n_objectives;
    *kept = nax_calloc(n, sizeof **kept);
    double *points = nax_calloc(n, m * sizeof *points); /* [n][m] */
    uint32_t *rank = nax_calloc(n, sizeof *rank);
    double *crowding = nax_calloc(n, sizeof *crowding);
    int status = *kept && points && rank && crowding ? 0 : out_of_memory(err);
    for (size_t i = 0; i < n && !status; i++)
        status = nax_objectives_read(job->objectives, m, all->at[i], points + i * m, err);
    if (!status && !(status = nax_rank(points, n, m, rank, err)))
        status = nax_crowding(points, n, m, rank, crowding, err);
    for (size_t i = 0; i < n && !status; i++) {
        (*kept)[i] = (struct kept){all->at[i], points[i * m], rank[i], i};
        if (nax_record_set_int(all->at[i], "rank", rank[i]) ||
            nax_record_set_float(all->at[i], "crowding", crowding[i]))
            status = out_of_memory(err);
    }
    free(points);
    free(rank);
    free(crowding);
    return status;
}

static int compare(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static void write_hypervolume(struct tool *tool, const struct job *job,
                              const struct nax_front *front)
{
    double reference[NAX_OBJECTIVES_MAX], volume;
    struct nax_err err;
    struct nax_record *record = nax_record_alloc();
    const size_t m = job->n_objectives, n = nax_front_n(front);
    for (size_t i = 0; i < m; i++)
        reference[i] = job->objectives[i].is_max ? -job->reference[i] : job->reference[i];
    if (nax_hypervolume(nax_front_point(front, 0), n, m, reference, &volume, &err))
        tool_fail(tool, &err);
    if (!record || nax_record_set_float(record, "hypervolume", volume) ||
        nax_record_set_int(record, "n_front", (int64_t)n) ||
        nax_record_set_string(record, "objectives", job->objectives_text) ||
        nax_record_set_floats(record, "reference", job->reference, m)) {
        (void)out_of_memory(&err);
        tool_fail(tool, &err);
    }
    tool_write(tool, record);
    nax_record_free(record);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-pareto", usage, argc, argv);
    const struct job job = parse(&tool);
    struct store store = {.front = NULL};
    struct nax_err read_err, err;
    struct kept *kept = NULL;
    size_t n = 0;
    tool_read_open(&tool);
    tool.kind = job.mode == 'H' ? "hypervolume" : NULL;
    if (nax_front_alloc(&store.front, job.n_objectives, drop, &err))
        tool_fail(&tool, &err);
    int read_status = read_all(&tool, &job, &store, &read_err);
    if (nax_front_settle(store.front, &err) ||
        (job.mode == 'r' ? list_ranked(&job, &store.all, &kept, &n, &err)
                         : list_front(&job, &store, &kept, &n, &err)))
        tool_fail(&tool, &err);
    if (job.is_sorted)
        qsort(kept, n, sizeof *kept, compare);
    if (job.mode == 'H')
        write_hypervolume(&tool, &job, store.front);
    else
        for (size_t i = 0; i < n; i++)
            tool_write(&tool, kept[i].record);
    if (read_status < 0) /* what came before the error has been written */
        tool_fail(&tool, &read_err);
    records_free(&store.all);
    nax_front_free(store.front);
    free(kept);
    tool_finish(&tool);
}
