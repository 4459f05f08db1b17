/* The hardware description: one YAML file with devices, converters, precision and component tables,
 * and the laws that it names.
 *
 * The rooms crossbar, mapping and cost each read the part that they need. The manual page
 * nax-hardware(5) is the reference; constants carry their sources in the files under
 * examples/hardware.
 *
 * A value that is one of a few words is an enum whose values are rows of a table: the word, and
 * what the others need to know of it. They ask the row and never compare with a value, so that
 * another row is all that another law takes.
 */
#ifndef NAX_HARDWARE_H
#define NAX_HARDWARE_H

#include <stdio.h>

#include "nax/identity.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nax_hardware;

/* Number formats of weights and inputs, and how they are cut up. */
struct nax_precision {
    int weight_bits; /* of a weight's magnitude */
    int input_bits;
    int slice_bits;  /* weight bits in a cell */
    int stream_bits; /* input bits in a voltage */
};

/* --- cells and wires --- */

/* How far programmed cells are off their targets. Published laws hold up to a largest conductance;
 * cells of a device with another are scaled to it in proportion. */
enum nax_program_error {
    NAX_PROGRAM_EXACT,
    NAX_PROGRAM_NORMAL,    /* deviation error_frac of G_on */
    NAX_PROGRAM_LOGNORMAL, /* deviation error_frac of ln G, median on target */
    NAX_PROGRAM_PCM,       /* phase-change cells, Joshi et al. 2020; up to 25 uS */
    NAX_PROGRAM_RRAM_MILO, /* filamentary cells, Milo et al. 2021; up to 225 uS */
    NAX_PROGRAM_RRAM_WAN,  /* filamentary cells, Wan et al. 2022; up to 39.26 uS */
    NAX_PROGRAM_MEASURED,  /* deviations drawn from a table of measured cells */
    NAX_PROGRAM_COUNT
};

enum nax_drift {
    NAX_DRIFT_NONE,
    NAX_DRIFT_POWER, /* G (t / drift_start_seconds)^-nu, nu normal: drift_nu, drift_nu_sd */
    NAX_DRIFT_PCM,   /* the same from 20 s, nu of each cell by its target: Joshi et al. 2020 */
    NAX_DRIFT_COUNT
};

/* How far a cell's conductance strays between one read and the next. */
enum nax_read_noise {
    NAX_READ_NOISE_FRACTION, /* deviation read_noise_frac of itself */
    NAX_READ_NOISE_PCM,      /* phase-change cells, Joshi et al. 2020; up to 25 uS */
    NAX_READ_NOISE_RRAM_CMO, /* filamentary cells, Lombardo et al. 2024; 9 to 88.2 uS */
    NAX_READ_NOISE_COUNT
};

/* Deviations of measured cells, by target conductance. */
struct nax_cells;

/* What keeps a chip from holding the conductances that it was given. Zeros: nothing. */
struct nax_programming {
    enum nax_program_error error;
    double error_frac;
    double range_siemens;    /* conductance of the law that G_on stands for; 0: the law's largest */
    char table[256];         /* of measured cells: a file */
    struct nax_cells *cells; /* read from it, where error is measured; the hardware frees them */
    int levels;              /* that a cell can be programmed to, G_off … G_on; 0: any */
    double stuck_on_frac, stuck_off_frac; /* of the cells */
    enum nax_drift drift;
    double drift_nu, drift_nu_sd, drift_start_seconds, time_seconds; /* time since programming */
    enum nax_read_noise read_noise;
    double read_noise_frac;
};

/* Cells and wires of an array. */
struct nax_device {
    double r_on_ohm, r_off_ohm;
    double v_read_v;
    double r_wire_row_ohm, r_wire_col_ohm; /* of one cell's segment */
    double r_source_ohm, r_sink_ohm;
    double v0_v; /* I = G v0 sinh(V/v0); 0: linear */
    struct nax_programming programming;
};

