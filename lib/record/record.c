/* Records: an ordered list of fields whose names, strings and arrays share a few blocks of memory.
 */
#include "record.h"
#include "text.h"

#include <stdlib.h>

enum { block_size_min = 4096 };

struct block {
    struct block *next;
    size_t size, used; /* of data */
    double data[];     /* aligned for every kind of value */
};

struct nax_record *nax_record_alloc(void)
{
    return nax_calloc(1, sizeof(struct nax_record));
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void nax_record_free(struct nax_record *r)
{
    if (!r)
        return;
    free_blocks(r->names);
    free_blocks(r->blocks);
    free(r->fields);
    free(r);
}

/* Empties the newest block, which is the largest: soon one holds all. */
static void keep_newest(struct block *b)
{
    if (!b)
        return;
    free_blocks(b->next);
    b->next = NULL;
    b->used = 0;
}

void nax_record_clear(struct nax_record *r)
{
    r->n = 0;
    r->n_bytes = 0;
    r->has_reserved = false;
    keep_newest(r->blocks);
    if (r->names && r->names->next) { /* other names again and again: memory stays bounded */
        keep_newest(r->names);
        r->n_known = 0;
    }
}

static struct block *new_block(size_t size, struct block *next)
{
    struct block *b = malloc(sizeof *b + size);
    if (b)
        *b = (struct block){.next = next, .size = size};
    return b;
}

/* n bytes, a multiple of 8. */
static void *take(struct block **blocks, size_t n)
{
    struct block *b = *blocks;
    if (!b || b->size - b->used < n) {
        b = new_block(NAX_MAX(n, b ? 2 * b->size : block_size_min), b);
        if (!b)
            return NULL;
        *blocks = b;
    }
    void *p = (char *)b->data + b->used;
    b->used += n;
    return p;
}

void *nax_record_reserve(struct nax_record *r, size_t n)
{
    if (n > SIZE_MAX / 4)
        return NULL;
    n = NAX_ROUND_UP(n, 8);
    r->n_bytes += n;
    return take(&r->blocks, n);
}

static size_t name_bytes(size_t n)
{
    return NAX_ROUND_UP(n + 1, 8);
}

/* Bytes of the record's memory that a field's value takes when it is set once. */
static size_t value_bytes(const struct field *f)
{
    size_t n = 0;
    if (f->value.type == NAX_STRING)
        n = f->value.string.n + 1;
    else if (f->value.type == NAX_INTS)
        n = f->value.ints.n * sizeof *f->value.ints.v + 1;
    else if (f->value.type == NAX_FLOATS)
        n = f->value.floats.n * sizeof *f->value.floats.v + 1;
    return NAX_ROUND_UP(n, 8);
}

struct nax_record *nax_record_copy(const struct nax_record *r)
{
    size_t n_names = 0, n_values = 0;
    for (size_t i = 0; i < r->n; i++) {
        n_names += name_bytes(r->fields[i].name_n);
        n_values += value_bytes(&r->fields[i]);
    }
    struct nax_record *copy = nax_record_alloc();
    if (!copy)
        return NULL;
    copy->names = new_block(n_names, NULL);
    copy->blocks = new_block(n_values, NULL);
    copy->fields = nax_calloc(r->n, sizeof *copy->fields);
    copy->cap = r->n;
    bool is_done = copy->names && copy->blocks && copy->fields;
    for (size_t i = 0; i < r->n && is_done; i++)
        is_done = !nax_record_set(copy, r->fields[i].name, &r->fields[i].value);
    if (is_done)
        return copy;
    nax_record_free(copy);
    return NULL;
}

static uint64_t name_head(const char *name, size_t n)
{
    uint64_t head = 0;
    uint32_t first, last;
    if (n >= 8) {
        memcpy(&head, name, 8);
    } else if (n >= 4) { /* its ends, which overlap */
        memcpy(&first, name, 4);
        memcpy(&last, name + n - 4, 4);
        head = first | (uint64_t)last << 8 * (n - 4);
    } else {
        for (size_t i = 0; i < n; i++)
            head |= (uint64_t)(unsigned char)name[i] << 8 * i;
    }
    return head;
}

static inline bool is_named(const struct field *f, const char *name, size_t n, uint64_t head)
{
    uint64_t own, other;
    if (f->head != head || f->name_n != n)
        return false;
    if (n <= 8)
        return true;
    memcpy(&own, f->name + n - 8, 8); /* which overlap the heads, or meet them */
    memcpy(&other, name + n - 8, 8);
    return own == other && (n <= 16 || !memcmp(f->name, name, n));
}

struct field *nax_record_find(const struct nax_record *r, const char *name, size_t n)
{
    uint64_t head = name_head(name, n);
    for (size_t i = 0; i < r->n; i++) {
        struct field *f = &r->fields[i];
        if (is_named(f, name, n, head))
            return f;
    }
    return NULL;
}

/* The next field, null; its name is there. */
static struct field *begin_field(struct nax_record *r)
{
    struct field *f = &r->fields[r->n++];
    f->capacity = 0;
    f->as_floats = NULL;
    f->value = (struct nax_value){.type = NAX_NULL};
    r->n_bytes += name_bytes(f->name_n);
    r->has_reserved |= f->is_reserved;
    return f;
}

struct field *nax_record_expect(struct nax_record *r, const char *name, size_t n)
{
    if (r->n == r->n_known)
        return NULL;
    return is_named(&r->fields[r->n], name, n, name_head(name, n)) ? begin_field(r) : NULL;
}

struct field *nax_record_append(struct nax_record *r, const char *name, size_t n)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 32;
        struct field *grown = nax_realloc(r->fields, cap, sizeof *grown);
        if (!grown)
            return NULL;
        r->fields = grown;
        r->cap = cap;
    }
    char *copy = take(&r->names, name_bytes(n));
    if (!copy)
        return NULL;
    memcpy(copy, name, n);
    copy[n] = 0;
    r->fields[r->n] = (struct field){.head = name_head(name, n),
                                     .name = copy,
                                     .name_n = n,
                                     .problem = nax_name_problem(name, n),
                                     .is_reserved = nax_name_is_reserved(name, n)};
    r->n_known = r->n + 1; /* what came behind may have this name */
    return begin_field(r);
}

