/* Records of layers' losses. */
#include "layer_record.h"
#include "design.h"

#include <math.h>

/* 10 log10 of a ratio; null where nothing is lost. */
static int set_db(struct nax_record *r, const char *name, double signal, double error)
{
    return signal > 0 && error > 0 ? nax_record_set_float(r, name, 10 * log10(signal / error))
                                   : nax_record_set_null(r, name);
}

/* Null where nothing is converted. */
static int set_part(struct nax_record *r, const char *name, double part)
{
    return isnan(part) ? nax_record_set_null(r, name) : nax_record_set_float(r, name, part);
}

int layer_record(struct nax_record *r, const char *id, const struct nax_layer *layer,
                 int64_t crossbar, const struct nax_layer_noise *noise,
                 const struct nax_layer_clamped *clamped, const struct nax_layer_circuit *circuit)
{
    nax_record_clear(r);
    int status = nax_record_set_string(r, "id", id) ||
                 nax_record_set_string(r, "layer", layer->name) ||
                 nax_record_set_string(r, "role", nax_layer_role_name(layer)) ||
                 nax_record_set_int(r, "array_size", crossbar) ||
                 set_db(r, "snr_db", noise->signal, noise->error) ||
                 nax_record_set_float(r, "gain", noise->gain) ||
                 set_db(r, "snr_after_gains_db", noise->signal, noise->error_after_gains) ||
                 set_part(r, "clamped_frac", clamped->conversions) ||
                 set_part(r, "clamped_inputs_frac", clamped->inputs);
    if (!status && circuit)
        status = set_db(r, "snr_circuit_db", circuit->signal, circuit->error) ||
                 nax_record_set_float(r, "gain_circuit", circuit->gain) ||
                 nax_record_set_float(r, "read_power_mw", circuit->read_power_mw) ||
                 nax_record_set_float(r, "level_frac", circuit->level_frac) ||
                 nax_record_set_float(r, "input_frac", circuit->input_frac);
    return status ? NAX_ERR_MEMORY : 0;
}
