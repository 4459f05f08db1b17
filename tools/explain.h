/* What computes the convolutions of a candidate, as records. */
#ifndef NAX_TOOLS_EXPLAIN_H
#define NAX_TOOLS_EXPLAIN_H

#include "nax/nn.h"
#include "tool.h"

/* Misuse where options were given that nothing is left to act on. */
void explain_check(const struct tool *tool);
/* A record for each convolution of the candidates on stdin: by what engine its products are made in
 * training. */
void explain(struct tool *tool, enum nax_arithmetic precision);

#endif
