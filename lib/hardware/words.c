/* Tables of what a hardware file chooses among, besides laws: words, and what follows from each. */
#include "words.h"

#include <string.h>

#define NONE NULL, NULL /* not published; needs nothing */

static const struct nax_unused_row unused_rows[] = {
    {{NAX_UNUSED_OFF, "off", "at G_off, their word lines grounded", NONE}, .is_open = false},
    {{NAX_UNUSED_OPEN, "open", "absent", NONE}, .is_open = true},
};
NAX_WORDS(nax_unused_words, unused_rows, NAX_UNUSED_COUNT);

const struct nax_unused_row *nax_unused_row(const struct nax_hardware *hardware)
{
    return &unused_rows[hardware->unused];
}

static const struct nax_signs_row signs_rows[] = {
    {{NAX_SIGNS_DIFFERENTIAL, "differential",
      "positive and negative weights in arrays of their own, converted apart",
      "Ankit et al., ASPLOS 2019", NULL},
     .n_arrays = 2},
    {{NAX_SIGNS_DIFFERENTIAL_ANALOG, "differential-analog",
      "the same, but the difference of the currents is converted", NONE},
     .n_arrays = 2,
     .is_difference = true},
    {{NAX_SIGNS_OFFSET, "offset", "weights are shifted to be positive", "Shafiee et al., ISCA 2016",
      NULL},
     .n_arrays = 1,
     .is_offset = true},
};
NAX_WORDS(nax_signs_words, signs_rows, NAX_SIGNS_COUNT);

const struct nax_signs_row *nax_signs_row(const struct nax_hardware *hardware)
{
    return &signs_rows[hardware->signs];
}

static const struct nax_input_signs_row input_signs_rows[] = {
    {{NAX_INPUT_SIGNS_TWOS_COMPLEMENT, "twos-complement",
      "the top stream is the sign bit, alone, and is subtracted", "Shafiee et al., ISCA 2016",
      NULL},
     .n_passes = 1},
    {{NAX_INPUT_SIGNS_TWO_PASSES, "two-passes",
      "their positive part goes first, then their negative part, and outputs are subtracted", NONE},
     .n_passes = 2},
};
NAX_WORDS(nax_input_signs_words, input_signs_rows, NAX_INPUT_SIGNS_COUNT);

const struct nax_input_signs_row *nax_input_signs_row(const struct nax_hardware *hardware)
{
    return &input_signs_rows[hardware->input_signs];
}

static const struct nax_adc_zero_row zero_rows[] = {
    {{NAX_ADC_ZERO_REFERENCE, "reference", "that of one more column of such cells in each array",
      NONE},
     .has_column = true},
    {{NAX_ADC_ZERO_DIGITAL, "digital", "the ideal value, after conversion", NONE},
     .has_column = false},
    {{NAX_ADC_ZERO_SIGNED, "signed", "the same, with a signed ADC", NONE}, .is_signed = true},
};
NAX_WORDS(nax_adc_zero_words, zero_rows, NAX_ADC_ZERO_COUNT);

const struct nax_adc_zero_row *nax_adc_zero_row(const struct nax_hardware *hardware)
{
    return &zero_rows[hardware->adc.zero];
}

static const struct nax_adc_range_row range_rows[] = {
    {{NAX_ADC_RANGE_IDEAL, "ideal", "the current of one level of a cell on perfect wires", NONE},
     .gives_back = false},
    {{NAX_ADC_RANGE_CALIBRATED, "calibrated",
      "as much smaller as wires make the currents of a layer's arrays", NONE},
     .gives_back = true},
    {{NAX_ADC_RANGE_PERCENTILE, "percentile",
      "of a full scale that is a quantile of the layer's currents on training images", NONE},
     .gives_back = true,
     .is_full_scale = true,
     .is_measured = true,
     .frac = 0.999},
    {{NAX_ADC_RANGE_LEAST_ERROR, "least-error",
      "of the full scale by which the layer's products on training images err least", NONE},
     .gives_back = true,
     .is_full_scale = true,
     .is_measured = true},
    {{NAX_ADC_RANGE_FRACTION, "fraction",
      "of a full scale that is a part of the largest current of N ideal cells", NONE},
     .is_full_scale = true,
     .frac = 1},
};
NAX_WORDS(nax_adc_range_words, range_rows, NAX_ADC_RANGE_COUNT);

const struct nax_adc_range_row *nax_adc_range_row(const struct nax_layer_adc *adc)
{
    return &range_rows[adc->range];
}

