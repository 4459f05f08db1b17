/* The table of fidelities, from floating point to every conversion made. */
#include "fidelities.h"
#include "conversions.h"

static const struct fidelity rows[NAX_FIDELITY_COUNT] = {
    [NAX_FIDELITY_IDEAL] = {.word = "ideal", .meaning = "in floating point, no hardware"},
    [NAX_FIDELITY_QUANTIZED] = {.word = "quantized",
                                .meaning = "fixed point in slices and streams, every conversion "
                                           "made, on arrays without wires",
                                .map = nax_mapped_layer_quantized},
    [NAX_FIDELITY_LINEAR] = {.word = "linear",
                             .meaning = "the circuit of every array solved, no conversions",
                             .map = nax_mapped_layer_linear,
                             .has_effective = true},
    [NAX_FIDELITY_ADC] = {.word = "adc",
                          .meaning = "linear, and a gain, an offset and noise of every column in "
                                     "place of its conversions",
                          .map = nax_mapped_layer_full,
                          .has_effective = true,
                          .finish = nax_conversions_replace},
    [NAX_FIDELITY_FULL] = {.word = "full",
                           .meaning = "solved circuits and every conversion: the slowest by far",
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
