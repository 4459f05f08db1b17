/* A record for each epoch, so that curves can be drawn. */
#include "train_log.h"
#include "log.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct train_log {
    struct log log;
    struct nax_record *record;
    pthread_mutex_t lock;
};

int train_log_open(struct train_log **log, const char *path, bool is_continued, struct nax_err *err)
{
    struct train_log *l = nax_calloc(1, sizeof *l);
    if (!l || !(l->record = nax_record_alloc())) {
        free(l);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'log'");
    }
    l->log = (struct log){.path = path, .format = NAX_FORMAT_CSV};
    pthread_mutex_init(&l->lock, NULL);
    *log = l;
    return log_open(&l->log, is_continued, err);
}

void train_log_forget(struct train_log *log, const char *id, size_t n_epochs)
{
    pthread_mutex_lock(&log->lock);
    log_forget(&log->log, id, n_epochs);
    pthread_mutex_unlock(&log->lock);
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
    nax_record_clear(log->record);
    int status = nax_record_set_string(log->record, "id", id);
    if (!status)
        status = nax_record_set_int(log->record, "epoch", (int64_t)e->epoch);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = set(log->record, numbers[i].name, numbers[i].value);
    if (status)
        nax_err_set(err, (enum nax_status)status, "out of memory: 'log'");
    else
        status = log_add(&log->log, log->record, err);
    pthread_mutex_unlock(&log->lock);
    return status;
}

int train_log_close(struct train_log *log, struct nax_err *err)
{
    int status = log_close(&log->log, err);
    nax_record_free(log->record);
    pthread_mutex_destroy(&log->lock);
    free(log);
    return status;
}
