/* Models and runs of training as safetensors files; load.c reads the parameters. */
#include "load.h"
#include "trainer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 512, META_MAX = 32 };

/* What goes into a file: tensors with their names, metadata with its texts. */
struct bundle {
    struct nax_tensor *tensor;
    char (*name)[PARAM_NAME_SIZE];
    size_t n, n_max;
    struct nax_meta meta[META_MAX];
    char text[META_MAX][TEXT_SIZE];
    size_t n_meta;
};

static void add_text(struct bundle *b, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_text(struct bundle *b, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(b->text[b->n_meta], TEXT_SIZE, format, ap);
    va_end(ap);
    b->meta[b->n_meta] = (struct nax_meta){key, b->text[b->n_meta]};
    b->n_meta++;
}

static void add_values(struct bundle *b, const struct nax_model *model, const char *prefix,
                       const float *values, bool is_all)
{
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&model->net->layers[l], &model->layer[l], param);
        for (size_t i = 0; i < n; i++) {
            if (!is_all && !param[i].is_trained)
                continue;
            snprintf(b->name[b->n], PARAM_NAME_SIZE, "%s%s.%s", prefix, model->net->layers[l].name,
                     param[i].name);
            struct nax_tensor t = {.name = b->name[b->n],
                                   .dtype = NAX_F32,
                                   .n_dims = param[i].n_dims,
                                   .data = values + (param[i].values - model->values)};
            memcpy(t.dims, param[i].dims, sizeof param[i].dims);
            b->tensor[b->n++] = t;
        }
    }
}

int nax_trainer_save(const struct nax_trainer *trainer, const char *path,
                     const struct nax_meta *meta, size_t n_meta, struct nax_err *err)
{
    const struct nax_model *model = trainer->model;
    size_t n_max = 2 * NAX_PARAMS_MAX * model->net->n_layers;
    struct bundle *b = nax_calloc(1, sizeof *b);
    if (b) {
        b->tensor = nax_calloc(n_max, sizeof *b->tensor);
        b->name = nax_calloc(n_max, sizeof *b->name);
    }
    int status = 0;
    if (!b || !b->tensor || !b->name)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status) {
        char text[TEXT_SIZE];
        add_values(b, model, "", model->values, true);
        add_text(b, "network", "%s", model->net->name);
        add_text(b, "pixel_mean", "%.17g %.17g %.17g", model->pixel_mean[0], model->pixel_mean[1],
                 model->pixel_mean[2]);
        add_text(b, "pixel_sd", "%.17g %.17g %.17g", model->pixel_sd[0], model->pixel_sd[1],
                 model->pixel_sd[2]);
        add_values(b, model, "momentum.", trainer->momentum, false);
        add_text(b, "position", "%zu %zu %.17g %zu", trainer->epochs_done, trainer->steps_done,
                 trainer->loss, trainer->n_right);
        nax_trainer_describe(trainer, text, sizeof text);
        add_text(b, "run", "%s", text);
    }
    for (size_t i = 0; !status && i < n_meta && b->n_meta < META_MAX; i++)
        b->meta[b->n_meta++] = meta[i];
    if (!status)
        status = nax_tensors_write(path, b->tensor, b->n, b->meta, b->n_meta, err);
    if (b) {
        free(b->tensor);
        free(b->name);
    }
    free(b);
    return status;
}

void nax_trainer_describe(const struct nax_trainer *t, char *text, size_t size)
{
    const struct nax_recipe *r = &t->recipe;
    char kernels[256] = "";
    size_t n = 0;
    for (size_t l = 0; l < t->model->net->n_layers && n + 16 < sizeof kernels; l++)
        n += (size_t)snprintf(kernels + n, sizeof kernels - n, " %zu",
                              t->model->net->layers[l].kernel);
    snprintf(text, size,
             "seed %" PRIu64 " data %016" PRIx64 " epochs %zu batch %zu schedule %d rate %.17g "
             "warmup %.17g momentum %.17g decay %.17g muon %.17g smoothing %.17g crop %zu flip %d "
             "cutout %zu validation %.17g precision %d conditions %016" PRIx64 " kernels%s",
             t->seed, nax_dataset_hash(t->set), r->epochs, r->batch, (int)r->schedule,
             r->learning_rate, r->warmup, r->momentum, r->weight_decay, r->muon, r->label_smoothing,
             r->crop, (int)r->flip, r->cutout, r->validation, (int)r->precision, r->conditions,
             kernels);
}

int nax_trainer_resume(struct nax_trainer *trainer, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    char text[TEXT_SIZE];
    nax_trainer_describe(trainer, text, sizeof text);
    const char *run = nax_tensors_meta(file, "run");
    const char *position = nax_tensors_meta(file, "position");
    size_t epochs, steps, n_right;
    double loss;
    if (!run || !position ||
        sscanf(position, "%zu %zu %lf %zu", &epochs, &steps, &loss, &n_right) != 4)
        status = nax_err_set(err, NAX_ERR_VALUE, "not a checkpoint of a training run: '%s'", path);
    else if (strcmp(run, text))
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "checkpoint of another network, recipe, seed or data set: '%s'", path);
    if (!status)
        status = nax_model_take(trainer->model, file, path, err);
    if (!status)
        status =
            nax_params_take(trainer->model, file, path, "momentum.", trainer->momentum, false, err);
    nax_tensors_close(file);
    if (status)
        return status;
    trainer->epochs_done = epochs;
    trainer->steps_done = steps;
    trainer->loss = loss;
    trainer->n_right = n_right;
    nax_pixel_table_make(&trainer->table, trainer->model->pixel_mean, trainer->model->pixel_sd);
    return nax_trainer_set_part(trainer, trainer->part, err);
}
