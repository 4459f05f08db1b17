/* Batch norm's statistics of weights that come from elsewhere. */
#include "layers.h"
#include "model.h"
#include "pass.h"

#include "nax/ranks.h"

#include <math.h>
#include <stdlib.h>

struct nax_statistics {
    const struct nax_images *images;
    const uint32_t *index;
    size_t n;
    enum nax_arithmetic precision;
    int32_t *labels; /* [n] */
    double *largest; /* [ranks][n_layers] */
    size_t *n_bytes; /* [ranks] of these */
    struct pass_memory memory;
};

int nax_statistics_alloc(struct nax_statistics **statistics, const struct nax_images *images,
                         const uint32_t *index, size_t n, enum nax_arithmetic precision,
                         struct nax_err *err)
{
    const size_t n_ranks = (size_t)nax_ranks();
    struct nax_statistics *s = nax_calloc(1, sizeof *s);
    if (s)
        *s = (struct nax_statistics){
            .images = images,
            .index = index,
            .n = n,
            .precision = precision,
            .labels = nax_calloc(n, sizeof *s->labels),
            .largest = nax_calloc(n_ranks * NAX_NETWORK_LAYERS_MAX, sizeof *s->largest),
            .n_bytes = nax_calloc(n_ranks, sizeof *s->n_bytes)};
    if (!s || !s->labels || !s->largest || !s->n_bytes) {
        nax_statistics_free(s);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'statistics'");
    }
    for (size_t i = 0; i < n; i++)
        s->labels[i] = images->labels[index[i]];
    *statistics = s;
    return 0;
}

void nax_statistics_free(struct nax_statistics *statistics)
{
    if (!statistics)
        return;
    nax_pass_memory_release(&statistics->memory);
    free(statistics->labels);
    free(statistics->largest);
    free(statistics->n_bytes);
    free(statistics);
}

struct source {
    const struct nax_statistics *statistics;
    struct pixel_table table;
};

static void load(const void *self, size_t b, float *out)
{
    const struct source *s = self;
    nax_image_load(&s->table, s->statistics->images, s->statistics->index[b], 0, 0, false, out);
}

/* Among the images of all ranks, each of which has looked at its own. */
static void take_largest(struct nax_statistics *s, const struct nax_network *net, double *largest)
{
    const size_t n = net->n_layers;
    for (int r = 0; r < nax_ranks(); r++)
        s->n_bytes[r] = n * sizeof *largest;
    nax_ranks_gather(s->largest, s->n_bytes);
    for (size_t l = 0; l < n; l++) {
        if (!nax_layer_n_weights(&net->layers[l]))
            continue;
        largest[l] = s->largest[l];
        for (size_t r = 1; r < (size_t)nax_ranks(); r++)
            largest[l] = fmax(largest[l], s->largest[r * n + l]);
    }
}

int nax_statistics_take(struct nax_statistics *s, struct nax_model *model, bool is_renewed,
                        double *largest, struct nax_err *err)
{
    struct source source = {.statistics = s};
    const struct pass_batch batch = {.image = load, .self = &source, .labels = s->labels};
    struct pass *pass = NULL;
    struct pass_result result;
    int status = nax_images_fit(model->net, s->images, err);
    if (!status)
        status = nax_pass_alloc_forward(&pass, model, s->n, s->precision, &s->memory, err);
    if (status)
        return status;
    nax_pixel_table_make(&source.table, s->images->channels, model->pixel_mean, model->pixel_sd);
    nax_pass_set_statistics(pass, is_renewed ? STATISTICS_KEPT : STATISTICS_RUNNING);
    if (largest)
        nax_pass_set_largest(pass, s->largest + (size_t)nax_ranks_own() * model->net->n_layers);
    status = nax_pass_forward(pass, &batch, &result, err);
    if (!status && !isfinite(result.loss))
        status = nax_err_set(err, NAX_ERR_NUMERIC, "the loss is not finite: 'network %s'",
                             model->net->name);
    if (!status && largest)
        take_largest(s, model->net, largest);
    nax_pass_free(pass);
    return status;
}
