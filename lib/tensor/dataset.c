/* Labelled image sets: as files, in memory, their hash and moments. */
#include "dataset.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t hash_block = (size_t)1 << 20;

uint8_t *nax_pixels_of(struct nax_images *images)
{
    return (uint8_t *)(uintptr_t)images->pixels;
}

int32_t *nax_labels_of(struct nax_images *images)
{
    return (int32_t *)(uintptr_t)images->labels;
}

/* At most 63 bytes of text, cut between characters. */
static void set_name(struct nax_dataset *set, const char *text)
{
    size_t n = strlen(text);
    if (n >= sizeof set->name)
        for (n = sizeof set->name - 1; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    memcpy(set->name, text, n);
    set->name[n] = 0;
}

static int alloc_images(struct nax_images *images, size_t n, size_t height, size_t width,
                        size_t channels)
{
    size_t size;
    *images = (struct nax_images){.height = height, .width = width, .channels = channels};
    if (__builtin_mul_overflow(height, width, &size) ||
        __builtin_mul_overflow(size, channels, &size))
        return NAX_ERR_MEMORY;
    images->pixels = nax_aligned_calloc(n, size);
    images->labels = nax_aligned_calloc(n, sizeof *images->labels);
    images->n = n;
    return images->pixels && images->labels ? 0 : NAX_ERR_MEMORY;
}

int nax_dataset_make(struct nax_dataset **out, const char *name, const char *const *class_names,
                     size_t n_classes, size_t n_train, size_t n_test, size_t height, size_t width,
                     size_t channels, struct nax_err *err)
{
    struct nax_dataset *set = nax_calloc(1, sizeof *set);
    if (!set)
        goto fail;
    set_name(set, name);
    set->class_names = nax_calloc(n_classes, sizeof *set->class_names);
    if (!set->class_names)
        goto fail;
    set->n_classes = n_classes;
    for (size_t i = 0; i < n_classes; i++)
        if (!(set->class_names[i] = nax_strdup(class_names[i])))
            goto fail;
    if (alloc_images(&set->train, n_train, height, width, channels) ||
        alloc_images(&set->test, n_test, height, width, channels))
        goto fail;
    *out = set;
    return 0;
fail:
    nax_dataset_free(set);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory for %zu images of %zu x %zu: '%s'",
                       n_train + n_test, height, width, name);
}

int nax_images_take(struct nax_images *out, const struct nax_images *images, const uint32_t *index,
                    size_t n, struct nax_err *err)
{
    size_t size = images->height * images->width * images->channels;
    if (alloc_images(out, n, images->height, images->width, images->channels)) {
        nax_images_free(out);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'images'");
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(nax_pixels_of(out) + i * size, images->pixels + index[i] * size, size);
        nax_labels_of(out)[i] = images->labels[index[i]];
    }
    return 0;
}

void nax_images_free(struct nax_images *images)
{
    nax_aligned_free(nax_pixels_of(images));
    nax_aligned_free(nax_labels_of(images));
    *images = (struct nax_images){.n = 0};
}

void nax_dataset_free(struct nax_dataset *set)
{
    if (!set)
        return;
    if (!set->file) {
        nax_images_free(&set->train);
        nax_images_free(&set->test);
    }
    nax_tensors_close(set->file);
    free(set->converted[0]);
    free(set->converted[1]);
    for (size_t i = 0; i < set->n_classes; i++)
        free(set->class_names[i]);
    free(set->class_names);
    free(set);
}

static int read_classes(struct nax_dataset *set, const char *path, struct nax_err *err)
{
    const char *text = nax_tensors_meta(set->file, "classes");
    json_t *names = text ? json_loads(text, 0, NULL) : NULL;
    int status = 0;
    if (!json_is_array(names) || json_array_size(names) == 0) {
        status = nax_err_set(err, NAX_ERR_FORMAT, "not a data set (no classes): '%s'", path);
        goto out;
    }
    set->class_names = nax_calloc(json_array_size(names), sizeof *set->class_names);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name) {
            status = nax_err_set(err, NAX_ERR_FORMAT, "a class name is not a string: '%s'", path);
            goto out;
        }
        if (!set->class_names || !(set->class_names[i] = nax_strdup(name))) {
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
            goto out;
        }
        set->n_classes = i + 1;
    }
