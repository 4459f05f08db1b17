/* A network on crossbars: every layer that multiplies gets a product of the fidelity asked for. */
#include "product.h"

#include <stdlib.h>

struct nax_mapped {
    const struct nax_model *model;
    size_t n_layers;
    struct product *product;  /* [n_layers]; empty for pools */
    struct nax_linop *linops; /* [n_layers], or NULL: ideal */
};

const char *nax_fidelity_name(enum nax_fidelity fidelity)
{
    static const char *const names[] = {"ideal", "quantized"};
    return names[fidelity];
}

static int map_layers(struct nax_mapped *m, const struct nax_mapping *mapping,
                      const bool *is_signed, const double *range, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        struct product *product = &m->product[l];
        if (!nax_layer_n_weights(shape))
            continue;
        int status =
            fixed_layer_alloc(&product->layer, shape, mapping->hardware, mapping->crossbars[l],
                              m->model->layer[l].weight, is_signed[l], range[l], err);
        if (!status)
            status = product_alloc(product, err);
        if (status)
            return status;
        m->linops[l] =
            (struct nax_linop){product_forward, product, product_scratch_size(&product->layer)};
    }
    return 0;
}

static int map(struct nax_mapped *m, const struct nax_mapping *mapping,
               const struct nax_images *ranges, struct nax_err *err)
{
    size_t n = m->n_layers;
    bool *is_signed = nax_calloc(n, sizeof *is_signed);
    double *range = nax_calloc(n, sizeof *range);
    m->product = nax_calloc(n, sizeof *m->product);
    m->linops = nax_calloc(n, sizeof *m->linops);
    int status = 0;
    if (!is_signed || !range || !m->product || !m->linops)
        status =
            nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", m->model->net->name);
    if (!status)
        status = ranges_measure(m->model, ranges, range, err);
    if (!status) {
        signs_of_inputs(m->model->net, is_signed);
        status = map_layers(m, mapping, is_signed, range, err);
    }
    free(is_signed);
    free(range);
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
    for (size_t l = 0; mapped->product && l < mapped->n_layers; l++)
        product_free(&mapped->product[l]);
    free(mapped->product);
    free(mapped->linops);
    free(mapped);
}

int nax_mapped_eval(const struct nax_mapped *mapped, const struct nax_images *images,
                    const struct nax_eval *options, struct nax_score *score, struct nax_err *err)
{
    struct nax_eval with = {.linops = NULL};
    if (options)
        with = *options;
    with.linops = mapped->linops;
    return nax_model_eval(mapped->model, images, &with, score, err);
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
