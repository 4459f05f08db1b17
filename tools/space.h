/* A space of designs, bound to its network: what tools that draw or search begin with. */
#ifndef NAX_TOOLS_SPACE_H
#define NAX_TOOLS_SPACE_H

#include "nax/option.h"
#include "nax/search.h"
#include "tool.h"

/* --space and --network */
struct space_options {
    const char *name, *network; /* network: instead of the space's own, or NULL */
};

extern const struct nax_option space_rows[];

int space_load(struct nax_space *space, const struct space_options *options,
               struct nax_err *err) NAX_MUST_USE;
/* The same, among the inputs that the output's provenance names. */
int space_open(struct tool *tool, struct nax_space *space, const struct space_options *options,
               struct nax_err *err) NAX_MUST_USE;

#endif
