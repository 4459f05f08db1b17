/* Memory and order of work of a training pass. */
#include "pass_data.h"

#include "nax/ranks.h"
#include "nax/simd.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const size_t page = 4096; /* bytes: no two threads' scratch shares one */

/* What the largest activations of a chunk may take. It is no cache's size: the cut decides bits. */
static const size_t chunk_size = (size_t)1 << 20; /* bytes */

static size_t largest_divisor(size_t n, size_t limit)
{
    for (size_t d = NAX_MIN(n, limit); d > 1; d--)
        if (n % d == 0)
            return d;
    return 1;
}

/* Values of an image in the largest activations of a layer's region, which also finishes the layer
 * before. */
static size_t region_size(const struct pass *pass, size_t l)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    size_t size = NAX_MAX(nax_layer_n_in(shape), nax_layer_n_out(shape));
    if (l > 0)
        size = NAX_MAX(size, nax_layer_n_out(shape - 1));
    if (shape->residual != NAX_FROM_NONE)
        size = NAX_MAX(size, pass_source_size(pass, shape->residual));
    return size;
}

/* The largest power of two that fits chunk_size, at most NAX_CHUNK, or the largest divisor of the
 * batch below it. */
static void cut(struct pass *pass, size_t l)
{
    struct pass_layer *layer = &pass->layer[l];
    size_t limit = NAX_CHUNK, size = region_size(pass, l) * pass->kernel->size;
    while (limit > 1 && limit * size > chunk_size)
        limit /= 2;
    layer->n_chunk = layer->sums_chunk = largest_divisor(pass->deal.n_images, limit);
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Chunks stay whole, in all layers. */
static void deal_batch(struct pass *pass)
{
    struct deal *deal = &pass->deal;
    deal->n_unit = 1;
    for (size_t l = 0; l < pass->net->n_layers; l++) {
        size_t n = pass->layer[l].n_chunk;
        deal->n_unit *= n / greatest_common_divisor(deal->n_unit, n);
    }
    pass->first = nax_across_first(deal, deal->rank);
    pass->batch = nax_across_first(deal, deal->rank + 1) - pass->first;
    for (size_t l = 0; l < pass->net->n_layers; l++)
        pass->layer[l].n_chunks = pass->batch / pass->layer[l].n_chunk;
}

/* Hands out cache-aligned pieces of a block; with memory NULL it only counts. */
struct piece_maker {
    char *memory;
    size_t used; /* bytes */
};

static char *piece(struct piece_maker *maker, size_t n, size_t size)
{
    char *p = maker->memory ? maker->memory + maker->used : NULL;
    maker->used += nax_padded(n * size);
    return p;
}

static float *floats(struct piece_maker *maker, size_t n)
{
    return (float *)piece(maker, n, sizeof(float));
}

/* Buffers of a pass without a way back: outputs take the first that nobody reads any more, and
 * what comes before batch norm two by turns. Layer l is written in region l and l + 1, read as an
 * input in its reader's, as a residual in the one after that. Fills y [n_layers] with numbers of
 * buffers; returns how many there are. */
static size_t share_outputs(const struct nax_network *net, size_t *y)
{
    size_t free_at[NAX_NETWORK_LAYERS_MAX] = {0}, n = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        size_t last = l + 1;
        for (size_t c = l + 1; c < net->n_layers; c++) {
            if (net->layers[c].input == (int)l) /* batch norm by itself: again when it ends */
                last = NAX_MAX(last, c + (net->layers[c].kind == NAX_LAYER_BATCH_NORM));
            if (net->layers[c].residual == (int)l)
                last = NAX_MAX(last, c + 1);
        }
        for (y[l] = 0; y[l] < n && free_at[y[l]] > l; y[l]++)
            ;
        n = NAX_MAX(n, y[l] + 1);
        free_at[y[l]] = last + 1;
    }
    return n;
}

static void lay_out_forward(struct pass *pass, struct piece_maker *maker)
{
    const struct nax_network *net = pass->net;
    const size_t end = net->n_layers - 1;
    size_t y[NAX_NETWORK_LAYERS_MAX], largest = 0, n = share_outputs(net, y);
    char *buffer[NAX_NETWORK_LAYERS_MAX + 2];
    for (size_t l = 0; l < net->n_layers; l++)
        largest = NAX_MAX(largest, nax_layer_n_out(&net->layers[l]) * pass->layer[l].kernel->size);
    for (size_t i = 0; i < n + 2; i++)
        buffer[i] = piece(maker, pass->batch, largest);
    for (size_t l = 0; l < net->n_layers; l++) {
        pass->layer[l].y = buffer[y[l]];
        pass->layer[l].z = pass->layer[l].conv ? buffer[n + l % 2] : NULL;
    }
    pass->layer[end].g = /* of the loss, which is taken all the same */
        piece(maker, pass->batch * nax_layer_n_out(&net->layers[end]), sizeof(float));
}