out:
    json_decref(names);
    return status;
}

/* Labels of another type as numbers of ours, which what does not fit becomes -1. */
static int convert_labels(int32_t **out, const struct nax_tensor *y, const char *path,
                          struct nax_err *err)
{
    size_t n = y->dims[0];
    const int64_t *wide = y->data;
    const uint8_t *bytes = y->data;
    *out = nax_calloc(n, sizeof **out);
    if (!*out)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (size_t i = 0; i < n; i++)
        if (y->dtype == NAX_U8)
            (*out)[i] = bytes[i];
        else
            (*out)[i] = wide[i] < 0 || wide[i] > INT32_MAX ? -1 : (int32_t)wide[i];
    return 0;
}

/* converted: where labels of another type than I32 go. */
static int read_images(struct nax_images *images, int32_t **converted,
                       const struct nax_dataset *set, const char *split, const char *path,
                       struct nax_err *err)
{
    char images_name[32], labels_name[32];
    snprintf(images_name, sizeof images_name, "%s_images", split);
    snprintf(labels_name, sizeof labels_name, "%s_labels", split);
    const struct nax_tensor *x = nax_tensors_find(set->file, images_name);
    const struct nax_tensor *y = nax_tensors_find(set->file, labels_name);
    if (!x || x->dtype != NAX_U8 || x->n_dims != 4 || x->dims[3] < 1 ||
        x->dims[3] > NAX_MAX_CHANNELS || x->dims[1] < 1 || x->dims[2] < 1)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: no tensor U8 [n][height][width][channels], of 1 to %d channels: "
                           "'%s'",
                           path, NAX_MAX_CHANNELS, images_name);
    bool is_whole = y && (y->dtype == NAX_I32 || y->dtype == NAX_I64 || y->dtype == NAX_U8);
    if (!is_whole || y->n_dims != 1 || y->dims[0] != x->dims[0])
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: no tensor I32, I64 or U8 [%zu]: '%s'", path,
                           x->dims[0], labels_name);
    int status = y->dtype == NAX_I32 ? 0 : convert_labels(converted, y, path, err);
    if (status)
        return status;
    *images = (struct nax_images){x->dims[0], x->dims[1], x->dims[2],
                                  x->dims[3], x->data,    *converted ? *converted : y->data};
    for (size_t i = 0; i < images->n; i++)
        if (images->labels[i] < 0 || (size_t)images->labels[i] >= set->n_classes)
            return nax_err_set(err, NAX_ERR_VALUE, "%s: label %d of image %zu is no class: '%s'",
                               path, images->labels[i], i, labels_name);
    return 0;
}

int nax_dataset_open(struct nax_dataset **out, const char *path, struct nax_err *err)
{
    struct nax_dataset *set = nax_calloc(1, sizeof *set);
    if (!set)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    int status = nax_tensors_open(&set->file, path, err);
    if (status == 0)
        status = nax_tensors_verify(set->file, path, err);
    if (status == 0)
        status = read_classes(set, path, err);
    if (status == 0)
        status = read_images(&set->train, &set->converted[0], set, "train", path, err);
    if (status == 0)
        status = read_images(&set->test, &set->converted[1], set, "test", path, err);
    if (status == 0 && set->train.n == 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "no training image: '%s'", path);
    if (status == 0 &&
        (set->train.height != set->test.height || set->train.width != set->test.width ||
         set->train.channels != set->test.channels))
        status = nax_err_set(err, NAX_ERR_FORMAT,
                             "training and test images differ in size or channels: '%s'", path);
    if (status) {
        nax_dataset_free(set);
        return status;
    }
    const char *name = nax_tensors_meta(set->file, "name");
    set_name(set, name ? name : "");
    *out = set;
    return 0;
}

static int check_name(const struct nax_dataset *set, const char *path, struct nax_err *err)
{
    json_t *name = json_string(set->name);
    if (!name)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "%s: name of the set, which is its folder's or file's, is not UTF-8: "
                           "'%s'",
                           path, set->name);
    json_decref(name);
    return 0;
}

