/* Import of folders of images, one folder a class. */
#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What test images are looked for under, in this order; those that stand beside others are told. */
static const char *const test_names[] = {"test", "val", "validation", "valid"};
enum { N_TEST_NAMES = sizeof test_names / sizeof test_names[0] };

struct splits {
    char *train, *test; /* paths; test may be NULL */
    bool has_train;     /* train is a folder in dir */
};

/* A name that was asked for is taken as it is. */
static int find_splits(struct splits *s, const char *dir, const struct nax_import *how,
                       struct nax_err *err)
{
    const char *train = how->train ? how->train : "train", *test = how->test;
    s->train = nax_path_join(dir, train);
    s->has_train = how->train || how->test || (s->train && nax_is_folder(s->train));
    if (!s->has_train) {
        free(s->train);
        s->train = nax_strdup(dir);
    }
    for (int i = 0; i < N_TEST_NAMES && s->has_train && !test; i++) {
        char *path = nax_path_join(dir, test_names[i]);
        if (path && strcmp(test_names[i], train) && nax_is_folder(path))
            test = test_names[i];
        free(path);
    }
    s->test = test ? nax_path_join(dir, test) : NULL;
    return s->train && (!test || s->test)
               ? 0
               : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
}

/* What names in dir are neither split, separated by commas. */
static void tell_splits(const struct splits *s, const char *dir, const struct nax_import *how)
{
    struct nax_names folders;
    char rest[256] = "";
    size_t n = strlen(dir), length = 0;
    while (n && dir[n - 1] == '/')
        n--;
    if (s->has_train && nax_names_read(&folders, dir, NAX_ENTRIES_FOLDERS, NULL) == 0) {
        for (size_t i = 0; i < folders.n && length < sizeof rest; i++) {
            char *path = nax_path_join(dir, folders.v[i]);
            if (path && strcmp(path, s->train) && (!s->test || strcmp(path, s->test)))
                length += (size_t)snprintf(rest + length, sizeof rest - length, "%s'%s'",
                                           length ? ", " : "; not taken: ", folders.v[i]);
            free(path);
        }
        nax_names_free(&folders);
    }
    if (s->test)
        nax_import_tell(how, "training images in '%s', test images in '%s'%s", s->train, s->test,
                        rest);
    else
        nax_import_tell(how, "training images in '%s'%s", s->train, rest);
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

/* The classes of the folder that is train itself: "test" beside no "train" is a forgotten name. */
static int check_own_classes(const char *dir, const struct nax_names *classes, struct nax_err *err)
{
    for (int i = 0; i < N_TEST_NAMES; i++)
        if (nax_names_find(classes, test_names[i]) < classes->n)
            return nax_err_set(err, NAX_ERR_VALUE, "folder '%s' but no folder 'train' in: '%s'",
                               test_names[i], dir);
    return 0;
}

static bool is_same_folder(const char *a, const char *b)
{
    struct stat of_a, of_b;
    return !stat(a, &of_a) && !stat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* No image is both: test images are neither those of the training nor one of its classes. */
static int check_apart(const struct splits *s, const struct nax_names *classes, struct nax_err *err)
{
    bool is_apart = !is_same_folder(s->train, s->test);
    for (size_t i = 0; i < classes->n && is_apart; i++) {
        char *class = nax_path_join(s->train, classes->v[i]);
        if (!class)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", s->train);
        is_apart = !is_same_folder(class, s->test);
        free(class);
    }
    return is_apart ? 0
                    : nax_err_set(err, NAX_ERR_VALUE,
                                  "test images are among the training images of '%s'; "
                                  "--test-fraction holds some back: '%s'",
                                  s->train, s->test);
}

static int list_test(struct nax_list *list, const char *test, const struct nax_names *classes,
                     struct nax_err *err)
{
    struct nax_names folders;
    int status = nax_names_read(&folders, test, NAX_ENTRIES_FOLDERS, err);
    if (status)
        return status;
    status = folders.n ? list_split(list, test, &folders, classes, err)
                       : nax_err_set(err, NAX_ERR_VALUE, "no class folder in: '%s'", test);
    nax_names_free(&folders);
    return status;
}

int nax_import_folder(struct nax_dataset **set, const char *dir, const struct nax_import *how,
                      struct nax_err *err)
{
    struct nax_names classes = {0};
    struct nax_list train = {0}, test = {0};
    struct splits splits = {0};
    char *name = nax_own_name(dir);

    int status = name ? find_splits(&splits, dir, how, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    if (status == 0)
        status = nax_names_read(&classes, splits.train, NAX_ENTRIES_FOLDERS, err);
    if (status == 0 && classes.n == 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "no class folder in: '%s'", splits.train);
    if (status == 0 && !splits.has_train)
        status = check_own_classes(dir, &classes, err);
    if (status == 0 && splits.test)
        status = check_apart(&splits, &classes, err);
    if (status == 0 && splits.test && how->test_fraction > 0)
        status = nax_err_set(err, NAX_ERR_VALUE, "--test-fraction, but there are test images: '%s'",
                             splits.test);
    if (status == 0)
        status = list_split(&train, splits.train, &classes, &classes, err);
    if (status == 0 && splits.test)
        status = list_test(&test, splits.test, &classes, err);
    if (status == 0 && how->skips_bad)
        status = nax_list_drop_bad(&train, &classes, how, err);
    if (status == 0 && how->skips_bad && splits.test)
        status = nax_list_drop_bad(&test, &classes, how, err);
    if (status == 0 && how->test_fraction > 0)
        status = nax_list_split(&train, &test, how, err);
    if (status == 0)
        status = nax_import_lists(set, name, &classes, &train, &test, how, err);
    if (status == 0)
        tell_splits(&splits, dir, how);
    nax_names_free(&classes);
    nax_list_free(&train);
    nax_list_free(&test);
    free(splits.train);
    free(splits.test);
    free(name);
    return status;
}
