/* A warning where converters or ranges of inputs cut off much. */
#ifndef NAX_TOOLS_CLAMPED_H
#define NAX_TOOLS_CLAMPED_H

#include "nax/mapping.h"
#include "tool.h"

enum { N_CLAMPED_IMAGES = 32 }; /* that are looked at */

/* clamped: [n_layers] of the network. One line for conversions, one for inputs. */
void clamped_warn(struct tool *tool, const char *id, const struct nax_network *net,
                  const struct nax_layer_clamped *clamped);

#endif
