/* Command lines as text. */
#ifndef NAX_TOOLS_QUOTE_H
#define NAX_TOOLS_QUOTE_H

#include "nax/base.h"

/* Words as one string that a shell would split into the same words. NULL: out of memory; freed by
 * the caller with free. */
char *quote_words(int n, char **words) NAX_MUST_USE;

/* The words of such a string: *n, in memory that is freed with free(*words). False: it is no such
 * string, as one that a shell would expand, or out of memory. */
bool quote_split(const char *line, char ***words, size_t *n) NAX_MUST_USE;

#endif
