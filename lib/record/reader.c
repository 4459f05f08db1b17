/* Reading: goes through the files, finds the format of each, and hands over to it. */
#include "formats.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHERE_SIZE = 320 };

struct nax_reader {
    char **paths;
    size_t n_paths, path; /* path: the next to open */
    struct input in;
    enum nax_format format;       /* of the open file; AUTO before its first byte was seen */
    enum nax_format format_first; /* of the first file */
    struct stream_info info;
    struct msgpack_reader *msgpack;
    struct csv_reader *csv;
    struct json_reader *json;
    char *where;            /* [WHERE_SIZE] */
    struct nax_err failure; /* stays */
};

static int open_next(struct nax_reader *reader, struct nax_err *err)
{
    const char *path = reader->n_paths ? reader->paths[reader->path] : "-";
    reader->path++;
    reader->format = NAX_FORMAT_AUTO;
    reader->info.maker = 0;
    reader->info.path = path;
    return nax_input_open(&reader->in, path, err);
}

int nax_reader_open(struct nax_reader **out, const char *const *paths, size_t n_paths,
                    size_t max_record, struct nax_err *err)
{
    struct nax_reader *reader = nax_calloc(1, sizeof *reader);
    if (!reader)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'reader'");
    int status = nax_input_alloc(&reader->in, max_record ? max_record : NAX_RECORD_MAX, err);
    reader->where = nax_calloc(WHERE_SIZE, 1);
    reader->paths = nax_calloc(n_paths, sizeof *reader->paths);
    bool is_complete = reader->where && reader->paths;
    for (size_t i = 0; is_complete && i < n_paths; i++) {
        reader->paths[i] = nax_strdup(paths[i]);
        reader->n_paths++;
        is_complete = reader->paths[i] != NULL;
    }
    if (!status)
        status = is_complete ? open_next(reader, err)
                             : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'reader'");
    if (status)
        nax_reader_close(reader);
    else
        *out = reader;
    return status;
}

void nax_reader_close(struct nax_reader *reader)
{
    if (!reader)
        return;
    nax_input_free(&reader->in);
    nax_msgpack_free(reader->msgpack);
    nax_csv_free(reader->csv);
    nax_json_free(reader->json);
    nax_prog_free(&reader->info.prog);
    free(reader->info.sources.v);
    for (size_t i = 0; i < reader->n_paths; i++)
        free(reader->paths[i]);
    free(reader->paths);
    free(reader->where);
    free(reader);
}

/* The format of the open file, from its first byte. */
static int detect(struct nax_reader *reader, struct nax_err *err)
{
    struct input *in = &reader->in;
    int status = in->start < in->end ? 1 : nax_input_fill(in, err);
    if (status < 0)
        return status;
    if (!status)
        return nax_err_set(err, NAX_ERR_EMPTY, "%s: empty input", in->name);
    unsigned char first = in->buffer[in->start];
    if (first == '{' || first == '[')
        reader->format = NAX_FORMAT_JSON;
    else if ((first >= 0x80 && first <= 0x8f) || first == 0xde || first == 0xdf)
        reader->format = NAX_FORMAT_MSGPACK;
    else if (first == 0xef || first == '_' || first == '"' || first == '\r' || first == '\n' ||
             first == ',' || first == ';' || first == '\t' ||
             ((first | 0x20) >= 'a' && (first | 0x20) <= 'z'))
        reader->format = NAX_FORMAT_CSV;
    else
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: neither msgpack, CSV nor JSON: first byte 0x%02x", in->name, first);
    if (reader->format_first == NAX_FORMAT_AUTO)
        reader->format_first = reader->format;
    return 0;
}

static void end_file(struct nax_reader *reader)
{
    nax_input_close(&reader->in);
    nax_csv_restart(reader->csv);
    nax_json_restart(reader->json);
}

static int next_record(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    for (;;) {
        if (reader->in.fd < 0) {
            if (reader->path >= NAX_MAX(reader->n_paths, 1))
                return 0;
            int status = open_next(reader, err);
            if (status)
                return status;
        }
        if (reader->format == NAX_FORMAT_AUTO) {
            int status = detect(reader, err);
            if (status)
                return status;
        }
        int status =
            reader->format == NAX_FORMAT_MSGPACK
                ? nax_msgpack_next(&reader->msgpack, &reader->in, &reader->info, record, err)
            : reader->format == NAX_FORMAT_CSV
                ? nax_csv_next(&reader->csv, &reader->in, record, err)
                : nax_json_next(&reader->json, &reader->in, record, err);
        if (status)
            return status;
        end_file(reader);
    }
}

int nax_reader_next(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    nax_record_clear(record);
    int status = reader->failure.status;
    if (!status) {
        status = next_record(reader, record, &reader->failure);
        reader->in.n_records += status > 0;
    }
    if (status < 0) {
        nax_record_clear(record);
        if (err)
            *err = reader->failure;
    }
    return status;
}

void nax_reader_pass(struct nax_reader *reader)
{
    end_file(reader);
    nax_msgpack_free(reader->msgpack); /* it is inside a segment */
    reader->msgpack = NULL;
    reader->failure.status = NAX_OK;
}

void nax_reader_on_wait(struct nax_reader *reader, bool (*on_wait)(void *self), void *self)
{
    reader->in.on_wait = on_wait;
    reader->in.waiter = self;
}

enum nax_format nax_reader_format(const struct nax_reader *reader)
{
    return reader->format_first;
}

const char *nax_reader_kind(const struct nax_reader *reader)
{
    return reader->info.kind;
}

size_t nax_reader_n_prog(const struct nax_reader *reader)
{
    return reader->info.prog.n;
}

const struct nax_prog *nax_reader_prog(const struct nax_reader *reader, size_t i)
{
    return &reader->info.prog.v[i];
}

size_t nax_reader_n_sources(const struct nax_reader *reader)
{
    return reader->info.sources.n;
}

const struct nax_source *nax_reader_source(const struct nax_reader *reader, size_t i)
{
    return &reader->info.sources.v[i];
}

uint64_t nax_reader_maker(const struct nax_reader *reader)
{
    return reader->info.maker;
}

const char *nax_reader_path(const struct nax_reader *reader)
{
    return reader->n_paths && reader->path ? reader->paths[reader->path - 1] : "-";
}

const char *nax_reader_where(const struct nax_reader *reader)
{
    snprintf(reader->where, WHERE_SIZE, "%.256s: record %llu", reader->in.name,
             (unsigned long long)reader->in.n_records);
    return reader->where;
}
