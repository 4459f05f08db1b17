/* nax-pareto: keeps the records that no other one dominates, or ranks all. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include "nax/search.h"

static const char usage[] =
    "nax-pareto [--objectives objectives] [--rank] [--sort] [--format format] [-q] [file ...]\n"
    "\n"
    "  -o, --objectives OBJ  fields to compare, each with :min or :max, separated by commas\n"
    "                        (accuracy:max,edap_pj_ns_mm2:min)\n"
    "  -r, --rank            all records, with their rank (0: the front) and crowding distance\n"
    "  -s, --sort            by rank, then by the first objective, best first\n" TOOL_USAGE;

static const struct option long_options[] = {
    {"objectives", required_argument, NULL, 'o'},
    {"rank", no_argument, NULL, 'r'},
    {"sort", no_argument, NULL, 's'},
    TOOL_LONG,
};

struct job {
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    size_t n_objectives;
    bool is_ranking, is_sorted;
};

static struct job parse(struct tool *tool)
{
    struct job job = {.n_objectives = 0};
    struct nax_err err;
    const char *objectives = "accuracy:max,edap_pj_ns_mm2:min";
    int opt;
    while ((opt = getopt_long(tool->argc, tool->argv, TOOL_SHORT "o:rs", long_options, NULL)) != -1)
        if (opt == 'o')
            objectives = optarg;
        else if (opt == 'r')
            job.is_ranking = true;
        else if (opt == 's')
            job.is_sorted = true;
        else
            tool_option(tool, opt);
    if (nax_objectives_parse(objectives, job.objectives, &job.n_objectives, &err))
        tool_misuse(tool, "%s", err.text);
    return job;
}

/* A record kept, and where it goes. */
struct kept {
    struct nax_record *record;
    const double *point;
    uint32_t rank;
    double crowding;
    size_t index;
};

/* All records of a ranking, or those of the front so far. */
struct store {
    size_t m;
    struct nax_front *front;
    size_t n, cap;
    double *points;              /* [cap][m] */
    struct nax_record **records; /* [cap] */
};

static void drop(void *record)
{
    nax_record_free(record);
}

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
}

static int store_ranked(struct store *store, const double *point, struct nax_record *copy,
                        struct nax_err *err)
{
    if (store->n == store->cap) {
        size_t cap = store->cap ? 2 * store->cap : 1024;
        double *points = nax_realloc(store->points, cap, store->m * sizeof *points);
        if (points)
            store->points = points;
        struct nax_record **records = nax_realloc(store->records, cap, sizeof *records);
        if (records)
            store->records = records;
        if (!points || !records)
            return out_of_memory(err);
        store->cap = cap;
    }
    memcpy(store->points + store->n * store->m, point, store->m * sizeof *point);
    store->records[store->n++] = copy;
    return 0;
}

static int store_record(struct store *store, const struct job *job, const double *point,
                        const struct nax_record *record, struct nax_err *err)
{
    if (!job->is_ranking && nax_front_rejects(store->front, point))
        return 0;
    struct nax_record *copy = nax_record_copy(record);
    if (!copy)
        return out_of_memory(err);
    int status = job->is_ranking ? store_ranked(store, point, copy, err)
                                 : nax_front_add(store->front, point, copy, err);
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
    return false;
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
        if (is_left_out(job, record)) {
            n_left_out++;
            continue;
        }
        status = nax_objectives_read(job->objectives, job->n_objectives, record, point, err);
        if (status) {
            nax_err_prefix(err, "%s", nax_reader_where(tool->reader));
            break;
        }
        if ((status = store_record(store, job, point, record, err)))
            break;
    }
    if (n_left_out)
        tool_say(tool, "diverged and left out: '%zu record%s'", n_left_out,
                 n_left_out == 1 ? "" : "s");
    nax_record_free(record);
    return status;
}

static int list_front(struct store *store, struct kept **kept, size_t *n, struct nax_err *err)
{
    int status = nax_front_settle(store->front, err);
    if (status)
        return status;
    *n = nax_front_n(store->front);
    if (!(*kept = nax_calloc(*n, sizeof **kept)))
        return out_of_memory(err);
    for (size_t i = 0; i < *n; i++)
        (*kept)[i] = (struct kept){.record = nax_front_payload(store->front, i),
                                   .point = nax_front_point(store->front, i),
                                   .index = i};
    return 0;
}

static int list_ranked(struct store *store, struct kept **kept, size_t *n, struct nax_err *err)
{
    *n = store->n;
    *kept = nax_calloc(*n, sizeof **kept);
    uint32_t *rank = nax_calloc(*n, sizeof *rank);
    double *crowding = nax_calloc(*n, sizeof *crowding);
    int status = *kept && rank && crowding ? 0 : out_of_memory(err);
    if (!status && !(status = nax_rank(store->points, *n, store->m, rank, err)))
        status = nax_crowding(store->points, *n, store->m, rank, crowding, err);
    for (size_t i = 0; i < *n && !status; i++) {
        (*kept)[i] =
            (struct kept){store->records[i], store->points + i * store->m, rank[i], crowding[i], i};
        if (nax_record_set_int(store->records[i], "rank", rank[i]) ||
            nax_record_set_float(store->records[i], "crowding", crowding[i]))
            status = out_of_memory(err);
    }
    free(rank);
    free(crowding);
    return status;
}

static int compare(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->point[0] != y->point[0])
        return x->point[0] < y->point[0] ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-pareto", usage, argc, argv);
    const struct job job = parse(&tool);
    struct store store = {.m = job.n_objectives};
    struct nax_err read_err, err;
    struct kept *kept = NULL;
    size_t n = 0;
    tool_read_open(&tool);
    if (nax_front_alloc(&store.front, store.m, drop, &err))
        tool_fail(&tool, &err);
    int read_status = read_all(&tool, &job, &store, &read_err);
    if (job.is_ranking ? list_ranked(&store, &kept, &n, &err) : list_front(&store, &kept, &n, &err))
        tool_fail(&tool, &err);
    if (job.is_sorted)
        qsort(kept, n, sizeof *kept, compare);
    for (size_t i = 0; i < n; i++)
        tool_write(&tool, kept[i].record);
    if (read_status < 0) /* what came before the error has been written */
        tool_fail(&tool, &read_err);
    for (size_t i = 0; i < store.n; i++)
        nax_record_free(store.records[i]);
    nax_front_free(store.front);
    free(store.points);
    free(store.records);
    free(kept);
    tool_finish(&tool);
}
