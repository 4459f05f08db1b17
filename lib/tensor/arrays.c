/* Arrays of images and labels: the formats IDX and npy, and a set of them. */
#include "arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "image.h"
#include "import.h"

void nax_arrays_free(struct nax_arrays *arrays)
{
    for (int s = 0; s < 2; s++) {
        nax_buffer_free(&arrays->images[s].buffer);
        nax_buffer_free(&arrays->labels[s].buffer);
    }
}

/* What is wrong with what the buffer has from data on, or NULL: it is what the array holds. */
static const char *find_wrong_size(const struct nax_array *array)
{
    const size_t rest = array->buffer.size - (size_t)(array->data - array->buffer.bytes);
    size_t bytes = array->element;
    for (size_t i = 0; i < array->n_dims; i++)
        if (__builtin_mul_overflow(bytes, array->dims[i], &bytes))
            return "truncated";
    return bytes > rest ? "truncated" : bytes < rest ? "longer than it says" : NULL;
}

/* --- IDX: two zeros, the type, the number of dimensions, these as 32 bits, high byte first --- */

int nax_array_read_idx(struct nax_array *array, const char *path, struct nax_err *err)
{
    enum { UNSIGNED_BYTES = 8, HEAD = 4 };
    int status = nax_buffer_read_gzip(&array->buffer, path, err);
    if (status)
        return status;
    const uint8_t *at = array->buffer.bytes;
    size_t n = array->buffer.size, n_dims = n < HEAD ? 0 : at[3];
    if (n < HEAD || at[0] || at[1] || at[2] != UNSIGNED_BYTES || n_dims < 1 ||
        n_dims > NAX_ARRAY_DIMS || n < HEAD + 4 * n_dims)
        return nax_err_set(err, NAX_ERR_FORMAT, "no IDX file of bytes: '%s'", path);
    at += HEAD;
    for (size_t i = 0; i < n_dims; i++, at += 4)
        array->dims[i] =
            (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
    array->n_dims = n_dims;
    array->element = 1;
    array->data = at;
    const char *wrong = find_wrong_size(array);
    return wrong ? nax_err_set(err, NAX_ERR_FORMAT, "%s: '%s'", wrong, path) : 0;
}

/* --- npy: "\x93NUMPY", a version, the header's length, the header, a dictionary of Python's:
 * {'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28), } --- */

static const char *skip_spaces(const char *p)
{
    return p + strspn(p, " ");
}

/* The value of a key, or NULL. */
static const char *find_value(const char *header, const char *key)
{
    const char *p = strstr(header, key);
    p = p ? skip_spaces(p + strlen(key)) : NULL;
    return p && *p == ':' ? skip_spaces(p + 1) : NULL;
}

static bool parse_shape(struct nax_array *array, const char *p)
{
    if (!p || *p != '(')
        return false;
    for (p = skip_spaces(p + 1); *p != ')'; p = skip_spaces(p)) {
        char *end;
        if (*p < '0' || *p > '9' || array->n_dims == NAX_ARRAY_DIMS)
            return false;
        array->dims[array->n_dims++] =
            strtoull(p, &end, 10); /* too large a number is the largest */
        p = skip_spaces(end);
        if (*p != ',' && *p != ')')
            return false;
        p += *p == ',';
    }
    return true;
}

/* '|u1', '<i8' and the like: order, kind, bytes. */
static bool parse_type(struct nax_array *array, const char *p)
{
    if (!p || p[0] != '\'' || (p[1] != '|' && p[1] != '<') || (p[2] != 'u' && p[2] != 'i') ||
        !p[3] || !strchr("1248", p[3]) || p[4] != '\'')
        return false;
    array->is_signed = p[2] == 'i';
    array->element = (size_t)(p[3] - '0');
    return true;
}

int nax_array_parse_npy(struct nax_array *array, const char *path, const char *name,
                        struct nax_err *err)
{
    static const char magic[] = "\x93NUMPY";
    enum { N_MAGIC = 6, LENGTH = 8, HEADER_MAX = 1000 };
    char header[HEADER_MAX + 1];
    const uint8_t *at = array->buffer.bytes;
    size_t n = array->buffer.size;
    if (n < LENGTH + 4 || memcmp(at, magic, N_MAGIC))
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: no array of NumPy's: '%s'", path, name);
    size_t length = at[LENGTH] | (size_t)at[LENGTH + 1] << 8, start = LENGTH + 2;
    if (at[N_MAGIC] > 1) {
        length |= (size_t)at[LENGTH + 2] << 16 | (size_t)at[LENGTH + 3] << 24;
        start = LENGTH + 4;
    }
    if (length > n - start || length > HEADER_MAX)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: truncated array: '%s'", path, name);
    memcpy(header, at + start, length);
    header[length] = 0;
    array->n_dims = 0;
    array->data = at + start + length;
    const char *order = find_value(header, "'fortran_order'");
    if (!order || strncmp(order, "False", 5))
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: not in C's order, which numpy.ascontiguousarray makes: '%s'", path,
                           name);
    if (!parse_type(array, find_value(header, "'descr'")))
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: no array of whole numbers, which (255 * x).round().astype('uint8') "
                           "makes of pixels from 0 to 1, astype('int64') of labels: '%s'",
                           path, name);
    if (!parse_shape(array, find_value(header, "'shape'")))
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: no shape of up to %d dimensions: '%s'", path,
                           NAX_ARRAY_DIMS, name);
    const char *wrong = find_wrong_size(array);
    return wrong ? nax_err_set(err, NAX_ERR_FORMAT, "%s: array %s: '%s'", path, wrong, name) : 0;
}

