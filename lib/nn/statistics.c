/* Batch norm's statistics of weights that come from elsewhere. */
#include "layers.h"
#include "model.h"
#include "pass.h"

#include <math.h>
#include <stdlib.h>

struct source {
    const struct nax_images *images;
    const uint32_t *index;
    struct pixel_table table;
};

static void load(const void *self, size_t b, float *out)
{
    const struct source *s = self;
    nax_image_load(&s->table, s->images, s->index[b], 0, 0, false, out);
}

int nax_model_renew_statistics(struct nax_model *model, const struct nax_images *images,
                               const uint32_t *index, size_t n, enum nax_arithmetic precision,
                               struct nax_err *err)
{
    struct source source = {.images = images, .index = index};
    struct pass_memory memory = {.block = NULL};
    struct pass *pass = NULL;
    struct pass_result result;
    int status = nax_images_fit(model->net, images, err);
    int32_t *labels = nax_calloc(n, sizeof *labels);
    if (!status && !labels)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'statistics'");
    if (!status)
        status = nax_pass_alloc_forward(&pass, model, n, precision, &memory, err);
    if (!status) {
        for (size_t i = 0; i < n; i++)
            labels[i] = images->labels[index[i]];
        nax_pixel_table_make(&source.table, images->channels, model->pixel_mean, model->pixel_sd);
        nax_pass_set_statistics(pass, STATISTICS_KEPT);
        const struct pass_batch batch = {.image = load, .self = &source, .labels = labels};
        status = nax_pass_forward(pass, &batch, &result, err);
    }
    if (!status && !isfinite(result.loss))
        status = nax_err_set(err, NAX_ERR_NUMERIC, "the loss is not finite: 'network %s'",
                             model->net->name);
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    free(labels);
    return status;
}