struct nax_program_law {
    struct nax_word word;
    /* What a cell holds that was to hold target siemens and whose error is at quantile p, 0 to 1,
     * of the law; it may be negative. NULL: the target. */
    double (*held_siemens)(const struct nax_device *device, double target, double p);
};
const struct nax_program_law *nax_program_law(const struct nax_device *device);

struct nax_drift_law {
    struct nax_word word;
    /* Part of a conductance that is left at time_seconds, of a cell that was to hold target siemens
     * and whose exponent is `normal` deviations off its mean. NULL: all. */
    double (*left_frac)(const struct nax_device *device, double target, double normal);
};
const struct nax_drift_law *nax_drift_law(const struct nax_device *device);

struct nax_read_noise_law {
    struct nax_word word;
    /* Deviation, in siemens, of a read at time_seconds of a cell that holds held siemens and was to
     * hold target siemens; both above 0. */
    double (*sd_siemens)(const struct nax_device *device, double target, double held);
};
const struct nax_read_noise_law *nax_read_noise_law(const struct nax_device *device);
/* Whether every read finds the same. */
bool nax_reads_exactly(const struct nax_device *device);
/* The device without read noise. */
void nax_device_silence(struct nax_device *device);

/* Whether every chip holds exactly its targets. */
bool nax_programs_exactly(const struct nax_device *device);

/* Conductance of level 0 … 2^slice_bits - 1: G_off and G_on at the ends, evenly between. */
double nax_level_siemens(const struct nax_device *device, int slice_bits, int level);
/* The conductance nearest to target that a cell can be programmed to. */
double nax_programmable_siemens(const struct nax_device *device, double target);

/* Reads the RRAM relaxation data of A. Levy et al. (tab-separated: address, time, resistance,
 * conductance, target, range, nominal time) and calls take for every cell measured at this nominal
 * time; a status that it returns ends the import. */
int nax_cells_import(FILE *file, const char *subject, double seconds,
                     int (*take)(void *self, double target, double g, struct nax_err *err),
                     void *self, struct nax_err *err) NAX_MUST_USE;

/* --- arrays --- */

/* Cells of an array that hold no weight. */
enum nax_unused { NAX_UNUSED_OFF, NAX_UNUSED_OPEN, NAX_UNUSED_COUNT };

struct nax_unused_row {
    struct nax_word word;
    bool is_open; /* absent, not at G_off */
};
const struct nax_unused_row *nax_unused_row(const struct nax_hardware *hardware);

/* How long the read of an array takes. */
enum nax_read_time {
    NAX_READ_TIME_CONSTANT,
    NAX_READ_TIME_LINEAR, /* in proportion to the crossbar size */
    NAX_READ_TIME_RC,     /* until its wires have settled */
    NAX_READ_TIME_COUNT
};

/* What the cells of an array take for a read. */
enum nax_array_energy {
    NAX_ARRAY_ENERGY_TABLE,  /* that of the component */
    NAX_ARRAY_ENERGY_DEVICE, /* V^2 G t, on the average */
    NAX_ARRAY_ENERGY_COUNT
};

struct nax_array_laws {
    enum nax_read_time read_time;
    double c_wire_ff; /* of one cell's segment of a wire, with the cell: read_time rc */
    enum nax_array_energy energy;
    double
        level_frac; /* mean level of the cells that hold weights, of the highest: energy device */
    double input_frac; /* of the bits of streamed inputs, those that are 1 */
};

struct nax_array_energy_row {
    struct nax_word word;
    bool is_of_device;
};
const struct nax_array_energy_row *nax_array_energy_row(const struct nax_hardware *hardware);
/* Energy of a read of read_ns, on whose driven word lines n_weights cells hold weights
 * and n_off cells are at G_off: mean square voltage times conductances times the time, without what
 * wires take back. */
double nax_cells_read_pj(const struct nax_hardware *hardware, double read_ns, double n_weights,
                         double n_off);

