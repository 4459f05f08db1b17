/* The tables of words that keys of a hardware file take. */
#ifndef NAX_LIB_HARDWARE_WORDS_H
#define NAX_LIB_HARDWARE_WORDS_H

#include "nax/hardware.h"

extern const struct nax_words nax_program_words, nax_drift_words,
    nax_read_noise_words;                        /* programming.c */
extern const struct nax_words nax_adc_law_words; /* adc.c */
extern const struct nax_words nax_read_time_words, nax_array_energy_words,
    nax_dac_law_words;                                           /* periphery.c */
extern const struct nax_words nax_unused_words, nax_signs_words, /* words.c */
    nax_input_signs_words, nax_adc_zero_words, nax_adc_range_words, nax_packing_words,
    nax_copies_words, nax_order_words, nax_leakage_words, nax_idle_words, nax_batch_norm_words,
    nax_windows_words, nax_level_words, nax_per_words, nax_event_words;

#endif
