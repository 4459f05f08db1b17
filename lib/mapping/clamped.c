/* What converters and input ranges cut off, counted on images. */
#include "mapped.h"

#include <math.h>
#include <stdlib.h>

/* Inputs that a layer reads: all, and those beyond its range. */
struct inputs {
    uint64_t n, n_beyond;
};

struct meter {
    const struct nax_mapped *mapped;
    struct inputs *inputs; /* [n_chunks][n_layers]: each chunk is one thread's at a time */
    struct input_vectors vectors;
};

/* Whether the layer rounds its inputs and makes its conversions. */
static bool is_converted(const struct nax_mapped *m, size_t l)
{
    const struct mapped_layer *layer = &m->layer[l];
    return m->linops && m->linops[l].forward && !layer->coupled;
}

static void count_inputs(void *self, size_t l, size_t image, size_t n, const float *x,
                         const float *y)
{
    struct meter *meter = self;
    const struct nax_mapped *m = meter->mapped;
    (void)y;
    if (!is_converted(m, l))
        return;
    const struct fixed_layer *layer = &m->layer[l].fixed;
    const struct nax_layer *s = layer->shape;
    struct inputs *to = &meter->inputs[image / NAX_CHUNK * m->n_layers + l];
    size_t size = n * s->h_in * s->w_in * s->c_in;
    for (size_t i = 0; i < size; i++) {
        double v = nearbyint((double)x[i] / layer->input_step);
        to->n_beyond += v > layer->input_max || v < layer->input_min;
    }
    to->n += size;
    nax_vectors_keep(&meter->vectors, l, image, n, x);
}

static int count_conversions(const struct mapped_layer *layer, const struct layer_vectors *vectors,
                             struct conversions *sum, struct nax_err *err)
{
    const struct fixed_layer *l = &layer->fixed;
    int32_t *x = nax_calloc(l->map.n_rows, sizeof *x);
    if (!x)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", l->shape->name);
    for (size_t v = 0; v < vectors->n; v++) {
        for (size_t r = 0; r < l->map.n_rows; r++) {
            double fixed;
            nax_fixed_inputs(l, 1, vectors->x + v * l->map.n_rows + r, &fixed);
            x[r] = (int32_t)fixed;
        }
        if (layer->full.submatrix)
            nax_full_count(&layer->full, x, sum);
        else if (layer->reads.submatrix)
            nax_reads_count(&layer->reads, x, sum);
    }
    free(x);
    return 0;
}

static double part(uint64_t some, uint64_t all)
{
    return all ? (double)some / (double)all : 0;
}

static int count(const struct meter *meter, size_t n_chunks, struct nax_layer_clamped *clamped,
                 struct nax_err *err)
{
    const struct nax_mapped *m = meter->mapped;
    int status = 0;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t l = 0; l < m->n_layers; l++) {
        const struct layer_vectors vectors = nax_vectors_of(&meter->vectors, l);
        struct conversions conversions = {0, 0};
        struct inputs inputs = {0, 0};
        struct nax_err own = {0};
        clamped[l] = (struct nax_layer_clamped){vectors.x ? NAN : 0, vectors.x ? NAN : 0};
        if (!is_converted(m, l))
            continue;
        if (count_conversions(&m->layer[l], &vectors, &conversions, &own))
            nax_err_keep_first(&status, err, &own);
        for (size_t chunk = 0; chunk < n_chunks; chunk++) {
            inputs.n += meter->inputs[chunk * m->n_layers + l].n;
            inputs.n_beyond += meter->inputs[chunk * m->n_layers + l].n_beyond;
        }
        clamped[l].conversions = part(conversions.n_clamped, conversions.n);
        clamped[l].inputs = part(inputs.n_beyond, inputs.n);
    }
    return status;
}

int nax_mapped_clamped(const struct nax_mapped *mapped, const struct nax_images *images,
                       size_t n_images, struct nax_layer_clamped *clamped, struct nax_err *err)
{
    const struct nax_network *net = mapped->model->net;
    size_t n = NAX_MIN(n_images, images->n), n_chunks = NAX_CEIL_DIV(n, NAX_CHUNK);
    struct meter meter = {
        mapped, nax_calloc(n_chunks * net->n_layers + 1, sizeof *meter.inputs), {.net = net}};
    struct nax_tap tap = {count_inputs, &meter};
    struct nax_eval options = {.tap = &tap, .n_images = n};
    struct nax_score score;
    int status = meter.inputs
                     ? nax_vectors_alloc(&meter.vectors, net, n, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    if (!status)
        status = nax_mapped_eval(mapped, images, &options, &score, err);
    if (!status)
        status = count(&meter, n_chunks, clamped, err);
    nax_vectors_free(&meter.vectors);
    free(meter.inputs);
    return status;
}
