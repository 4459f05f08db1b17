/* Reading msgpack with msgpack-c's push parser: its template calls the functions below for every
 * value, so that a record is filled in one pass without a tree of objects.
 *
 * The parser keeps its state between calls: when a record is not yet whole, more bytes are read
 * and it goes on. Strings that wait (keys) are kept as offsets, since the window may move.
 */
#include "internal.h"

#include <msgpack/sysdep.h>
#include <msgpack/unpack.h>
#include <msgpack/unpack_define.h>
#include <stdlib.h>

enum token_type {
    TOKEN_NULL,
    TOKEN_BOOL,
    TOKEN_INT,
    TOKEN_BIG, /* an unsigned integer beyond int64_t */
    TOKEN_FLOAT,
    TOKEN_STRING,
    TOKEN_INTS,
    TOKEN_FLOATS,
    TOKEN_MAP,
    TOKEN_LIST /* an array in a header */
};

/* A value, or a container still being filled. */
struct token {
    enum token_type type;
    unsigned depth; /* of a container: 1 for the outermost */
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f;
        struct {
            size_t at, n; /* in the window, from the first byte of the record */
        } string;
        struct {
            union {
                int64_t *ints;
                double *floats;
            };
            size_t n; /* items so far */
        } array;
    };
};

struct progs {
    struct nax_prog *v;
    size_t n, cap;
};

/* What the functions of the parser share. */
struct scan {
    const char *base;          /* the first byte of the record */
    struct nax_record *record; /* filled; for a header it holds the strings of pending */
    size_t max_record;
    unsigned depth;
    bool is_header;
    const char *problem; /* set by whoever fails; "" for a record beyond the limit */
    size_t problem_name; /* 1 + index of the field that it is about, or 0 */
    /* header */
    bool has_version, is_version_known;
    char kind[64];
    struct progs pending; /* maps of the list being read */
    bool has_prog;
};

static int refuse(struct scan *s, const char *problem)
{
    s->problem = problem;
    return -1;
}

static inline struct token take_root(struct scan *s)
{
    (void)s;
    return (struct token){.type = TOKEN_NULL};
}

static inline int take_int64(struct scan *s, int64_t i, struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_INT, .i = i};
    return 0;
}

static inline int take_int8(struct scan *s, int8_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_int16(struct scan *s, int16_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_int32(struct scan *s, int32_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_uint8(struct scan *s, uint8_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_uint16(struct scan *s, uint16_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_uint32(struct scan *s, uint32_t i, struct token *o)
{
    return take_int64(s, i, o);
}

static inline int take_uint64(struct scan *s, uint64_t u, struct token *o)
{
    if (u <= INT64_MAX)
        return take_int64(s, (int64_t)u, o);
    *o = (struct token){.type = TOKEN_BIG, .u = u};
    return 0;
}

static inline int take_double(struct scan *s, double f, struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_FLOAT, .f = f};
    return 0;
}

static inline int take_float(struct scan *s, float f, struct token *o)
{
    return take_double(s, (double)f, o);
}

static inline int take_nil(struct scan *s, struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_NULL};
    return 0;
}

static inline int take_true(struct scan *s, struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_BOOL, .b = true};
    return 0;
}

static inline int take_false(struct scan *s, struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_BOOL, .b = false};
    return 0;
}

static inline int take_str(struct scan *s, const char *base, const char *p, unsigned n,
                           struct token *o)
{
    (void)s;
    *o = (struct token){.type = TOKEN_STRING, .string = {n ? (size_t)(p - base) : 0, n}};
    return 0;
}

static inline int take_bin(struct scan *s, const char *base, const char *p, unsigned n,
                           struct token *o)
{
    (void)base, (void)p, (void)n, (void)o;
    return refuse(s, "a value of binary type");
}

static inline int take_ext(struct scan *s, const char *base, const char *p, unsigned n,
                           struct token *o)
{
    (void)base, (void)p, (void)n, (void)o;
    return refuse(s, "a value of an extension type");
}

static int begin_prog(struct scan *s)
{
    struct progs *p = &s->pending;
    if (p->n == NAX_PROGS_MAX)
        return refuse(s, "more than 1024 programs");
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        struct nax_prog *grown = nax_realloc(p->v, cap, sizeof *grown);
        if (!grown)
            return refuse(s, "out of memory");
        p->v = grown;
        p->cap = cap;
    }
    p->v[p->n++] = (struct nax_prog){"", "", "", 0};
    return 0;
}

