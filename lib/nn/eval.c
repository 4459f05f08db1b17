/* Evaluation: each chunk of images goes through the whole network on one thread, in a few buffers
 * that stay in cache. */
#include "activation.h"
#include "conv.h"
#include "kernels.h"
#include "layers.h"
#include "model.h"

#include "nax/ranks.h"
#include "nax/simd.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct eval_layer {
    struct conv *conv;
    float *scale, *offset; /* [c_out]: z·scale + offset is batch norm, or the bias */
    int buffer;            /* of the output */
};

struct eval {
    const struct nax_model *model;
    const struct nax_network *net;
    const struct nax_images *images;
    const struct nax_eval *options;
    size_t n_images;
    const struct nn_kernels *kernel; /* of images and of all layers but the last */
    struct pixel_table table;
    struct eval_layer *layer;      /* [n_layers] */
    float *folded;                 /* behind scale and offset */
    size_t n_buffers, buffer_size; /* bytes */
    size_t scratch_size;           /* bytes */
};

/* Whether the layer's own convolution does all that the layer does. */
static bool is_finished(const struct eval *e, size_t l)
{
    return e->layer[l].conv && e->layer[l].conv->is_finished;
}

/* Whether the convolution can add to its residual where that lies: nobody reads it after. */
static bool is_in_place(const struct eval *e, size_t l, const size_t *last_use)
{
    const struct nax_layer *shape = &e->net->layers[l];
    return is_finished(e, l) && shape->residual >= 0 && shape->residual != shape->input &&
           last_use[shape->residual] == l && !nax_shortcut_is_needed(e->net, shape);
}

/* A buffer is free again after the last layer that reads it. */
static int assign_buffers(struct eval *e, struct nax_err *err)
{
    const struct nax_network *net = e->net;
    size_t *last_use = nax_calloc(net->n_layers, sizeof *last_use);
    size_t *busy_until = nax_calloc(net->n_layers, sizeof *busy_until);
    if (!last_use || !busy_until) {
        free(last_use);
        free(busy_until);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    }
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        size_t size = l + 1 < net->n_layers ? e->kernel->size : sizeof(float);
        e->buffer_size =
            NAX_MAX(e->buffer_size, nax_padded(nax_layer_n_out(shape) * NAX_CHUNK * size));
        last_use[l] = l;
        if (shape->input >= 0)
            last_use[shape->input] = l;
        if (shape->residual >= 0)
            last_use[shape->residual] = NAX_MAX(last_use[shape->residual], l);
    }
    for (size_t l = 0; l < net->n_layers; l++) {
        bool in_place = is_in_place(e, l, last_use);
        size_t k = in_place ? (size_t)e->layer[net->layers[l].residual].buffer : 0;
        while (!in_place && k < e->n_buffers && busy_until[k] >= l)
            k++;
        e->n_buffers = NAX_MAX(e->n_buffers, k + 1);
        e->layer[l].buffer = (int)k;
        busy_until[k] = last_use[l];
    }
    free(last_use);
    free(busy_until);
    return 0;
}

/* Batch norm by the running statistics, or the bias, as z · scale + offset:
 * scale = gamma / sqrt(variance + epsilon), offset = beta − scale · mean. */
static void fold(struct eval *e, size_t l)
{
    const struct nax_layer *shape = &e->net->layers[l];
    const struct nax_params *p = &e->model->layer[l];
    for (size_t k = 0; k < shape->c_out; k++) {
        double scale = 1, offset = p->beta ? (double)p->beta[k] : 0;
        if (p->gamma) {
            scale = (double)p->gamma[k] / sqrt((double)p->variance[k] + shape->epsilon);
            offset -= scale * (double)p->mean[k];
        }
        e->layer[l].scale[k] = (float)scale;
        e->layer[l].offset[k] = (float)offset;
    }
}

static const struct nax_linop *linop_of(const struct eval *e, size_t l)
{
    static const struct nax_linop own = {.weight = NULL};
    return e->options->linops ? &e->options->linops[l] : &own;
}

