/* What stands with messages of errors. */
#include "nax/ranks.h"
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tool_yield(void)
{
    enum { SECONDS_FOR_FIRST = 5 };
    if (nax_ranks_own() && sleep(SECONDS_FOR_FIRST)) /* ended from outside: rank 0 has spoken */
        _exit(EXIT_FAILURE);
}

void tool_hint(struct nax_err *err, const char *format, ...)
{
    size_t n = strlen(err->text);
    n += (size_t)snprintf(err->text + n, sizeof err->text - n,
                          n && err->text[n - 1] == '?' ? " " : "; ");
    va_list ap;
    va_start(ap, format);
    if (n < sizeof err->text)
        vsnprintf(err->text + n, sizeof err->text - n, format, ap);
    va_end(ap);
}