struct nax_layer_adc nax_layer_adc_of(const struct nax_hardware *hardware, const char *layer)
{
    const struct nax_adc *all = &hardware->adc;
    struct nax_layer_adc adc = {all->range, all->range_frac, all->bits};
    for (size_t i = 0; i < all->n_layers; i++) {
        const struct nax_adc_layer *own = &all->layers[i];
        if (strcmp(own->name, layer))
            continue;
        if (own->range != NAX_ADC_RANGE_COUNT)
            adc = (struct nax_layer_adc){own->range, 0, adc.bits};
        if (own->range_frac > 0)
            adc.range_frac = own->range_frac;
        if (own->bits)
            adc.bits = own->bits;
    }
    const struct nax_adc_range_row *row = nax_adc_range_row(&adc);
    if (!(adc.range_frac > 0) || !(row->frac > 0))
        adc.range_frac = row->frac;
    return adc;
}

static const struct nax_packing_row packing_rows[] = {
    {{NAX_PACKING_SHARED, "shared",
      "units of one size fill cores, layer after layer, and cores of any size fill tiles", NONE},
     .shares_cores = true,
     .shares_tiles = true},
    {{NAX_PACKING_LAYER_CORES, "layer-cores", "each layer has cores of its own", NONE},
     .shares_tiles = true},
    {{NAX_PACKING_LAYER_TILES, "layer-tiles", "each layer has tiles of its own", NONE},
     .shares_tiles = false},
};
NAX_WORDS(nax_packing_words, packing_rows, NAX_PACKING_COUNT);

const struct nax_packing_row *nax_packing_row(const struct nax_hardware *hardware)
{
    return &packing_rows[hardware->hierarchy.packing];
}

static const struct nax_copies_row copies_rows[] = {
    {{NAX_COPIES_MOST, "most", "as many as the area holds", NONE}, .is_least_edap = false},
    {{NAX_COPIES_LEAST_EDAP, "least-edap", "as many of these as give the least EDAP", NONE},
     .is_least_edap = true},
};
NAX_WORDS(nax_copies_words, copies_rows, NAX_COPIES_COUNT);

const struct nax_copies_row *nax_copies_row(const struct nax_hardware *hardware)
{
    return &copies_rows[hardware->hierarchy.copies];
}

static const struct nax_order_row order_rows[] = {
    {{NAX_ORDER_SEQUENTIAL, "sequential", "layers run one after the other", NONE},
     .is_pipelined = false},
    {{NAX_ORDER_PIPELINED, "pipelined", "they overlap", "Shafiee et al., ISCA 2016", NULL},
     .is_pipelined = true},
};
NAX_WORDS(nax_order_words, order_rows, NAX_ORDER_COUNT);

const struct nax_order_row *nax_order_row(const struct nax_hardware *hardware)
{
    return &order_rows[hardware->timing.schedule];
}

static const struct nax_leakage_row leakage_rows[] = {
    {{NAX_LEAKAGE_WORKING, "working",
      "a layer's part of the chip while the layer works, what no layer fills never",
      "Ankit et al., ASPLOS 2019; Negi et al., DAC 2022", NULL},
     .is_gated = true},
    {{NAX_LEAKAGE_ALWAYS, "always", "all that is built, from one image to the next", NONE},
     .is_gated = false},
};
NAX_WORDS(nax_leakage_words, leakage_rows, NAX_LEAKAGE_COUNT);

const struct nax_leakage_row *nax_leakage_row(const struct nax_hardware *hardware)
{
    return &leakage_rows[hardware->timing.leakage];
}

static const struct nax_idle_row idle_rows[] = {
    {{NAX_IDLE_PAID, "paid", "they work like the others", "Ankit et al., ASPLOS 2019", NULL},
     .is_gated = false},
    {{NAX_IDLE_GATED, "gated", "they cost no event", NONE}, .is_gated = true},
};
NAX_WORDS(nax_idle_words, idle_rows, NAX_IDLE_COUNT);

const struct nax_idle_row *nax_idle_row(const struct nax_hardware *hardware)
{
    return &idle_rows[hardware->counting.idle];
}

static const struct nax_batch_norm_row batch_norm_rows[] = {
    {{NAX_BATCH_NORM_FOLDED, "folded", "its scale is in the weights, one sum a value is left",
      NONE},
     .n_ops = 1},
    {{NAX_BATCH_NORM_SEPARATE, "separate", "one product and one sum", NONE}, .n_ops = 2},
};
NAX_WORDS(nax_batch_norm_words, batch_norm_rows, NAX_BATCH_NORM_COUNT);