const char *nax_name_problem(const char *name, size_t n)
{
    if (!n)
        return "an empty name";
    if (n > 255)
        return "a name longer than 255 bytes";
    unsigned char first = (unsigned char)(name[0] | 0x20);
    if (name[0] != '_' && (first < 'a' || first > 'z'))
        return "a name that does not begin with a letter or underscore";
    unsigned char rest = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < ' ' || c == 127)
            return "a control character in a name";
        rest |= c;
    }
    if (rest >= 128 && !nax_text_is_utf8(name, n))
        return "a name that is not UTF-8";
    return NULL;
}

size_t nax_record_n(const struct nax_record *r)
{
    return r->n;
}

const char *nax_record_name(const struct nax_record *r, size_t i)
{
    return r->fields[i].name;
}

const struct nax_value *nax_record_value(const struct nax_record *r, size_t i)
{
    return &r->fields[i].value;
}

const struct nax_value *nax_record_get(const struct nax_record *r, const char *name)
{
    struct field *f = nax_record_find(r, name, strlen(name));
    return f ? &f->value : NULL;
}

/* Copies n bytes, and a zero behind, into the field's own memory. */
static int copy_into(struct nax_record *r, struct field *f, const void *old, const void *from,
                     size_t n, const void **out)
{
    void *to = NULL;
    if (f->capacity > n) {
        memcpy(&to, &old, sizeof to); /* it is ours, though readers see it const */
    } else {
        size_t capacity =
            f->capacity ? 2 * (n + 1) : n + 1; /* setting again and again stays linear */
        to = nax_record_reserve(r, capacity);
        if (!to)
            return NAX_ERR_MEMORY;
        f->capacity = NAX_ROUND_UP(capacity, 8);
    }
    if (n)
        memmove(to, from, n);
    ((char *)to)[n] = 0;
    *out = to;
    return 0;
}

static struct field *find_or_append(struct nax_record *r, const char *name)
{
    size_t n = strlen(name);
    struct field *f = nax_record_expect(r, name, n);
    if (!f)
        f = nax_record_find(r, name, n);
    return f ? f : nax_record_append(r, name, n);
}

