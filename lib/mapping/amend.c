/* Gains, offsets and noise of columns. */
#include "amend.h"
#include "nax/rng.h"

#include <stdlib.h>

int amend_alloc(struct amend *amend, size_t layer, size_t n_positions, size_t n_cols,
                struct nax_err *err)
{
    *amend = (struct amend){.layer = layer, .n_positions = n_positions, .n_cols = n_cols};
    amend->gain = nax_calloc(3 * n_cols, sizeof *amend->gain);
    if (!amend->gain)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'columns of layer %zu'", layer);
    amend->offset = amend->gain + n_cols;
    amend->sd = amend->offset + n_cols;
    for (size_t c = 0; c < n_cols; c++)
        amend->gain[c] = 1;
    return 0;
}

void amend_free(struct amend *amend)
{
    free(amend->gain);
    *amend = (struct amend){.layer = 0};
}

void amend_add(struct amend *amend, size_t c, double gain, double offset)
{
    amend->gain[c] = (float)(gain * (double)amend->gain[c]);
    amend->offset[c] = (float)(gain * (double)amend->offset[c] + offset);
    amend->sd[c] = (float)(gain * (double)amend->sd[c]);
}

static void add_noise(const struct amend *a, float *y, size_t image)
{
    uint64_t key[2] = {image, a->layer};
    size_t at = (size_t)nax_hash(a->seed, key, sizeof key);
    for (size_t p = 0; p < a->n_positions; p++, y += a->n_cols, at += a->n_cols) {
        const float *normal = a->normals + at % NAX_NORMALS;
        for (size_t c = 0; c < a->n_cols; c++)
            y[c] += a->noise * a->sd[c] * normal[c];
    }
}

void amend_apply(const void *self, size_t n, float *y, size_t image)
{
    const struct amend *a = self;
    float *to = y;
    for (size_t p = 0; p < n * a->n_positions; p++, to += a->n_cols)
        for (size_t c = 0; c < a->n_cols; c++)
            to[c] = a->gain[c] * to[c] + a->offset[c];
    for (size_t b = 0; a->noise > 0 && b < n; b++)
        add_noise(a, y + b * a->n_positions * a->n_cols, image + b);
}
