/* What all candidates of nax-train have in common, opened and closed. */
#include "nax/ranks.h"
#include "provenance.h"
#include "train.h"
#include "train_log.h"
#include "train_noise.h"

#include <stdio.h>

static void check_hardware(struct training *t)
{
    char what[64];
    snprintf(what, sizeof what, "the fidelity %s", nax_fidelity_name(t->measure.fidelity));
    struct hardware_use use = {what, nax_fidelity_parts(t->measure.fidelity)};
    if (t->noise.n_epochs)
        use.parts |= nax_fidelity_parts(rehearsal_fidelity(t));
    hardware_check_use(&t->tool, &t->hardware_options, t->hardware, &use);
}

void train_open(struct training *t)
{
    struct nax_err err;
    const char *folder = nax_ranks_own() ? NULL : t->folder; /* rank 0 keeps what is kept */
    t->cache = nax_ranks_own() ? NULL : t->cache;
    t->log_path = nax_ranks_own() ? NULL : t->log_path;
    t->tool.on_stop = t->folder ? "to continue, add --resume" : "nothing kept without --checkpoint";
    int status = nax_products_reserve((size_t)nax_threads() * t->n_parallel, &err);
    if (!status)
        status = t->measure.split == SPLIT_TEST
                     ? data_open_tested(&t->tool, &t->data, &t->set, &err)
                     : data_open(&t->tool, &t->data, &t->set, &err);
    if (!status)
        status = hardware_open(&t->tool, &t->hardware_options, &t->hardware, &err);
    if (!status)
        check_hardware(t);
    if (!status)
        provenance_file(&t->tool, t->init);
    if (!status && folder)
        status = nax_folder_make(folder, &err);
    if (!status && t->cache)
        status = nax_folder_make(t->cache, &err);
    if (!status)
        status = weights_store_open(&t->store, folder, &err);
    if (!status && t->log_path)
        status = train_log_open(&t->log, t->log_path, t->is_resumed, &err);
    if (status)
        tool_fail(&t->tool, &err);
}

void train_close(struct training *t)
{
    struct nax_err err;
    if (t->log && train_log_close(t->log, &err))
        tool_fail(&t->tool, &err);
    weights_store_close(t->store);
    nax_dataset_free(t->set);
    nax_hardware_free(t->hardware);
}
