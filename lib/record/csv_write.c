/* Writing CSV (RFC 4180), or the same with tabs: a line of names, then a line a record. */
#include "formats.h"
#include "text.h"

#include <csv.h>
#include <stdlib.h>

void nax_csv_columns_free(struct csv_columns *columns)
{
    for (size_t i = 0; i < columns->n; i++)
        free(columns->names[i]);
    free(columns->names);
    *columns = (struct csv_columns){.separator = columns->separator};
}

/* s, in quotes where a reader would else see more than one cell, none, or other spaces. */
static int put_text(struct bytes *b, char separator, const char *s, size_t n)
{
    const char special[] = {separator, '"', '\r', '\n', 0};
    if (nax_bytes_reserve(b, 2 * n + 2))
        return NAX_ERR_MEMORY;
    bool is_plain = n && s[0] != ' ' && s[n - 1] != ' ' && s[strcspn(s, special)] == 0;
    if (is_plain)
        nax_bytes_put(b, s, n);
    else
        b->n += csv_write(b->v + b->n, b->cap - b->n, s, n);
    return 0;
}

static void put_number(struct bytes *b, const struct nax_value *v, size_t i)
{
    char text[NAX_NUMBER_TEXT];
    size_t n = v->type == NAX_INT     ? nax_text_print_int(text, v->i)
               : v->type == NAX_INTS  ? nax_text_print_int(text, v->ints.v[i])
               : v->type == NAX_FLOAT ? nax_text_print_float(text, v->f)
                                      : nax_text_print_float(text, v->floats.v[i]);
    nax_bytes_put(b, text, n);
}

static int put_value(struct bytes *b, char separator, const struct nax_value *v)
{
    size_t n = v->type == NAX_INTS ? v->ints.n : v->type == NAX_FLOATS ? v->floats.n : 1;
    if (nax_bytes_reserve(b, NAX_NUMBER_TEXT * (n + 1)))
        return NAX_ERR_MEMORY;
    switch (v->type) {
    case NAX_NULL:
        break;
    case NAX_BOOL:
        nax_bytes_put(b, v->b ? "true" : "false", v->b ? 4 : 5);
        break;
    case NAX_STRING:
        return put_text(b, separator, v->string.s, v->string.n);
    case NAX_INT:
    case NAX_FLOAT:
        put_number(b, v, 0);
        break;
    case NAX_INTS:
    case NAX_FLOATS:
        if (!n)
            nax_bytes_put(b, "\"\"", 2);
        for (size_t i = 0; i < n; i++) {
            if (i)
                nax_bytes_put(b, " ", 1);
            put_number(b, v, i);
        }
        break;
    }
    return 0;
}

static int put_names(struct bytes *b, struct csv_columns *columns, const struct nax_record *r)
{
    bool is_first = !columns->n;
    nax_csv_columns_free(columns);
    columns->names = nax_calloc(r->n, sizeof *columns->names);
    if (!columns->names || nax_bytes_reserve(b, 1))
        return NAX_ERR_MEMORY;
    if (!is_first)
        nax_bytes_put(b, "\n", 1);
    for (size_t i = 0; i < r->n; i++) {
        columns->names[columns->n++] = nax_strdup(r->fields[i].name);
        if (!columns->names[i] ||
            put_text(b, columns->separator, r->fields[i].name, r->fields[i].name_n) ||
            nax_bytes_reserve(b, 1))
            return NAX_ERR_MEMORY;
        nax_bytes_put(b, i + 1 < r->n ? &columns->separator : "\n", 1);
    }
    return 0;
}

static const struct field *column_field(const struct csv_columns *columns, size_t i,
                                        const struct nax_record *r)
{
    if (i < r->n && !strcmp(r->fields[i].name, columns->names[i]))
        return &r->fields[i]; /* the order of the segment's first record: the usual case */
    return nax_record_find(r, columns->names[i], strlen(columns->names[i]));
}

static bool has_all_columns(const struct csv_columns *columns, const struct nax_record *r)
{
    size_t n_found = 0;
    for (size_t i = 0; i < columns->n; i++)
        n_found += column_field(columns, i, r) != NULL;
    return columns->n && n_found == r->n;
}

/* What would be read as a line of names. */
static bool is_name(const struct csv_columns *columns, const struct field *f)
{
    if (!f || f->value.type != NAX_STRING)
        return false;
    bool is_found = nax_field_find(f->value.string.s) != NULL;
    for (size_t i = 0; !is_found && i < columns->n; i++)
        is_found = !strcmp(f->value.string.s, columns->names[i]);
    return is_found;
}

static int put_line(struct bytes *b, struct csv_columns *columns, const struct nax_record *r,
                    struct nax_err *err)
{
    if (!r->n)
        return nax_err_set(err, NAX_ERR_VALUE, "CSV cannot hold a record without fields");
    if (!has_all_columns(columns, r) && put_names(b, columns, r))
        goto out_of_memory;
    bool has_names = columns->n > 1;
    for (size_t i = 0; i < columns->n; i++) {
        const struct field *f = column_field(columns, i, r);
        has_names = has_names && is_name(columns, f);
        bool is_null = !f || f->value.type == NAX_NULL;
        if (is_null && columns->n == 1)
            return nax_err_set(err, NAX_ERR_VALUE,
                               "CSV cannot hold a record whose only field is null: '%s'",
                               columns->names[i]);
        if (!is_null && !i && f->value.type == NAX_STRING &&
            !strcmp(f->value.string.s, columns->names[0]))
            return nax_err_set(err, NAX_ERR_VALUE,
                               "CSV cannot hold a first field whose value is its name: '%s'",
                               columns->names[0]);
        if ((f && put_value(b, columns->separator, &f->value)) || nax_bytes_reserve(b, 1))
            goto out_of_memory;
        nax_bytes_put(b, i + 1 < columns->n ? &columns->separator : "\n", 1);
    }
    if (has_names)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "CSV cannot hold a record whose values are all names of fields: '%s'",
                           columns->names[0]);
    return 0;

out_of_memory:
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'CSV line'");
}

int nax_csv_put(struct bytes *b, struct csv_columns *columns, const struct nax_record *r,
                struct nax_err *err)
{
    size_t n = b->n;
    int status = put_line(b, columns, r, err);
    if (status)
        b->n = n; /* whole lines only */
    return status;
}
