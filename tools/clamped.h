/* A warning where converters or ranges of inputs cut off much. */
#ifndef NAX_TOOLS_CLAMPED_H
#define NAX_TOOLS_CLAMPED_H

#include "nax/mapping.h"
#include "tool.h"

/* Of 32 images, or of n_images where these are fewer and not 0. clamped: [n_layers] of the network.
 */
int clamped_count(const struct nax_mapped *mapped, const struct nax_images *images, size_t n_images,
                  struct nax_layer_clamped *clamped, struct nax_err *err) NAX_MUST_USE;
/* Counts them, and says so in one line for conversions, one for inputs, where it is much. */
int clamped_tell(struct tool *tool, const char *id, const struct nax_network *net,
                 const struct nax_mapped *mapped, const struct nax_images *images, size_t n_images,
                 struct nax_err *err) NAX_MUST_USE;

#endif
