/* The memory of a pass, shared by its forward and backward halves. */
#ifndef NAX_NN_PASS_DATA_H
#define NAX_NN_PASS_DATA_H

#include "across.h"
#include "conv.h"
#include "kernels.h"
#include "layers.h"
#include "model.h"
#include "pass.h"
#include "tree.h"

/* How one of a layer's two inputs gets its gradient. Gradients are made from the last layer to the
 * first; what has come in for a target before stands in the gradient buffer of layer `holder`. */
struct edge {
    int target;   /* layer, or negative: nothing to do */
    int holder;   /* layer whose gradient buffer holds the sum so far, or -1 */
    bool is_last; /* the target's gradient is complete after this edge */
};

/* Activations and their gradients are float or bf16: elements of kernel->size bytes. */
struct pass_layer {
    struct conv *conv;               /* NULL for other kinds */
    const struct nn_kernels *kernel; /* for the kind of activation that the layer has */
    char *z; /* [batch][h_out][w_out][c_out] before batch norm, of batch norm by itself what it
                reads; NULL for other kinds */
    char *y; /* the layer's output, of the same shape */
    char *g; /* gradient of the loss by y, then by the ReLU's input, of the same shape */
    size_t n_chunk, n_chunks; /* images a chunk of its region, and how many chunks this rank has */
    size_t sums_chunk; /* images of the chunks that leave sums on the way back: of the region that
                          completes the layer's gradient */
    float *sums; /* [max of both kinds of chunks][2][c_out]: forward Σ (z − running mean) and Σ of
                    its square; backward Σ g and Σ g (z − mean) */
    struct across dw; /* the weights' gradient, of a linear layer then that of its bias; values
                         NULL: not wanted */
    /* batch norm, [c_out] each: y = z·scale + offset; the mean that it takes, and 1 / deviation;
     * dz = p·g − q − r·(z − mean), see take_sums */
    float *scale, *offset, *mean, *inverse, *p, *q, *r;
    struct edge residual, input;
};

enum pass_way {
    WAY_BOTH,
    WAY_GATES,  /* no gradients of convolutions' weights */
    WAY_FORWARD /* no way back, and outputs share memory */
};

struct pass {
    struct nax_model *model;
    const struct nax_network *net;
    const struct nn_kernels *kernel; /* of images and of all layers but the last, whose outputs are
                                        always float */
    const struct nax_linop *linops;  /* [n_layers] or NULL */
    enum pass_way way;
    enum pass_statistics statistics;
    double running_step;
    double *largest;             /* [n_layers] or NULL */
    struct deal deal;            /* of the batch to ranks; this one has */
    size_t batch, first;         /* so many of its images, from there on: all arrays are of these */
    struct pass_layer *layer;    /* [n_layers] */
    char *image;                 /* [batch][height][width][channels] */
    struct nax_params *gradient; /* [n_layers], into memory */
    float *gradients;
    double *loss;          /* [the last layer's chunks on all ranks] */
    size_t *right;         /* likewise */
    double *space, *total; /* of nax_across_sum */
    size_t n_threads, scratch_size, scratch_each[4];
    char *scratch;      /* [n_threads][scratch_size] */
    size_t memory_size; /* bytes that all of this takes of the memory given */
};

/* Images of the rank that a thread works on together: n from `first` on. */
struct chunk {
    size_t first, n;
};

static inline struct chunk pass_chunk(const struct pass *pass, size_t l, size_t i)
{
    size_t n = pass->layer[l].n_chunk;
    return (struct chunk){i * n, n};
}

/* What a thread works with: areas of its scratch. Each holds a chunk of any layer in float;
 * CONV also for what a convolution needs. */
enum { SCRATCH_DZ, SCRATCH_DX, SCRATCH_WIDE, SCRATCH_CONV, N_SCRATCH };

void *nax_pass_scratch(const struct pass *pass, int area);

/* A layer's output, or the images. */
static inline char *pass_output(const struct pass *pass, int from)
{
    return from == NAX_FROM_IMAGE ? pass->image : pass->layer[from].y;
}

static inline const char *pass_source(const struct pass *pass, int from)
{
    return pass_output(pass, from);
}

static inline const float *pass_weight(const struct pass *pass, size_t l)
{
    const float *other = pass->linops ? pass->linops[l].weight : NULL;
    return other ? other : pass->model->layer[l].weight;
}

/* A pass multiplies by weights: a product that is made another way has no gradient. */
static inline int pass_check(const struct nax_linop *linop, const char *layer, struct nax_err *err)
{
    return linop->forward
               ? nax_err_set(err, NAX_ERR_VALUE,
                             "a product made without weights cannot be trained: '%s'", layer)
               : 0;
}

static inline size_t pass_source_size(const struct pass *pass, int from)
{
    const struct nax_network *net = pass->net;
    return from == NAX_FROM_IMAGE ? net->height * net->width * net->channels
                                  : nax_layer_n_out(&net->layers[from]);
}

static inline const struct nn_kernels *pass_source_kernel(const struct pass *pass, int from)
{
    return from == NAX_FROM_IMAGE ? pass->kernel : pass->layer[from].kernel;
}

#endif
