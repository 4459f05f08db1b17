/* The images that a run of training held out for validation. */
#include "nax/identity.h"
#include "nax/nn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int nax_held_out(struct nax_images *images, const struct nax_images *train, double fraction,
                 uint64_t seed, struct nax_err *err)
{
    size_t n_train, n = 0;
    uint32_t *index = nax_calloc(2 * train->n, sizeof *index);
    int status = index ? nax_split(train, NAX_SPLIT_VALIDATION, fraction, seed, index + train->n,
                                   &n_train, index, &n, err)
                       : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'validation split'");
    if (!status && !n)
        status = nax_err_set(err, NAX_ERR_VALUE, "no images were held out for validation");
    if (!status)
        status = nax_images_take(images, train, index, n, err);
    free(index);
    return status;
}

/* What a run's identity says of its split. */
struct split {
    uint64_t seed, data;
    double fraction;
};

static bool read_split(const char *rows, struct split *split)
{
    char seed[32], data[32], fraction[32];
    return rows && nax_identity_find(rows, "seed", seed, sizeof seed) &&
           nax_identity_find(rows, "data", data, sizeof data) &&
           nax_identity_find(rows, "validation", fraction, sizeof fraction) &&
           sscanf(seed, "%" SCNu64, &split->seed) == 1 &&
           sscanf(data, "%" SCNx64, &split->data) == 1 &&
           sscanf(fraction, "%lf", &split->fraction) == 1 && split->fraction >= 0 &&
           split->fraction < 1;
}

int nax_held_out_by(struct nax_images *images, const char *path, const struct nax_dataset *set,
                    struct nax_err *err)
{
    struct nax_tensors *file;
    struct split split;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    if (!read_split(nax_tensors_meta(file, "identity"), &split))
        status = nax_err_set(err, NAX_ERR_VALUE, "does not say which images were held out");
    else if (split.data != nax_dataset_hash(set))
        status = nax_err_set(err, NAX_ERR_VALUE, "trained on other images than '%s'", set->name);
    else
        status = nax_held_out(images, &set->train, split.fraction, split.seed, err);
    if (status)
        nax_err_prefix(err, "%s", path);
    nax_tensors_close(file);
    return status;
}
