/* Input vectors that a network's layers read, one of every image. */
#ifndef NAX_MAPPING_VECTORS_H
#define NAX_MAPPING_VECTORS_H

#include "nax/nn.h"

/* Of one layer, as rows of its matrix. */
struct layer_vectors {
    size_t n;
    const float *x; /* [n][n_rows] */
};

struct input_vectors {
    const struct nax_network *net;
    size_t n;  /* images */
    float **x; /* [n_layers][n][n_rows], NULL for pools */
};

int nax_vectors_alloc(struct input_vectors *vectors, const struct nax_network *net, size_t n,
                      struct nax_err *err) NAX_MUST_USE;
void nax_vectors_free(struct input_vectors *vectors);

/* The position of layer l's output whose input is taken of an image: any, drawn by both. */
size_t nax_vectors_position(const struct nax_network *net, size_t l, size_t image);
/* What struct nax_tap hands over: of layer l, n images from `image` on. */
void nax_vectors_keep(const struct input_vectors *vectors, size_t l, size_t image, size_t n,
                      const float *x);
struct layer_vectors nax_vectors_of(const struct input_vectors *vectors, size_t l);

#endif
