/* Hardware by name, with keys changed. */
#include "hardware.h"
#include "provenance.h"

#include <math.h>

const struct nax_option hardware_rows[] = {
    {"hardware", "NAME", NULL, NAX_OPTION_FIELD(struct hardware_options, name), .text = "nax-reram",
     .builtin = "hardware"},
    {"set", "KEY=VALUE", "change a key of the hardware; may come several times",
     NAX_OPTION_FIELD(struct hardware_options, sets)},
    {.name = NULL}};

int hardware_open(struct tool *tool, const struct hardware_options *o,
                  struct nax_hardware **hardware, struct nax_err *err)
{
    int status = nax_hardware_load_set(hardware, o->name, o->sets.at, o->sets.n, err);
    if (status)
        return status;
    for (size_t i = 0; i < (*hardware)->n_notes; i++)
        tool_say(tool, "%s", (*hardware)->notes[i]);
    provenance_config(tool, "hardware", o->name);
    if ((*hardware)->device.programming.cells)
        provenance_file(tool, (*hardware)->device.programming.table);
    return 0;
}

static void check_set(struct tool *tool, const struct nax_hardware *hardware, const char *set,
                      const struct hardware_use *use)
{
    struct nax_err err;
    if (nax_hardware_check_acts(hardware, set, use->parts, use->what, &err))
        tool_misuse(tool, "%s", err.text);
}

void hardware_check_use(struct tool *tool, const struct hardware_options *o,
                        const struct nax_hardware *hardware, const struct hardware_use *use)
{
    for (size_t i = 0; i < o->sets.n; i++)
        check_set(tool, hardware, o->sets.at[i], use);
    if (!(use->parts & (NAX_PART_CELLS | NAX_PART_CODES)))
        return; /* no currents at all */
    if (!(use->parts & NAX_PART_CELLS) && !nax_programs_exactly(&hardware->device))
        tool_say(tool, "%s leaves out how cells are programmed: '%s'", use->what, o->name);
    if (!(use->parts & NAX_PART_NOISE) && !nax_reads_exactly(&hardware->device))
        tool_say(tool, "%s leaves out read noise: '%s'", use->what, o->name);
}

void hardware_set_time(struct tool *tool, struct nax_hardware *hardware, double seconds,
                       const struct hardware_use *use)
{
    if (isnan(seconds))
        return;
    check_set(tool, hardware, "device.programming.time_seconds=--time", use);
    hardware->device.programming.time_seconds = seconds;
}