struct nax_read_time_row {
    struct nax_word word;
    double (*read_ns)(const struct nax_hardware *hardware, double latency_ns, int64_t crossbar,
                      int adc_bits);
};
/* Time of one read by the array's law: latency_ns of the component of event array_read; adc_bits of
 * what converts its currents. */
double nax_array_read_ns(const struct nax_hardware *hardware, double latency_ns, int64_t crossbar,
                         int adc_bits);

/* How arrays hold negative weights. */
enum nax_signs {
    NAX_SIGNS_DIFFERENTIAL,
    NAX_SIGNS_DIFFERENTIAL_ANALOG,
    NAX_SIGNS_OFFSET,
    NAX_SIGNS_COUNT
};

struct nax_signs_row {
    struct nax_word word;
    int n_arrays;       /* for a slice: W+ and W-, or one */
    bool is_difference; /* the ADC converts the difference of the two arrays' currents */
    bool is_offset;     /* weights are shifted to be positive */
};
const struct nax_signs_row *nax_signs_row(const struct nax_hardware *hardware);

/* How bit streams carry inputs that may be negative. */
enum nax_input_signs {
    NAX_INPUT_SIGNS_TWOS_COMPLEMENT,
    NAX_INPUT_SIGNS_TWO_PASSES,
    NAX_INPUT_SIGNS_COUNT
};

struct nax_input_signs_row {
    struct nax_word word;
    int n_passes; /* of all streams: of the magnitudes of one sign each, or of both in one, whose
                     top stream is the sign bit */
};
const struct nax_input_signs_row *nax_input_signs_row(const struct nax_hardware *hardware);

/* --- converters --- */

/* How a DAC's energy and area follow from its bits, those of a stream. */
enum nax_dac_law {
    NAX_DAC_LAW_CONSTANT,
    NAX_DAC_LAW_BINARY_WEIGHTED, /* with 2^bits - 1 */
    NAX_DAC_LAW_COUNT
};

struct nax_dac {
    enum nax_dac_law law;
};

struct nax_dac_law_row {
    struct nax_word word;
    double (*n_elements)(int bits);
};
/* Drivers of one bit that a DAC counts for in energy, leakage and area. */
double nax_dac_elements(const struct nax_hardware *hardware);

/* What is subtracted for the current of cells at G_off. */
enum nax_adc_zero {
    NAX_ADC_ZERO_REFERENCE,
    NAX_ADC_ZERO_DIGITAL,
    NAX_ADC_ZERO_SIGNED,
    NAX_ADC_ZERO_COUNT
};

struct nax_adc_zero_row {
    struct nax_word word;
    bool has_column; /* one more of G_off cells in each array, whose current it is */
    bool is_signed;  /* the ADC has one more bit, for the sign */
};
const struct nax_adc_zero_row *nax_adc_zero_row(const struct nax_hardware *hardware);

/* What current the ADC's LSB is of: of one level of a cell, or of a full scale that all its codes
 * divide among them: full scale / 2^bits, and where the ADC is signed, from minus to plus full
 * scale, twice that. The last code stands for all beyond it. */
enum nax_adc_range {
    NAX_ADC_RANGE_IDEAL,       /* one level of a cell on perfect wires */
    NAX_ADC_RANGE_CALIBRATED,  /* as much smaller as wires make the currents of a layer's arrays */
    NAX_ADC_RANGE_PERCENTILE,  /* full scale: a quantile of the layer's currents */
    NAX_ADC_RANGE_LEAST_ERROR, /* full scale: what errs least in the layer's products */
    NAX_ADC_RANGE_FRACTION,    /* full scale: a part of the largest current of ideal cells */
    NAX_ADC_RANGE_COUNT
};

struct nax_adc_range_row {
    struct nax_word word;
    bool gives_back;    /* what wires take from all cells alike, by least squares over them */
    bool is_full_scale; /* all codes share a full scale */
    bool is_measured;   /* on the currents of training images */
    double frac;        /* range_frac where it is not given; 0: the row takes none */
};

