/* Reading JSON: an object a record, parsed by jansson once it is whole. Objects may go over several
 * lines, as jq prints them.
 *
 * The end of an object is found by its brackets, which are counted first: so a hostile one is
 * refused before the parser makes a tree of it.
 */
#include "formats.h"
#include "text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

struct json_reader {
    uint64_t line; /* of the next byte */
};

/* An object, as far as its bytes are known. */
struct object {
    size_t n; /* bytes */
    uint64_t n_lines;
    int depth;                /* of the brackets that are open */
    bool is_text, is_escaped; /* inside quotes; behind a backslash there */
    size_t n_fields, n_items; /* commas among fields, and inside arrays */
};

void nax_json_restart(struct json_reader *reader)
{
    if (reader)
        reader->line = 1;
}

void nax_json_free(struct json_reader *reader)
{
    free(reader);
}

static int refuse(const struct json_reader *json, const struct input *in, struct nax_err *err,
                  const char *problem)
{
    return nax_input_fail(in, err, "line", json->line, "%s", problem);
}

/* 1: a byte that is not white space is at hand; 0: end of file. */
static int skip_space(struct json_reader *json, struct input *in, struct nax_err *err)
{
    for (;;) {
        for (; in->start < in->end; nax_input_skip(in, 1)) {
            unsigned char c = in->buffer[in->start];
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
                return 1;
            json->line += c == '\n';
        }
        int status = nax_input_fill(in, err);
        if (status <= 0)
            return status;
    }
}

/* Takes a byte of the object; true: it is the last one. */
static bool take_byte(struct object *o, unsigned char c)
{
    o->n++;
    o->n_lines += c == '\n';
    if (o->is_text) {
        o->is_text = c != '"' || o->is_escaped;
        o->is_escaped = c == '\\' && !o->is_escaped;
        return false;
    }
    o->is_text = c == '"';
    if (c == '{' || c == '[')
        o->depth++;
    else if (c == '}' || c == ']')
        return !--o->depth;
    else if (c == ',' && o->depth == 1)
        o->n_fields++;
    else if (c == ',')
        o->n_items++;
    return false;
}

/* Finds the end of the object that begins the window, filling that. */
static int find_end(const struct json_reader *json, struct input *in, struct object *o,
                    struct nax_err *err)
{
    for (bool is_whole = false; !is_whole;) {
        if (in->start + o->n == in->end) {
            int status = nax_input_fill(in, err);
            if (status < 0)
                return status;
            if (!status)
                return nax_input_fail_end(in, err, "line", json->line,
                                          "the file ends inside a record");
        }
        for (; !is_whole && in->start + o->n < in->end;) {
            is_whole = take_byte(o, in->buffer[in->start + o->n]);
            if (o->depth > 2)
                return refuse(json, in, err, "a list or an object inside a field's value");
            if (o->n_fields >= NAX_FIELDS_MAX)
                return refuse(json, in, err, "more than 1024 fields");
            if (o->n > in->max_record || o->n_items >= in->max_record / sizeof(double))
                return nax_input_fail_limit(in, err, "line", json->line);
        }
    }
    return 0;
}

/* What JSON has no number for is a string, as it is written. */
static bool as_float(const json_t *v, double *out)
{
    const char *s = json_string_value(v);
    if (json_is_number(v))
        *out = json_number_value(v);
    else if (s && (!strcmp(s, "nan") || !strcmp(s, "inf") || !strcmp(s, "-inf")))
        return nax_text_float(s, strlen(s), out);
    else
        return false;
    return true;
}

/* 3.0 is an integer, too: other programs do not tell them apart. */
static bool as_int(const json_t *v, int64_t *out)
{
    double f = json_real_value(v);
    if (json_is_integer(v))
        *out = json_integer_value(v);
    else if (json_is_real(v) && fabs(f) <= 0x1p53 && f == trunc(f))
        *out = (int64_t)f;
    else
        return false;
    return true;
}

/* The i-th of an array; of a single value itself. */
static const json_t *item(const json_t *v, size_t i)
{
    return json_is_array(v) ? json_array_get(v, i) : v;
}

static enum nax_type array_type(const json_t *v)
{
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!json_is_integer(json_array_get(v, i)))
            return NAX_FLOATS;
    return NAX_INTS;
}

/* The type that a value has by itself. */
static enum nax_type look(const json_t *v)
{
    double f;
    return json_is_array(v)     ? array_type(v)
           : json_is_integer(v) ? NAX_INT
           : json_is_boolean(v) ? NAX_BOOL
           : as_float(v, &f)    ? NAX_FLOAT
                                : NAX_STRING;
}

