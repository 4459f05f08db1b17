/* What decides the weights and the results of a candidate of nax-train. */
#include "train_identity.h"

#include "train_noise.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void train_init_path(const struct training *t, const char *id, char path[TRAIN_PATH_SIZE])
{
    snprintf(path, TRAIN_PATH_SIZE, "%s/%s.safetensors", t->init, id);
    if (access(path, F_OK))
        snprintf(path, TRAIN_PATH_SIZE, "%s", t->init);
}

static int hash_file(const char *path, uint64_t *hash, struct nax_err *err)
{
    char block[65536];
    FILE *file;
    size_t size;
    int status = nax_file_open(path, &file, &size, err);
    if (status)
        return status;
    *hash = 0;
    for (size_t n; (n = fread(block, 1, sizeof block, file));)
        *hash = nax_hash(*hash, block, n);
    bool has_failed = ferror(file);
    fclose(file);
    return has_failed ? nax_err_io(err, "cannot read: '%s'", path) : 0;
}

static int add_start(struct nax_identity *identity, const struct candidate_run *run,
                     struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    uint64_t hash;
    train_init_path(run->t, run->candidate.id, path);
    int status = hash_file(path, &hash, err);
    if (!status)
        nax_identity_add(identity, "init", "%016" PRIx64, hash);
    return status;
}

/* The hardware, and the crossbars that layers are on. */
static void add_hardware(struct nax_identity *identity, const struct candidate_run *run)
{
    for (size_t l = 0; l < run->net->n_layers; l++) {
        char name[40];
        snprintf(name, sizeof name, "crossbar.%s", run->net->layers[l].name);
        if (run->crossbars[l])
            nax_identity_add(identity, name, "%" PRId64, run->crossbars[l]);
    }
    nax_hardware_identify(run->t->hardware, identity);
}

int train_identify(struct candidate_run *run, struct nax_err *err)
{
    const struct training *t = run->t;
    int status = nax_identity_alloc(&run->identity, err);
    if (!status && t->init)
        status = add_start(run->identity, run, err);
    if (status || !t->noise.n_epochs)
        return status;
    nax_identity_add_options(run->identity, noise_rows, &t->noise);
    nax_identity_add(run->identity, "noise-fidelity", "%s",
                     nax_fidelity_name(rehearsal_fidelity(t)));
    add_hardware(run->identity, run);
    return 0;
}

int train_result_hash(const struct candidate_run *run, uint64_t *hash, struct nax_err *err)
{
    const struct training *t = run->t;
    struct nax_identity *identity;
    int status = nax_identity_alloc(&identity, err);
    if (status)
        return status;
    nax_identity_add(identity, "nax", "%s", NAX_VERSION);
    nax_identity_add(identity, "id", "%s", run->candidate.id);
    nax_training_identify(identity, run->net, t->set, &t->recipe, t->tool.seed);
    nax_identity_join(identity, run->identity);
    nax_identity_add_options(identity, measure_rows, &t->measure);
    if (!t->noise.n_epochs) /* else they are among those of the weights */
        add_hardware(identity, run);
    status = nax_identity_hash(identity, hash, err);
    nax_identity_free(identity);
    return status;
}
