/* The fidelity adc: conversions as a gain, an offset and noise of every column.
 *
 * Gain, offset and the variance that they leave are measured by column, on the same inputs, with
 * full products. But what is left is no noise: like patches err alike, and flat parts of an image
 * stay flat, so that independent draws of that variance cost the network more than the conversions
 * do, and leaving them out costs it less. So all the draws are scaled by one factor, such that the
 * network's loss on the images measured is what full products made it.
 */
#include "conversions.h"
#include "columns.h"
#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>

enum { N_BISECTIONS = 6 }; /* of the noise's variance */

/* A network whose conversions are being replaced. */
struct network {
    const struct nax_model *model;
    struct mapped_layer *layers;
    struct nax_linop *linops;
    const struct nax_images *images;
    size_t n_images; /* of them, measured on */
};

/* The loss with noise of a part of the variance measured. */
static int loss_at(const struct conversions_noise *of, double part, double *loss,
                   struct nax_err *err)
{
    struct nax_eval options = {.linops = of->linops, .n_images = of->n_images};
    struct nax_score score;
    for (size_t i = 0; i < of->n_noise; i++)
        *of->noise[i] = (float)sqrt(part);
    int status = nax_model_eval(of->model, of->images, &options, &score, err);
    *loss = score.loss;
    return status;
}

int nax_conversions_scale(const struct conversions_noise *of, double wanted, double *part,
                          struct nax_err *err)
{
    double low = 0, high = 1, loss;
    *part = 1;
    int status = loss_at(of, 1, &loss, err);
    if (status || loss <= wanted)
        return status;
    for (int i = 0; !status && i < N_BISECTIONS; i++) {
        double middle = (low + high) / 2;
        status = loss_at(of, middle, &loss, err);
        *(loss < wanted ? &low : &high) = middle;
    }
    *part = low;
    return status ? status : loss_at(of, low, &loss, err);
}

/* What conversions do to each column, against the effective weights on the same inputs. */
static int measure(const struct network *n, struct column_sums *sums, double *loss,
                   struct nax_err *err)
{
    const struct nax_network *net = n->model->net;
    struct nax_linop *effective = nax_calloc(net->n_layers, sizeof *effective);
    if (!effective)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; l < net->n_layers; l++)
        if (n->layers[l].effective)
            effective[l] = nax_mapped_layer_effective(&n->layers[l]);
    int status = nax_columns_measure(n->model, n->linops, effective, n->images, n->n_images, sums,
                                     loss, err);
    free(effective);
    return status;
}

static int replace(const struct network *n, size_t l, const struct column_sums *sums, uint64_t seed,
                   const float *normals, struct nax_err *err)
{
    struct mapped_layer *layer = &n->layers[l];
    struct correction *correction = &layer->correction;
    nax_mapped_layer_keep_effective(layer, &n->linops[l]);
    int status = nax_mapped_layer_add_correction(layer, &n->linops[l], err);
    for (size_t c = 0; c < correction->n_cols; c++) {
        struct column_fit fit = nax_column_fit_hardware(&sums[c]);
        nax_correction_add(correction, c, fit.gain, fit.offset);
        correction->sd[c] = (float)sqrt(fit.variance);
    }
    correction->seed = seed;
    correction->normals = normals;
    return status;
}

static int scale_noise(const struct network *n, double wanted, struct nax_err *err)
{
    const size_t n_layers = n->model->net->n_layers;
    float **noise = nax_calloc(n_layers, sizeof *noise);
    double part;
    if (!noise)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", n->model->net->name);
    for (size_t l = 0; l < n_layers; l++)
        noise[l] = &n->layers[l].correction.noise;
    const struct conversions_noise of = {.model = n->model,
                                         .linops = n->linops,
                                         .images = n->images,
                                         .n_images = n->n_images,
                                         .noise = noise,
                                         .n_noise = n_layers};
    int status = nax_conversions_scale(&of, wanted, &part, err);
    free(noise);
    return status;
}

int nax_conversions_replace(const struct nax_model *model, struct mapped_layer *layers,
                            struct nax_linop *linops, const struct nax_images *images,
                            size_t n_images, uint64_t seed, float **normals, struct nax_err *err)
{
    const struct nax_network *net = model->net;
    const struct network n = {model, layers, linops, images, n_images};
    size_t n_cols_max = 0;
    double wanted = 0;
    struct column_sums *sums = nax_calloc(nax_columns_first(net, net->n_layers), sizeof *sums);
    for (size_t l = 0; l < net->n_layers; l++)
        n_cols_max = NAX_MAX(n_cols_max, net->layers[l].c_out);
    *normals = nax_normals_alloc(seed, n_cols_max);
    int status = sums && *normals
                     ? measure(&n, sums, &wanted, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (nax_layer_n_weights(&net->layers[l]))
            status = replace(&n, l, sums + nax_columns_first(net, l), seed, *normals, err);
    free(sums);
    return status ? status : scale_noise(&n, wanted, err);
}
