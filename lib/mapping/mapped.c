/* A network on crossbars: every layer that multiplies gets a product of the fidelity asked for. */
#include "columns.h"
#include "rungs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Images that the rung adc measures conversions on, and passes of a calibration. */
enum { N_ADC_IMAGES = 32, N_PASSES = 2 };

struct nax_mapped {
    const struct nax_model *model;
    struct nax_model *own; /* with effective weights, or NULL */
    size_t n_layers;
    struct mapped_layer *layer; /* [n_layers]; empty for pools */
    struct nax_linop *linops;   /* [n_layers], or NULL: ideal */
    float *normals;             /* or NULL */
};

static const char *const names[NAX_FIDELITY_COUNT] = {"ideal", "quantized", "linear", "adc",
                                                      "full"};

const char *nax_fidelity_name(enum nax_fidelity fidelity)
{
    return names[fidelity];
}

enum nax_fidelity nax_fidelity_parse(const char *name)
{
    int f = 0;
    while (f < NAX_FIDELITY_COUNT && strcmp(name, names[f]))
        f++;
    return (enum nax_fidelity)f;
}

static const struct nax_model *evaluated(const struct nax_mapped *m)
{
    return m->own ? m->own : m->model;
}

static int map_layer(struct nax_mapped *m, size_t l, const struct nax_mapping *mapping,
                     bool is_signed, double range, struct nax_err *err)
{
    const struct nax_layer *shape = &m->model->net->layers[l];
    struct mapped_layer *layer = &m->layer[l];
    struct chip chip = {mapping->cells, mapping->seed, mapping->chip, l};
    float *weight = m->own ? m->own->layer[l].weight : NULL;
    int status = fixed_layer_alloc(&layer->fixed, shape, mapping->hardware, mapping->crossbars[l],
                                   m->model->layer[l].weight, is_signed, range, err);
    if (status)
        return status;
    if (mapping->fidelity == NAX_FIDELITY_QUANTIZED)
        return rung_quantized(layer, &m->linops[l], err);
    if (mapping->fidelity == NAX_FIDELITY_LINEAR)
        return rung_linear(layer, &chip, weight, err);
    return rung_full(layer, &chip, weight, &m->linops[l], err);
}

static int copy_model(struct nax_mapped *m, struct nax_err *err)
{
    int status = nax_model_alloc(&m->own, m->model->net, 0, err);
    if (status)
        return status;
    memcpy(m->own->values, m->model->values, m->model->n_values * sizeof *m->own->values);
    memcpy(m->own->pixel_mean, m->model->pixel_mean, sizeof m->own->pixel_mean);
    memcpy(m->own->pixel_sd, m->model->pixel_sd, sizeof m->own->pixel_sd);
    return 0;
}

static int map_layers(struct nax_mapped *m, const struct nax_mapping *mapping,
                      const struct nax_images *ranges, struct nax_err *err)
{
    size_t n = m->n_layers;
    bool *is_signed = nax_calloc(n, sizeof *is_signed);
    double *range = nax_calloc(n, sizeof *range);
    int status = 0;
    if (!is_signed || !range)
        status =
            nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", m->model->net->name);
    if (!status)
        status = ranges_measure(m->model, ranges, range, err);
    if (!status)
        signs_of_inputs(m->model->net, is_signed);
    for (size_t l = 0; !status && l < n; l++)
        if (nax_layer_n_weights(&m->model->net->layers[l]))
            status = map_layer(m, l, mapping, is_signed[l], range[l], err);
    free(is_signed);
    free(range);
    return status;
}

/* Amendments of every layer, which do nothing yet. */
static int add_amends(struct nax_mapped *m, struct nax_err *err)
{
    int status = 0;
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        const struct nax_layer *shape = &m->model->net->layers[l];
        struct amend *amend = &m->layer[l].amend;
        if (!nax_layer_n_weights(shape) || amend->gain)
            continue;
        status = amend_alloc(amend, l, shape->h_out * shape->w_out, shape->c_out, err);
        m->linops[l].amend = amend_apply;
        m->linops[l].amend_self = amend;
    }
    return status;
}

/* From full products to effective weights with the conversions' gain, offset and noise. */
static int replace_conversions(struct nax_mapped *m, const struct nax_mapping *mapping,
                               const struct nax_images *images, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    size_t n_cols_max = 0;
    struct column_sums *sums = nax_calloc(columns_first(net, m->n_layers), sizeof *sums);
    for (size_t l = 0; l < m->n_layers; l++)
        n_cols_max = NAX_MAX(n_cols_max, net->layers[l].c_out);
    m->normals = normals_alloc(mapping->seed, n_cols_max);
    int status = sums && m->normals
                     ? columns_measure(m->model, m->linops, m->own, images, N_ADC_IMAGES, sums, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; l < m->n_layers; l++) {
        full_free(&m->layer[l].full);
        m->linops[l] = (struct nax_linop){.forward = NULL};
    }
    if (!status)
        status = add_amends(m, err);
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        struct amend *amend = &m->layer[l].amend;
        for (size_t c = 0; c < amend->n_cols; c++) {
            struct column_fit fit = column_fit_hardware(&sums[columns_first(net, l) + c]);
            amend_add(amend, c, fit.gain, fit.offset);
            amend->sd[c] = (float)sqrt(fit.variance);
        }
        amend->has_noise = true;
        amend->seed = mapping->seed;
        amend->normals = m->normals;
    }
    free(sums);
    return status;
}

