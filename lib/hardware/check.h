/* Checks of a hardware file after loading. */
#ifndef NAX_LIB_HARDWARE_CHECK_H
#define NAX_LIB_HARDWARE_CHECK_H

#include "nax/hardware.h"

/* The text that a value came from, for errors about it. */
struct hardware_source {
    const char *path, *text;
    size_t size;
    const char *const *sets; /* [n_sets], what was changed after it */
    size_t n_sets;
    const struct nax_hardware *hardware; /* read from it */
    struct nax_err *err;
};

/* NAX_ERR_VALUE "path:line: key 'x': message", or "message: 'set'" where one of the sets put the
 * value there; key is the way to it in the file, "device.r_on_ohm", "components.3.count". */
int nax_hardware_fail(const struct hardware_source *source, const char *key, const char *format,
                      ...) NAX_PRINTF(3, 4);

/* Every number in its range, and those that depend on each other consistent. */
int nax_hardware_check(const struct hardware_source *source, const struct nax_hardware *h);

#endif
