/* What a layer's products lose on hardware, as a record. */
#ifndef NAX_TOOLS_LAYER_RECORD_H
#define NAX_TOOLS_LAYER_RECORD_H

#include "nax/mapping.h"
#include "nax/record.h"

/* Fills r anew; circuit: NULL where none were solved. NAX_ERR_MEMORY. */
int layer_record(struct nax_record *r, const char *id, const struct nax_layer *layer,
                 int64_t crossbar, const struct nax_layer_noise *noise,
                 const struct nax_layer_clamped *clamped,
                 const struct nax_layer_circuit *circuit) NAX_MUST_USE;

#endif
