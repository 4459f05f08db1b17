/* What a stream says of its making: this program, its command line, and what it read. */
#ifndef NAX_TOOLS_PROVENANCE_H
#define NAX_TOOLS_PROVENANCE_H

#include "tool.h"

/* A file that decides the output, or NULL, before the output is opened; one that cannot be read is
 * left to whoever opens it. Nothing is read for outputs that keep no provenance. */
void provenance_file(struct tool *tool, const char *path);
/* The same of a network, a space or a hardware by its name; nothing where it is built in. */
void provenance_config(struct tool *tool, const char *kind, const char *name);
/* What is left in argv from optind on, or standard input. */
void provenance_streams(struct tool *tool);

/* Whether the input's headers brought programs that the output does not name. */
bool provenance_has_grown(const struct tool *tool);
/* The input's programs so far, then this one, into a writer that has none. */
void provenance_write(struct tool *tool);

#endif
