/* Training of a one-shot supernet. */
#include "oneshot.h"
#include "transfer.h"

#include "../search/choices.h"
#include "nax/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Kernel or skip of every convolution and width of every stage of the network of a step, all alike
 * likely: crossbars and converters make no other network. */
static void draw(const struct oneshot *o, uint64_t epoch, uint64_t step, int64_t *kernel,
                 int64_t *width)
{
    const struct nax_space *space = o->options->space;
    bool is_empty = true;
    for (uint64_t attempt = 0; is_empty; attempt++) {
        is_empty = space->is_empty_left_out;
        for (size_t s = 0; s < space->n_slots; s++) {
            struct nax_rng rng =
                nax_rng_at(o->options->seed, NAX_RNG_GATE, epoch << 32 | step, s, attempt);
            size_t n = nax_kernels(space, s);
            size_t k = (size_t)nax_rng_below(&rng, n + space->can_skip[s]);
            const int64_t *own = space->is_kernel_own[s] ? &space->kernel_own[s] : space->kernels;
            kernel[s] = k < n ? own[k] : 0;
            is_empty = is_empty && !kernel[s];
        }
    }
    for (size_t s = 0; s < space->n_stages; s++) {
        struct nax_rng rng =
            nax_rng_at(o->options->seed, NAX_RNG_GATE, epoch << 32 | step, space->n_slots + s, 0);
        size_t n = space->n_widths[s];
        width[s] = n ? space->widths[s][nax_rng_below(&rng, n)] : space->width_own[s];
    }
}

/* The network of the step that comes next; after an epoch's last, the widest, which is validated
 * with statistics of its own. */
static int cut(struct oneshot *o, struct nax_err *err)
{
    int64_t kernel[NAX_SLOTS_MAX], width[NAX_SLOTS_MAX];
    size_t step = o->trainer ? nax_trainer_steps_done(o->trainer) : 0;
    bool is_last = o->trainer && step == nax_trainer_n_steps(o->trainer);
    if (is_last)
        nax_slices_widest(o->options->space, kernel, width);
    else
        draw(o, o->trainer ? nax_trainer_epochs_done(o->trainer) : 0, step, kernel, width);
    struct slice *old = o->slice, *slice = NULL;
    int status = nax_slice_alloc(&slice, &o->slices, kernel, width, err);
    if (status)
        return status;
    nax_slice_move(&o->slices, slice, SLICE_CUT, o->slices.model.values);
    o->slice = slice;
    if (!o->trainer)
        return 0;
    nax_slice_move(&o->slices, slice, SLICE_CUT, nax_trainer_momentum(o->trainer));
    status = nax_trainer_set_part(o->trainer, &slice->model, err);
    nax_slice_free(old);
    if (!status && is_last)
        status = nax_statistics_take(o->renewal, &slice->model, true, NULL, err);
    return status;
}

static int after_step(void *self, size_t step, double loss)
{
    struct oneshot *o = self;
    nax_slice_move(&o->slices, o->slice, SLICE_PUT_BACK, o->slices.model.values);
    nax_slice_move(&o->slices, o->slice, SLICE_PUT_BACK, nax_trainer_momentum(o->trainer));
    o->status = cut(o, o->err);
    return o->status || (o->step && o->step(o->step_self, step, loss));
}

int nax_oneshot_epoch(struct oneshot *o, int (*step)(void *self, size_t step, double loss),
                      void *self, struct nax_epoch *epoch, struct nax_err *err)
{
    o->step = step;
    o->step_self = self;
    o->err = err;
    o->status = 0;
    int status = cut(o, err);
    if (!status)
        status = nax_trainer_epoch(o->trainer, after_step, o, epoch, err);
    return status ? status : o->status;
}

/* --- opening --- */

/* What decides which networks are trained, besides the whole one, which the training names. */
static int identify(struct oneshot *o, uint64_t start, struct nax_err *err)
{
    int status = nax_identity_alloc(&o->identity, err);
    if (status)
        return status;
    nax_identity_add(o->identity, "supernet", "slices");
    nax_space_identify_networks(o->options->space, o->identity);
    if (start)
        nax_identity_add(o->identity, "init", "%016" PRIx64, start);
    if (o->keeps_statistics)
        nax_identity_add(o->identity, "own_statistics", "kept");
    nax_trainer_set_identity(o->trainer, o->identity);
    return 0;
}

/* n different ones, evenly spread over those that there are, whose classes may lie one after
 * another or take turns. */
static void spread(uint32_t *to, size_t n, const uint32_t *from, size_t n_from)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[nax_spread(i, n, n_from, i)];
}

