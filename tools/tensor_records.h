/* What the header of a tensor file says, as records. */
#ifndef NAX_TOOLS_TENSOR_RECORDS_H
#define NAX_TOOLS_TENSOR_RECORDS_H

#include "nax/record.h"
#include "nax/tensor.h"

/* Takes a record; false: no more are wanted, or it failed and *status is negative. */
typedef bool take_record(void *self, const struct nax_record *record, struct nax_err *err,
                         int *status);

/* A record for each tensor: tensor, dtype, shape, bytes; and one for each entry of the metadata:
 * metadata, value. With the file's name, where it is wanted. record: to be filled. */
int tensor_records(const char *path, bool is_named, struct nax_record *record, take_record *take,
                   void *self, struct nax_err *err) NAX_MUST_USE;

#endif
