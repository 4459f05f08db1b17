/* From a list of image files to a data set. */
#include "import.h"

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

int nax_list_add_folder(struct nax_list *list, const char *folder, int32_t label,
                        struct nax_err *err)
{
    struct nax_names names;
    int status = nax_names_read(&names, folder, NAX_ENTRIES_ALL, err);
    if (status)
        return status;
    if (names.n == 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "class with no image: '%s'", folder);
    for (size_t i = 0; status == 0 && i < names.n; i++)
        status = nax_list_add(list, nax_path_join(folder, names.v[i]), label, err);
    nax_names_free(&names);
    return status;
}

void nax_list_free(struct nax_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct nax_list){0};
}

static int decode_all(struct nax_images *images, const struct nax_list *list, struct nax_err *err)
{
    struct nax_image_size size = {images->height, images->width};
    size_t bytes = size.height * size.width * 3;
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
                nax_image_decode(&file, path, size, pixels + i * bytes, &why) == 0)
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
                     const struct nax_list *train, const struct nax_list *test, struct nax_err *err)
{
    struct nax_dataset *set = NULL;
    struct nax_buffer file = {0};
    struct nax_image_size size;
    const char *path = train->items[0].path;
    int status = nax_buffer_read(&file, path, err);
    if (status == 0)
        status = nax_image_measure(&file, path, &size, err);
    nax_buffer_free(&file);
    if (status == 0)
        status = nax_dataset_make(&set, name, (const char *const *)classes->v, classes->n, train->n,
                                  test->n, size.height, size.width, err);
    if (status == 0)
        status = decode_all(&set->train, train, err);
    if (status == 0)
        status = decode_all(&set->test, test, err);
    if (status)
        nax_dataset_free(set);
    else
        *out = set;
    return status;
}
