/* Names of entries, and which entries each one reads. */
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What names of an entry's layers begin with. */
static const char *prefix_of(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_CONV:
        return "conv";
    case ENTRY_STAGE:
        return "s";
    case ENTRY_POOL:
        return "pool";
    case ENTRY_LINEAR:
        return "fc";
    case ENTRY_ADD:
        return "add";
    case ENTRY_CONCAT:
        return "concat";
    case ENTRY_BATCH_NORM:
        return "bn";
    case ENTRY_ACTIVATION:
        break;
    }
    return "act";
}

/* "conv1", "conv2", … in the order of the file; without a number where there is only one, and by
 * role where that says it: "stem". Numbers count those with a name of their own, too. */
static void name_entries(struct nax_network_file *f)
{
    size_t total[ENTRY_COUNT] = {0}, seen[ENTRY_COUNT] = {0};
    for (size_t i = 0; i < f->n_entries; i++)
        total[f->entries[i].kind] += f->entries[i].role != NAX_ROLE_STEM;
    for (size_t i = 0; i < f->n_entries; i++) {
        struct entry *e = &f->entries[i];
        bool is_stem = e->role == NAX_ROLE_STEM;
        int number = is_stem ? 0 : (int)++seen[e->kind];
        if (*e->name)
            continue;
        if (is_stem)
            snprintf(e->name, sizeof e->name, "stem");
        else if (total[e->kind] == 1 && e->kind != ENTRY_STAGE)
            snprintf(e->name, sizeof e->name, "%s", prefix_of(e->kind));
        else
            snprintf(e->name, sizeof e->name, "%s%d", prefix_of(e->kind), number);
    }
}

static int find_source(const struct nax_network_file *f, size_t before, struct entry_source *source,
                       struct nax_err *err)
{
    struct nax_nearest nearest = {.word = source->name};
    size_t at = 0;
    source->entry = NAX_FROM_IMAGE;
    if (!strcmp(source->name, "image"))
        return 0;
    while (at < f->n_entries && strcmp(f->entries[at].name, source->name))
        at++;
    if (at < before) {
        source->entry = (int)at;
        return 0;
    }
    if (at < f->n_entries)
        return nax_err_set(err, NAX_ERR_VALUE, "'%s' does not come before '%s'", source->name,
                           f->entries[before].name);
    nax_nearest_try(&nearest, "image"); /* which takes its time: once, of a name that is none */
    for (size_t i = 0; i < before; i++)
        nax_nearest_try(&nearest, f->entries[i].name);
    return nearest.name
               ? nax_err_set(err, NAX_ERR_VALUE,
                             "no entry of this name comes before '%s'; the nearest is "
                             "'%s': '%s'",
                             f->entries[before].name, nearest.name, source->name)
               : nax_err_set(err, NAX_ERR_VALUE, "no entry of this name comes before '%s': '%s'",
                             f->entries[before].name, source->name);
}

int nax_network_link(struct nax_network_file *f, size_t *entry, const char **key,
                     struct nax_err *err)
{
    name_entries(f);
    for (*entry = 0; *entry < f->n_entries; ++*entry) {
        const struct entry *e = &f->entries[*entry];
        *key = ""; /* its name may be one that nobody wrote */
        for (size_t i = 0; i < *entry; i++)
            if (!strcmp(f->entries[i].name, e->name))
                return nax_err_set(err, NAX_ERR_VALUE, "two entries are called '%s'", e->name);
        for (size_t i = 0; i < e->n_sources + e->is_added; i++) {
            *key = i < e->n_sources ? "from" : "add";
            int status = find_source(f, *entry, &f->sources[e->first_source + i], err);
            if (status)
                return status;
        }
    }
    return 0;
}

static int fail(const struct nax_network *net, size_t l, const char *what, size_t *layer,
                struct nax_err *err)
{
    *layer = l;
    return nax_err_set(err, NAX_ERR_VALUE, "%s: '%s' of network '%s'", what, net->layers[l].name,
                       net->name);
}

int nax_network_check_whole(const struct nax_network *net, size_t *layer, struct nax_err *err)
{
    bool *is_read = nax_calloc(net->n_layers, sizeof *is_read);
    int status = is_read ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network'");
    for (size_t l = 0; l < net->n_layers && !status; l++) {
        const int from[] = {net->layers[l].input, net->layers[l].residual};
        for (int i = 0; i < 2; i++)
            if (from[i] >= 0)
                is_read[from[i]] = true;
        for (size_t i = 0; i < l && !status; i++)
            if (!strcmp(net->layers[l].name, net->layers[i].name))
                status = fail(net, l, "two layers have one name", layer, err);
    }
    for (size_t l = 0; l + 1 < net->n_layers && !status; l++)
        if (!is_read[l])
            status = fail(net, l, "nothing reads the layer", layer, err);
    free(is_read);
    return status;
}
