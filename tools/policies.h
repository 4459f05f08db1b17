/* Policies that are read: the space that a record names, designs drawn, policies compared. */
#ifndef NAX_TOOLS_POLICIES_H
#define NAX_TOOLS_POLICIES_H

#include "space.h"
#include "tool.h"

/* The space that the command line or the record names. */
void space_of_record(struct tool *tool, const struct space_options *options,
                     const struct nax_record *record, struct nax_space *space);

/* At most n designs of each policy, the most probable one first. */
void policies_draw(struct tool *tool, const struct space_options *options, uint64_t n);
/* How far each policy after the first agrees with it, a record each. */
void policies_compare(struct tool *tool, const struct space_options *options);

#endif