/* Whether the layer scales or shifts channels, be it by 1 and 0. */
static bool has_channels(const struct nax_layer *shape)
{
    return nax_layer_kind_row(shape)->has_weights || shape->has_batch_norm ||
           shape->kind == NAX_LAYER_ADD;
}

/* The weights' gradient of layer l; values and others are still to be given. */
static struct across gradient_of(const struct pass *pass, size_t l)
{
    const struct nax_layer *shape = &pass->net->layers[l];
    const struct pass_layer *layer = &pass->layer[l];
    size_t n = layer->conv ? layer->conv->gradient_size : nax_layer_n_weights(shape);
    if (n && !layer->conv)
        n += shape->c_out; /* of the bias */
    return (struct across){.deal = &pass->deal,
                           .n_chunk = layer->n_chunk,
                           .n_values = NAX_ROUND_UP(n, NAX_LANES),
                           .group = 2 * (int)l};
}

static void lay_out_gradient(struct pass *pass, size_t l, struct piece_maker *maker)
{
    struct pass_layer *layer = &pass->layer[l];
    struct across *dw = &layer->dw;
    *dw = gradient_of(pass, l);
    if (!dw->n_values || pass->way == WAY_FORWARD || (pass->way == WAY_GATES && layer->conv))
        return;
    dw->values = floats(maker, NAX_MAX(layer->n_chunks, (size_t)1) * dw->n_values);
    dw->others = floats(maker, nax_across_n_others(dw));
}

static void lay_out(struct pass *pass, struct piece_maker *maker)
{
    size_t n_total = 0, n_space = 0;
    const struct nax_network *net = pass->net;
    pass->image =
        piece(maker, pass->batch * net->height * net->width * net->channels, pass->kernel->size);
    if (pass->way == WAY_FORWARD)
        lay_out_forward(pass, maker);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        struct pass_layer *layer = &pass->layer[l];
        size_t size = pass->batch * nax_layer_n_out(shape), c = shape->c_out;
        if (pass->way != WAY_FORWARD) {
            layer->y = piece(maker, size, layer->kernel->size);
            layer->g = piece(maker, size, layer->kernel->size);
            layer->z = layer->conv ? piece(maker, size, layer->kernel->size) : NULL;
        }
        if (shape->kind == NAX_LAYER_BATCH_NORM)
            layer->z = pass_output(pass, shape->input);
        if (!has_channels(shape))
            continue;
        layer->sums =
            floats(maker, pass->batch / NAX_MIN(layer->n_chunk, layer->sums_chunk) * 2 * c);
        size_t n_forward = nax_across_n_parts(&pass->deal, layer->n_chunk);
        size_t n_backward = nax_across_n_parts(&pass->deal, layer->sums_chunk);
        n_total = NAX_MAX(n_total, 2 * c);
        n_space = NAX_MAX(n_space, NAX_MAX(n_forward, n_backward) * 2 * c);
        lay_out_gradient(pass, l, maker);
        float **by_channel[] = {&layer->scale, &layer->offset, &layer->mean, &layer->inverse,
                                &layer->p,     &layer->q,      &layer->r};
        for (size_t i = 0; i < sizeof by_channel / sizeof *by_channel; i++)
            *by_channel[i] = floats(maker, c);
    }
    pass->total = (double *)piece(maker, n_total, sizeof *pass->total);
    pass->space = (double *)piece(maker, n_space, sizeof *pass->space);
    pass->gradients = floats(maker, pass->model->n_values);
    maker->used = NAX_ROUND_UP(maker->used, page);
    pass->scratch = piece(maker, pass->n_threads, pass->scratch_size);
}

/* Follows the backward pass to find, for every edge, where the target's gradient stands so far:
 * holder is the layer whose g has it, -1 before any part has come. A residual that needs no
 * reshaping passes its layer's g on as it is, so where it comes first, that g is left to stand for
 * the target's until the next part comes. The last part comes from the target's first consumer, and
 * there from the input, since residuals go before inputs; its region's chunks take the sums. */
