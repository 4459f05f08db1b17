/* The parameters of every alternative of every layer, and networks that are made of some. */
#ifndef NAX_COSEARCH_SUPERNET_H
#define NAX_COSEARCH_SUPERNET_H

#include "nax/nn.h"
#include "nax/search.h"

struct supernet {
    const struct nax_space *space; /* bound to the file's network */
    const struct nax_network_file *file;
    /* A list, no network to be computed: the layers that are not searched, then every searched
     * one with every kernel that it may have, named "s1b2c1.k5". */
    struct nax_network *all;
    struct nax_model *model;     /* of all */
    size_t first[NAX_SLOTS_MAX]; /* place of a slot's first kernel; the others are behind it */
};

int nax_supernet_alloc(struct supernet *net, const struct nax_space *space,
                       const struct nax_network_file *file, uint64_t seed,
                       struct nax_err *err) NAX_MUST_USE;
void nax_supernet_free(struct supernet *net);

/* Place of a searched convolution with a kernel among the layers of `all`. */
size_t nax_supernet_place(const struct supernet *net, size_t slot, int64_t kernel);

/* For nested kernels: every kernel of the slot becomes the middle of the larger ones, as `kernel`
 * has it where they overlap. */
void nax_supernet_nest(const struct supernet *net, size_t slot, int64_t kernel);

/* One path: a network, and a model whose parameters are the supernet's. */
struct path {
    struct nax_network *net;
    struct nax_model model;
};

/* kernel: [n_slots], 0: left out */
int nax_path_alloc(struct path **path, const struct supernet *net, const int64_t *kernel,
                   struct nax_err *err) NAX_MUST_USE;
void nax_path_free(struct path *path);

#endif
