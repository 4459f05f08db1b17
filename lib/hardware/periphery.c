/* Laws of what surrounds the cells of an array besides its ADCs: how long a read takes, and what
 * DACs of several bits cost. */
#include "words.h"

#include <math.h>

static double constant_ns(const struct nax_hardware *h, double latency_ns, int64_t crossbar,
                          int adc_bits)
{
    (void)h, (void)crossbar, (void)adc_bits;
    return latency_ns;
}

static double linear_ns(const struct nax_hardware *h, double latency_ns, int64_t crossbar,
                        int adc_bits)
{
    (void)h, (void)adc_bits;
    return latency_ns * (double)crossbar / 128;
}

/* Elmore's delay at the far end of a word line, N (R_source + R_row (N − 1) / 2) C, and from there
 * along a bit line to its sink, times ln 2^(b + 1), when an exponential is within half an LSB of b
 * bits (W. C. Elmore, J. Appl. Phys. 19, 55, 1948). Cells conduct too little to load the wires. */
static double rc_ns(const struct nax_hardware *h, double latency_ns, int64_t crossbar, int adc_bits)
{
    (void)latency_ns;
    const struct nax_device *d = &h->device;
    double n = (double)crossbar;
    double ohm = n * (d->r_source_ohm + d->r_sink_ohm) +
                 n * (n - 1) / 2 * (d->r_wire_row_ohm + d->r_wire_col_ohm);
    return ohm * h->array.c_wire_ff * 1e-6 * log(2) * (adc_bits + 1);
}

static const struct nax_read_time_row read_times[] = {
    {{NAX_READ_TIME_CONSTANT, "constant", "the array's latency_ns, whatever the crossbar size",
      NULL, NULL},
     constant_ns},
    {{NAX_READ_TIME_LINEAR, "linear", "latency_ns at 128, in proportion to the crossbar size",
      "Ankit et al., ASPLOS 2019", NULL},
     linear_ns},
    {{NAX_READ_TIME_RC, "rc",
      "until the wires of a row and a column have settled to half an LSB of the ADC", "Elmore 1948",
      "array.c_wire_ff"},
     rc_ns},
};
NAX_WORDS(nax_read_time_words, read_times, NAX_READ_TIME_COUNT);

double nax_array_read_ns(const struct nax_hardware *hardware, double latency_ns, int64_t crossbar,
                         int adc_bits)
{
    return read_times[hardware->array.read_time].read_ns(hardware, latency_ns, crossbar, adc_bits);
}

static const struct nax_array_energy_row array_energies[] = {
    {{NAX_ARRAY_ENERGY_TABLE, "table", "energy_pj of the component of event array_read", NULL,
      NULL},
     .is_of_device = false},
    {{NAX_ARRAY_ENERGY_DEVICE, "device", "V^2 G t of its cells, on the average", NULL,
      "array.input_frac"},
     .is_of_device = true},
};
NAX_WORDS(nax_array_energy_words, array_energies, NAX_ARRAY_ENERGY_COUNT);

const struct nax_array_energy_row *nax_array_energy_row(const struct nax_hardware *hardware)
{
    return &array_energies[hardware->array.energy];
}

/* Of a digit of b bits, each 1 with probability p whatever the others are, over its largest,
 * 2^b - 1: E d^2 = p sum 4^i + p^2 ((2^b - 1)^2 - sum 4^i). */
static double mean_square_digit(double p, int bits)
{
    double largest = exp2(bits) - 1, squares = (exp2(2 * bits) - 1) / 3;
    return (p * squares + p * p * (largest * largest - squares)) / (largest * largest);
}

double nax_cells_read_pj(const struct nax_hardware *hardware, double read_ns, double n_weights,
                         double n_off)
{
    const struct nax_device *d = &hardware->device;
    double on = 1 / d->r_on_ohm, off = 1 / d->r_off_ohm;
    double siemens = n_weights * (off + hardware->array.level_frac * (on - off)) + n_off * off;
    double square = d->v_read_v * d->v_read_v *
                    mean_square_digit(hardware->array.input_frac, hardware->precision.stream_bits);
    return square * siemens * read_ns * 1e3; /* V^2 S ns = nJ */
}

static double one_element(int bits)
{
    (void)bits;
    return 1;
}

/* A binary-weighted array of b bits has 1, 2, … 2^(b − 1) unit elements, and its switching energy
 * goes with them (Saberi et al., IEEE TCAS-I 58, 1736, 2011, for capacitors). */
static double binary_weighted(int bits)
{
    return exp2(bits) - 1;
}

static const struct nax_dac_law_row dac_laws[] = {
    {{NAX_DAC_LAW_CONSTANT, "constant", "that of one bit for any bits", "Ankit et al., ASPLOS 2019",
      NULL},
     one_element},
    {{NAX_DAC_LAW_BINARY_WEIGHTED, "binary-weighted",
      "2^bits - 1 elements, each as large as a driver of one bit", "Saberi 2011", NULL},
     binary_weighted},
};
NAX_WORDS(nax_dac_law_words, dac_laws, NAX_DAC_LAW_COUNT);

double nax_dac_elements(const struct nax_hardware *hardware)
{
    return dac_laws[hardware->dac.law].n_elements(hardware->precision.stream_bits);
}
