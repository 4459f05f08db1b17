/* nax-import export: a trained design as a file of another framework. */
#ifndef NAX_TOOLS_EXPORT_H
#define NAX_TOOLS_EXPORT_H

#include "hardware.h"
#include "tool.h"

struct export_options {
    const char *output;
    bool has_chip; /* weights are those that it multiplies by */
    size_t chip;
    struct hardware_options hardware;
};

/* Writes the one design of the input, and passes its record on. */
void export_design(struct tool *tool, const struct export_options *options);

#endif
