/* Network files: whatever the text, loading ends, and what loads can be built or is refused. */
#include "nax/network.h"

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct nax_err err;
    struct nax_network_file *file;
    if (nax_network_file_load(&file, input_path(bytes, size), &err))
        return 0;
    struct nax_network *net;
    if (nax_network_build(&net, file, NULL, &err) == 0)
        nax_network_free(net);
    nax_network_file_free(file);
    return 0;
}
