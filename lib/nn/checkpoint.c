/* Runs of training as safetensors files; save.c and load.c have the parameters. */
#include "model.h"
#include "save.h"
#include "trainer.h"

#include "nax/ranks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What decides the run: the caller's to free. */
static int identify(const struct nax_trainer *t, struct nax_identity **identity,
                    struct nax_err *err)
{
    int status = nax_identity_alloc(identity, err);
    if (status)
        return status;
    nax_training_identify(*identity, t->model->net, t->set, &t->recipe, t->seed);
    nax_identity_join(*identity, t->more);
    return 0;
}

int nax_trainer_save(const struct nax_trainer *trainer, const char *path,
                     const struct nax_meta *meta, size_t n_meta, struct nax_err *err)
{
    const struct nax_model *model = trainer->model;
    struct bundle *b = NULL;
    struct nax_identity *identity = NULL;
    const char *rows;
    bool is_apart = nax_trainer_is_apart(trainer);
    if (nax_model_check(model, err)) { /* else it would take the place of one that can be resumed */
        nax_err_prefix(err, "%s", path);
        return err->status = NAX_ERR_NUMERIC;
    }
    int status = nax_bundle_alloc(&b, 3 * NAX_PARAMS_MAX * model->net->n_layers, path, err);
    if (!status)
        status = identify(trainer, &identity, err);
    if (!status)
        status = nax_identity_text(identity, &rows, err);
    if (!status) {
        nax_bundle_add_values(b, model, "", is_apart ? trainer->average : model->values, true);
        if (trainer->average)
            nax_bundle_add_values(b, model, "last.",
                                  trainer->is_averaged ? trainer->average : model->values, true);
        nax_bundle_add_pixels(b, model);
        nax_bundle_add_values(b, model, "momentum.", trainer->momentum, false);
        nax_bundle_add_text(b, "position", "%zu %zu %.17g %zu", trainer->epochs_done,
                            trainer->steps_done, trainer->loss, trainer->n_right);
        nax_bundle_add_text(b, "processor", "%s, %s", nax_isa_name(nax_isa()),
                            nax_arithmetic_name(trainer->recipe.precision));
        nax_bundle_add_meta(b, &(struct nax_meta){"identity", rows}, 1);
        status = nax_bundle_add_layers(b, model->net, err);
    }
    if (!status) {
        nax_bundle_add_meta(b, meta, n_meta);
        status = nax_tensors_write(path, b->tensor, b->n, b->meta, b->n_meta, err);
    }
    nax_bundle_free(b);
    nax_identity_free(identity);
    return status;
}

/* Where a run had come to: whole epochs, steps of the next one, what those came to. */
struct position {
    size_t epochs, steps, n_right;
    double loss;
};

/* A place that this run can come to. */
static bool is_position(const struct nax_trainer *t, const struct position *p)
{
    return p->epochs <= t->recipe.epochs && p->steps <= nax_trainer_n_steps(t) &&
           (p->epochs < t->recipe.epochs || !p->steps) && isfinite(p->loss) && p->loss >= 0 &&
           p->n_right <= p->steps * t->recipe.batch;
}

static bool read_position(const struct nax_tensors *file, struct position *p)
{
    const char *text = nax_tensors_meta(file, "position");
    return text &&
           sscanf(text, "%zu %zu %lf %zu", &p->epochs, &p->steps, &p->loss, &p->n_right) == 4;
}

static int refuse_position(const char *path, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_VALUE, "%s: metadata 'position' is missing or broken", path);
}

/* Whether the file is of this run. */
static int check_run(const struct nax_trainer *trainer, const struct nax_tensors *file,
                     const char *path, struct nax_err *err)
{
    struct nax_identity *identity = NULL;
    const char *rows = nax_tensors_meta(file, "identity");
    if (!rows)
        return nax_err_set(err, NAX_ERR_VALUE,
                           nax_tensors_meta(file, "run")
                               ? "checkpoint of an older nax, which cannot be continued: '%s'"
                               : "not a checkpoint of a training run: '%s'",
                           path);
    int status = identify(trainer, &identity, err);
    if (!status)
        status = nax_identity_compare(identity, rows, err);
    if (status == NAX_ERR_VALUE)
        nax_err_prefix(err, "checkpoint of another run: '%s'", path);
    nax_identity_free(identity);
    return status;
}

