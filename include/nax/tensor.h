/* Tensor files (safetensors), labelled image sets, and their import.
 *
 * A safetensors file is 8 bytes little-endian header length, a JSON header, and raw little-endian
 * arrays; files are read by mmap and written to a temporary name, fsynced, and renamed.
 */
#ifndef NAX_TENSOR_H
#define NAX_TENSOR_H

#include "nax/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nax_dtype { NAX_U8, NAX_I32, NAX_I64, NAX_F32, NAX_F64, NAX_F16, NAX_BF16 };

size_t nax_dtype_size(enum nax_dtype dtype);
const char *nax_dtype_name(enum nax_dtype dtype); /* "F32", as the format has it */

enum { NAX_TENSOR_DIMS = 8 };

struct nax_tensor {
    const char *name;
    enum nax_dtype dtype;
    size_t n_dims;
    size_t dims[NAX_TENSOR_DIMS];
    const void *data; /* [product of dims], aligned to its element */
};

/* --- reading --- the file's header is checked (offsets inside the file, sizes that fit dims, no
 * overlap, no holes) before anything is used; tensors come in the order of their data, which stays
 * in the file, but for elements that are not aligned there: these are copied. A header is at most
 * 16 MiB. The file must not shrink while it is open. */
struct nax_tensors;

int nax_tensors_open(struct nax_tensors **file, const char *path, struct nax_err *err) NAX_MUST_USE;
void nax_tensors_close(struct nax_tensors *file); /* tensors and metadata of it die with it */
/* Whether the content has the checksum that nax_tensors_write put into the metadata; files of
 * others have none. Error: NAX_ERR_FORMAT. */
int nax_tensors_verify(const struct nax_tensors *file, const char *path,
                       struct nax_err *err) NAX_MUST_USE;
size_t nax_tensors_n(const struct nax_tensors *file);
const struct nax_tensor *nax_tensors_at(const struct nax_tensors *file, size_t i);
const struct nax_tensor *nax_tensors_find(const struct nax_tensors *file, const char *name);
const char *nax_tensors_meta(const struct nax_tensors *file, const char *key); /* or NULL */
/* The i-th of the metadata, in the order of the file; false: there are no more. */
bool nax_tensors_meta_at(const struct nax_tensors *file, size_t i, const char **key,
                         const char **value);
/* Whether a regular file begins as one; it may be broken for all that. */
bool nax_tensors_is_file(const char *path);

/* --- writing --- in one call, through a temporary (see nax_file_begin). The old file stays
 * on failure. Data starts at a multiple of 64 bytes, tensors of larger elements first. Metadata
 * gets a "checksum" of the data. */
struct nax_meta {
    const char *key, *value;
};

int nax_tensors_write(const char *path, const struct nax_tensor *tensors, size_t n,
                      const struct nax_meta *meta, size_t n_meta, struct nax_err *err) NAX_MUST_USE;

/* --- image sets --- */
enum { NAX_MAX_CHANNELS = 16 };

struct nax_images {
    size_t n, height, width, channels; /* channels: 1 … NAX_MAX_CHANNELS; 3 are colours, 1 grey */
    const uint8_t *pixels;             /* [n][height][width][channels] */
    const int32_t *labels;             /* [n], 0 … n_classes-1 */
};

struct nax_dataset {
    char name[64];
    struct nax_images train, test; /* test.n may be 0 */
    size_t n_classes;
    char **class_names; /* [n_classes] */
    struct nax_tensors
        *file; /* what pixels and labels point into, or NULL when they are the set's own memory */
    int32_t *converted[2]; /* labels of train and test that the file has in another type, or NULL */
};

/* A data set file: tensors train_images, train_labels, test_images, test_labels (u8 NHWC and i32),
 * metadata name, classes (JSON array of names). Labels are checked against the classes; those of
 * files from elsewhere may be i64 or u8. */
int nax_dataset_open(struct nax_dataset **set, const char *path, struct nax_err *err) NAX_MUST_USE;
int nax_dataset_write(const struct nax_dataset *set, const char *path,
                      struct nax_err *err) NAX_MUST_USE;
void nax_dataset_free(struct nax_dataset *set);
/* A hash over sizes, labels and pixels of both splits: which data a result came from. */
uint64_t nax_dataset_hash(const struct nax_dataset *set);

/* Mean and standard deviation (population, in double) of each channel over all pixels, 0–1; of one
 * channel three times the same; 0 where there is none. */
void nax_images_moments(const struct nax_images *images, double mean[NAX_MAX_CHANNELS],
                        double sd[NAX_MAX_CHANNELS]);

/* Which images are held back: a part (`fraction`) by seed, the same number from each class up to
 * rounding; for a test one image of each class at least is not. train and held: memory for
 * [images->n] each, ascending; their lengths come back in n_train and n_held. Of images the labels
 * are looked at. */
enum nax_split_use { NAX_SPLIT_VALIDATION, NAX_SPLIT_TEST };

int nax_split(const struct nax_images *images, enum nax_split_use use, double fraction,
              uint64_t seed, uint32_t *train, size_t *n_train, uint32_t *held, size_t *n_held,
              struct nax_err *err) NAX_MUST_USE;

/* Copies of images[index[0 … n-1]], the caller's, to free by nax_images_free. */
int nax_images_take(struct nax_images *out, const struct nax_images *images, const uint32_t *index,
                    size_t n, struct nax_err *err) NAX_MUST_USE;
void nax_images_free(struct nax_images *images); /* leaves none */

/* Imports; see nax-data(1). A file that cannot be read or is not what it should be is an error
 * naming it. */
int nax_import_cifar10(struct nax_dataset **set, const char *dir, struct nax_err *err) NAX_MUST_USE;
int nax_import_cifar100(struct nax_dataset **set, const char *dir,
                        struct nax_err *err) NAX_MUST_USE;
int nax_import_tiny_imagenet(struct nax_dataset **set, const char *dir,
                             struct nax_err *err) NAX_MUST_USE;
/* What of it, and how it comes in; zeros: as it is, of three channels, arrays of as many as they
 * have. */
struct nax_import {
    const char *train, *test; /* subfolders, or NULL: "train" and "test" (or "val", "validation",
                                 "valid") where they exist, else the folder itself is train */
    double test_fraction;     /* of the training images of each class, to be test images, by seed */
    uint64_t seed;
    size_t height, width; /* scaled to cover it, and cut to it around the middle */
    size_t channels;      /* 1: luminance; 3; 0: of arrays as many as they have, else 3 */
    bool is_size_given;   /* the format's, so that nobody is told to ask for another */
    bool skips_bad;       /* what is no whole image is left out, not an error */
    /* Hears what was found and left out, one line a call, of one thread; or NULL. */
    void (*tell)(void *who, const char *line);
    void *who;
};

int nax_import_folder(struct nax_dataset **set, const char *dir, const struct nax_import *how,
                      struct nax_err *err) NAX_MUST_USE;
/* MNIST and sets of its kind (IDX files in dir), and what NumPy saved (path). */
int nax_import_mnist(struct nax_dataset **set, const char *dir, const struct nax_import *how,
                     struct nax_err *err) NAX_MUST_USE;
int nax_import_npz(struct nax_dataset **set, const char *path, const struct nax_import *how,
                   struct nax_err *err) NAX_MUST_USE;

/* Ten classes of 32×32 coloured shapes and textures; image i of a split is a function of the seed,
 * the split and i alone, its class i mod 10. n_train must be positive. */
int nax_synth(struct nax_dataset **set, uint64_t seed, size_t n_train, size_t n_test,
              struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
