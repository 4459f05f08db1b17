/* Import of images and labels as MNIST has them (Y. LeCun, C. Cortes, C. J. C. Burges), and sets of
 * its kind. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>

#include "arrays.h"

static const char *const splits[2] = {"train", "t10k"};

/* The file in the first spelling that there is; without one the usual one's, which cannot be
 * opened. */
static char *find_file(const char *dir, const char *split, const char *what, int n_dims)
{
    static const struct {
        char joint;
        const char *end;
    } spellings[] = {{'-', ""}, {'-', ".gz"}, {'.', ""}, {'.', ".gz"}};
    enum { N_SPELLINGS = sizeof spellings / sizeof spellings[0] };
    char *usual = NULL;
    for (int i = 0; i < N_SPELLINGS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s-%s%cidx%d-ubyte%s", split, what, spellings[i].joint, n_dims,
                 spellings[i].end);
        char *path = nax_path_join(dir, name);
        if (path && nax_is_there(path)) {
            free(usual);
            return path;
        }
        if (usual)
            free(path);
        else
            usual = path;
    }
    return usual;
}

static int read_array(struct nax_array *array, const char *dir, const char *split, const char *what,
                      int n_dims, struct nax_err *err)
{
    char *path = find_file(dir, split, what, n_dims);
    int status = path ? nax_array_read_idx(array, path, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    free(path);
    return status;
}

int nax_import_mnist(struct nax_dataset **set, const char *dir, const struct nax_import *how,
                     struct nax_err *err)
{
    struct nax_arrays arrays = {0};
    char *name = nax_own_name(dir);
    int status = name ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", dir);
    for (int s = 0; s < 2 && status == 0; s++) {
        status = read_array(&arrays.images[s], dir, splits[s], "images", 3, err);
        if (status == 0)
            status = read_array(&arrays.labels[s], dir, splits[s], "labels", 1, err);
    }
    if (status == 0)
        status = nax_import_arrays(set, name, dir, &arrays, how, err);
    nax_arrays_free(&arrays);
    free(name);
    return status;
}
