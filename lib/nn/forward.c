/* Forward half of a training pass.
 *
 * One parallel region a layer: each chunk first finishes the layer before (batch norm, residual,
 * ReLU: its statistics are known by then), while its output is hot, then convolves and sums the
 * statistics of its own output. */
#include "activation.h"
#include "pass_data.h"

#include "nax/ranks.h"

#include <math.h>
#include <string.h>

/* y [n_chunk][h_out][w_out][c_out] = max(z · scale + offset (+ residual), 0), the ReLU where the
 * layer has one, of one chunk. */
static void finish(struct pass *pass, size_t l, struct chunk chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    if (!layer->z)
        return;
    const struct nn_kernels *kernel = layer->kernel;
    size_t at = chunk.first * nax_layer_n_out(shape) * kernel->size;
    const char *residual = NULL;
    if (shape->residual != NAX_FROM_NONE) {
        residual = pass_source(pass, shape->residual) +
                   chunk.first * pass_source_size(pass, shape->residual) * kernel->size;
        if (nax_shortcut_is_needed(pass->net, shape)) {
            char *reshaped = nax_pass_scratch(pass, SCRATCH_DX);
            nax_shortcut_forward(pass->net, shape, chunk.n, kernel->size, residual, reshaped);
            residual = reshaped;
        }
    }
    kernel->normalise(chunk.n * shape->h_out * shape->w_out, shape->c_out, layer->z + at,
                      layer->scale, layer->offset, residual, shape->has_relu, layer->y + at);
}

/* first: of struct pass_batch; workspace: a chunk of floats */
static void correct(const struct pass *pass, size_t l, struct chunk chunk, size_t first,
                    const struct nn_kernels *kernel, char *z_chunk, float *workspace)
{
    const struct nax_linop *op = pass->linops ? &pass->linops[l] : NULL;
    size_t n_z = chunk.n * nax_layer_n_out(&pass->net->layers[l]);
    if (!op || !op->correct)
        return;
    float *z = nn_target(kernel, z_chunk, workspace);
    nn_widen(kernel, n_z, z_chunk, z);
    op->correct(op->self, chunk.n, z, first + pass->first + chunk.first);
    nn_narrow(kernel, n_z, z, z_chunk);
}

/* z's sums of one chunk for the batch's statistics, around the running mean, which is near enough
 * to their mean that float squares do. */
static void sum_up(struct pass *pass, size_t l, struct chunk chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    size_t c = shape->c_out;
    float *sums = layer->sums + chunk.first / chunk.n * 2 * c;
    layer->kernel->moments(chunk.n * shape->h_out * shape->w_out, c,
                           layer->z + chunk.first * nax_layer_n_out(shape) * layer->kernel->size,
                           pass->model->layer[l].mean, sums, sums + c);
}

/* z = x ∗ weight of one chunk, and its sums. */
static int convolve(struct pass *pass, size_t l, struct chunk chunk, size_t first, const char *x)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    char *z = layer->z + chunk.first * nax_layer_n_out(shape) * layer->kernel->size;
    int status =
        layer->conv->engine->forward(layer->conv, x, z, nax_pass_scratch(pass, SCRATCH_CONV));
    correct(pass, l, chunk, first, layer->kernel, z, nax_pass_scratch(pass, SCRATCH_DZ));
    if (shape->has_batch_norm)
        sum_up(pass, l, chunk);
    return status;
}

/* y = x + residual or both side by side, of one chunk, the ReLU where the layer has one. */
static void join(struct pass *pass, size_t l, struct chunk chunk, const char *x)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    const size_t size = layer->kernel->size;
    const char *residual = pass_source(pass, shape->residual) +
                           chunk.first * pass_source_size(pass, shape->residual) * size;
    char *y = layer->y + chunk.first * nax_layer_n_out(shape) * size;
    if (shape->kind == NAX_LAYER_CONCAT)
        nax_concat_forward(shape, chunk.n, size, x, residual, y);
    else
        layer->kernel->normalise(chunk.n * shape->h_out * shape->w_out, shape->c_out, x,
                                 layer->scale, layer->offset, residual, shape->has_relu, y);
}

/* Pools, activations and linear layers, in float. */
static void compute_in_float(struct pass *pass, size_t l, struct chunk chunk, size_t first,
                             const char *x_chunk)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct pass_layer *layer = &pass->layer[l];
    size_t n = chunk.n, n_y = n * nax_layer_n_out(shape);
    char *y_chunk = layer->y + chunk.first * nax_layer_n_out(shape) * layer->kernel->size;
    const float *x = nn_widen(pass_source_kernel(pass, shape->input), n * nax_layer_n_in(shape),
                              x_chunk, nax_pass_scratch(pass, SCRATCH_WIDE));
    float *y = nn_target(layer->kernel, y_chunk, nax_pass_scratch(pass, SCRATCH_DZ));
    if (nax_layer_kind_row(shape)->has_weights) {
        nax_linear_forward(shape, n, x, pass_weight(pass, l), y);
        correct(pass, l, chunk, first, nax_nn_kernels(false), (char *)y, NULL);
        nax_nn_kernels(false)->normalise(n, shape->c_out, y, layer->scale, layer->offset, NULL,
                                         shape->has_relu, y);
    } else if (shape->kind == NAX_LAYER_ACTIVATION) {
        nax_activation_forward(shape, n_y, x, y);
    } else {
        nax_pool_forward(shape, n, x, y);
    }
    nn_narrow(layer->kernel, n_y, y, y_chunk);
}

