/* Writing tables for people: columns as wide as the first records need, lines that fit a terminal.
 *
 * A window of records is kept until it is full, or the writer is flushed; it decides columns, units
 * and widths, which the rest of the table goes by. So memory does not grow with the stream.
 */
#include "formats.h"
#include "text.h"
#include "units.h"

#include <math.h>
#include <stdlib.h>

enum {
    WINDOW_RECORDS = 512,
    WINDOW_BYTES = 1 << 20,
    GAP = 2,       /* spaces between columns */
    LIST_MIN = 12, /* what a list, or a text, is shortened to at least */
    TEXT_MIN = 16,
    FLOAT_MIN = 6, /* so that numbers that come later fit */
    MD_MIN = 3     /* of Markdown's line of dashes */
};

struct column {
    char *name;
    struct nax_scale scale;
    size_t n_stem; /* of the name that stands in the head: without the unit's suffix */
    size_t width, width_min, width_full;
    enum nax_type type; /* the widest of its values */
    bool is_varied, is_hidden;
    double largest; /* of its numbers, without sign */
};

struct table {
    enum nax_format format; /* TABLE or MD */
    size_t width;           /* 0: no end */
    struct nax_store *window;
    struct nax_record *record; /* of the window, at hand */
    size_t n_window_bytes;
    bool is_laid_out;
    size_t n_tables;
    struct column *columns; /* [n] */
    size_t n, cap;
    struct bytes cell;
};

/* Columns that a narrow table keeps longest, the last ones first to go. */
static const char *const foremost[] = {"id",
                                       "layer",
                                       "component",
                                       "tensor",
                                       "metadata",
                                       "rank",
                                       "hardware",
                                       "edap_pj_ns_mm2",
                                       "accuracy",
                                       "energy_pj",
                                       "latency_ns",
                                       "area_mm2",
                                       "accuracy_hardware_validation",
                                       "kernel",
                                       "crossbar",
                                       "epoch",
                                       "loss_train",
                                       "accuracy_train",
                                       "accuracy_validation",
                                       "network",
                                       "convention",
                                       "value",
                                       "n_units"};

/* --- cells --- */

static bool is_number(enum nax_type type)
{
    return type == NAX_INT || type == NAX_FLOAT;
}

static bool is_list(enum nax_type type)
{
    return type == NAX_INTS || type == NAX_FLOATS;
}

static int put(struct bytes *b, const char *s, size_t n)
{
    if (nax_bytes_reserve(b, n))
        return NAX_ERR_MEMORY;
    nax_bytes_put(b, s, n);
    return 0;
}

static int put_spaces(struct bytes *b, size_t n)
{
    static const char spaces[] = "                                ";
    for (; n > sizeof spaces - 1; n -= sizeof spaces - 1)
        if (put(b, spaces, sizeof spaces - 1))
            return NAX_ERR_MEMORY;
    return put(b, spaces, n);
}

/* Letters of UTF-8, each taken for one column wide. */
static size_t width_of(const unsigned char *s, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += (s[i] & 0xc0) != 0x80;
    return width;
}

/* Cuts a cell to width letters, the last two dots. */
static void shorten(struct bytes *cell, size_t width)
{
    if (width_of(cell->v, cell->n) <= width || width < 2)
        return;
    size_t letters = 0, n = 0;
    while (n < cell->n && (letters += (cell->v[n] & 0xc0) != 0x80) <= width - 2)
        n++;
    cell->n = n;
    nax_bytes_put(cell, "..", 2); /* two letters went */
}

/* What a terminal would take for a command stands as a question mark. */
static int put_string(struct bytes *b, const char *s, size_t n, bool is_md)
{
    if (nax_bytes_reserve(b, 2 * n))
        return NAX_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s[i];
        bool is_c1 = c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0;
        i += is_c1;
        if (is_md && c == '|')
            nax_bytes_put(b, "\\", 1);
        nax_bytes_put(b, c < ' ' || c == 127 || is_c1 ? "?" : &s[i], 1);
    }
    return 0;
}