static int plan_edges(struct pass *pass, struct nax_err *err)
{
    const struct nax_network *net = pass->net;
    int *holder = nax_calloc(net->n_layers, sizeof *holder);
    int *first_consumer = nax_calloc(net->n_layers, sizeof *first_consumer);
    if (!holder || !first_consumer) {
        free(holder);
        free(first_consumer);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    }
    for (size_t l = net->n_layers; l-- > 0;) {
        holder[l] = -1;
        int from[] = {net->layers[l].input, net->layers[l].residual};
        for (int i = 0; i < 2; i++)
            if (from[i] >= 0)
                first_consumer[from[i]] = (int)l;
    }
    for (size_t l = net->n_layers; l-- > 0;) {
        const struct nax_layer *shape = &net->layers[l];
        struct pass_layer *layer = &pass->layer[l];
        int input = shape->input, residual = shape->residual;
        layer->residual = layer->input = (struct edge){.target = -1, .holder = -1};
        if (residual >= 0) {
            bool is_last = first_consumer[residual] == (int)l && input != residual;
            layer->residual = (struct edge){residual, holder[residual], is_last};
            if (is_last)
                pass->layer[residual].sums_chunk = layer->n_chunk;
            bool is_alias = holder[residual] < 0 && !is_last && !nax_shortcut_is_needed(net, shape);
            holder[residual] = is_alias ? (int)l : residual;
        }
        if (input >= 0) {
            layer->input = (struct edge){input, holder[input], first_consumer[input] == (int)l};
            if (layer->input.is_last)
                pass->layer[input].sums_chunk = layer->n_chunk;
            holder[input] = input;
        }
    }
    free(holder);
    free(first_consumer);
    return 0;
}

static int alloc_convs(struct pass *pass, struct nax_err *err)
{
    const bool has_way_back = pass->way != WAY_FORWARD;
    const struct conv_options options = {.has = {true, has_way_back, has_way_back},
                                         .is_bf16 = pass->kernel->size != sizeof(float)};
    size_t largest = 0, conv = 0; /* floats of a chunk; bytes */
    for (size_t l = 0; l < pass->net->n_layers; l++) {
        const struct nax_layer *shape = &pass->net->layers[l];
        pass->layer[l].kernel = l + 1 < pass->net->n_layers ? pass->kernel : nax_nn_kernels(false);
        cut(pass, l);
        largest = NAX_MAX(largest, region_size(pass, l) * pass->layer[l].n_chunk);
        if (shape->kind != NAX_LAYER_CONV)
            continue;
        int status =
            nax_conv_alloc(&pass->layer[l].conv, shape, pass->layer[l].n_chunk, &options, err);
        if (status)
            return status;
        conv = NAX_MAX(conv, pass->layer[l].conv->scratch_size);
    }
    for (int i = 0; i < N_SCRATCH; i++) {
        size_t size = largest * sizeof(float);
        if (i == SCRATCH_CONV)
            size = NAX_MAX(size, conv);
        pass->scratch_each[i] = NAX_ROUND_UP(size, page);
        pass->scratch_size += pass->scratch_each[i];
    }
    return 0;
}

void nax_pass_memory_release(struct pass_memory *memory)
{
    nax_aligned_free(memory->block);
    *memory = (struct pass_memory){.block = NULL};
}

static bool grow(struct pass_memory *memory, size_t size)
{
    if (size <= memory->size)
        return true;
    nax_pass_memory_release(memory);
    memory->block = nax_aligned_calloc(size, 1);
    memory->size = memory->block ? size : 0;
    return memory->block;
}

static int alloc_memory(struct pass *pass, struct pass_memory *memory, struct nax_err *err)
{
    struct piece_maker counter = {0};
    lay_out(pass, &counter);
    size_t n_chunks = pass->deal.n_images / pass->layer[pass->net->n_layers - 1].n_chunk;
    pass->memory_size = counter.used;
    pass->loss = nax_calloc(n_chunks, sizeof *pass->loss);
    pass->right = nax_calloc(n_chunks, sizeof *pass->right);
    if (!pass->loss || !pass->right || !grow(memory, counter.used))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'batch of %zu images'",
                           pass->deal.n_images);
    struct piece_maker maker = {.memory = memory->block};
    lay_out(pass, &maker);
    for (size_t l = 0; l < pass->net->n_layers; l++) {
        const struct nax_params *p = &pass->model->layer[l];
        float *const values = pass->model->values;
        const struct nax_layer *shape = &pass->net->layers[l];
        struct pass_layer *layer = &pass->layer[l];
        for (size_t k = 0; has_channels(shape) && !p->gamma && k < shape->c_out; k++) {
            layer->scale[k] = layer->p[k] = 1; /* no batch norm */
            layer->offset[k] = layer->mean[k] = layer->q[k] = layer->r[k] = 0;
        }
        if (pass->layer[l].dw.values)
            pass->gradient[l].weight = pass->gradients + (p->weight - values);
        if (p->beta)
            pass->gradient[l].beta = pass->gradients + (p->beta - values);
        if (p->gamma)
            pass->gradient[l].gamma = pass->gradients + (p->gamma - values);
    }
    return 0;
}

