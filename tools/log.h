/* A log of epochs: a small stream of records in a file, always whole. */
#ifndef NAX_TOOLS_LOG_H
#define NAX_TOOLS_LOG_H

#include "nax/record.h"
#include "records.h"

struct log {
    const char *path; /* NULL: no log, and every call does nothing */
    enum nax_format format;
    struct records records;
    size_t n_before;           /* of them, those of the run that is continued */
    struct nax_file *device;   /* the file, where it is none: what is written there stays written */
    struct nax_writer *writer; /* to it */
    int lock;                  /* descriptor of the file, while it is held against others */
    bool is_held;
};

/* Goes on with the records of a log that is there, or takes its place: with the first record, so
 * that one which comes to none leaves it. The file is one process's: an error while another has it.
 */
int log_open(struct log *log, bool is_continued, struct nax_err *err) NAX_MUST_USE;
/* Leaves out what the run that is continued told of later epochs than the first n_epochs: they are
 * trained again. id: of the records meant, or NULL for all. */
void log_forget(struct log *log, const char *id, size_t n_epochs);
/* Adds a record, and puts a new file in the old one's place. */
int log_add(struct log *log, const struct nax_record *record, struct nax_err *err) NAX_MUST_USE;
int log_close(struct log *log, struct nax_err *err) NAX_MUST_USE;

#endif