static const float *weight_of(const struct eval *e, size_t l)
{
    const float *other = linop_of(e, l)->weight;
    return other ? other : e->model->layer[l].weight;
}

/* Whether somebody sees the layer's product, before batch norm. */
static bool is_watched(const struct eval *e, size_t l)
{
    return e->options->tap || linop_of(e, l)->correct;
}

static int prepare(struct eval *e, struct nax_err *err)
{
    const struct nax_network *net = e->net;
    size_t n_channels = 0, used = 0;
    for (size_t l = 0; l < net->n_layers; l++)
        n_channels += NAX_ROUND_UP(net->layers[l].c_out, NAX_LANES);
    e->layer = nax_calloc(net->n_layers, sizeof *e->layer);
    e->folded = nax_aligned_calloc(2 * n_channels, sizeof *e->folded);
    if (!e->layer || !e->folded)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *shape = &net->layers[l];
        struct eval_layer *layer = &e->layer[l];
        if (!nax_layer_n_weights(shape) && !shape->has_batch_norm && shape->kind != NAX_LAYER_ADD)
            continue;
        layer->scale = e->folded + used;
        layer->offset = e->folded + n_channels + used;
        used += NAX_ROUND_UP(shape->c_out, NAX_LANES);
        fold(e, l);
        size_t scratch = 0;
        if (linop_of(e, l)->forward) {
            scratch = linop_of(e, l)->scratch_size;
        } else if (shape->kind == NAX_LAYER_CONV) {
            const struct conv_finish finish = {.scale = layer->scale,
                                               .offset = layer->offset,
                                               .is_added = shape->residual != NAX_FROM_NONE,
                                               .has_relu = shape->has_relu};
            const struct conv_options options = {.has = {true},
                                                 .is_bf16 = e->options->is_bf16,
                                                 .finish = is_watched(e, l) ? NULL : &finish};
            int status = nax_conv_alloc(&layer->conv, shape, NAX_CHUNK, &options, err);
            if (status)
                return status;
            layer->conv->engine->set_weights(layer->conv, weight_of(e, l));
            scratch = layer->conv->scratch_size;
        }
        e->scratch_size = NAX_MAX(e->scratch_size, scratch);
    }
    return assign_buffers(e, err);
}

static void release(struct eval *e)
{
    for (size_t l = 0; e->layer && l < e->net->n_layers; l++)
        nax_conv_free(e->layer[l].conv);
    free(e->layer);
    nax_aligned_free(e->folded);
}

/* A thread's memory: images, the buffers, a reshaped residual, input and output of what is computed
 * in floats though they are bf16, scratch of the products. */
struct workspace {
    char *image, *buffers, *residual;
    float *input, *output;
    void *scratch;
};

static size_t image_size(const struct eval *e)
{
    return e->net->height * e->net->width * e->net->channels;
}

static int workspace_alloc(struct workspace *w, const struct eval *e, struct nax_err *err)
{
    size_t image = nax_padded(image_size(e) * NAX_CHUNK * e->kernel->size), buffer = e->buffer_size;
    size_t floats = e->options->is_bf16 ? 2 * NAX_MAX(image, buffer) : 0;
    w->image =
        nax_aligned_calloc(image + (e->n_buffers + 1) * buffer + 2 * floats + e->scratch_size, 1);
    if (!w->image)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", e->net->name);
    w->buffers = w->image + image;
    w->residual = w->buffers + e->n_buffers * buffer;
    w->input = (float *)(void *)(w->residual + buffer);
    w->output = w->input + floats / sizeof(float);
    w->scratch = w->residual + buffer + 2 * floats;
    return 0;
}

/* A layer's output, or the images. */
static char *output_of(const struct eval *e, const struct workspace *w, int l)
{
    return l < 0 ? w->image : w->buffers + (size_t)e->layer[l].buffer * e->buffer_size;
}

/* What the layer adds to its output, or NULL. Where its shape differs, it is brought to it in
 * `workspace`. */
