/* The table of fidelities, from floating point to every conversion made. */
#include "fidelities.h"
#include "conversions.h"

static const struct fidelity rows[] = {
    {.word = {NAX_FIDELITY_IDEAL, "ideal", "in floating point, no hardware", NULL, NULL}},
    {.word = {NAX_FIDELITY_QUANTIZED, "quantized",
              "fixed point in slices and streams, every conversion made, on arrays without wires",
              NULL, NULL},
     .parts = NAX_PART_WEIGHTS | NAX_PART_INPUTS | NAX_PART_CODES,
     .map = nax_mapped_layer_quantized},
    {.word = {NAX_FIDELITY_LINEAR, "linear", "the circuit of every array solved, no conversions",
              NULL, NULL},
     .parts = NAX_PART_WEIGHTS | NAX_PART_ARRAY,
     .map = nax_mapped_layer_linear,
     .has_effective = true},
    {.word = {NAX_FIDELITY_ADC, "adc",
              "linear, and a gain, an offset and noise of every column in place of its conversions",
              NULL, NULL},
     .parts = NAX_PART_WEIGHTS | NAX_PART_INPUTS | NAX_PART_ARRAY | NAX_PART_NOISE | NAX_PART_CODES,
     .map = nax_mapped_layer_full,
     .has_effective = true,
     .finish = nax_conversions_replace},
    {.word = {NAX_FIDELITY_FULL, "full", "solved circuits and every conversion: the slowest by far",
              NULL, NULL},
     .parts = NAX_PART_WEIGHTS | NAX_PART_INPUTS | NAX_PART_ARRAY | NAX_PART_NOISE | NAX_PART_CODES,
     .map = nax_mapped_layer_full}};
NAX_WORDS(nax_fidelity_words, rows, NAX_FIDELITY_COUNT);

const struct fidelity *nax_fidelity_row(enum nax_fidelity fidelity)
{
    return &rows[fidelity];
}

const char *nax_fidelity_name(enum nax_fidelity fidelity)
{
    return rows[fidelity].word.word;
}

unsigned nax_fidelity_parts(enum nax_fidelity fidelity)
{
    return rows[fidelity].parts;
}
