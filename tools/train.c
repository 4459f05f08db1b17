/* One candidate of nax-train: trained, saved, measured. */
#include "train.h"
#include "train_cache.h"
#include "train_log.h"
#include "train_noise.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_STATISTICS = 64 }; /* batches, for weights that are not trained */

static volatile sig_atomic_t is_interrupted;
static pthread_mutex_t talking = PTHREAD_MUTEX_INITIALIZER;

static void interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

void train_interrupt(void)
{
    is_interrupted = 1;
}

void train_catch_signals(void)
{
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
}

/* A failed write is an error that names the file, not the end of the program. */
static int make_folder(const char *path, struct nax_err *err)
{
    if (path && mkdir(path, 0777) && errno != EEXIST)
        return nax_err_io(err, "cannot make folder: '%s'", path);
    return 0;
}

void train_open(struct training *t)
{
    struct nax_err err;
    int status = t->data ? nax_dataset_open(&t->set, t->data, &err)
                         : nax_synth(&t->set, 0, 4000, 1000, &err);
    if (!status && !t->set->test.n)
        status = nax_err_set(&err, NAX_ERR_VALUE, "no test images: '%s'", t->data);
    if (!status)
        status = nax_hardware_load_set(&t->hardware, t->hardware_name, t->sets, t->n_sets, &err);
    if (!status)
        status = make_folder(t->folder, &err);
    if (!status)
        status = make_folder(t->cache, &err);
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
    nax_dataset_free(t->set);
    nax_hardware_free(t->hardware);
}

static int save(struct job *job, struct nax_err *err)
{
    if (!*job->checkpoint)
        return 0;
    job->saved = nax_clock_seconds();
    const struct nax_meta meta[] = {{"id", job->candidate.id}};
    return nax_trainer_save(job->trainer, job->checkpoint, meta, 1, err);
}

static double seconds_left(const struct job *job, double epochs_done)
{
    double all = (double)job->t->recipe.epochs, before = (double)job->epochs_before;
    return (nax_clock_seconds() - job->start) / (epochs_done - before) * (all - epochs_done);
}

static int after_step(void *self, size_t step, double loss)
{
    struct job *job = self;
    size_t n_steps = nax_trainer_n_steps(job->trainer);
    size_t done = nax_trainer_epochs_done(job->trainer);
    pthread_mutex_lock(&talking);
    tool_progress(&job->t->tool, "%s: epoch %zu of %zu, step %zu of %zu, loss %.3f, %.0f s left",
                  job->candidate.id, done + 1, job->t->recipe.epochs, step, n_steps, loss,
                  seconds_left(job, (double)done + (double)step / (double)n_steps));
    pthread_mutex_unlock(&talking);
    bool is_due = nax_clock_seconds() - job->saved > job->t->save_seconds;
    if (job->noise_epochs)
        job->step_status = noise_epochs_step(job->noise_epochs, step, job->err);
    else if (is_due || is_interrupted)
        job->step_status = save(job, job->err);
    return is_interrupted || job->step_status;
}

static void say_epoch(const struct job *job, const struct nax_epoch *e)
{
    pthread_mutex_lock(&talking);
    tool_say(&job->t->tool,
             "%s: epoch %zu of %zu, loss %.4f, train %.4f, validation %.4f, %.0f images/s, "
             "%.0f s left",
             job->candidate.id, e->epoch, job->t->recipe.epochs, e->train_loss, e->train_accuracy,
             e->validation_accuracy, e->images_per_second, seconds_left(job, (double)e->epoch));
    pthread_mutex_unlock(&talking);
}

static int load_start(const struct job *job, struct nax_err *err)
{
    char path[TRAIN_PATH_SIZE];
    train_init_path(job->t, job->candidate.id, path);
    return nax_model_load(job->model, path, err);
}

static int prepare(struct job *job, struct nax_err *err)
{
    struct training *t = job->t;
    uint64_t seed = t->tool.seed;
    struct nax_recipe recipe = t->recipe;
    bool has_checkpoint = t->is_resumed && !access(job->checkpoint, F_OK);
    int status = train_conditions(job, &recipe.conditions, err);
    if (!status)
        status = nax_model_alloc(&job->model, job->net, seed, err);
    if (!status && t->init && !has_checkpoint)
        status = load_start(job, err);
    if (!status)
        status = nax_trainer_alloc(&job->trainer, job->model, t->set, &recipe, seed, err);
    if (!status && has_checkpoint)
        return nax_trainer_resume(job->trainer, job->checkpoint, err);
    if (!status && !recipe.epochs)
        status = nax_trainer_renew_statistics(job->trainer, N_STATISTICS, err);
    if (!status && !recipe.epochs)
        status = save(job, err);
    return status;
}

static int interrupted(const struct job *job, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_IO,
                       *job->checkpoint ? "interrupted: to continue, add --resume"
                                        : "interrupted: nothing kept without --checkpoint");
}