/* --- a set --- */

struct layout {
    size_t n, height, width, channels;
    bool is_planar; /* channels before rows */
};

static bool is_colour(size_t n)
{
    return n == 1 || n == 3;
}

/* Whether channels are before rows, of dimensions [n][a][b][c]: 1 or 3 of them tell, behind first,
 * then a square image, then which side can be channels; where both can they are behind. */
static bool is_planar(const size_t d[4])
{
    if (is_colour(d[3]) || is_colour(d[1]))
        return !is_colour(d[3]);
    if ((d[1] == d[2]) != (d[2] == d[3]))
        return d[2] == d[3];
    return d[3] > NAX_MAX_CHANNELS;
}

static int find_layout(struct layout *layout, const struct nax_array *a, const char *path,
                       struct nax_err *err)
{
    const size_t *d = a->dims;
    if (a->element != 1 || a->is_signed)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "images are not bytes, which astype('uint8') makes: '%s'", path);
    if (a->n_dims == 3)
        *layout = (struct layout){d[0], d[1], d[2], 1, false};
    else if (a->n_dims == 4 && is_planar(d))
        *layout = (struct layout){d[0], d[2], d[3], d[1], true};
    else if (a->n_dims == 4)
        *layout = (struct layout){d[0], d[1], d[2], d[3], false};
    if (a->n_dims < 3 || a->n_dims > 4 || layout->channels < 1 ||
        layout->channels > NAX_MAX_CHANNELS)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "images are neither [n][height][width] nor have 1 to %d channels behind "
                           "or before these: '%s'",
                           NAX_MAX_CHANNELS, path);
    size_t max = NAX_IMAGE_SIDE_MAX;
    if (layout->n < 1 || layout->height < 1 || layout->width < 1 || layout->height > max ||
        layout->width > max)
        return nax_err_set(err, NAX_ERR_VALUE, "%zu images of %zu x %zu: '%s'", layout->n,
                           layout->width, layout->height, path);
    return 0;
}

