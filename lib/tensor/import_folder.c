/* Import of folders of images, one folder a class. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

/* Where the splits are. A name that was asked for is taken as it is; test may come out NULL. */
static int find_splits(const struct nax_import_folder *options, char **train, char **test,
                       struct nax_err *err)
{
    char *inside = nax_path_join(options->dir, options->train ? options->train : "train");
    bool is_ok = inside;
    bool has_splits = is_ok && (options->train || options->test || nax_is_folder(inside));
    *test = NULL;
    *train = inside;
    if (!has_splits) {
        free(inside);
        *train = nax_strdup(options->dir);
        is_ok = is_ok && *train;
    }
    if (options->test) {
        is_ok = (*test = nax_path_join(options->dir, options->test)) && is_ok;
    } else if (has_splits) {
        static const char *const names[] = {"test", "val"};
        for (int i = 0; i < 2 && is_ok && !*test; i++) {
            is_ok = (*test = nax_path_join(options->dir, names[i]));
            if (*test && !nax_is_folder(*test)) {
                free(*test);
                *test = NULL;
            }
        }
    }
    return is_ok ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", options->dir);
}

/* Appends the class folders of a split to list. */
static int list_split(struct nax_list *list, const char *split, const struct nax_names *folders,
                      const struct nax_names *classes, struct nax_err *err)
{
    for (size_t i = 0; i < folders->n; i++) {
        char *folder = nax_path_join(split, folders->v[i]);
        size_t label = nax_names_find(classes, folders->v[i]);
        int status;
        if (!folder)
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", split);
        else if (label == classes->n)
            status = nax_err_set(err, NAX_ERR_VALUE, "class has no training images: '%s'", folder);
        else
            status = nax_list_add_folder(list, folder, (int32_t)label, err);
        free(folder);
        if (status)
            return status;
    }
    return 0;
}

/* The folder's own name, for the set. Freed by the caller with free. */
static char *own_name(const char *dir)
{
    char *full = realpath(dir, NULL);
    const char *slash = full ? strrchr(full, '/') : NULL;
    char *name = nax_strdup(slash ? slash + 1 : dir);
    free(full);
    return name;
}

int nax_import_folder(struct nax_dataset **set, const struct nax_import_folder *options,
                      struct nax_err *err)
{
    struct nax_names classes = {0}, test_classes = {0};
    struct nax_list train_list = {0}, test_list = {0};
    char *train = NULL, *test = NULL, *name = NULL;

    int status = find_splits(options, &train, &test, err);
    if (status)
        goto out;
    status = nax_names_read(&classes, train, NAX_ENTRIES_FOLDERS, err);
    if (status)
        goto out;
    if (classes.n == 0) {
        status = nax_err_set(err, NAX_ERR_VALUE, "no class folder in: '%s'", train);
        goto out;
    }
    if (!strcmp(train, options->dir)) {
        /* "test" beside no "train" is a forgotten name, not a class */
        static const char *const names[] = {"test", "val"};
        for (int i = 0; i < 2; i++)
            if (nax_names_find(&classes, names[i]) < classes.n) {
                status = nax_err_set(err, NAX_ERR_VALUE,
                                     "folder '%s' but no folder 'train' in: '%s'", names[i], train);
                goto out;
            }
    }
    status = list_split(&train_list, train, &classes, &classes, err);
    if (status == 0 && test)
        status = nax_names_read(&test_classes, test, NAX_ENTRIES_FOLDERS, err);
    if (status == 0 && test && test_classes.n == 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "no class folder in: '%s'", test);
    if (status == 0)
        status = list_split(&test_list, test, &test_classes, &classes, err);
    if (status)
        goto out;
    name = own_name(options->dir);
    status = name ? nax_import_lists(set, name, &classes, &train_list, &test_list, err)
                  : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", options->dir);
out:
    nax_names_free(&classes);
    nax_names_free(&test_classes);
    nax_list_free(&train_list);
    nax_list_free(&test_list);
    free(train);
    free(test);
    free(name);
    return status;
}