/* The model's values, just read, are the file's mean over steps; the last ones are beside them. A
 * run without a mean starts one where it stands. */
static int take_average(struct nax_trainer *trainer, const struct nax_tensors *file,
                        const char *path, const struct position *p, struct nax_err *err)
{
    static const char prefix[] = "last.";
    bool has_last = false;
    for (size_t i = 0; i < nax_tensors_n(file) && !has_last; i++)
        has_last = !strncmp(nax_tensors_at(file, i)->name, prefix, sizeof prefix - 1);
    memcpy(trainer->average, trainer->model->values,
           trainer->model->n_values * sizeof *trainer->average);
    int status =
        has_last ? nax_params_take(trainer->model, file, path, prefix, trainer->average, true, err)
                 : 0;
    trainer->is_averaged = p->epochs == trainer->recipe.epochs;
    if (!status && !trainer->is_averaged)
        nax_trainer_swap_average(trainer);
    return status;
}

/* Parameters, momentum and position of the file, whose run has been looked at. */
static int take_state(struct nax_trainer *trainer, const struct nax_tensors *file, const char *path,
                      const struct position *p, struct nax_err *err)
{
    int status = nax_model_take(trainer->model, file, path, err);
    if (!status)
        status =
            nax_params_take(trainer->model, file, path, "momentum.", trainer->momentum, false, err);
    if (!status && trainer->average)
        status = take_average(trainer, file, path, p, err);
    if (status)
        return status;
    trainer->epochs_done = p->epochs;
    trainer->steps_done = p->steps;
    trainer->loss = p->loss;
    trainer->n_right = p->n_right;
    nax_trainer_set_pixels(trainer);
    return nax_trainer_set_part(trainer, trainer->part, err);
}

int nax_trainer_resume(struct nax_trainer *trainer, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    struct position position;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = check_run(trainer, file, path, err);
    if (!status && (!read_position(file, &position) || !is_position(trainer, &position)))
        status = refuse_position(path, err);
    if (!status)
        status = take_state(trainer, file, path, &position, err);
    nax_tensors_close(file);
    return status;
}

int nax_trainer_extend(struct nax_trainer *trainer, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    struct position position;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    if (!read_position(file, &position) || (!position.steps && position.loss != 0))
        status = refuse_position(path, err);
    else if (position.steps)
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "--extend goes on from the end of an epoch, and this is within the "
                             "%zuth; --resume it first, or leave --extend out: '%s'",
                             position.epochs + 1, path);
    else if (position.epochs >= trainer->recipe.epochs)
        status = nax_err_set(err, NAX_ERR_VALUE, "--epochs %zu is no more than it has, %zu: '%s'",
                             trainer->recipe.epochs, position.epochs, path);
    if (!status)
        status = take_state(trainer, file, path, &position, err);
    nax_tensors_close(file);
    return status;
}

int nax_trainer_share(struct nax_trainer *trainer, struct nax_err *err)
{
    struct nax_model *model = trainer->model;
    const struct {
        void *bytes;
        size_t n;
    } state[] = {
        {model->values, model->n_values * sizeof *model->values},
        {trainer->momentum, model->n_values * sizeof *trainer->momentum},
        {trainer->average, trainer->average ? model->n_values * sizeof *trainer->average : 0},
        {model->pixel_mean, sizeof model->pixel_mean},
        {model->pixel_sd, sizeof model->pixel_sd},
        {&trainer->is_averaged, sizeof trainer->is_averaged},
        {&trainer->epochs_done, sizeof trainer->epochs_done},
        {&trainer->steps_done, sizeof trainer->steps_done},
        {&trainer->loss, sizeof trainer->loss},
        {&trainer->n_right, sizeof trainer->n_right},
    };
    if (nax_ranks() == 1)
        return 0;
    for (size_t i = 0; i < sizeof state / sizeof *state; i++)
        nax_ranks_broadcast(state[i].bytes, state[i].n);
    nax_trainer_set_pixels(trainer);
    return nax_trainer_set_part(trainer, trainer->part, err);
}
