/* Derivatives by the gates of mixed layers: of what a layer is, and of what it could be.
 *
 * With the layer's output, batch norm included, gate · o + gate' · o' at gates 1 and 0, and g the
 * gradient of the loss by that output, which the backward pass has left:
 *
 *     dL/dgate = Σ g o,   dL/dgate' = Σ g o'        over images, pixels and channels
 *
 * o is there already, and its sum follows from batch norm's gradients. o' takes a product more: of
 * the layer's input, which the forward pass has left, by the other weights, of which only sums are
 * kept.
 */
#include "pass_data.h"

#include "nax/ranks.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* Sums of one chunk, [c_out] each: of the gradient g, and of the other's linear part z around a
 * guess of its mean. */
enum { SUM_G, SUM_GZ, SUM_Z, SUM_ZZ, N_SUMS };

/* Σ g o of the layer's own output o = gamma x^ + beta: since batch norm's gradients are Σ g x^ and
 * Σ g of a channel, it is Σ gamma · dgamma + beta · dbeta. Without batch norm o = z + bias, and the
 * backward pass has left Σ g z. */
static double own_gate_of_conv(const struct pass *pass, size_t l)
{
    const struct nax_params *p = &pass->model->layer[l], *gradient = &pass->gradient[l];
    double sum = 0;
    const struct pass_layer *layer = &pass->layer[l];
    size_t c = pass->net->layers[l].c_out;
    if (!p->gamma)
        nax_across_sum(&pass->deal, layer->sums_chunk, 2 * c, layer->sums, pass->space,
                       pass->total);
    for (size_t k = 0; !p->gamma && k < c; k++)
        sum += pass->total[c + k] + (p->beta ? (double)p->beta[k] * (double)gradient->beta[k] : 0);
    for (size_t k = 0; p->gamma && k < c; k++)
        sum += (double)p->gamma[k] * (double)gradient->gamma[k] +
               (double)p->beta[k] * (double)gradient->beta[k];
    return sum;
}

/* Of a linear layer: its output y is o through the ReLU, beyond which g is 0, so that Σ g o = Σ g
 * y. The images of this rank, on top of a sum so far. */
static double add_gate_of_linear(const struct pass *pass, size_t l, double sum)
{
    const struct pass_layer *layer = &pass->layer[l];
    for (size_t i = 0; i < layer->n_chunks; i++) {
        size_t n = layer->n_chunk * pass->net->layers[l].c_out, at = i * n * layer->kernel->size;
        const float *y =
            nn_widen(layer->kernel, n, layer->y + at, nax_pass_scratch(pass, SCRATCH_WIDE));
        const float *g =
            nn_widen(layer->kernel, n, layer->g + at, nax_pass_scratch(pass, SCRATCH_DZ));
        for (size_t k = 0; k < n; k++)
            sum += (double)g[k] * (double)y[k];
    }
    return sum;
}

/* One rank goes on where the one before came to. */
static double own_gate_of_linear(const struct pass *pass, size_t l)
{
    const struct deal *deal = &pass->deal;
    double sum = 0;
    for (int r = 0; r < deal->n_ranks; r++) {
        if (r == deal->rank)
            sum = add_gate_of_linear(pass, l, sum);
        for (int to = 0; to < deal->n_ranks; to++)
            deal->n_bytes[to] = to == r ? sizeof sum : 0;
        nax_ranks_gather(&sum, deal->n_bytes);
    }
    return sum;
}

/* The other product at work. */
struct other {
    const struct pass *pass;
    const struct nax_gate *gate;
    struct nax_layer shape;
    const float *weight;
    struct conv *conv; /* NULL: of a linear layer */
    bool is_ideal; /* its own weights, for their statistics alone; else what the gate asks for */
    size_t first;  /* image of the batch */
    float *sums;   /* [n_chunks][N_SUMS][c_out] */
    double *total; /* [N_SUMS][c_out] over the chunks of all ranks, then space for those sums */
};

static const struct pass_layer *layer_of(const struct other *o)
{
    return &o->pass->layer[o->gate->layer];
}

static void add_up(const struct other *o)
{
    size_t w = N_SUMS * o->shape.c_out;
    nax_across_sum(&o->pass->deal, layer_of(o)->n_chunk, w, o->sums, o->total + w, o->total);
}

/* Of channel k. */
static void sums_of(const struct other *o, size_t k, double sum[N_SUMS])
{
    for (size_t i = 0; i < N_SUMS; i++)
        sum[i] = o->total[i * o->shape.c_out + k];
}

