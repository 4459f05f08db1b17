/* Single values of a loaded file, by key. */
#ifndef NAX_LIB_HARDWARE_SET_H
#define NAX_LIB_HARDWARE_SET_H

#include <cyaml/cyaml.h>

#include "nax/base.h"

/* Changes one value in a structure that libcyaml has loaded by these fields: set is "key=value".
 * Entries of a list go by their name. NAX_ERR_VALUE quotes the set. */
int nax_hardware_set(const cyaml_schema_field_t *fields, void *data, const char *set,
                     struct nax_err *err);

#endif
