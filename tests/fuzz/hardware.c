/* Hardware files: what loads is described, and is the same when it is made of its description. */
#include "described.h"

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_err err;
    struct nax_hardware *hardware;
    const char *path = input_path(bytes, n);
    if (nax_hardware_load(&hardware, path, &err))
        return false;
    must_be_as_described(hardware, path);
    nax_hardware_free(hardware);
    return true;
}
