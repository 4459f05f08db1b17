/* One file after the other, read through a window of its bytes; and where in it an error is. */
#ifndef NAX_RECORD_INPUT_H
#define NAX_RECORD_INPUT_H

#include "nax/base.h"

struct input {
    int fd;           /* -1: no file is open */
    const char *name; /* of the file, for messages; the caller's */
    /* the window */
    unsigned char *buffer; /* [cap], bytes start … end are valid */
    size_t cap, start, end;
    uint64_t offset; /* of buffer[start] in the file */
    bool is_eof;
    uint64_t n_records;          /* that came from the file: its reader counts them */
    size_t max_record;           /* bytes that one may take: for who reads them */
    bool (*on_wait)(void *self); /* before a read that has to wait; or NULL */
    void *waiter;                /* its argument */
};

int nax_input_alloc(struct input *in, size_t max_record, struct nax_err *err) NAX_MUST_USE;
void nax_input_free(struct input *in);

/* path: "-" is standard input; it must live as long as the file is open */
int nax_input_open(struct input *in, const char *path, struct nax_err *err) NAX_MUST_USE;
void nax_input_close(struct input *in);

/* Reads more bytes behind end, moving or growing the window. 1: there are more; 0: end of file. */
int nax_input_fill(struct input *in, struct nax_err *err) NAX_MUST_USE;
static inline void nax_input_skip(struct input *in, size_t n)
{
    in->start += n;
    in->offset += n;
}

/* An error in the record after the last one returned: "file: record 3: byte 77: what" (place
 * "byte"), or "… line 77: …". */
int nax_input_fail(const struct input *in, struct nax_err *err, const char *place, uint64_t at,
                   const char *format, ...) NAX_PRINTF(5, 6);
/* The same where the file ends too early: NAX_ERR_CUT. */
int nax_input_fail_end(const struct input *in, struct nax_err *err, const char *place, uint64_t at,
                       const char *format, ...) NAX_PRINTF(5, 6);
/* The record is larger than max_record. */
int nax_input_fail_limit(const struct input *in, struct nax_err *err, const char *place,
                         uint64_t at);

#endif
