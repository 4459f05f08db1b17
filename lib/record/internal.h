/* What the files of this room share: the inside of records, text of numbers, provenance, input. */
#ifndef NAX_RECORD_INTERNAL_H
#define NAX_RECORD_INTERNAL_H

#include <string.h>

#include "nax/record.h"

/* --- record.c --- */

struct field {
    uint64_t head; /* the name's first eight bytes, zero padded: compared before the rest */
    const char *name;
    size_t name_n;
    size_t room;             /* bytes of the record's memory that a string or array may take */
    const double *as_floats; /* integers converted by nax_record_floats, or NULL */
    struct nax_value value;
};

struct block;

struct nax_record {
    struct field *fields; /* [cap], n in use */
    size_t n, cap;
    struct block *blocks; /* newest and largest first */
    size_t n_bytes;       /* taken from the blocks since the record was cleared */
    bool has_reserved;    /* a field "nax" or "end", which only headers and trailers may have */
};

/* n bytes of the record's memory, aligned for any value; they stay put until it is cleared. */
void *nax_record_reserve(struct nax_record *r, size_t n) NAX_MUST_USE;

/* Appends a null field. NULL: out of memory. The name must be legal and new. */
struct field *nax_record_append(struct nax_record *r, const char *name, size_t n) NAX_MUST_USE;
struct field *nax_record_find(const struct nax_record *r, const char *name, size_t n);

/* Why a name cannot be a field's, or NULL. */
const char *nax_name_problem(const char *name, size_t n);
static inline bool nax_name_is_reserved(const char *name, size_t n)
{
    return n == 3 && (!memcmp(name, "nax", 3) || !memcmp(name, "end", 3));
}

/* --- text.c --- */

enum { NAX_NUMBER_TEXT = 32 }; /* the longest number printed, and its zero */

bool nax_text_is_utf8(const char *s, size_t n); /* and without zero bytes */
size_t nax_text_print_int(char out[NAX_NUMBER_TEXT], int64_t i);
/* 15, 16 or 17 digits, the fewest of these that read back as the same double; with a point or
 * exponent: never an integer. */
size_t nax_text_print_float(char out[NAX_NUMBER_TEXT], double f);
/* The whole of s [n] is such a number. s[n] must be a zero or a space. */
bool nax_text_int(const char *s, size_t n, int64_t *out);
bool nax_text_float(const char *s, size_t n, double *out);

/* --- prog.c --- */

enum { NAX_PROGS_MAX = 1024 };

struct prog_list {
    struct nax_prog *v; /* [n]; strings are the list's own */
    size_t n, cap, n_bytes;
};

/* Appends a copy unless an equal entry is there already. Beyond 1024 entries or 1 MiB of text
 * entries are dropped: memory stays bounded however many segments a stream has. */
int nax_prog_add(struct prog_list *list, const struct nax_prog *prog,
                 struct nax_err *err) NAX_MUST_USE;
void nax_prog_clear(struct prog_list *list);
void nax_prog_free(struct prog_list *list);

/* --- reader.c --- */

struct nax_reader {
    char **paths;
    size_t n_paths, path; /* path: the next to open */
    size_t max_record;

    /* the open file and a window of its bytes */
    int fd; /* -1: none */
    const char *name;
    unsigned char *buffer; /* [cap], bytes start … end are valid */
    size_t cap, start, end;
    uint64_t offset; /* of buffer[start] in the file */
    bool is_eof;
    enum nax_format format; /* of the open file; AUTO before its first byte was seen */
    uint64_t n_records;     /* returned from it */

    enum nax_format format_first;
    char kind[64];
    struct prog_list prog;
    char *where; /* [where_size] */
    struct nax_err failure;
    struct msgpack_input *msgpack;
    struct csv_input *csv;
};

enum { NAX_FIELDS_MAX = 1024, NAX_BLOCK = 1 << 16 };

/* Reads more bytes behind end, moving or growing the window. 1: there are more; 0: end of file. */
int nax_reader_fill(struct nax_reader *reader, struct nax_err *err) NAX_MUST_USE;
static inline void nax_reader_skip(struct nax_reader *reader, size_t n)
{
    reader->start += n;
    reader->offset += n;
}
/* An error in the record after the last one returned: "file: record 3: byte 77: what" (place
 * "byte"), or "… line 77: …". */
int nax_reader_fail(const struct nax_reader *reader, struct nax_err *err, const char *place,
                    uint64_t at, const char *format, ...) NAX_PRINTF(5, 6);

int nax_reader_fail_limit(const struct nax_reader *reader, struct nax_err *err, const char *place,
                          uint64_t at);

/* --- msgpack_read.c, csv_read.c --- 1: a record; 0: the file ended where it may */
int nax_msgpack_next(struct nax_reader *reader, struct nax_record *record,
                     struct nax_err *err) NAX_MUST_USE;
void nax_msgpack_free(struct msgpack_input *input);
int nax_csv_next(struct nax_reader *reader, struct nax_record *record,
                 struct nax_err *err) NAX_MUST_USE;
void nax_csv_restart(struct csv_input *input); /* before another file; NULL is fine */
void nax_csv_free(struct csv_input *input);

/* --- writer.c --- */

struct bytes {
    unsigned char *v; /* [cap], n in use */
    size_t n, cap;
};

/* Makes room for n more bytes. */
int nax_bytes_reserve(struct bytes *b, size_t n) NAX_MUST_USE;
static inline void nax_bytes_put(struct bytes *b, const void *p, size_t n) /* in reserved room */
{
    memcpy(b->v + b->n, p, n);
    b->n += n;
}

/* One record, or the frame around records, appended. Memory is their only error. */
int nax_msgpack_put_header(struct bytes *b, const char *kind,
                           const struct prog_list *prog) NAX_MUST_USE;
int nax_msgpack_put(struct bytes *b, const struct nax_record *r) NAX_MUST_USE;
int nax_msgpack_put_trailer(struct bytes *b, uint64_t n) NAX_MUST_USE;
int nax_json_put(struct bytes *b, const struct nax_record *r) NAX_MUST_USE;

struct csv_columns {
    char **names; /* [n] */
    size_t n;
};

int nax_csv_put(struct bytes *b, struct csv_columns *columns, const struct nax_record *r,
                struct nax_err *err) NAX_MUST_USE;
void nax_csv_columns_free(struct csv_columns *columns);

#endif