static inline int take_map(struct scan *s, unsigned n, struct token *o)
{
    if (s->is_header ? s->depth != 0 && s->depth != 2 : s->depth != 0)
        return refuse(s, s->is_header ? "a header nested too deeply" : "a map inside a record");
    if (n > NAX_FIELDS_MAX)
        return refuse(s, "more than 1024 fields");
    if (s->depth == 2 && begin_prog(s))
        return -1;
    *o = (struct token){.type = TOKEN_MAP, .depth = ++s->depth};
    return 0;
}

static inline int take_array(struct scan *s, unsigned n, struct token *o)
{
    if (s->depth != 1)
        return refuse(s, s->is_header ? "a header nested too deeply" : "an array inside an array");
    *o = (struct token){.type = s->is_header ? TOKEN_LIST : TOKEN_INTS, .depth = ++s->depth};
    if (s->is_header)
        return 0;
    size_t size = (size_t)n * sizeof *o->array.ints;
    if (size > s->max_record - NAX_MIN(s->record->n_bytes, s->max_record))
        return refuse(s, "");
    o->array.ints = nax_record_reserve(s->record, size + 1);
    return o->array.ints ? 0 : refuse(s, "out of memory");
}

static inline int take_array_item(struct scan *s, struct token *array, struct token item)
{
    s->depth = array->depth;
    if (s->is_header)
        return 0;
    size_t n = array->array.n++;
    if (item.type == TOKEN_INT) {
        if (array->type == TOKEN_INTS)
            array->array.ints[n] = item.i;
        else
            array->array.floats[n] = (double)item.i;
        return 0;
    }
    if (item.type != TOKEN_FLOAT)
        return refuse(s, item.type == TOKEN_BIG ? "an integer beyond 64 bits with sign"
                                                : "an array of other things than numbers");
    if (array->type == TOKEN_INTS) { /* the first float: what came before are integral floats */
        int64_t *ints = array->array.ints;
        double *floats = (double *)(void *)ints;
        for (size_t i = 0; i < n; i++) {
            double f = (double)ints[i];
            memcpy(&floats[i], &f, sizeof f);
        }
        array->array.floats = floats;
        array->type = TOKEN_FLOATS;
    }
    array->array.floats[n] = item.f;
    return 0;
}

/* A string of the window in the record's memory. NULL: a problem, which is set. */
static const char *keep_string(struct scan *s, const struct token *t)
{
    const char *p = s->base + t->string.at;
    size_t n = t->string.n;
    if (!nax_text_is_utf8(p, n)) {
        refuse(s, "a string that is not UTF-8, or with a zero byte");
        return NULL;
    }
    if (n > s->max_record - NAX_MIN(s->record->n_bytes, s->max_record)) {
        refuse(s, "");
        return NULL;
    }
    char *copy = nax_record_reserve(s->record, n + 1);
    if (!copy) {
        refuse(s, "out of memory");
        return NULL;
    }
    memcpy(copy, p, n);
    copy[n] = 0;
    return copy;
}

static bool key_is(const struct scan *s, const struct token *key, const char *name)
{
    return key->string.n == strlen(name) && !memcmp(s->base + key->string.at, name, key->string.n);
}

static int header_item(struct scan *s, const struct token *key, const struct token *value)
{
    if (key_is(s, key, "nax")) {
        s->has_version = true;
        s->is_version_known = value->type == TOKEN_INT && value->i == 1;
    } else if (key_is(s, key, "kind")) {
        if (value->type != TOKEN_STRING || value->string.n >= sizeof s->kind)
            return refuse(s, "a kind that is no short string");
        const char *kind = keep_string(s, value);
        if (!kind)
            return -1;
        strcpy(s->kind, kind); /* its length was checked */
    } else if (key_is(s, key, "prog")) {
        if (value->type != TOKEN_LIST)
            return refuse(s, "provenance that is no list");
        s->has_prog = true;
        return 0;
    }
    if (!s->has_prog)
        s->pending.n = 0; /* a list of another key, of a later version */
    return 0;
}

