/* Single values of a loaded file, by key. */
#ifndef NAX_LIB_HARDWARE_SET_H
#define NAX_LIB_HARDWARE_SET_H

#include "nax/hardware.h"

/* Changes one value: set is "key=value". Components go by their names, entries of their tables by
 * the crossbar size. NAX_ERR_VALUE quotes the set. *is_retired: nothing reads this key any more. */
int nax_hardware_set(struct nax_hardware *hardware, const char *set, bool *is_retired,
                     struct nax_err *err) NAX_MUST_USE;

#endif