/* Of a channel; mean: beyond the guess. */
static void statistics_of(const struct other *o, const double sum[N_SUMS], double *mean,
                          double *variance)
{
    const struct nax_layer *shape = &o->shape;
    double n = (double)(o->pass->deal.n_images * shape->h_out * shape->w_out);
    *mean = sum[SUM_Z] / n;
    *variance = fmax(sum[SUM_ZZ] / n - *mean * *mean, 0);
}

/* Σ g o' of the other, o' = gamma (z − mean) / deviation + beta, from its sums, where z is counted
 * from the guess, and so is mean:
 *
 *     Σ over channels of gamma (Σ g z − mean Σ g) / deviation + beta Σ g
 *
 * Running statistics are the guess itself: mean is 0. */
static double normalised(const struct other *o)
{
    const struct nax_params *p = &o->gate->params;
    double total = 0;
    for (size_t k = 0; k < o->shape.c_out; k++) {
        double sum[N_SUMS], mean = 0, variance = 0;
        sums_of(o, k, sum);
        if (!p->gamma) {
            total += sum[SUM_GZ] + (p->beta ? (double)p->beta[k] * sum[SUM_G] : 0);
            continue;
        }
        if (o->pass->statistics == STATISTICS_RUNNING)
            variance = (double)p->variance[k];
        else
            statistics_of(o, sum, &mean, &variance);
        total += (double)p->gamma[k] * (sum[SUM_GZ] - mean * sum[SUM_G]) /
                     sqrt(variance + o->shape.epsilon) +
                 (double)p->beta[k] * sum[SUM_G];
    }
    return total;
}

static void keep_statistics(const struct other *o)
{
    const struct nax_params *p = &o->gate->params;
    for (size_t k = 0; k < o->shape.c_out; k++) {
        double sum[N_SUMS], mean, variance;
        sums_of(o, k, sum);
        statistics_of(o, sum, &mean, &variance);
        p->mean[k] += (float)mean;
        p->variance[k] = (float)variance;
    }
}

/* One chunk: z = input ∗ other weights, what hardware does to it, and its sums. z: memory for it.
 */
static int convolve(const struct other *o, size_t chunk, char *z, void *scratch)
{
    const struct pass *pass = o->pass;
    const struct conv *conv = o->conv;
    const struct nn_kernels *kernel = pass->kernel;
    const float *guess = o->gate->params.mean; /* without batch norm: 0 */
    guess = guess ? guess : layer_of(o)->mean;
    const struct nax_layer *shape = &conv->layer;
    size_t n = conv->n, c = shape->c_out, n_pixels = n * shape->h_out * shape->w_out;
    const char *x =
        pass_source(pass, shape->input) + chunk * n * nax_layer_n_in(shape) * kernel->size;
    char *g = pass->layer[o->gate->layer].g + chunk * n_pixels * c * kernel->size;
    float *to = o->sums + chunk * N_SUMS * c;
    int status = conv->engine->forward(conv, x, z, scratch);
    if (o->gate->linop.correct && !o->is_ideal) {
        float *wide = nn_target(kernel, z, nax_pass_scratch(pass, SCRATCH_DZ));
        nn_widen(kernel, n_pixels * c, z, wide);
        o->gate->linop.correct(o->gate->linop.self, n, wide, o->first + pass->first + chunk * n);
        nn_narrow(kernel, n_pixels * c, wide, z);
    }
    kernel->moments(n_pixels, c, z, guess, to + SUM_Z * c, to + SUM_ZZ * c);
    if (!o->is_ideal)
        kernel->relu_backward(n_pixels, c, g, NULL, NULL, z, guess, g, to + SUM_G * c,
                              to + SUM_GZ * c);
    return status;
}

/* The same of a linear layer, in float and without batch norm: Σ g and Σ g z alone. */
static void multiply(const struct other *o, size_t chunk)
{
    const struct pass *pass = o->pass;
    const struct pass_layer *layer = layer_of(o);
    const struct nax_layer *shape = &o->shape;
    const struct nn_kernels *source = pass_source_kernel(pass, shape->input);
    size_t n = layer->n_chunk, c = shape->c_out, n_x = n * nax_layer_n_in(shape);
    const float *x =
        nn_widen(source, n_x, pass_source(pass, shape->input) + chunk * n_x * source->size,
                 nax_pass_scratch(pass, SCRATCH_WIDE));
    const float *g = nn_widen(layer->kernel, n * c, layer->g + chunk * n * c * layer->kernel->size,
                              nax_pass_scratch(pass, SCRATCH_DZ));
    float *z = nax_pass_scratch(pass, SCRATCH_CONV);
    float *to = o->sums + chunk * N_SUMS * c;
    nax_linear_forward(shape, n, x, o->weight, z);
    if (o->gate->linop.correct)
        o->gate->linop.correct(o->gate->linop.self, n, z, o->first + pass->first + chunk * n);
    for (size_t i = 0; i < n * c; i++) {
        to[SUM_G * c + i % c] += g[i];
        to[SUM_GZ * c + i % c] += g[i] * z[i];
    }
}