static int prog_item(struct scan *s, const struct token *key, const struct token *value)
{
    struct nax_prog *prog = &s->pending.v[s->pending.n - 1];
    if (key_is(s, key, "seed")) {
        if (value->type != TOKEN_INT && value->type != TOKEN_BIG)
            return refuse(s, "a seed that is no integer");
        prog->seed = value->u;
        return 0;
    }
    const char **text = key_is(s, key, "name")      ? &prog->name
                        : key_is(s, key, "version") ? &prog->version
                        : key_is(s, key, "argv")    ? &prog->argv
                                                    : NULL;
    if (!text)
        return 0;
    if (value->type != TOKEN_STRING)
        return refuse(s, "provenance that is no string");
    *text = keep_string(s, value);
    return *text ? 0 : -1;
}

static int record_item(struct scan *s, const struct token *key, const struct token *value)
{
    const char *name = s->base + key->string.at;
    const char *problem = nax_name_problem(name, key->string.n);
    if (problem)
        return refuse(s, problem);
    if (nax_record_find(s->record, name, key->string.n))
        return refuse(s, "a field that is there twice");
    struct field *f = nax_record_append(s->record, name, key->string.n);
    if (!f)
        return refuse(s, "out of memory");
    struct nax_value *v = &f->value;
    switch (value->type) {
    case TOKEN_NULL:
        v->type = NAX_NULL;
        break;
    case TOKEN_BOOL:
        v->type = NAX_BOOL;
        v->b = value->b;
        break;
    case TOKEN_INT:
        v->type = NAX_INT;
        v->i = value->i;
        break;
    case TOKEN_FLOAT:
        v->type = NAX_FLOAT;
        v->f = value->f;
        break;
    case TOKEN_STRING:
        v->string.s = keep_string(s, value);
        v->string.n = value->string.n;
        if (!v->string.s) {
            s->problem_name = s->record->n;
            return -1;
        }
        v->type = NAX_STRING;
        f->room = value->string.n + 1;
        break;
    case TOKEN_INTS:
        v->type = NAX_INTS;
        v->ints.v = value->array.ints;
        v->ints.n = value->array.n;
        f->room = value->array.n * sizeof *v->ints.v + 1;
        break;
    case TOKEN_FLOATS:
        v->type = NAX_FLOATS;
        v->floats.v = value->array.floats;
        v->floats.n = value->array.n;
        f->room = value->array.n * sizeof *v->floats.v + 1;
        break;
    case TOKEN_BIG:
        s->problem_name = s->record->n;
        return refuse(s, "an integer beyond 64 bits with sign");
    case TOKEN_MAP:
    case TOKEN_LIST:
        s->problem_name = s->record->n;
        return refuse(s, "a map inside a record");
    }
    if (s->record->n_bytes > s->max_record)
        return refuse(s, "");
    return 0;
}

static inline int take_map_item(struct scan *s, struct token *map, struct token key,
                                struct token value)
{
    s->depth = map->depth;
    if (key.type != TOKEN_STRING)
        return refuse(s, "a field whose name is no string");
    if (!s->is_header)
        return record_item(s, &key, &value);
    return map->depth == 1 ? header_item(s, &key, &value) : prog_item(s, &key, &value);
}

#define msgpack_unpack_struct(name)    struct parser##name
#define msgpack_unpack_func(ret, name) static inline ret parser##name
#define msgpack_unpack_callback(name)  take##name
#define msgpack_unpack_object          struct token
#define msgpack_unpack_user            struct scan

#include <msgpack/unpack_template.h>

struct msgpack_input {
    bool is_inside;   /* between header and trailer */
    uint64_t n_begun; /* records returned from the file when the segment began */
    struct parser_context parser;
};

void nax_msgpack_free(struct msgpack_input *input)
{
    if (!input)
        return;
    free(input->parser.user.pending.v);
    free(input);
}

static int say_problem(const struct nax_reader *reader, const struct scan *s, uint64_t at,
                       struct nax_err *err)
{
    if (!s->problem)
        return nax_reader_fail(reader, err, "byte", at, "not msgpack");
    if (!*s->problem)
        return nax_reader_fail_limit(reader, err, "byte", at);
    if (!strcmp(s->problem, "out of memory")) {
        nax_reader_fail(reader, err, "byte", at, "%s", s->problem);
        if (err)
            err->status = NAX_ERR_MEMORY;
        return NAX_ERR_MEMORY;
    }
    if (s->problem_name)
        return nax_reader_fail(reader, err, "byte", at, "field '%.100s': %s",
                               s->record->fields[s->problem_name - 1].name, s->problem);
    return nax_reader_fail(reader, err, "byte", at, "%s", s->problem);
}

