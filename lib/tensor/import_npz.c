/* Import of arrays that NumPy saved together (savez), through minizip. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <minizip/unzip.h>

#include "arrays.h"

/* What images and labels of training and of test are called, the first pair that there is. */
static const struct pair {
    const char *images, *labels;
} pairs[2][7] = {
    {{"train_images", "train_labels"},
     {"x_train", "y_train"},
     {"X_train", "y_train"},
     {"images", "labels"},
     {"x", "y"},
     {"X", "y"},
     {"arr_0", "arr_1"}},
    {{"test_images", "test_labels"},
     {"x_test", "y_test"},
     {"X_test", "y_test"},
     {"val_images", "val_labels"},
     {"x_val", "y_val"},
     {"X_val", "y_val"},
     {NULL, NULL}},
};
enum { N_PAIRS = sizeof pairs[0] / sizeof pairs[0][0] };

static bool is_there(unzFile zip, const char *name)
{
    char file[64];
    snprintf(file, sizeof file, "%s.npy", name);
    return unzLocateFile(zip, file, 1) == UNZ_OK;
}

/* The bytes of the current file, whose checksum is checked at its end. */
static int inflate_current(struct nax_buffer *buffer, unzFile zip, const char *path,
                           const char *name, struct nax_err *err)
{
    enum { STEP = 1 << 20 };
    int got = 1, status = 0;
    if (unzOpenCurrentFile(zip) != UNZ_OK)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: cannot be unpacked: '%s'", path, name);
    while (status == 0 && got > 0) {
        status = nax_buffer_grow(buffer, buffer->size + STEP, path, err);
        got = status ? 0 : unzReadCurrentFile(zip, buffer->bytes + buffer->size, STEP);
        buffer->size += got > 0 ? (size_t)got : 0;
    }
    if (unzCloseCurrentFile(zip) != UNZ_OK && status == 0)
        got = -1;
    if (status == 0 && got < 0)
        status = nax_err_set(err, NAX_ERR_FORMAT, "%s: damaged array: '%s'", path, name);
    return status;
}

static int read_array(struct nax_array *array, unzFile zip, const char *path, const char *name,
                      struct nax_err *err)
{
    if (!is_there(zip, name))
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: no array: '%s'", path, name);
    int status = inflate_current(&array->buffer, zip, path, name, err);
    return status ? status : nax_array_parse_npy(array, path, name, err);
}

static int read_split(struct nax_arrays *arrays, int s, unzFile zip, const char *path,
                      const struct nax_import *how, struct nax_err *err)
{
    const struct pair *pair = pairs[s];
    while (pair < pairs[s] + N_PAIRS && pair->images && !is_there(zip, pair->images))
        pair++;
    if (pair == pairs[s] + N_PAIRS || !pair->images)
        return s ? 0
                 : nax_err_set(err, NAX_ERR_FORMAT,
                               "no array 'train_images', 'x_train', 'images', 'x' or 'arr_0' in: "
                               "'%s'",
                               path);
    nax_import_tell(how, "%s images in '%s', labels in '%s'", s ? "test" : "training", pair->images,
                    pair->labels);
    int status = read_array(&arrays->images[s], zip, path, pair->images, err);
    return status ? status : read_array(&arrays->labels[s], zip, path, pair->labels, err);
}

int nax_import_npz(struct nax_dataset **set, const char *path, const struct nax_import *how,
                   struct nax_err *err)
{
    struct nax_arrays arrays = {0};
    FILE *file;
    char *name = nax_own_name(path), *end = name ? strrchr(name, '.') : NULL;
    size_t size;
    int status = nax_file_open(path, &file, &size, err); /* a pipe would be waited for */
    unzFile zip = NULL;
    if (end)
        *end = 0;
    if (status == 0) {
        fclose(file);
        if (!name)
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        else if (!(zip = unzOpen64(path)))
            status =
                nax_err_set(err, NAX_ERR_FORMAT, "truncated, or no archive of NumPy's: '%s'", path);
    }
    for (int s = 0; s < 2 && status == 0; s++)
        status = read_split(&arrays, s, zip, path, how, err);
    if (zip)
        unzClose(zip);
    if (status == 0)
        status = nax_import_arrays(set, name, path, &arrays, how, err);
    nax_arrays_free(&arrays);
    free(name);
    return status;
}
