/* What is built in, as records: spaces, networks and hardware alike. */
#ifndef NAX_TOOLS_BUILTIN_H
#define NAX_TOOLS_BUILTIN_H

#include "tool.h"

enum builtin { BUILTIN_SPACES, BUILTIN_NETWORKS, BUILTIN_HARDWARE, BUILTIN_COUNT };
extern const struct nax_words builtin_words; /* "spaces" and so on */

/* Opens the output and writes a record each. record: to be filled. */
void builtin_list(struct tool *tool, enum builtin what, struct nax_record *record);

#endif
