/* The training loop: batches in an order drawn for each epoch, augmented, forward, backward,
 * descent. */
#include "trainer.h"

#include "kernels.h"
#include "recipe.h"

#include "nax/ranks.h"
#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int alloc_arrays(struct nax_trainer *t, struct nax_err *err)
{
    size_t n = t->set->train.n;
    t->momentum = nax_aligned_calloc(t->model->n_values, sizeof *t->momentum);
    t->train = nax_calloc(n, sizeof *t->train);
    t->validation = nax_calloc(n, sizeof *t->validation);
    t->order = nax_calloc(n, sizeof *t->order);
    t->labels = nax_calloc(t->recipe.batch, sizeof *t->labels);
    t->other_labels = nax_calloc(t->recipe.batch, sizeof *t->other_labels);
    t->share = nax_calloc(t->recipe.batch, sizeof *t->share);
    bool is_whole = t->momentum && t->train && t->validation && t->order && t->labels &&
                    t->other_labels && t->share;
    if (is_whole && t->recipe.average > 0) {
        t->average = nax_aligned_calloc(t->model->n_values, sizeof *t->average);
        is_whole = t->average;
    }
    if (!is_whole)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'trainer'");
    return nax_augment_init(&t->augment, &t->set->train, &t->recipe, &t->table, t->seed, err);
}

int nax_trainer_alloc(struct nax_trainer **trainer, struct nax_model *model,
                      const struct nax_dataset *set, const struct nax_recipe *recipe, uint64_t seed,
                      struct nax_err *err)
{
    return nax_trainer_alloc_part(trainer, model, model, set, recipe, seed, err);
}

int nax_trainer_alloc_part(struct nax_trainer **trainer, struct nax_model *model,
                           struct nax_model *part, const struct nax_dataset *set,
                           const struct nax_recipe *recipe, uint64_t seed, struct nax_err *err)
{
    int status = nax_options_check(nax_recipe_options, recipe, err);
    if (!status)
        status = nax_images_fit(part->net, &set->train, err);
    if (status)
        return status;
    struct nax_trainer *t = nax_calloc(1, sizeof *t);
    if (!t)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'trainer'");
    t->model = model;
    t->set = set;
    t->recipe = *recipe;
    t->seed = seed;
    status = alloc_arrays(t, err);
    if (!status)
        status = nax_split(&set->train, NAX_SPLIT_VALIDATION, recipe->validation, seed, t->train,
                           &t->n_train, t->validation, &t->n_validation, err);
    if (!status && recipe->validation > 0 && !t->n_validation)
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "--validation %g holds none of %zu training images out, 0 holds none "
                             "out on purpose: '%s'",
                             recipe->validation, set->train.n, set->name);
    if (!status && recipe->crop >= NAX_MIN(set->train.height, set->train.width))
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "--crop %zu moves images of %zux%zu pixels out of sight: '%s'",
                             recipe->crop, set->train.height, set->train.width, set->name);
    if (!status && recipe->batch < 2 && (recipe->mixup > 0 || recipe->cutmix > 0))
        status =
            nax_err_set(err, NAX_ERR_VALUE,
                        "--mixup and --cutmix mix images of a batch, and it has one: 'batch %zu'",
                        recipe->batch);
    if (!status && t->n_train < recipe->batch)
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "fewer training images (%zu) than a batch takes (%zu): '%s'",
                             t->n_train, recipe->batch, set->name);
    if (status) {
        nax_trainer_free(t);
        return status;
    }
    if (!model->has_pixels)
        nax_images_moments(&set->train, model->pixel_mean, model->pixel_sd);
    for (size_t c = 0; c < NAX_MAX_CHANNELS; c++)
        if (!(model->pixel_sd[c] > 0)) /* images of one colour */
            model->pixel_sd[c] = 1;
    nax_trainer_set_pixels(t);
    if ((status = nax_trainer_set_part(t, part, err))) {
        nax_trainer_free(t);
        return status;
    }
    *trainer = t;
    return 0;
}

