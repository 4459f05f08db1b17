/* From a list of image files to a data set; for the importers. */
#ifndef NAX_TENSOR_IMPORT_H
#define NAX_TENSOR_IMPORT_H

#include "files.h"
#include "nax/tensor.h"

/* Image files of one split with their classes. */
struct nax_list {
    size_t n, capacity;
    struct nax_listed {
        char *path;
        int32_t label;
    } * items; /* [n] */
};

/* Every file of folder and of the folders in it, in the order of names, as images of this class. A
 * folder without one is an error naming it. */
int nax_list_add_folder(struct nax_list *list, const char *folder, int32_t label,
                        struct nax_err *err) NAX_MUST_USE;
/* Takes path over (also on failure); path NULL is out of memory. */
int nax_list_add(struct nax_list *list, char *path, int32_t label,
                 struct nax_err *err) NAX_MUST_USE;
void nax_list_free(struct nax_list *list);

/* Leaves out what cannot be decoded, each told by name, as is their number. A class of whose images
 * none is left is an error. */
int nax_list_drop_bad(struct nax_list *list, const struct nax_names *classes,
                      const struct nax_import *how, struct nax_err *err) NAX_MUST_USE;
/* nax_split of a test by how->test_fraction; an error where that is none of the images. */
int nax_images_hold_back(const struct nax_images *images, const struct nax_import *how,
                         uint32_t *train, size_t *n_train, uint32_t *test, size_t *n_test,
                         struct nax_err *err) NAX_MUST_USE;
/* Moves a part of each class from train to test, which is empty, by how->test_fraction. */
int nax_list_split(struct nax_list *train, struct nax_list *test, const struct nax_import *how,
                   struct nax_err *err) NAX_MUST_USE;

/* Decodes all images, in parallel, to the size and channels that are asked for, without a size that
 * of the first one, which they all must have. Of several bad files the first in the lists is
 * named. */
int nax_import_lists(struct nax_dataset **set, const char *name, const struct nax_names *classes,
                     const struct nax_list *train, const struct nax_list *test,
                     const struct nax_import *how, struct nax_err *err) NAX_MUST_USE;

/* One line for whoever asked for it. */
void nax_import_tell(const struct nax_import *how, const char *format, ...) NAX_PRINTF(2, 3);

#endif