static int put_number(struct bytes *b, const struct column *c, double value)
{
    char text[NAX_SCALE_TEXT];
    nax_scale_print(text, value * c->scale.factor);
    return put(b, text, strlen(text));
}

static int put_item(struct bytes *b, const struct column *c, const struct nax_value *v, size_t i)
{
    char text[NAX_NUMBER_TEXT];
    if (v->type == NAX_FLOATS)
        return put_number(b, c, v->floats.v[i]);
    return put(b, text, nax_text_print_int(text, v->ints.v[i]));
}

/* The items that fit, and how many there are where some do not. */
static int put_list(struct bytes *b, const struct column *c, const struct nax_value *v,
                    size_t width)
{
    const size_t n = v->type == NAX_INTS ? v->ints.n : v->floats.n, start = b->n;
    char rest[32];
    const size_t n_rest = (size_t)snprintf(rest, sizeof rest, " .. [%zu]", n);
    size_t fits = start; /* up to where items and the rest go in */
    for (size_t i = 0; i < n; i++) {
        if ((i && put(b, " ", 1)) || put_item(b, c, v, i))
            return NAX_ERR_MEMORY;
        if (b->n - start + n_rest <= width)
            fits = b->n;
        if (b->n - start > width) {
            b->n = fits;
            return fits == start ? put(b, rest + 1, n_rest - 1) : put(b, rest, n_rest);
        }
    }
    return n ? 0 : put(b, "[]", 2);
}

/* Fills table->cell. v: NULL where the record lacks the field. */
static int render(struct table *t, const struct column *c, const struct nax_value *v)
{
    char text[NAX_NUMBER_TEXT];
    struct bytes *cell = &t->cell;
    const bool is_md = t->format == NAX_FORMAT_MD;
    const size_t width = c->width ? c->width : SIZE_MAX;
    cell->n = 0;
    switch (v ? v->type : NAX_NULL) {
    case NAX_NULL:
        return is_md ? 0 : put(cell, "-", 1);
    case NAX_BOOL:
        return v->b ? put(cell, "true", 4) : put(cell, "false", 5);
    case NAX_INT:
        return c->scale.factor != 1 ? put_number(cell, c, (double)v->i)
                                    : put(cell, text, nax_text_print_int(text, v->i));
    case NAX_FLOAT:
        return put_number(cell, c, v->f);
    case NAX_STRING:
        if (put_string(cell, v->string.s, v->string.n, is_md))
            return NAX_ERR_MEMORY;
        shorten(cell, width);
        return 0;
    case NAX_INTS:
    case NAX_FLOATS:
        return put_list(cell, c, v, width);
    }
    return 0;
}

/* --- layout --- */

static void free_columns(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->columns[i].name);
    t->n = 0;
    t->is_laid_out = false;
}

static struct column *find_column(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (!strcmp(t->columns[i].name, name))
            return &t->columns[i];
    return NULL;
}

/* A new column before the one that is at this place now. */
static struct column *add_column(struct table *t, size_t at, const char *name)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 32;
        struct column *grown = nax_realloc(t->columns, cap, sizeof *grown);
        if (!grown)
            return NULL;
        t->columns = grown;
        t->cap = cap;
    }
    struct column *c = &t->columns[at], new = {.name = nax_strdup(name), .scale.factor = 1};
    if (!new.name)
        return NULL;
    memmove(c + 1, c, (t->n++ - at) * sizeof *c);
    *c = new;
    return c;
}

static double larger(double a, double b)
{
    b = fabs(b);
    return isfinite(b) && b > a ? b : a;
}

static void look_at(struct column *c, const struct nax_value *v)
{
    if (v->type == NAX_FLOAT || v->type == NAX_INT)
        c->largest = larger(c->largest, v->type == NAX_INT ? (double)v->i : v->f);
    for (size_t i = 0; v->type == NAX_FLOATS && i < v->floats.n; i++)
        c->largest = larger(c->largest, v->floats.v[i]);
    c->type = NAX_MAX(c->type, v->type);
}

