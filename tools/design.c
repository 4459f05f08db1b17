/* Candidates and their networks. */
#include "design.h"

#include <string.h>

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

int design_load(const struct design *d, const struct nax_record *record, struct nax_network **net,
                int64_t crossbars[NAX_NETWORK_LAYERS_MAX], struct nax_model **model,
                struct nax_err *err)
{
    const struct nax_value *path = nax_record_get(record, "checkpoint");
    if (!path || path->type != NAX_STRING)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'checkpoint' is missing or no text");
    int status = design_build(d, net, crossbars, err);
    if (status)
        return status;
    status = nax_model_alloc(model, *net, 0, err);
    if (!status)
        status = nax_model_load(*model, path->string.s, err);
    if (status) {
        nax_model_free(*model);
        nax_network_free(*net);
        *model = NULL;
        *net = NULL;
    }
    return status;
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