/* Parses one map, a header or a record. 1: done; 0: the file ends before it. */
static int parse_map(struct nax_reader *reader, struct nax_record *record, bool is_header,
                     struct nax_err *err)
{
    struct parser_context *parser = &reader->msgpack->parser;
    struct scan *s = &parser->user;
    struct progs pending = {.v = s->pending.v, .cap = s->pending.cap};
    *s = (struct scan){.record = record,
                       .max_record = reader->max_record,
                       .is_header = is_header,
                       .pending = pending};
    parser_init(parser);
    size_t done = 0;
    for (;;) {
        s->base = (const char *)reader->buffer + reader->start;
        int status = parser_execute(parser, s->base, reader->end - reader->start, &done);
        if (done > reader->max_record) {
            s->problem = "";
            status = -1;
        }
        if (status < 0)
            return say_problem(reader, s, reader->offset + done, err);
        if (status > 0) {
            if (parser_data(parser).type != TOKEN_MAP)
                return nax_reader_fail(reader, err, "byte", reader->offset,
                                       "no map where a %s should be",
                                       is_header ? "header" : "record");
            nax_reader_skip(reader, done);
            return 1;
        }
        size_t wanted = parser->cs == MSGPACK_CS_HEADER ? 1 : parser->trail;
        if (wanted > reader->max_record - done)
            return nax_reader_fail_limit(reader, err, "byte", reader->offset + done);
        status = nax_reader_fill(reader, err);
        if (status < 0)
            return status;
        if (!status && reader->start == reader->end)
            return 0;
        if (!status)
            return nax_reader_fail(reader, err, "byte",
                                   reader->offset + reader->end - reader->start,
                                   "the file ends inside a %s", is_header ? "header" : "record");
    }
}

static int read_header(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    uint64_t at = reader->offset;
    int status = parse_map(reader, record, true, err);
    if (status <= 0)
        return status;
    struct scan *s = &reader->msgpack->parser.user;
    if (!s->has_version)
        return nax_reader_fail(reader, err, "byte", at, "no header of a nax stream");
    if (!s->is_version_known)
        return nax_reader_fail(reader, err, "byte", at, "a stream of another version than 1");
    if (!reader->kind[0])
        memcpy(reader->kind, s->kind, sizeof reader->kind);
    for (size_t i = 0; s->has_prog && i < s->pending.n; i++) {
        status = nax_prog_add(&reader->prog, &s->pending.v[i], err);
        if (status)
            return status;
    }
    return 1;
}

/* A map with a reserved name: the trailer, if it is the right one. 0, or an error. */
static int end_segment(struct nax_reader *reader, const struct nax_record *record, uint64_t at,
                       struct nax_err *err)
{
    const struct nax_value *end = nax_record_get(record, "end"), *n = nax_record_get(record, "n");
    if (nax_record_get(record, "nax"))
        return nax_reader_fail(reader, err, "byte", at, "a new header before the trailer");
    if (!end || end->type != NAX_BOOL || !end->b || !n || n->type != NAX_INT || record->n != 2)
        return nax_reader_fail(reader, err, "byte", at, "a broken trailer");
    uint64_t n_seen = reader->n_records - reader->msgpack->n_begun;
    if (n->i < 0 || (uint64_t)n->i != n_seen)
        return nax_reader_fail(reader, err, "byte", at,
                               "the trailer counts %lld records, the segment has %llu",
                               (long long)n->i, (unsigned long long)n_seen);
    return 0;
}

int nax_msgpack_next(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    if (!reader->msgpack)
        reader->msgpack = nax_calloc(1, sizeof *reader->msgpack);
    struct msgpack_input *input = reader->msgpack;
    if (!input)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", reader->name);
    for (;;) {
        if (!input->is_inside) {
            int status = read_header(reader, record, err);
            if (status <= 0)
                return status;
            nax_record_clear(record);
            input->is_inside = true;
            input->n_begun = reader->n_records;
        }
        uint64_t at = reader->offset;
        int status = parse_map(reader, record, false, err);
        if (!status)
            return nax_reader_fail(reader, err, "byte", at, "the file ends without a trailer");
        if (status < 0 || !record->has_reserved)
            return status;
        status = end_segment(reader, record, at, err);
        if (status)
            return status;
        nax_record_clear(record);
        input->is_inside = false;
    }
}
