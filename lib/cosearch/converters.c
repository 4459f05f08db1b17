/* The converters that a design asks for, on a hardware. */
#include "nax/cosearch.h"

#include <string.h>

int nax_adcs_of(struct nax_hardware **own, const struct nax_candidate *c,
                const struct nax_network *net, const struct nax_hardware *hardware,
                struct nax_err *err)
{
    struct nax_converters all[NAX_NETWORK_LAYERS_MAX];
    size_t n = 0;
    *own = NULL;
    if (!c->has_adc_bits && !c->has_adc_range)
        return 0;
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
    return nax_hardware_convert(own, hardware, all, n, err);
}
