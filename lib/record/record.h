/* The inside of records, for those who fill and print them. */
#ifndef NAX_RECORD_RECORD_H
#define NAX_RECORD_RECORD_H

#include <string.h>

#include "nax/record.h"

enum { NAX_FIELDS_MAX = 1024 }; /* of a record in a stream */

struct field {
    uint64_t head; /* the name's first eight bytes, zero padded: compared before the rest */
    const char *name;
    size_t name_n;
    const char *problem;     /* why the name cannot be a field's, or NULL */
    bool is_reserved;        /* "nax" or "end", which only headers and trailers may have */
    size_t capacity;         /* bytes of the record's memory that a string or array may take */
    const double *as_floats; /* integers converted by nax_record_floats, or NULL */
    struct nax_value value;
};

struct block;

/* Records of a stream mostly have the same fields in the same order, so names outlive the clearing:
 * behind the n fields in use stand those that came there in the record before. All n_known names
 * are different from each other. */
struct nax_record {
    struct field *fields; /* [cap], n in use, n_known with names */
    size_t n, n_known, cap;
    struct block *names;  /* newest and largest first */
    struct block *blocks; /* values, likewise */
    size_t n_bytes;       /* that names and values take since the record was cleared */
    bool has_reserved;    /* a field with a reserved name */
};

/* n bytes of the record's memory, aligned for any value; they stay put until it is cleared. */
void *nax_record_reserve(struct nax_record *r, size_t n) NAX_MUST_USE;

/* Appends a null field if the name is the one that came here in the record before, as did all
 * before it; such a name is new. NULL: it is not. */
struct field *nax_record_expect(struct nax_record *r, const char *name, size_t n);
/* Appends a null field. NULL: out of memory. The name must be new. */
struct field *nax_record_append(struct nax_record *r, const char *name, size_t n) NAX_MUST_USE;
struct field *nax_record_find(const struct nax_record *r, const char *name, size_t n);

const char *nax_type_name(enum nax_type type); /* "an integer", for messages */
/* Why a name cannot be a field's, or NULL. */
const char *nax_name_problem(const char *name, size_t n);
static inline bool nax_name_is_reserved(const char *name, size_t n)
{
    return n == 3 && (!memcmp(name, "nax", 3) || !memcmp(name, "end", 3));
}

#endif
