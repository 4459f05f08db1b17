/* Models as safetensors files, apart from training; load.c reads them. */
#include "save.h"
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nax_bundle_alloc(struct bundle **bundle, size_t n_max, const char *path, struct nax_err *err)
{
    struct bundle *b = nax_calloc(1, sizeof *b);
    if (b) {
        b->n_max = n_max;
        b->tensor = nax_calloc(n_max, sizeof *b->tensor);
        b->name = nax_calloc(n_max, sizeof *b->name);
    }
    if (!b || !b->tensor || !b->name) {
        nax_bundle_free(b);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    }
    *bundle = b;
    return 0;
}

void nax_bundle_free(struct bundle *bundle)
{
    if (!bundle)
        return;
    nax_identity_free(bundle->layers);
    free(bundle->tensor);
    free(bundle->name);
    free(bundle);
}

void nax_bundle_add_text(struct bundle *b, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(b->text[b->n_meta], BUNDLE_TEXT_SIZE, format, ap);
    va_end(ap);
    b->meta[b->n_meta] = (struct nax_meta){key, b->text[b->n_meta]};
    b->n_meta++;
}

void nax_bundle_add_meta(struct bundle *b, const struct nax_meta *meta, size_t n)
{
    for (size_t i = 0; i < n && b->n_meta < BUNDLE_META_MAX; i++)
        b->meta[b->n_meta++] = meta[i];
}

void nax_bundle_add_values(struct bundle *b, const struct nax_model *model, const char *prefix,
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

static void add_numbers(struct bundle *b, const char *key, const double *values, size_t n)
{
    char text[BUNDLE_TEXT_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < n; i++) /* 16 of them, of up to 25 characters, have room */
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%.17g", i ? " " : "", values[i]);
    nax_bundle_add_text(b, key, "%s", text);
}

void nax_bundle_add_pixels(struct bundle *b, const struct nax_model *model)
{
    nax_bundle_add_text(b, "network", "%s", model->net->name);
    add_numbers(b, "pixel_mean", model->pixel_mean, nax_pixel_n(model->net));
    add_numbers(b, "pixel_sd", model->pixel_sd, nax_pixel_n(model->net));
}

/* A model that holds several kernels of a layer is no network by itself. */
static bool is_network(const struct nax_network *net)
{
    for (size_t l = 0; l < net->n_layers; l++)
        if (nax_layer_kind_row(&net->layers[l])->has_weights && strchr(net->layers[l].name, '.'))
            return false;
    return true;
}

int nax_bundle_add_layers(struct bundle *b, const struct nax_network *net, struct nax_err *err)
{
    const char *rows;
    if (!is_network(net))
        return 0;
    int status = nax_identity_alloc(&b->layers, err);
    if (status)
        return status;
    nax_layers_identify(b->layers, net);
    status = nax_identity_text(b->layers, &rows, err);
    if (!status)
        nax_bundle_add_meta(b, &(struct nax_meta){"layers", rows}, 1);
    return status;
}

int nax_model_save(const struct nax_model *model, const char *path, const struct nax_meta *meta,
                   size_t n_meta, struct nax_err *err)
{
    struct bundle *b = NULL;
    int status = nax_model_check(model, err);
    if (!status)
        status = nax_bundle_alloc(&b, NAX_PARAMS_MAX * model->net->n_layers, path, err);
    if (status)
        return status;
    nax_bundle_add_values(b, model, "", model->values, true);
    nax_bundle_add_pixels(b, model);
    status = nax_bundle_add_layers(b, model->net, err);
    nax_bundle_add_meta(b, meta, n_meta);
    if (!status)
        status = nax_tensors_write(path, b->tensor, b->n, b->meta, b->n_meta, err);
    nax_bundle_free(b);
    return status;
}
