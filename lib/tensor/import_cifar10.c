/* Import of CIFAR-10's binary version (A. Krizhevsky, 2009). */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataset.h"

/* A batch is a row of records: the label, then 32×32 pixels of red, of green, of blue. */
enum { SIDE = 32, PLANE = SIDE * SIDE, RECORD = 1 + 3 * PLANE, N_CLASSES = 10, N_BATCHES = 6 };

static const char *const batch_names[N_BATCHES] = {
    "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin",
};

static const char *const class_names[N_CLASSES] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
};

static int check_batch(const struct nax_buffer *batch, const char *path, struct nax_err *err)
{
    if (batch->size == 0 || batch->size % RECORD)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "truncated, or not CIFAR-10 (%zu bytes, not a multiple of %d): '%s'",
                           batch->size, RECORD, path);
    for (size_t i = 0; i < batch->size / RECORD; i++)
        if (batch->bytes[i * RECORD] >= N_CLASSES)
            return nax_err_set(err, NAX_ERR_FORMAT, "label %d of record %zu is no class: '%s'",
                               batch->bytes[i * RECORD], i + 1, path);
    return 0;
}

/* The batch as images from number at on. */
static void unpack_batch(struct nax_images *images, size_t at, const struct nax_buffer *batch)
{
    uint8_t *pixels = nax_pixels_of(images) + at * PLANE * 3;
    int32_t *labels = nax_labels_of(images) + at;
#pragma omp parallel for schedule(static) num_threads(nax_threads())
    for (size_t i = 0; i < batch->size / RECORD; i++) {
        const uint8_t *in = batch->bytes + i * RECORD;
        labels[i] = in[0];
        for (size_t p = 0; p < PLANE; p++)
            for (size_t c = 0; c < 3; c++)
                pixels[(i * PLANE + p) * 3 + c] = in[1 + c * PLANE + p];
    }
}

/* Names from batches.meta.txt, where it is; otherwise the well-known ones. */
static int read_classes(struct nax_names *names, const char *root, struct nax_err *err)
{
    *names = (struct nax_names){0};
    char *path = nax_path_join(root, "batches.meta.txt");
    int status = path ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", root);
    if (status == 0 && nax_is_there(path)) {
        status = nax_names_read_lines(names, path, err);
        if (status == 0 && names->n != N_CLASSES)
            status = nax_err_set(err, NAX_ERR_FORMAT, "%zu class names instead of %d: '%s'",
                                 names->n, N_CLASSES, path);
    }
    free(path);
    return status;
}

int nax_import_cifar10(struct nax_dataset **out, const char *dir, struct nax_err *err)
{
    struct nax_dataset *set = NULL;
    struct nax_buffer batches[N_BATCHES] = {0};
    struct nax_names names = {0};
    size_t n_train = 0, at = 0;
    char *root = nax_path_join(dir, "cifar-10-batches-bin"); /* as the archive unpacks */
    if (root && !nax_is_folder(root)) {
        free(root);
        root = nax_strdup(dir);
    }
    int status = root ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    for (int i = 0; i < N_BATCHES && status == 0; i++) {
        char *path = nax_path_join(root, batch_names[i]);
        status = path ? nax_buffer_read(&batches[i], path, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", root);
        if (status == 0)
            status = check_batch(&batches[i], path, err);
        if (i < N_BATCHES - 1)
            n_train += batches[i].size / RECORD;
        free(path);
    }
    if (status == 0)
        status = read_classes(&names, root, err);
    if (status == 0)
        status = nax_dataset_make(
            &set, "cifar10", names.n ? (const char *const *)names.v : class_names, N_CLASSES,
            n_train, batches[N_BATCHES - 1].size / RECORD, SIDE, SIDE, 3, err);
    for (int i = 0; i < N_BATCHES; i++) {
        if (status == 0 && i < N_BATCHES - 1) {
            unpack_batch(&set->train, at, &batches[i]);
            at += batches[i].size / RECORD;
        } else if (status == 0) {
            unpack_batch(&set->test, 0, &batches[i]);
        }
        nax_buffer_free(&batches[i]);
    }
    nax_names_free(&names);
    free(root);
    if (status == 0)
        *out = set;
    return status;
}