static int split(struct oneshot *o, struct nax_err *err)
{
    const struct nax_evolution_options *options = o->options;
    const size_t n = options->set->train.n;
    o->train = nax_calloc(n, sizeof *o->train);
    o->validation = nax_calloc(n, sizeof *o->validation);
    o->statistics = nax_calloc(options->n_statistics, sizeof *o->statistics);
    if (!o->train || !o->validation || !o->statistics)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'images'");
    int status =
        nax_split(&options->set->train, NAX_SPLIT_VALIDATION, options->recipe.validation,
                  options->seed, o->train, &o->n_train, o->validation, &o->n_validation, err);
    if (status)
        return status;
    if (!o->n_validation)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "no images were held out for validation, by which designs are judged: "
                           "'%s'",
                           options->set->name);
    if (o->n_train < options->n_statistics)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "fewer training images (%zu) than statistics are taken of (%zu): '%s'",
                           o->n_train, options->n_statistics, options->set->name);
    spread(o->statistics, options->n_statistics, o->train, o->n_train);
    if (options->n_images && options->n_images < o->n_validation) {
        uint32_t *fewer = nax_calloc(options->n_images, sizeof *fewer);
        if (!fewer)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'images'");
        spread(fewer, options->n_images, o->validation, o->n_validation);
        free(o->validation);
        o->validation = fewer;
        o->n_validation = options->n_images;
    }
    return nax_statistics_alloc(&o->renewal, &options->set->train, o->statistics,
                                options->n_statistics, options->recipe.precision, err);
}

int nax_oneshot_open(struct oneshot *o, const struct nax_evolution_options *options,
                     struct nax_err *err)
{
    uint64_t start = 0;
    bool is_spread = false;
    *o = (struct oneshot){.options = options};
    int status = nax_slices_alloc(&o->slices, options->space, options->file, options->seed, err);
    if (!status && options->init) {
        status =
            nax_supernet_start(&o->slices.model, options->file, options->init, &is_spread, err);
        if (!status)
            start = nax_model_hash(&o->slices.model);
    }
    o->keeps_statistics = is_spread && !options->recipe.epochs;
    if (!status)
        status = split(o, err);
    if (!status)
        status = cut(o, err);
    if (!status)
        status = nax_trainer_alloc_part(&o->trainer, &o->slices.model, &o->slice->model,
                                        options->set, &options->recipe, options->seed, err);
    if (!status)
        status = identify(o, start, err);
    if (status)
        nax_oneshot_close(o);
    return status;
}

void nax_oneshot_close(struct oneshot *o)
{
    nax_trainer_free(o->trainer);
    nax_identity_free(o->identity);
    nax_slice_free(o->slice);
    nax_slices_free(&o->slices);
    nax_statistics_free(o->renewal);
    free(o->train);
    free(o->validation);
    free(o->statistics);
    *o = (struct oneshot){.options = NULL};
}

/* Whether the design computes what the network does whose weights were spread: nothing of it is cut
 * off, and what lies around it is 0, as long as nothing is trained. */
static bool is_as_given(const struct oneshot *o, const int64_t *kernel, const int64_t *width)
{
    const struct nax_space *space = o->options->space;
    bool is_whole = o->keeps_statistics;
    for (size_t s = 0; s < space->n_slots; s++)
        is_whole = is_whole && kernel[s] >= space->kernel_own[s];
    for (size_t s = 0; s < space->n_stages; s++)
        is_whole = is_whole && width[s] >= space->width_own[s];
    return is_whole;
}

int nax_oneshot_cut(const struct oneshot *o, const int64_t *kernel, const int64_t *width,
                    struct nax_network **net, struct nax_model **model, size_t *whole,
                    double *largest, struct nax_err *err)
{
    const bool is_renewed = !is_as_given(o, kernel, width);
    struct slice *slice = NULL;
    *net = NULL;
    *model = NULL;
    int status = nax_slice_alloc(&slice, &o->slices, kernel, width, err);
    if (status)
        return status;
    nax_slice_move(&o->slices, slice, SLICE_CUT, o->slices.model.values);
    status = nax_model_copy(model, &slice->model, err);
    if (!status && (is_renewed || largest))
        status = nax_statistics_take(o->renewal, *model, is_renewed, largest, err);
    if (status) {
        nax_model_free(*model);
        *model = NULL;
    } else {
        if (whole)
            memcpy(whole, slice->whole, slice->net->n_layers * sizeof *whole);
        *net = slice->net;
        slice->net = NULL;
    }
    nax_slice_free(slice);
    return status;
}
