/* What a trained candidate comes to: the fields of its record. */
#include "train_result.h"
#include "train_say.h"

#include <inttypes.h>
#include <stdio.h>

#define FIELD(name) NAX_OPTION_FIELD(struct measure_options, name)

const struct nax_option measure_rows[] = {
    {"fidelity", "WORD", NULL, FIELD(fidelity), .words = &nax_fidelity_words,
     .value = NAX_FIDELITY_ADC},
    {"split", "WORD", "images to measure on", FIELD(split), .words = &split_words,
     .value = SPLIT_TEST},
    {"images", "N", "how many of them, 0: all", FIELD(n_images), .max = INT32_MAX},
    {.name = NULL}};

static int measure_on(const struct candidate_run *run, const struct nax_images *images,
                      struct nax_record *record, struct nax_err *err)
{
    const struct training *t = run->t;
    enum split split = t->measure.split;
    struct nax_score ideal = {0}, hardware = {0};
    struct nax_eval options = {.n_images = t->measure.n_images};
    struct nax_mapping mapping = {.hardware = train_hardware(run),
                                  .crossbars = run->crossbars,
                                  .fidelity = t->measure.fidelity,
                                  .seed = t->tool.seed};
    train_show_measuring(run);
    int status = nax_mapped_score(run->model, &mapping, &t->set->train, images, options.n_images,
                                  &hardware, err);
    if (!status && split == SPLIT_TEST)
        status = nax_model_eval(run->model, images, &options, &ideal, err);
    if (!status)
        status = split_set(record, split, "", hardware.accuracy);
    if (!status)
        status = split_set_se(record, split, hardware.accuracy, hardware.n_images, 0, 1);
    if (!status && split == SPLIT_TEST)
        status = nax_record_set_float(record, split_ideal_field(split), ideal.accuracy);
    return status;
}

static int measure(const struct candidate_run *run, struct nax_record *record, struct nax_err *err)
{
    const struct training *t = run->t;
    struct nax_score validation = {0};
    struct nax_images held_out = {.n = 0};
    bool has_validation = t->recipe.validation > 0, is_test = t->measure.split == SPLIT_TEST;
    int status =
        is_test ? 0
                : nax_held_out(&held_out, &t->set->train, t->recipe.validation, t->tool.seed, err);
    if (!status)
        status = measure_on(run, is_test ? &t->set->test : &held_out, record, err);
    nax_images_free(&held_out);
    if (!status && has_validation)
        status = nax_trainer_validate(run->trainer, &validation, err);
    if (!status && has_validation)
        status =
            nax_record_set_float(record, split_ideal_field(SPLIT_VALIDATION), validation.accuracy);
    if (!status)
        status = nax_record_set_string(record, "fidelity", nax_fidelity_name(t->measure.fidelity));
    return status;
}

int train_describe(const struct candidate_run *run, struct nax_record *record,
                   const struct weights_state *state, struct nax_err *err)
{
    char content[WEIGHTS_NAME_SIZE];
    int status = state->has_diverged
                     ? nax_record_set_null(record, split_hardware_field(run->t->measure.split))
                     : measure(run, record, err);
    if (!status)
        status = nax_record_set_int(record, "epochs", (int64_t)state->epochs);
    if (!status)
        status = nax_record_set_int(record, "train_seed", (int64_t)run->t->tool.seed);
    if (!status)
        status = nax_record_set_float(record, "train_seconds", run->seconds);
    if (!status)
        status = nax_record_set_string(record, "data", run->t->set->name);
    if (!status)
        status = nax_record_set_string(record, "status", state->has_diverged ? "diverged" : "ok");
    if (!status)
        status = nax_record_set_string(record, "weights", run->weights);
    snprintf(content, sizeof content, "%016" PRIx64, nax_model_hash(run->model));
    if (!status && !state->has_diverged)
        status = nax_record_set_string(record, "weights_hash", content);
    return status;
}

/* What can be known before the network is trained: that it can be measured, and its weights kept.
 */
int train_look_ahead(const struct candidate_run *run, struct nax_err *err)
{
    const struct training *t = run->t;
    struct nax_mapping mapping = {.hardware = train_hardware(run), .crossbars = run->crossbars};
    int status = nax_fidelity_parts(t->measure.fidelity) || t->noise.n_epochs
                     ? nax_mapping_check(&mapping, run->net, err)
                     : 0;
    /* finished ones beside those in the making, each with its momentum */
    size_t size = 2 * 2 * run->model->n_values * sizeof *run->model->values;
    return status ? status : weights_check_space(t->store, size, err);
}