static int multiply_all(const struct other *o)
{
#pragma omp parallel for num_threads((int)o->pass->n_threads) schedule(dynamic)
    for (size_t chunk = 0; chunk < layer_of(o)->n_chunks; chunk++)
        multiply(o, chunk);
    return 0;
}

static int convolve_all(const struct other *o)
{
    const struct pass *pass = o->pass;
    size_t z_size = nax_padded(o->conv->n * nax_layer_n_out(&o->conv->layer) * pass->kernel->size);
    size_t n_thread = z_size + nax_padded(o->conv->scratch_size);
    char *memory = nax_aligned_calloc(pass->n_threads, n_thread);
    if (!memory)
        return NAX_ERR_MEMORY;
    int status = 0;
#pragma omp parallel for num_threads((int)pass->n_threads) schedule(dynamic) reduction(min : status)
    for (size_t chunk = 0; chunk < layer_of(o)->n_chunks; chunk++) {
        char *z = memory + (size_t)omp_get_thread_num() * n_thread;
        int failed = convolve(o, chunk, z, z + z_size);
        status = NAX_MIN(status, failed);
    }
    nax_aligned_free(memory);
    return status;
}

static void other_free(struct other *o)
{
    nax_conv_free(o->conv);
    nax_aligned_free(o->sums);
    free(o->total);
}

/* Makes the other's sums, in memory that other_free frees. */
static int other_product(struct other *o, struct nax_err *err)
{
    const struct pass *pass = o->pass;
    const struct nax_gate *gate = o->gate;
    const struct conv_options options = {.has = {true},
                                         .is_bf16 = pass->kernel->size != sizeof(float)};
    o->shape = pass->net->layers[gate->layer];
    if (gate->kernel)
        nax_layer_set_kernel(&o->shape, gate->kernel);
    bool is_own = o->is_ideal || !gate->linop.weight;
    o->weight = is_own ? gate->params.weight : gate->linop.weight;
    int status = pass_check(&gate->linop, o->shape.name, err);
    if (!status && layer_of(o)->conv) {
        status = nax_conv_alloc(&o->conv, &o->shape, layer_of(o)->n_chunk, &options, err);
        if (!status)
            o->conv->engine->set_weights(o->conv, o->weight);
    }
    if (status)
        return status;
    size_t w = N_SUMS * o->shape.c_out;
    size_t n_parts = nax_across_n_parts(&pass->deal, layer_of(o)->n_chunk);
    o->sums = nax_aligned_calloc(NAX_MAX(layer_of(o)->n_chunks, (size_t)1) * w, sizeof *o->sums);
    o->total = nax_calloc((1 + n_parts) * w, sizeof *o->total);
    status = !o->sums || !o->total ? NAX_ERR_MEMORY : o->conv ? convolve_all(o) : multiply_all(o);
    if (!status)
        add_up(o);
    return status ? nax_err_set(err, (enum nax_status)status, "product failed: 'layer %s'",
                                o->shape.name)
                  : 0;
}

int nax_pass_gate_statistics(struct pass *pass, struct nax_gate *gates, size_t n,
                             struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; !status && i < n; i++) {
        struct other other = {.pass = pass, .gate = &gates[i], .is_ideal = true};
        const struct nax_params *own = &pass->model->layer[gates[i].layer], *p = &gates[i].params;
        size_t size = pass->net->layers[gates[i].layer].c_out * sizeof *p->mean;
        if (!p->mean)
            continue;
        if (p->weight == own->weight) { /* another crossbar alone */
            memcpy(p->mean, own->mean, size);
            memcpy(p->variance, own->variance, size);
            continue;
        }
        status = other_product(&other, err);
        if (!status)
            keep_statistics(&other);
        other_free(&other);
    }
    return status;
}

int nax_pass_gates(struct pass *pass, size_t first, struct nax_gate *gates, size_t n,
                   struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; !status && i < n; i++) {
        struct other other = {.pass = pass, .gate = &gates[i], .first = first};
        gates[i].own = pass->layer[gates[i].layer].conv ? own_gate_of_conv(pass, gates[i].layer)
                                                        : own_gate_of_linear(pass, gates[i].layer);
        status = other_product(&other, err);
        if (!status)
            gates[i].other = normalised(&other);
        other_free(&other);
    }
    return status;
}
