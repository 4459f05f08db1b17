/* One candidate of nax-train: trained, saved, measured. */
#include "train.h"
#include "nax/ranks.h"
#include "stop.h"
#include "train_cache.h"
#include "train_halving.h"
#include "train_identity.h"
#include "train_log.h"
#include "train_noise.h"
#include "train_result.h"
#include "train_say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct nax_hardware *train_hardware(const struct candidate_run *run)
{
    return run->own ? run->own : run->t->hardware;
}

static int save(struct candidate_run *run, struct nax_err *err)
{
    if (!*run->part)
        return 0;
    run->saved = nax_clock_seconds();
    const struct nax_meta meta[] = {{"id", run->candidate.id}, {"weights", run->weights}};
    return nax_trainer_save(run->trainer, run->part, meta, sizeof meta / sizeof *meta, err);
}

/* The weights, which are saved, are what they will stay. */
static int finish(struct candidate_run *run, struct nax_err *err)
{
    if (nax_ranks_own())
        return 0;
    if (!*run->checkpoint)
        return weights_keep(run->t->store, run->weights, run->model, err);
    return rename(run->part, run->checkpoint)
               ? nax_err_io(err, "cannot write: '%s'", run->checkpoint)
               : 0;
}

/* Weights that are no numbers end the epoch, on all ranks, not only on the one that keeps. */
static int save_within(struct candidate_run *run, struct nax_err *err)
{
    int status = save(run, err);
    return status == NAX_ERR_NUMERIC ? 0 : status;
}

static int after_step(void *self, size_t step, double loss)
{
    struct candidate_run *run = self;
    size_t done = nax_trainer_epochs_done(run->trainer);
    train_show_step(run, done, step, loss);
    bool is_due = nax_clock_seconds() - run->saved > 60 * run->t->save_minutes;
    bool is_stopped = nax_ranks_any(nax_is_stopped());
    if (run->noise_epochs)
        run->step_status = noise_epochs_step(run->noise_epochs, step, run->err);
    else if (is_due || is_stopped)
        run->step_status = save_within(run, run->err);
    return (is_stopped && nax_ranks_any(true)) || run->step_status; /* when rank 0 has saved */
}

/* Weights that have diverged get no trainer. */
static int prepare(struct candidate_run *run, const struct weights_state *state,
                   struct nax_err *err)
{
    struct training *t = run->t;
    uint64_t seed = t->tool.seed;
    bool has_part = t->is_resumed && !access(run->part, F_OK), has_files = !nax_ranks_own();
    nax_ranks_broadcast(&has_part, sizeof has_part);
    bool is_finished = state->is_finished, is_new = !is_finished && !has_part,
         is_kept = is_finished && !*run->checkpoint;
    int status = nax_model_alloc(&run->model, run->net, seed, err);
    if (!status && !is_finished)
        status = train_look_ahead(run, err);
    if (status || state->has_diverged)
        return status;
    if (!status && is_new && t->is_resumed && has_files)
        status = train_resume_check(run, err);
    if (is_finished)
        train_say(run, "trained before: weights ", run->weights);
    if (!status && is_kept && has_files)
        status = weights_fill(t->store, run->weights, run->model, err);
    if (!status && is_new && *run->start_path)
        status = nax_model_start(run->model, run->start_path, err);
    if (!status)
        status = nax_trainer_alloc(&run->trainer, run->model, t->set, &t->recipe, seed, err);
    if (!status)
        nax_trainer_set_identity(run->trainer, run->identity);
    if (!status && is_finished)
        return is_kept || !has_files ? 0 : nax_trainer_resume(run->trainer, run->checkpoint, err);
    if (!status && has_part)
        return has_files ? nax_trainer_resume(run->trainer, run->part, err) : 0;
    if (!status && t->is_extended)
        status = nax_trainer_extend(run->trainer, run->start_path, err);
    return status;
}

static int interrupted(const struct candidate_run *run, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_IO, "interrupted: %s", run->t->tool.on_stop);
}

/* What a step or an epoch came to, kept; a validation that is cut short is made again. */
static int train_and_keep(struct candidate_run *run, struct nax_err *err)
{
    struct nax_epoch epoch;
    int status = nax_trainer_epoch(run->trainer, after_step, run, &epoch, err);
    if (status == NAX_ERR_STOPPED && !run->noise_epochs) {
        status = save(run, err);
        return status ? status : interrupted(run, err);
    }
    if (status || run->step_status)
        return status ? status : run->step_status;
    if (!epoch.epoch)
        return interrupted(run, err);
    train_say_epoch(run, &epoch);
    if (run->t->log)
        status = train_log_put(run->t->log, run->candidate.id, &epoch, err);
    int saved = save(run, status ? NULL : err); /* the epoch counts without its log, too */
    return status ? status : saved;
}

/* Epochs on hardware are kept whole, others to the step. */
static int train_epoch(struct candidate_run *run, struct nax_err *err)
{
    size_t left = run->t->recipe.epochs - nax_trainer_epochs_done(run->trainer);
    if (left <= run->t->noise.n_epochs) {
        int status = noise_epochs_begin(&run->noise_epochs, run, err);
        return status ? status : train_and_keep(run, err);
    }
    if (!run->t->folder)
        return train_and_keep(run, err);
    if (!stop_hold())
        return interrupted(run, err);
    int status = train_and_keep(run, err);
    stop_release();
    return status;
}