/* Columns for the record's fields, a new one behind that of the field before it. */
static int add_fields(struct table *t, const struct nax_record *r)
{
    size_t at = 0;
    for (size_t i = 0; i < r->n; i++) {
        const char *name = r->fields[i].name;
        const struct column *c = at < t->n && !strcmp(t->columns[at].name, name)
                                     ? &t->columns[at]
                                     : find_column(t, name);
        if (!c && !(c = add_column(t, at, name)))
            return NAX_ERR_MEMORY;
        at = (size_t)(c - t->columns) + 1;
    }
    return 0;
}

/* How long a column stays in a table that is too wide: the greater the longer. */
static size_t rank_of(const struct column *c)
{
    const size_t n = sizeof foremost / sizeof *foremost;
    if (!c->is_varied && strcmp(c->name, "id") != 0)
        return 0; /* what is alike in all records tells least */
    for (size_t i = 0; i < n; i++)
        if (!strcmp(c->name, foremost[i]))
            return 2 * (size_t)NAX_FLOATS + n - i;
    return c->type == NAX_FLOAT ? 2 * (size_t)NAX_FLOATS : (size_t)NAX_FLOATS - c->type;
}

static size_t total_width(const struct table *t)
{
    size_t total = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->columns[i].is_hidden)
            total += t->columns[i].width + (total ? GAP : 0);
    return total;
}

static bool hide_one(struct table *t)
{
    struct column *least = NULL;
    size_t n_left = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct column *c = &t->columns[i];
        if (c->is_hidden)
            continue;
        n_left++;
        if (!least || rank_of(c) <= rank_of(least))
            least = c;
    }
    if (n_left < 2)
        return false;
    return least->is_hidden = true;
}

/* Lists and texts as short as may be, columns away until the rest fits, and then what is left over
 * of the width to those that were shortened. */
static void fit(struct table *t)
{
    if (!t->width || total_width(t) <= t->width)
        return;
    for (size_t i = 0; i < t->n; i++)
        t->columns[i].width = t->columns[i].width_min;
    while (total_width(t) > t->width && hide_one(t))
        continue;
    for (size_t i = 0, spare; i < t->n; i++) {
        struct column *c = &t->columns[i];
        spare = t->width - NAX_MIN(total_width(t), t->width);
        if (!c->is_hidden)
            c->width += NAX_MIN(spare, c->width_full - c->width);
    }
}

static int measure(struct table *t, struct column *c, size_t n_head)
{
    struct nax_err err;
    const size_t n = nax_store_n(t->window);
    size_t width = n_head;
    char *first = NULL;
    int status = 0;
    c->width = 0; /* cells as long as they are */
    for (size_t i = 0; i < n && !status; i++) {
        status = nax_store_get(t->window, i, t->record, &err);
        if (!status)
            status = render(t, c, nax_record_get(t->record, c->name));
        if (status)
            break;
        width = NAX_MAX(width, width_of(t->cell.v, t->cell.n));
        if (put(&t->cell, "", 1) || (!first && !(first = nax_strdup((char *)t->cell.v))))
            status = NAX_ERR_MEMORY;
        else
            c->is_varied |= n == 1 || strcmp(first, (char *)t->cell.v) != 0;
    }
    free(first);
    const size_t narrowest = t->format == NAX_FORMAT_MD ? MD_MIN
                             : c->type == NAX_FLOAT     ? FLOAT_MIN
                                                        : 0;
    c->width = c->width_full = NAX_MAX(width, narrowest);
    const size_t shortest = is_list(c->type)        ? LIST_MIN
                            : c->type == NAX_STRING ? TEXT_MIN
                                                    : c->width_full;
    c->width_min = NAX_MIN(c->width_full, NAX_MAX(shortest, n_head));
    return status;
}

/* "energy (uJ)" of Markdown, whose head has one line. */
static int put_head(struct bytes *cell, const struct table *t, const struct column *c)
{
    cell->n = 0;
    if (put_string(cell, c->name, c->n_stem, t->format == NAX_FORMAT_MD))
        return NAX_ERR_MEMORY;
    if (t->format != NAX_FORMAT_MD || !*c->scale.unit)
        return 0;
    return put(cell, " (", 2) || put(cell, c->scale.unit, strlen(c->scale.unit)) ||
                   put(cell, ")", 1)
               ? NAX_ERR_MEMORY
               : 0;
}