/* Labels [n] as numbers of ours, in memory of their own. */
static int read_labels(int32_t **out, const struct nax_array *a, size_t n, const char *path,
                       struct nax_err *err)
{
    enum { CLASSES_MAX = 65536 };
    if (a->n_dims < 1 || a->n_dims > 2 || a->dims[0] != n || (a->n_dims == 2 && a->dims[1] != 1))
        return nax_err_set(err, NAX_ERR_FORMAT, "labels are not one for each of %zu images: '%s'",
                           n, path);
    *out = nax_calloc(n, sizeof **out);
    if (!*out)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (size_t i = 0; i < n; i++) {
        uint64_t value = 0; /* a negative one is large */
        memcpy(&value, a->data + i * a->element, a->element);
        bool is_negative = a->is_signed && value >> (8 * a->element - 1);
        if (is_negative || value >= CLASSES_MAX)
            return nax_err_set(err, NAX_ERR_VALUE, "label of image %zu is not from 0 to %d: '%s'",
                               i, CLASSES_MAX - 1, path);
        (*out)[i] = (int32_t)value;
    }
    return 0;
}

/* An image's channels behind each other: out [height][width][channels]. */
static void interleave(const uint8_t *in, const struct layout *layout, uint8_t *out)
{
    size_t plane = layout->height * layout->width, channels = layout->channels;
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < plane; i++)
            out[i * channels + c] = in[layout->is_planar ? c * plane + i : i * channels + c];
}

/* Images index[0 … n-1] of the array, as form wants them. */
static int take(struct nax_images *images, const struct nax_array *a, const struct layout *layout,
                const int32_t *labels, const uint32_t *index, const struct nax_image_form *form,
                struct nax_err *err)
{
    size_t n_from = layout->height * layout->width * layout->channels;
    size_t n_to = form->size.height * form->size.width * form->channels;
    struct nax_image_size size = {layout->height, layout->width};
    uint8_t *pixels = nax_pixels_of(images);
    int status = 0;
#pragma omp parallel num_threads(nax_threads())
    {
        struct nax_err own = {0};
        uint8_t *image = nax_calloc(n_from, 1);
        if (!image)
            nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: 'images'");
#pragma omp for schedule(static)
        for (size_t i = 0; i < images->n; i++) {
            if (own.status)
                continue;
            interleave(a->data + index[i] * n_from, layout, image);
            nax_labels_of(images)[i] = labels[index[i]];
            if (nax_image_convert(image, size, layout->channels, form, pixels + i * n_to))
                nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: 'images'");
        }
        free(image);
        if (own.status)
            nax_err_keep_first(&status, err, &own);
    }
    return status;
}

/* Names of classes from 0 on, as many as the largest label needs. One of test images alone is an
 * error, as in folders; one without any is told. counts: [2][n_classes] images */
static int name_classes(struct nax_names *names, const size_t *counts, size_t n_classes,
                        const struct nax_import *how, const char *path, struct nax_err *err)
{
    size_t n_empty = 0, empty = 0;
    for (size_t k = 0; k < n_classes; k++) {
        char text[16];
        const int length = snprintf(text, sizeof text, "%zu", k);
        if (nax_names_add(names, text, (size_t)length))
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        if (counts[k])
            continue;
        if (counts[n_classes + k])
            return nax_err_set(err, NAX_ERR_VALUE, "class %zu has no training images: '%s'", k,
                               path);
        empty = n_empty++ ? empty : k;
    }
    if (n_empty)
        nax_import_tell(how,
                        "%zu classes, as labels are numbers from 0 on: %zu without an image, "
                        "the first one %zu",
                        n_classes, n_empty, empty);
    return 0;
}

/* How many images each class has, and its name. */
static int count_classes(struct nax_names *names, int32_t *const labels[2], const size_t n[2],
                         const struct nax_import *how, const char *path, struct nax_err *err)
{
    int32_t max = 0;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; labels[s] && i < n[s]; i++)
            max = NAX_MAX(max, labels[s][i]);
    const size_t n_classes = (size_t)max + 1;
    size_t *counts = nax_calloc(2 * n_classes, sizeof *counts);
    if (!counts)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; labels[s] && i < n[s]; i++)
            counts[s * n_classes + (size_t)labels[s][i]]++;
    int status = name_classes(names, counts, n_classes, how, path, err);
    free(counts);
    return status;
}

