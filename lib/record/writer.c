/* Writing: checks records, hands them to the format, and moves large blocks to the file. */
#include "formats.h"
#include "text.h"

#include <stdlib.h>

enum { OUT_SIZE = 1 << 16 }; /* bytes that go to the file at a time */

struct nax_writer {
    FILE *file;
    char *subject, *kind;
    enum nax_format format;
    struct prog_list prog;
    bool is_inside; /* a msgpack segment's header is out, its trailer is not */
    uint64_t n_records;
    struct bytes out;
    struct csv_columns columns;
    size_t width; /* of tables */
    struct table *table;
    struct nax_err failure;
};

static const struct nax_word formats[] = {
    {NAX_FORMAT_AUTO, "auto", "what the first byte tells, or msgpack", NULL, NULL},
    {NAX_FORMAT_MSGPACK, "msgpack", "binary", NULL, NULL},
    {NAX_FORMAT_CSV, "csv", "a line a record, names in the first", NULL, NULL},
    {NAX_FORMAT_JSON, "json", "an object a line", NULL, NULL},
    {NAX_FORMAT_TABLE, "table", "for people, numbers of 4 digits", NULL, NULL},
    {NAX_FORMAT_MD, "md", "the same in Markdown", NULL, NULL},
    {NAX_FORMAT_TSV, "tsv", "as csv, with tabs", NULL, NULL}};
NAX_WORDS(nax_format_words, formats, NAX_FORMAT_COUNT);

int nax_writer_open(struct nax_writer **out, FILE *file, const char *subject,
                    enum nax_format format, const char *kind, struct nax_err *err)
{
    struct nax_writer *w = nax_calloc(1, sizeof *w);
    if (w) {
        w->file = file;
        w->format = format == NAX_FORMAT_AUTO ? NAX_FORMAT_MSGPACK : format;
        w->columns.separator = format == NAX_FORMAT_TSV ? '\t' : ',';
        w->subject = nax_strdup(subject);
        w->kind = nax_strdup(kind);
    }
    if (!w || !w->subject || !w->kind) {
        if (w)
            (void)!nax_writer_close(w, true, NULL);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", subject);
    }
    *out = w;
    return 0;
}

void nax_writer_set_width(struct nax_writer *w, size_t width)
{
    w->width = width;
}

int nax_writer_add_prog(struct nax_writer *w, const struct nax_prog *prog, struct nax_err *err)
{
    return nax_prog_add(&w->prog, prog, err);
}

/* Remembers a failure, so that every later call reports it. */
static int fail(struct nax_writer *w, struct nax_err *err)
{
    if (err)
        *err = w->failure;
    return w->failure.status;
}

static int fail_memory(struct nax_writer *w, struct nax_err *err)
{
    nax_err_set(&w->failure, NAX_ERR_MEMORY, "out of memory: '%s'", w->subject);
    return fail(w, err);
}

/* Moves the first n bytes of the buffer to the file. */
static int move(struct nax_writer *w, size_t n, struct nax_err *err)
{
    if (!n)
        return 0;
    if (fwrite(w->out.v, 1, n, w->file) != n || fflush(w->file)) {
        nax_err_io(&w->failure, "cannot write: '%s'", w->subject);
        return fail(w, err);
    }
    w->out.n -= n;
    memmove(w->out.v, w->out.v + n, w->out.n);
    return 0;
}

static int check(const struct nax_record *r, struct nax_err *err)
{
    if (r->n > NAX_FIELDS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d fields", NAX_FIELDS_MAX);
    for (size_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        const char *problem = f->is_reserved ? "a reserved name" : f->problem;
        if (problem)
            return nax_err_set(err, NAX_ERR_VALUE, "%s: '%s'", problem, f->name);
        const struct nax_value *v = &f->value;
        size_t n = v->type == NAX_STRING   ? v->string.n
                   : v->type == NAX_INTS   ? v->ints.n
                   : v->type == NAX_FLOATS ? v->floats.n
                                           : 0;
        if (n > UINT32_MAX)
            return nax_err_set(err, NAX_ERR_VALUE, "field '%s': too long", f->name);
        if (v->type == NAX_STRING && !nax_text_is_utf8(v->string.s, n))
            return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not UTF-8", f->name);
    }
    return 0;
}

static int begin_segment(struct nax_writer *w, struct nax_err *err)
{
    if (w->format != NAX_FORMAT_MSGPACK || w->is_inside)
        return 0;
    if (nax_msgpack_put_header(&w->out, w->kind, &w->prog))
        return fail_memory(w, err);
    w->is_inside = true;
    w->n_records = 0;
    return 0;
}

static int end_segment(struct nax_writer *w, struct nax_err *err)
{
    if (w->is_inside && nax_msgpack_put_trailer(&w->out, w->n_records))
        return fail_memory(w, err);
    w->is_inside = false;
    return 0;
}

static int put(struct nax_writer *w, const struct nax_record *r, struct nax_err *err)
{
    switch (w->format) {
    case NAX_FORMAT_CSV:
    case NAX_FORMAT_TSV:
        return nax_csv_put(&w->out, &w->columns, r, err);
    case NAX_FORMAT_JSON:
        return nax_json_put(&w->out, r) ? fail_memory(w, err) : 0;
    case NAX_FORMAT_TABLE:
    case NAX_FORMAT_MD:
        return nax_table_put(&w->table, &w->out, w->format, w->width, r) ? fail_memory(w, err) : 0;
    case NAX_FORMAT_AUTO: /* which nax_writer_open has replaced */
    case NAX_FORMAT_MSGPACK:
    case NAX_FORMAT_COUNT:
        break;
    }
    return nax_msgpack_put(&w->out, r) ? fail_memory(w, err) : 0;
}

int nax_writer_put(struct nax_writer *w, const struct nax_record *r, struct nax_err *err)
{
    if (w->failure.status)
        return fail(w, err);
    int status = check(r, err);
    if (!status)
        status = begin_segment(w, err);
    if (!status)
        status = put(w, r, err);
    if (status)
        return status;
    w->n_records++;
    return w->out.n < 2 * OUT_SIZE ? 0 : move(w, w->out.n / OUT_SIZE * OUT_SIZE, err);
}

int nax_writer_flush(struct nax_writer *w, struct nax_err *err)
{
    if (w->failure.status)
        return fail(w, err);
    int status = begin_segment(w, err);
    if (!status && nax_table_flush(w->table, &w->out))
        status = fail_memory(w, err);
    return status ? status : move(w, w->out.n, err);
}

int nax_writer_restart(struct nax_writer *w, struct nax_err *err)
{
    if (w->failure.status)
        return fail(w, err);
    nax_prog_clear(&w->prog);
    return end_segment(w, err);
}

int nax_writer_close(struct nax_writer *w, bool is_broken, struct nax_err *err)
{
    if (!w)
        return 0;
    int status = w->failure.status ? fail(w, err) : 0;
    if (!status && !is_broken)
        status = begin_segment(w, err);
    if (!status && !is_broken)
        status = end_segment(w, err);
    if (!status && nax_table_end(w->table, &w->out))
        status = fail_memory(w, err);
    if (!status)
        status = move(w, w->out.n, err);
    nax_table_free(w->table);
    nax_csv_columns_free(&w->columns);
    nax_prog_free(&w->prog);
    free(w->out.v);
    free(w->subject);
    free(w->kind);
    free(w);
    return status;
}