static const char *residual_of(const struct eval *e, const struct workspace *w, size_t l, size_t n,
                               char *workspace)
{
    const struct nax_layer *shape = &e->net->layers[l];
    if (shape->residual == NAX_FROM_NONE)
        return NULL;
    const char *residual = output_of(e, w, shape->residual);
    if (!nax_shortcut_is_needed(e->net, shape))
        return residual;
    nax_shortcut_forward(e->net, shape, n, e->kernel->size, residual, workspace);
    return workspace;
}

/* A convolution that does batch norm, residual and ReLU itself; the residual lies where y will. */
static int run_finished(const struct eval *e, const struct workspace *w, size_t l, size_t n)
{
    const struct nax_layer *shape = &e->net->layers[l];
    const struct conv *conv = e->layer[l].conv;
    char *y = output_of(e, w, (int)l);
    const char *residual = residual_of(e, w, l, n, y);
    if (residual && residual != y)
        memcpy(y, residual, n * nax_layer_n_out(shape) * e->kernel->size);
    return conv->engine->forward(conv, output_of(e, w, shape->input), y, w->scratch);
}

/* y = x ∗ weight, of the kind of activations that the layer computes in */
static int multiply(const struct eval *e, const struct workspace *w, size_t l, size_t first,
                    size_t n, const void *x, void *y)
{
    const struct conv *conv = e->layer[l].conv;
    const struct nax_linop *op = linop_of(e, l);
    int status = 0;
    if (op->forward)
        status = op->forward(op->self, n, x, y, first, w->scratch);
    else if (conv)
        status = conv->engine->forward(conv, x, y, w->scratch);
    else
        nax_linear_forward(&e->net->layers[l], n, x, weight_of(e, l), y);
    if (op->correct && !status)
        op->correct(op->self, n, y, first);
    if (e->options->tap)
        e->options->tap->layer(e->options->tap->self, l, first, n, x, y);
    return status;
}

/* Whether the layer computes in floats though activations are bf16. */
static bool is_in_float(const struct eval *e, size_t l)
{
    switch (e->net->layers[l].kind) {
    case NAX_LAYER_CONV: /* unless its product is made another way */
        return !e->layer[l].conv;
    case NAX_LAYER_LINEAR:
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
    case NAX_LAYER_ACTIVATION:
        return true;
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
    case NAX_LAYER_BATCH_NORM:
        break;
    }
    return false;
}

/* In the order of the definition. */
static int run_in_steps(const struct eval *e, const struct workspace *w, size_t l, size_t first,
                        size_t n)
{
    const struct nax_layer *shape = &e->net->layers[l];
    const struct eval_layer *layer = &e->layer[l];
    const bool is_wide = is_in_float(e, l);
    const struct nn_kernels *kernel = is_wide ? nax_nn_kernels(false) : e->kernel;
    const struct nn_kernels *to_kernel =
        l + 1 < e->net->n_layers ? e->kernel : nax_nn_kernels(false);
    const void *x = output_of(e, w, shape->input);
    char *out = output_of(e, w, (int)l);
    void *y = out;
    if (is_wide) {
        x = nn_widen(e->kernel, n * nax_layer_n_in(shape), x, w->input);
        y = nn_target(to_kernel, out, w->output);
    }
    int status = 0;
    switch (shape->kind) {
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
        nax_pool_forward(shape, n, x, y);
        break;
    case NAX_LAYER_ACTIVATION:
        nax_activation_forward(shape, n * nax_layer_n_out(shape), x, y);
        break;
    case NAX_LAYER_CONCAT:
        nax_concat_forward(shape, n, kernel->size, x, output_of(e, w, shape->residual), y);
        break;
    case NAX_LAYER_CONV:
    case NAX_LAYER_LINEAR:
        status = multiply(e, w, l, first, n, x, y);
        if (status)
            return status;
        x = y;
        /* fall through */
    case NAX_LAYER_ADD:
    case NAX_LAYER_BATCH_NORM:
        kernel->normalise(n * shape->h_out * shape->w_out, shape->c_out, x, layer->scale,
                          layer->offset, residual_of(e, w, l, n, w->residual), shape->has_relu, y);
        break;
    }
    if (is_wide)
        nn_narrow(to_kernel, n * nax_layer_n_out(shape), y, out);
    return 0;
}

