/* What decides the weights and the results of a candidate of nax-train. */
#include "train_identity.h"
#include "design.h"
#include "train_noise.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat info;
    return path && !stat(path, &info) && S_ISDIR(info.st_mode);
}

bool train_has_no_start(const struct candidate_run *run, const struct nax_record *record)
{
    return is_folder(run->t->init) && design_has_diverged(record);
}

/* Weights that are stopped, or still trained, lie beside the place of finished ones. */
static int check_finished(const struct training *t, const char *name, const char *path,
                          struct nax_err *err)
{
    char part[TRAIN_PATH_SIZE];
    snprintf(part, sizeof part, "%s/%s.part.safetensors", t->init, name);
    return access(path, F_OK) && !access(part, F_OK)
               ? nax_err_set(err, NAX_ERR_VALUE,
                             "weights that are not finished; leave the design out, or train them "
                             "on by --resume: '%s'",
                             part)
               : 0;
}

int train_find_start(struct candidate_run *run, const struct nax_record *record,
                     struct nax_err *err)
{
    const char *init = run->t->init;
    *run->start_path = 0;
    if (!init)
        return 0;
    snprintf(run->start_path, sizeof run->start_path, "%s", init);
    if (!is_folder(init))
        return 0;
    const struct nax_value *name = nax_record_get(record, "weights");
    if (!name || name->type != NAX_STRING || !weights_is_name(name->string.s))
        return nax_err_set(err, NAX_ERR_VALUE,
                           "no field 'weights' that names a file in the folder; give --init the "
                           "file: '%s'",
                           init);
    snprintf(run->start_path, sizeof run->start_path, "%s/%s.safetensors", init, name->string.s);
    return check_finished(run->t, name->string.s, run->start_path, err);
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
    uint64_t hash;
    int status = hash_file(run->start_path, &hash, err);
    if (!status)
        nax_identity_add(identity, run->t->is_extended ? "extend" : "init", "%016" PRIx64, hash);
    return status;
}

/* The hardware, and the crossbars that layers are on. */
static void add_hardware(struct nax_identity *identity, const struct candidate_run *run,
                         enum nax_fidelity fidelity)
{
    if (!nax_fidelity_parts(fidelity))
        return;
    for (size_t l = 0; l < run->net->n_layers; l++) {
        char name[NAX_LAYER_NAME_SIZE + 16];
        snprintf(name, sizeof name, "crossbar.%s", run->net->layers[l].name);
        if (run->crossbars[l])
            nax_identity_add(identity, name, "%" PRId64, run->crossbars[l]);
    }
    nax_hardware_identify(train_hardware(run), nax_fidelity_parts(fidelity), identity);
}

/* All of what decides the weights: the caller's to free. */
static int identify_weights(const struct candidate_run *run, struct nax_identity **identity,
                            struct nax_err *err)
{
    const struct training *t = run->t;
    int status = nax_identity_alloc(identity, err);
    if (status)
        return status;
    nax_training_identify(*identity, run->net, t->set, &t->recipe, t->tool.seed);
    nax_identity_join(*identity, run->identity);
    return 0;
}

static int name_weights(struct candidate_run *run, struct nax_err *err)
{
    struct nax_identity *identity = NULL;
    uint64_t hash = 0;
    int status = identify_weights(run, &identity, err);
    if (!status)
        status = nax_identity_hash(identity, &hash, err);
    snprintf(run->weights, sizeof run->weights, "%016" PRIx64, hash);
    nax_identity_free(identity);
    return status;
}

int train_identify(struct candidate_run *run, struct nax_err *err)
{
    const struct training *t = run->t;
    int status = nax_identity_alloc(&run->identity, err);
    if (!status && *run->start_path)
        status = add_start(run->identity, run, err);
    if (!status && !t->recipe.epochs)
        nax_identity_add(run->identity, "statistics", "%d", TRAIN_STATISTICS);
    if (!status && t->noise.n_epochs) {
        nax_identity_add_options(run->identity, noise_rows, &t->noise);
        nax_identity_add(run->identity, "noise-fidelity", "%s",
                         nax_fidelity_name(rehearsal_fidelity(t)));
        nax_identity_add(run->identity, "noise-chips", "%d", NOISE_CHIPS);
        add_hardware(run->identity, run, rehearsal_fidelity(t));
    }
    return status ? status : name_weights(run, err);
}

/* Whether the run there began with other weights: with a folder of them each record has its own. */
static bool starts_elsewhere(const struct candidate_run *run, const char *here, const char *there)
{
    char ours[32], theirs[32];
    const char *name = run->t->is_extended ? "extend" : "init";
    nax_identity_find(here, name, ours, sizeof ours);
    nax_identity_find(there, name, theirs, sizeof theirs);
    return is_folder(run->t->init) && strcmp(ours, theirs) != 0;
}

/* What to do about it; --extend takes an end of an epoch before the last one. */
static void hint(const struct candidate_run *run, const struct nax_tensors *file, const char *path,
                 struct nax_err *err)
{
    const char *position = nax_tensors_meta(file, "position");
    size_t epochs, steps;
    bool is_extensible = position && sscanf(position, "%zu %zu", &epochs, &steps) == 2 && !steps &&
                         epochs < run->t->recipe.epochs;
    tool_hint(err, "%s, with --init '%s' to start from its weights%s",
              run->t->n_hurdles ? "take another --checkpoint to begin anew"
                                : "leave out --resume to begin anew beside it",
              path, is_extensible ? ", and --extend to go on with them" : "");
}

/* Compares with one file of the folder; what is no checkpoint of this design, or of another start,
 * is passed over. */
static int check_other(const struct nax_identity *identity, const struct candidate_run *run,
                       const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    if (nax_tensors_open(&file, path, err))
        return 0;
    const char *id = nax_tensors_meta(file, "id"), *rows = nax_tensors_meta(file, "identity");
    const char *own;
    bool is_design = id && !strcmp(id, run->candidate.id);
    int status = nax_identity_text(identity, &own, err);
    if (!status && is_design && rows && !starts_elsewhere(run, own, rows))
        status = nax_identity_compare(identity, rows, err);
    else if (!status && is_design && !rows)
        status = nax_err_set(err, NAX_ERR_VALUE, "written by an older nax");
    if (status == NAX_ERR_VALUE) {
        nax_err_prefix(err, "checkpoint of another run: '%s'", path);
        hint(run, file, path, err);
    }
    nax_tensors_close(file);
    return status;
}

int train_resume_check(const struct candidate_run *run, struct nax_err *err)
{
    static const char ending[] = ".safetensors";
    struct nax_identity *identity = NULL;
    struct dirent **names = NULL;
    char path[TRAIN_PATH_SIZE];
    int status = identify_weights(run, &identity, err);
    int n = status ? 0 : scandir(run->t->folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(names[i]->d_name);
        bool is_file = length >= sizeof ending &&
                       !strcmp(names[i]->d_name + length - (sizeof ending - 1), ending);
        snprintf(path, sizeof path, "%s/%s", run->t->folder, names[i]->d_name);
        free(names[i]);
        if (is_file && !status)
            status = check_other(identity, run, path, err);
    }
    free(names);
    nax_identity_free(identity);
    return status;
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
    if (run->is_stopped)
        nax_identity_add(identity, "stopped", "%zu", run->target);
    if (!t->noise.n_epochs) /* else they are among those of the weights */
        add_hardware(identity, run, t->measure.fidelity);
    status = nax_identity_hash(identity, hash, err);
    nax_identity_free(identity);
    return status;
}
