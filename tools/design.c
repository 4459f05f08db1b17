/* Candidates and their networks. */
#include "design.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void close_network(struct design_network *n)
{
    if (!n)
        return;
    nax_network_file_free(n->own);
    nax_network_file_free(n->wide);
    free(n);
}

/* Whether it is the network of the candidate, whose widths may be missing for the network's own. */
static bool is_of(const struct design_network *n, const struct nax_candidate *c)
{
    return !strcmp(n->name, c->network) && n->n_stages == c->n_stages &&
           !memcmp(n->width, c->width, c->n_stages * sizeof *c->width);
}

static int open_widths(struct design_network *n, const struct nax_candidate *c, struct nax_err *err)
{
    size_t n_stages = nax_network_file_n_stages(n->own);
    if (!c->n_stages)
        return 0;
    if (c->n_stages != n_stages)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'width': %zu values for the %zu stages of '%s'", c->n_stages,
                           n_stages, c->network);
    int status = nax_network_file_widen(&n->wide, n->own, c->width, err);
    if (status == NAX_ERR_VALUE)
        nax_err_prefix(err, "field 'width'");
    return status;
}

static int open_network(struct design_network **network, const struct nax_candidate *c,
                        struct nax_err *err)
{
    struct design_network *n = nax_calloc(1, sizeof *n);
    if (!n)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", c->network);
    memcpy(n->name, c->network, sizeof n->name);
    n->n_stages = c->n_stages;
    memcpy(n->width, c->width, c->n_stages * sizeof *c->width);
    int status = nax_network_file_load(&n->own, n->name, err);
    if (!status)
        status = open_widths(n, c, err);
    if (status)
        close_network(n);
    else
        *network = n;
    return status;
}

/* Where the candidate's network is kept from now on: 1, or 0 where it has been before. */
static int find_network(struct design *d, struct nax_err *err)
{
    struct design_network *n = NULL;
    for (d->at = 0; d->at < d->n_kept; d->at++)
        if (is_of(d->kept[d->at], &d->candidate))
            return 0;
    int status = open_network(&n, &d->candidate, err);
    if (status)
        return status;
    if (d->n_kept < DESIGN_NETWORKS) {
        d->n_kept++;
    } else {
        d->at = d->oldest;
        d->oldest = (d->oldest + 1) % DESIGN_NETWORKS;
    }
    close_network(d->kept[d->at]);
    d->kept[d->at] = n;
    return 1;
}

/* The canonical form of a design whose network is known. */
static void settle(struct nax_candidate *c, const struct nax_network_file *own)
{
    int64_t width[NAX_SLOTS_MAX];
    size_t n = nax_network_file_n_stages(own);
    for (size_t s = 0; s < n; s++)
        width[s] = nax_network_file_width(own, s);
    nax_candidate_drop_own(c, n, width);
    c->layout = nax_network_file_layout(own);
}

/* A file of layers may have changed since its designs were named, and they would be taken for
 * others: their names are of what the layers were. Names that somebody gave are left alone. */
static int check_id(const struct nax_candidate *c, struct nax_err *err)
{
    struct nax_candidate now;
    size_t n = strlen(c->id);
    if (!c->layout || n != 16 || strspn(c->id, "0123456789abcdef") != n)
        return 0;
    now = *c;
    nax_candidate_set_id(&now);
    if (!strcmp(now.id, c->id))
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE,
                       "field 'id': %s is %s by what network, kernels and crossbars are now; the "
                       "file or the record has changed since: draw the designs anew, or leave the "
                       "field out: '%s'",
                       c->id, now.id, c->network);
}

