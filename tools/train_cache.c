/* Finished results in a folder, one file each, named by a hash over all that decides a result. */
#include "train_cache.h"
#include "train_noise.h"

#include <inttypes.h>
#include <pthread.h>
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
    FILE *file = fopen(path, "r");
    if (!file)
        return nax_err_io(err, "cannot open: '%s'", path);
    *hash = 0;
    for (size_t n; (n = fread(block, 1, sizeof block, file));)
        *hash = nax_hash(*hash, block, n);
    bool has_failed = ferror(file);
    fclose(file);
    return has_failed ? nax_err_io(err, "cannot read: '%s'", path) : 0;
}

/* Built in or a file: its text counts, not its name. */
static int describe_hardware(FILE *to, const struct training *t, struct nax_err *err)
{
    char *text, path[256];
    size_t size;
    int status = nax_config_read("hardware", t->hardware_options.name, &text, &size, path, err);
    if (status)
        return status;
    fprintf(to, " hardware %016" PRIx64, nax_hash(0, text, size));
    for (size_t i = 0; i < t->hardware_options.sets.n; i++)
        fprintf(to, " %s", t->hardware_options.sets.at[i]);
    free(text);
    return 0;
}

static int describe_conditions(FILE *to, const struct candidate_run *run, struct nax_err *err)
{
    const struct training *t = run->t;
    int status = 0;
    if (t->init) {
        char path[TRAIN_PATH_SIZE];
        uint64_t hash;
        train_init_path(t, run->candidate.id, path);
        status = hash_file(path, &hash, err);
        if (!status)
            fprintf(to, " init %016" PRIx64, hash);
    }
    if (status || !t->n_noise_epochs)
        return status;
    fprintf(to, " noise %zu %zu %s", t->n_noise_epochs, t->n_refresh,
            nax_fidelity_name(rehearsal_fidelity(t)));
    if (t->gradient == NAX_GRADIENT_ADJOINT)
        fputs(" adjoint", to);
    for (size_t l = 0; l < run->net->n_layers; l++)
        fprintf(to, " %" PRId64, run->crossbars[l]);
    return describe_hardware(to, t, err);
}

static int describe_result(FILE *to, const struct candidate_run *run, struct nax_err *err)
{
    const struct training *t = run->t;
    const struct nax_recipe *r = &t->recipe;
    fprintf(to,
            "nax %s seed %" PRIu64 " data %016" PRIx64 " epochs %zu batch %zu schedule %d rate %a "
            "warmup %a momentum %a decay %a muon %a smoothing %a crop %zu flip %d cutout %zu "
            "validation %a "
            "precision %d fidelity %s images %zu id %s layers",
            NAX_VERSION, t->tool.seed, nax_dataset_hash(t->set), r->epochs, r->batch,
            (int)r->schedule, r->learning_rate, r->warmup, r->momentum, r->weight_decay, r->muon,
            r->label_smoothing, r->crop, (int)r->flip, r->cutout, r->validation,
            (int)nax_arithmetic_of(r->precision), nax_fidelity_name(t->fidelity), t->n_test,
            run->candidate.id);
    for (size_t l = 0; l < run->net->n_layers; l++) {
        const struct nax_layer *s = &run->net->layers[l];
        fprintf(to, " %d %d %d %d %zu %zu %zu %zu %zu %zu %" PRId64, (int)s->kind, s->input,
                s->residual, (int)s->has_relu, s->kernel, s->stride, s->h_in, s->w_in, s->c_in,
                s->c_out, run->crossbars[l]);
    }
    int status = describe_hardware(to, t, err);
    return status ? status : describe_conditions(to, run, err);
}

/* Of the text that describe writes; 0 where it writes none. */
static int hash_text(const struct candidate_run *run,
                     int (*describe)(FILE *to, const struct candidate_run *run,
                                     struct nax_err *err),
                     uint64_t *hash, struct nax_err *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    int status = to ? describe(to, run, err) : NAX_ERR_MEMORY;
    if (to && fclose(to))
        status = NAX_ERR_MEMORY;
    if (status == NAX_ERR_MEMORY)
        nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'candidate %s'", run->candidate.id);
    *hash = status || !size ? 0 : nax_hash(0, text, size);
    free(text);
    return status;
}

