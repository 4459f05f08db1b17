/* A hardware with other numbers of bits than its file says, and converters of its layers' own. */
#include "set.h"

#include <stdlib.h>
#include <string.h>

static void take(struct nax_adc_layer *layer, const struct nax_converters *converters)
{
    if (converters->range_frac > 0) {
        layer->range = NAX_ADC_RANGE_FRACTION;
        layer->range_frac = converters->range_frac;
    }
    if (converters->bits)
        layer->bits = converters->bits;
}

static void take_bits(int *to, int bits)
{
    if (bits)
        *to = bits;
}

static int set_bits(struct nax_precision *p, const struct nax_precision *bits,
                    const struct nax_hardware *hardware, struct nax_err *err)
{
    const char *path = hardware->path;
    take_bits(&p->weight_bits, bits->weight_bits);
    take_bits(&p->input_bits, bits->input_bits);
    take_bits(&p->slice_bits, bits->slice_bits);
    take_bits(&p->stream_bits, bits->stream_bits);
    if (p->slice_bits > p->weight_bits)
        return nax_err_set(err, NAX_ERR_VALUE, "slice_bits %d is more than weight_bits %d: '%s'",
                           p->slice_bits, p->weight_bits, path);
    if (p->weight_bits == 1 && nax_signs_row(hardware)->is_offset)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "signs by an offset take weight_bits of 2 and more, not 1: '%s'", path);
    if (p->stream_bits > p->input_bits)
        return nax_err_set(err, NAX_ERR_VALUE, "stream_bits %d is more than input_bits %d: '%s'",
                           p->stream_bits, p->input_bits, path);
    return 0;
}

int nax_hardware_convert(struct nax_hardware **with, const struct nax_hardware *hardware,
                         const struct nax_precision *bits, const struct nax_converters *converters,
                         size_t n, struct nax_err *err)
{
    struct nax_precision precision = hardware->precision;
    int status = bits ? set_bits(&precision, bits, hardware, err) : 0;
    if (status)
        return status;
    const size_t n_before = hardware->adc.n_layers;
    struct nax_hardware *h = nax_calloc(1, sizeof *h);
    struct nax_adc_layer *all = nax_calloc(n_before + n + 1, sizeof *all);
    if (!h || !all) {
        free(h);
        free(all);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", hardware->path);
    }
    *h = *hardware;
    h->precision = precision;
    h->adc.layers = all;
    if (n_before)
        memcpy(all, hardware->adc.layers, n_before * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < h->adc.n_layers && strcmp(all[at].name, converters[i].name) != 0)
            at++;
        if (at == h->adc.n_layers) {
            h->adc.n_layers++;
            all[at] = (struct nax_adc_layer){.range = NAX_ADC_RANGE_COUNT};
            memcpy(all[at].name, converters[i].name, sizeof all[at].name);
        }
        take(&all[at], &converters[i]);
    }
    nax_hardware_sort_layers(h);
    *with = h;
    return 0;
}

void nax_hardware_convert_free(struct nax_hardware *with)
{
    if (with)
        free(with->adc.layers);
    free(with);
}
