/* A tool whose work is dealt to ranks (nax/ranks.h): all read the same records, and rank 0 alone
 * writes, keeps files, and tells. */
#ifndef NAX_TOOLS_RANKS_H
#define NAX_TOOLS_RANKS_H

#include "tool.h"

/* As tool_start, for one of the ranks. */
struct tool ranks_start(const char *name, const char *synopsis, int argc, char **argv);
/* Misuse of an option that is of no use to several ranks: what to do instead. */
void ranks_refuse(const struct tool *tool, const char *option, const char *instead);
/* Tells of a batch that may leave some ranks without images. */
void ranks_tell_idle(struct tool *tool, size_t batch);

#endif
