/* A record for each epoch, so that curves can be drawn. */
#include "train_log.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct train_log {
    FILE *file;
    const char *path;
    struct nax_writer *writer;
    struct nax_record *record;
    bool has_segment; /* of before, which an empty line ends */
    pthread_mutex_t lock;
};

int train_log_open(struct train_log **log, const char *path, bool is_continued, struct nax_err *err)
{
    struct train_log *l = nax_calloc(1, sizeof *l);
    if (!l || !(l->record = nax_record_alloc())) {
        free(l);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'log'");
    }
    l->path = path;
    l->file = fopen(path, is_continued ? "a" : "w");
    int status = l->file ? nax_writer_open(&l->writer, l->file, path, NAX_FORMAT_CSV, "epoch", err)
                         : nax_err_io(err, "cannot open: '%s'", path);
    if (status) {
        if (l->file)
            fclose(l->file);
        nax_record_free(l->record);
        free(l);
        return status;
    }
    l->has_segment = ftello(l->file) > 0;
    pthread_mutex_init(&l->lock, NULL);
    *log = l;
    return 0;
}

static int set(struct nax_record *record, const char *name, double value)
{
    return isnan(value) ? nax_record_set_null(record, name)
                        : nax_record_set_float(record, name, value);
}

int train_log_put(struct train_log *log, const char *id, const struct nax_epoch *e,
                  struct nax_err *err)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"loss_train", e->train_loss},           {"accuracy_train", e->train_accuracy},
        {"loss_validation", e->validation_loss}, {"accuracy_validation", e->validation_accuracy},
        {"learning_rate", e->learning_rate},     {"train_seconds", e->seconds}};
    pthread_mutex_lock(&log->lock);
    if (log->has_segment)
        fputc('\n', log->file); /* the writer's flush tells a failure */
    log->has_segment = false;
    nax_record_clear(log->record);
    int status = nax_record_set_string(log->record, "id", id);
    if (!status)
        status = nax_record_set_int(log->record, "epoch", (int64_t)e->epoch);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = set(log->record, numbers[i].name, numbers[i].value);
    if (status)
        nax_err_set(err, (enum nax_status)status, "out of memory: 'log'");
    else
        status = nax_writer_put(log->writer, log->record, err);
    if (!status)
        status = nax_writer_flush(log->writer, err);
    pthread_mutex_unlock(&log->lock);
    return status;
}

int train_log_close(struct train_log *log, struct nax_err *err)
{
    int status = nax_writer_close(log->writer, false, err);
    if (fclose(log->file) && !status)
        status = nax_err_io(err, "cannot write: '%s'", log->path);
    nax_record_free(log->record);
    pthread_mutex_destroy(&log->lock);
    free(log);
    return status;
}
