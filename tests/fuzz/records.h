/* Streams of records, written in every format and read back. */
#ifndef NAX_FUZZ_RECORDS_H
#define NAX_FUZZ_RECORDS_H

#include "nax/record.h"

#include "input.h"

enum { MSGPACK, JSON, CSV, N_FORMATS };
static const enum nax_format formats[N_FORMATS] = {NAX_FORMAT_MSGPACK, NAX_FORMAT_JSON,
                                                   NAX_FORMAT_CSV};
static const size_t max_record = (size_t)1 << 20;

/* What came out, a text a format. */
struct written {
    int status;        /* that reading ended with */
    bool is_csv_whole; /* CSV may refuse a record */
    char *text[N_FORMATS];
    size_t n[N_FORMATS];
};

static inline struct written convert(const void *bytes, size_t n)
{
    struct written out = {.is_csv_whole = true};
    struct nax_err err;
    FILE *files[N_FORMATS];
    struct nax_writer *w[N_FORMATS];
    for (int i = 0; i < N_FORMATS; i++) {
        files[i] = open_memstream(&out.text[i], &out.n[i]);
        must(files[i] && !nax_writer_open(&w[i], files[i], "memory", formats[i], "fuzz", &err));
    }
    const char *path = input_path(bytes, n);
    struct nax_reader *reader = NULL;
    struct nax_record *r = nax_record_alloc();
    must(r && !nax_reader_open(&reader, &path, 1, max_record, &err));
    while ((out.status = nax_reader_next(reader, r, &err)) > 0)
        for (int i = 0; i < N_FORMATS; i++) {
            bool is_put = !nax_writer_put(w[i], r, &err);
            must(is_put || formats[i] == NAX_FORMAT_CSV);
            out.is_csv_whole &= is_put;
        }
    for (int i = 0; i < N_FORMATS; i++) {
        int status = nax_writer_close(w[i], false, &err);
        must(!status || formats[i] == NAX_FORMAT_CSV);
        fclose(files[i]);
    }
    nax_reader_close(reader);
    nax_record_free(r);
    return out;
}

static inline void written_free(struct written *w)
{
    for (int i = 0; i < N_FORMATS; i++)
        free(w->text[i]);
}

/* What was written in this format, by its place among them, is whole and is written so again. */
static inline void must_read_back(const struct written *w, int format, int compared)
{
    struct written again = convert(w->text[format], w->n[format]);
    must(!again.status && again.n[compared] == w->n[compared] &&
         !memcmp(again.text[compared], w->text[compared], w->n[compared]));
    written_free(&again);
}

#endif
