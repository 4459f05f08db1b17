/* Network files: what loads can be built, with convolutions left out too, or is refused. */
#include "nax/network.h"

#include "input.h"

static void build(const struct nax_network_file *file, const int64_t *kernel)
{
    struct nax_err err;
    struct nax_network *net;
    if (nax_network_build(&net, file, kernel, &err))
        return;
    must(net->n_layers > 0 && net->n_layers <= NAX_NETWORK_LAYERS_MAX);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        must(layer->h_out && layer->w_out && layer->c_out && layer->c_in);
    }
    nax_network_free(net);
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_err err;
    struct nax_network_file *file;
    if (nax_network_file_load(&file, input_path(bytes, n), &err))
        return false;
    size_t n_slots = nax_network_file_n_slots(file);
    int64_t *kernel = calloc(n_slots + 1, sizeof *kernel);
    must(kernel != NULL);
    for (size_t s = 0; s < n_slots; s++)
        kernel[s] = nax_network_file_can_skip(file, s) ? 0 : nax_network_file_kernel(file, s);
    build(file, NULL);
    build(file, kernel);
    free(kernel);
    nax_network_file_free(file);
    return true;
}