/* Colours are made grey, and scaled, as people see them; other channels come as they are. */
static int check_form(const struct layout *layout, const struct nax_import *how, const char *path,
                      struct nax_err *err)
{
    if (is_colour(layout->channels))
        return 0;
    if (how->channels || how->height)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "--size and --channels are for images of 1 or 3 channels, these have "
                           "%zu: '%s'",
                           layout->channels, path);
    nax_import_tell(how, "%zu x %zu pixels of %zu channels, which are %s rows and columns",
                    layout->height, layout->width, layout->channels,
                    layout->is_planar ? "before" : "behind");
    return 0;
}

int nax_import_arrays(struct nax_dataset **out, const char *name, const char *path,
                      const struct nax_arrays *arrays, const struct nax_import *how,
                      struct nax_err *err)
{
    bool has_test = arrays->images[1].buffer.bytes;
    struct layout layouts[2] = {{0}};
    int32_t *labels[2] = {NULL, NULL};
    uint32_t *index[2] = {NULL, NULL};
    struct nax_names names = {0};
    struct nax_dataset *set = NULL;
    int status = 0;

    for (int s = 0; s < (has_test ? 2 : 1) && status == 0; s++) {
        status = find_layout(&layouts[s], &arrays->images[s], path, err);
        if (status == 0)
            status = read_labels(&labels[s], &arrays->labels[s], layouts[s].n, path, err);
    }
    if (status == 0 && has_test &&
        (layouts[0].height != layouts[1].height || layouts[0].width != layouts[1].width ||
         layouts[0].channels != layouts[1].channels))
        status = nax_err_set(err, NAX_ERR_FORMAT,
                             "training and test images differ in size or channels: '%s'", path);
    if (status == 0)
        status = check_form(&layouts[0], how, path, err);
    if (status == 0 && has_test && how->test_fraction > 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "--test-fraction, but there are test images: '%s'",
                             path);
    if (status)
        goto out;

    size_t n[2] = {layouts[0].n, layouts[1].n};
    const size_t n_all[2] = {n[0], n[1]};
    for (int s = 0; s < 2; s++)
        index[s] = nax_calloc(n[s] + (has_test ? 0 : n[0]), sizeof *index[s]);
    status = index[0] && index[1] ? count_classes(&names, labels, n_all, how, path, err)
                                  : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (status)
        goto out;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < n[s]; i++)
            index[s][i] = (uint32_t)i;
    if (how->test_fraction > 0)
        status = nax_images_hold_back(&(struct nax_images){.n = n[0], .labels = labels[0]}, how,
                                      index[0], &n[0], index[1], &n[1], err);
    const struct nax_image_form form = {
        .size = {how->height ? how->height : layouts[0].height,
                 how->width ? how->width : layouts[0].width},
        .channels = how->channels ? how->channels : layouts[0].channels,
        .is_fitted = how->height > 0,
    };
    if (status == 0)
        status = nax_dataset_make(&set, name, (const char *const *)names.v, names.n, n[0], n[1],
                                  form.size.height, form.size.width, form.channels, err);
    const int from = has_test ? 1 : 0; /* where test images are from */
    if (status == 0)
        status =
            take(&set->train, &arrays->images[0], &layouts[0], labels[0], index[0], &form, err);
    if (status == 0)
        status = take(&set->test, &arrays->images[from], &layouts[from], labels[from], index[1],
                      &form, err);
    if (status)
        nax_dataset_free(set);
    else
        *out = set;
out:
    for (int s = 0; s < 2; s++) {
        free(labels[s]);
        free(index[s]);
    }
    nax_names_free(&names);
    return status;
}
