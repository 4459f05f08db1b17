/* Training on the hardware: effective weights, programmed anew as training moves them. */
#include "adjoint.h"
#include "network.h"

#include <stdlib.h>
#include <string.h>

/* Of one layer: what its ops are handed. */
struct noise_aware_layer {
    const struct mapped_layer *layer;
    struct correction rest; /* offsets and noise */
};

struct noise_aware {
    struct noise_aware_layer *layer; /* [n_layers] */
    float *weight; /* effective, times the columns' gains; in the layout of the model's values */
    float *ones;   /* gains that are left, [the most columns of a layer] */
    struct nax_model *programmed; /* the model when it was programmed */
};

void nax_noise_aware_free(struct noise_aware *p)
{
    if (!p)
        return;
    nax_aligned_free(p->weight);
    nax_model_free(p->programmed);
    free(p->ones);
    free(p->layer);
    free(p);
}

static int noise_aware_alloc(struct nax_mapped *m, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    struct noise_aware *p = nax_calloc(1, sizeof *p);
    size_t n_cols_max = 1;
    for (size_t l = 0; l < m->n_layers; l++)
        n_cols_max = NAX_MAX(n_cols_max, net->layers[l].c_out);
    if (p) {
        p->weight = nax_aligned_calloc(m->own->n_values, sizeof *p->weight);
        p->ones = nax_calloc(n_cols_max, sizeof *p->ones);
        p->layer = nax_calloc(m->n_layers, sizeof *p->layer);
    }
    if (!p || !p->weight || !p->ones || !p->layer) {
        nax_noise_aware_free(p);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    }
    for (size_t c = 0; c < n_cols_max; c++)
        p->ones[c] = 1;
    int status = nax_model_copy(&p->programmed, m->model, err);
    if (status)
        nax_noise_aware_free(p);
    else
        m->noise_aware = p;
    return status;
}

static void correct(const void *self, size_t n, float *y, size_t image)
{
    const struct noise_aware_layer *p = self;
    nax_correction_apply(&p->rest, n, y, image);
}

/* What is multiplied by is gain · effective weight, so the gradient is scaled on its way back. */
static int scale_back(const void *self, float *gradient, struct nax_err *err)
{
    const struct noise_aware_layer *p = self;
    const struct correction *a = &p->layer->correct;
    for (size_t i = 0; a->gain && i < nax_layer_n_weights(p->layer->fixed.shape); i++)
        gradient[i] *= a->gain[i % a->n_cols];
    return nax_layer_adjoint(&p->layer->fixed, &p->layer->chip, gradient, err);
}

/* Effective weights, moved as the weights have since; and gains, which a gradient has to pass. */
static struct nax_train_linop follow(const struct nax_mapped *m, enum nax_gradient gradient,
                                     size_t l)
{
    const struct noise_aware *p = m->noise_aware;
    struct noise_aware_layer *own = &p->layer[l];
    const struct correction *corrections = &m->layer[l].correct;
    const float *effective = m->own->layer[l].weight, *now = m->model->layer[l].weight;
    if (!effective)
        return (struct nax_train_linop){.weight = NULL};
    float *weight = p->weight + (effective - m->own->values);
    const float *before = p->programmed->layer[l].weight;
    size_t n = nax_layer_n_weights(&m->model->net->layers[l]);
    for (size_t i = 0; i < n; i++)
        weight[i] = effective[i] + (now[i] - before[i]);
    own->layer = &m->layer[l];
    struct nax_train_linop op = {.weight = weight,
                                 .adjoint = gradient == NAX_GRADIENT_ADJOINT ? scale_back : NULL,
                                 .self = own};
    if (corrections->gain) {
        for (size_t i = 0; i < n; i++)
            weight[i] *= corrections->gain[i % corrections->n_cols];
        own->rest = *corrections;
        own->rest.gain = p->ones;
        op.correct = correct;
    }
    return op;
}

static int check_fidelity(const struct nax_mapped *m, struct nax_err *err)
{
    if (m->own)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE,
                       "no effective weights to train by on this fidelity: 'network %s'",
                       m->model->net->name);
}

int nax_mapped_train_linops(struct nax_mapped *m, enum nax_gradient gradient,
                            struct nax_train_linop *ops, struct nax_err *err)
{
    int status = check_fidelity(m, err);
    if (!status && !m->noise_aware)
        status = noise_aware_alloc(m, err);
    if (status)
        return status;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t l = 0; l < m->n_layers; l++)
        ops[l] = follow(m, gradient, l);
    return 0;
}

int nax_mapped_reprogram(struct nax_mapped *m, const struct nax_mapping *mapping,
                         struct nax_err *err)
{
    int status = check_fidelity(m, err);
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        struct mapped_layer *layer = &m->layer[l];
        size_t n = nax_layer_n_weights(&m->model->net->layers[l]);
        if (!n)
            continue;
        if (m->noise_aware)
            memcpy(m->noise_aware->programmed->layer[l].weight, m->model->layer[l].weight,
                   n * sizeof(float));
        layer->chip = (struct chip){mapping->seed, mapping->chip, l};
        nax_fixed_layer_set_weights(&layer->fixed, m->model->layer[l].weight);
        status = nax_fidelity_linear(layer, m->own->layer[l].weight, err);
    }
    return status;
}