/* What of the converters may differ from layer to layer. */
struct nax_layer_adc {
    enum nax_adc_range range;
    double range_frac; /* percentile: the quantile; fraction: the part; else 0 */
    int bits;          /* 0: auto */
};
const struct nax_adc_range_row *nax_adc_range_row(const struct nax_layer_adc *adc);

/* What a file says of one layer's; NAX_ADC_RANGE_COUNT and 0: nothing, as of all. */
struct nax_adc_layer {
    char name[NAX_LAYER_NAME_SIZE]; /* of the network's layer */
    enum nax_adc_range range;
    double range_frac;
    int bits;
};

/* Of the layer of this name: what the file says of it, or else of all. A range_frac is its range's:
 * a layer that has a range of its own does not take that of all. */
struct nax_layer_adc nax_layer_adc_of(const struct nax_hardware *hardware, const char *layer);

/* How the energy and the area of an ADC follow from its bits. */
enum nax_adc_law {
    NAX_ADC_LAW_CONSTANT, /* adc.energy_pj and adc.area_mm2 for any bits */
    NAX_ADC_LAW_LINEAR,   /* energy_pj at 8 bits, in proportion to the bits; area_mm2 for any */
    NAX_ADC_LAW_SABERI,   /* linear + 2^bits, from Saberi et al. 2011 as scaled for ISAAC */
    NAX_ADC_LAW_SURVEY,   /* Murmann's ADC survey as fitted by Accelergy's plug-in */
    NAX_ADC_LAW_COUNT
};

struct nax_adc {
    int bits; /* 0: auto, what an array of ideal cells needs */
    enum nax_adc_zero zero;
    enum nax_adc_range range;
    double range_frac; /* of ranges percentile and fraction; 0: the row's own */
    size_t n_layers;
    struct nax_adc_layer *layers; /* [n_layers] by name: those whose converters differ */
    enum nax_adc_law law;
    double energy_pj, area_mm2; /* of laws constant and linear; energy is of one conversion */
    double leakage_frac;        /* of the ADC's power at its sample rate */
    double sample_rate_ghz;
    double technology_nm;                          /* of law survey */
    double latency_per_bit_ns, latency_per_col_ns; /* of the columns of one array: bits times the
                                                      first plus columns times the second */
    int arrays_per_adc;                            /* that take turns */
    int adcs_per_array;                            /* that divide its columns among them */
};

/* Energy of one conversion (leakage included) and area of one ADC. */
struct nax_adc_cost {
    double energy_pj, area_mm2;
};

struct nax_adc_law_row {
    struct nax_word word;
    struct nax_adc_cost (*cost)(const struct nax_adc *adc, int bits);
    int min_bits; /* that the law holds from */
};
const struct nax_adc_law_row *nax_adc_law_row(const struct nax_adc *adc);
struct nax_adc_cost nax_adc_cost(const struct nax_adc *adc, int bits);

/* --- the machine around them --- */

/* What shares cores and tiles. */
enum nax_packing {
    NAX_PACKING_SHARED,      /* cores hold units of one size, of any layer; tiles any cores */
    NAX_PACKING_LAYER_CORES, /* each layer has cores of its own; tiles any cores */
    NAX_PACKING_LAYER_TILES, /* each layer has tiles of its own */
    NAX_PACKING_COUNT
};

struct nax_packing_row {
    struct nax_word word;
    bool shares_cores, shares_tiles; /* layers among them */
};
const struct nax_packing_row *nax_packing_row(const struct nax_hardware *hardware);

/* How many copies of slow layers there are where replicate_mm2 has room. */
enum nax_copies { NAX_COPIES_MOST, NAX_COPIES_LEAST_EDAP, NAX_COPIES_COUNT };

struct nax_copies_row {
    struct nax_word word;
    bool is_least_edap; /* as many as give the least EDAP */
};
const struct nax_copies_row *nax_copies_row(const struct nax_hardware *hardware);

