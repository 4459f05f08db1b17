/* A log of epochs: a small stream of records in a file, always whole. */
#ifndef NAX_TOOLS_LOG_H
#define NAX_TOOLS_LOG_H

#include "nax/record.h"
#include "records.h"

struct log {
    const char *path; /* NULL: no log, and every call does nothing */
    enum nax_format format;
    struct records records;
};

/* Of the log of a run that is continued, reads the records of the first n_epochs epochs: those
 * whose field epoch is at most that. What is missing is missing. */
void log_read(struct log *log, size_t n_epochs);
/* Adds a record, and puts a new file in the old one's place. */
int log_add(struct log *log, const struct nax_record *record, struct nax_err *err) NAX_MUST_USE;
void log_free(struct log *log);

#endif
