/* Arrays of other programs: IDX by itself, NumPy's in a zip, and as a set what either holds. */
#include "../../lib/tensor/arrays.h"

#include "input.h"

static void check(const struct nax_dataset *set)
{
    size_t n = set->train.height * set->train.width * set->train.channels;
    must(set->train.n && set->n_classes && n);
    for (size_t i = 0; i < set->train.n; i++)
        must(set->train.labels[i] >= 0 && (size_t)set->train.labels[i] < set->n_classes);
}

/* Of IDX the bytes are both images and labels, which only those of images of one pixel may be. */
static bool read_idx(const char *path, struct nax_dataset **set)
{
    struct nax_arrays arrays = {0};
    struct nax_err err;
    bool is_taken = !nax_array_read_idx(&arrays.images[0], path, &err) &&
                    !nax_array_read_idx(&arrays.labels[0], path, &err);
    if (is_taken && arrays.labels[0].n_dims > 2)
        arrays.labels[0].n_dims = 2;
    if (is_taken && !nax_import_arrays(set, "idx", path, &arrays, &(struct nax_import){0}, &err)) {
        check(*set);
        nax_dataset_free(*set);
    }
    nax_arrays_free(&arrays);
    return is_taken;
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    const char *path = input_path(bytes, n);
    const struct nax_import how = {.channels = 3, .height = 4, .width = 5};
    struct nax_err err;
    struct nax_dataset *set;
    bool is_idx = read_idx(path, &set);
    if (nax_import_npz(&set, path, &how, &err))
        return is_idx;
    check(set);
    must(set->train.height == 4 && set->train.width == 5 && set->train.channels == 3);
    nax_dataset_free(set);
    return true;
}