static int lay_columns(struct table *t)
{
    struct nax_err err;
    for (size_t i = 0; i < nax_store_n(t->window); i++) {
        if (nax_store_get(t->window, i, t->record, &err) || add_fields(t, t->record))
            return NAX_ERR_MEMORY;
        for (size_t k = 0; k < t->record->n; k++)
            look_at(find_column(t, t->record->fields[k].name), &t->record->fields[k].value);
    }
    for (size_t i = 0; i < t->n; i++) {
        struct column *c = &t->columns[i];
        const char *unit = nax_field_unit(c->name, &c->n_stem);
        nax_scale_choose(&c->scale, unit, c->largest);
        if (put_head(&t->cell, t, c) ||
            measure(t, c,
                    NAX_MAX(width_of(t->cell.v, t->cell.n),
                            t->format == NAX_FORMAT_MD ? 0 : strlen(c->scale.unit))))
            return NAX_ERR_MEMORY;
    }
    fit(t);
    return 0;
}

/* --- lines --- */

static const struct column *last_shown(const struct table *t)
{
    const struct column *last = NULL;
    for (size_t i = 0; i < t->n; i++)
        if (!t->columns[i].is_hidden)
            last = &t->columns[i];
    return last;
}

/* The cell at hand into a line: numbers to the right. */
static int put_cell(const struct table *t, struct bytes *b, const struct column *c,
                    const struct bytes *cell, bool is_last)
{
    const bool is_md = t->format == NAX_FORMAT_MD, is_right = is_number(c->type);
    const size_t n = width_of(cell->v, cell->n), space = c->width - NAX_MIN(n, c->width);
    int status = is_md ? put(b, "| ", 2) : 0;
    if (!status && is_right)
        status = put_spaces(b, space);
    if (!status)
        status = put(b, (const char *)cell->v, cell->n);
    if (!status && !is_right && (is_md || !is_last))
        status = put_spaces(b, space);
    if (!status && !is_last)
        return put_spaces(b, is_md ? 1 : GAP);
    while (!is_md && b->n && b->v[b->n - 1] == ' ')
        b->n--;
    return status ? status : put(b, is_md ? " |\n" : "\n", is_md ? 3 : 1);
}

enum line { HEAD, UNITS, RULE };

static int put_line(struct table *t, struct bytes *b, enum line line)
{
    const struct column *last = last_shown(t);
    for (size_t i = 0; i < t->n; i++) {
        const struct column *c = &t->columns[i];
        if (c->is_hidden)
            continue;
        int status = 0;
        if (line == HEAD)
            status = put_head(&t->cell, t, c);
        else
            t->cell.n = 0;
        if (line == UNITS)
            status = put(&t->cell, c->scale.unit, strlen(c->scale.unit));
        for (size_t k = 0; line == RULE && k < c->width && !status; k++)
            status = put(
                &t->cell,
                k + 1 == c->width && is_number(c->type) && t->format == NAX_FORMAT_MD ? ":" : "-",
                1);
        if (status || put_cell(t, b, c, &t->cell, c == last))
            return NAX_ERR_MEMORY;
    }
    return 0;
}

static bool has_units(const struct table *t)
{
    bool has = false;
    for (size_t i = 0; i < t->n && t->format != NAX_FORMAT_MD; i++)
        has |= !t->columns[i].is_hidden && *t->columns[i].scale.unit;
    return has;
}

static int put_row(struct table *t, struct bytes *b, const struct nax_record *r)
{
    const struct column *last = last_shown(t);
    for (size_t i = 0; i < t->n; i++) {
        const struct column *c = &t->columns[i];
        if (!c->is_hidden &&
            (render(t, c, nax_record_get(r, c->name)) || put_cell(t, b, c, &t->cell, c == last)))
            return NAX_ERR_MEMORY;
    }
    return 0;
}

