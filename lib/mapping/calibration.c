/* What a network's layers lose on crossbars, and their correction by gains and offsets. */
#include "columns.h"
#include "mapped.h"

#include <math.h>
#include <stdlib.h>

enum { N_PASSES = 2 }; /* of a calibration */

static int add_corrections(struct nax_mapped *m, struct nax_err *err)
{
    int status = 0;
    for (size_t l = 0; !status && l < m->n_layers; l++)
        if (nax_layer_n_weights(&m->model->net->layers[l]))
            status = nax_mapped_layer_add_correction(&m->layer[l], &m->linops[l], err);
    return status;
}

int nax_mapped_calibrate(struct nax_mapped *mapped, const struct nax_images *images,
                         size_t n_images, struct nax_err *err)
{
    const struct nax_network *net = mapped->model->net;
    if (!mapped->linops)
        return 0; /* the ideal network */
    struct column_sums *sums = nax_calloc(nax_columns_first(net, mapped->n_layers), sizeof *sums);
    if (!sums)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    int status = add_corrections(mapped, err);
    for (int pass = 0; !status && pass < N_PASSES; pass++) {
        status = nax_columns_measure(mapped->model, mapped->linops, NULL, images, n_images, sums,
                                     NULL, err);
        for (size_t l = 0; !status && l < mapped->n_layers; l++)
            for (size_t c = 0; c < mapped->layer[l].correction.n_cols; c++) {
                struct column_fit fit =
                    nax_column_fit_reference(&sums[nax_columns_first(net, l) + c]);
                nax_correction_add(&mapped->layer[l].correction, c, fit.gain, fit.offset);
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
        noise.error_after_gains += nax_column_fit_reference(s).variance;
    }
    noise.error = fmax(noise.error, 0);
    noise.gain = noise.signal > 0 ? covariance / noise.signal : 1;
    return noise;
}

static int measure(const struct nax_mapped *mapped, const struct nax_linop *linops,
                   const struct nax_images *images, size_t n_images, struct nax_layer_noise *noise,
                   struct nax_err *err)
{
    const struct nax_network *net = mapped->model->net;
    struct column_sums *sums = nax_calloc(nax_columns_first(net, mapped->n_layers), sizeof *sums);
    int status =
        sums ? nax_columns_measure(mapped->model, linops, NULL, images, n_images, sums, NULL, err)
             : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; !status && l < mapped->n_layers; l++)
        noise[l] = nax_layer_n_weights(&net->layers[l])
                       ? noise_of(sums + nax_columns_first(net, l), net->layers[l].c_out)
                       : (struct nax_layer_noise){.signal = 0};
    free(sums);
    return status;
}

int nax_mapped_noise(const struct nax_mapped *mapped, const struct nax_images *images,
                     size_t n_images, struct nax_layer_noise *noise, struct nax_err *err)
{
    return measure(mapped, mapped->linops, images, n_images, noise, err);
}

/* The weights that the fidelity linear multiplies by: without what the ADC's range gives back. */
static float *weights_of_wires(const struct mapped_layer *layer)
{
    size_t n = nax_layer_n_weights(layer->fixed.shape);
    double gain = layer->fixed.adc_lsb / layer->fixed.adc_unit;
    double offset = layer->fixed.weight_step * (double)nax_fixed_offset(&layer->fixed);
    float *weight = nax_aligned_calloc(n, sizeof *weight);
    for (size_t i = 0; weight && i < n; i++)
        weight[i] = (float)(gain * ((double)layer->effective[i] + offset) - offset);
    return weight;
}

int nax_mapped_noise_of_wires(const struct nax_mapped *mapped, const struct nax_images *images,
                              size_t n_images, struct nax_layer_noise *noise, struct nax_err *err)
{
    size_t n = mapped->n_layers;
    struct nax_linop *wires = nax_calloc(n, sizeof *wires);
    float **weight = nax_calloc(n, sizeof *weight);
    int status = 0;
    bool is_whole = wires && weight;
    for (size_t l = 0; is_whole && mapped->layer && l < n; l++)
        if (mapped->layer[l].effective) {
            wires[l].weight = weight[l] = weights_of_wires(&mapped->layer[l]);
            is_whole = weight[l];
        }
    if (!is_whole)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'",
                             mapped->model->net->name);
    if (!status)
        status = measure(mapped, wires, images, n_images, noise, err);
    for (size_t l = 0; weight && l < n; l++)
        nax_aligned_free(weight[l]);
    free(weight);
    free(wires);
    return status;
}