/* What holds how many of what. */
struct nax_hierarchy {
    int units_per_core, units_crossbar; /* units of crossbar size units_crossbar in a core; of other
                                           sizes as many as have the same number of cells, at least
                                           1. units_crossbar 0: units_per_core of any size */
    int cores_per_tile, tiles_per_node;
    enum nax_packing packing;
    double
        replicate_mm2; /* chip area that copies of the slowest layers may fill it up to; 0: none */
    enum nax_copies copies;
};

enum nax_order {
    NAX_ORDER_SEQUENTIAL, /* layers one after the other */
    NAX_ORDER_PIPELINED,  /* a layer starts when its first rows of input are there */
    NAX_ORDER_COUNT
};

struct nax_order_row {
    struct nax_word word;
    bool is_pipelined;
};
const struct nax_order_row *nax_order_row(const struct nax_hardware *hardware);

/* How long what is built leaks for one image. */
enum nax_leakage {
    NAX_LEAKAGE_WORKING, /* a layer's part of it while the layer works, the rest never */
    NAX_LEAKAGE_ALWAYS,  /* all of it, from one image to the next */
    NAX_LEAKAGE_COUNT
};

struct nax_leakage_row {
    struct nax_word word;
    bool is_gated; /* what does not work has no power */
};
const struct nax_leakage_row *nax_leakage_row(const struct nax_hardware *hardware);

struct nax_timing {
    double clock_ghz;
    enum nax_order schedule;
    enum nax_leakage leakage;
    int pipeline_stages; /* of a product: array, conversion, shift-and-add in PUMA */
};

/* Widths of what moves data. */
struct nax_movement {
    int edram_bits, bus_bits, flit_bits; /* of one access, transfer, flit */
    int noc_hops;                        /* routers that a flit passes from layer to layer */
};

enum nax_idle { NAX_IDLE_PAID, NAX_IDLE_GATED, NAX_IDLE_COUNT };
enum nax_batch_norm { NAX_BATCH_NORM_FOLDED, NAX_BATCH_NORM_SEPARATE, NAX_BATCH_NORM_COUNT };
enum nax_windows { NAX_WINDOWS_KEPT, NAX_WINDOWS_RELOADED, NAX_WINDOWS_COUNT };

/* What counts as an event. */
struct nax_counting {
    enum nax_idle idle;             /* rows and columns of a unit that the layer leaves idle: work
                                       like the others, or cost no event */
    enum nax_batch_norm batch_norm; /* one sum a value, its scale folded into the weights, or a
                                       product and a sum */
    enum nax_windows windows;       /* pixels that a window shares with the one before stay in the
                                       core, or come from the eDRAM again */
};

struct nax_idle_row {
    struct nax_word word;
    bool is_gated;
};
const struct nax_idle_row *nax_idle_row(const struct nax_hardware *hardware);

struct nax_batch_norm_row {
    struct nax_word word;
    int n_ops; /* a value */
};
const struct nax_batch_norm_row *nax_batch_norm_row(const struct nax_hardware *hardware);

struct nax_windows_row {
    struct nax_word word;
    bool is_kept;
};
const struct nax_windows_row *nax_windows_row(const struct nax_hardware *hardware);

/* --- components --- */

enum nax_level { NAX_LEVEL_ARRAY, NAX_LEVEL_UNIT, NAX_LEVEL_CORE, NAX_LEVEL_TILE, NAX_LEVEL_NODE };
enum { NAX_LEVEL_COUNT = NAX_LEVEL_NODE + 1 };

/* How many there are in an array or unit of crossbar size N, besides count. */
enum nax_per { NAX_PER_ONE, NAX_PER_ROW, NAX_PER_COL, NAX_PER_CELL };
enum { NAX_PER_COUNT = NAX_PER_CELL + 1 };

