/* The fidelity adc: conversions as a gain, an offset and noise of every column.
 *
 * Gain, offset and the variance that they leave are measured by column, on the same inputs, with
 * full products. But what is left is no noise: like patches err alike, and flat parts of an image
 * stay flat, so that independent draws of that variance cost the network more than the conversions
 * do, and leaving them out costs it less. So all the draws are scaled by one factor, such that the
 * network's loss on the images measured is what full products made it.
 */
#include "nax/rng.h"
#include "network.h"

#include <math.h>
#include <stdlib.h>

enum {
    N_IMAGES = 128,  /* measured on */
    N_BISECTIONS = 6 /* of the noise's variance */
};

/* The loss with noise of a part of the variance measured. */
static int loss_at(struct nax_mapped *m, const struct nax_images *images, double part, double *loss,
                   struct nax_err *err)
{
    struct nax_eval options = {.n_images = N_IMAGES};
    struct nax_score score;
    for (size_t l = 0; l < m->n_layers; l++)
        m->layer[l].correct.noise = (float)sqrt(part);
    int status = nax_mapped_eval(m, images, &options, &score, err);
    *loss = score.loss;
    return status;
}

static int scale_noise(struct nax_mapped *m, const struct nax_images *images, double wanted,
                       struct nax_err *err)
{
    double low = 0, high = 1, loss;
    int status = loss_at(m, images, 1, &loss, err);
    if (status || loss <= wanted)
        return status;
    for (int i = 0; !status && i < N_BISECTIONS; i++) {
        double middle = (low + high) / 2;
        status = loss_at(m, images, middle, &loss, err);
        *(loss < wanted ? &low : &high) = middle;
    }
    return status ? status : loss_at(m, images, low, &loss, err);
}

int nax_conversions_replace(struct nax_mapped *m, const struct nax_mapping *mapping,
                            const struct nax_images *images, struct nax_err *err)
{
    const struct nax_network *net = m->model->net;
    size_t n_cols_max = 0;
    double wanted = 0;
    struct column_sums *sums = nax_calloc(nax_columns_first(net, m->n_layers), sizeof *sums);
    for (size_t l = 0; l < m->n_layers; l++)
        n_cols_max = NAX_MAX(n_cols_max, net->layers[l].c_out);
    m->normals = nax_normals_alloc(mapping->seed, n_cols_max);
    int status =
        sums && m->normals
            ? nax_columns_measure(m->model, m->linops, m->own, images, N_IMAGES, sums, &wanted, err)
            : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; l < m->n_layers; l++) {
        nax_full_free(&m->layer[l].full);
        nax_reads_free(&m->layer[l].reads);
        m->linops[l] = (struct nax_linop){.forward = NULL};
    }
    if (!status)
        status = nax_mapped_add_corrections(m, err);
    for (size_t l = 0; !status && l < m->n_layers; l++) {
        struct correction *correct = &m->layer[l].correct;
        for (size_t c = 0; c < correct->n_cols; c++) {
            struct column_fit fit = nax_column_fit_hardware(&sums[nax_columns_first(net, l) + c]);
            nax_correction_add(correct, c, fit.gain, fit.offset);
            correct->sd[c] = (float)sqrt(fit.variance);
        }
        correct->seed = mapping->seed;
        correct->normals = m->normals;
    }
    free(sums);
    return status ? status : scale_noise(m, images, wanted, err);
}
