/* Reading CSV (RFC 4180) through libcsv: rows of cells, typed by the table of known fields or by
 * look. */
#include "internal.h"

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

struct csv_input {
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
    struct csv_input *in = context;
    if (in->n_cells == NAX_FIELDS_MAX) {
        in->is_too_wide = true;
        return;
    }
    if (nax_bytes_reserve(&in->text, n + 1)) {
        in->is_out_of_memory = true;
        return;
    }
    in->cells[in->n_cells++] = (struct cell){in->text.n, n, !bytes};
    if (n)
        nax_bytes_put(&in->text, bytes, n);
    nax_bytes_put(&in->text, "", 1);
    for (const char *p = bytes; n && (p = memchr(p, '\n', n - (size_t)(p - (char *)bytes))); p++)
        in->line++;
}

static void take_row(int ending, void *context)
{
    struct csv_input *in = context;
    bool is_tail = ending == '\n' && in->ending == '\r' && !in->n_cells && in->n_row_bytes == 1;
    in->ending = ending;
    if (is_tail) { /* the second half of a line's CR LF */
        in->n_row_bytes = 0;
        return;
    }
    in->line++;
    in->is_row_whole = true;
    in->is_row_empty = !in->n_cells;
}

static void free_columns(struct csv_input *in)
{
    for (size_t i = 0; i < in->n_columns; i++)
        free(in->columns[i].name);
    free(in->columns);
    in->columns = NULL;
    in->n_columns = 0;
}

void nax_csv_restart(struct csv_input *in)
{
    if (!in || !in->is_started)
        return;
    csv_free(&in->parser);
    free_columns(in);
    in->is_started = false;
}

void nax_csv_free(struct csv_input *in)
{
    if (!in)
        return;
    nax_csv_restart(in);
    free(in->cells);
    free(in->text.v);
    free(in);
}

static void begin_row(struct csv_input *in)
{
    in->n_cells = 0;
    in->text.n = 0;
    in->n_row_bytes = 0;
    in->is_row_whole = false;
    in->row_line = in->line;
}

/* Allocates at the first file, skips a byte order mark, sets the parser up. */
static int start(struct nax_reader *reader, struct nax_err *err)
{
    if (!reader->csv) {
        reader->csv = nax_calloc(1, sizeof *reader->csv);
        if (reader->csv)
            reader->csv->cells = nax_calloc(NAX_FIELDS_MAX, sizeof *reader->csv->cells);
    }
    struct csv_input *in = reader->csv;
    if (!in || !in->cells ||
        csv_init(&in->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_EMPTY_IS_NULL))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    csv_set_space_func(&in->parser, is_no_space);
    csv_set_blk_size(&in->parser, 4096);
    in->is_started = true;
    in->is_finished = in->is_out_of_memory = in->is_too_wide = false;
    in->is_header_next = true;
    in->ending = 0;
    in->line = 1;
    begin_row(in);
    if (reader->buffer[reader->start] != 0xef)
        return 0;
    while (reader->end - reader->start < 3) {
        int status = nax_reader_fill(reader, err);
        if (status < 0)
            return status;
        if (!status)
            break;
    }
    if (reader->end - reader->start < 3 ||
        memcmp(reader->buffer + reader->start, "\xef\xbb\xbf", 3))
        return nax_reader_fail(reader, err, "line", 1, "neither msgpack nor CSV");
    nax_reader_skip(reader, 3);
    return 0;
}

static int refuse(const struct nax_reader *reader, struct nax_err *err, const char *problem)
{
    return nax_reader_fail(reader, err, "line", reader->csv->row_line, "%s", problem);
}

/* Gives the parser bytes up to the end of a line at most, so that rows come one at a time. */
static int feed(struct nax_reader *reader, struct nax_err *err)
{
    struct csv_input *in = reader->csv;
    if (reader->start == reader->end) {
        int status = nax_reader_fill(reader, err);
        if (status < 0)
            return status;
        if (!status) {
            in->is_finished = true;
            if (csv_fini(&in->parser, take_cell, take_row, in))
                return refuse(reader, err, "the file ends inside quotes");
            return 0;
        }
    }
    const unsigned char *p = reader->buffer + reader->start;
    size_t n = reader->end - reader->start;
    const unsigned char *newline = memchr(p, '\n', n);
    if (newline)
        n = (size_t)(newline - p) + 1;
    const unsigned char *carriage = memchr(p, '\r', n);
    if (carriage)
        n = (size_t)(carriage - p) + 1;
    in->n_row_bytes += n;
    if (in->n_row_bytes > reader->max_record)
        return nax_reader_fail_limit(reader, err, "line", in->row_line);
    size_t done = csv_parse(&in->parser, p, n, take_cell, take_row, in);
    if (done != n)
        return csv_error(&in->parser) == CSV_EPARSE
                   ? refuse(reader, err, "a quote where none may be")
                   : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    nax_reader_skip(reader, n);
    return 0;
}