/* Of weights that are not trained. */
static int renew(struct candidate_run *run, struct nax_err *err)
{
    int status = nax_trainer_renew_statistics(run->trainer, TRAIN_STATISTICS, NULL, NULL, err);
    return status ? status : save(run, err);
}

/* 0, NAX_ERR_NUMERIC when it diverged, or another error */
static int train(struct candidate_run *run, struct nax_err *err)
{
    int status = 0;
    run->start = run->saved = nax_clock_seconds();
    run->traffic = nax_ranks_traffic();
    run->epochs_before = nax_trainer_epochs_done(run->trainer);
    if (run->t->log)
        train_log_forget(run->t->log, run->candidate.id, run->epochs_before);
    if (!run->t->recipe.epochs)
        status = renew(run, err);
    while (!status && nax_trainer_epochs_done(run->trainer) < run->target)
        status = nax_is_stopped() ? interrupted(run, err) : train_epoch(run, err);
    noise_epochs_free(run->noise_epochs);
    run->noise_epochs = NULL;
    run->seconds += nax_clock_seconds() - run->start;
    return status;
}

/* Weights that are finished, have come as far as they are to come, or have diverged. */
static int work_on(struct candidate_run *run, struct weights_state *state, struct nax_err *err)
{
    const size_t all = run->t->recipe.epochs;
    int status = prepare(run, state, err);
    if (status || state->has_diverged)
        return status;
    status = nax_trainer_share(run->trainer, err);
    if (!status && !state->is_finished)
        status = train(run, err);
    bool is_whole = state->is_finished || nax_trainer_epochs_done(run->trainer) >= all;
    if (!status && !state->is_finished && is_whole)
        status = finish(run, err);
    state->has_diverged = status == NAX_ERR_NUMERIC;
    state->is_finished = !status && is_whole;
    state->epochs = state->is_finished ? all : nax_trainer_epochs_done(run->trainer);
    if (!state->has_diverged)
        return status;
    train_say(run, "diverged: ", err->text);
    return 0;
}

static int pause_at(struct candidate_run *run, struct nax_err *err)
{
    struct nax_score score;
    int status = nax_trainer_validate(run->trainer, &score, err);
    run->validation = status ? 0 : score.accuracy;
    return status;
}

/* Adds to result what training the candidate comes to, unless it pauses. */
static int work(struct candidate_run *run, struct nax_record *result, struct nax_err *err)
{
    struct weights_state state;
    run->err = err;
    int status = weights_take(run->t->store, run->weights, &state, err);
    if (status < 0)
        return status;
    nax_ranks_broadcast(&state, sizeof state);
    status = work_on(run, &state, err);
    weights_give_back(run->t->store, run->weights, &state);
    run->epochs = state.epochs;
    bool is_short = !status && !state.is_finished && !state.has_diverged;
    run->is_paused = is_short && !run->is_stopped;
    if (is_short && run->is_stopped)
        nax_trainer_settle(run->trainer);
    if (run->is_paused)
        status = pause_at(run, err);
    else if (!status)
        status = train_describe(run, result, &state, err);
    nax_trainer_free(run->trainer);
    nax_model_free(run->model);
    return status;
}

int train_run(struct candidate_run *run, struct nax_record *record, struct nax_err *err)
{
    const struct training *t = run->t;
    if (train_has_no_start(run, record)) { /* which passes on */
        run->has_record = true;
        return 0;
    }
    struct nax_record *result = nax_record_alloc();
    struct nax_err cache_err = {0}; /* which loses no training */
    bool is_known = false;
    int status = result ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    if (!status)
        status = train_find_start(run, record, err);
    if (!status)
        status = train_identify(run, err);
    weights_path(t->store, run->weights, run->checkpoint);
    weights_part_path(t->store, run->weights, run->part);
    if (!status && t->cache)
        status = train_cache_get(run, result, &is_known, err);
    nax_ranks_broadcast(&is_known, sizeof is_known);
    if (!status && !is_known) {
        status = work(run, result, err);
        if (!status && t->cache && !run->is_paused)
            (void)!train_cache_put(run, result, &cache_err);
    }
    if (!status && !run->is_paused)
        split_forget_weights(record);
    for (size_t i = 0; !status && i < nax_record_n(result); i++)
        status = nax_record_set(record, nax_record_name(result, i), nax_record_value(result, i));
    if (!status && !access(run->checkpoint, F_OK)) /* none of what has diverged */
        status = nax_record_set_string(record, "checkpoint", run->checkpoint);
    if (!status && t->n_hurdles && !run->is_paused)
        status = train_halving_tell(run, record, err);
    run->has_record = !status && !run->is_paused;
    if (!status && cache_err.status)
        *err = cache_err;
    nax_record_free(result);
    nax_identity_free(run->identity);
    return status ? status : cache_err.status;
}
