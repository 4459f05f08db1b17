/* Reading CSV (RFC 4180) through libcsv: rows of cells, typed by the table of known fields or by
 * look. */
#include "formats.h"
#include "text.h"

#include <csv.h>
#include <stdlib.h>

struct cell {
    size_t at, n; /* in the row's text, with a zero behind */
    bool is_null; /* nothing between the commas: not even quotes */
};

struct column {
    char *name;
    size_t name_n;
    const struct nax_field *field; /* NULL: typed by look */
};

struct csv_reader {
    struct csv_parser parser;
    bool is_started, is_finished;
    /* the row being read */
    struct cell *cells; /* [NAX_FIELDS_MAX] */
    size_t n_cells;
    struct bytes text;
    size_t n_row_bytes;
    bool is_row_whole, is_row_empty, is_out_of_memory, is_too_wide;
    int ending;              /* the character that ended the row before */
    uint64_t line, row_line; /* the next line; where the row began */
    /* names that the rows go by */
    struct column *columns; /* [n_columns] */
    size_t n_columns;
    bool is_header_next;
};

static int is_no_space(unsigned char c)
{
    (void)c;
    return 0; /* RFC 4180: spaces are part of a field */
}

static void take_cell(void *bytes, size_t n, void *context)
{
    struct csv_reader *csv = context;
    if (csv->n_cells == NAX_FIELDS_MAX) {
        csv->is_too_wide = true;
        return;
    }
    if (nax_bytes_reserve(&csv->text, n + 1)) {
        csv->is_out_of_memory = true;
        return;
    }
    csv->cells[csv->n_cells++] = (struct cell){csv->text.n, n, !bytes};
    if (n)
        nax_bytes_put(&csv->text, bytes, n);
    nax_bytes_put(&csv->text, "", 1);
    for (const char *p = bytes; n && (p = memchr(p, '\n', n - (size_t)(p - (char *)bytes))); p++)
        csv->line++;
}

static void take_row(int ending, void *context)
{
    struct csv_reader *csv = context;
    bool is_tail = ending == '\n' && csv->ending == '\r' && !csv->n_cells && csv->n_row_bytes == 1;
    csv->ending = ending;
    if (is_tail) { /* the second half of a line's CR LF */
        csv->n_row_bytes = 0;
        return;
    }
    csv->line++;
    csv->is_row_whole = true;
    csv->is_row_empty = !csv->n_cells;
}

static void free_columns(struct csv_reader *csv)
{
    for (size_t i = 0; i < csv->n_columns; i++)
        free(csv->columns[i].name);
    free(csv->columns);
    csv->columns = NULL;
    csv->n_columns = 0;
}

void nax_csv_restart(struct csv_reader *csv)
{
    if (!csv || !csv->is_started)
        return;
    csv_free(&csv->parser);
    free_columns(csv);
    csv->is_started = false;
}

void nax_csv_free(struct csv_reader *csv)
{
    if (!csv)
        return;
    nax_csv_restart(csv);
    free(csv->cells);
    free(csv->text.v);
    free(csv);
}

static void begin_row(struct csv_reader *csv)
{
    csv->n_cells = 0;
    csv->text.n = 0;
    csv->n_row_bytes = 0;
    csv->is_row_whole = false;
    csv->row_line = csv->line;
}

static struct csv_reader *csv_alloc(void)
{
    struct csv_reader *csv = nax_calloc(1, sizeof *csv);
    if (csv)
        csv->cells = nax_calloc(NAX_FIELDS_MAX, sizeof *csv->cells);
    if (csv && csv->cells)
        return csv;
    free(csv);
    return NULL;
}

