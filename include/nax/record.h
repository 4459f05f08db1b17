/* Record streams: maps of named values that the tools exchange as msgpack, CSV or JSON lines, and
 * show as tables.
 *
 * The manual page nax-record(5) is the reference for formats and fields.
 */
#ifndef NAX_RECORD_H
#define NAX_RECORD_H

#include <stdio.h>

#include "nax/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nax_type {
    NAX_NULL,
    NAX_BOOL,
    NAX_INT,
    NAX_FLOAT,
    NAX_STRING,
    NAX_INTS,  /* array of integers */
    NAX_FLOATS /* array of numbers that are not all integers */
};

struct nax_value {
    enum nax_type type;
    union {
        bool b;
        int64_t i;
        double f;
        struct {
            const char *s; /* UTF-8, [n] bytes and a zero */
            size_t n;
        } string;
        struct {
            const int64_t *v; /* [n] */
            size_t n;
        } ints;
        struct {
            const double *v; /* [n] */
            size_t n;
        } floats;
    };
};

/* An ordered list of fields, each name once. All bytes that a record refers to are its own: a value
 * set is copied. A record is reused by clearing it, which keeps its memory. */
struct nax_record;

struct nax_record *nax_record_alloc(void) NAX_MUST_USE;
void nax_record_free(struct nax_record *r);
void nax_record_clear(struct nax_record *r);
/* A copy in no more memory than it needs, for programs that keep many. NULL: out of memory. */
struct nax_record *nax_record_copy(const struct nax_record *r) NAX_MUST_USE;

size_t nax_record_n(const struct nax_record *r);
const char *nax_record_name(const struct nax_record *r, size_t i);
const struct nax_value *nax_record_value(const struct nax_record *r, size_t i);
const struct nax_value *nax_record_get(const struct nax_record *r, const char *name); /* or NULL */

/* Set a field: in its place when the name is there, appended otherwise. NAX_ERR_MEMORY or 0. */
int nax_record_set(struct nax_record *r, const char *name, const struct nax_value *v) NAX_MUST_USE;
int nax_record_set_null(struct nax_record *r, const char *name) NAX_MUST_USE;
int nax_record_set_bool(struct nax_record *r, const char *name, bool b) NAX_MUST_USE;
int nax_record_set_int(struct nax_record *r, const char *name, int64_t i) NAX_MUST_USE;
int nax_record_set_float(struct nax_record *r, const char *name, double f) NAX_MUST_USE;
int nax_record_set_string(struct nax_record *r, const char *name, const char *s) NAX_MUST_USE;
int nax_record_set_ints(struct nax_record *r, const char *name, const int64_t *v,
                        size_t n) NAX_MUST_USE;
int nax_record_set_floats(struct nax_record *r, const char *name, const double *v,
                          size_t n) NAX_MUST_USE;
void nax_record_remove(struct nax_record *r, const char *name);

/* Read a field with its type checked. A missing field or another type is NAX_ERR_VALUE with a
 * message that names the field ("field 'kernel': …"); an integer serves as a float, a single number
 * as an array of one. Pointers stay valid until the record changes. A null counts as missing. */
int nax_record_int(const struct nax_record *r, const char *name, int64_t *out,
                   struct nax_err *err) NAX_MUST_USE;
int nax_record_float(const struct nax_record *r, const char *name, double *out,
                     struct nax_err *err) NAX_MUST_USE;
int nax_record_string(const struct nax_record *r, const char *name, const char **out,
                      struct nax_err *err) NAX_MUST_USE;
int nax_record_ints(const struct nax_record *r, const char *name, const int64_t **out, size_t *n,
                    struct nax_err *err) NAX_MUST_USE;
int nax_record_floats(const struct nax_record *r, const char *name, const double **out, size_t *n,
                      struct nax_err *err)
    NAX_MUST_USE; /* integers are converted once, in the record's memory */
/* Of the same type and the same bits: NaN may be equal to NaN, 0.0 never is to -0.0. */
bool nax_value_is_equal(const struct nax_value *a, const struct nax_value *b);
bool nax_record_has(const struct nax_record *r, const char *name); /* there and not null */

/* A field with a meaning of its own: its type in CSV, its unit, and what it is in a line. */
struct nax_field {
    const char *name;
    enum nax_type type;
    const char *unit; /* "" where there is none */
    const char *text;
};

const struct nax_field *nax_field_find(const char *name); /* NULL: not a known one */
const struct nax_field *nax_field_at(size_t i);           /* by name; NULL past the last */
/* The unit of a field, which its name ends with or the table knows, "" of fractions and where there
 * is none; n_stem: the length of the name without it. */
const char *nax_field_unit(const char *name, size_t *n_stem);

/* The unit in which people read numbers of another one. */
struct nax_scale {
    double factor; /* shown numbers are values by this */
    char unit[32];
};

/* For numbers in this unit of which the largest is largest, without its sign: between 1 and 1000 as
 * it is shown, where the unit takes prefixes. */
void nax_scale_choose(struct nax_scale *scale, const char *unit, double largest);

/* Who made a stream: one entry for each program that it went through, oldest first. */
struct nax_prog {
    const char *name, *version, *argv; /* argv: the words joined by spaces, quoted as for a shell */
    uint64_t seed;
    const char *inputs; /* pairs of words, quoted likewise: nax-record(5); NULL: not told */
};

/* Of all that an entry says: by this others name the program whose records they read. Never 0. */
uint64_t nax_prog_id(const struct nax_prog *prog);

