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

/* Every file of folder, in the order of names, as images of this class. A folder without one is an
 * error naming it. */
int nax_list_add_folder(struct nax_list *list, const char *folder, int32_t label,
                        struct nax_err *err) NAX_MUST_USE;
/* Takes path over (also on failure); path NULL is out of memory. */
int nax_list_add(struct nax_list *list, char *path, int32_t label,
                 struct nax_err *err) NAX_MUST_USE;
void nax_list_free(struct nax_list *list);

/* Decodes all images, in parallel; they must have one size. Of several bad files the first in the
 * lists is named. */
int nax_import_lists(struct nax_dataset **set, const char *name, const struct nax_names *classes,
                     const struct nax_list *train, const struct nax_list *test,
                     struct nax_err *err) NAX_MUST_USE;

#endif
