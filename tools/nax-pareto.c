/* nax-pareto: keeps the records that no other one dominates, or ranks all. */
#include "join.h"
#include "pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char synopsis[] =
    "nax-pareto [--objectives objectives] [--where condition] [--join-seeds [--baseline id]] "
    "[--confidence p] [--rank | --knee | --hypervolume --reference point] [--sort order] "
    "[-f fields] [--format format] [-q] [file ...]\n";

#define FIELD(name) NAX_OPTION_FIELD(struct pareto_options, name)

static const struct nax_option rows[] = {
    {"objectives", "OBJ", "fields to compare, each with :min or :max, separated by commas",
     FIELD(objectives_text), .text = "accuracy:max,edap_pj_ns_mm2:min", .letter = 'o'},
    WHERE_ROW(struct pareto_options),
    {"join-seeds", NULL, "first make one record of all seeds of a design, with its mean and error",
     FIELD(is_joined)},
    {"baseline", "ID", "and compare its accuracies with this design's, seed by seed",
     FIELD(baseline), .needs = "join-seeds"},
    {"confidence", "P", "leave out only what is beaten beyond its error, at this confidence",
     FIELD(confidence), .min = 0.5, .max = 0.999999, .value = NAN},
    {"rank", NULL, "all records, with their rank (0: the front) and crowding distance",
     .letter = 'r', .mode = RANK},
    {"knee", NULL, "the one record of the front that is the best compromise", .letter = 'k',
     .mode = KNEE},
    {"hypervolume", NULL, "one record with the volume between the front and a reference point",
     .letter = 'H', .mode = HYPERVOLUME},
    {"reference", "PT", "that point: a number for each objective, separated by commas",
     FIELD(reference_text), .needs = "hypervolume"},
    {"sort", "FIELD",
     "rank: by rank, then by the first objective, best first; or by a field, with :max for the "
     "largest first",
     FIELD(sort.text), .letter = 's'},
    {.name = NULL}};

static void parse(struct tool *tool, struct pareto_options *o)
{
    const struct option_group groups[] = {{rows, o}, {share_rows, &tool->share}};
    struct nax_err err;
    tool->idle = "seed threads";
    o->mode = (enum mode)tool_options(tool, groups, sizeof groups / sizeof *groups);
    where_parse(tool, &o->where);
    if (o->sort.text && (*o->sort.text == '-' || !access(o->sort.text, F_OK)))
        tool_misuse(tool, "--sort takes a field: '%s'; by rank is --sort rank", o->sort.text);
    sort_parse(tool, &o->sort);
    if (nax_objectives_parse(o->objectives_text, o->objectives, &o->n_objectives, &err))
        tool_misuse(tool, "%s", err.text);
    if (o->confidence > 0 && o->mode != FRONT)
        tool_misuse(tool, "--confidence is of the front, not of --rank, --knee or --hypervolume");
    if (o->mode == HYPERVOLUME && !o->reference_text)
        tool_misuse(tool, "--hypervolume needs --reference");
    if (o->reference_text)
        tool_floats(tool, "reference", o->reference_text, o->reference, o->n_objectives);
}

/* A candidate whose training diverged has no accuracy, and nothing is wrong with that. */
static bool is_left_out(const struct pareto_options *o, const struct nax_record *record)
{
    const struct nax_value *status = nax_record_get(record, "status");
    if (!status || status->type != NAX_STRING || strcmp(status->string.s, "diverged") != 0)
        return false;
    for (size_t i = 0; i < o->n_objectives; i++)
        if (!nax_record_has(record, o->objectives[i].name))
            return true;
    return where_lacks(&o->where, record);
}

/* What to do where an objective is an accuracy, and the record has none, or others. */
static void hint_accuracy(const struct pareto_options *o, const struct nax_record *record,
                          struct nax_err *err)
{
    static const char accuracy[] = "accuracy";
    const char *lacking = NULL, *other = NULL;
    for (size_t i = 0; i < o->n_objectives && !lacking; i++)
        if (!nax_record_has(record, o->objectives[i].name))
            lacking = o->objectives[i].name;
    if (!lacking || strncmp(lacking, accuracy, strlen(accuracy)) != 0)
        return;
    for (size_t i = 0; i < nax_record_n(record) && !other; i++)
        if (!strncmp(nax_record_name(record, i), accuracy, strlen(accuracy)))
            other = nax_record_name(record, i);
    tool_hint(err, "%s or choose --objectives%s%s",
              other ? "measure it (nax-eval)," : "train first (nax-train),",
              other ? ", as of " : "", other ? other : "");
}

/* 1 and the record's point when it meets all conditions, 0, or a negative status. */
static int judge(struct pareto_options *o, const struct nax_record *record, double *point,
                 struct nax_err *err)
{
    int status = where_holds(&o->where, record, err);
    if (status <= 0)
        return status;
    status = nax_objectives_read(o->objectives, o->n_objectives, record, point, err);
    if (status)
        hint_accuracy(o, record, err);
    return status ? status : 1;
}