static int start(struct pass *pass, size_t l, struct chunk chunk, size_t first)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    size_t size = pass_source_kernel(pass, shape->input)->size;
    const char *x = pass_source(pass, shape->input) + chunk.first * nax_layer_n_in(shape) * size;
    switch (shape->kind) {
    case NAX_LAYER_CONV:
        return convolve(pass, l, chunk, first, x);
    case NAX_LAYER_LINEAR:
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
    case NAX_LAYER_ACTIVATION:
        compute_in_float(pass, l, chunk, first, x);
        break;
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
        join(pass, l, chunk, x);
        break;
    case NAX_LAYER_BATCH_NORM:
        sum_up(pass, l, chunk);
        break;
    }
    return 0;
}

static void load_images(struct pass *pass, const struct pass_batch *batch, struct chunk chunk)
{
    size_t n = pass->net->height * pass->net->width * pass->net->channels;
    for (size_t b = chunk.first; b < chunk.first + chunk.n; b++) {
        char *image = pass->image + b * n * pass->kernel->size;
        float *workspace = nn_target(pass->kernel, image, nax_pass_scratch(pass, SCRATCH_DZ));
        batch->image(batch->self, pass->first + b, workspace);
        nn_narrow(pass->kernel, n, workspace, image);
    }
}

/* Batch statistics of channel k from the sums of all chunks, over the n values of the batch; the
 * running ones move. With m the running mean:
 *
 *     mean = m + Σ (z − m) / n,   variance = Σ (z − m)² / n − (mean − m)²
 *
 * and the running variance follows the unbiased one, variance · n / (n − 1). */
static void take_statistics(struct pass *pass, size_t l, size_t k, double *mean, double *variance)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    struct nax_params *p = &pass->model->layer[l];
    double n = (double)(pass->deal.n_images * shape->h_out * shape->w_out);
    double shifted = pass->total[k] / n;
    *mean = shifted + (double)p->mean[k];
    *variance = fmax(pass->total[shape->c_out + k] / n - shifted * shifted, 0);
    double unbiased = n > 1 ? *variance * n / (n - 1) : *variance;
    if (pass->statistics == STATISTICS_KEPT) {
        p->mean[k] = (float)*mean;
        p->variance[k] = (float)*variance;
    } else {
        p->mean[k] += (float)(pass->running_step * (*mean - (double)p->mean[k]));
        p->variance[k] += (float)(pass->running_step * (unbiased - (double)p->variance[k]));
    }
}

/* gamma · (z − mean) / sqrt(variance + epsilon) + beta, as z · scale + offset. */
static void set_batch_norm(struct pass *pass, size_t l)
{
    struct pass_layer *layer = &pass->layer[l];
    const struct nax_params *p = &pass->model->layer[l];
    size_t c = pass->net->layers[l].c_out;
    if (pass->statistics != STATISTICS_RUNNING)
        nax_across_sum(&pass->deal, layer->n_chunk, 2 * c, layer->sums, pass->space, pass->total);
    for (size_t k = 0; k < c; k++) {
        double mean = (double)p->mean[k], variance = (double)p->variance[k];
        if (pass->statistics != STATISTICS_RUNNING)
            take_statistics(pass, l, k, &mean, &variance);
        double inverse = 1 / sqrt(variance + pass->net->layers[l].epsilon);
        double scale = (double)p->gamma[k] * inverse;
        layer->mean[k] = (float)mean;
        layer->inverse[k] = (float)inverse;
        layer->scale[k] = (float)scale;
        layer->offset[k] = (float)((double)p->beta[k] - scale * mean);
    }
}

/* Softmax cross-entropy with smoothed labels of one chunk, and its gradient by the logits. Of an
 * image with logits a [c] and targets t, ε/c each, (1 − ε) s more of the label's and (1 − ε) (1 −
 * s) of another one's that it is mixed with, p = softmax(a):
 *
 *     loss = −Σ t_k log p_k = log Σ exp(a_k) − (1 − ε) (s a_label + (1 − s) a_other) − ε mean(a)
 *     dloss/da_k = p_k − t_k
 *
 * by the batch, since the loss is its mean; exponents less the largest logit, lest they overflow.
 */
