/* The hardware description: one YAML file with devices, converters, precision and component tables.
 *
 * Pure data: the rooms crossbar, mapping and cost each read the part that they need. The manual
 * page nax-hardware(5) is the reference; constants carry their sources in the files under
 * examples/hardware.
 */
#ifndef NAX_HARDWARE_H
#define NAX_HARDWARE_H

#include "nax/base.h"

/* Number formats of weights and inputs, and how they are cut up. */
struct nax_precision {
    int weight_bits, weight_fraction_bits; /* magnitude bits of a weight; fraction bits where scales
                                              are powers of two */
    int input_bits, input_fraction_bits;
    int slice_bits;  /* weight bits in a cell */
    int stream_bits; /* input bits in a voltage */
};

enum nax_unused { NAX_UNUSED_OFF, NAX_UNUSED_OPEN };
enum nax_signs { NAX_SIGNS_DIFFERENTIAL, NAX_SIGNS_DIFFERENTIAL_ANALOG, NAX_SIGNS_OFFSET };
enum nax_adc_zero { NAX_ADC_ZERO_REFERENCE, NAX_ADC_ZERO_DIGITAL, NAX_ADC_ZERO_SIGNED };

/* Cells and wires of an array. */
struct nax_device {
    double r_on_ohm, r_off_ohm;
    double v_read_v;
    double r_wire_row_ohm, r_wire_col_ohm; /* of one cell's segment */
    double r_source_ohm, r_sink_ohm;
    double v0_v; /* I = G v0 sinh(V/v0); 0: linear */
};

#endif
