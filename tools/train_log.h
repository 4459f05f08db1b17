/* A file with one record an epoch. */
#ifndef NAX_TOOLS_TRAIN_LOG_H
#define NAX_TOOLS_TRAIN_LOG_H

#include "nax/nn.h"
#include "nax/record.h"

struct train_log;

/* CSV; is_continued: what the file holds stays, see log.h. */
int train_log_open(struct train_log **log, const char *path, bool is_continued,
                   struct nax_err *err) NAX_MUST_USE;
/* These may be called from several threads. */
void train_log_forget(struct train_log *log, const char *id, size_t n_epochs);
int train_log_put(struct train_log *log, const char *id, const struct nax_epoch *epoch,
                  struct nax_err *err) NAX_MUST_USE;
int train_log_close(struct train_log *log, struct nax_err *err) NAX_MUST_USE;

#endif
