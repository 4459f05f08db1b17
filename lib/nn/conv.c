/* Convolutions by the engines that their directions are given to. */
#include "conv.h"

int nax_conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                   const struct conv_options *options, struct nax_err *err)
{
    struct conv_choice choice[CONV_DIRECTIONS], first = {NULL, NULL};
    struct conv_options all = *options;
    bool is_mixed = false;
    for (int d = 0; d < CONV_DIRECTIONS; d++) {
        if (!options->has[d])
            continue;
        int status =
            nax_conv_choose(layer, (enum conv_direction)d, options->is_bf16, &choice[d], err);
        if (status)
            return status;
        if (!first.engine)
            first = choice[d];
        is_mixed |= choice[d].engine != first.engine || choice[d].inner != first.inner;
    }
    all.inner = first.inner;
    all.choice = choice;
    return (is_mixed ? &nax_conv_engine_mixed : first.engine)->alloc(conv, layer, n, &all, err);
}

void nax_conv_free(struct conv *conv)
{
    if (conv)
        conv->engine->release(conv);
}
