/* Tensor files: whatever the bytes, opening ends, and all data that is announced can be read. */
#include "nax/tensor.h"

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = input_path(bytes, size);
    struct nax_err err;
    struct nax_tensors *file;
    volatile uint8_t sum = 0;
    if (nax_tensors_open(&file, path, &err) == 0) {
        for (size_t i = 0; i < nax_tensors_n(file); i++) {
            const struct nax_tensor *t = nax_tensors_at(file, i);
            size_t n = nax_dtype_size(t->dtype);
            for (size_t d = 0; d < t->n_dims; d++)
                n *= t->dims[d];
            for (size_t k = 0; k < n; k++)
                sum = (uint8_t)(sum + ((const uint8_t *)t->data)[k]);
        }
        nax_tensors_close(file);
    }
    struct nax_dataset *set;
    if (nax_dataset_open(&set, path, &err) == 0) {
        sum = (uint8_t)(sum + nax_dataset_hash(set));
        nax_dataset_free(set);
    }
    return 0;
}
