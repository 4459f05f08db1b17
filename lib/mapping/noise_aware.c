/* Training on the hardware: effective weights, programmed anew as training moves them. */
#include "adjoint.h"
#include "mapped.h"

#include <stdlib.h>
#include <string.h>

/* The gains are in the weights. */
static void correct(const void *self, size_t n, float *y, size_t image)
{
    const struct mapped_layer *layer = self;
    nax_correction_apply_offsets(&layer->correction, n, y, image);
}

/* What is multiplied by is gain · effective weight, so the gradient is scaled on its way back. */
static int scale_back(const void *self, float *gradient, struct nax_err *err)
{
    const struct mapped_layer *layer = self;
    const struct correction *a = &layer->correction;
    for (size_t i = 0; a->gain && i < nax_layer_n_weights(layer->fixed.shape); i++)
        gradient[i] *= a->gain[i % a->n_cols];
    return nax_layer_adjoint(&layer->fixed, &layer->chip, gradient, err);
}

/* Memory for what the layer is trained by, at the first step. */
static int prepare(struct mapped_layer *layer, const float *weight, struct nax_err *err)
{
    size_t n = nax_layer_n_weights(layer->fixed.shape);
    if (layer->trained)
        return 0;
    layer->programmed = nax_aligned_calloc(n, sizeof *layer->programmed);
    layer->trained = nax_aligned_calloc(n, sizeof *layer->trained);
    if (!layer->programmed || !layer->trained)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'",
                           layer->fixed.shape->name);
    memcpy(layer->programmed, weight, n * sizeof *weight);
    return 0;
}

/* Effective weights, moved as the weights have since; and gains, which a gradient has to pass. */
static struct nax_linop follow(const struct mapped_layer *layer, const float *now,
                               enum nax_gradient gradient)
{
    const float *gain = layer->correction.gain;
    size_t n = nax_layer_n_weights(layer->fixed.shape), n_cols = layer->correction.n_cols;
    for (size_t i = 0; i < n; i++)
        layer->trained[i] = layer->effective[i] + (now[i] - layer->programmed[i]);
    for (size_t i = 0; gain && i < n; i++)
        layer->trained[i] *= gain[i % n_cols];
    return (struct nax_linop){.weight = layer->trained,
                              .adjoint = gradient == NAX_GRADIENT_ADJOINT ? scale_back : NULL,
                              .correct = gain ? correct : NULL,
                              .self = layer};
}

static int check_fidelity(const struct nax_mapped *m, struct nax_err *err)
{
    if (m->fidelity->has_effective)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE,
                       "no effective weights to train by on this fidelity: 'network %s'",
                       m->model->net->name);
}

int nax_mapped_train_linops(struct nax_mapped *m, enum nax_gradient gradient,
                            struct nax_linop *linops, struct nax_err *err)
{
    int status = check_fidelity(m, err);
    for (size_t l = 0; !status && l < m->n_layers; l++)
        if (m->layer[l].effective)
            status = prepare(&m->layer[l], m->model->layer[l].weight, err);
    if (status)
        return status;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t l = 0; l < m->n_layers; l++)
        linops[l] = m->layer[l].effective
                        ? follow(&m->layer[l], m->model->layer[l].weight, gradient)
                        : (struct nax_linop){.weight = NULL};
    return 0;
}

int nax_mapped_reprogram(struct nax_mapped *m, const struct nax_mapping *mapping,
                         struct nax_err *err)
{
    int status = check_fidelity(m, err);
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        struct mapped_layer *layer = &m->layer[l];
        const float *weight = m->model->layer[l].weight;
        if (!layer->effective)
            continue;
        if (layer->programmed)
            memcpy(layer->programmed, weight,
                   nax_layer_n_weights(layer->fixed.shape) * sizeof *weight);
        layer->chip = (struct chip){mapping->seed, mapping->chip, l};
        nax_fixed_layer_set_weights(&layer->fixed, weight);
        const struct effective to = {layer->effective, layer->coupled};
        status = nax_effective_fill(&layer->fixed, &layer->chip, &to, err);
    }
    return status;
}
