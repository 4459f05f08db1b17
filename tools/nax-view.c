/* nax-view: shows streams of records, and what is in tensor files, as tables. */
#include "provenance.h"
#include "sort.h"
#include "tensor_records.h"
#include "where.h"

#include <math.h>
#include <stdlib.h>

static const char synopsis[] =
    "nax-view [-f fields] [--where condition] [--sort order] [-n n] [--format format] [-q] "
    "[file ...]\n";

struct view {
    struct tool *tool;
    struct where where;
    struct sort sort;
    size_t n_max;            /* 0: all */
    struct nax_store *store; /* of records to sort */
    struct sort_key *keys;   /* [cap], of the records in store */
    size_t cap, n_written;
    size_t n_lacking;       /* records without a field of --where */
    struct nax_err lacking; /* of the first */
};

#define FIELD(name) NAX_OPTION_FIELD(struct view, name)

static const struct nax_option rows[] = {WHERE_ROW(struct view),
                                         {"sort", "FIELD",
                                          "by a field, with :max for the largest first",
                                          FIELD(sort.text), .letter = 's'},
                                         {"count", "N", "the first records alone", FIELD(n_max),
                                          .min = 1, .max = 1e15, .value = NAN, .letter = 'n'},
                                         {.name = NULL}};

static int keep(struct view *view, const struct nax_record *record, struct nax_err *err)
{
    const size_t n = nax_store_n(view->store);
    if (n == view->cap) {
        size_t cap = view->cap ? 2 * view->cap : 256;
        struct sort_key *keys = nax_realloc(view->keys, cap, sizeof *keys);
        if (!keys)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
        view->keys = keys;
        view->cap = cap;
    }
    int status = sort_take(&view->sort, record, n, &view->keys[n], err);
    return status ? status : nax_store_add(view->store, record, err);
}

/* Shows the record or keeps it; false: no more are wanted. A record that lacks the field of a
 * condition does not meet it: streams hold records of several kinds. */
static bool take(void *self, const struct nax_record *record, struct nax_err *err, int *status)
{
    struct view *view = self;
    *status = where_holds(&view->where, record, err);
    if (*status < 0 && where_lacks(&view->where, record)) {
        if (!view->n_lacking++)
            view->lacking = *err;
        *status = 0;
    }
    if (*status <= 0)
        return !*status;
    *status = 0;
    if (view->store)
        return !(*status = keep(view, record, err));
    tool_write(view->tool, record);
    return ++view->n_written != view->n_max;
}

static void view_streams(struct view *view, struct nax_record *record)
{
    struct tool *tool = view->tool;
    struct nax_err err;
    int status = 0;
    tool_read_open(tool);
    while (tool_read(tool, record) && take(view, record, &err, &status))
        continue;
    if (status < 0)
        tool_fail_record(tool, &err);
}

static void view_tensors(struct view *view, struct nax_record *record)
{
    struct tool *tool = view->tool;
    struct nax_err err;
    provenance_streams(tool);
    tool_write_open(tool, "tensor");
    for (int i = optind; i < tool->argc; i++)
        if (tensor_records(tool->argv[i], optind + 1 < tool->argc, record, take, view, &err))
            tool_fail(tool, &err);
}

static void write_sorted(struct view *view, struct nax_record *record)
{
    struct nax_err err;
    const size_t n = nax_store_n(view->store);
    sort_keys(&view->sort, view->keys, n);
    for (size_t i = 0; i < n && (!view->n_max || i < view->n_max); i++) {
        if (nax_store_get(view->store, view->keys[i].index, record, &err))
            tool_fail(view->tool, &err);
        tool_write(view->tool, record);
    }
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-view", synopsis, argc, argv);
    struct view view = {.tool = &tool};
    const struct option_group groups[] = {{rows, &view}, {share_rows, &tool.share}};
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory"};
    tool.idle = "seed threads";
    tool_options(&tool, groups, sizeof groups / sizeof *groups);
    where_parse(&tool, &view.where);
    sort_parse(&tool, &view.sort);
    if (tool.format == NAX_FORMAT_AUTO)
        tool.format = NAX_FORMAT_TABLE;
    struct nax_record *record = nax_record_alloc();
    if (!record || (view.sort.text && !(view.store = nax_store_alloc())))
        tool_fail(&tool, &err);
    if (optind < argc && nax_tensors_is_file(argv[optind]))
        view_tensors(&view, record);
    else
        view_streams(&view, record);
    if (view.n_lacking && !view.where.n_judged)
        tool_fail(&tool, &view.lacking);
    where_tell(&tool, &view.where);
    if (view.store)
        write_sorted(&view, record);
    nax_store_free(view.store);
    free(view.keys);
    nax_record_free(record);
    tool_finish(&tool);
}
