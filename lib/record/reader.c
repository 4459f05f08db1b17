/* Reading: goes through the files, keeps a window of bytes, and hands over to the formats. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

enum { where_size = 320 };

int nax_reader_fail(const struct nax_reader *reader, struct nax_err *err, const char *place,
                    uint64_t at, const char *format, ...)
{
    char what[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    return nax_err_set(err, NAX_ERR_FORMAT, "%.200s: record %llu: %s %llu: %s", reader->name,
                       (unsigned long long)reader->n_records + 1, place, (unsigned long long)at,
                       what);
}

int nax_reader_fail_limit(const struct nax_reader *reader, struct nax_err *err, const char *place,
                          uint64_t at)
{
    return nax_reader_fail(reader, err, place, at, "a record larger than the limit of %zu MiB",
                           reader->max_record >> 20);
}

static int open_next(struct nax_reader *reader, struct nax_err *err)
{
    const char *path = reader->n_paths ? reader->paths[reader->path] : "-";
    reader->path++;
    reader->start = reader->end = 0;
    reader->offset = 0;
    reader->is_eof = false;
    reader->format = NAX_FORMAT_AUTO;
    reader->n_records = 0;
    if (!strcmp(path, "-")) {
        reader->name = "standard input";
        reader->fd = STDIN_FILENO;
        return 0;
    }
    reader->name = path;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    return reader->fd < 0 ? nax_err_io(err, "cannot open: '%s'", path) : 0;
}

static void close_current(struct nax_reader *reader)
{
    if (reader->fd > STDIN_FILENO)
        close(reader->fd);
    reader->fd = -1;
}

int nax_reader_open(struct nax_reader **out, const char *const *paths, size_t n_paths,
                    size_t max_record, struct nax_err *err)
{
    struct nax_reader *reader = nax_calloc(1, sizeof *reader);
    if (!reader)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'reader'");
    reader->fd = -1;
    reader->max_record = max_record ? max_record : NAX_RECORD_MAX;
    reader->cap = 2 * NAX_BLOCK;
    reader->buffer = malloc(reader->cap);
    reader->where = nax_calloc(where_size, 1);
    reader->paths = nax_calloc(n_paths, sizeof *reader->paths);
    bool is_complete = reader->buffer && reader->where && reader->paths;
    for (size_t i = 0; is_complete && i < n_paths; i++) {
        reader->paths[i] = nax_strdup(paths[i]);
        reader->n_paths++;
        is_complete = reader->paths[i] != NULL;
    }
    int status = is_complete ? open_next(reader, err)
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
    close_current(reader);
    nax_msgpack_free(reader->msgpack);
    nax_csv_free(reader->csv);
    nax_prog_free(&reader->prog);
    for (size_t i = 0; i < reader->n_paths; i++)
        free(reader->paths[i]);
    free(reader->paths);
    free(reader->buffer);
    free(reader->where);
    free(reader);
}

int nax_reader_fill(struct nax_reader *reader, struct nax_err *err)
{
    if (reader->is_eof)
        return 0;
    if (reader->start == reader->end) {
        reader->start = reader->end = 0;
    } else if (reader->cap - reader->end < NAX_BLOCK) {
        memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (reader->cap - reader->end < NAX_BLOCK) { /* a record larger than the window so far */
        unsigned char *grown = nax_realloc(reader->buffer, reader->cap, 2);
        if (!grown)
            return nax_reader_fail(reader, err, "byte", reader->offset, "out of memory");
        reader->buffer = grown;
        reader->cap *= 2;
    }
    for (;;) {
        ssize_t n = read(reader->fd, reader->buffer + reader->end, reader->cap - reader->end);
        if (n > 0) {
            reader->end += (size_t)n;
            return 1;
        }
        if (!n) {
            reader->is_eof = true;
            return 0;
        }
        if (errno != EINTR)
            return nax_err_io(err, "cannot read: '%s'", reader->name);
    }
}

/* The format of the open file, from its first byte. */
static int detect(struct nax_reader *reader, struct nax_err *err)
{
    int status = reader->start < reader->end ? 1 : nax_reader_fill(reader, err);
    if (status < 0)
        return status;
    if (!status)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: empty input", reader->name);
    unsigned char first = reader->buffer[reader->start];
    if (first == '{' || first == '[')
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: JSON is written but not read; use msgpack or csv", reader->name);
    if ((first >= 0x80 && first <= 0x8f) || first == 0xde || first == 0xdf)
        reader->format = NAX_FORMAT_MSGPACK;
    else if (first == 0xef || first == '_' || first == '"' || first == '\r' || first == '\n' ||
             ((first | 0x20) >= 'a' && (first | 0x20) <= 'z'))
        reader->format = NAX_FORMAT_CSV;
    else
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: neither msgpack nor CSV: first byte 0x%02x",
                           reader->name, first);
    if (reader->format_first == NAX_FORMAT_AUTO)
        reader->format_first = reader->format;
    return 0;
}

static int next_record(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    for (;;) {
        if (reader->fd < 0) {
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
        int status = reader->format == NAX_FORMAT_MSGPACK ? nax_msgpack_next(reader, record, err)
                                                          : nax_csv_next(reader, record, err);
        if (status)
            return status;
        close_current(reader);
        nax_csv_restart(reader->csv);
    }
}

int nax_reader_next(struct nax_reader *reader, struct nax_record *record, struct nax_err *err)
{
    nax_record_clear(record);
    int status = reader->failure.status;
    if (!status) {
        status = next_record(reader, record, &reader->failure);
        reader->n_records += status > 0;
    }
    if (status < 0) {
        nax_record_clear(record);
        if (err)
            *err = reader->failure;
    }
    return status;
}

enum nax_format nax_reader_format(const struct nax_reader *reader)
{
    return reader->format_first;
}

const char *nax_reader_kind(const struct nax_reader *reader)
{
    return reader->kind;
}

size_t nax_reader_n_prog(const struct nax_reader *reader)
{
    return reader->prog.n;
}

const struct nax_prog *nax_reader_prog(const struct nax_reader *reader, size_t i)
{
    return &reader->prog.v[i];
}

const char *nax_reader_where(const struct nax_reader *reader)
{
    snprintf(reader->where, where_size, "%.256s: record %llu", reader->name,
             (unsigned long long)reader->n_records);
    return reader->where;
}
