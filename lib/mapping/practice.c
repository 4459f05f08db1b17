/* Training on the hardware: effective weights, programmed anew as training moves them. */
#include "network.h"

#include <stdlib.h>
#include <string.h>

struct practice {
    float *weight; /* effective, times the columns' gains; in the layout of the model's values */
    float *ones;   /* gains that are left, [the most columns of a layer] */
    float *programmed;  /* the model's values when they were programmed */
    struct amend *rest; /* [n_layers] offsets and noise */
};

void practice_free(struct practice *p)
{
    if (!p)
        return;
    nax_aligned_free(p->weight);
    free(p->programmed);
    free(p->ones);
    free(p->rest);
    free(p);
}

static int practice_alloc(struct nax_mapped *m, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    struct practice *p = nax_calloc(1, sizeof *p);
    size_t n_cols_max = 1;
    for (size_t l = 0; l < m->n_layers; l++)
        n_cols_max = NAX_MAX(n_cols_max, net->layers[l].c_out);
    if (p) {
        p->weight = nax_aligned_calloc(m->model->n_values, sizeof *p->weight);
        p->programmed = nax_calloc(m->model->n_values, sizeof *p->programmed);
        p->ones = nax_calloc(n_cols_max, sizeof *p->ones);
        p->rest = nax_calloc(m->n_layers, sizeof *p->rest);
    }
    if (!p || !p->weight || !p->programmed || !p->ones || !p->rest) {
        practice_free(p);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    }
    for (size_t c = 0; c < n_cols_max; c++)
        p->ones[c] = 1;
    memcpy(p->programmed, m->model->values, m->model->n_values * sizeof *p->programmed);
    m->practice = p;
    return 0;
}

/* Effective weights, moved as the weights have since; and gains, which a gradient has to pass. */
static struct nax_train_linop follow(const struct nax_mapped *m, size_t l)
{
    const struct practice *p = m->practice;
    const struct amend *amend = &m->layer[l].amend;
    const float *effective = m->own->layer[l].weight, *now = m->model->layer[l].weight;
    if (!effective)
        return (struct nax_train_linop){.weight = NULL};
    float *weight = p->weight + (effective - m->own->values);
    const float *before = p->programmed + (effective - m->own->values);
    size_t n = nax_layer_n_weights(&m->model->net->layers[l]);
    for (size_t i = 0; i < n; i++)
        weight[i] = effective[i] + (now[i] - before[i]);
    if (!amend->gain)
        return (struct nax_train_linop){.weight = weight};
    for (size_t i = 0; i < n; i++)
        weight[i] *= amend->gain[i % amend->n_cols];
    struct amend *rest = &p->rest[l];
    *rest = *amend;
    rest->gain = p->ones;
    return (struct nax_train_linop){.weight = weight, .amend = amend_apply, .self = rest};
}

static int check_rung(const struct nax_mapped *m, struct nax_err *err)
{
    if (m->own)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE,
                       "no effective weights to train by on this rung: 'network %s'",
                       m->model->net->name);
}

int nax_mapped_train_linops(struct nax_mapped *m, struct nax_train_linop *ops, struct nax_err *err)
{
    int status = check_rung(m, err);
    if (!status && !m->practice)
        status = practice_alloc(m, err);
    if (status)
        return status;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t l = 0; l < m->n_layers; l++)
        ops[l] = follow(m, l);
    return 0;
}

int nax_mapped_reprogram(struct nax_mapped *m, const struct nax_mapping *mapping,
                         struct nax_err *err)
{
    int status = check_rung(m, err);
    if (m->practice)
        memcpy(m->practice->programmed, m->model->values,
               m->model->n_values * sizeof *m->practice->programmed);
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        struct mapped_layer *layer = &m->layer[l];
        if (!nax_layer_n_weights(&m->model->net->layers[l]))
            continue;
        struct chip chip = {mapping->cells, mapping->seed, mapping->chip, l};
        fixed_layer_set_weights(&layer->fixed, m->model->layer[l].weight);
        status = rung_linear(layer, &chip, m->own->layer[l].weight, err);
    }
    return status;
}