void nax_trainer_set_pixels(struct nax_trainer *t)
{
    nax_pixel_table_make(&t->table, t->model->net->channels, t->model->pixel_mean,
                         t->model->pixel_sd);
    nax_augment_set_mean(&t->augment, t->model->pixel_mean);
}

enum optimiser { OPTIMISER_NESTEROV, OPTIMISER_MUON };

/* Of the k-th parameter of a layer: the weights, k 0, of convolutions may go by Muon. */
static enum optimiser optimiser_of(const struct nax_recipe *recipe, const struct nax_layer *layer,
                                   size_t k)
{
    return recipe->muon > 0 && layer->kind == NAX_LAYER_CONV && !k ? OPTIMISER_MUON
                                                                   : OPTIMISER_NESTEROV;
}

float *nax_trainer_momentum(struct nax_trainer *t)
{
    return t->momentum;
}

static float *momentum_of(const struct nax_trainer *t, const struct nax_param *param)
{
    return t->momentum + (param->values - t->part->values);
}

/* The part's matrices that go by Muon. */
static int alloc_muon(struct nax_trainer *t, struct nax_err *err)
{
    const struct nax_model *part = t->part;
    size_t n = 0;
    struct muon_matrix *matrix = nax_calloc(part->net->n_layers, sizeof *matrix);
    if (!matrix)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'trainer'");
    for (size_t l = 0; l < part->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        const struct nax_layer *layer = &part->net->layers[l];
        if (!nax_params_list(layer, &part->layer[l], param) ||
            optimiser_of(&t->recipe, layer, 0) != OPTIMISER_MUON)
            continue;
        matrix[n++] = (struct muon_matrix){.n_rows = param->n / layer->c_out,
                                           .n_cols = layer->c_out,
                                           .w = param->values,
                                           .v = momentum_of(t, param),
                                           .gradient = nax_pass_gradient(t->pass, l)->weight};
    }
    int status = nax_muon_alloc(&t->muon, matrix, n, err);
    free(matrix);
    return status;
}

int nax_trainer_set_part(struct nax_trainer *t, struct nax_model *part, struct nax_err *err)
{
    nax_pass_free(t->pass);
    nax_muon_free(t->muon);
    t->pass = NULL;
    t->muon = NULL;
    t->part = part;
    memmove(part->pixel_mean, t->model->pixel_mean, sizeof part->pixel_mean);
    memmove(part->pixel_sd, t->model->pixel_sd, sizeof part->pixel_sd);
    int status =
        nax_pass_alloc(&t->pass, part, t->recipe.batch, t->recipe.precision, &t->pass_memory, err);
    return status ? status : alloc_muon(t, err);
}

void nax_trainer_set_linops(struct nax_trainer *t, const struct nax_linop *linops)
{
    nax_pass_set_linops(t->pass, linops);
}

void nax_trainer_set_identity(struct nax_trainer *t, const struct nax_identity *more)
{
    t->more = more;
}

void nax_trainer_free(struct nax_trainer *t)
{
    if (!t)
        return;
    nax_pass_free(t->pass);
    nax_pass_memory_release(&t->pass_memory);
    nax_pass_memory_release(&t->gates_memory);
    nax_muon_free(t->muon);
    nax_augment_release(&t->augment);
    nax_aligned_free(t->momentum);
    nax_aligned_free(t->average);
    free(t->train);
    free(t->validation);
    free(t->order);
    free(t->labels);
    free(t->other_labels);
    free(t->share);
    free(t);
}

size_t nax_trainer_n_steps(const struct nax_trainer *t)
{
    return t->n_train / t->recipe.batch;
}

size_t nax_trainer_steps_done(const struct nax_trainer *t)
{
    return t->steps_done;
}

size_t nax_trainer_n_validation(const struct nax_trainer *t)
{
    return t->n_validation;
}

size_t nax_trainer_epochs_done(const struct nax_trainer *t)
{
    return t->epochs_done;
}

/* Fisher–Yates. */
static void shuffle(struct nax_rng rng, uint32_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)nax_rng_below(&rng, i);
        uint32_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

