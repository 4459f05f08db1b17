/* A log of epochs. */
#include "log.h"

#include <stdio.h>
#include <unistd.h>

void log_read(struct log *log, size_t n_epochs)
{
    struct nax_reader *reader;
    struct nax_err err;
    struct nax_record *record = nax_record_alloc();
    if (record && log->path && !nax_reader_open(&reader, &log->path, 1, 1 << 20, &err)) {
        int64_t epoch;
        while (nax_reader_next(reader, record, &err) > 0)
            if (nax_record_int(record, "epoch", &epoch, &err) || epoch > (int64_t)n_epochs ||
                records_add(&log->records, record, &err))
                break;
        nax_reader_close(reader);
    }
    nax_record_free(record);
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
    char temporary[4096];
    if (!log->path)
        return 0;
    int status = records_add(&log->records, record, err);
    if (status)
        return status;
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.tmp.%ld", log->path, (long)getpid()) >=
        sizeof temporary)
        return nax_err_set(err, NAX_ERR_VALUE, "path too long: '%s'", log->path);
    FILE *file = fopen(temporary, "w");
    if (!file)
        return nax_err_io(err, "cannot write: '%s'", log->path);
    status = write_all(log, file, err);
    if (fclose(file) && !status)
        status = nax_err_io(err, "cannot write: '%s'", log->path);
    if (!status && rename(temporary, log->path))
        status = nax_err_io(err, "cannot write: '%s'", log->path);
    if (status)
        unlink(temporary);
    return status;
}

void log_free(struct log *log)
{
    records_free(&log->records);
}
