/* Writing msgpack with msgpack-c's packer, straight into the writer's buffer. */
#include "formats.h"

#include <msgpack/pack.h>

/* The bytes were reserved: nothing fails. */
static int append(void *bytes, const char *p, size_t n)
{
    nax_bytes_put(bytes, p, n);
    return 0;
}

enum { item_max = 9 }; /* bytes of the largest number, or of any length prefix */

static inline void put_text(msgpack_packer *to, const char *s, size_t n)
{
    msgpack_pack_str(to, n);
    msgpack_pack_str_body(to, s, n);
}

int nax_msgpack_put_header(struct bytes *b, const char *kind, const struct prog_list *prog)
{
    size_t n_words = strlen("nax kind prog") + strlen(kind) + 5 * item_max;
    size_t n_prog = strlen("name version argv seed inputs") + 11 * item_max;
    int status = nax_bytes_reserve(b, n_words + prog->n * n_prog + prog->n_bytes);
    if (status)
        return status;
    msgpack_packer to = {b, append};
    msgpack_pack_map(&to, 3);
    put_text(&to, "nax", 3);
    msgpack_pack_int64(&to, 1);
    put_text(&to, "kind", 4);
    put_text(&to, kind, strlen(kind));
    put_text(&to, "prog", 4);
    msgpack_pack_array(&to, prog->n);
    for (size_t i = 0; i < prog->n; i++) {
        const struct nax_prog *p = &prog->v[i];
        msgpack_pack_map(&to, p->inputs ? 5 : 4);
        put_text(&to, "name", 4);
        put_text(&to, p->name, strlen(p->name));
        put_text(&to, "version", 7);
        put_text(&to, p->version, strlen(p->version));
        put_text(&to, "argv", 4);
        put_text(&to, p->argv, strlen(p->argv));
        put_text(&to, "seed", 4);
        msgpack_pack_uint64(&to, p->seed);
        if (p->inputs) {
            put_text(&to, "inputs", 6);
            put_text(&to, p->inputs, strlen(p->inputs));
        }
    }
    return 0;
}

static size_t size_max(const struct nax_record *r)
{
    size_t size = item_max;
    for (size_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        size += f->name_n + 2 * item_max;
        if (f->value.type == NAX_STRING)
            size += f->value.string.n;
        else if (f->value.type == NAX_INTS)
            size += item_max * f->value.ints.n;
        else if (f->value.type == NAX_FLOATS)
            size += item_max * f->value.floats.n;
    }
    return size;
}

/* The first of n integers, as far as they are between 0 and 255: how many. */
static inline size_t put_small(struct bytes *out, const int64_t *v, size_t n)
{
    unsigned char *p = out->v + out->n;
    size_t k = 0;
    for (; k < n && (uint64_t)v[k] < 256; k++) {
        *p = 0xcc; /* one byte follows, where it is not the number itself */
        p += v[k] >= 128;
        *p++ = (unsigned char)v[k];
    }
    out->n = (size_t)(p - out->v);
    return k;
}

int nax_msgpack_put(struct bytes *b, const struct nax_record *r)
{
    int status = nax_bytes_reserve(b, size_max(r));
    if (status)
        return status;
    struct bytes out = *b; /* a local: the compiler may keep it in registers */
    msgpack_packer to = {&out, append};
    msgpack_pack_map(&to, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        const struct nax_value *v = &f->value;
        put_text(&to, f->name, f->name_n);
        switch (v->type) {
        case NAX_NULL:
            msgpack_pack_nil(&to);
            break;
        case NAX_BOOL:
            (void)(v->b ? msgpack_pack_true(&to) : msgpack_pack_false(&to));
            break;
        case NAX_INT:
            msgpack_pack_int64(&to, v->i);
            break;
        case NAX_FLOAT:
            msgpack_pack_double(&to, v->f);
            break;
        case NAX_STRING:
            put_text(&to, v->string.s, v->string.n);
            break;
        case NAX_INTS:
            msgpack_pack_array(&to, v->ints.n);
            for (size_t k = put_small(&out, v->ints.v, v->ints.n); k < v->ints.n; k++)
                msgpack_pack_int64(&to, v->ints.v[k]);
            break;
        case NAX_FLOATS:
            msgpack_pack_array(&to, v->floats.n);
            for (size_t k = 0; k < v->floats.n; k++)
                msgpack_pack_double(&to, v->floats.v[k]);
            break;
        }
    }
    *b = out;
    return 0;
}

int nax_msgpack_put_trailer(struct bytes *b, uint64_t n)
{
    int status = nax_bytes_reserve(b, strlen("end n") + 5 * item_max);
    if (status)
        return status;
    msgpack_packer to = {b, append};
    msgpack_pack_map(&to, 2);
    put_text(&to, "end", 3);
    msgpack_pack_true(&to);
    put_text(&to, "n", 1);
    msgpack_pack_uint64(&to, n);
    return 0;
}
