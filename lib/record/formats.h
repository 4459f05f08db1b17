/* The formats of streams, as reader and writer ask for them: each reads or writes one record. */
#ifndef NAX_RECORD_FORMATS_H
#define NAX_RECORD_FORMATS_H

#include "bytes.h"
#include "input.h"
#include "prog.h"
#include "record.h"

/* --- reading: msgpack_read.c, csv_read.c, json_read.c ---
 * 1: a record; 0: the file ended where it may; NAX_ERR_CUT: where it may not. What a format keeps
 * from record to record is made at the first one, *reader being NULL, and freed by the caller. */

enum { KIND_SIZE = 64 };

/* What headers have said so far. */
struct stream_info {
    char kind[KIND_SIZE]; /* of the first segment that has one */
    struct prog_list prog;
    struct source_list sources;
    const char *path; /* of the open file, as long as the reader lasts */
    uint64_t maker;   /* nax_prog_id of the last program of the last header; 0: none */
};

struct msgpack_reader;
struct csv_reader;
struct json_reader;

int nax_msgpack_next(struct msgpack_reader **reader, struct input *in, struct stream_info *info,
                     struct nax_record *record, struct nax_err *err) NAX_MUST_USE;
void nax_msgpack_free(struct msgpack_reader *reader);

int nax_csv_next(struct csv_reader **reader, struct input *in, struct nax_record *record,
                 struct nax_err *err) NAX_MUST_USE;
void nax_csv_restart(struct csv_reader *reader); /* before another file; NULL is fine */
void nax_csv_free(struct csv_reader *reader);

int nax_json_next(struct json_reader **reader, struct input *in, struct nax_record *record,
                  struct nax_err *err) NAX_MUST_USE;
void nax_json_restart(struct json_reader *reader); /* before another file; NULL is fine */
void nax_json_free(struct json_reader *reader);

/* --- writing: msgpack_write.c, json_write.c, csv_write.c, table_write.c ---
 * One record, or the frame around records, appended. Memory is their only error, but for records
 * that CSV cannot hold. */

int nax_msgpack_put_header(struct bytes *b, const char *kind,
                           const struct prog_list *prog) NAX_MUST_USE;
int nax_msgpack_put(struct bytes *b, const struct nax_record *r) NAX_MUST_USE;
int nax_msgpack_put_trailer(struct bytes *b, uint64_t n) NAX_MUST_USE;
/* Reads what nax_msgpack_put wrote into a cleared record. bytes: [n], which stay as they are. */
int nax_msgpack_get(unsigned char *bytes, size_t n, struct nax_record *r,
                    struct nax_err *err) NAX_MUST_USE;
int nax_json_put(struct bytes *b, const struct nax_record *r) NAX_MUST_USE;

struct csv_columns {
    char separator;
    char **names; /* [n] */
    size_t n;
};

int nax_csv_put(struct bytes *b, struct csv_columns *columns, const struct nax_record *r,
                struct nax_err *err) NAX_MUST_USE;
void nax_csv_columns_free(struct csv_columns *columns);

/* A table for people, made at the first record, *table being NULL; format: TABLE or MD. Rows are
 * out once the table is laid out: when enough records are there, or it is flushed. */
struct table;

int nax_table_put(struct table **table, struct bytes *b, enum nax_format format, size_t width,
                  const struct nax_record *r) NAX_MUST_USE;
int nax_table_flush(struct table *table, struct bytes *b) NAX_MUST_USE; /* NULL is fine */
int nax_table_end(struct table *table, struct bytes *b) NAX_MUST_USE;   /* NULL is fine */
void nax_table_free(struct table *table);

#endif
