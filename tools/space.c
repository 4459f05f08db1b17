/* A space of designs, bound to its network. */
#include "space.h"
#include "provenance.h"

#include <stdio.h>
#include <string.h>

#include "nax/network.h"

const struct nax_option space_rows[] = {
    {"space", "NAME", "space of designs", NAX_OPTION_FIELD(struct space_options, name),
     .text = "cifar10", .builtin = "spaces"},
    {"network", "NAME", "network instead of the space's",
     NAX_OPTION_FIELD(struct space_options, network), .builtin = "networks"},
    {.name = NULL}};

/* What the network's stages and convolutions are. */
static void describe(struct nax_space *space, const struct nax_network_file *file)
{
    space->layout = nax_network_file_layout(file);
    for (size_t s = 0; s < nax_network_file_n_slots(file); s++) {
        space->is_kernel_own[s] = nax_network_file_is_kernel_own(file, s);
        snprintf(space->slot_names[s], sizeof *space->slot_names, "%s",
                 nax_network_file_slot_name(file, s));
    }
    space->n_stages = nax_network_file_n_stages(file);
    for (size_t s = 0; s < space->n_stages; s++) {
        snprintf(space->stage_names[s], sizeof *space->stage_names, "%s",
                 nax_network_file_stage_name(file, s));
        space->width_own[s] = nax_network_file_width(file, s);
    }
}

/* The network with these widths is there; what it cannot skip no design of the space can. */
static int try_widths(const struct nax_space *space, const struct nax_network_file *file,
                      const int64_t *width, bool *can_skip, struct nax_err *err)
{
    struct nax_network_file *wide;
    char list[400] = "";
    int status = nax_network_file_widen(&wide, file, width, err);
    for (size_t s = 0, n = 0; status && s < space->n_stages && n < sizeof list - 32; s++)
        n += (size_t)snprintf(list + n, sizeof list - n, " %lld", (long long)width[s]);
    if (status == NAX_ERR_VALUE)
        nax_err_prefix(err, "space '%s' has no network of widths%s", space->name, list);
    if (status)
        return status;
    for (size_t s = 0; s < nax_network_file_n_slots(file); s++)
        can_skip[s] &= nax_network_file_can_skip(wide, s);
    nax_network_file_free(wide);
    return 0;
}

/* Shapes are between neighbours: all pairs of widths of two stages, those before them at their
 * least and those behind at their largest, which fit if anything does. */
static int try_all_widths(const struct nax_space *space, const struct nax_network_file *file,
                          bool *can_skip, struct nax_err *err)
{
    const size_t n = space->n_stages;
    int64_t width[NAX_SLOTS_MAX];
    const int64_t *choices[NAX_SLOTS_MAX];
    size_t n_choices[NAX_SLOTS_MAX];
    for (size_t s = 0; s < n; s++) {
        choices[s] = space->n_widths[s] ? space->widths[s] : &space->width_own[s];
        n_choices[s] = NAX_MAX(space->n_widths[s], 1);
        width[s] = choices[s][n_choices[s] - 1];
    }
    for (size_t s = 0; s < n; s++) {
        const size_t before = s ? s - 1 : s, n_before = s ? n_choices[before] : 1;
        for (size_t a = 0; a < n_before; a++)
            for (size_t b = 0; b < n_choices[s]; b++) {
                width[before] = choices[before][a];
                width[s] = choices[s][b];
                int status = try_widths(space, file, width, can_skip, err);
                if (status)
                    return status;
            }
        width[before] = choices[before][0];
        width[s] = choices[s][n_choices[s] - 1];
    }
    return 0;
}

static int bind(struct nax_space *space, const struct nax_network_file *file, struct nax_err *err)
{
    const size_t n_slots = nax_network_file_n_slots(file);
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    bool can_skip[NAX_NETWORK_SLOTS_MAX];
    for (size_t s = 0; s < n_slots; s++) {
        kernel[s] = nax_network_file_kernel(file, s);
        can_skip[s] = nax_network_file_can_skip(file, s);
    }
    describe(space, file);
    int status =
        space->n_stages_listed == space->n_stages ? try_all_widths(space, file, can_skip, err) : 0;
    return status ? status : nax_space_bind(space, n_slots, kernel, can_skip, err);
}

int space_load(struct nax_space *space, const struct space_options *options, struct nax_err *err)
{
    const char *network = options->network;
    struct nax_network_file *file;
    int status = nax_space_load(space, options->name, err);
    if (status)
        return status;
    if (network && strlen(network) >= sizeof space->network)
        return nax_err_set(err, NAX_ERR_VALUE, "name longer than 255 bytes: '%s'", network);
    if (network)
        memcpy(space->network, network, strlen(network) + 1);
    if ((status = nax_network_file_load(&file, space->network, err)))
        return status;
    status = bind(space, file, err);
    nax_network_file_free(file);
    return status;
}

int space_open(struct tool *tool, struct nax_space *space, const struct space_options *options,
               struct nax_err *err)
{
    int status = space_load(space, options, err);
    if (status)
        return status;
    provenance_config(tool, "spaces", options->name);
    provenance_config(tool, "networks", space->network);
    return 0;
}