static int alloc(struct pass **out, struct nax_model *model, size_t batch,
                 enum nax_arithmetic precision, enum pass_way way, struct pass_memory *memory,
                 struct nax_err *err)
{
    const struct nax_network *net = model->net;
    const struct nax_layer *last = &net->layers[net->n_layers - 1];
    if (last->kind != NAX_LAYER_LINEAR || last->has_relu || last->c_out != net->n_classes)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "does not end in a linear layer with an output for each class: '%s'",
                           net->name);
    struct pass *pass = nax_calloc(1, sizeof *pass);
    if (!pass)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    pass->model = model;
    pass->net = net;
    pass->kernel = nax_nn_kernels(nax_arithmetic_of(precision) == NAX_ARITHMETIC_BF16);
    pass->way = way;
    pass->running_step = PASS_RUNNING_STEP;
    pass->deal = (struct deal){.n_images = batch, .rank = nax_ranks_own(), .n_ranks = nax_ranks()};
    pass->deal.n_bytes = nax_calloc((size_t)pass->deal.n_ranks, sizeof *pass->deal.n_bytes);
    pass->n_threads = (size_t)nax_threads();
    pass->layer = nax_calloc(net->n_layers, sizeof *pass->layer);
    pass->gradient = nax_calloc(net->n_layers, sizeof *pass->gradient);
    int status = pass->layer && pass->gradient && pass->deal.n_bytes
                     ? 0
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    if (!status)
        status = alloc_convs(pass, err);
    if (!status) {
        deal_batch(pass);
        status = plan_edges(pass, err);
    }
    if (!status)
        status = alloc_memory(pass, memory, err);
    if (status) {
        nax_pass_free(pass);
        return status;
    }
    nax_pass_set_weights(pass);
    *out = pass;
    return 0;
}

int nax_pass_alloc(struct pass **pass, struct nax_model *model, size_t batch,
                   enum nax_arithmetic precision, struct pass_memory *memory, struct nax_err *err)
{
    return alloc(pass, model, batch, precision, WAY_BOTH, memory, err);
}

int nax_pass_alloc_gates(struct pass **pass, struct nax_model *model, size_t batch,
                         enum nax_arithmetic precision, struct pass_memory *memory,
                         struct nax_err *err)
{
    return alloc(pass, model, batch, precision, WAY_GATES, memory, err);
}

int nax_pass_alloc_forward(struct pass **pass, struct nax_model *model, size_t batch,
                           enum nax_arithmetic precision, struct pass_memory *memory,
                           struct nax_err *err)
{
    return alloc(pass, model, batch, precision, WAY_FORWARD, memory, err);
}

void nax_pass_free(struct pass *pass)
{
    if (!pass)
        return;
    for (size_t l = 0; pass->layer && l < pass->net->n_layers; l++)
        nax_conv_free(pass->layer[l].conv);
    free(pass->layer);
    free(pass->gradient);
    free(pass->loss);
    free(pass->right);
    free(pass->deal.n_bytes);
    free(pass);
}

void nax_pass_set_weights(struct pass *pass)
{
#pragma omp parallel for num_threads((int)pass->n_threads) schedule(dynamic)
    for (size_t l = 0; l < pass->net->n_layers; l++)
        if (pass->layer[l].conv)
            pass->layer[l].conv->engine->set_weights(pass->layer[l].conv, pass_weight(pass, l));
}

void nax_pass_set_linops(struct pass *pass, const struct nax_linop *linops)
{
    pass->linops = linops;
    nax_pass_set_weights(pass);
}

void nax_pass_set_statistics(struct pass *pass, enum pass_statistics statistics)
{
    pass->statistics = statistics;
}

void nax_pass_set_largest(struct pass *pass, double *largest)
{
    pass->largest = largest;
}

void nax_pass_set_running_step(struct pass *pass, double step)
{
    pass->running_step = step;
}

void *nax_pass_scratch(const struct pass *pass, int area)
{
    char *p = pass->scratch + (size_t)omp_get_thread_num() * pass->scratch_size;
    for (int i = 0; i < area; i++)
        p += pass->scratch_each[i];
    return p;
}

const struct nax_params *nax_pass_gradient(const struct pass *pass, size_t l)
{
    return &pass->gradient[l];
}

size_t nax_pass_size(const struct pass *pass)
{
    return pass->memory_size;
}