/* A program that wrote a segment, by its nax_prog_id, and the file that this was read from. */
struct nax_source {
    uint64_t maker;
    const char *path; /* "-" for standard input */
};

enum nax_format {
    NAX_FORMAT_AUTO,
    NAX_FORMAT_MSGPACK,
    NAX_FORMAT_CSV,
    NAX_FORMAT_JSON,
    NAX_FORMAT_TABLE, /* and those below: for people and other programs, written but not read */
    NAX_FORMAT_MD,
    NAX_FORMAT_TSV,
    NAX_FORMAT_COUNT
};
extern const struct nax_words nax_format_words;

/* --- reading ---
 * A reader goes through the files named (n_paths 0, or the name "-": standard input), each one or
 * more segments, msgpack, CSV or JSON as the first byte tells. Memory is bounded by max_record
 * bytes a record (0: NAX_RECORD_MAX). Errors name file, record number (from 1) and byte offset or
 * line. Records before a broken one have been returned already. A file that ends too early, as a
 * msgpack segment without trailer, is NAX_ERR_CUT; one without a byte NAX_ERR_EMPTY. */
#define NAX_RECORD_MAX ((size_t)64 << 20)

struct nax_reader;

int nax_reader_open(struct nax_reader **reader, const char *const *paths, size_t n_paths,
                    size_t max_record, struct nax_err *err) NAX_MUST_USE;
/* 1: *record is filled (cleared first); 0: the end; negative: an error, and the reader stays at it.
 */
int nax_reader_next(struct nax_reader *reader, struct nax_record *record,
                    struct nax_err *err) NAX_MUST_USE;
/* After an error: gives up the file that it is in, and nax_reader_next goes on with the next one.
 */
void nax_reader_pass(struct nax_reader *reader);
/* Before it waits for bytes that are not there yet on_wait(self) is called: what was written so far
 * may leave. While it returns true, and they still are not there, it is called again. NULL, as at
 * first: nothing is. */
void nax_reader_on_wait(struct nax_reader *reader, bool (*on_wait)(void *self), void *self);
void nax_reader_close(struct nax_reader *reader);

/* Format, kind ("candidate", "layer", "array", …; "" in CSV and JSON) and provenance of the
 * segments so far; valid after the first call of nax_reader_next (which reads the first header even
 * of an empty stream). */
enum nax_format nax_reader_format(const struct nax_reader *reader);
const char *nax_reader_kind(const struct nax_reader *reader);
size_t nax_reader_n_prog(const struct nax_reader *reader);
const struct nax_prog *nax_reader_prog(const struct nax_reader *reader, size_t i);
/* Who wrote the segments so far, each once, in the order of the first header that names it: those
 * without a record count, too. Paths last as long as the reader. */
size_t nax_reader_n_sources(const struct nax_reader *reader);
const struct nax_source *nax_reader_source(const struct nax_reader *reader, size_t i);
/* The id of the program that wrote the segment read last, 0 where it does not say (CSV, JSON). */
uint64_t nax_reader_maker(const struct nax_reader *reader);
/* "file: record 12" of the record last returned, for errors about its fields. */
const char *nax_reader_where(const struct nax_reader *reader);
/* The file that it came from; "-" for standard input. */
const char *nax_reader_path(const struct nax_reader *reader);

/* --- writing ---
 * The header goes out with the first record, or on close when there is none, so a tool can copy the
 * provenance of its input: prog [n_prog] is copied. CSV columns are those of the segment's first
 * record; a record with other fields starts a new segment: an empty line and new names. */
struct nax_writer;

int nax_writer_open(struct nax_writer **writer, FILE *file, const char *subject,
                    enum nax_format format, const char *kind, struct nax_err *err) NAX_MUST_USE;
/* Columns of the terminal that tables are to fit; 0, as at first: as wide as they are. */
void nax_writer_set_width(struct nax_writer *writer, size_t width);
int nax_writer_add_prog(struct nax_writer *writer, const struct nax_prog *prog,
                        struct nax_err *err) NAX_MUST_USE;
int nax_writer_put(struct nax_writer *writer, const struct nax_record *record,
                   struct nax_err *err) NAX_MUST_USE;
/* Ends the msgpack segment and forgets the provenance: add it anew, and the next record begins a
 * segment with it. For filters whose later input came from other programs than the first. */
int nax_writer_restart(struct nax_writer *writer, struct nax_err *err) NAX_MUST_USE;
/* Everything put so far goes to the file now: for tools whose records take long to make. */
int nax_writer_flush(struct nax_writer *writer, struct nax_err *err) NAX_MUST_USE;
/* Trailer (unless is_broken: then the stream stays visibly truncated), flush, release. The FILE
 * stays open. */
int nax_writer_close(struct nax_writer *writer, bool is_broken, struct nax_err *err) NAX_MUST_USE;

/* --- keeping ---
 * Records in hardly more memory than a stream has bytes, for programs that need all of it before
 * they write. */
struct nax_store;

struct nax_store *nax_store_alloc(void) NAX_MUST_USE; /* NULL: out of memory */
void nax_store_free(struct nax_store *store);
int nax_store_add(struct nax_store *store, const struct nax_record *record,
                  struct nax_err *err) NAX_MUST_USE;
size_t nax_store_n(const struct nax_store *store);
/* Fills *record, which is cleared first, with the i-th added. Of an array without items the type is
 * NAX_INTS. */
int nax_store_get(const struct nax_store *store, size_t i, struct nax_record *record,
                  struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
