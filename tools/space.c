/* A space of designs, bound to its network. */
#include "space.h"

#include <string.h>

#include "nax/network.h"

const struct nax_option space_rows[] = {
    {"space", "NAME", "space of designs", NAX_OPTION_FIELD(struct space_options, name),
     .text = "cifar10", .builtin = "spaces"},
    {"network", "NAME", "network instead of the space's",
     NAX_OPTION_FIELD(struct space_options, network), .builtin = "networks"},
    {.name = NULL}};

int space_load(struct nax_space *space, const struct space_options *options, struct nax_err *err)
{
    const char *network = options->network;
    struct nax_network_file *file;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    bool can_skip[NAX_NETWORK_SLOTS_MAX];
    int status = nax_space_load(space, options->name, err);
    if (status)
        return status;
    if (network && strlen(network) >= sizeof space->network)
        return nax_err_set(err, NAX_ERR_VALUE, "name longer than 255 bytes: '%s'", network);
    if (network)
        memcpy(space->network, network, strlen(network) + 1);
    if ((status = nax_network_file_load(&file, space->network, err)))
        return status;
    size_t n_slots = nax_network_file_n_slots(file);
    space->layout = nax_network_file_layout(file);
    for (size_t s = 0; s < n_slots; s++) {
        kernel[s] = nax_network_file_kernel(file, s);
        can_skip[s] = nax_network_file_can_skip(file, s);
        memcpy(space->slot_names[s], nax_network_file_slot_name(file, s),
               strlen(nax_network_file_slot_name(file, s)) + 1);
    }
    nax_network_file_free(file);
    return nax_space_bind(space, n_slots, kernel, can_skip, err);
}