static int train_epoch(struct job *job, struct nax_err *err)
{
    struct nax_epoch epoch;
    size_t left = job->t->recipe.epochs - nax_trainer_epochs_done(job->trainer);
    int status = 0;
    if (left <= job->t->n_noise_epochs)
        status = noise_epochs_begin(&job->noise_epochs, job, err);
    if (!status)
        status = nax_trainer_epoch(job->trainer, after_step, job, &epoch, err);
    if (status || job->step_status)
        return status ? status : job->step_status;
    if (!epoch.epoch)
        return interrupted(job, err);
    say_epoch(job, &epoch);
    if (job->t->log)
        status = train_log_put(job->t->log, job->candidate.id, &epoch, err);
    return status ? status : save(job, err);
}

/* 0, NAX_ERR_NUMERIC when it diverged, or another error */
static int train(struct job *job, double *seconds, struct nax_err *err)
{
    int status = 0;
    job->start = job->saved = nax_clock_seconds();
    job->epochs_before = nax_trainer_epochs_done(job->trainer);
    while (!status && nax_trainer_epochs_done(job->trainer) < job->t->recipe.epochs)
        status = is_interrupted ? interrupted(job, err) : train_epoch(job, err);
    noise_epochs_free(job->noise_epochs);
    job->noise_epochs = NULL;
    *seconds = nax_clock_seconds() - job->start;
    return status;
}

static int measure(const struct job *job, struct nax_record *record, struct nax_err *err)
{
    const struct training *t = job->t;
    struct nax_score ideal = {0}, hardware = {0}, validation = {0};
    struct nax_eval options_test = {.n_images = t->n_test};
    struct nax_mapping mapping = {.hardware = t->hardware,
                                  .crossbars = job->crossbars,
                                  .fidelity = t->fidelity,
                                  .seed = t->tool.seed};
    bool has_validation = t->recipe.validation > 0;
    int status = nax_model_eval(job->model, &t->set->test, &options_test, &ideal, err);
    if (!status)
        status = nax_mapped_score(job->model, &mapping, t->set, t->n_test, &hardware, err);
    if (!status && has_validation)
        status = nax_trainer_validate(job->trainer, &validation, err);
    if (!status)
        status = nax_record_set_float(record, "accuracy", hardware.accuracy);
    if (!status)
        status = nax_record_set_float(record, "accuracy_ideal", ideal.accuracy);
    if (!status && has_validation)
        status = nax_record_set_float(record, "accuracy_validation", validation.accuracy);
    if (!status)
        status = nax_record_set_string(record, "fidelity", nax_fidelity_name(t->fidelity));
    return status;
}

static int describe(const struct job *job, struct nax_record *record, double seconds,
                    bool has_diverged, struct nax_err *err)
{
    int status = has_diverged ? nax_record_set_null(record, "accuracy") : measure(job, record, err);
    if (!status)
        status =
            nax_record_set_int(record, "epochs", (int64_t)nax_trainer_epochs_done(job->trainer));
    if (!status)
        status = nax_record_set_float(record, "train_seconds", seconds);
    if (!status)
        status = nax_record_set_string(record, "data", job->t->set->name);
    if (!status)
        status = nax_record_set_string(record, "status", has_diverged ? "diverged" : "ok");
    return status;
}

/* Adds to result what training the candidate comes to. */
static int work(struct job *job, struct nax_record *result, struct nax_err *err)
{
    double seconds = 0;
    job->err = err;
    int status = prepare(job, err);
    if (!status)
        status = train(job, &seconds, err);
    bool has_diverged = status == NAX_ERR_NUMERIC;
    if (has_diverged) {
        pthread_mutex_lock(&talking);
        tool_say(&job->t->tool, "%s: diverged: %s", job->candidate.id, err->text);
        pthread_mutex_unlock(&talking);
    }
    if (!status || has_diverged)
        status = describe(job, result, seconds, has_diverged, err);
    nax_trainer_free(job->trainer);
    nax_model_free(job->model);
    return status;
}

int train_run(struct job *job, struct nax_record *record, struct nax_err *err)
{
    const struct training *t = job->t;
    struct nax_record *result = nax_record_alloc();
    bool is_known = false;
    int status = result ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    if (t->folder)
        snprintf(job->checkpoint, sizeof job->checkpoint, "%s/%s.safetensors", t->folder,
                 job->candidate.id);
    if (!status && t->cache)
        status = train_cache_get(job, result, &is_known, err);
    if (!status && !is_known) {
        status = work(job, result, err);
        if (!status && t->cache)
            status = train_cache_put(job, result, err);
    }
    for (size_t i = 0; !status && i < nax_record_n(result); i++)
        status = nax_record_set(record, nax_record_name(result, i), nax_record_value(result, i));
    if (!status && *job->checkpoint)
        status = nax_record_set_string(record, "checkpoint", job->checkpoint);
    nax_record_free(result);
    return status;
}
