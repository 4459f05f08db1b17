/* A supernet whose designs are parts of one network: of the largest kernels in the middle, of the
 * channels the first, and all but what is skipped. */
#ifndef NAX_COSEARCH_SLICES_H
#define NAX_COSEARCH_SLICES_H

#include "nax/nn.h"
#include "nax/search.h"

/* The network of the space's widest stages and largest kernels with nothing left out, and its
 * model. Behind the model's own values lies room for a part of it: arrays of a part are not
 * contiguous in those of the whole, so a part is cut out into that room, and put back from there.
 */
struct slices {
    const struct nax_space *space; /* bound to the file's network */
    const struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model model;
    float *room; /* behind its values */
};

/* An error where some of the space's networks have a layer that the widest lacks. */
int nax_slices_alloc(struct slices *slices, const struct nax_space *space,
                     const struct nax_network_file *file, uint64_t seed,
                     struct nax_err *err) NAX_MUST_USE;
void nax_slices_free(struct slices *slices);

/* A network of the space, and a model whose parameters lie in the room. */
struct slice {
    struct nax_network_file *file; /* with the widths */
    struct nax_network *net;
    struct nax_model model;
    size_t *whole; /* [net->n_layers] place of the layer in the whole network */
};

/* kernel: [n_slots], 0: left out; width: [n_stages] */
int nax_slice_alloc(struct slice **slice, const struct slices *slices, const int64_t *kernel,
                    const int64_t *width, struct nax_err *err) NAX_MUST_USE;
void nax_slice_free(struct slice *slice);

/* Whether channels of one are the first of the other's: those of groups, but of depthwise ones, are
 * not. */
bool nax_slice_is_part(const struct nax_layer *part, const struct nax_layer *whole);
/* Whether it joins channels, of which those of a narrower stage are not the first. */
bool nax_layer_joins(const struct nax_layer *layer);
/* Rows of a tap that lie one behind the other: a linear layer reads all pixels of an image. */
size_t nax_layer_channels_read(const struct nax_network *net, const struct nax_layer *layer);

/* Kernels [n_slots] and widths [n_stages] of the whole network. */
void nax_slices_widest(const struct nax_space *space, int64_t *kernel, int64_t *width);

enum slice_way { SLICE_CUT, SLICE_PUT_BACK };
/* Copies the slice's values between the whole network's and the room, in a block that is laid out
 * as the model's values: these, or a momentum. */
void nax_slice_move(const struct slices *slices, const struct slice *slice, enum slice_way way,
                    float *values);

#endif