int train_conditions(const struct candidate_run *run, uint64_t *hash, struct nax_err *err)
{
    return hash_text(run, describe_conditions, hash, err);
}

static int entry_path(const struct candidate_run *run, char path[TRAIN_PATH_SIZE],
                      struct nax_err *err)
{
    uint64_t hash;
    int status = hash_text(run, describe_result, &hash, err);
    snprintf(path, TRAIN_PATH_SIZE, "%s/%s-%016" PRIx64 ".nax", run->t->cache, run->candidate.id,
             hash);
    return status;
}

/* Over names and values, so that a damaged entry is told from a whole one. */
static uint64_t checksum(const struct nax_record *record)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < nax_record_n(record); i++) {
        const char *name = nax_record_name(record, i);
        const struct nax_value *v = nax_record_value(record, i);
        sum = nax_hash(sum, name, strlen(name));
        if (v->type == NAX_STRING)
            sum = nax_hash(sum, v->string.s, v->string.n);
        else if (v->type == NAX_FLOAT)
            sum = nax_hash(sum, &v->f, sizeof v->f);
        else if (v->type == NAX_INT)
            sum = nax_hash(sum, &v->i, sizeof v->i);
    }
    return sum;
}

/* Whether the entry is whole; its checksum is taken out. */
static bool is_whole(struct nax_record *record)
{
    const struct nax_value *v = nax_record_get(record, "checksum");
    int64_t sum = v && v->type == NAX_INT ? v->i : 0;
    nax_record_remove(record, "checksum");
    return v && checksum(record) >> 1 == (uint64_t)sum;
}

static bool read_entry(const char *path, struct nax_record *result)
{
    struct nax_reader *reader;
    struct nax_err err;
    if (nax_reader_open(&reader, &path, 1, 0, &err))
        return false;
    struct nax_record *after = nax_record_alloc();
    bool is_read = after && nax_reader_next(reader, result, &err) == 1 &&
                   nax_reader_next(reader, after, &err) == 0 && is_whole(result);
    if (!is_read)
        nax_record_clear(result);
    nax_record_free(after);
    nax_reader_close(reader);
    return is_read;
}

int train_cache_get(const struct candidate_run *run, struct nax_record *result, bool *is_known,
                    struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    int status = entry_path(run, path, err);
    bool has_checkpoint = !*run->checkpoint || !access(run->checkpoint, F_OK);
    *is_known = !status && has_checkpoint && !access(path, F_OK) && read_entry(path, result);
    return status;
}

static int write_entry(FILE *file, const char *path, const struct nax_record *result,
                       struct nax_err *err)
{
    struct nax_writer *writer;
    int status = nax_writer_open(&writer, file, path, NAX_FORMAT_MSGPACK, "result", err);
    if (status)
        return status;
    status = nax_writer_put(writer, result, err);
    if (status) {
        struct nax_err ignored; /* the first error is the one to tell */
        (void)!nax_writer_close(writer, true, &ignored);
        return status;
    }
    status = nax_writer_close(writer, false, err);
    if (!status && fsync(fileno(file)))
        status = nax_err_io(err, "cannot write: '%s'", path);
    return status;
}

int train_cache_put(const struct candidate_run *run, struct nax_record *result, struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE], temporary[TRAIN_PATH_SIZE + 16];
    int status = entry_path(run, path, err);
    if (status)
        return status;
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = mkstemp(temporary);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        return nax_err_io(err, "cannot open: '%s'", temporary);
    status = nax_record_set_int(result, "checksum", (int64_t)(checksum(result) >> 1));
    if (!status)
        status = write_entry(file, temporary, result, err);
    if (fclose(file) && !status)
        status = nax_err_io(err, "cannot write: '%s'", temporary);
    if (!status && rename(temporary, path))
        status = nax_err_io(err, "cannot write: '%s'", path);
    if (status)
        unlink(temporary);
    nax_record_remove(result, "checksum");
    return status;
}
