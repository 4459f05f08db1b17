/* The loop of a search: steps of weights, and between them steps of alpha. */
#include "search.h"
#include "transfer.h"

#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>

enum {
    N_DESIGNS = 1000, /* that reported costs are means over */
    NOISE_EPOCHS = 5  /* from one measurement of conversions to the next */
};

/* The path of the step that comes next; after an epoch's last, that of the most probable choices.
 */
static int choose_path(struct nax_cosearch *s, struct path **path, struct nax_err *err)
{
    int64_t kernel[NAX_SLOTS_MAX];
    size_t epoch = s->trainer ? nax_trainer_epochs_done(s->trainer) : 0;
    size_t step = s->trainer ? nax_trainer_steps_done(s->trainer) : 0;
    bool is_last = s->trainer && step == nax_trainer_n_steps(s->trainer);
    for (size_t slot = 0; slot < s->arch.n_slots; slot++) {
        struct nax_rng rng =
            nax_rng_at(s->draws, NAX_RNG_GATE, (uint64_t)epoch << 32 | step, slot, 0);
        size_t choice = is_last ? nax_arch_best(&s->arch, slot)
                                : nax_arch_draw(&s->arch, slot, nax_rng_uniform(&rng));
        kernel[slot] = nax_arch_kernel(&s->arch, slot, choice);
    }
    return nax_path_alloc(path, &s->net, kernel, err);
}

static int move_on(struct nax_cosearch *s, struct nax_err *err)
{
    struct path *path = NULL;
    int status = choose_path(s, &path, err);
    if (status)
        return status;
    status = nax_trainer_set_part(s->trainer, &path->model, err);
    nax_path_free(s->path);
    s->path = path;
    return status;
}

static int load_start(struct nax_cosearch *s, struct nax_err *err)
{
    struct nax_model *model = s->net.model;
    bool is_spread;
    int status = nax_supernet_start(model, s->options.file, s->options.init, &is_spread, err);
    if (!status)
        s->start = nax_hash(0, model->values, model->n_values * sizeof *model->values);
    return status;
}

static int alloc(struct nax_cosearch *s, struct nax_err *err)
{
    const struct nax_cosearch_options *o = &s->options;
    int status = nax_supernet_alloc(&s->net, o->space, o->file, o->seed, err);
    if (!status && o->init)
        status = load_start(s, err);
    for (size_t slot = 0; !status && o->is_nested && slot < o->space->n_slots; slot++)
        nax_supernet_nest(&s->net, slot, o->space->kernels[o->space->n_kernels - 1]);
    if (!status)
        status = nax_arch_alloc(&s->arch, o->space, err);
    if (!status)
        status = nax_price_open(&s->price, o->hardware, o->file, o->space->crossbar_fixed, err);
    if (!status)
        status = nax_wires_alloc(&s->wires, &s->net, &s->arch, o->hardware, o->seed, err);
    if (!status)
        status = nax_noise_alloc(&s->noise, &s->net, &s->arch, o->hardware, o->seed, err);
    s->noise.folder = o->noise_folder;
    if (o->fidelity == NAX_FIDELITY_ADC)
        s->wires.gain = s->noise.gain;
    if (!status)
        status =
            nax_price_expect(&s->price, &s->arch, N_DESIGNS, s->draws, 0, s->uniform, NULL, err);
    if (!status)
        status = choose_path(s, &s->path, err);
    if (!status)
        status = nax_trainer_alloc_part(&s->trainer, s->net.model, &s->path->model, o->set,
                                        &o->recipe, o->seed, err);
    if (!status)
        status = nax_search_identify(s, err);
    if (status)
        return status;
    size_t n_validation = nax_trainer_n_validation(s->trainer);
    if (n_validation < o->recipe.batch)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "fewer validation images (%zu) than a batch takes, %zu by --batch: '%s'",
                           n_validation, o->recipe.batch, o->set->name);
    size_t n = s->arch.n_slots * s->arch.n_choices;
    s->by_p = nax_calloc((1 + NAX_EXPECTED_COUNT) * n, sizeof *s->by_p);
    s->gates = nax_calloc(s->arch.n_slots, sizeof *s->gates);
    s->sources = nax_calloc(2 * s->arch.n_slots, sizeof *s->sources);
    if (!s->by_p || !s->gates || !s->sources)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'search'");
    s->prices = s->by_p + n;
    return 0;
}