static void load_image(const struct eval *e, const struct workspace *w, size_t b, size_t image)
{
    char *to = w->image + b * image_size(e) * e->kernel->size;
    float *workspace = nn_target(e->kernel, to, w->input);
    nax_image_load(&e->table, e->images, image, 0, 0, false, workspace);
    nn_narrow(e->kernel, image_size(e), workspace, to);
}

/* The image that an evaluation comes to as its i-th: one from each of n_images equal parts, at a
 * place that no period of the classes falls in with: the fraction of i times the golden ratio. */
static size_t image_at(const struct eval *e, size_t i)
{
    if (e->options->index)
        return e->options->index[i];
    double place = (double)i * 0.6180339887498949;
    return (size_t)(((double)i + place - floor(place)) * (double)e->images->n /
                    (double)e->n_images);
}

struct tally {
    double loss;
    size_t n_right;
};

static void count(const struct eval *e, const float *logits, size_t first, size_t n,
                  struct tally *tally)
{
    size_t c = e->net->n_classes;
    for (size_t b = 0; b < n; b++, logits += c) {
        size_t label = (size_t)e->images->labels[image_at(e, first + b)], best = 0;
        double total = 0;
        for (size_t k = 1; k < c; k++)
            if (logits[k] > logits[best])
                best = k;
        for (size_t k = 0; k < c; k++)
            total += exp((double)logits[k] - (double)logits[best]);
        tally->loss += log(total) + (double)logits[best] - (double)logits[label];
        tally->n_right += best == label;
    }
}

/* What the network puts out for a chunk. */
static void keep(const struct eval *e, const float *logits, size_t first, size_t n)
{
    size_t c = e->net->n_classes;
    if (e->options->logits)
        memcpy(e->options->logits + first * c, logits, n * c * sizeof *logits);
}

static int run_chunk(const struct eval *e, const struct workspace *w, size_t first,
                     struct tally *tally, struct nax_err *err)
{
    size_t n = NAX_MIN(e->n_images - first, NAX_CHUNK);
    if (nax_is_stopped())
        return nax_err_set(err, NAX_ERR_STOPPED, "stopped: 'network %s'", e->net->name);
    for (size_t b = 0; b < n; b++)
        load_image(e, w, b, image_at(e, first + b));
    for (size_t l = 0; l < e->net->n_layers; l++) {
        int status = is_finished(e, l) ? run_finished(e, w, l, n) : run_in_steps(e, w, l, first, n);
        if (status)
            return nax_err_set(err, (enum nax_status)status, "product failed: 'layer %s'",
                               e->net->layers[l].name);
    }
    const float *logits = (const float *)(const void *)output_of(e, w, (int)e->net->n_layers - 1);
    keep(e, logits, first, n);
    count(e, logits, first, n, tally);
    return 0;
}

/* Chunks are dealt to ranks, unless somebody looks on, who wants to see them all. */
static bool is_dealt(const struct eval *e)
{
    return nax_ranks() > 1 && !e->options->tap;
}

/* The first chunk of a rank's; of nax_ranks(): n_chunks. */
static size_t chunk_of(size_t n_chunks, int rank)
{
    return n_chunks * (size_t)rank / (size_t)nax_ranks();
}

