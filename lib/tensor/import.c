/* From a list of image files to a data set. */
#include "import.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "image.h"

int nax_list_add(struct nax_list *list, char *path, int32_t label, struct nax_err *err)
{
    if (path && list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct nax_listed *items = nax_realloc(list->items, capacity, sizeof *items);
        if (!items) {
            free(path);
            path = NULL;
        } else {
            list->items = items;
            list->capacity = capacity;
        }
    }
    if (!path)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'list of images'");
    list->items[list->n++] = (struct nax_listed){path, label};
    return 0;
}

static int add_tree(struct nax_list *list, const char *folder, int32_t label, int depth,
                    struct nax_err *err)
{
    enum { DEPTH_MAX = 16 }; /* a link to a folder above would go on for ever */
    if (depth > DEPTH_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d folders in one another: '%s'",
                           DEPTH_MAX, folder);
    struct nax_names names;
    int status = nax_names_read(&names, folder, NAX_ENTRIES_ALL, err);
    for (size_t i = 0; status == 0 && i < names.n; i++) {
        char *path = nax_path_join(folder, names.v[i]);
        if (path && nax_is_folder(path)) {
            status = add_tree(list, path, label, depth + 1, err);
            free(path);
        } else {
            status = nax_list_add(list, path, label, err);
        }
    }
    nax_names_free(&names);
    return status;
}

int nax_list_add_folder(struct nax_list *list, const char *folder, int32_t label,
                        struct nax_err *err)
{
    size_t n = list->n;
    int status = add_tree(list, folder, label, 1, err);
    if (status == 0 && list->n == n)
        status = nax_err_set(err, NAX_ERR_VALUE, "class with no image: '%s'", folder);
    return status;
}

void nax_list_free(struct nax_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct nax_list){0};
}

void nax_import_tell(const struct nax_import *how, const char *format, ...)
{
    char line[sizeof(struct nax_err)];
    va_list args;
    if (!how->tell)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    how->tell(how->who, line);
}

/* --- what is left out --- */

/* Whether an image can be had at all, of whatever size. */
static int try_image(struct nax_buffer *file, const char *path, const struct nax_image_form *form,
                     struct nax_err *err)
{
    struct nax_image_form own = *form;
    uint8_t *pixels = NULL;
    int status = nax_buffer_read(file, path, err);
    if (status == 0 && !form->is_fitted)
        status = nax_image_measure(file, path, &own, err);
    if (status == 0) {
        pixels = nax_calloc(own.size.height * own.size.width, own.channels);
        status = pixels ? nax_image_decode(file, path, &own, pixels, err)
                        : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    }
    free(pixels);
    return status;
}

static struct nax_image_form form_of(const struct nax_import *how)
{
    return (struct nax_image_form){
        .size = {how->height, how->width},
        .channels = how->channels ? how->channels : 3,
        .is_fitted = how->height > 0,
        .is_given = how->is_size_given,
    };
}

/* bad: [n], the message about each image that is, or NULL. */
static int find_bad(const struct nax_list *list, const struct nax_image_form *form, char **bad,
                    struct nax_err *err)
{
    int status = 0;
#pragma omp parallel num_threads(nax_threads())
    {
        struct nax_buffer file = {0};
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < list->n; i++) {
            struct nax_err own = {0};
            int fault = try_image(&file, list->items[i].path, form, &own);
            /* neither what the system refuses nor an image that is whole, and too large */
            if (fault == NAX_ERR_FORMAT && !(bad[i] = nax_strdup(own.text)))
                nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: '%s'", list->items[i].path);
            if (own.status && !bad[i])
                nax_err_keep_first(&status, err, &own);
        }
        nax_buffer_free(&file);
    }
    return status;
}

/* Removes the marked items, whose marks are freed. */
static size_t drop(struct nax_list *list, char **bad, const struct nax_import *how)
{
    size_t n = 0, n_before = list->n;
    for (size_t i = 0; i < n_before; i++) {
        if (bad[i]) {
            nax_import_tell(how, "left out: %s", bad[i]);
            free(list->items[i].path);
            free(bad[i]);
        } else {
            list->items[n++] = list->items[i];
        }
    }
    list->n = n;
    return n_before - n;
}

