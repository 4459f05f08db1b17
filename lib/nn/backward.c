/* Backward half of a training pass.
 *
 * One parallel region a layer, from the last to the first. When a region starts, the layer's
 * gradient has gone through its ReLU and the two sums that batch norm needs are known; each chunk
 * makes dz, the weight gradient and the gradient of the input, and, where that completes a
 * gradient, takes it through the target's ReLU and sums while it is hot. */
#include "activation.h"
#include "pass_data.h"

#include <string.h>

enum {
    GATHER_BLOCK = 1 << 14, /* floats that one thread sums at a time */
    EXCHANGE_LAG = 2        /* layers that are computed until what other ranks sent is waited for */
};

/* Without batch norm dz = g, and dbias = Σ g. */
static void take_bias(struct pass *pass, size_t l)
{
    for (size_t k = 0; pass->gradient[l].beta && k < pass->net->layers[l].c_out; k++)
        pass->gradient[l].beta[k] = (float)pass->total[k];
}

/* What batch norm's way back needs of the whole batch (Ioffe and Szegedy, ICML 2015, section 3),
 * and the gradients of gamma and beta. In a channel, over the n values of the batch, with x^ = (z −
 * mean) · inverse and y = gamma · x^ + beta:
 *
 *     dbeta = Σ g,   dgamma = Σ g x^
 *     dz = gamma · inverse · (g − dbeta / n − x^ · dgamma / n)
 *        = p g − q − r (z − mean)
 *
 * The last two terms are what z does to mean and variance; statistics that stay have no part in it,
 * and q = r = 0. */
static void take_sums(struct pass *pass, size_t l)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    double n = (double)(pass->deal.n_images * shape->h_out * shape->w_out);
    bool is_batch = pass->statistics != STATISTICS_RUNNING;
    size_t c = shape->c_out;
    nax_across_sum(&pass->deal, layer->sums_chunk, 2 * c, layer->sums, pass->space, pass->total);
    if (!shape->has_batch_norm) {
        take_bias(pass, l);
        return;
    }
    for (size_t k = 0; k < c; k++) {
        double sum = pass->total[k], dot = pass->total[c + k];
        double inverse = (double)layer->inverse[k];
        double p = (double)pass->model->layer[l].gamma[k] * inverse;
        pass->gradient[l].beta[k] = (float)sum;
        pass->gradient[l].gamma[k] = (float)(dot * inverse);
        layer->p[k] = (float)p;
        layer->q[k] = is_batch ? (float)(p * sum / n) : 0;
        layer->r[k] = is_batch ? (float)(p * inverse * inverse * dot / n) : 0;
    }
}

/* A part of the gradient by the target's output, `piece` of one chunk, has been made: it is added
 * to what came before, so_far or NULL, and the sum goes into the target's g. When it is complete,
 * it goes through the target's ReLU, dL/dy · [y > 0], and a convolution's sums are taken. */
static void arrive(struct pass *pass, const struct edge *edge, struct chunk chunk,
                   const char *piece, const char *so_far)
{
    const struct nax_layer *shape = &pass->net->layers[edge->target];
    struct pass_layer *to = &pass->layer[edge->target];
    size_t at = chunk.first * nax_layer_n_out(shape) * to->kernel->size, c = shape->c_out;
    size_t n = chunk.n * shape->h_out * shape->w_out;
    const char *y = edge->is_last && shape->has_relu ? to->y + at : NULL;
    const char *z = edge->is_last && to->z ? to->z + at : NULL;
    if (!y && !z && !so_far && piece == to->g + at)
        return;
    float *sums = to->z ? to->sums + chunk.first / chunk.n * 2 * c : NULL;
    to->kernel->relu_backward(n, c, piece, so_far, y, z, to->mean, to->g + at, sums,
                              sums ? sums + c : NULL);
}

/* The way to what the layer adds: its gradient as it is, or through the transposed shortcut. */
static void to_residual(struct pass *pass, size_t l, struct chunk chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    const struct edge *edge = &pass->layer[l].residual;
    if (edge->target < 0)
        return;
    size_t size = pass->layer[l].kernel->size;
    const char *g = pass->layer[l].g + chunk.first * nax_layer_n_out(shape) * size;
    struct pass_layer *to = &pass->layer[edge->target];
    size_t at = chunk.first * pass_source_size(pass, edge->target) * size;
    const char *so_far = edge->holder < 0 ? NULL : pass->layer[edge->holder].g + at;
    if (nax_shortcut_is_needed(pass->net, shape)) {
        char *reshaped = so_far ? nax_pass_scratch(pass, SCRATCH_DX) : to->g + at;
        nax_shortcut_backward(pass->net, shape, chunk.n, size, g, reshaped);
        arrive(pass, edge, chunk, reshaped, so_far);
    } else if (so_far || edge->is_last) {
        arrive(pass, edge, chunk, g, so_far);
    } /* else l's gradient itself is what the target has so far */
}