/* The columns that did not fit, behind the table. */
static int put_hidden(struct table *t, struct bytes *b)
{
    static const char before[] = "not shown:", after[] = " (-f chooses)\n";
    size_t at = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->columns[i].is_hidden)
            continue;
        const size_t n = strlen(t->columns[i].name);
        if (!at && put(b, before, at = sizeof before - 1))
            return NAX_ERR_MEMORY;
        const bool is_first = at == sizeof before - 1;
        if (!is_first && put(b, ",", 1))
            return NAX_ERR_MEMORY;
        if (at + 2 + n > t->width && !is_first && (put(b, "\n ", 2) || !(at = 1)))
            return NAX_ERR_MEMORY;
        if (put(b, " ", 1) || put_string(b, t->columns[i].name, n, false))
            return NAX_ERR_MEMORY;
        at += 2 + n;
    }
    if (at + sizeof after - 2 > t->width && at && put(b, "\n ", 2))
        return NAX_ERR_MEMORY;
    return at ? put(b, after, sizeof after - 1) : 0;
}

/* Columns and head, and the rows of the window, which is emptied. */
static int lay_out(struct table *t, struct bytes *b)
{
    struct nax_err err;
    if (t->is_laid_out || !nax_store_n(t->window))
        return 0;
    if (lay_columns(t) || (t->n_tables++ && put(b, "\n", 1)) || put_line(t, b, HEAD) ||
        (has_units(t) && put_line(t, b, UNITS)) || put_line(t, b, RULE))
        return NAX_ERR_MEMORY;
    for (size_t i = 0; i < nax_store_n(t->window); i++)
        if (nax_store_get(t->window, i, t->record, &err) || put_row(t, b, t->record))
            return NAX_ERR_MEMORY;
    nax_store_free(t->window);
    t->window = nax_store_alloc();
    t->n_window_bytes = 0;
    t->is_laid_out = true;
    return t->window ? 0 : NAX_ERR_MEMORY;
}

/* Whether a record may stand in the table: once that is laid out, one without other fields; before
 * it, one that shares a field. */
static bool belongs(const struct table *t, const struct nax_record *r)
{
    size_t n_found = 0;
    for (size_t i = 0; i < r->n; i++)
        n_found += find_column(t, r->fields[i].name) != NULL;
    return t->is_laid_out ? n_found == r->n : !t->n || n_found;
}

static struct table *table_alloc(enum nax_format format, size_t width)
{
    struct table *t = nax_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    *t = (struct table){.format = format,
                        .width = format == NAX_FORMAT_MD ? 0 : width,
                        .window = nax_store_alloc(),
                        .record = nax_record_alloc()};
    if (t->window && t->record)
        return t;
    nax_table_free(t);
    return NULL;
}

int nax_table_put(struct table **table, struct bytes *b, enum nax_format format, size_t width,
                  const struct nax_record *r)
{
    struct nax_err err;
    if (!*table && !(*table = table_alloc(format, width)))
        return NAX_ERR_MEMORY;
    struct table *t = *table;
    if (!belongs(t, r)) {
        if (nax_table_flush(t, b) || put_hidden(t, b))
            return NAX_ERR_MEMORY;
        free_columns(t);
    }
    if (t->is_laid_out)
        return put_row(t, b, r);
    if (nax_store_add(t->window, r, &err) || add_fields(t, r))
        return NAX_ERR_MEMORY;
    t->n_window_bytes += r->n_bytes;
    bool is_full = nax_store_n(t->window) == WINDOW_RECORDS || t->n_window_bytes > WINDOW_BYTES;
    return is_full ? lay_out(t, b) : 0;
}

int nax_table_flush(struct table *t, struct bytes *b)
{
    return t ? lay_out(t, b) : 0;
}

int nax_table_end(struct table *t, struct bytes *b)
{
    return t && (lay_out(t, b) || put_hidden(t, b)) ? NAX_ERR_MEMORY : 0;
}

void nax_table_free(struct table *t)
{
    if (!t)
        return;
    free_columns(t);
    free(t->columns);
    nax_store_free(t->window);
    nax_record_free(t->record);
    free(t->cell.v);
    free(t);
}
