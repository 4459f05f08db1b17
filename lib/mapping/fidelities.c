/* The table of fidelities, from floating point to every conversion made. */
#include "fidelities.h"
#include "conversions.h"

#include <string.h>

static const struct fidelity rows[NAX_FIDELITY_COUNT] = {
    [NAX_FIDELITY_IDEAL] = {.word = "ideal", .meaning = "floating point, no hardware"},
    [NAX_FIDELITY_QUANTIZED] = {.word = "quantized",
                                .meaning = "fixed point, slices, streams, ADCs; ideal arrays",
                                .map = nax_mapped_layer_quantized},
    [NAX_FIDELITY_LINEAR] = {.word = "linear",
                             .meaning = "solved arrays as effective weights, no ADCs",
                             .map = nax_mapped_layer_linear,
                             .has_effective = true},
    [NAX_FIDELITY_ADC] = {.word = "adc",
                          .meaning = "linear, and the gain, offset and noise of conversions",
                          .map = nax_mapped_layer_full,
                          .has_effective = true,
                          .finish = nax_conversions_replace},
    [NAX_FIDELITY_FULL] = {.word = "full",
                           .meaning = "solved arrays, every conversion made",
                           .map = nax_mapped_layer_full},
};

const struct fidelity *nax_fidelity_row(enum nax_fidelity fidelity)
{
    return &rows[fidelity];
}

const char *nax_fidelity_name(enum nax_fidelity fidelity)
{
    return rows[fidelity].word;
}

const char *nax_fidelity_meaning(enum nax_fidelity fidelity)
{
    return rows[fidelity].meaning;
}

enum nax_fidelity nax_fidelity_parse(const char *name)
{
    int f = 0;
    while (f < NAX_FIDELITY_COUNT && strcmp(name, rows[f].word))
        f++;
    return (enum nax_fidelity)f;
}