int nax_record_set(struct nax_record *r, const char *name, const struct nax_value *given)
{
    struct nax_value v = *given; /* it may be a field of this record, which moves */
    struct field *f = find_or_append(r, name);
    if (!f)
        return NAX_ERR_MEMORY;
    const void *old = NULL, *own;
    if (f->value.type == NAX_STRING)
        old = f->value.string.s;
    else if (f->value.type == NAX_INTS)
        old = f->value.ints.v;
    else if (f->value.type == NAX_FLOATS)
        old = f->value.floats.v;
    if (!old)
        f->capacity = 0;
    int status = 0;
    if (v.type == NAX_STRING) {
        status = copy_into(r, f, old, v.string.s, v.string.n, &own);
        v.string.s = own;
    } else if (v.type == NAX_INTS) {
        status = copy_into(r, f, old, v.ints.v, v.ints.n * sizeof *v.ints.v, &own);
        v.ints.v = own;
    } else if (v.type == NAX_FLOATS) {
        status = copy_into(r, f, old, v.floats.v, v.floats.n * sizeof *v.floats.v, &own);
        v.floats.v = own;
    }
    if (status) {
        f->value.type = NAX_NULL;
        return status;
    }
    f->value = v;
    f->as_floats = NULL;
    return 0;
}

/* A value without memory of its own. */
static int set_plain(struct nax_record *r, const char *name, struct nax_value v)
{
    struct field *f = find_or_append(r, name);
    if (!f)
        return NAX_ERR_MEMORY;
    f->value = v;
    f->as_floats = NULL;
    return 0;
}

int nax_record_set_null(struct nax_record *r, const char *name)
{
    return set_plain(r, name, (struct nax_value){.type = NAX_NULL});
}

int nax_record_set_bool(struct nax_record *r, const char *name, bool b)
{
    return set_plain(r, name, (struct nax_value){.type = NAX_BOOL, .b = b});
}

int nax_record_set_int(struct nax_record *r, const char *name, int64_t i)
{
    return set_plain(r, name, (struct nax_value){.type = NAX_INT, .i = i});
}

int nax_record_set_float(struct nax_record *r, const char *name, double f)
{
    return set_plain(r, name, (struct nax_value){.type = NAX_FLOAT, .f = f});
}

int nax_record_set_string(struct nax_record *r, const char *name, const char *s)
{
    struct nax_value v = {.type = NAX_STRING, .string = {s, strlen(s)}};
    return nax_record_set(r, name, &v);
}

int nax_record_set_ints(struct nax_record *r, const char *name, const int64_t *v, size_t n)
{
    struct nax_value value = {.type = NAX_INTS, .ints = {v, n}};
    return n > SIZE_MAX / 32 ? NAX_ERR_MEMORY : nax_record_set(r, name, &value);
}

int nax_record_set_floats(struct nax_record *r, const char *name, const double *v, size_t n)
{
    struct nax_value value = {.type = NAX_FLOATS, .floats = {v, n}};
    return n > SIZE_MAX / 32 ? NAX_ERR_MEMORY : nax_record_set(r, name, &value);
}

void nax_record_remove(struct nax_record *r, const char *name)
{
    struct field *f = nax_record_find(r, name, strlen(name));
    if (!f)
        return;
    r->n_known = --r->n;
    memmove(f, f + 1, (size_t)(r->fields + r->n - f) * sizeof *f);
}

bool nax_value_is_equal(const struct nax_value *a, const struct nax_value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case NAX_NULL:
        return true;
    case NAX_BOOL:
        return a->b == b->b;
    case NAX_INT:
        return a->i == b->i;
    case NAX_FLOAT:
        return !memcmp(&a->f, &b->f, sizeof a->f);
    case NAX_STRING:
        return a->string.n == b->string.n && !memcmp(a->string.s, b->string.s, a->string.n + 1);
    case NAX_INTS:
        return a->ints.n == b->ints.n &&
               !memcmp(a->ints.v, b->ints.v, a->ints.n * sizeof *a->ints.v);
    case NAX_FLOATS:
        return a->floats.n == b->floats.n &&
               !memcmp(a->floats.v, b->floats.v, a->floats.n * sizeof *a->floats.v);
    }
    return false;
}

bool nax_record_has(const struct nax_record *r, const char *name)
{
    const struct nax_value *v = nax_record_get(r, name);
    return v && v->type != NAX_NULL;
}

