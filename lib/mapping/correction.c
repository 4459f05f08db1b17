/* Gains, offsets and noise of columns. */
#include "correction.h"
#include "nax/rng.h"

#include <stdlib.h>

int nax_correction_alloc(struct correction *correct, size_t layer, size_t n_positions,
                         size_t n_cols, struct nax_err *err)
{
    *correct = (struct correction){.layer = layer, .n_positions = n_positions, .n_cols = n_cols};
    correct->gain = nax_calloc(3 * n_cols, sizeof *correct->gain);
    if (!correct->gain)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'columns of layer %zu'", layer);
    correct->offset = correct->gain + n_cols;
    correct->sd = correct->offset + n_cols;
    for (size_t c = 0; c < n_cols; c++)
        correct->gain[c] = 1;
    return 0;
}

void nax_correction_free(struct correction *correct)
{
    free(correct->gain);
    *correct = (struct correction){.layer = 0};
}

void nax_correction_add(struct correction *correct, size_t c, double gain, double offset)
{
    correct->gain[c] = (float)(gain * (double)correct->gain[c]);
    correct->offset[c] = (float)(gain * (double)correct->offset[c] + offset);
    correct->sd[c] = (float)(gain * (double)correct->sd[c]);
}

static void add_noise_of_image(const struct correction *a, float *y, size_t image)
{
    uint64_t key[2] = {image, a->layer};
    size_t at = (size_t)nax_hash(a->seed, key, sizeof key);
    for (size_t p = 0; p < a->n_positions; p++, y += a->n_cols, at += a->n_cols) {
        const float *normal = a->normals + at % NAX_NORMALS;
        for (size_t c = 0; c < a->n_cols; c++)
            y[c] += a->noise * a->sd[c] * normal[c];
    }
}

static void add_noise(const struct correction *a, size_t n, float *y, size_t image)
{
    for (size_t b = 0; a->noise > 0 && b < n; b++)
        add_noise_of_image(a, y + b * a->n_positions * a->n_cols, image + b);
}

void nax_correction_apply_offsets(const struct correction *a, size_t n, float *y, size_t image)
{
    float *to = y;
    for (size_t p = 0; p < n * a->n_positions; p++, to += a->n_cols)
        for (size_t c = 0; c < a->n_cols; c++)
            to[c] += a->offset[c];
    add_noise(a, n, y, image);
}

void nax_correction_apply(const struct correction *a, size_t n, float *y, size_t image)
{
    float *to = y;
    for (size_t p = 0; p < n * a->n_positions; p++, to += a->n_cols)
        for (size_t c = 0; c < a->n_cols; c++)
            to[c] = a->gain[c] * to[c] + a->offset[c];
    add_noise(a, n, y, image);
}