static int map(struct nax_mapped *m, const struct nax_mapping *mapping,
               const struct nax_images *images, struct nax_err *err)
{
    bool is_folded =
        mapping->fidelity == NAX_FIDELITY_LINEAR || mapping->fidelity == NAX_FIDELITY_ADC;
    m->layer = nax_calloc(m->n_layers, sizeof *m->layer);
    m->linops = nax_calloc(m->n_layers, sizeof *m->linops);
    if (!m->layer || !m->linops)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", m->model->net->name);
    int status = is_folded ? copy_model(m, err) : 0;
    if (!status)
        status = map_layers(m, mapping, images, err);
    if (!status && mapping->fidelity == NAX_FIDELITY_ADC)
        status = replace_conversions(m, mapping, images, err);
    return status;
}

int nax_mapped_alloc(struct nax_mapped **mapped, const struct nax_model *model,
                     const struct nax_mapping *mapping, const struct nax_images *ranges,
                     struct nax_err *err)
{
    struct nax_mapped *m = nax_calloc(1, sizeof *m);
    if (!m)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", model->net->name);
    *m = (struct nax_mapped){.model = model, .n_layers = model->net->n_layers};
    int status = 0;
    if (mapping->fidelity != NAX_FIDELITY_IDEAL)
        status = map(m, mapping, ranges, err);
    if (status) {
        nax_mapped_free(m);
        return status;
    }
    *mapped = m;
    return 0;
}

void nax_mapped_free(struct nax_mapped *mapped)
{
    if (!mapped)
        return;
    for (size_t l = 0; mapped->layer && l < mapped->n_layers; l++)
        mapped_layer_free(&mapped->layer[l]);
    free(mapped->layer);
    nax_model_free(mapped->own);
    free(mapped->linops);
    free(mapped->normals);
    free(mapped);
}

int nax_mapped_eval(const struct nax_mapped *mapped, const struct nax_images *images,
                    const struct nax_eval *options, struct nax_score *score, struct nax_err *err)
{
    struct nax_eval with = {.linops = NULL};
    if (options)
        with = *options;
    with.linops = mapped->linops;
    return nax_model_eval(evaluated(mapped), images, &with, score, err);
}

int nax_mapped_calibrate(struct nax_mapped *mapped, const struct nax_images *images,
                         size_t n_images, struct nax_err *err)
{
    const struct nax_network *net = mapped->model->net;
    if (!mapped->linops)
        return 0; /* the ideal network */
    struct column_sums *sums = nax_calloc(columns_first(net, mapped->n_layers), sizeof *sums);
    if (!sums)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    int status = add_amends(mapped, err);
    for (int pass = 0; !status && pass < N_PASSES; pass++) {
        status = columns_measure(evaluated(mapped), mapped->linops, mapped->model, images, n_images,
                                 sums, err);
        for (size_t l = 0; !status && l < mapped->n_layers; l++)
            for (size_t c = 0; c < mapped->layer[l].amend.n_cols; c++) {
                struct column_fit fit = column_fit_reference(&sums[columns_first(net, l) + c]);
                amend_add(&mapped->layer[l].amend, c, fit.gain, fit.offset);
            }
    }
    free(sums);
    return status;
}

static struct nax_layer_noise noise_of(const struct column_sums *sums, size_t n_cols)
{
    struct nax_layer_noise noise = {.signal = 0};
    double covariance = 0;
    for (size_t c = 0; c < n_cols; c++) {
        const struct column_sums *s = &sums[c];
        noise.signal += s->zz / s->n - s->z / s->n * (s->z / s->n);
        covariance += s->zy / s->n - s->z / s->n * (s->y / s->n);
        noise.error += (s->yy - 2 * s->zy + s->zz) / s->n;
        noise.error_after_gains += column_fit_reference(s).variance;
    }
    noise.error = fmax(noise.error, 0);
    noise.gain = noise.signal > 0 ? covariance / noise.signal : 1;
    return noise;
}

int nax_mapped_noise(const struct nax_mapped *mapped, const struct nax_images *images,
                     size_t n_images, struct nax_layer_noise *noise, struct nax_err *err)
{
    const struct nax_network *net = mapped->model->net;
    struct column_sums *sums = nax_calloc(columns_first(net, mapped->n_layers), sizeof *sums);
    int status = sums ? columns_measure(evaluated(mapped), mapped->linops, mapped->model, images,
                                        n_images, sums, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; !status && l < mapped->n_layers; l++)
        noise[l] = nax_layer_n_weights(&net->layers[l])
                       ? noise_of(sums + columns_first(net, l), net->layers[l].c_out)
                       : (struct nax_layer_noise){.signal = 0};
    free(sums);
    return status;
}

int nax_mapped_score(const struct nax_model *model, const struct nax_mapping *mapping,
                     const struct nax_dataset *set, size_t n_images, struct nax_score *score,
                     struct nax_err *err)
{
    struct nax_mapped *mapped = NULL;
    struct nax_eval options = {.n_images = n_images};
    int status = nax_mapped_alloc(&mapped, model, mapping, &set->train, err);
    if (!status)
        status = nax_mapped_eval(mapped, &set->test, &options, score, err);
    nax_mapped_free(mapped);
    return status;
}