/* Says the name that may have been meant, too: many a time it is misspelt. */
static int refuse_missing(const struct nax_record *r, const char *name, struct nax_err *err)
{
    struct nax_nearest nearest = {.word = name};
    char near[NAX_NEAREST_TEXT];
    if (r->n == 1 && strchr(r->fields[0].name, ';'))
        return nax_err_set(
            err, NAX_ERR_VALUE,
            "field '%s': missing; the only field is '%.100s': commas separate cells, "
            "not semicolons",
            name, r->fields[0].name);
    for (size_t i = 0; i < r->n; i++)
        if (r->fields[i].value.type != NAX_NULL)
            nax_nearest_try(&nearest, r->fields[i].name);
    return nax_err_set(err, NAX_ERR_VALUE, "field '%s': missing%s", name,
                       nax_nearest_text(&nearest, near));
}

static int refuse(const struct nax_record *r, const struct field *f, const char *name,
                  const char *wanted, struct nax_err *err)
{
    if (!f || f->value.type == NAX_NULL)
        return refuse_missing(r, name, err);
    return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not %s", name, wanted);
}

int nax_record_int(const struct nax_record *r, const char *name, int64_t *out, struct nax_err *err)
{
    const struct field *f = nax_record_find(r, name, strlen(name));
    if (!f || f->value.type != NAX_INT)
        return refuse(r, f, name, "an integer", err);
    *out = f->value.i;
    return 0;
}

int nax_record_float(const struct nax_record *r, const char *name, double *out, struct nax_err *err)
{
    const struct field *f = nax_record_find(r, name, strlen(name));
    if (f && f->value.type == NAX_INT)
        *out = (double)f->value.i;
    else if (f && f->value.type == NAX_FLOAT)
        *out = f->value.f;
    else
        return refuse(r, f, name, "a number", err);
    return 0;
}

int nax_record_string(const struct nax_record *r, const char *name, const char **out,
                      struct nax_err *err)
{
    const struct field *f = nax_record_find(r, name, strlen(name));
    if (!f || f->value.type != NAX_STRING)
        return refuse(r, f, name, "a string", err);
    *out = f->value.string.s;
    return 0;
}

int nax_record_ints(const struct nax_record *r, const char *name, const int64_t **out, size_t *n,
                    struct nax_err *err)
{
    const struct field *f = nax_record_find(r, name, strlen(name));
    if (f && f->value.type == NAX_INTS) {
        *out = f->value.ints.v;
        *n = f->value.ints.n;
    } else if (f && f->value.type == NAX_INT) {
        *out = &f->value.i;
        *n = 1;
    } else {
        return refuse(r, f, name, "an array of integers", err);
    }
    return 0;
}

/* The integers v [n] of field f as doubles, made at the first call. The value itself stays what it
 * is, so that a record written again still has integers. */
static int convert_floats(const struct nax_record *r, struct field *f, const int64_t *v, size_t n,
                          const double **out, struct nax_err *err)
{
    if (!f->as_floats) {
        struct nax_record *owner;
        memcpy(&owner, &r, sizeof owner); /* a cache: nothing that a caller can see changes */
        double *floats = nax_record_reserve(owner, n * sizeof *floats);
        if (!floats)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: field '%s'", f->name);
        for (size_t i = 0; i < n; i++)
            floats[i] = (double)v[i];
        f->as_floats = floats;
    }
    *out = f->as_floats;
    return 0;
}

int nax_record_floats(const struct nax_record *r, const char *name, const double **out, size_t *n,
                      struct nax_err *err)
{
    struct field *f = nax_record_find(r, name, strlen(name));
    if (f && f->value.type == NAX_FLOATS) {
        *out = f->value.floats.v;
        *n = f->value.floats.n;
    } else if (f && f->value.type == NAX_FLOAT) {
        *out = &f->value.f;
        *n = 1;
    } else if (f && f->value.type == NAX_INTS) {
        *n = f->value.ints.n;
        return convert_floats(r, f, f->value.ints.v, *n, out, err);
    } else if (f && f->value.type == NAX_INT) {
        *n = 1;
        return convert_floats(r, f, &f->value.i, 1, out, err);
    } else {
        return refuse(r, f, name, "an array of numbers", err);
    }
    return 0;
}
