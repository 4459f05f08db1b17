/* The last epochs of nax-train on the hardware: chips drawn anew, programmed every few steps. */
#include "train_noise.h"

#include <stdlib.h>

static const struct nax_word gradients[] = {
    {NAX_GRADIENT_STRAIGHT, "straight", "an effective weight's for the weight's own", NULL, NULL},
    {NAX_GRADIENT_ADJOINT, "adjoint", "through the wires", NULL, NULL}};
static NAX_WORDS(gradient_words, gradients, NAX_GRADIENT_ADJOINT + 1);

#define FIELD(name) NAX_OPTION_FIELD(struct noise_options, name)

const struct nax_option noise_rows[] = {
    {"noise-aware", "N", "train the last N epochs on the hardware", FIELD(n_epochs), .max = 100000},
    {"refresh", "N", "steps until it is programmed anew", FIELD(n_refresh), .min = 1,
     .max = INT32_MAX, .value = 32, .needs = "noise-aware"},
    {"gradient", "WORD", "of these epochs, adjoint is through the wires", FIELD(gradient),
     .words = &gradient_words, .needs = "noise-aware"},
    {.name = NULL}};

static const uint64_t first_met = (uint64_t)1 << 62; /* a chip that no epoch trains on */

struct noise_epochs {
    struct candidate_run *run;
    struct nax_mapping mapping;
    struct nax_mapped *mapped;
    struct nax_linop ops[NAX_NETWORK_LAYERS_MAX];
};

enum nax_fidelity rehearsal_fidelity(const struct training *t)
{
    return t->measure.fidelity == NAX_FIDELITY_LINEAR ? NAX_FIDELITY_LINEAR : NAX_FIDELITY_ADC;
}

/* Chip 0 is the one that results are measured on. A number depends on the place in the run alone,
 * so that a resumed run meets the same chips. */
static uint64_t chip_at(const struct candidate_run *run, size_t step)
{
    size_t n_steps = nax_trainer_n_steps(run->trainer);
    return 1 + nax_trainer_epochs_done(run->trainer) * n_steps + step;
}

static int practise(struct noise_epochs *r, struct nax_err *err)
{
    int status = nax_mapped_train_linops(r->mapped, r->run->t->noise.gradient, r->ops, err);
    if (!status)
        nax_trainer_set_linops(r->run->trainer, r->ops);
    return status;
}

int noise_epochs_begin(struct noise_epochs **noise_epochs, struct candidate_run *run,
                       struct nax_err *err)
{
    struct noise_epochs *r = *noise_epochs;
    const struct training *t = run->t;
    if (!r)
        *noise_epochs = r = nax_calloc(1, sizeof *r);
    if (!r)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'noise_epochs'");
    nax_trainer_set_linops(run->trainer, NULL);
    nax_mapped_free(r->mapped);
    r->mapped = NULL;
    r->run = run;
    r->mapping = (struct nax_mapping){.hardware = train_hardware(run),
                                      .crossbars = run->crossbars,
                                      .fidelity = rehearsal_fidelity(t),
                                      .seed = t->tool.seed,
                                      .chip = chip_at(run, 0)};
    int status = nax_mapped_alloc(&r->mapped, run->model, &r->mapping, &t->set->train, err);
    return status ? status : practise(r, err);
}

static int program(struct noise_epochs *r, uint64_t chip, struct nax_err *err)
{
    r->mapping.chip = chip;
    return nax_mapped_reprogram(r->mapped, &r->mapping, err);
}

static int meet_chip(void *self, size_t i, struct nax_err *err)
{
    struct noise_epochs *r = self;
    const bool is_new = !i || !nax_programs_exactly(&r->mapping.hardware->device);
    int status = is_new ? program(r, first_met + i, err) : 0;
    return status ? status : practise(r, err);
}

int noise_epochs_step(struct noise_epochs *r, size_t step, struct nax_err *err)
{
    int status = 0;
    if (step == nax_trainer_n_steps(r->run->trainer))
        return nax_trainer_renew_statistics(r->run->trainer, NOISE_CHIPS, meet_chip, r, err);
    if (step % r->run->t->noise.n_refresh == 0)
        status = program(r, chip_at(r->run, step), err);
    return status ? status : practise(r, err);
}

void noise_epochs_free(struct noise_epochs *r)
{
    if (!r)
        return;
    nax_trainer_set_linops(r->run->trainer, NULL);
    nax_mapped_free(r->mapped);
    free(r);
}