/* Stores the stream up to its end or its first error. */
static int read_all(struct tool *tool, struct pareto_options *o, struct candidates *c,
                    struct nax_err *err)
{
    struct nax_record *record = c->record;
    double point[NAX_OBJECTIVES_MAX];
    size_t n_left_out = 0;
    int status;
    while ((status = tool_read_status(tool, record, err)) > 0) {
        status = judge(o, record, point, err);
        if (status < 0 && is_left_out(o, record)) {
            n_left_out++;
            continue;
        }
        if (status < 0) {
            nax_err_prefix(err, "%s", nax_reader_where(tool->reader));
            break;
        }
        if (status && (status = pareto_keep(o, c, point, err)))
            break;
    }
    where_tell(tool, &o->where);
    if (n_left_out)
        tool_say(tool, "diverged and left out: '%zu record%s'", n_left_out,
                 n_left_out == 1 ? "" : "s");
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

/* Puts the records that are to be written into the order of --sort. */
static int sort_kept(const struct pareto_options *o, const struct candidates *c, struct kept *kept,
                     size_t n, struct nax_err *err)
{
    if (!strcmp(o->sort.field, "rank")) {
        qsort(kept, n, sizeof *kept, compare);
        return 0;
    }
    struct sort_key *keys = nax_calloc(n, sizeof *keys);
    struct kept *copy = nax_calloc(n, sizeof *copy);
    const struct nax_record *record;
    int status = keys && copy ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    for (size_t i = 0; i < n && !status; i++) {
        copy[i] = kept[i];
        status = pareto_take(o, c, &kept[i], &record, err);
        if (!status)
            status = sort_take(&o->sort, record, i, &keys[i], err);
    }
    if (!status)
        sort_keys(&o->sort, keys, n);
    for (size_t i = 0; i < n && !status; i++)
        kept[i] = copy[keys[i].index];
    free(copy);
    free(keys);
    return status;
}

static void write_kept(struct tool *tool, const struct pareto_options *o,
                       const struct candidates *c, const struct kept *kept)
{
    const struct nax_record *record;
    struct nax_err err;
    if (pareto_take(o, c, kept, &record, &err))
        tool_fail(tool, &err);
    tool_write(tool, record);
}

static void write_hypervolume(struct tool *tool, const struct pareto_options *o,
                              const struct candidates *c)
{
    double reference[NAX_OBJECTIVES_MAX], volume;
    struct nax_err err;
    struct nax_record *record = c->record;
    const size_t m = o->n_objectives, n = nax_front_n(c->front);
    for (size_t i = 0; i < m; i++)
        reference[i] = o->objectives[i].is_max ? -o->reference[i] : o->reference[i];
    if (nax_hypervolume(nax_front_point(c->front, 0), n, m, reference, &volume, &err))
        tool_fail(tool, &err);
    nax_record_clear(record);
    if (nax_record_set_float(record, "hypervolume", volume) ||
        nax_record_set_int(record, "n_front", (int64_t)n) ||
        nax_record_set_string(record, "objectives", o->objectives_text) ||
        nax_record_set_floats(record, "reference", o->reference, m)) {
        (void)nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'hypervolume'");
        tool_fail(tool, &err);
    }
    tool_write(tool, record);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-pareto", synopsis, argc, argv);
    struct pareto_options o = {.mode = FRONT};
    struct candidates candidates;
    struct nax_err read_err, err;
    struct kept *kept = NULL;
    size_t n = 0;
    parse(&tool, &o);
    tool_read_open(&tool);
    tool.kind = o.mode == HYPERVOLUME ? "hypervolume" : NULL;
    if (pareto_open(&candidates, o.n_objectives, &err))
        tool_fail(&tool, &err);
    int read_status = read_all(&tool, &o, &candidates, &read_err);
    int status = o.is_joined ? records_join(&candidates.all, o.baseline, &err) : 0;
    bool is_joined = o.is_joined && !status;
    if (!status)
        status = pareto_list(&o, &candidates, &kept, &n, &err);
    if (status == NAX_ERR_VALUE && is_joined)
        nax_err_prefix(&err, "joined seeds have accuracies, and what is alike in all of them");
    if (!status && o.sort.text)
        status = sort_kept(&o, &candidates, kept, n, &err);
    if (status)
        tool_fail(&tool, read_status < 0 ? &read_err : &err);
    if (o.mode == HYPERVOLUME)
        write_hypervolume(&tool, &o, &candidates);
    else
        for (size_t i = 0; i < n; i++)
            write_kept(&tool, &o, &candidates, &kept[i]);
    if (read_status < 0) /* what came before the error has been written */
        tool_fail(&tool, &read_err);
    pareto_close(&candidates);
    free(kept);
    tool_finish(&tool);
}