int nax_list_drop_bad(struct nax_list *list, const struct nax_names *classes,
                      const struct nax_import *how, struct nax_err *err)
{
    const struct nax_image_form form = form_of(how);
    char **bad = nax_calloc(list->n, sizeof *bad);
    bool *had = nax_calloc(classes->n, sizeof *had), *has = nax_calloc(classes->n, sizeof *has);
    int status =
        bad && had && has ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'images'");
    for (size_t i = 0; status == 0 && i < list->n; i++)
        had[list->items[i].label] = true;
    if (status == 0)
        status = find_bad(list, &form, bad, err);
    if (status == 0) {
        size_t n = list->n, n_bad = drop(list, bad, how);
        if (n_bad)
            nax_import_tell(how, "left out %zu of %zu files, which are no whole images", n_bad, n);
    }
    for (size_t i = 0; status == 0 && i < list->n; i++)
        has[list->items[i].label] = true;
    for (size_t k = 0; status == 0 && k < classes->n; k++)
        if (had[k] && !has[k])
            status = nax_err_set(err, NAX_ERR_VALUE, "class of which no image can be read: '%s'",
                                 classes->v[k]);
    free(bad);
    free(had);
    free(has);
    return status;
}

/* --- what is held back --- */

int nax_images_hold_back(const struct nax_images *images, const struct nax_import *how,
                         uint32_t *train, size_t *n_train, uint32_t *test, size_t *n_test,
                         struct nax_err *err)
{
    int status = nax_split(images, NAX_SPLIT_TEST, how->test_fraction, how->seed, train, n_train,
                           test, n_test, err);
    if (!status && !*n_test)
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "--test-fraction %g holds none of %zu images back, of each class one "
                             "stays",
                             how->test_fraction, images->n);
    return status;
}

int nax_list_split(struct nax_list *train, struct nax_list *test, const struct nax_import *how,
                   struct nax_err *err)
{
    size_t n = train->n, n_train, n_test;
    int32_t *labels = nax_calloc(n, sizeof *labels);
    uint32_t *index = nax_calloc(2 * n, sizeof *index);
    *test = (struct nax_list){.items = nax_calloc(n, sizeof *test->items)};
    int status = 0;
    if (!labels || !index || !test->items) {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'list of images'");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        labels[i] = train->items[i].label;
    const struct nax_images images = {.n = n, .labels = labels};
    status = nax_images_hold_back(&images, how, index, &n_train, index + n, &n_test, err);
    if (status)
        goto out;
    for (size_t i = 0; i < n_test; i++)
        test->items[i] = train->items[index[n + i]];
    for (size_t i = 0; i < n_train; i++) /* ascending: none is overwritten before it has moved */
        train->items[i] = train->items[index[i]];
    train->n = n_train;
    test->n = n_test;
out:
    free(labels);
    free(index);
    return status;
}

/* --- what comes in --- */

static int decode_all(struct nax_images *images, const struct nax_list *list,
                      const struct nax_image_form *form, struct nax_err *err)
{
    size_t bytes = form->size.height * form->size.width * form->channels;
    uint8_t *pixels = nax_pixels_of(images);
    int32_t *labels = nax_labels_of(images);
    size_t first_bad = list->n;
    struct nax_err first = {0};
#pragma omp parallel num_threads(nax_threads())
    {
        struct nax_buffer file = {0};
#pragma omp for schedule(dynamic, 64)
        for (size_t i = 0; i < list->n; i++) {
            struct nax_err why;
            size_t bad;
#pragma omp atomic read
            bad = first_bad;
            if (i > bad)
                continue;
            const char *path = list->items[i].path;
            labels[i] = list->items[i].label;
            if (nax_buffer_read(&file, path, &why) == 0 &&
                nax_image_decode(&file, path, form, pixels + i * bytes, &why) == 0)
                continue;
#pragma omp critical(nax_import)
            if (i < first_bad) {
#pragma omp atomic write
                first_bad = i;
                first = why;
            }
        }
        nax_buffer_free(&file);
    }
    return first_bad < list->n ? nax_err_set(err, first.status, "%s", first.text) : 0;
}

int nax_import_lists(struct nax_dataset **out, const char *name, const struct nax_names *classes,
                     const struct nax_list *train, const struct nax_list *test,
                     const struct nax_import *how, struct nax_err *err)
{
    struct nax_dataset *set = NULL;
    struct nax_buffer file = {0};
    struct nax_image_form form = form_of(how);
    const char *path = train->items[0].path;
    int status = form.is_fitted ? 0 : nax_buffer_read(&file, path, err);
    if (status == 0 && !form.is_fitted)
        status = nax_image_measure(&file, path, &form, err);
    nax_buffer_free(&file);
    if (status == 0)
        status = nax_dataset_make(&set, name, (const char *const *)classes->v, classes->n, train->n,
                                  test->n, form.size.height, form.size.width, form.channels, err);
    if (status == 0)
        status = decode_all(&set->train, train, &form, err);
    if (status == 0)
        status = decode_all(&set->test, test, &form, err);
    if (status)
        nax_dataset_free(set);
    else
        *out = set;
    return status;
}