/* n numbers. 0; 1: one of them is none; negative: out of memory. */
static int take_array(struct nax_record *r, struct field *f, const json_t *v, enum nax_type type)
{
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    f->capacity = n * sizeof(double) + 1;
    void *memory = nax_record_reserve(r, f->capacity);
    if (!memory)
        return NAX_ERR_MEMORY;
    int64_t *ints = memory;
    double *floats = memory;
    bool is_taken = true;
    for (size_t i = 0; i < n && is_taken; i++)
        is_taken =
            type == NAX_INTS ? as_int(item(v, i), &ints[i]) : as_float(item(v, i), &floats[i]);
    f->value = type == NAX_INTS ? (struct nax_value){.type = type, .ints = {ints, n}}
                                : (struct nax_value){.type = type, .floats = {floats, n}};
    return !is_taken;
}

static int take_string(struct nax_record *r, struct field *f, const json_t *v)
{
    size_t n = json_string_length(v);
    char *copy = json_is_string(v) ? nax_record_reserve(r, n + 1) : NULL;
    if (!copy)
        return json_is_string(v) ? NAX_ERR_MEMORY : 1;
    memcpy(copy, json_string_value(v), n + 1);
    f->value = (struct nax_value){.type = NAX_STRING, .string = {copy, n}};
    f->capacity = n + 1;
    return 0;
}

/* The value as this type. As take_array. */
static int take_as(struct nax_record *r, struct field *f, const json_t *v, enum nax_type type)
{
    struct nax_value *to = &f->value;
    switch (type) {
    case NAX_BOOL:
        *to = (struct nax_value){.type = type, .b = json_is_true(v)};
        return !json_is_boolean(v);
    case NAX_INT:
        to->type = type;
        return !as_int(v, &to->i);
    case NAX_FLOAT:
        to->type = type;
        return !as_float(v, &to->f);
    case NAX_STRING:
        return take_string(r, f, v);
    case NAX_INTS:
    case NAX_FLOATS:
        return take_array(r, f, v, type);
    case NAX_NULL:
        break;
    }
    return 1;
}

static int take_field(const struct json_reader *json, const struct input *in, struct nax_record *r,
                      const char *name, const json_t *v, struct nax_err *err)
{
    const size_t n = strlen(name);
    const struct nax_field *known = nax_field_find(name);
    const char *problem =
        nax_name_is_reserved(name, n) ? "a reserved name" : nax_name_problem(name, n);
    if (problem)
        return nax_input_fail(in, err, "line", json->line, "%s: '%.100s'", problem, name);
    struct field *f = nax_record_expect(r, name, n);
    if (!f)
        f = nax_record_append(r, name, n);
    if (!f)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    if (json_is_null(v))
        return 0;
    enum nax_type type = known ? known->type : look(v);
    int status = take_as(r, f, v, type);
    if (status < 0)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    if (status)
        return nax_input_fail(in, err, "line", json->line, "field '%.60s': not %s", name,
                              json_is_object(v) ? "a value, but an object" : nax_type_name(type));
    return r->n_bytes > in->max_record ? nax_input_fail_limit(in, err, "line", json->line) : 0;
}

static int take_object(const struct json_reader *json, const struct input *in, size_t n,
                       struct nax_record *record, struct nax_err *err)
{
    json_error_t at;
    json_t *object =
        json_loadb((const char *)in->buffer + in->start, n, JSON_REJECT_DUPLICATES, &at);
    if (!object)
        return nax_input_fail(in, err, "line", json->line + (uint64_t)NAX_MAX(at.line, 1) - 1,
                              "no JSON: %s", at.text);
    int status = 0;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        status = take_field(json, in, record, name, value, err);
        if (status)
            break;
    }
    json_decref(object);
    return status;
}

int nax_json_next(struct json_reader **reader, struct input *in, struct nax_record *record,
                  struct nax_err *err)
{
    if (!*reader && (*reader = nax_calloc(1, sizeof **reader)))
        nax_json_restart(*reader);
    struct json_reader *json = *reader;
    if (!json)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", in->name);
    int status = skip_space(json, in, err);
    if (status <= 0)
        return status;
    if (in->buffer[in->start] == '[')
        return refuse(json, in, err,
                      "a list of records: one object a line, as jq -c '.[]' makes it");
    if (in->buffer[in->start] != '{')
        return refuse(json, in, err, "no object where a record should be");
    struct object object = {.depth = 0};
    status = find_end(json, in, &object, err);
    if (!status)
        status = take_object(json, in, object.n, record, err);
    if (status)
        return status;
    nax_input_skip(in, object.n);
    json->line += object.n_lines;
    return 1;
}
