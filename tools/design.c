/* Candidates and their networks. */
#include "design.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_network(struct design *d, struct nax_err *err)
{
    nax_network_file_free(d->file);
    d->file = NULL;
    memcpy(d->network, d->candidate.network, sizeof d->network);
    return nax_network_file_load(&d->file, d->network, err);
}

int design_take(struct design *d, const struct nax_record *record, struct nax_err *err)
{
    int status = nax_candidate_read(&d->candidate, record, err);
    bool is_new = !status && (!d->file || strcmp(d->network, d->candidate.network));
    if (is_new)
        status = open_network(d, err);
    if (!status && d->candidate.n_slots != nax_network_file_n_slots(d->file))
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "field 'kernel': %zu values for the %zu searched convolutions of '%s'",
                             d->candidate.n_slots, nax_network_file_n_slots(d->file), d->network);
    if (status)
        return status;
    if (!nax_record_has(record, "id")) {
        d->candidate.layout = nax_network_file_layout(d->file);
        nax_candidate_set_id(&d->candidate);
    }
    return is_new;
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
        return nax_err_set(err, NAX_ERR_VALUE, "field 'checkpoint' is missing or no text");
    const char *given = field->string.s, *slash = strrchr(stream, '/');
    snprintf(path, DESIGN_PATH_SIZE, "%s", given);
    if (*given == '/' || !slash || !access(given, F_OK))
        return 0;
    snprintf(path, DESIGN_PATH_SIZE, "%.*s/%s", (int)(slash - stream), stream, given);
    if (access(path, F_OK))
        snprintf(path, DESIGN_PATH_SIZE, "%s", given);
    return 0;
}

/* Whether the weights are those that the record's accuracies are of. */
static int check_weights(const struct nax_record *record, const struct nax_model *model,
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
        status = check_weights(record, *model, path, err);
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
    nax_network_file_free(d->file);
    d->file = NULL;
}

void design_check(struct tool *tool, int status)
{
    struct nax_err err;
    if (!status)
        return;
    nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'record'");
    tool_fail(tool, &err);
}
