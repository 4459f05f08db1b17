/* Single values of a loaded file, by key. */
#ifndef NAX_LIB_HARDWARE_SET_H
#define NAX_LIB_HARDWARE_SET_H

#include "nax/hardware.h"

/* One more layer with converters of its own, of which nothing is said yet; NULL: no memory. */
struct nax_adc_layer *nax_hardware_add_layer(struct nax_hardware *hardware, struct nax_err *err);
/* By name, so that their order says nothing. */
void nax_hardware_sort_layers(struct nax_hardware *hardware);

/* Changes one value: set is "key=value". Components go by their names, entries of their tables by
 * the crossbar size; a layer of adc.layers
 * that is not there yet comes to be. NAX_ERR_VALUE quotes the set. *is_retired: nothing reads this
 * key any more. */
int nax_hardware_set(struct nax_hardware *hardware, const char *set, bool *is_retired,
                     struct nax_err *err) NAX_MUST_USE;

#endif