/* At the beginning of a file: sets the parser up, skips a byte order mark. */
static int start(struct csv_reader *csv, struct input *in, struct nax_err *err)
{
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_EMPTY_IS_NULL))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    csv_set_space_func(&csv->parser, is_no_space);
    csv_set_blk_size(&csv->parser, 4096);
    csv->is_started = true;
    csv->is_finished = csv->is_out_of_memory = csv->is_too_wide = false;
    csv->is_header_next = true;
    csv->ending = 0;
    csv->line = 1;
    begin_row(csv);
    if (in->buffer[in->start] != 0xef)
        return 0;
    while (in->end - in->start < 3) {
        int status = nax_input_fill(in, err);
        if (status < 0)
            return status;
        if (!status)
            break;
    }
    if (in->end - in->start < 3 || memcmp(in->buffer + in->start, "\xef\xbb\xbf", 3))
        return nax_input_fail(in, err, "line", 1, "neither msgpack, CSV nor JSON");
    nax_input_skip(in, 3);
    return 0;
}

static int refuse(const struct csv_reader *csv, const struct input *in, struct nax_err *err,
                  const char *problem)
{
    return nax_input_fail(in, err, "line", csv->row_line, "%s", problem);
}

/* Gives the parser bytes up to the end of a line at most, so that rows come one at a time. */
static int feed(struct csv_reader *csv, struct input *in, struct nax_err *err)
{
    if (in->start == in->end) {
        int status = nax_input_fill(in, err);
        if (status < 0)
            return status;
        if (!status) {
            csv->is_finished = true;
            if (csv_fini(&csv->parser, take_cell, take_row, csv))
                return nax_input_fail_end(in, err, "line", csv->row_line,
                                          "the file ends inside quotes");
            if (csv->n_row_bytes)
                return nax_input_fail_end(in, err, "line", csv->row_line,
                                          "the last line has no end, as in a truncated file");
            return 0;
        }
    }
    const unsigned char *p = in->buffer + in->start;
    size_t n = in->end - in->start;
    const unsigned char *newline = memchr(p, '\n', n);
    if (newline)
        n = (size_t)(newline - p) + 1;
    const unsigned char *carriage = memchr(p, '\r', n);
    if (carriage)
        n = (size_t)(carriage - p) + 1;
    csv->n_row_bytes += n;
    if (csv->n_row_bytes > in->max_record)
        return nax_input_fail_limit(in, err, "line", csv->row_line);
    size_t done = csv_parse(&csv->parser, p, n, take_cell, take_row, csv);
    if (done != n)
        return csv_error(&csv->parser) == CSV_EPARSE
                   ? refuse(csv, in, err, "a quote where none may be")
                   : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    nax_input_skip(in, n);
    return 0;
}

/* 1: csv->cells hold a row; 0: end of file. */
static int read_row(struct csv_reader *csv, struct input *in, struct nax_err *err)
{
    begin_row(csv);
    while (!csv->is_row_whole) {
        if (csv->is_finished)
            return 0;
        int status = feed(csv, in, err);
        if (status)
            return status;
        if (csv->is_out_of_memory)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
        if (csv->is_too_wide)
            return refuse(csv, in, err, "more than 1024 columns");
    }
    return 1;
}

static const char *cell_text(const struct csv_reader *csv, size_t i)
{
    return (const char *)csv->text.v + csv->cells[i].at;
}

/* What other programs take for a name that cannot be one. */
static const char *name_hint(const struct csv_reader *csv, size_t i)
{
    const char *name = cell_text(csv, i);
    if (!csv->cells[i].n && !i)
        return "; a column of row numbers? write the table without it (pandas: index=False)";
    if (strchr(name, '\t'))
        return "; commas separate cells, not tabs";
    if (strchr(name, ';'))
        return "; commas separate cells, not semicolons";
    return "";
}

static bool is_column(const struct csv_reader *csv, const char *name, size_t n)
{
    for (size_t i = 0; i < csv->n_columns; i++)
        if (csv->columns[i].name_n == n && !memcmp(csv->columns[i].name, name, n))
            return true;
    return false;
}

/* A line of names in the middle, as cat leaves it: of the first column, or of fields alone. */
static bool has_names(const struct csv_reader *csv)
{
    const struct column *first = &csv->columns[0];
    if (csv->cells[0].n == first->name_n && !strcmp(cell_text(csv, 0), first->name))
        return true;
    for (size_t i = 0; i < csv->n_cells; i++) {
        const char *text = cell_text(csv, i);
        if (!nax_field_find(text) && !is_column(csv, text, csv->cells[i].n))
            return false;
    }
    return csv->n_cells > 1;
}

