/* Accuracies on the way, a file each: a name says of which weights and epochs, what is in it the
 * accuracy, or nothing while they are on their way. */
#include "train_pool.h"
#include "train_cache.h"
#include "train_noise.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char field[] = "accuracy_validation", ending[] = ".nax";

/* What candidates are alike in that may be compared: all that decides their weights, but the
 * network and the weights that they start from. */
static int hash_run(const struct training *t, uint64_t *hash, struct nax_err *err)
{
    struct nax_identity *identity;
    int status = nax_identity_alloc(&identity, err);
    if (status)
        return status;
    nax_identity_add(identity, "seed", "%zu", t->tool.seed);
    nax_identity_add(identity, "data", "%016" PRIx64, nax_dataset_hash(t->set));
    nax_identity_add(identity, "start", "%d", !t->init ? 0 : t->is_extended ? 2 : 1);
    nax_identity_add_options(identity, nax_recipe_options, &t->recipe);
    if (t->noise.n_epochs) {
        const enum nax_fidelity fidelity = rehearsal_fidelity(t);
        nax_identity_add_options(identity, noise_rows, &t->noise);
        nax_identity_add(identity, "noise-fidelity", "%s", nax_fidelity_name(fidelity));
        nax_hardware_identify(t->hardware, nax_fidelity_parts(fidelity), identity);
    }
    status = nax_identity_hash(identity, hash, err);
    nax_identity_free(identity);
    return status;
}

int train_pool_open(struct train_pool *pool, const struct training *t, struct nax_err *err)
{
    uint64_t hash = 0;
    int status = hash_run(t, &hash, err);
    snprintf(pool->folder, sizeof pool->folder, "%s/halving-%016" PRIx64, t->folder, hash);
    return status;
}

static void path_of(const struct train_pool *pool, const char *weights, size_t epochs,
                    char path[TRAIN_PATH_SIZE])
{
    snprintf(path, TRAIN_PATH_SIZE, "%s/%zu-%s%s", pool->folder, epochs, weights, ending);
}

/* accuracy: negative while the weights are on their way. The first entry makes the folder: a run
 * that is refused leaves none. */
static int write_entry(const struct train_pool *pool, const char *path, const char *weights,
                       double accuracy, struct nax_err *err)
{
    int status = nax_folder_make(pool->folder, err);
    if (status)
        return status;
    struct nax_record *record = nax_record_alloc();
    status = record ? nax_record_set_string(record, "weights", weights) : NAX_ERR_MEMORY;
    if (!status && accuracy >= 0)
        status = nax_record_set_float(record, field, accuracy);
    status = status ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path)
                    : train_entry_write(path, record, err);
    nax_record_free(record);
    return status;
}

/* Whether there is a whole entry; its accuracy, or a negative number. */
static bool read_entry(const char *path, double *accuracy)
{
    struct nax_record *record = nax_record_alloc();
    bool is_there = record && !access(path, F_OK) && train_entry_read(path, record);
    const struct nax_value *v = is_there ? nax_record_get(record, field) : NULL;
    *accuracy = v && v->type == NAX_FLOAT ? v->f : -1;
    nax_record_free(record);
    return is_there;
}

int train_pool_send(const struct train_pool *pool, const char *weights, size_t epochs,
                    struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    double accuracy;
    path_of(pool, weights, epochs, path);
    return read_entry(path, &accuracy) ? 0 : write_entry(pool, path, weights, -1, err);
}

bool train_pool_is_sent(const struct train_pool *pool, const char *weights, size_t epochs)
{
    char path[TRAIN_PATH_SIZE];
    double accuracy;
    path_of(pool, weights, epochs, path);
    return read_entry(path, &accuracy);
}

int train_pool_arrive(const struct train_pool *pool, const char *weights, size_t epochs,
                      double accuracy, struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    double before;
    path_of(pool, weights, epochs, path);
    return read_entry(path, &before) && before >= 0
               ? 0
               : write_entry(pool, path, weights, accuracy, err);
}

static int compare(const void *a, const void *b)
{
    const struct train_arrival *x = a, *y = b;
    if (x->accuracy != y->accuracy)
        return x->accuracy > y->accuracy ? -1 : 1;
    return strcmp(x->weights, y->weights);
}

/* The name of the weights that have come to so many epochs, by the name of a file; or false. */
static bool parse_name(const char *name, size_t epochs, char weights[WEIGHTS_NAME_SIZE])
{
    char *rest;
    bool is_of = strtoull(name, &rest, 10) == epochs && *rest == '-' &&
                 strlen(rest) == WEIGHTS_NAME_SIZE + sizeof ending - 1 &&
                 !strcmp(rest + WEIGHTS_NAME_SIZE, ending);
    snprintf(weights, WEIGHTS_NAME_SIZE, "%.16s", is_of ? rest + 1 : "");
    return is_of && weights_is_name(weights);
}

int train_pool_list(const struct train_pool *pool, size_t epochs, struct train_arrivals *arrivals,
                    struct nax_err *err)
{
    struct dirent **names;
    char path[TRAIN_PATH_SIZE];
    int n = scandir(pool->folder, &names, NULL, NULL);
    *arrivals = (struct train_arrivals){0};
    if (n < 0)
        return errno == ENOENT ? 0 : nax_err_io(err, "cannot read: '%s'", pool->folder);
    arrivals->at = nax_calloc((size_t)n, sizeof *arrivals->at);
    for (int i = 0; i < n; i++) {
        struct train_arrival *a = arrivals->at ? &arrivals->at[arrivals->n] : NULL;
        if (a && parse_name(names[i]->d_name, epochs, a->weights)) {
            path_of(pool, a->weights, epochs, path);
            arrivals->n += read_entry(path, &a->accuracy) && a->accuracy >= 0;
        }
        free(names[i]);
    }
    free(names);
    if (!arrivals->at)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", pool->folder);
    qsort(arrivals->at, arrivals->n, sizeof *arrivals->at, compare);
    return 0;
}
