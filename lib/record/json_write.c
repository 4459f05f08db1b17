/* Writing JSON lines: one object a record. */
#include "formats.h"
#include "text.h"

#include <math.h>

static int put_text(struct bytes *b, const char *s, size_t n)
{
    if (nax_bytes_reserve(b, 6 * n + 2))
        return NAX_ERR_MEMORY;
    nax_bytes_put(b, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\') {
            nax_bytes_put(b, "\\", 1);
            nax_bytes_put(b, &c, 1);
        } else if (c < ' ' || c == 127) {
            char escape[8];
            nax_bytes_put(b, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
        } else {
            nax_bytes_put(b, &c, 1);
        }
    }
    nax_bytes_put(b, "\"", 1);
    return 0;
}

static void put_int(struct bytes *b, int64_t i)
{
    char text[NAX_NUMBER_TEXT];
    nax_bytes_put(b, text, nax_text_print_int(text, i));
}

/* JSON has no numbers that are not finite: they become the strings "nan", "inf", "-inf". */
static void put_float(struct bytes *b, double f)
{
    char text[NAX_NUMBER_TEXT];
    size_t n = nax_text_print_float(text, f);
    if (!isfinite(f))
        nax_bytes_put(b, "\"", 1);
    nax_bytes_put(b, text, n);
    if (!isfinite(f))
        nax_bytes_put(b, "\"", 1);
}

static int put_value(struct bytes *b, const struct nax_value *v)
{
    size_t n = v->type == NAX_INTS ? v->ints.n : v->type == NAX_FLOATS ? v->floats.n : 1;
    if (nax_bytes_reserve(b, NAX_NUMBER_TEXT * (n + 1)))
        return NAX_ERR_MEMORY;
    switch (v->type) {
    case NAX_NULL:
        nax_bytes_put(b, "null", 4);
        break;
    case NAX_BOOL:
        nax_bytes_put(b, v->b ? "true" : "false", v->b ? 4 : 5);
        break;
    case NAX_INT:
        put_int(b, v->i);
        break;
    case NAX_FLOAT:
        put_float(b, v->f);
        break;
    case NAX_STRING:
        return put_text(b, v->string.s, v->string.n);
    case NAX_INTS:
    case NAX_FLOATS:
        nax_bytes_put(b, "[", 1);
        for (size_t i = 0; i < n; i++) {
            if (i)
                nax_bytes_put(b, ",", 1);
            if (v->type == NAX_INTS)
                put_int(b, v->ints.v[i]);
            else
                put_float(b, v->floats.v[i]);
        }
        nax_bytes_put(b, "]", 1);
        break;
    }
    return 0;
}

int nax_json_put(struct bytes *b, const struct nax_record *r)
{
    size_t start = b->n;
    int status = nax_bytes_reserve(b, 1);
    if (!status)
        nax_bytes_put(b, "{", 1);
    for (size_t i = 0; !status && i < r->n; i++) {
        const struct field *f = &r->fields[i];
        status = nax_bytes_reserve(b, 1);
        if (!status && i)
            nax_bytes_put(b, ",", 1);
        if (!status)
            status = put_text(b, f->name, f->name_n);
        if (!status)
            status = nax_bytes_reserve(b, 1);
        if (!status)
            nax_bytes_put(b, ":", 1);
        if (!status)
            status = put_value(b, &f->value);
    }
    if (!status)
        status = nax_bytes_reserve(b, 2);
    if (status)
        b->n = start;
    else
        nax_bytes_put(b, "}\n", 2);
    return status;
}