/* What costs a component energy_pj; the counts are those of nax_activity in nax/cost.h. */
enum nax_event {
    NAX_EVENT_NONE,
    NAX_EVENT_ARRAY_READ,       /* one array, one input stream */
    NAX_EVENT_DAC,              /* one row, one input stream */
    NAX_EVENT_CONVERSION,       /* one column of one array, one input stream */
    NAX_EVENT_SHIFT_ADD,        /* one number */
    NAX_EVENT_INPUT_READ,       /* one stream's bits of all rows of a unit */
    NAX_EVENT_INPUT_WRITE,      /* one number */
    NAX_EVENT_OUTPUT_ACCESS,    /* one number, read or written */
    NAX_EVENT_ALU,              /* one operation on one number */
    NAX_EVENT_ACTIVATION,       /* one number */
    NAX_EVENT_DATA_MEMORY,      /* one number, read or written */
    NAX_EVENT_CORE_INSTRUCTION, /* one instruction fetched */
    NAX_EVENT_CORE_CYCLE,       /* one clock cycle of a core at work */
    NAX_EVENT_EDRAM,            /* edram_bits read or written */
    NAX_EVENT_BUS,              /* bus_bits between eDRAM and cores */
    NAX_EVENT_RECEIVE,          /* edram_bits through the receive buffer */
    NAX_EVENT_COUNTER,          /* one access of the eDRAM's validity counters */
    NAX_EVENT_TILE_INSTRUCTION, /* one instruction fetched */
    NAX_EVENT_TILE_CYCLE,       /* one clock cycle of a tile at work */
    NAX_EVENT_NOC,              /* one flit through one router */
    NAX_EVENT_LINK,             /* one bit into or out of the chip */
    NAX_EVENT_COUNT
};

const char *nax_level_name(enum nax_level level);
const char *nax_event_name(enum nax_event event);
/* Whether a product passes through what has it: a stage of the pipeline lasts as long as the
 * slowest. */
bool nax_event_is_stage(enum nax_event event);

/* Of one instance. energy_pj is dynamic, one event's; power_mw is the dynamic power at full
 * activity that tables of papers list, for comparison only. */
struct nax_component_values {
    int crossbar; /* 0: of any size */
    double area_mm2, leakage_mw, energy_pj, power_mw, latency_ns;
};

enum { NAX_COMPONENT_VALUES_MAX = 8 };

struct nax_component {
    char name[32], source[128];
    enum nax_level level;
    enum nax_per per;
    enum nax_event event;
    double count; /* instances in one of its level, before per */
    size_t n_values;
    struct nax_component_values values[NAX_COMPONENT_VALUES_MAX]; /* by rising crossbar size */
};

/* A component's values at a crossbar size: those of the table, between two of its sizes
 * interpolated (a power law). A size outside the table is NAX_ERR_VALUE. */
int nax_component_at(const struct nax_component *component, int64_t crossbar,
                     struct nax_component_values *values, struct nax_err *err) NAX_MUST_USE;

/* --- the whole --- */

struct nax_hardware {
    char name[64], path[256];
    struct nax_device device;
    struct nax_precision precision;
    enum nax_unused unused;
    enum nax_signs signs;
    enum nax_input_signs input_signs;
    struct nax_array_laws array;
    struct nax_dac dac;
    struct nax_adc adc;
    struct nax_hierarchy hierarchy;
    struct nax_timing timing;
    struct nax_movement movement;
    struct nax_counting counting;
    size_t n_components;
    struct nax_component *components; /* [n_components]; the ADC is not among them */
    size_t n_notes;
    char **notes; /* [n_notes] lines for people: what the file says that nothing reads any more */
};

/* name: built in ("nax-reram", "puma", "isaac"), found in $NAX_PATH, or a path (nax_config_read).
 * A key that is unknown or missing or a value that cannot be, and a table of measured cells that
 * cannot be read: an error naming file, line and key. */
int nax_hardware_load(struct nax_hardware **hardware, const char *name,
                      struct nax_err *err) NAX_MUST_USE;