static size_t partner_of(const struct nax_trainer *t, size_t b)
{
    return t->order[t->first + t->recipe.batch - 1 - b];
}

static void load_augmented(const void *self, size_t b, float *out)
{
    const struct nax_trainer *t = self;
    nax_augment_load(&t->augment, t->epochs_done, t->order[t->first + b], partner_of(t, b), out);
}

/* Nesterov's momentum, of what does not go by Muon. */
static void descend(struct nax_trainer *t, double rate)
{
    const struct nax_model *model = t->part;
    const struct nax_recipe *r = &t->recipe;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX], gradient[NAX_PARAMS_MAX];
        const struct nax_layer *layer = &model->net->layers[l];
        size_t n = nax_params_list(layer, &model->layer[l], param);
        nax_params_list(layer, nax_pass_gradient(t->pass, l), gradient);
        for (size_t k = 0; k < n; k++)
            if (param[k].is_trained && optimiser_of(r, layer, k) == OPTIMISER_NESTEROV)
                nax_nn_kernels(false)->descend(param[k].n, param[k].values,
                                               momentum_of(t, &param[k]), gradient[k].values,
                                               (float)rate, (float)r->momentum,
                                               param[k].is_decayed ? (float)r->weight_decay : 0);
    }
    nax_muon_step(t->muon, rate * r->muon, r->momentum);
    nax_pass_set_weights(t->pass);
}

/* The forward pass of a step of the epoch. */
static int look_forward(struct nax_trainer *t, size_t step, struct pass_result *result,
                        struct nax_err *err)
{
    t->first = step * t->recipe.batch;
    for (size_t b = 0; b < t->recipe.batch; b++) {
        size_t image = t->order[t->first + b];
        t->labels[b] = t->set->train.labels[image];
        t->other_labels[b] = t->set->train.labels[partner_of(t, b)];
        t->share[b] = nax_augment_share(&t->augment, t->epochs_done, image);
    }
    struct pass_batch batch = {.image = load_augmented,
                               .self = t,
                               .labels = t->labels,
                               .other_labels = t->other_labels,
                               .share = t->share,
                               .label_smoothing = t->recipe.label_smoothing,
                               .first = t->epochs_done * nax_trainer_n_steps(t) * t->recipe.batch +
                                        t->first};
    int status = nax_pass_forward(t->pass, &batch, result, err);
    if (!status && !isfinite(result->loss))
        status = nax_err_set(err, NAX_ERR_NUMERIC, "the loss is not finite: 'network %s'",
                             t->part->net->name);
    return status;
}

/* The values' mean moves towards them: at first by most of the way, since the first ones are far
 * from where they end. */
static void move_average(struct nax_trainer *t)
{
    double n = (double)(t->epochs_done * nax_trainer_n_steps(t) + t->steps_done);
    float part = (float)(1 - fmin(t->recipe.average, n / (9 + n)));
    const float *values = t->model->values;
#pragma omp parallel for num_threads(nax_threads())
    for (size_t i = 0; i < t->model->n_values; i++)
        t->average[i] += part * (values[i] - t->average[i]);
}

bool nax_trainer_is_apart(const struct nax_trainer *t)
{
    return t->average && !t->is_averaged && (t->epochs_done || t->steps_done);
}

void nax_trainer_swap_average(const struct nax_trainer *t)
{
    float *values = t->model->values;
    for (size_t i = 0; i < t->model->n_values; i++) {
        float value = values[i];
        values[i] = t->average[i];
        t->average[i] = value;
    }
    nax_pass_set_weights(t->pass);
}

static int take_step(struct nax_trainer *t, double rate, struct pass_result *result,
                     struct nax_err *err)
{
    int status = look_forward(t, t->steps_done, result, err);
    if (!status)
        status = nax_pass_backward(t->pass, err);
    if (status)
        return status;
    descend(t, rate);
    if (t->average)
        move_average(t);
    return 0;
}

void nax_trainer_settle(struct nax_trainer *t)
{
    if (!nax_trainer_is_apart(t))
        return;
    nax_trainer_swap_average(t);
    t->is_averaged = true;
}

