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
/* What a tool computes, and the NAX_PART_… of a hardware that it looks at. */
struct hardware_use {
    const char *what; /* "the fidelity linear" */
    unsigned parts;
};

/* Misuse where a key of --set cannot change it; what it leaves out of an imperfect hardware is
 * said.
 */
void hardware_check_use(struct tool *tool, const struct hardware_options *options,
                        const struct nax_hardware *hardware, const struct hardware_use *use);
/* The option --time, NaN where it is not given; misuse where no cell changes with it. */
void hardware_set_time(struct tool *tool, struct nax_hardware *hardware, double seconds,
                       const struct hardware_use *use);

#endif
