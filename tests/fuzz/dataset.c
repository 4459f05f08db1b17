/* Tensor files: whatever the bytes, opening ends, and all data that is announced can be read. */
#include "nax/tensor.h"

#include <math.h>

#include "input.h"

static volatile uint64_t sum; /* so that what is read is needed */

static uint8_t add_all(const struct nax_tensors *file)
{
    uint8_t all = 0;
    for (size_t i = 0; i < nax_tensors_n(file); i++) {
        const struct nax_tensor *t = nax_tensors_at(file, i);
        size_t n = nax_dtype_size(t->dtype);
        for (size_t d = 0; d < t->n_dims; d++)
            n *= t->dims[d];
        for (size_t k = 0; k < n; k++)
            all = (uint8_t)(all + ((const uint8_t *)t->data)[k]);
    }
    return all;
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    const char *path = input_path(bytes, n);
    struct nax_err err;
    struct nax_tensors *file;
    if (!nax_tensors_open(&file, path, &err)) {
        sum = add_all(file);
        nax_tensors_close(file);
    }
    struct nax_dataset *set;
    if (nax_dataset_open(&set, path, &err))
        return false;
    double mean[NAX_MAX_CHANNELS], sd[NAX_MAX_CHANNELS];
    sum = nax_dataset_hash(set);
    must(set->train.n && set->n_classes);
    nax_images_moments(&set->train, mean, sd);
    for (int c = 0; c < NAX_MAX_CHANNELS; c++)
        must(mean[c] >= 0 && mean[c] <= 1 && isfinite(sd[c]));
    for (size_t i = 0; i < set->train.n; i++)
        must(set->train.labels[i] >= 0 && (size_t)set->train.labels[i] < set->n_classes);
    nax_dataset_free(set);
    return true;
}