const struct nax_batch_norm_row *nax_batch_norm_row(const struct nax_hardware *hardware)
{
    return &batch_norm_rows[hardware->counting.batch_norm];
}

static const struct nax_windows_row windows_rows[] = {
    {{NAX_WINDOWS_KEPT, "kept", "in the core", "Ankit et al., ASPLOS 2019", NULL}, .is_kept = true},
    {{NAX_WINDOWS_RELOADED, "reloaded", "from the eDRAM", NONE}, .is_kept = false},
};
NAX_WORDS(nax_windows_words, windows_rows, NAX_WINDOWS_COUNT);

const struct nax_windows_row *nax_windows_row(const struct nax_hardware *hardware)
{
    return &windows_rows[hardware->counting.windows];
}

/* --- of components --- */

static const struct nax_word level_rows[] = {
    {NAX_LEVEL_ARRAY, "array", "one crossbar", NONE},
    {NAX_LEVEL_UNIT, "unit", "the arrays of all slices and signs", NONE},
    {NAX_LEVEL_CORE, "core", "units", NONE},
    {NAX_LEVEL_TILE, "tile", "cores", NONE},
    {NAX_LEVEL_NODE, "node", "tiles", NONE},
};
NAX_WORDS(nax_level_words, level_rows, NAX_LEVEL_COUNT);

static const struct nax_word per_rows[] = {
    {NAX_PER_ONE, "one", "by itself", NONE},
    {NAX_PER_ROW, "row", "", NONE},
    {NAX_PER_COL, "col", "", NONE},
    {NAX_PER_CELL, "cell", "", NONE},
};
NAX_WORDS(nax_per_words, per_rows, NAX_PER_COUNT);

static const struct nax_word event_rows[] = {
    {NAX_EVENT_NONE, "none", "never", NONE},
    {NAX_EVENT_ARRAY_READ, "array_read", "one array for one input stream", NONE},
    {NAX_EVENT_DAC, "dac", "one row of a unit for one stream", NONE},
    {NAX_EVENT_CONVERSION, "conversion", "one column of one array for one stream", NONE},
    {NAX_EVENT_SHIFT_ADD, "shift_add", "one number shifted and added", NONE},
    {NAX_EVENT_INPUT_READ, "input_read", "one stream's bits of all rows of a unit", NONE},
    {NAX_EVENT_INPUT_WRITE, "input_write", "one number written to an input register", NONE},
    {NAX_EVENT_OUTPUT_ACCESS, "output_access",
     "one number read from or written to an output register", NONE},
    {NAX_EVENT_ALU, "alu", "one operation on one number", NONE},
    {NAX_EVENT_ACTIVATION, "activation", "one number through an activation function", NONE},
    {NAX_EVENT_DATA_MEMORY, "data_memory", "one number read or written", NONE},
    {NAX_EVENT_CORE_INSTRUCTION, "core_instruction", "one instruction of a core fetched", NONE},
    {NAX_EVENT_CORE_CYCLE, "core_cycle", "one clock cycle of a core at work", NONE},
    {NAX_EVENT_EDRAM, "edram", "edram_bits read or written", NONE},
    {NAX_EVENT_BUS, "bus", "bus_bits between eDRAM and cores", NONE},
    {NAX_EVENT_RECEIVE, "receive", "edram_bits from another tile", NONE},
    {NAX_EVENT_COUNTER, "counter", "one access to the counters that tell which data are valid",
     NONE},
    {NAX_EVENT_TILE_INSTRUCTION, "tile_instruction", "one instruction of a tile fetched", NONE},
    {NAX_EVENT_TILE_CYCLE, "tile_cycle", "one clock cycle of a tile at work", NONE},
    {NAX_EVENT_NOC, "noc", "one flit through one router", NONE},
    {NAX_EVENT_LINK, "link", "one bit into or out of the chip", NONE},
};
NAX_WORDS(nax_event_words, event_rows, NAX_EVENT_COUNT);

const char *nax_level_name(enum nax_level level)
{
    return level_rows[level].word;
}

const char *nax_event_name(enum nax_event event)
{
    return event_rows[event].word;
}

bool nax_event_is_stage(enum nax_event event)
{
    return event == NAX_EVENT_DAC || event == NAX_EVENT_ARRAY_READ ||
           event == NAX_EVENT_CONVERSION || event == NAX_EVENT_SHIFT_ADD;
}
