/* How large a layer's inputs are on real images. */
#include "ranges.h"

#include <math.h>
#include <stdlib.h>

enum { N_RANGE_IMAGES = 256 };

struct meter {
    const struct nax_network *net;
    double *largest; /* [n_chunks][n_layers]: each chunk is one thread's at a time */
    const struct input_vectors *vectors;
};

static void measure(void *self, size_t l, size_t image, size_t n, const float *x, const float *z)
{
    (void)z;
    const struct meter *meter = self;
    const struct nax_layer *shape = &meter->net->layers[l];
    meter->largest[image / NAX_CHUNK * meter->net->n_layers + l] =
        (double)nax_largest_magnitude(n * shape->h_in * shape->w_in * shape->c_in, x);
    if (meter->vectors)
        nax_vectors_keep(meter->vectors, l, image, n, x);
}

size_t nax_ranges_n_images(const struct nax_images *images)
{
    return NAX_MIN(images->n, (size_t)N_RANGE_IMAGES);
}

int nax_ranges_measure(const struct nax_model *model, const struct nax_images *images,
                       double *range, const struct input_vectors *vectors, struct nax_err *err)
{
    size_t n = nax_ranges_n_images(images), n_layers = model->net->n_layers;
    size_t n_chunks = NAX_CEIL_DIV(n, NAX_CHUNK);
    struct meter meter = {model->net, nax_calloc(n_chunks * n_layers, sizeof(double)), vectors};
    if (!meter.largest)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'ranges of inputs'");
    struct nax_tap tap = {measure, &meter};
    struct nax_eval options = {.tap = &tap, .n_images = n};
    struct nax_score score;
    int status = nax_model_eval(model, images, &options, &score, err);
    for (size_t l = 0; !status && l < n_layers; l++) {
        range[l] = 0;
        for (size_t chunk = 0; chunk < n_chunks; chunk++)
            range[l] = fmax(range[l], meter.largest[chunk * n_layers + l]);
        if (!(range[l] > 0 && range[l] < INFINITY))
            range[l] = 1;
    }
    free(meter.largest);
    return status;
}
