/* Channels of a network's stages, chosen after its file was read. */
#include "file.h"

#include <stdlib.h>
#include <string.h>

static const struct entry *stage_at(const struct nax_network_file *file, size_t stage)
{
    const struct entry *e = file->entries;
    while (e->stage != (int)stage || !e->is_stage)
        e++;
    return e;
}

size_t nax_network_file_n_stages(const struct nax_network_file *file)
{
    return file->n_stages;
}

int64_t nax_network_file_width(const struct nax_network_file *file, size_t stage)
{
    return stage_at(file, stage)->out;
}

const char *nax_network_file_stage_name(const struct nax_network_file *file, size_t stage)
{
    return stage_at(file, stage)->name;
}

/* The slots anew: which may be skipped hangs on shapes. */
static int fit(struct nax_network_file *file, struct nax_err *err)
{
    struct nax_network *net;
    size_t entry;
    int status = nax_network_expand(&net, file, NULL, file->slots, &entry, err);
    if (!status)
        nax_network_free(net);
    return status;
}

int nax_network_file_widen(struct nax_network_file **wide, const struct nax_network_file *file,
                           const int64_t *width, struct nax_err *err)
{
    for (size_t s = 0; s < file->n_stages; s++)
        if (width[s] < 1 || width[s] > NAX_WIDTH_MAX)
            return nax_err_set(
                err, NAX_ERR_VALUE, "width %lld of stage '%s' is not between 1 and %d",
                (long long)width[s], nax_network_file_stage_name(file, s), NAX_WIDTH_MAX);
    struct nax_network_file *f = nax_calloc(1, sizeof *f);
    struct entry *entries = nax_calloc(file->n_entries, sizeof *entries);
    struct entry_source *sources = nax_calloc(file->n_sources + 1, sizeof *sources);
    if (!f || !entries || !sources) {
        free(f);
        free(entries);
        free(sources);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", file->name);
    }
    *f = *file;
    f->entries = entries;
    f->sources = sources;
    for (size_t i = 0; i < f->n_sources; i++)
        sources[i] = file->sources[i];
    memcpy(entries, file->entries, file->n_entries * sizeof *entries);
    for (size_t i = 0; i < f->n_entries; i++) {
        if (entries[i].stage >= 0)
            entries[i].out = width[entries[i].stage];
        if (!entries[i].out) /* depthwise: with what it reads */
            entries[i].groups = 0;
    }
    int status = fit(f, err);
    if (status)
        nax_network_file_free(f);
    else
        *wide = f;
    return status;
}
