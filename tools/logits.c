/* What a network on hardware puts out, a record an image. */
#include "logits.h"
#include "design.h"

#include <stdlib.h>

static int write_image(struct nax_record *r, const char *id, size_t image, int32_t label,
                       const float *logits, double *wide, size_t n_classes)
{
    for (size_t c = 0; c < n_classes; c++)
        wide[c] = (double)logits[c];
    nax_record_clear(r);
    return nax_record_set_string(r, "id", id) || nax_record_set_int(r, "image", (int64_t)image) ||
           nax_record_set_int(r, "label", label) ||
           nax_record_set_floats(r, "logits", wide, n_classes);
}

int logits_write(struct tool *tool, struct nax_record *r, const char *id,
                 const struct nax_model *model, const struct nax_mapping *mapping,
                 const struct logits_images *from, struct nax_err *err)
{
    const struct nax_images *images = from->images;
    const size_t n = from->n ? NAX_MIN(from->n, images->n) : images->n, c = model->net->n_classes;
    struct nax_mapped *mapped = NULL;
    struct nax_score score;
    uint32_t *index = nax_calloc(n, sizeof *index);
    float *logits = nax_calloc(n * c, sizeof *logits); /* [n][c] */
    double *wide = nax_calloc(c, sizeof *wide);
    const struct nax_eval options = {.n_images = n, .index = index, .logits = logits};
    int status = index && logits && wide
                     ? nax_mapped_alloc(&mapped, model, mapping, from->train, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'logits'");
    if (!status && from->n_calibration)
        status = nax_mapped_calibrate(mapped, from->train, from->n_calibration, err);
    for (size_t i = 0; index && i < n; i++)
        index[i] = (uint32_t)(i * images->n / n);
    if (!status)
        status = nax_mapped_eval(mapped, images, &options, &score, err);
    for (size_t i = 0; !status && i < n; i++) {
        design_check(
            tool, write_image(r, id, index[i], images->labels[index[i]], logits + i * c, wide, c));
        tool_write(tool, r);
    }
    nax_mapped_free(mapped);
    free(index);
    free(logits);
    free(wide);
    return status;
}
