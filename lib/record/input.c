/* A file read through a window of its bytes. */
#include "input.h"

#include "nax/ranks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 16 }; /* bytes that are read at a time, at least */

int nax_input_alloc(struct input *in, size_t max_record, struct nax_err *err)
{
    *in = (struct input){.fd = -1, .max_record = max_record, .cap = READ_SIZE};
    in->buffer = malloc(in->cap);
    return in->buffer ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'reader'");
}

void nax_input_free(struct input *in)
{
    nax_input_close(in);
    free(in->buffer);
    in->buffer = NULL;
}

int nax_input_open(struct input *in, const char *path, struct nax_err *err)
{
    in->start = in->end = 0;
    in->offset = 0;
    in->is_eof = false;
    in->n_records = 0;
    const bool is_stdin = !strcmp(path, "-");
    in->name = is_stdin ? "standard input" : path;
    in->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    return in->fd < 0 ? nax_err_io(err, "cannot open: '%s'", path)
                      : nax_file_check_guard(in->fd, in->name, err);
}

void nax_input_close(struct input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    in->fd = -1;
}

static bool has_to_wait(const struct input *in)
{
    struct pollfd file = {.fd = in->fd, .events = POLLIN};
    return !poll(&file, 1, 0);
}

/* As read(2), of standard input for all ranks: rank 0 has it. */
static ssize_t read_some(const struct input *in, unsigned char *to, size_t n)
{
    const bool is_shared = nax_ranks() > 1 && in->fd == STDIN_FILENO;
    ssize_t got = 0;
    if (!is_shared || !nax_ranks_own())
        do
            got = read(in->fd, to, n);
        while (got < 0 && errno == EINTR);
    if (is_shared)
        nax_ranks_broadcast(&got, sizeof got);
    if (is_shared && got > 0)
        nax_ranks_broadcast(to, (size_t)got);
    return got;
}

int nax_input_fill(struct input *in, struct nax_err *err)
{
    if (in->is_eof)
        return 0;
    if (in->start == in->end) {
        in->start = in->end = 0;
    } else if (in->cap - in->end < READ_SIZE) {
        memmove(in->buffer, in->buffer + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }
    if (in->cap - in->end < READ_SIZE) { /* a record larger than the window so far */
        unsigned char *grown = nax_realloc(in->buffer, in->cap, 2);
        if (!grown)
            return nax_input_fail(in, err, "byte", in->offset, "out of memory");
        in->buffer = grown;
        in->cap *= 2;
    }
    while (in->on_wait && has_to_wait(in) && in->on_wait(in->waiter))
        ;
    ssize_t n = read_some(in, in->buffer + in->end, in->cap - in->end);
    if (n < 0)
        return nax_err_io(err, "cannot read: '%s'", in->name);
    in->end += (size_t)n;
    in->is_eof = !n;
    return n > 0;
}

NAX_PRINTF(6, 0)
static int fail(const struct input *in, struct nax_err *err, enum nax_status status,
                const char *place, uint64_t at, const char *format, va_list ap)
{
    char what[256];
    vsnprintf(what, sizeof what, format, ap);
    return nax_err_set(err, status, "%.200s: record %llu: %s %llu: %s", in->name,
                       (unsigned long long)in->n_records + 1, place, (unsigned long long)at, what);
}

int nax_input_fail(const struct input *in, struct nax_err *err, const char *place, uint64_t at,
                   const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int status = fail(in, err, NAX_ERR_FORMAT, place, at, format, ap);
    va_end(ap);
    return status;
}

int nax_input_fail_end(const struct input *in, struct nax_err *err, const char *place, uint64_t at,
                       const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int status = fail(in, err, NAX_ERR_CUT, place, at, format, ap);
    va_end(ap);
    return status;
}

int nax_input_fail_limit(const struct input *in, struct nax_err *err, const char *place,
                         uint64_t at)
{
    return nax_input_fail(in, err, place, at, "a record larger than the limit of %zu MiB",
                          in->max_record >> 20);
}
