/* Import of the binary versions of CIFAR-10 and CIFAR-100 (A. Krizhevsky, 2009). */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataset.h"

/* A batch is a row of records: labels, the last of them the class, then 32×32 pixels of red, of
 * green, of blue. */
enum { SIDE = 32, PLANE = SIDE * SIDE, BATCHES_MAX = 6 };

static const char *const cifar10_classes[] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
};

static const struct cifar {
    const char *name, *title, *folder; /* folder: as the archive unpacks */
    size_t n_labels, n_classes, n_batches;
    const char *batches[BATCHES_MAX]; /* [n_batches], the last one is the test */
    const char *names;                /* file of the classes' */
    const char *const *classes;       /* where there is no such file; NULL: there must be */
} cifar10 =
    {
        .name = "cifar10",
        .title = "CIFAR-10",
        .folder = "cifar-10-batches-bin",
        .n_labels = 1,
        .n_classes = 10,
        .n_batches = 6,
        .batches = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                    "data_batch_5.bin", "test_batch.bin"},
        .names = "batches.meta.txt",
        .classes = cifar10_classes,
},
  cifar100 = {
      .name = "cifar100",
      .title = "CIFAR-100",
      .folder = "cifar-100-binary",
      .n_labels = 2,
      .n_classes = 100,
      .n_batches = 2,
      .batches = {"train.bin", "test.bin"},
      .names = "fine_label_names.txt",
};

static size_t record_of(const struct cifar *c)
{
    return c->n_labels + 3 * PLANE;
}

static int check_batch(const struct cifar *c, const struct nax_buffer *batch, const char *path,
                       struct nax_err *err)
{
    size_t record = record_of(c);
    if (batch->size == 0 || batch->size % record)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "truncated, or not %s (%zu bytes, not a multiple of %zu): '%s'",
                           c->title, batch->size, record, path);
    for (size_t i = 0; i < batch->size / record; i++) {
        unsigned label = batch->bytes[i * record + c->n_labels - 1];
        if (label >= c->n_classes)
            return nax_err_set(err, NAX_ERR_FORMAT, "label %u of record %zu is no class: '%s'",
                               label, i + 1, path);
    }
    return 0;
}

/* The batch as images from number at on. */
static void unpack_batch(const struct cifar *cifar, struct nax_images *images, size_t at,
                         const struct nax_buffer *batch)
{
    uint8_t *pixels = nax_pixels_of(images) + at * PLANE * 3;
    int32_t *labels = nax_labels_of(images) + at;
    size_t record = record_of(cifar);
#pragma omp parallel for schedule(static) num_threads(nax_threads())
    for (size_t i = 0; i < batch->size / record; i++) {
        const uint8_t *in = batch->bytes + i * record + cifar->n_labels;
        labels[i] = in[-1];
        for (size_t p = 0; p < PLANE; p++)
            for (size_t c = 0; c < 3; c++)
                pixels[(i * PLANE + p) * 3 + c] = in[c * PLANE + p];
    }
}

/* Names from the file that has them; without it, where they are known, none. */
static int read_classes(struct nax_names *names, const struct cifar *c, const char *root,
                        struct nax_err *err)
{
    *names = (struct nax_names){0};
    char *path = nax_path_join(root, c->names);
    int status = path ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", root);
    if (status == 0 && (!c->classes || nax_is_there(path))) {
        status = nax_names_read_lines(names, path, err);
        if (status == 0 && names->n != c->n_classes)
            status = nax_err_set(err, NAX_ERR_FORMAT, "%zu class names instead of %zu: '%s'",
                                 names->n, c->n_classes, path);
    }
    free(path);
    return status;
}

static int import(struct nax_dataset **out, const struct cifar *c, const char *dir,
                  struct nax_err *err)
{
    struct nax_dataset *set = NULL;
    struct nax_buffer batches[BATCHES_MAX] = {0};
    struct nax_names names = {0};
    size_t n_train = 0, at = 0, last = c->n_batches - 1, record = record_of(c);
    char *root = nax_path_join(dir, c->folder);
    if (root && !nax_is_folder(root)) {
        free(root);
        root = nax_strdup(dir);
    }
    int status = root ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    for (size_t i = 0; i <= last && status == 0; i++) {
        char *path = nax_path_join(root, c->batches[i]);
        status = path ? nax_buffer_read(&batches[i], path, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", root);
        if (status == 0)
            status = check_batch(c, &batches[i], path, err);
        if (i < last)
            n_train += batches[i].size / record;
        free(path);
    }
    if (status == 0)
        status = read_classes(&names, c, root, err);
    if (status == 0)
        status = nax_dataset_make(&set, c->name,
                                  names.n ? (const char *const *)names.v : c->classes, c->n_classes,
                                  n_train, batches[last].size / record, SIDE, SIDE, 3, err);
    for (size_t i = 0; i <= last; i++) {
        if (status == 0 && i < last) {
            unpack_batch(c, &set->train, at, &batches[i]);
            at += batches[i].size / record;
        } else if (status == 0) {
            unpack_batch(c, &set->test, 0, &batches[i]);
        }
        nax_buffer_free(&batches[i]);
    }
    nax_names_free(&names);
    free(root);
    if (status == 0)
        *out = set;
    return status;
}

int nax_import_cifar10(struct nax_dataset **set, const char *dir, struct nax_err *err)
{
    return import(set, &cifar10, dir, err);
}

int nax_import_cifar100(struct nax_dataset **set, const char *dir, struct nax_err *err)
{
    return import(set, &cifar100, dir, err);
}
