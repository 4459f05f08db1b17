/* What the header of a tensor file says, as records. */
#include "tensor_records.h"

static int begin(struct nax_record *r, const char *path, bool is_named)
{
    nax_record_clear(r);
    return is_named ? nax_record_set_string(r, "file", path) : 0;
}

static int set_tensor(struct nax_record *r, const struct nax_tensor *t)
{
    int64_t shape[NAX_TENSOR_DIMS], bytes = (int64_t)nax_dtype_size(t->dtype);
    for (size_t i = 0; i < t->n_dims; i++) {
        shape[i] = (int64_t)t->dims[i];
        bytes *= shape[i];
    }
    return nax_record_set_string(r, "tensor", t->name) ||
                   nax_record_set_string(r, "dtype", nax_dtype_name(t->dtype)) ||
                   nax_record_set_ints(r, "shape", shape, t->n_dims) ||
                   nax_record_set_int(r, "bytes", bytes)
               ? NAX_ERR_MEMORY
               : 0;
}

int tensor_records(const char *path, bool is_named, struct nax_record *r, take_record *take,
                   void *self, struct nax_err *err)
{
    struct nax_tensors *file;
    const char *key, *value;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    bool is_wanted = true, is_done = true;
    for (size_t i = 0; i < nax_tensors_n(file) && is_wanted && is_done; i++) {
        is_done = !begin(r, path, is_named) && !set_tensor(r, nax_tensors_at(file, i));
        is_wanted = is_done && take(self, r, err, &status);
    }
    for (size_t i = 0; is_wanted && is_done && nax_tensors_meta_at(file, i, &key, &value); i++) {
        is_done = !begin(r, path, is_named) && !nax_record_set_string(r, "metadata", key) &&
                  !nax_record_set_string(r, "value", value);
        is_wanted = is_done && take(self, r, err, &status);
    }
    nax_tensors_close(file);
    return is_done ? status : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
}