/* dz of one chunk from g, through batch norm. */
static void normalise_back(struct pass *pass, size_t l, struct chunk chunk, char *dz)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    size_t at = chunk.first * nax_layer_n_out(shape) * layer->kernel->size;
    layer->kernel->normalise_backward(chunk.n * shape->h_out * shape->w_out, shape->c_out,
                                      layer->g + at, layer->z + at, layer->mean, layer->p, layer->q,
                                      layer->r, dz);
}

/* What has been added, or came first side by side, has its part of g as it is. */
static void part_back(struct pass *pass, size_t l, struct chunk chunk, char *dx)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    const size_t size = pass->layer[l].kernel->size, n_out = nax_layer_n_out(shape) * size;
    const char *g = pass->layer[l].g + chunk.first * n_out;
    if (shape->kind == NAX_LAYER_CONCAT)
        nax_concat_backward(shape, chunk.n, size, g, dx);
    else
        memcpy(dx, g, chunk.n * n_out);
}

static float *gradient_of(const struct pass_layer *layer, struct chunk chunk)
{
    return layer->dw.values + chunk.first / chunk.n * layer->dw.n_values;
}

/* Of one chunk: dz from g, then dw = x · dz, and dx, which may be NULL, from dz (conv.h). */
static int convolve_back(struct pass *pass, size_t l, struct chunk chunk, const char *x, char *dx)
{
    struct pass_layer *layer = &pass->layer[l];
    const struct conv_engine *engine = layer->conv->engine;
    char *dz = nax_pass_scratch(pass, SCRATCH_DZ);
    void *scratch = nax_pass_scratch(pass, SCRATCH_CONV);
    int status = 0;
    normalise_back(pass, l, chunk, dz);
    if (layer->dw.values)
        status = engine->backward_weights(layer->conv, x, dz, gradient_of(layer, chunk), scratch);
    if (dx && !status)
        status = engine->backward_data(layer->conv, dz, dx, scratch);
    return status;
}

/* Pools, activations and linear layers, in float; dx_chunk may be NULL. A linear layer's gradient
 * by its bias is Σ g over the images. */
static void compute_back_in_float(struct pass *pass, size_t l, struct chunk chunk,
                                  const char *x_chunk, char *dx_chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    const struct nn_kernels *source = pass_source_kernel(pass, shape->input);
    size_t n = chunk.n, n_y = n * nax_layer_n_out(shape), n_x = n * nax_layer_n_in(shape);
    size_t i = chunk.first / n, c = shape->c_out;
    const float *x = nn_widen(source, n_x, x_chunk, nax_pass_scratch(pass, SCRATCH_WIDE));
    const float *g = nn_widen(layer->kernel, n_y, layer->g + i * n_y * layer->kernel->size,
                              nax_pass_scratch(pass, SCRATCH_DZ));
    float *dx = dx_chunk ? nn_target(source, dx_chunk, nax_pass_scratch(pass, SCRATCH_CONV)) : NULL;
    if (nax_layer_kind_row(shape)->has_weights) {
        float *dw = gradient_of(layer, chunk), *dbias = dw + nax_layer_n_weights(shape);
        nax_linear_backward(shape, n, x, pass_weight(pass, l), g, dx, dw);
        memset(dbias, 0, c * sizeof *dbias);
        for (size_t b = 0; b < n; b++)
            pass->kernel->add(c, dbias, g + b * c);
    } else if (dx && shape->kind == NAX_LAYER_ACTIVATION) {
        nax_activation_backward(shape, n_y, x, g, dx);
    } else if (dx) {
        nax_pool_backward(shape, n, x, g, dx);
    }
    if (dx)
        nn_narrow(source, n_x, dx, dx_chunk);
}

/* The way to what the layer reads: the gradients by its weights and by its input. */
static int to_input(struct pass *pass, size_t l, struct chunk chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    const struct edge *edge = &pass->layer[l].input;
    size_t at = chunk.first * nax_layer_n_in(shape) * pass_source_kernel(pass, shape->input)->size;
    const char *x = pass_source(pass, shape->input) + at, *so_far = NULL;
    char *dx = NULL;
    int status = 0;
    if (edge->target >= 0) {
        so_far = edge->holder < 0 ? NULL : pass->layer[edge->holder].g + at;
        dx = so_far ? nax_pass_scratch(pass, SCRATCH_DX) : pass->layer[edge->target].g + at;
    }
    switch (shape->kind) {
    case NAX_LAYER_CONV:
        status = convolve_back(pass, l, chunk, x, dx);
        break;
    case NAX_LAYER_LINEAR:
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
    case NAX_LAYER_ACTIVATION:
        compute_back_in_float(pass, l, chunk, x, dx);
        break;
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
        if (dx)
            part_back(pass, l, chunk, dx);
        break;
    case NAX_LAYER_BATCH_NORM:
        if (dx)
            normalise_back(pass, l, chunk, dx);
        break;
    }
    if (dx)
        arrive(pass, edge, chunk, dx, so_far);
    return status;
}