static int take_names(struct csv_reader *csv, struct input *in, struct nax_err *err)
{
    free_columns(csv);
    csv->columns = nax_calloc(csv->n_cells, sizeof *csv->columns);
    if (!csv->columns)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    for (size_t i = 0; i < csv->n_cells; i++) {
        const char *name = cell_text(csv, i);
        size_t n = csv->cells[i].n;
        const char *problem = nax_name_problem(name, n);
        if (nax_name_is_reserved(name, n))
            problem = "a reserved name";
        for (size_t k = 0; !problem && k < i; k++)
            if (csv->columns[k].name_n == n && !memcmp(csv->columns[k].name, name, n))
                problem = "a name that is there twice";
        if (problem)
            return nax_input_fail(in, err, "line", csv->row_line, "column %zu: %s: '%.100s'%s",
                                  i + 1, problem, name, name_hint(csv, i));
        struct column *c = &csv->columns[csv->n_columns++];
        *c = (struct column){nax_strdup(name), n, nax_field_find(name)};
        if (!c->name)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    }
    csv->is_header_next = false;
    return 0;
}

/* A number that shows that it is no integer. */
static bool looks_float(const char *s, size_t n, double *out)
{
    bool has_mark = false;
    for (size_t i = 0; i < n; i++)
        has_mark |= strchr(".eEnN", s[i]) != NULL; /* n: nan, inf */
    return has_mark && nax_text_float(s, n, out);
}

static bool looks_number(const char *s, size_t n, double *out)
{
    int64_t i;
    if (!nax_text_int(s, n, &i))
        return looks_float(s, n, out);
    *out = (double)i;
    return true;
}

typedef bool parse_float(const char *s, size_t n, double *out);

/* Numbers separated by spaces, floats when that is not NULL. 0; 1: it is something else; negative:
 * out of memory or limit. */
static int parse_array(struct nax_record *r, size_t limit, const char *s, size_t n,
                       parse_float *floats_by, struct nax_value *v)
{
    size_t n_max = 0;
    for (size_t i = 0; i < n; i++)
        n_max += s[i] != ' ' && (!i || s[i - 1] == ' ');
    if (n_max * sizeof(double) > limit - NAX_MIN(r->n_bytes, limit))
        return NAX_ERR_FORMAT;
    void *memory = nax_record_reserve(r, n_max * sizeof(double) + 1);
    if (!memory)
        return NAX_ERR_MEMORY;
    int64_t *ints = memory;
    double *floats = memory;
    size_t count = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && s[end] != ' ')
            end++;
        if (end > i) {
            if (!(floats_by ? floats_by(s + i, end - i, &floats[count])
                            : nax_text_int(s + i, end - i, &ints[count])))
                return 1;
            count++;
        }
        i = end + 1;
    }
    if (floats_by)
        *v = (struct nax_value){.type = NAX_FLOATS, .floats = {floats, count}};
    else
        *v = (struct nax_value){.type = NAX_INTS, .ints = {ints, count}};
    return 0;
}

static bool is_word(const char *s, size_t n, const char *word)
{
    return n == strlen(word) && !memcmp(s, word, n);
}

/* A cell as the type that its field has. As parse_array. */
static int parse_known(struct nax_record *r, size_t limit, const char *s, size_t n,
                       enum nax_type type, struct nax_value *v)
{
    v->type = type;
    switch (type) {
    case NAX_BOOL:
        v->b = is_word(s, n, "true");
        return v->b || is_word(s, n, "false") ? 0 : 1;
    case NAX_INT:
        return !nax_text_int(s, n, &v->i);
    case NAX_FLOAT:
        return !nax_text_float(s, n, &v->f);
    case NAX_INTS:
    case NAX_FLOATS:
        return parse_array(r, limit, s, n, type == NAX_FLOATS ? nax_text_float : NULL, v);
    case NAX_NULL:
    case NAX_STRING:
        break;
    }
    return 1;
}

