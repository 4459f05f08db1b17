/* Finished results in a folder, one file each, named by a hash over all that decides a result. */
#include "train_cache.h"
#include "design.h"
#include "train_identity.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static int entry_path(const struct candidate_run *run, char path[TRAIN_PATH_SIZE],
                      struct nax_err *err)
{
    uint64_t hash = 0;
    int status = train_result_hash(run, &hash, err);
    snprintf(path, TRAIN_PATH_SIZE, "%s/%s-%016" PRIx64 ".nax", run->t->cache, run->weights, hash);
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

bool train_entry_read(const char *path, struct nax_record *result)
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

/* Whether the folder has the weights that the result is of: not those of another processor. */
static bool has_weights(const struct candidate_run *run, const struct nax_record *result)
{
    const char *path = run->is_stopped ? run->part : run->checkpoint;
    struct nax_model *model = NULL;
    struct nax_err err;
    if (!*path || design_has_diverged(result))
        return true;
    bool has = !access(path, F_OK) && !nax_model_alloc(&model, run->net, 0, &err) &&
               !nax_model_load(model, path, &err) &&
               !design_check_weights(result, model, path, &err);
    nax_model_free(model);
    return has;
}

int train_cache_get(const struct candidate_run *run, struct nax_record *result, bool *is_known,
                    struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    int status = entry_path(run, path, err);
    if (!status)
        status = nax_file_check_regular(path, err);
    *is_known = !status && !access(path, F_OK) && train_entry_read(path, result) &&
                has_weights(run, result);
    if (!*is_known)
        nax_record_clear(result);
    return status;
}

static int write_record(FILE *file, const char *path, const struct nax_record *result,
                        struct nax_err *err)
{
    struct nax_writer *writer;
    int status = nax_writer_open(&writer, file, path, NAX_FORMAT_MSGPACK, "result", err);
    if (status)
        return status;
    status = nax_writer_put(writer, result, err);
    int closed = nax_writer_close(writer, status != 0, status ? NULL : err);
    return status ? status : closed;
}

int train_entry_write(const char *path, struct nax_record *result, struct nax_err *err)
{
    struct nax_file *file = NULL;
    int status = nax_file_begin(&file, path, err);
    if (status)
        return status;
    if (nax_record_set_int(result, "checksum", (int64_t)(checksum(result) >> 1)))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status)
        status = write_record(nax_file_stream(file), path, result, err);
    nax_record_remove(result, "checksum");
    if (!status)
        return nax_file_commit(file, err);
    nax_file_abandon(file);
    return status;
}

int train_cache_put(const struct candidate_run *run, struct nax_record *result, struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    int status = entry_path(run, path, err);
    return status ? status : train_entry_write(path, result, err);
}