static size_t n_blocks_of(const struct pass *pass, size_t l)
{
    const struct across *dw = &pass->layer[l].dw;
    return dw->values ? NAX_CEIL_DIV(dw->n_values, GATHER_BLOCK) : 0;
}

/* The sum of the rank's weight gradients over its chunks, a block of them. */
static void gather(const struct pass *pass, size_t l, size_t block)
{
    const struct across *dw = &pass->layer[l].dw;
    size_t at = block * GATHER_BLOCK;
    nax_across_add_own(dw, pass->kernel, at, NAX_MIN(dw->n_values - at, (size_t)GATHER_BLOCK));
}

/* The sums of several ranks: they are on their way while layers before are computed. */
static void exchange(const struct pass *pass, size_t l)
{
    if (!pass->layer[l].dw.values)
        return;
#pragma omp parallel for num_threads((int)pass->n_threads) schedule(dynamic)
    for (size_t block = 0; block < n_blocks_of(pass, l); block++)
        gather(pass, l, block);
    nax_across_send(&pass->layer[l].dw);
}

static void finish_exchange(const struct pass *pass, size_t l)
{
    if (l < pass->net->n_layers && pass->layer[l].dw.values)
        nax_across_finish(&pass->layer[l].dw, pass->kernel);
}

static void end_exchanges(const struct pass *pass)
{
    for (size_t l = NAX_MIN((size_t)EXCHANGE_LAG, pass->net->n_layers); l-- > 0;)
        finish_exchange(pass, l);
    for (size_t l = pass->net->n_layers; l-- > 0;)
        if (pass->layer[l].dw.values)
            nax_across_wait(&pass->layer[l].dw);
}

/* The sum over all chunks in the plain layout. */
static void make_plain(struct pass *pass, size_t l)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    const float *dw = layer->dw.values;
    if (!dw)
        return;
    if (layer->conv) {
        layer->conv->engine->plain_gradient(layer->conv, dw, pass->gradient[l].weight);
        return;
    }
    size_t n = nax_layer_n_weights(shape);
    memcpy(pass->gradient[l].weight, dw, n * sizeof(float));
    if (shape->has_bias)
        memcpy(pass->gradient[l].beta, dw + n, shape->c_out * sizeof(float));
}

int nax_pass_backward(struct pass *pass, struct nax_err *err)
{
    const struct nax_network *net = pass->net;
    const bool is_shared = pass->deal.n_ranks > 1;
    int status = 0;
    for (size_t l = net->n_layers; l-- > 0;) {
        if (pass->layer[l].z)
            take_sums(pass, l);
#pragma omp parallel for num_threads((int)pass->n_threads) schedule(dynamic) reduction(min : status)
        for (size_t i = 0; i < pass->layer[l].n_chunks; i++) {
            struct chunk chunk = pass_chunk(pass, l, i);
            to_residual(pass, l, chunk);
            int failed = to_input(pass, l, chunk);
            status = NAX_MIN(status, failed);
        }
        if (status)
            return nax_err_set(err, (enum nax_status)status, "convolution failed: 'layer %s'",
                               net->layers[l].name);
        if (is_shared) {
            exchange(pass, l);
            finish_exchange(pass, l + EXCHANGE_LAG);
        }
    }
    if (is_shared)
        end_exchanges(pass);
#pragma omp parallel num_threads((int)pass->n_threads)
    {
        for (size_t l = 0; !is_shared && l < net->n_layers; l++) {
            size_t n_blocks = n_blocks_of(pass, l);
#pragma omp for schedule(dynamic) nowait
            for (size_t block = 0; block < n_blocks; block++)
                gather(pass, l, block);
        }
#pragma omp barrier
#pragma omp for schedule(dynamic)
        for (size_t l = 0; l < net->n_layers; l++)
            make_plain(pass, net->n_layers - 1 - l);
    }
    for (size_t l = 0; pass->linops && !status && l < net->n_layers; l++) {
        const struct nax_linop *op = &pass->linops[l];
        float *gradient = pass->gradient[l].weight; /* NULL: not wanted */
        if (op->adjoint && gradient)
            status = op->adjoint(op->self, gradient, err);
    }
    return status;
}
