/* Images and labels as plain arrays, from files of other programs; for the importers. */
#ifndef NAX_TENSOR_ARRAYS_H
#define NAX_TENSOR_ARRAYS_H

#include "files.h"
#include "nax/tensor.h"

enum { NAX_ARRAY_DIMS = 4 };

struct nax_array {
    size_t n_dims, dims[NAX_ARRAY_DIMS];
    size_t element; /* bytes of a whole number, little-endian: 1, 2, 4, 8 */
    bool is_signed;
    const uint8_t *data;      /* [product of dims][element], in buffer */
    struct nax_buffer buffer; /* [0] where there is no such array */
};

/* Of training and test; the latter may be missing. */
struct nax_arrays {
    struct nax_array images[2], labels[2];
};

void nax_arrays_free(struct nax_arrays *arrays);

/* An array in the IDX format, of bytes, compressed by gzip or not. */
int nax_array_read_idx(struct nax_array *array, const char *path, struct nax_err *err) NAX_MUST_USE;
/* What array->buffer holds is in NumPy's format: fills the rest. name is for messages. */
int nax_array_parse_npy(struct nax_array *array, const char *path, const char *name,
                        struct nax_err *err) NAX_MUST_USE;

/* A set of bytes [n][height][width], [n][height][width][channels] or [n][channels][height][width],
 * and labels [n] or [n][1], whose classes have numbers for names. Zeros of how leave size and
 * channels as they are. */
int nax_import_arrays(struct nax_dataset **set, const char *name, const char *path,
                      const struct nax_arrays *arrays, const struct nax_import *how,
                      struct nax_err *err) NAX_MUST_USE;

#endif
