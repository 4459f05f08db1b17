/* The options --hardware and --set, and the hardware that they name. */
#ifndef NAX_TOOLS_HARDWARE_H
#define NAX_TOOLS_HARDWARE_H

#include "nax/hardware.h"
#include "nax/option.h"
#include "tool.h"

struct hardware_options {
    const char *name;
    struct nax_texts sets; /* "key=value" */
};

/* --hardware, then --set: hardware_rows + 1 is --set alone. */
extern const struct nax_option hardware_rows[];

/* Also says what the file holds that nothing reads any more. */
int hardware_open(struct tool *tool, const struct hardware_options *options,
                  struct nax_hardware **hardware, struct nax_err *err) NAX_MUST_USE;

#endif
