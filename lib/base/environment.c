/* Words that environment variables may hold. */
#include "nax/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nax_environment_word(const char *variable, const char *const *words, size_t n, size_t *index,
                         struct nax_err *err)
{
    const char *text = getenv(variable);
    *index = n;
    if (!text || !*text)
        return 0;
    for (*index = 0; *index < n; ++*index)
        if (!strcmp(text, words[*index]))
            return 0;
    char list[128] = "";
    for (size_t i = 0, at = 0; i < n && at < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", words[i]);
    return nax_err_set(err, NAX_ERR_VALUE, "%s knows %s: '%s'", variable, list, text);
}
