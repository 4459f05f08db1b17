/* Import of Tiny ImageNet in its official layout (Stanford CS231N); val is the test split. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct annotation {
    const char *image, *wnid; /* point into the file's text, ended by zeros */
};

struct annotations {
    struct nax_buffer text;
    size_t n;
    struct annotation *v; /* [n], sorted by image */
};

static int compare_images(const void *a, const void *b)
{
    return strcmp(((const struct annotation *)a)->image, ((const struct annotation *)b)->image);
}

/* Lines "image TAB wnid TAB box": what follows the second word is not read. */
static int read_annotations(struct annotations *out, const char *path, struct nax_err *err)
{
    int status = nax_buffer_read(&out->text, path, err);
    if (status)
        return status;
    size_t n_lines = 1;
    for (size_t i = 0; i < out->text.size; i++)
        n_lines += out->text.bytes[i] == '\n';
    out->v = nax_calloc(n_lines, sizeof *out->v);
    if (!out->v)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    char *p = (char *)out->text.bytes;
    for (size_t line = 1; *p; line++) {
        char *next = p + strcspn(p, "\n");
        if (*next)
            *next++ = 0;
        char *rest, *image = strtok_r(p, "\t\r", &rest);
        char *wnid = image ? strtok_r(NULL, "\t\r", &rest) : NULL;
        if (image && !wnid)
            return nax_err_set(err, NAX_ERR_FORMAT, "%s: line %zu: no class of image: '%s'", path,
                               line, image);
        if (image)
            out->v[out->n++] = (struct annotation){image, wnid};
        p = next;
    }
    qsort(out->v, out->n, sizeof *out->v, compare_images);
    for (size_t i = 1; i < out->n; i++)
        if (!strcmp(out->v[i].image, out->v[i - 1].image))
            return nax_err_set(err, NAX_ERR_FORMAT, "%s: image annotated twice: '%s'", path,
                               out->v[i].image);
    return 0;
}

static int list_train(struct nax_list *list, const char *root, const struct nax_names *wnids,
                      struct nax_err *err)
{
    for (size_t i = 0; i < wnids->n; i++) {
        char *folder;
        if (asprintf(&folder, "%s/train/%s/images", root, wnids->v[i]) < 0)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", root);
        int status = nax_list_add_folder(list, folder, (int32_t)i, err);
        free(folder);
        if (status)
            return status;
    }
    return 0;
}

/* Both ways: every image has an annotation, every annotation an image. */
static int list_val(struct nax_list *list, const char *folder,
                    const struct annotations *annotations, const struct nax_names *wnids,
                    struct nax_err *err)
{
    struct nax_names names;
    int status = nax_names_read(&names, folder, NAX_ENTRIES_ALL, err);
    if (status)
        return status;
    for (size_t i = 0; status == 0 && i < names.n; i++) {
        const struct annotation key = {names.v[i], NULL};
        const struct annotation *found =
            bsearch(&key, annotations->v, annotations->n, sizeof *annotations->v, compare_images);
        size_t label = found ? nax_names_find(wnids, found->wnid) : wnids->n;
        if (!found)
            status = nax_err_set(err, NAX_ERR_VALUE, "image without annotation: '%s/%s'", folder,
                                 names.v[i]);
        else if (label == wnids->n)
            status = nax_err_set(err, NAX_ERR_VALUE,
                                 "image of a class (%.32s) not in wnids.txt: '%s/%s'", found->wnid,
                                 folder, names.v[i]);
        else
            status = nax_list_add(list, nax_path_join(folder, names.v[i]), (int32_t)label, err);
    }
    for (size_t i = 0, k = 0; status == 0 && i < annotations->n; i++, k++)
        if (k == names.n || strcmp(names.v[k], annotations->v[i].image))
            status = nax_err_set(err, NAX_ERR_VALUE, "annotation without image: '%s/%s'", folder,
                                 annotations->v[i].image);
    nax_names_free(&names);
    return status;
}

int nax_import_tiny_imagenet(struct nax_dataset **set, const char *dir, struct nax_err *err)
{
    struct nax_names wnids = {0};
    struct annotations annotations = {0};
    struct nax_list train = {0}, val = {0};
    char *root = nax_path_join(dir, "tiny-imagenet-200"); /* as the archive unpacks */
    if (root && !nax_is_folder(root)) {
        free(root);
        root = nax_strdup(dir);
    }
    char *wnids_path = nax_path_join(root ? root : dir, "wnids.txt");
    char *annotations_path = nax_path_join(root ? root : dir, "val/val_annotations.txt");
    char *val_path = nax_path_join(root ? root : dir, "val/images");
    int status = 0;
    if (!root || !wnids_path || !annotations_path || !val_path)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    if (status == 0)
        status = nax_names_read_lines(&wnids, wnids_path, err);
    if (status == 0 && wnids.n == 0)
        status = nax_err_set(err, NAX_ERR_FORMAT, "no class in: '%s'", wnids_path);
    if (status == 0)
        status = read_annotations(&annotations, annotations_path, err);
    if (status == 0)
        status = list_train(&train, root, &wnids, err);
    if (status == 0)
        status = list_val(&val, val_path, &annotations, &wnids, err);
    if (status == 0)
        status = nax_import_lists(set, "tiny-imagenet", &wnids, &train, &val,
                                  &(struct nax_import){.is_size_given = true}, err);
    nax_names_free(&wnids);
    nax_buffer_free(&annotations.text);
    free(annotations.v);
    nax_list_free(&train);
    nax_list_free(&val);
    free(root);
    free(wnids_path);
    free(annotations_path);
    free(val_path);
    return status;
}
