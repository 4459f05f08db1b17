/* The memory of a pass, shared by its forward and backward halves. */
#ifndef NAX_NN_PASS_DATA_H
#define NAX_NN_PASS_DATA_H

#include "conv.h"
#include "kernels.h"
#include "layers.h"
#include "model.h"
#include "pass.h"

/* How one of a layer's two inputs gets its gradient. Gradients are made from the last layer to the
 * first; what has come in for a target before stands in the gradient buffer of layer `holder`. */
struct edge {
    int target;   /* layer, or negative: nothing to do */
    int holder;   /* layer whose gradient buffer holds the sum so far, or -1 */
    bool is_last; /* the target's gradient is complete after this edge */
};

struct pass_layer {
    struct conv *conv; /* NULL for other kinds */
    float *z; /* [batch][h_out][w_out][c_out] before batch norm; linear: before the ReLU; NULL for
                 pools */
    float *y; /* the layer's output, of the same shape */
    float *g; /* gradient of the loss by y, then gated by the ReLU */
    float *sums;    /* [n_chunks][2][c_out], of the forward pass, then of the backward pass */
    float *dw;      /* [n_chunks][gradient_size], or NULL: not wanted */
    size_t dw_size; /* floats of one chunk's weight gradient */
    /* batch norm, [c_out] each: y = z·scale + offset; batch mean and 1 / deviation; dz = p·g − q −
     * r·(z − mean) */
    float *scale, *offset, *mean, *inverse, *p, *q, *r;
    struct edge residual, input;
};

struct pass {
    struct nax_model *model;
    const struct nax_network *net;
    const struct nn_kernels *kernel;
    const struct nax_train_linop *linops; /* [n_layers] or NULL */
    bool is_for_gates;                    /* no gradients of convolutions' weights */
    size_t batch, n_chunk, n_chunks;      /* n_chunk images a chunk */
    struct pass_layer *layer;             /* [n_layers] */
    float *image;                         /* [batch][height][width][channels] */
    struct nax_params *gradient;          /* [n_layers], into memory */
    float *gradients;
    double *loss;  /* [n_chunks] */
    size_t *right; /* [n_chunks] */
    size_t n_threads, scratch_size, scratch_each[3];
    char *scratch; /* [n_threads][scratch_size]: dz, dx and shortcut, conv's own */
    float *memory; /* one block behind the arrays of all layers */
    size_t memory_size;
};

/* What a thread works with: three areas of its scratch. */
enum { SCRATCH_DZ, SCRATCH_DX, SCRATCH_CONV };

void *pass_scratch(const struct pass *pass, int area);

static inline const float *pass_source(const struct pass *pass, int from)
{
    return from == NAX_FROM_IMAGE ? pass->image : pass->layer[from].y;
}

static inline const float *pass_weight(const struct pass *pass, size_t l)
{
    const float *other = pass->linops ? pass->linops[l].weight : NULL;
    return other ? other : pass->model->layer[l].weight;
}

static inline size_t pass_source_size(const struct pass *pass, int from)
{
    const struct nax_network *net = pass->net;
    return from == NAX_FROM_IMAGE ? net->height * net->width * net->channels
                                  : nax_layer_n_out(&net->layers[from]);
}

#endif
