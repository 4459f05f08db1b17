/* The bits and converters that a design asks for, on a hardware. */
#include "nax/cosearch.h"

#include <string.h>

/* Of the design's layers; how many there are. all: [n_layers]. */
static size_t list_converters(struct nax_converters *all, const struct nax_candidate *c,
                              const struct nax_network *net)
{
    size_t n = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        const int slot = nax_network_slot_of(net, l);
        if (slot < 0 || (layer->slot < 0 && c->crossbar_fixed)) /* whose unit is fixed */
            continue;
        struct nax_converters *layers_own = &all[n++];
        *layers_own =
            (struct nax_converters){.bits = c->has_adc_bits ? (int)c->adc_bits[slot] : 0,
                                    .range_frac = c->has_adc_range ? c->adc_range[slot] : 0};
        memcpy(layers_own->name, layer->name, sizeof layers_own->name);
    }
    return n;
}

struct nax_precision nax_bits_of(const struct nax_candidate *c)
{
    return (struct nax_precision){.weight_bits = (int)c->bits[NAX_BITS_WEIGHT],
                                  .input_bits = (int)c->bits[NAX_BITS_INPUT],
                                  .slice_bits = (int)c->bits[NAX_BITS_SLICE]};
}

int nax_hardware_of(struct nax_hardware **own, const struct nax_candidate *c,
                    const struct nax_network *net, const struct nax_hardware *hardware,
                    struct nax_err *err)
{
    struct nax_converters all[NAX_NETWORK_LAYERS_MAX];
    const struct nax_precision bits = nax_bits_of(c);
    const bool has_converters = c->has_adc_bits || c->has_adc_range;
    *own = NULL;
    if (!has_converters && !nax_candidate_has_bits(c))
        return 0;
    const size_t n = has_converters ? list_converters(all, c, net) : 0;
    return nax_hardware_convert(own, hardware, &bits, all, n, err);
}
