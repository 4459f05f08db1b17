/* Writing msgpack with msgpack-c's packing template, straight into the writer's buffer. */
#include "internal.h"

#include <limits.h>
#include <msgpack/sysdep.h>
#include <msgpack/timestamp.h>

static inline int append(struct bytes *b, const void *p, size_t n)
{
    nax_bytes_put(b, p, n);
    return 0;
}

#define msgpack_pack_inline_func(name)      static inline __attribute__((unused)) int pack##name
#define msgpack_pack_inline_func_cint(name) static inline __attribute__((unused)) int pack##name
#define msgpack_pack_inline_func_fixint(name)                                                      \
    static inline __attribute__((unused)) int pack_fix##name
#define msgpack_pack_user                          struct bytes *
#define msgpack_pack_append_buffer(user, buf, len) return append(user, buf, len)

#include <msgpack/pack_template.h>

enum { item_max = 9 }; /* bytes of the largest number, or of any length prefix */

static void put_text(struct bytes *b, const char *s, size_t n)
{
    pack_str(b, n);
    nax_bytes_put(b, s, n);
}

int nax_msgpack_put_header(struct bytes *b, const char *kind, const struct prog_list *prog)
{
    size_t n_words = strlen("nax kind prog") + strlen(kind) + 5 * item_max;
    size_t n_prog = strlen("name version argv seed") + 9 * item_max;
    int status = nax_bytes_reserve(b, n_words + prog->n * n_prog + prog->n_bytes);
    if (status)
        return status;
    pack_map(b, 3);
    put_text(b, "nax", 3);
    pack_int64(b, 1);
    put_text(b, "kind", 4);
    put_text(b, kind, strlen(kind));
    put_text(b, "prog", 4);
    pack_array(b, prog->n);
    for (size_t i = 0; i < prog->n; i++) {
        const struct nax_prog *p = &prog->v[i];
        pack_map(b, 4);
        put_text(b, "name", 4);
        put_text(b, p->name, strlen(p->name));
        put_text(b, "version", 7);
        put_text(b, p->version, strlen(p->version));
        put_text(b, "argv", 4);
        put_text(b, p->argv, strlen(p->argv));
        put_text(b, "seed", 4);
        pack_uint64(b, p->seed);
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

int nax_msgpack_put(struct bytes *b, const struct nax_record *r)
{
    int status = nax_bytes_reserve(b, size_max(r));
    if (status)
        return status;
    struct bytes out = *b; /* a local: the compiler may keep it in registers */
    pack_map(&out, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const struct field *f = &r->fields[i];
        const struct nax_value *v = &f->value;
        put_text(&out, f->name, f->name_n);
        switch (v->type) {
        case NAX_NULL:
            pack_nil(&out);
            break;
        case NAX_BOOL:
            (void)(v->b ? pack_true(&out) : pack_false(&out));
            break;
        case NAX_INT:
            pack_int64(&out, v->i);
            break;
        case NAX_FLOAT:
            pack_double(&out, v->f);
            break;
        case NAX_STRING:
            put_text(&out, v->string.s, v->string.n);
            break;
        case NAX_INTS:
            pack_array(&out, v->ints.n);
            for (size_t k = 0; k < v->ints.n; k++)
                pack_int64(&out, v->ints.v[k]);
            break;
        case NAX_FLOATS:
            pack_array(&out, v->floats.n);
            for (size_t k = 0; k < v->floats.n; k++)
                pack_double(&out, v->floats.v[k]);
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
    pack_map(b, 2);
    put_text(b, "end", 3);
    pack_true(b);
    put_text(b, "n", 1);
    pack_uint64(b, n);
    return 0;
}