/* Processors that round otherwise would part the ranks, step by step, in silence. */
static int check_ranks(const struct nax_trainer *t, struct nax_err *err)
{
    if (nax_ranks() == 1)
        return 0;
    uint64_t own = nax_model_hash(t->model), first = own;
    nax_ranks_broadcast(&first, sizeof first);
    return nax_ranks_any(own != first)
               ? nax_err_set(
                     err, NAX_ERR_VALUE,
                     "ranks have come to different weights, on processors of several kinds; "
                     "NAX_ISA=baseline and one OPENBLAS_CORETYPE, exported to all, make "
                     "them alike: 'network %s'",
                     t->part->net->name)
               : 0;
}

/* What the epoch came to, and the next one begins. */
static int end_epoch(struct nax_trainer *t, struct nax_epoch *epoch, struct nax_err *err)
{
    size_t n_steps = nax_trainer_n_steps(t);
    epoch->train_loss = t->loss / (double)n_steps;
    epoch->train_accuracy = (double)t->n_right / (double)(n_steps * t->recipe.batch);
    epoch->validation_loss = epoch->validation_accuracy = NAN;
    int status = check_ranks(t, err);
    if (status)
        return status;
    status = nax_model_check(t->part, err);
    if (status) /* which the loss need not tell: a ReLU makes 0 of what is no number */
        return err->status = NAX_ERR_NUMERIC;
    if (t->epochs_done + 1 == t->recipe.epochs)
        nax_trainer_settle(t);
    if (t->n_validation) {
        struct nax_score score;
        status = nax_trainer_validate(t, &score, err);
        if (status)
            return status;
        epoch->validation_loss = score.loss;
        epoch->validation_accuracy = score.accuracy;
    }
    epoch->epoch = ++t->epochs_done;
    t->steps_done = t->n_right = 0;
    t->loss = 0;
    return 0;
}

static void shuffle_epoch(struct nax_trainer *t)
{
    memcpy(t->order, t->train, t->n_train * sizeof *t->order);
    shuffle(nax_rng_at(t->seed, NAX_RNG_SHUFFLE, t->epochs_done, 0, 0), t->order, t->n_train);
}

int nax_trainer_renew_statistics(struct nax_trainer *t, size_t n,
                                 int (*before)(void *self, size_t batch, struct nax_err *err),
                                 void *self, struct nax_err *err)
{
    struct pass_result result;
    int status = 0;
    const bool is_swapped = nax_trainer_is_apart(t);
    if (is_swapped)
        nax_trainer_swap_average(t);
    shuffle_epoch(t);
    for (size_t i = 0; !status && i < n; i++) {
        status = before ? before(self, i, err) : 0;
        nax_pass_set_running_step(t->pass, 1 / (double)(i + 1));
        if (!status)
            status = look_forward(t, i % nax_trainer_n_steps(t), &result, err);
    }
    nax_pass_set_running_step(t->pass, PASS_RUNNING_STEP);
    if (!status && nax_model_check(t->part, err))
        status = err->status = NAX_ERR_NUMERIC;
    if (is_swapped)
        nax_trainer_swap_average(t);
    return status;
}

int nax_trainer_epoch(struct nax_trainer *t, int (*step)(void *self, size_t step, double loss),
                      void *self, struct nax_epoch *epoch, struct nax_err *err)
{
    double start = nax_clock_seconds();
    size_t n_steps = nax_trainer_n_steps(t), n_before = t->steps_done;
    size_t first_step = t->epochs_done * n_steps;
    *epoch = (struct nax_epoch){
        .learning_rate = nax_recipe_rate(&t->recipe, first_step + n_steps - 1,
                                         t->recipe.epochs * n_steps)}; /* if no step is left */
    shuffle_epoch(t);
    while (t->steps_done < n_steps) {
        struct pass_result result;
        epoch->learning_rate =
            nax_recipe_rate(&t->recipe, first_step + t->steps_done, t->recipe.epochs * n_steps);
        int status = take_step(t, epoch->learning_rate, &result, err);
        if (status)
            return status;
        t->loss += result.loss;
        t->n_right += result.n_right;
        t->steps_done++;
        if (step && step(self, t->steps_done, result.loss))
            return 0;
    }
    epoch->seconds = nax_clock_seconds() - start;
    epoch->images_per_second = (double)((n_steps - n_before) * t->recipe.batch) / epoch->seconds;
    return end_epoch(t, epoch, err);
}

