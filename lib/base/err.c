/* Error messages. */
#include "nax/base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

NAX_PRINTF(3, 0)
static void set_text(struct nax_err *err, enum nax_status status, const char *format, va_list ap)
{
    if (!err)
        return;
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, ap);
    for (char *p = err->text; *p; p++) /* one line, whatever the subject held */
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = '?';
}

int nax_err_set(struct nax_err *err, enum nax_status status, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    set_text(err, status, format, ap);
    va_end(ap);
    return status;
}

int nax_err_io(struct nax_err *err, const char *format, ...)
{
    int saved = errno;
    va_list ap;
    va_start(ap, format);
    set_text(err, NAX_ERR_IO, format, ap);
    va_end(ap);
    if (err && saved) {
        size_t n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(saved));
    }
    return NAX_ERR_IO;
}

int nax_err_prefix(struct nax_err *err, const char *format, ...)
{
    if (!err)
        return NAX_ERR_VALUE;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list ap;
    va_start(ap, format);
    set_text(err, err->status, format, ap);
    va_end(ap);
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n, ": %s", old);
    return err->status;
}

void nax_err_keep_first(int *status, struct nax_err *err, const struct nax_err *own)
{
    if (!own->status)
        return;
#pragma omp critical(nax_err_keep_first)
    if (!*status) {
        *status = own->status;
        if (err)
            *err = *own;
    }
}