static int parse_by_look(struct nax_record *r, size_t limit, const char *s, size_t n,
                         struct nax_value *v)
{
    if (!parse_known(r, limit, s, n, NAX_INT, v) || !parse_known(r, limit, s, n, NAX_BOOL, v))
        return 0;
    v->type = NAX_FLOAT;
    if (looks_float(s, n, &v->f))
        return 0;
    if (!memchr(s, ' ', n) || s[0] == ' ' || s[n - 1] == ' ' || strstr(s, "  "))
        return 1;
    size_t i = 0;
    while (i < n && strchr("0123456789+-.eEnaifNAIF ", s[i]))
        i++;
    if (i < n)
        return 1; /* words: no memory for them */
    int status = parse_array(r, limit, s, n, NULL, v);
    return status > 0 ? parse_array(r, limit, s, n, looks_number, v) : status;
}

static int take_value(const struct csv_reader *csv, const struct input *in, struct nax_record *r,
                      size_t i, struct nax_err *err)
{
    const struct column *c = &csv->columns[i];
    const char *s = cell_text(csv, i);
    size_t n = csv->cells[i].n, limit = in->max_record;
    struct field *f = nax_record_expect(r, c->name, c->name_n);
    if (!f)
        f = nax_record_append(r, c->name, c->name_n);
    if (!f)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    if (csv->cells[i].is_null)
        return 0;
    struct nax_value v;
    int status = 1;
    if (c->field && c->field->type != NAX_STRING) {
        status = parse_known(r, limit, s, n, c->field->type, &v);
        if (status > 0)
            return nax_input_fail(
                in, err, "line", csv->row_line, "field '%.60s': not %s: '%.60s'%s", c->name,
                nax_type_name(c->field->type), s,
                *s == '[' ? "; numbers separated by spaces, without brackets" : "");
    } else if (!c->field && n) {
        status = parse_by_look(r, limit, s, n, &v);
    }
    if (status > 0) {
        if (!nax_text_is_utf8(s, n))
            return nax_input_fail(in, err, "line", csv->row_line,
                                  "field '%.60s': not UTF-8, or with a zero byte", c->name);
        char *copy = nax_record_reserve(r, n + 1);
        status = copy ? 0 : NAX_ERR_MEMORY;
        if (copy)
            memcpy(copy, s, n + 1);
        v = (struct nax_value){.type = NAX_STRING, .string = {copy, n}};
    }
    if (status == NAX_ERR_MEMORY)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    if (status < 0)
        return nax_input_fail_limit(in, err, "line", csv->row_line);
    f->value = v;
    f->capacity = v.type == NAX_STRING   ? v.string.n + 1
                  : v.type == NAX_INTS   ? v.ints.n * sizeof *v.ints.v + 1
                  : v.type == NAX_FLOATS ? v.floats.n * sizeof *v.floats.v + 1
                                         : 0;
    return 0;
}

int nax_csv_next(struct csv_reader **reader, struct input *in, struct nax_record *record,
                 struct nax_err *err)
{
    if (!*reader)
        *reader = csv_alloc();
    struct csv_reader *csv = *reader;
    if (!csv)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    if (!csv->is_started) {
        int status = start(csv, in, err);
        if (status)
            return status;
    }
    for (;;) {
        int status = read_row(csv, in, err);
        if (!status && !csv->n_columns)
            return refuse(csv, in, err, "no line of names");
        if (status <= 0)
            return status;
        if (csv->is_row_empty) {
            csv->is_header_next = true;
            continue;
        }
        if (!csv->is_header_next && !has_names(csv))
            break;
        status = take_names(csv, in, err);
        if (status)
            return status;
    }
    if (csv->n_cells != csv->n_columns)
        return nax_input_fail(in, err, "line", csv->row_line, "%zu cells for %zu names",
                              csv->n_cells, csv->n_columns);
    for (size_t i = 0; i < csv->n_cells; i++) {
        int status = take_value(csv, in, record, i, err);
        if (status)
            return status;
    }
    return 1;
}
