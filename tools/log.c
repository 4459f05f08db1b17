/* A log of epochs. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes the file that is there: each process holds the one that it has written, until it ends, and
 * one that another holds would lose what is written to either. */
static int hold(struct log *log, struct nax_err *err)
{
    struct stat own, named;
    int fd = open(log->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0; /* there is none */
    bool is_own =
        log->is_held && !fstat(log->lock, &own) && !fstat(fd, &named) && own.st_ino == named.st_ino;
    bool is_others = !is_own && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    if (is_own || is_others) {
        close(fd);
        return is_own ? 0
                      : nax_err_set(err, NAX_ERR_IO,
                                    "another process writes it; give each a --log of its own: '%s'",
                                    log->path);
    }
    if (log->is_held)
        close(log->lock);
    log->lock = fd;
    log->is_held = true;
    return 0;
}

/* What the log holds, up to what can be read of it. */
static void read_all(struct log *log)
{
    struct nax_reader *reader;
    struct nax_err err;
    struct nax_record *record = nax_record_alloc();
    if (record && !nax_reader_open(&reader, &log->path, 1, 1 << 20, &err)) {
        while (nax_reader_next(reader, record, &err) > 0)
            if (records_add(&log->records, record, &err))
                break;
        nax_reader_close(reader);
    }
    nax_record_free(record);
    log->n_before = log->records.n;
}

int log_open(struct log *log, bool is_continued, struct nax_err *err)
{
    struct nax_file *file;
    if (!log->path)
        return 0;
    int status = nax_file_begin(&file, log->path, err);
    if (status)
        return status;
    if (nax_file_is_device(file)) {
        log->device = file;
        return nax_writer_open(&log->writer, nax_file_stream(file), log->path, log->format, "epoch",
                               err);
    }
    nax_file_abandon(file); /* it can be written */
    status = hold(log, err);
    if (!status && is_continued)
        read_all(log);
    return status;
}

static bool is_of(const struct nax_record *record, const char *id)
{
    const struct nax_value *value = nax_record_get(record, "id");
    return !id || (value && value->type == NAX_STRING && !strcmp(value->string.s, id));
}

static bool is_later(const struct nax_record *record, size_t n_epochs)
{
    const struct nax_value *value = nax_record_get(record, "epoch");
    return !value || value->type != NAX_INT || value->i > (int64_t)n_epochs;
}

void log_forget(struct log *log, const char *id, size_t n_epochs)
{
    struct records *r = &log->records;
    size_t n = 0, n_before = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool is_before = i < log->n_before;
        if (is_before && is_of(r->at[i], id) && is_later(r->at[i], n_epochs)) {
            nax_record_free(r->at[i]);
            continue;
        }
        n_before += is_before;
        r->at[n++] = r->at[i];
    }
    r->n = n;
    log->n_before = n_before;
}

static int write_all(const struct log *log, FILE *file, struct nax_err *err)
{
    struct nax_writer *writer;
    int status = nax_writer_open(&writer, file, log->path, log->format, "epoch", err);
    if (status)
        return status;
    for (size_t i = 0; !status && i < log->records.n; i++)
        status = nax_writer_put(writer, log->records.at[i], err);
    int closed = nax_writer_close(writer, status != 0, status ? NULL : err);
    return status ? status : closed;
}

int log_add(struct log *log, const struct nax_record *record, struct nax_err *err)
{
    struct nax_file *file = NULL;
    int status = 0;
    if (!log->path)
        return 0;
    if (log->writer) {
        status = nax_writer_put(log->writer, record, err);
        return status ? status : nax_writer_flush(log->writer, err);
    }
    status = hold(log, err);
    if (!status)
        status = records_add(&log->records, record, err);
    if (!status)
        status = nax_file_begin(&file, log->path, err);
    if (status)
        return status;
    status = write_all(log, nax_file_stream(file), err);
    if (!status) {
        status = nax_file_commit(file, err);
        return status ? status : hold(log, err);
    }
    nax_file_abandon(file);
    return status;
}

int log_close(struct log *log, struct nax_err *err)
{
    int status = nax_writer_close(log->writer, false, err);
    if (log->device && !status)
        status = nax_file_commit(log->device, err);
    records_free(&log->records);
    if (log->is_held)
        close(log->lock);
    return status;
}
