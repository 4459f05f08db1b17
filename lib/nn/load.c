/* Parameters of a model from a safetensors file: all that a trained network is read by. */
#include "load.h"
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By the layer's name or, of a file that holds a layer with several kernels, with its kernel. name:
 * [PARAM_NAME_SIZE], gets the plain one. */
static const struct nax_tensor *find_param(const struct nax_tensors *file,
                                           const struct nax_layer *layer, const char *prefix,
                                           const char *param, char *name)
{
    char with_kernel[PARAM_NAME_SIZE];
    snprintf(with_kernel, sizeof with_kernel, "%s%s.k%zu.%s", prefix, layer->name, layer->kernel[0],
             param);
    snprintf(name, PARAM_NAME_SIZE, "%s%s.%s", prefix, layer->name, param);
    const struct nax_tensor *t = nax_tensors_find(file, name);
    return t ? t : nax_tensors_find(file, with_kernel);
}

int nax_params_take(const struct nax_model *model, const struct nax_tensors *file, const char *path,
                    const char *prefix, float *values, bool is_all, struct nax_err *err)
{
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&model->net->layers[l], &model->layer[l], param);
        for (size_t i = 0; i < n; i++) {
            if (!is_all && !param[i].is_trained)
                continue;
            char name[PARAM_NAME_SIZE];
            const struct nax_tensor *t =
                find_param(file, &model->net->layers[l], prefix, param[i].name, name);
            if (!t)
                return nax_err_set(err, NAX_ERR_VALUE, "%s: no tensor '%s' for network '%s'", path,
                                   name, model->net->name);
            bool is_same = t->dtype == NAX_F32 && t->n_dims == param[i].n_dims;
            for (size_t d = 0; is_same && d < t->n_dims; d++)
                is_same = t->dims[d] == param[i].dims[d];
            if (!is_same)
                return nax_err_set(err, NAX_ERR_VALUE,
                                   "%s: tensor '%s' has another shape than in network '%s'", path,
                                   name, model->net->name);
            memcpy(values + (param[i].values - model->values), t->data, param[i].n * sizeof(float));
        }
    }
    return 0;
}

/* n numbers, each greater than `above`. */
static int load_numbers(const struct nax_tensors *file, const char *path, const char *key,
                        double above, double *out, size_t n, struct nax_err *err)
{
    const char *text = nax_tensors_meta(file, key);
    bool is_good = text;
    for (size_t i = 0; is_good && i < n; i++) {
        char *end;
        out[i] = strtod(text, &end);
        is_good = end != text && isfinite(out[i]) && out[i] > above;
        text = end;
    }
    return is_good && !*text
               ? 0
               : nax_err_set(err, NAX_ERR_VALUE,
                             "%s: metadata '%s' is missing or broken, and has to be %zu numbers",
                             path, key, n);
}

/* Whether the model reads the tensor: its own parameter, or one of a layer that has several
 * kernels. */
static bool is_of_model(const struct nax_model *model, const char *tensor)
{
    static const char *const prefixes[] = {"momentum.", "last."};
    char name[PARAM_NAME_SIZE];
    for (size_t i = 0; i < 2; i++)
        if (!strncmp(tensor, prefixes[i], strlen(prefixes[i]))) {
            tensor += strlen(prefixes[i]);
            break;
        }
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&model->net->layers[l], &model->layer[l], param);
        for (size_t i = 0; i < n; i++) {
            snprintf(name, sizeof name, "%s.%s", model->net->layers[l].name, param[i].name);
            if (!strcmp(name, tensor))
                return true;
        }
    }
    const char *dot = strchr(tensor, '.');
    return dot && dot[1] == 'k' && strspn(dot + 2, "0123456789");
}

/* A tensor that the network has no place for would be left out without a word. */
static int check_names(const struct nax_model *model, const struct nax_tensors *file,
                       const char *path, struct nax_err *err)
{
    for (size_t i = 0; i < nax_tensors_n(file); i++)
        if (!is_of_model(model, nax_tensors_at(file, i)->name))
            return nax_err_set(err, NAX_ERR_VALUE, "%s: tensor '%s' has no place in network '%s'",
                               path, nax_tensors_at(file, i)->name, model->net->name);
    return 0;
}

int nax_model_take(struct nax_model *model, const struct nax_tensors *file, const char *path,
                   struct nax_err *err)
{
    const size_t n = nax_pixel_n(model->net);
    int status = nax_tensors_verify(file, path, err);
    if (!status)
        status = nax_params_take(model, file, path, "", model->values, true, err);
    if (!status && (status = nax_model_check(model, err)))
        nax_err_prefix(err, "%s", path);
    if (!status)
        status = check_names(model, file, path, err);
    if (!status)
        status = load_numbers(file, path, "pixel_mean", -INFINITY, model->pixel_mean, n, err);
    if (!status)
        status = load_numbers(file, path, "pixel_sd", 0, model->pixel_sd, n, err);
    model->has_pixels = !status;
    return status;
}

int nax_model_start(struct nax_model *model, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = nax_model_take(model, file, path, err);
    nax_tensors_close(file);
    return status;
}

int nax_model_load(struct nax_model *model, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    const char *layers = nax_tensors_meta(file, "layers");
    status = nax_model_take(model, file, path, err);
    if (!status && layers)
        status = nax_layers_check(model->net, layers, path, err);
    nax_tensors_close(file);
    return status;
}

uint64_t nax_model_hash(const struct nax_model *model)
{
    const size_t size = nax_pixel_n(model->net) * sizeof(double);
    uint64_t hash = nax_hash(0, model->pixel_mean, size);
    hash = nax_hash(hash, model->pixel_sd, size);
    for (size_t l = 0; l < model->net->n_layers; l++) {
        struct nax_param param[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&model->net->layers[l], &model->layer[l], param);
        for (size_t i = 0; i < n; i++)
            hash = nax_checksum(hash, param[i].values, param[i].n * sizeof(float));
    }
    return hash;
}
