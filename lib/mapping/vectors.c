/* Input vectors that a network's layers read, one of every image. */
#include "vectors.h"

#include <stdlib.h>

static size_t rows_of(const struct nax_layer *shape)
{
    return shape->groups * nax_layer_n_rows(shape);
}

/* Row r of the layer's matrix, as the layer's output at a position sees the image x. */
static float input_at(const struct nax_layer *s, const float *x, size_t position, size_t r)
{
    size_t c = s->c_in / s->groups, first = r / nax_layer_n_rows(s) * c;
    r %= nax_layer_n_rows(s);
    size_t row = nax_layer_under(s, 0, position / s->w_out, r / c / s->kernel[1]);
    size_t col = nax_layer_under(s, 1, position % s->w_out, r / c % s->kernel[1]);
    if (row >= s->h_in || col >= s->w_in)
        return 0;
    return x[(row * s->w_in + col) * s->c_in + first + r % c];
}

size_t nax_vectors_position(const struct nax_network *net, size_t l, size_t image)
{
    uint64_t key[] = {l, image};
    return nax_hash(0, key, sizeof key) % (net->layers[l].h_out * net->layers[l].w_out);
}

void nax_vectors_keep(const struct input_vectors *vectors, size_t l, size_t image, size_t n,
                      const float *x)
{
    const struct nax_layer *s = &vectors->net->layers[l];
    size_t n_rows = rows_of(s);
    for (size_t b = 0; vectors->x[l] && b < n; b++, x += s->h_in * s->w_in * s->c_in) {
        size_t position = nax_vectors_position(vectors->net, l, image + b);
        for (size_t r = 0; r < n_rows; r++)
            vectors->x[l][(image + b) * n_rows + r] = input_at(s, x, position, r);
    }
}

struct layer_vectors nax_vectors_of(const struct input_vectors *vectors, size_t l)
{
    return (struct layer_vectors){vectors->n, vectors->x ? vectors->x[l] : NULL};
}

int nax_vectors_alloc(struct input_vectors *vectors, const struct nax_network *net, size_t n,
                      struct nax_err *err)
{
    *vectors = (struct input_vectors){net, n, nax_calloc(net->n_layers, sizeof *vectors->x)};
    bool is_whole = vectors->x;
    for (size_t l = 0; is_whole && l < net->n_layers; l++)
        if (nax_layer_n_weights(&net->layers[l])) {
            vectors->x[l] = nax_calloc(n * rows_of(&net->layers[l]), sizeof **vectors->x);
            is_whole = vectors->x[l];
        }
    if (is_whole)
        return 0;
    nax_vectors_free(vectors);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'input vectors'");
}

void nax_vectors_free(struct input_vectors *vectors)
{
    for (size_t l = 0; vectors->x && l < vectors->net->n_layers; l++)
        free(vectors->x[l]);
    free(vectors->x);
    vectors->x = NULL;
}
