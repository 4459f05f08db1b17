/* Hardware by name, with keys changed. */
#include "hardware.h"

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
    for (size_t i = 0; !status && i < (*hardware)->n_notes; i++)
        tool_say(tool, "%s", (*hardware)->notes[i]);
    return status;
}