static void take_loss(struct pass *pass, const struct pass_batch *batch, struct chunk chunk)
{
    size_t last = pass->net->n_layers - 1, c = pass->net->n_classes;
    double loss = 0, smooth = batch->label_smoothing / (double)c;
    size_t right = 0;
    for (size_t i = chunk.first; i < chunk.first + chunk.n; i++) {
        const float *logit = (const float *)pass->layer[last].y + i * c;
        float *g = (float *)pass->layer[last].g + i * c;
        size_t b = pass->first + i; /* of the batch */
        size_t label = (size_t)batch->labels[b], other = label, best = 0;
        double share = batch->share ? batch->share[b] : 1;
        if (share < 1)
            other = (size_t)batch->other_labels[b];
        double total = 0, mean_logit = 0;
        for (size_t k = 1; k < c; k++)
            if (logit[k] > logit[best])
                best = k;
        for (size_t k = 0; k < c; k++) {
            total += exp((double)logit[k] - (double)logit[best]);
            mean_logit += (double)logit[k] / (double)c;
        }
        double log_total = log(total) + (double)logit[best];
        double meant = share * (double)logit[label] + (1 - share) * (double)logit[other];
        loss +=
            log_total - (1 - batch->label_smoothing) * meant - batch->label_smoothing * mean_logit;
        right += best == label;
        for (size_t k = 0; k < c; k++) {
            double of_labels = (k == label ? share : 0) + (k == other ? 1 - share : 0);
            double target = smooth + (1 - batch->label_smoothing) * of_labels;
            g[k] =
                (float)((exp((double)logit[k] - log_total) - target) / (double)pass->deal.n_images);
        }
    }
    pass->loss[(pass->first + chunk.first) / chunk.n] = loss;
    pass->right[(pass->first + chunk.first) / chunk.n] = right;
}

/* What all ranks' chunks come to: few numbers, which all get. */
static void add_up_loss(struct pass *pass, struct pass_result *result)
{
    size_t n_chunk = pass->layer[pass->net->n_layers - 1].n_chunk;
    size_t n_chunks = pass->deal.n_images / n_chunk;
    _Static_assert(sizeof *pass->loss == sizeof *pass->right, "gathered alike");
    for (int r = 0; r < pass->deal.n_ranks; r++)
        pass->deal.n_bytes[r] =
            (nax_across_first(&pass->deal, r + 1) - nax_across_first(&pass->deal, r)) / n_chunk *
            sizeof *pass->loss;
    nax_ranks_gather(pass->loss, pass->deal.n_bytes);
    nax_ranks_gather(pass->right, pass->deal.n_bytes);
    result->loss = tree_doubles(n_chunks, pass->loss) / (double)pass->deal.n_images;
    result->n_right = 0;
    for (size_t i = 0; i < n_chunks; i++)
        result->n_right += pass->right[i];
}

/* Among the layer's inputs, once its region is done: these are still there. */
static double largest_input(const struct pass *pass, size_t l)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    const struct nn_kernels *kernel = pass_source_kernel(pass, shape->input);
    const char *x = pass_source(pass, shape->input);
    const size_t n = pass->layer[l].n_chunk * nax_layer_n_in(shape);
    double largest = 0;
#pragma omp parallel for num_threads((int)pass->n_threads) reduction(max : largest)
    for (size_t i = 0; i < pass->layer[l].n_chunks; i++)
        largest = fmax(largest, (double)kernel->largest_magnitude(n, x + i * n * kernel->size));
    return largest;
}

int nax_pass_forward(struct pass *pass, const struct pass_batch *batch, struct pass_result *result,
                     struct nax_err *err)
{
    const struct nax_network *net = pass->net;
    int status = 0;
    for (size_t l = 0; pass->linops && !status && l < net->n_layers; l++)
        status = pass_check(&pass->linops[l], net->layers[l].name, err);
    if (status)
        return status;
    for (size_t l = 0; l <= net->n_layers; l++) { /* the last region: of the loss */
        size_t cut = NAX_MIN(l, net->n_layers - 1);
        if (l < net->n_layers && net->layers[l].has_bias)
            memcpy(pass->layer[l].offset, pass->model->layer[l].beta,
                   net->layers[l].c_out * sizeof(float));
#pragma omp parallel for num_threads((int)pass->n_threads) schedule(dynamic) reduction(min : status)
        for (size_t i = 0; i < pass->layer[cut].n_chunks; i++) {
            struct chunk chunk = pass_chunk(pass, cut, i);
            if (l > 0)
                finish(pass, l - 1, chunk);
            else
                load_images(pass, batch, chunk);
            if (l == net->n_layers) {
                take_loss(pass, batch, chunk);
                continue;
            }
            int failed = start(pass, l, chunk, batch->first);
            status = NAX_MIN(status, failed);
        }
        if (status)
            return nax_err_set(err, (enum nax_status)status, "convolution failed: 'layer %s'",
                               net->layers[l].name);
        if (l < net->n_layers && net->layers[l].has_batch_norm)
            set_batch_norm(pass, l);
        if (l < net->n_layers && pass->largest && nax_layer_n_weights(&net->layers[l]))
            pass->largest[l] = largest_input(pass, l);
    }
    add_up_loss(pass, result);
    return 0;
}
