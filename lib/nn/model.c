/* The parameters of a network: one block of memory, pointers for every layer. */
#include "model.h"

#include "nax/rng.h"
#include "nax/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t nax_layer_n_weights(const struct nax_layer *l)
{
    switch (l->kind) {
    case NAX_LAYER_CONV:
    case NAX_LAYER_LINEAR:
        return nax_layer_n_rows(l) * l->c_out;
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
    case NAX_LAYER_BATCH_NORM:
    case NAX_LAYER_ACTIVATION:
        break;
    }
    return 0;
}

size_t nax_params_list(const struct nax_layer *l, const struct nax_params *p,
                       struct nax_param out[NAX_PARAMS_MAX])
{
    size_t n_weights = nax_layer_n_weights(l), c = l->c_out, n = 0;
    if (n_weights)
        out[n++] = (struct nax_param){
            "weight", p->weight, n_weights, 4, {l->kernel[0], l->kernel[1], l->c_in / l->groups, c},
            true,     true};
    if (l->has_batch_norm) {
        out[n++] = (struct nax_param){"gamma", p->gamma, c, 1, {c}, true, false};
        out[n++] = (struct nax_param){"beta", p->beta, c, 1, {c}, true, false};
        out[n++] = (struct nax_param){"mean", p->mean, c, 1, {c}, false, false};
        out[n++] = (struct nax_param){"variance", p->variance, c, 1, {c}, false, false};
    }
    if (l->has_bias)
        out[n++] = (struct nax_param){"bias", p->beta, c, 1, {c}, true, false};
    return n;
}

/* Every array starts on a cache line. */
size_t nax_params_lay_out(const struct nax_network *net, struct nax_params *layer, float *values)
{
    size_t n = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        size_t n_weights = nax_layer_n_weights(shape);
        struct nax_params *p = &layer[l];
        float **slot[] = {&p->weight, &p->beta, &p->gamma, &p->mean, &p->variance};
        size_t n_slots = shape->has_batch_norm ? 5 : shape->has_bias ? 2 : 1;
        for (size_t i = n_weights ? 0 : 1; i < n_slots; i++) {
            *slot[i] = values ? values + n : NULL;
            n += NAX_ROUND_UP(i ? shape->c_out : n_weights, NAX_LANES);
        }
    }
    return n;
}

static void draw(const struct nax_network *net, struct nax_params *layer, uint64_t seed)
{
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        size_t n = nax_layer_n_weights(shape);
        for (size_t c = 0; layer[l].gamma && c < shape->c_out; c++)
            layer[l].gamma[c] = layer[l].variance[c] = 1;
        if (!n)
            continue;
        bool is_conv = shape->kind == NAX_LAYER_CONV;
        double fan_in = (double)(n / shape->c_out);
        double deviation = sqrt((is_conv ? 2 : 1) / fan_in);
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_INIT, l, 0, 0);
        for (size_t i = 0; i < n; i++)
            layer[l].weight[i] = (float)(deviation * nax_rng_normal(&rng));
    }
}

int nax_model_alloc(struct nax_model **model, const struct nax_network *net, uint64_t seed,
                    struct nax_err *err)
{
    struct nax_model *m = nax_calloc(1, sizeof *m);
    if (m) {
        m->net = net;
        m->layer = nax_calloc(net->n_layers, sizeof *m->layer);
    }
    if (m && m->layer) {
        m->n_values = nax_params_lay_out(net, m->layer, NULL);
        m->values = nax_aligned_calloc(m->n_values, sizeof *m->values);
    }
    if (!m || !m->values) {
        nax_model_free(m);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    }
    nax_params_lay_out(net, m->layer, m->values);
    draw(net, m->layer, seed);
    for (size_t c = 0; c < NAX_MAX_CHANNELS; c++)
        m->pixel_sd[c] = 1;
    *model = m;
    return 0;
}

size_t nax_pixel_n(const struct nax_network *net)
{
    return NAX_MIN(NAX_MAX(net->channels, (size_t)3), (size_t)NAX_MAX_CHANNELS);
}

int nax_model_copy(struct nax_model **model, const struct nax_model *from, struct nax_err *err)
{
    int status = nax_model_alloc(model, from->net, 0, err);
    if (status)
        return status;
    for (size_t l = 0; l < from->net->n_layers; l++) {
        struct nax_param old[NAX_PARAMS_MAX], copy[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&from->net->layers[l], &from->layer[l], old);
        nax_params_list(&from->net->layers[l], &(*model)->layer[l], copy);
        for (size_t i = 0; i < n; i++)
            memcpy(copy[i].values, old[i].values, old[i].n * sizeof(float));
    }
    memcpy((*model)->pixel_mean, from->pixel_mean, sizeof from->pixel_mean);
    memcpy((*model)->pixel_sd, from->pixel_sd, sizeof from->pixel_sd);
    (*model)->has_pixels = from->has_pixels;
    return 0;
}

void nax_model_free(struct nax_model *model)
{
    if (!model)
        return;
    nax_aligned_free(model->values);
    free(model->layer);
    free(model);
}

int nax_model_check(const struct nax_model *model, struct nax_err *err)
{
    for (size_t l = 0; l < model->net->n_layers; l++) {
        const struct nax_params *p = &model->layer[l];
        struct nax_param param[NAX_PARAMS_MAX];
        size_t n = nax_params_list(&model->net->layers[l], p, param);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < param[i].n; k++) {
                float v = param[i].values[k];
                if (!isfinite(v) || (param[i].values == p->variance && v < 0))
                    return nax_err_set(err, NAX_ERR_VALUE, "value %zu is %g: tensor '%s.%s'", k,
                                       (double)v, model->net->layers[l].name, param[i].name);
            }
    }
    return 0;
}