/* The same with keys of the file changed: sets [n_sets] are "key=value", the key as in
 * "adc.law=survey", "adc.layers.conv1.range=ideal", "components.edram.energy_pj=8.6" or
 * "components.data_memory.table.64.area_mm2=0.03". An error names the one at fault. */
int nax_hardware_load_set(struct nax_hardware **hardware, const char *name, const char *const *sets,
                          size_t n_sets, struct nax_err *err) NAX_MUST_USE;
void nax_hardware_free(struct nax_hardware *hardware);
/* Converters of a layer's own: what is 0 stays as the hardware has it. */
struct nax_converters {
    char name[NAX_LAYER_NAME_SIZE]; /* of the network's layer */
    int bits;
    double range_frac; /* full scale by the largest current of ideal cells: range fraction */
};
/* The hardware with such converters, and with other numbers of bits. bits: NULL, or those of its
 * own, 0 what stays; NAX_ERR_VALUE where such weights have no such slices, or inputs no such
 * streams. converters: [n], each name once. All else is the other's, which must outlive it. */
int nax_hardware_convert(struct nax_hardware **with, const struct nax_hardware *hardware,
                         const struct nax_precision *bits, const struct nax_converters *converters,
                         size_t n, struct nax_err *err) NAX_MUST_USE;
void nax_hardware_convert_free(struct nax_hardware *with);

/* What of a machine a computation looks at: parts of a set. */
enum {
    NAX_PART_CELLS = 1,     /* conductances, and how they are programmed */
    NAX_PART_UNUSED = 2,    /* cells that hold no weight */
    NAX_PART_WIRES = 4,     /* of an array, to its drivers and converters, too */
    NAX_PART_NONLINEAR = 8, /* cells below the read voltage */
    NAX_PART_VOLTAGE = 16,  /* of reads, where more than ratios of currents count */
    NAX_PART_NOISE = 32,    /* of reads */
    NAX_PART_LEVELS = 64,   /* of a cell */
    NAX_PART_WEIGHTS = 128, /* as numbers: bits, slices, signs */
    NAX_PART_INPUTS = 256,  /* as numbers: bits, streams, signs */
    NAX_PART_CODES = 512,   /* of ADCs */
    NAX_PART_COSTS = 1024,  /* energy, latency, area */
    NAX_PART_TABLES = 2048, /* what papers list besides */
    NAX_PART_ARRAY = NAX_PART_CELLS | NAX_PART_UNUSED | NAX_PART_WIRES, /* with linear cells */
};
/* Whether a key that was set ("key=value") can change what looks at these parts: else
 * NAX_ERR_VALUE, "device.programming.error_frac has no effect while device.programming.error is
 * exact: '…'", or "… has no effect on WHAT: '…'". */
int nax_hardware_check_acts(const struct nax_hardware *hardware, const char *set, unsigned parts,
                            const char *what, struct nax_err *err) NAX_MUST_USE;

/* Hands over every key with its value as text, in the order of the file: what two descriptions
 * share exactly when they are of one hardware. Keys as in sets, which read the values back; but a
 * table of measured cells stands for what is in it, whatever its path. Names and sources are left
 * out. */
void nax_hardware_describe(const struct nax_hardware *hardware,
                           void (*take)(void *self, const char *key, const char *value),
                           void *self);
/* Adds that as rows, the keys their names: of keys that change what looks at these parts. */
void nax_hardware_identify(const struct nax_hardware *hardware, unsigned parts,
                           struct nax_identity *identity);
/* Of that. */
uint64_t nax_hardware_hash(const struct nax_hardware *hardware);

/* The i-th key that takes words, "adc.law" or "components.event": its table, or NULL past the last.
 */
enum { NAX_HARDWARE_KEY_SIZE = 64 };
const struct nax_words *nax_hardware_words(size_t i, char key[NAX_HARDWARE_KEY_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