int nax_trainer_validate(const struct nax_trainer *t, struct nax_score *score, struct nax_err *err)
{
    struct nax_eval options = {.index = t->validation,
                               .n_images = t->n_validation,
                               .is_bf16 =
                                   nax_arithmetic_of(t->recipe.precision) == NAX_ARITHMETIC_BF16};
    bool is_swapped = nax_trainer_is_apart(t);
    if (is_swapped)
        nax_trainer_swap_average(t);
    int status = nax_model_eval(t->part, &t->set->train, &options, score, err);
    if (is_swapped)
        nax_trainer_swap_average(t);
    return status;
}

/* A batch of validation images, as they are. */
struct held_out {
    const struct nax_trainer *t;
    const uint32_t *order;
};

static void load_plain(const void *self, size_t b, float *out)
{
    const struct held_out *h = self;
    nax_image_load(&h->t->table, &h->t->set->train, h->order[b], 0, 0, false, out);
}

/* The ideal network's statistics, of the part and of the gates' others, for the pass to take and
 * keep: a forward pass by their own weights. */
static int forward_ideal(struct pass *pass, const struct pass_batch *batch, struct nax_gate *gates,
                         size_t n, struct nax_err *err)
{
    struct pass_result result;
    nax_pass_set_statistics(pass, STATISTICS_KEPT);
    int status = nax_pass_forward(pass, batch, &result, err);
    if (!status)
        status = nax_pass_gate_statistics(pass, gates, n, err);
    nax_pass_set_statistics(pass, STATISTICS_RUNNING);
    return status;
}

/* On a pass of its own, since a part's shapes are not the trainer's: the ideal statistics where
 * they are asked for, then forward by what the hardware multiplies by, then, for gates, backward.
 */
int nax_trainer_gates(struct nax_trainer *t, struct nax_model *part, struct nax_gate_batch *batch,
                      struct nax_gate *gates, size_t n, struct nax_err *err)
{
    size_t size = t->recipe.batch, n_batches = t->n_validation / size;
    struct pass *pass = NULL;
    struct pass_result result = {.loss = 0};
    if (!n_batches)
        return nax_err_set(err, NAX_ERR_VALUE, "fewer validation images than a batch takes: '%s'",
                           t->set->name);
    uint32_t *order = nax_calloc(t->n_validation, sizeof *order);
    int32_t *labels = nax_calloc(size, sizeof *labels);
    int status = 0;
    if (!order || !labels)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'validation batch'");
    if (!status)
        status =
            nax_pass_alloc_gates(&pass, part, size, t->recipe.precision, &t->gates_memory, err);
    if (!status) {
        memcpy(order, t->validation, t->n_validation * sizeof *order);
        shuffle(nax_rng_at(t->seed, NAX_RNG_SHUFFLE, batch->number / n_batches, 1, 0), order,
                t->n_validation);
        struct held_out images = {t, order + batch->number % n_batches * size};
        for (size_t b = 0; b < size; b++)
            labels[b] = t->set->train.labels[images.order[b]];
        struct pass_batch source = {
            .image = load_plain, .self = &images, .labels = labels, .first = batch->number * size};
        if (batch->has_own_statistics)
            status = forward_ideal(pass, &source, gates, n, err);
        if (batch->linops)
            nax_pass_set_linops(pass, batch->linops);
        if (!status)
            status = nax_pass_forward(pass, &source, &result, err);
    }
    if (!status && n)
        status = nax_pass_backward(pass, err);
    if (!status && n)
        status = nax_pass_gates(pass, batch->number * size, gates, n, err);
    batch->loss = result.loss;
    nax_pass_free(pass);
    free(order);
    free(labels);
    return status;
}