/* 1: in->cells hold a row; 0: end of file. */
static int read_row(struct nax_reader *reader, struct nax_err *err)
{
    struct csv_input *in = reader->csv;
    begin_row(in);
    while (!in->is_row_whole) {
        if (in->is_finished)
            return 0;
        int status = feed(reader, err);
        if (status)
            return status;
        if (in->is_out_of_memory)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
        if (in->is_too_wide)
            return refuse(reader, err, "more than 1024 columns");
    }
    return 1;
}

static const char *cell_text(const struct csv_input *in, size_t i)
{
    return (const char *)in->text.v + in->cells[i].at;
}

static int take_names(struct nax_reader *reader, struct nax_err *err)
{
    struct csv_input *in = reader->csv;
    free_columns(in);
    in->columns = nax_calloc(in->n_cells, sizeof *in->columns);
    if (!in->columns)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    for (size_t i = 0; i < in->n_cells; i++) {
        const char *name = cell_text(in, i);
        size_t n = in->cells[i].n;
        const char *problem = nax_name_problem(name, n);
        if (nax_name_is_reserved(name, n))
            problem = "a reserved name";
        for (size_t k = 0; !problem && k < i; k++)
            if (in->columns[k].name_n == n && !memcmp(in->columns[k].name, name, n))
                problem = "a name that is there twice";
        if (problem)
            return nax_reader_fail(reader, err, "line", in->row_line, "column %zu: %s: '%.100s'",
                                   i + 1, problem, name);
        struct column *c = &in->columns[in->n_columns++];
        *c = (struct column){nax_strdup(name), n, nax_field_find(name)};
        if (!c->name)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    }
    in->is_header_next = false;
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
    void *room = nax_record_reserve(r, n_max * sizeof(double) + 1);
    if (!room)
        return NAX_ERR_MEMORY;
    int64_t *ints = room;
    double *floats = room;
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

static const char *type_name(enum nax_type type)
{
    static const char *const names[] = {"null",     "true or false", "an integer", "a number",
                                        "a string", "integers",      "numbers"};
    return names[type];
}

static int take_value(struct nax_reader *reader, struct nax_record *r, size_t i,
                      struct nax_err *err)
{
    struct csv_input *in = reader->csv;
    const struct column *c = &in->columns[i];
    const char *s = cell_text(in, i);
    size_t n = in->cells[i].n, limit = reader->max_record;
    struct field *f = nax_record_append(r, c->name, c->name_n);
    if (!f)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    if (in->cells[i].is_null)
        return 0;
    struct nax_value v;
    int status = 1;
    if (c->field && c->field->type != NAX_STRING) {
        status = parse_known(r, limit, s, n, c->field->type, &v);
        if (status > 0)
            return nax_reader_fail(reader, err, "line", in->row_line,
                                   "field '%.60s': not %s: '%.60s'", c->name,
                                   type_name(c->field->type), s);
    } else if (!c->field && n) {
        status = parse_by_look(r, limit, s, n, &v);
    }
    if (status > 0) {
        if (!nax_text_is_utf8(s, n))
            return nax_reader_fail(reader, err, "line", in->row_line,
                                   "field '%.60s': not UTF-8, or with a zero byte", c->name);
        char *copy = nax_record_reserve(r, n + 1);
        status = copy ? 0 : NAX_ERR_MEMORY;
        if (copy)
            memcpy(copy, s, n + 1);
        v = (struct nax_value){.type = NAX_STRING, .string = {copy, n}};
    }
    if (status == NAX_ERR_MEMORY)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    if (status < 0)
        return nax_reader_fail_limit(reader, err, "line", in->row_line);
    f->value = v;
    f->room = v.type == NAX_STRING   ? v.string.n + 1
              : v.type == NAX_INTS   ? v.ints.n * sizeof *v.ints.v + 1
              : v.type == NAX_FLOATS ? v.floats.n * sizeof *v.floats.v + 1
                                     : 0;
    return 0;
}

int nax_csv_next(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    if (!reader->csv || !reader->csv->is_started) {
        int status = start(reader, err);
        if (status)
            return status;
    }
    struct csv_input *in = reader->csv;
    for (;;) {
        int status = read_row(reader, err);
        if (!status && !in->n_columns)
            return refuse(reader, err, "no line of names");
        if (status <= 0)
            return status;
        if (in->is_row_empty) {
            in->is_header_next = true;
            continue;
        }
        bool is_header = in->is_header_next || (in->cells[0].n == in->columns[0].name_n &&
                                                !strcmp(cell_text(in, 0), in->columns[0].name));
        if (!is_header)
            break;
        status = take_names(reader, err);
        if (status)
            return status;
    }
    if (in->n_cells != in->n_columns)
        return nax_reader_fail(reader, err, "line", in->row_line, "%zu cells for %zu names",
                               in->n_cells, in->n_columns);
    for (size_t i = 0; i < in->n_cells; i++) {
        int status = take_value(reader, record, i, err);
        if (status)
            return status;
    }
    return 1;
}