int design_take(struct design *d, const struct nax_record *record, struct nax_err *err)
{
    int status = nax_candidate_read(&d->candidate, record, err);
    int is_new = status ? status : find_network(d, err);
    if (is_new < 0)
        return is_new;
    const struct design_network *n = d->kept[d->at];
    d->own = n->own;
    d->file = n->wide ? n->wide : n->own;
    if (d->candidate.n_slots != nax_network_file_n_slots(d->file) &&
        !nax_record_has(record, "kernel"))
        return nax_err_set(err, NAX_ERR_VALUE, "field 'kernel': missing");
    if (d->candidate.n_slots != nax_network_file_n_slots(d->file))
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'kernel': %zu values for the %zu searched convolutions of '%s'",
                           d->candidate.n_slots, nax_network_file_n_slots(d->file), n->name);
    settle(&d->candidate, d->own);
    if (!nax_record_has(record, "id"))
        nax_candidate_set_id(&d->candidate);
    status = check_id(&d->candidate, err);
    return status ? status : is_new;
}

bool design_read(struct design *d, struct tool *tool, const struct nax_record *record)
{
    struct nax_err err;
    int status = design_take(d, record, &err);
    if (status < 0)
        tool_fail_record(tool, &err);
    return status;
}

int design_build(const struct design *d, struct nax_network **net,
                 int64_t crossbars[NAX_NETWORK_LAYERS_MAX], struct nax_err *err)
{
    const struct nax_candidate *c = &d->candidate;
    int status = nax_network_build(net, d->file, c->kernel, err);
    if (status)
        return status;
    status = nax_network_crossbars(*net, c->crossbar, c->crossbar_fixed, crossbars, err);
    if (status) {
        nax_network_free(*net);
        *net = NULL;
    }
    return status;
}

/* The record's checkpoint: a path from here, or else from the folder that the stream lies in. */
int design_checkpoint(const struct nax_record *record, const char *stream,
                      char path[DESIGN_PATH_SIZE], struct nax_err *err)
{
    const struct nax_value *field = nax_record_get(record, "checkpoint");
    if (!field || field->type != NAX_STRING)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'checkpoint' is missing or no text; nax-train writes it, given "
                           "--checkpoint DIR");
    const char *given = field->string.s, *slash = strrchr(stream, '/');
    snprintf(path, DESIGN_PATH_SIZE, "%s", given);
    if (*given == '/' || !slash || !access(given, F_OK))
        return 0;
    snprintf(path, DESIGN_PATH_SIZE, "%.*s/%s", (int)(slash - stream), stream, given);
    if (access(path, F_OK))
        snprintf(path, DESIGN_PATH_SIZE, "%s", given);
    return 0;
}

int design_check_weights(const struct nax_record *record, const struct nax_model *model,
                         const char *path, struct nax_err *err)
{
    const struct nax_value *field = nax_record_get(record, "weights_hash");
    char own[17];
    if (!field || field->type != NAX_STRING)
        return 0;
    snprintf(own, sizeof own, "%016" PRIx64, nax_model_hash(model));
    if (!strcmp(field->string.s, own))
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE,
                       "weights_hash is %.40s in the record and %s in the file, which holds other "
                       "weights: '%s'",
                       field->string.s, own, path);
}

int design_load(const struct design *d, const struct nax_record *record, const char *stream,
                struct nax_network **net, int64_t crossbars[NAX_NETWORK_LAYERS_MAX],
                struct nax_model **model, struct nax_err *err)
{
    char path[DESIGN_PATH_SIZE];
    int status = design_checkpoint(record, stream, path, err);
    if (!status)
        status = design_build(d, net, crossbars, err);
    if (status)
        return status;
    status = nax_model_alloc(model, *net, 0, err);
    if (!status)
        status = nax_model_load(*model, path, err);
    if (!status)
        status = design_check_weights(record, *model, path, err);
    if (status) {
        nax_model_free(*model);
        nax_network_free(*net);
        *model = NULL;
        *net = NULL;
    }
    return status;
}

bool design_has_diverged(const struct nax_record *record)
{
    const struct nax_value *status = nax_record_get(record, "status");
    return status && status->type == NAX_STRING && !strcmp(status->string.s, "diverged");
}

void design_close(struct design *d)
{
    for (size_t i = 0; i < d->n_kept; i++)
        close_network(d->kept[i]);
    *d = (struct design){.n_kept = 0};
}

void design_check(struct tool *tool, int status)
{
    struct nax_err err;
    if (!status)
        return;
    nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
    tool_fail(tool, &err);
}
