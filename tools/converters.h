/* The converters that a design asks for, on a hardware. */
#ifndef NAX_TOOLS_CONVERTERS_H
#define NAX_TOOLS_CONVERTERS_H

#include "nax/hardware.h"
#include "nax/network.h"
#include "nax/search.h"

/* *own: the hardware with these converters in the layers of the candidate's network, or NULL where
 * it asks for none. To free with nax_hardware_convert_free, before the hardware. */
int converters_of(struct nax_hardware **own, const struct nax_candidate *candidate,
                  const struct nax_network *net, const struct nax_hardware *hardware,
                  struct nax_err *err) NAX_MUST_USE;

#endif
