/* The fields that have a meaning of their own: what nax-record(5) lists, and how CSV cells are
 * read. */
#include "nax/record.h"

#include <stdlib.h>
#include <string.h>

/* By name. A field's meaning and unit never change: a new meaning gets a new name. */
static const struct nax_field fields[] = {
    {"accuracy", NAX_FLOAT, "fraction", "correct answers on the test set, on the hardware"},
    {"accuracy_calibrated", NAX_FLOAT, "fraction",
     "accuracy with gains and offsets of columns corrected"},
    {"accuracy_calibrated_sd", NAX_FLOAT, "fraction", "its standard deviation over chips"},
    {"accuracy_ideal", NAX_FLOAT, "fraction", "accuracy in floating point, without hardware"},
    {"accuracy_sd", NAX_FLOAT, "fraction", "standard deviation of accuracy over chips"},
    {"accuracy_train", NAX_FLOAT, "fraction", "on the training images, augmented, while learning"},
    {"accuracy_validation", NAX_FLOAT, "fraction",
     "in floating point on the training images held out"},
    {"accuracy_worst_decile", NAX_FLOAT, "fraction",
     "mean accuracy of the worst tenth of the chips"},
    {"area_mm2", NAX_FLOAT, "mm2", "chip area"},
    {"array_size", NAX_INT, "cells", "rows and columns of a layer's crossbars"},
    {"checkpoint", NAX_STRING, "", "file of the trained weights"},
    {"chips", NAX_INT, "", "chips that an accuracy was averaged over"},
    {"clamped_frac", NAX_FLOAT, "fraction",
     "conversions of a layer that give the last code, or the first, for what is beyond it"},
    {"clamped_inputs_frac", NAX_FLOAT, "fraction",
     "inputs of a layer beyond the range that training images have"},
    {"cols", NAX_INT, "", "columns of an array"},
    {"component", NAX_STRING, "", "name of a part of the machine"},
    {"count", NAX_FLOAT, "", "instances of a component in one of its level"},
    {"crossbar", NAX_INTS, "cells", "crossbar size of each searched convolution, 0: skipped"},
    {"crossbar_fixed", NAX_INT, "cells",
     "crossbar size of other layers, 0: as the nearest searched"},
    {"crossbars", NAX_INTS, "cells", "crossbar sizes that convolutions may take"},
    {"crowding", NAX_FLOAT, "", "crowding distance within the rank, inf at its ends"},
    {"data", NAX_STRING, "", "name of the data set that a network was trained on"},
    {"edap_pj_ns_mm2", NAX_FLOAT, "pJ ns mm2", "energy times latency times area"},
    {"energy_leakage_pj", NAX_FLOAT, "pJ", "part of energy_pj that leaks"},
    {"energy_pj", NAX_FLOAT, "pJ", "energy of one inference"},
    {"entropy", NAX_FLOAT, "nats", "of a policy, mean over its layers"},
    {"epoch", NAX_INT, "", "pass over the training data, from 1"},
    {"epochs", NAX_INT, "", "passes over the training data"},
    {"fidelity", NAX_STRING, "", "how closely the hardware was computed for accuracy"},
    {"g_siemens", NAX_FLOATS, "S", "conductances [rows*cols], row after row"},
    {"gain", NAX_FLOAT, "", "of a layer's products on the hardware"},
    {"gain_circuit", NAX_FLOAT, "",
     "of a layer's products by circuits of nonlinear cells, fidelity full being 1"},
    {"hardware", NAX_STRING, "", "name or file of the hardware"},
    {"hypervolume", NAX_FLOAT, "", "what a front leaves between itself and the reference"},
    {"i_a", NAX_FLOATS, "A", "column currents [cols]"},
    {"id", NAX_STRING, "", "hash of the design, in hexadecimal"},
    {"images_per_second", NAX_FLOAT, "1/s",
     "inferences a second, one after the other or pipelined"},
    {"input_frac", NAX_FLOAT, "fraction", "bits of a layer's streamed inputs that are 1"},
    {"iterations", NAX_INT, "", "steps that the solver took"},
    {"kernel", NAX_INTS, "pixels", "kernel size of each searched convolution, 0: skipped"},
    {"kernel_size", NAX_INT, "pixels", "kernel size of a layer"},
    {"kernels", NAX_INTS, "pixels", "kernel sizes that convolutions may take"},
    {"latency_ns", NAX_FLOAT, "ns", "time of one inference"},
    {"layer", NAX_STRING, "", "name of a layer"},
    {"leakage_mw", NAX_FLOAT, "mW", "leakage power"},
    {"learning_rate", NAX_FLOAT, "", "of the last step of an epoch"},
    {"level", NAX_STRING, "", "array, unit, core, tile or node"},
    {"level_frac", NAX_FLOAT, "fraction",
     "mean level of a layer's cells that hold weights, of the highest"},
    {"loss_cost", NAX_FLOAT, "", "terms of cost in the loss of a search, expected"},
    {"loss_search", NAX_FLOAT, "nats",
     "cross-entropy while choices were weighed, on the crossbars"},
    {"loss_train", NAX_FLOAT, "nats", "mean loss over the training batches, while learning"},
    {"loss_validation", NAX_FLOAT, "nats", "cross-entropy on the training images held out"},
    {"macs", NAX_INT, "", "multiply-accumulates of one image in a layer"},
    {"matrix_col", NAX_INT, "", "first column of a layer's matrix in an array"},
    {"matrix_cols", NAX_INT, "", "columns of the matrix of a layer's weights"},
    {"matrix_row", NAX_INT, "", "first row of a layer's matrix in an array"},
    {"matrix_rows", NAX_INT, "", "rows of the matrix of a layer's weights"},
    {"method", NAX_STRING, "", "how it was solved"},
    {"n_copies", NAX_INT, "", "copies of a layer that work side by side"},
    {"n_crossbars", NAX_INT, "", "crossbars: arrays of all slices and signs"},
    {"n_events", NAX_FLOAT, "", "events that cost a component energy, in one image"},
    {"n_front", NAX_INT, "", "records on the front"},
    {"n_units", NAX_INT, "", "matrix-vector units: arrays of all slices and signs"},
    {"network", NAX_STRING, "", "name or file of the network"},
    {"objectives", NAX_STRING, "", "fields that were compared, each with :min or :max"},
    {"policy", NAX_FLOATS, "",
     "probabilities [layers][kernels*crossbars + 1], the last of skipping"},
    {"positions", NAX_INT, "", "positions of a layer's output"},
    {"power_mw", NAX_FLOAT, "mW", "dynamic power at full activity"},
    {"products", NAX_INT, "", "products of matrix-vector units for one image"},
    {"r_sink_ohm", NAX_FLOAT, "ohm", "resistance between a column and its sense node"},
    {"r_source_ohm", NAX_FLOAT, "ohm", "resistance between a driver and its row"},
    {"r_wire_col_ohm", NAX_FLOAT, "ohm", "column wire from one cell to the next"},
    {"r_wire_row_ohm", NAX_FLOAT, "ohm", "row wire from one cell to the next"},
    {"rank", NAX_INT, "", "0 on the front, 1 on the next one, and so on"},
    {"read_power_mw", NAX_FLOAT, "mW",
     "that an array takes from its drivers at a read, of a layer on the average"},
    {"reference", NAX_FLOATS, "", "reference point of a hypervolume, a number an objective"},
    {"residual", NAX_FLOAT, "", "largest violation of Kirchhoff's law, relative"},
    {"role", NAX_STRING, "", "stem, body, shortcut, classifier, pool or none"},
    {"rows", NAX_INT, "", "rows of an array"},
    {"seed", NAX_INT, "", "seed of the random choices that made it"},
    {"sign", NAX_INT, "", "of the weights that an array holds: 1, or -1"},
    {"slice", NAX_INT, "", "bit slice of the weights that an array holds, 0: the lowest"},
    {"snr_after_gains_db", NAX_FLOAT, "dB", "the same with gains and offsets of columns taken out"},
    {"snr_circuit_db", NAX_FLOAT, "dB", "products by such circuits to the error of fidelity full"},
    {"snr_db", NAX_FLOAT, "dB", "signal to error of a layer's products on the hardware"},
    {"source", NAX_STRING, "", "where the figures of a component come from"},
    {"space", NAX_STRING, "", "name or file of the space that it was drawn from"},
    {"status", NAX_STRING, "", "ok, or diverged"},
    {"tops", NAX_FLOAT, "", "10^12 operations a second, all units at work"},
    {"tops_per_mm2", NAX_FLOAT, "", "the same by area"},
    {"tops_per_w", NAX_FLOAT, "", "the same by power; of a network, operations by energy"},
    {"train_seconds", NAX_FLOAT, "s", "time that training took"},
    {"utilization", NAX_FLOAT, "fraction", "cells in use among those of all crossbars"},
    {"v0_v", NAX_FLOAT, "V", "nonlinearity of a cell, I = G v0 sinh(V/v0)"},
    {"v_v", NAX_FLOATS, "V", "row voltages [rows]"},
    {"w_eff_siemens", NAX_FLOATS, "S",
     "currents by voltages with wires [rows*cols], row after row"},
    {"weights", NAX_STRING, "", "name of a network's weights, a hash of what decides them"},
    {"weights_hash", NAX_STRING, "", "hash of what they are"},
};

static const size_t n_fields = sizeof fields / sizeof *fields;

static int compare(const void *name, const void *field)
{
    return strcmp(name, ((const struct nax_field *)field)->name);
}

const struct nax_field *nax_field_find(const char *name)
{
    return bsearch(name, fields, n_fields, sizeof *fields, compare);
}

const struct nax_field *nax_field_at(size_t i)
{
    return i < n_fields ? &fields[i] : NULL;
}