/* What every rank found is everybody's. */
static int gather(const struct eval *e, size_t n_chunks, struct tally *tally, int status,
                  struct nax_err *err)
{
    size_t n_ranks = (size_t)nax_ranks(), size = e->net->n_classes * sizeof *e->options->logits;
    if (!is_dealt(e))
        return status;
    size_t *n = nax_calloc(n_ranks, sizeof *n);
    if (!n && !status)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", e->net->name);
    status = nax_ranks_agree(status, err);
    if (status) {
        free(n);
        return status;
    }
    for (size_t r = 0; r < n_ranks; r++)
        n[r] = (chunk_of(n_chunks, (int)r + 1) - chunk_of(n_chunks, (int)r)) * sizeof *tally;
    nax_ranks_gather(tally, n);
    for (size_t r = 0; r < n_ranks; r++)
        n[r] = (NAX_MIN(chunk_of(n_chunks, (int)r + 1) * NAX_CHUNK, e->n_images) -
                chunk_of(n_chunks, (int)r) * NAX_CHUNK) *
               size;
    if (e->options->logits)
        nax_ranks_gather(e->options->logits, n);
    free(n);
    return 0;
}

/* tally: [n_chunks] */
static int run(const struct eval *e, size_t n_chunks, struct tally *tally, struct nax_err *err)
{
    const int rank = nax_ranks_own();
    const size_t first = is_dealt(e) ? chunk_of(n_chunks, rank) : 0;
    const size_t end = is_dealt(e) ? chunk_of(n_chunks, rank + 1) : n_chunks;
    int status = 0;
#pragma omp parallel num_threads(nax_threads())
    {
        struct workspace w = {0};
        struct nax_err own = {0};
        int own_status = workspace_alloc(&w, e, &own);
#pragma omp for schedule(dynamic)
        for (size_t chunk = first; chunk < end; chunk++)
            if (!own_status)
                own_status = run_chunk(e, &w, chunk * NAX_CHUNK, &tally[chunk], &own);
        nax_aligned_free(w.image);
        nax_err_keep_first(&status, err, &own);
    }
    return gather(e, n_chunks, tally, status, err);
}

int nax_images_fit(const struct nax_network *net, const struct nax_images *images,
                   struct nax_err *err)
{
    if (images->height != net->height || images->width != net->width ||
        images->channels != net->channels)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "network '%s' takes images of %zux%zux%zu, the data set has %zux%zux%zu",
                           net->name, net->height, net->width, net->channels, images->height,
                           images->width, images->channels);
    for (size_t i = 0; i < images->n; i++)
        if ((size_t)images->labels[i] >= net->n_classes) /* negative ones are huge here */
            return nax_err_set(err, NAX_ERR_VALUE,
                               "network '%s' has %zu classes, image %zu has label %d", net->name,
                               net->n_classes, i, (int)images->labels[i]);
    return 0;
}

int nax_model_eval(const struct nax_model *model, const struct nax_images *images,
                   const struct nax_eval *options, struct nax_score *score, struct nax_err *err)
{
    static const struct nax_eval everything;
    struct eval e = {.model = model,
                     .net = model->net,
                     .images = images,
                     .options = options ? options : &everything};
    e.kernel = nax_nn_kernels(e.options->is_bf16);
    e.n_images = e.options->n_images;
    if (!e.options->index && (!e.n_images || e.n_images > images->n))
        e.n_images = images->n;
    *score = (struct nax_score){.n_images = e.n_images};
    if (!e.n_images)
        return nax_err_set(err, NAX_ERR_VALUE, "no images to evaluate on: 'network %s'",
                           e.net->name);
    int status = nax_images_fit(e.net, images, err);
    if (status)
        return status;
    nax_pixel_table_make(&e.table, images->channels, model->pixel_mean, model->pixel_sd);
    size_t n_chunks = NAX_CEIL_DIV(e.n_images, NAX_CHUNK);
    struct tally *tally = nax_calloc(n_chunks, sizeof *tally);
    status = tally ? prepare(&e, err) : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'scores'");
    if (!status)
        status = run(&e, n_chunks, tally, err);
    size_t n_right = 0;
    for (size_t chunk = 0; !status && chunk < n_chunks; chunk++) {
        score->loss += tally[chunk].loss / (double)score->n_images;
        n_right += tally[chunk].n_right;
    }
    score->accuracy = (double)n_right / (double)score->n_images;
    free(tally);
    release(&e);
    return status;
}