/* JSON array of the class names, freed by the caller with free. */
static char *classes_text(const struct nax_dataset *set, const char *path, struct nax_err *err)
{
    json_t *names = json_array();
    for (size_t i = 0; i < set->n_classes; i++)
        if (json_array_append_new(names, json_string(set->class_names[i]))) {
            nax_err_set(err, NAX_ERR_VALUE, "%s: class name is not UTF-8: '%s'", path,
                        set->class_names[i]);
            json_decref(names);
            return NULL;
        }
    char *text = json_dumps(names, JSON_COMPACT);
    if (!text)
        nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    json_decref(names);
    return text;
}

int nax_dataset_write(const struct nax_dataset *set, const char *path, struct nax_err *err)
{
    struct nax_err why = {NAX_ERR_MEMORY, ""};
    int status = check_name(set, path, err);
    if (status)
        return status;
    char *classes = classes_text(set, path, &why);
    if (!classes)
        return nax_err_set(err, why.status, "%s", why.text);
    const struct nax_images *a = &set->train, *b = &set->test;
    const struct nax_tensor tensors[] = {
        {"train_images", NAX_U8, 4, {a->n, a->height, a->width, a->channels}, a->pixels},
        {"train_labels", NAX_I32, 1, {a->n}, a->labels},
        {"test_images", NAX_U8, 4, {b->n, b->height, b->width, b->channels}, b->pixels},
        {"test_labels", NAX_I32, 1, {b->n}, b->labels},
    };
    const struct nax_meta meta[] = {{"name", set->name}, {"classes", classes}};
    status = nax_tensors_write(path, tensors, 4, meta, 2, err);
    free(classes);
    return status;
}

static uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size)
{
    /* blocks apart, so that threads share them, then their hashes in order */
    size_t n_blocks = NAX_CEIL_DIV(size, hash_block);
    for (size_t done = 0; done < n_blocks;) {
        uint64_t hash[64];
        size_t n = NAX_MIN(n_blocks - done, sizeof hash / sizeof hash[0]);
#pragma omp parallel for schedule(static) num_threads(nax_threads())
        for (size_t i = 0; i < n; i++) {
            size_t at = (done + i) * hash_block;
            hash[i] =
                nax_hash(0, (const unsigned char *)bytes + at, NAX_MIN(hash_block, size - at));
        }
        seed = nax_hash(seed, hash, n * sizeof hash[0]);
        done += n;
    }
    return seed;
}

uint64_t nax_dataset_hash(const struct nax_dataset *set)
{
    const struct nax_images *splits[] = {&set->train, &set->test};
    uint64_t hash = 0;
    for (int i = 0; i < 2; i++) {
        const struct nax_images *m = splits[i];
        const uint64_t sizes[] = {m->n, m->height, m->width, m->channels, set->n_classes};
        hash = nax_hash(hash, sizes, sizeof sizes);
        hash = hash_bytes(hash, m->labels, m->n * sizeof *m->labels);
        hash = hash_bytes(hash, m->pixels, m->n * m->height * m->width * m->channels);
    }
    return hash;
}

/* Sums over all pixels and their squares. Whole numbers: exact, so the order of the sum does not
 * matter. sum, square: [channels] */
static void add_up(const struct nax_images *images, uint64_t sum[NAX_MAX_CHANNELS],
                   uint64_t square[NAX_MAX_CHANNELS])
{
    const size_t n = images->n * images->height * images->width, channels = images->channels;
#pragma omp parallel for schedule(static) num_threads(nax_threads())                               \
    reduction(+ : sum[:NAX_MAX_CHANNELS], square[:NAX_MAX_CHANNELS])
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < channels; c++) {
            unsigned p = images->pixels[i * channels + c];
            sum[c] += p;
            square[c] += p * p;
        }
}

void nax_images_moments(const struct nax_images *images, double mean[NAX_MAX_CHANNELS],
                        double sd[NAX_MAX_CHANNELS])
{
    uint64_t sum[NAX_MAX_CHANNELS] = {0}, square[NAX_MAX_CHANNELS] = {0};
    const size_t n = images->n * images->height * images->width;
    add_up(images, sum, square);
    for (size_t c = 0; c < NAX_MAX_CHANNELS; c++) {
        const size_t from = images->channels == 1 && c < 3 ? 0 : c;
        double m = n ? (double)sum[from] / (double)n : 0;
        double v = n ? (double)square[from] / (double)n - m * m : 0;
        mean[c] = m / 255;
        sd[c] = sqrt(NAX_MAX(v, 0)) / 255;
    }
}
