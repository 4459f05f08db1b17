/* A space of designs, bound to its network: what tools that draw or search begin with. */
#ifndef NAX_TOOLS_SPACE_H
#define NAX_TOOLS_SPACE_H

#include "nax/search.h"

/* network: instead of the space's own, or NULL. */
int space_load(struct nax_space *space, const char *name, const char *network,
               struct nax_err *err) NAX_MUST_USE;

#endif