int nax_cosearch_alloc(struct nax_cosearch **search, const struct nax_cosearch_options *options,
                       struct nax_err *err)
{
    int status = nax_options_check(nax_cosearch_rows, options, err);
    if (status)
        return status;
    struct nax_cosearch *s = nax_calloc(1, sizeof *s);
    if (!s)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'search'");
    s->options = *options;
    s->draws = options->draws ? nax_hash(options->seed, &options->draws, sizeof options->draws)
                              : options->seed;
    if ((status = alloc(s, err))) {
        nax_cosearch_free(s);
        return status;
    }
    *search = s;
    return 0;
}

void nax_cosearch_free(struct nax_cosearch *s)
{
    if (!s)
        return;
    nax_trainer_free(s->trainer);
    nax_identity_free(s->identity);
    nax_path_free(s->path);
    nax_wires_free(&s->wires);
    nax_noise_free(&s->noise);
    nax_price_close(&s->price);
    nax_arch_free(&s->arch);
    nax_supernet_free(&s->net);
    free(s->by_p);
    free(s->gates);
    free(s->sources);
    free(s);
}

size_t nax_cosearch_n_steps(const struct nax_cosearch *s)
{
    return nax_trainer_n_steps(s->trainer);
}

size_t nax_cosearch_epochs_done(const struct nax_cosearch *s)
{
    return nax_trainer_epochs_done(s->trainer);
}

double nax_cosearch_entropy(const struct nax_cosearch *s)
{
    return nax_arch_entropy(&s->arch);
}

const double *nax_cosearch_policy(const struct nax_cosearch *s)
{
    return s->arch.p;
}

/* What the step has changed goes to the path's other kernels. */
static void nest(const struct nax_cosearch *s)
{
    for (size_t l = 0; l < s->path->net->n_layers; l++) {
        const struct nax_layer *layer = &s->path->net->layers[l];
        if (layer->slot >= 0)
            nax_supernet_nest(&s->net, (size_t)layer->slot, (int64_t)layer->kernel[0]);
    }
}

static int after_step(void *self, size_t step, double loss)
{
    struct nax_cosearch *s = self;
    if (s->options.is_nested)
        nest(s);
    bool is_warm = nax_trainer_epochs_done(s->trainer) >= s->options.warmup_epochs;
    if (is_warm && step % s->options.alpha_every == 0)
        s->status = nax_search_alpha(s, s->err);
    if (!s->status)
        s->status = move_on(s, s->err);
    return s->status || (s->step && s->step(s->step_self, step, loss));
}

static int describe_epoch(struct nax_cosearch *s, struct nax_cosearch_epoch *epoch,
                          struct nax_err *err)
{
    double mean[NAX_EXPECTED_COUNT];
    int status = nax_price_expect(&s->price, &s->arch, N_DESIGNS, s->draws, 0, mean, NULL, err);
    if (status)
        return status;
    epoch->search_loss = s->n_losses ? s->loss / (double)s->n_losses : NAN;
    epoch->cost = nax_search_cost(s, mean, NULL, NULL);
    epoch->energy_pj = mean[NAX_EXPECTED_ENERGY];
    epoch->latency_ns = mean[NAX_EXPECTED_LATENCY];
    epoch->area_mm2 = mean[NAX_EXPECTED_AREA];
    epoch->edap_pj_ns_mm2 = mean[NAX_EXPECTED_EDAP];
    epoch->entropy = nax_arch_entropy(&s->arch);
    return 0;
}

int nax_cosearch_epoch(struct nax_cosearch *s, int (*step)(void *self, size_t step, double loss),
                       void *self, struct nax_cosearch_epoch *epoch, struct nax_err *err)
{
    s->step = step;
    s->step_self = self;
    s->err = err;
    s->status = 0;
    s->loss = 0;
    s->n_losses = 0;
    *epoch = (struct nax_cosearch_epoch){.cost = 0};
    size_t done = nax_trainer_epochs_done(s->trainer), warmup = s->options.warmup_epochs;
    int status = move_on(s, err);
    if (!status && s->options.fidelity == NAX_FIDELITY_ADC && done >= warmup &&
        (done - warmup) % NOISE_EPOCHS == 0)
        status = nax_noise_measure(&s->noise, s->options.set, err);
    if (status)
        return status;
    nax_wires_refresh(&s->wires, true); /* a checkpoint holds no solutions */
    status = nax_trainer_epoch(s->trainer, after_step, s, &epoch->weights, err);
    if (status || s->status)
        return status ? status : s->status;
    return epoch->weights.epoch ? describe_epoch(s, epoch, err) : 0;
}
