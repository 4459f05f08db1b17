/* Expansion of a network file, with chosen kernels, into the flat list of layers. */
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    size_t h, w, c;
};

struct builder {
    const struct nax_network_file *file;
    const int64_t *kernel; /* [n_slots], 0 = skipped, or NULL: as in the file */
    struct slot *slots;    /* notes of the slots, or NULL */
    struct nax_network *net;
    struct nax_err *err;
    size_t n_stages;
    int at;             /* layer whose output comes next, or NAX_FROM_IMAGE */
    struct shape shape; /* of that output */
};

static int fail(struct builder *b, const char *name, const char *what)
{
    return nax_err_set(b->err, NAX_ERR_VALUE, "%s: '%s' of network '%s'", what, name,
                       b->file->name);
}

/* Pools pass on what they read. */
static bool is_signed_source(const struct nax_network *net, int source)
{
    if (source < 0)
        return true;
    const struct nax_layer *l = &net->layers[source];
    return nax_layer_kind_row(l)->has_weights ? !l->has_relu : l->is_input_signed;
}

/* Along an axis of n pixels. */
static size_t n_windows(const struct nax_layer *layer, int axis, size_t n)
{
    size_t all = layer->pad[axis] + n + layer->pad[2 + axis];
    size_t span = layer->dilation[axis] * (layer->kernel[axis] - 1) + 1;
    return all < span ? 0 : (all - span) / layer->stride[axis] + 1;
}

/* Appends a layer that reads the current output, computes its output shape and moves on to it. */
static int add(struct builder *b, struct nax_layer layer, const char *name)
{
    struct nax_network *net = b->net;
    if (net->n_layers == NAX_NETWORK_LAYERS_MAX)
        return fail(b, name, "more than 1024 layers");
    snprintf(layer.name, sizeof layer.name, "%s", name);
    layer.input = b->at;
    layer.is_input_signed = is_signed_source(net, b->at);
    if (layer.kind == NAX_LAYER_LINEAR) {
        if (b->shape.c > NAX_LAYER_SIZE_MAX / (b->shape.h * b->shape.w))
            return fail(b, name, "more than 2^30 inputs");
        b->shape = (struct shape){1, 1, b->shape.h * b->shape.w * b->shape.c};
    }
    layer.h_in = b->shape.h;
    layer.w_in = b->shape.w;
    layer.c_in = b->shape.c;
    layer.is_global = layer.kernel[0] == 0;
    if (layer.is_global) {
        layer.kernel[0] = layer.stride[0] = layer.h_in;
        layer.kernel[1] = layer.stride[1] = layer.w_in;
    }
    layer.h_out = n_windows(&layer, 0, layer.h_in);
    layer.w_out = n_windows(&layer, 1, layer.w_in);
    if (!layer.h_out || !layer.w_out)
        return fail(b, name, "window larger than the image");
    bool has_weights = nax_layer_kind_row(&layer)->has_weights;
    if (!has_weights)
        layer.c_out = layer.c_in;
    size_t n_outputs = layer.h_out * layer.w_out;
    if (layer.c_out > NAX_LAYER_SIZE_MAX / n_outputs)
        return fail(b, name, "more than 2^30 outputs");
    if (has_weights && nax_layer_n_rows(&layer) > NAX_LAYER_SIZE_MAX / layer.c_out)
        return fail(b, name, "more than 2^30 weights");
    b->shape = (struct shape){layer.h_out, layer.w_out, layer.c_out};
    b->at = (int)net->n_layers;
    net->layers[net->n_layers++] = layer;
    return 0;
}

static struct nax_layer conv_layer(int64_t kernel, int64_t stride, int64_t out)
{
    struct nax_layer layer = {.kind = NAX_LAYER_CONV,
                              .role = NAX_ROLE_BODY,
                              .slot = -1,
                              .residual = NAX_FROM_NONE,
                              .has_batch_norm = true,
                              .epsilon = NAX_BATCH_NORM_EPSILON,
                              .stride = {(size_t)stride, (size_t)stride},
                              .dilation = {1, 1},
                              .groups = 1,
                              .c_out = (size_t)out};
    nax_layer_set_kernel(&layer, (size_t)kernel);
    return layer;
}

/* Takes the next slot: its number and its chosen kernel, 0 when it is skipped. */
static int take_slot(struct builder *b, const char *name, const struct slot *own, int *slot,
                     int64_t *kernel)
{
    size_t s = b->net->n_slots;
    if (s == NAX_NETWORK_SLOTS_MAX)
        return fail(b, name, "more than 256 searched layers");
    *kernel = b->kernel ? b->kernel[s] : own->kernel;
    if (own->is_kernel_own && *kernel && *kernel != own->kernel)
        return nax_err_set(b->err, NAX_ERR_VALUE,
                           "kernel is not %lld, its own: '%s' of network '%s'",
                           (long long)own->kernel, name, b->file->name);
    if (!own->is_kernel_own &&
        (*kernel < 0 || *kernel > NAX_KERNEL_MAX || (*kernel && *kernel % 2 == 0)))
        return fail(b, name, "kernel is not 0 or an odd number up to 31");
    if (!*kernel && !own->can_skip)
        return fail(b, name, "cannot be skipped: its input and output differ in shape");
    if (b->slots) {
        b->slots[s] = *own;
        snprintf(b->slots[s].name, sizeof b->slots[s].name, "%.63s", name);
    }
    if (!*kernel)
        snprintf(b->net->skipped[b->net->n_skipped++], sizeof *b->net->skipped, "%.63s", name);
    *slot = (int)s;
    b->net->n_slots++;
    return 0;
}

/* The convolution that the entry says, by its own kernel. */
static int entry_conv(struct builder *b, const struct entry *e, struct nax_layer *layer)
{
    bool is_depthwise = !e->out;
    *layer = conv_layer(1, 1, is_depthwise ? (int64_t)b->shape.c : e->out);
    for (int i = 0; i < 2; i++) {
        layer->kernel[i] = (size_t)e->kernel[i];
        layer->stride[i] = (size_t)e->stride[i];
        layer->dilation[i] = (size_t)e->dilation[i];
    }
    for (int i = 0; i < 4; i++)
        layer->pad[i] = (size_t)e->pad[i];
    layer->groups = e->groups ? (size_t)e->groups : b->shape.c;
    layer->has_batch_norm = e->has_batch_norm;
    layer->has_bias = e->has_bias;
    layer->epsilon = e->epsilon;
    layer->role = e->role;
    layer->has_relu = e->has_relu;
    if (is_depthwise && layer->groups != b->shape.c)
        return nax_err_set(b->err, NAX_ERR_VALUE,
                           "%zu groups of %zu channels need 'out': '%s' of network '%s'",
                           layer->groups, b->shape.c, e->name, b->file->name);
    if (b->shape.c % layer->groups || layer->c_out % layer->groups)
        return nax_err_set(b->err, NAX_ERR_VALUE,
                           "%zu groups do not divide %zu channels and %zu outputs: '%s' of network "
                           "'%s'",
                           layer->groups, b->shape.c, layer->c_out, e->name, b->file->name);
    return 0;
}

static int add_conv(struct builder *b, const struct entry *e)
{
    struct nax_layer layer;
    int64_t kernel;
    int status = entry_conv(b, e, &layer);
    if (status)
        return status;
    bool can_skip = n_windows(&layer, 0, b->shape.h) == b->shape.h &&
                    n_windows(&layer, 1, b->shape.w) == b->shape.w && layer.stride[0] == 1 &&
                    layer.stride[1] == 1 && layer.c_out == b->shape.c;
    if (e->is_searched) {
        const struct slot own = {.kernel = e->kernel[0],
                                 .can_skip = can_skip,
                                 .is_kernel_own = !nax_layer_is_same(&layer)};
        status = take_slot(b, e->name, &own, &layer.slot, &kernel);
        if (status || !kernel)
            return status;
        if (!own.is_kernel_own)
            nax_layer_set_kernel(&layer, (size_t)kernel);
    }
    return add(b, layer, e->name);
}

/* conv – ReLU – conv, plus the shortcut, ReLU (He et al., CVPR 2016, figure 2). */
static int add_block(struct builder *b, const struct entry *e, const char *name, int64_t stride)
{
    const struct shape in = b->shape;
    const int from = b->at;
    const bool is_changed = stride != 1 || (size_t)e->out != in.c;
    char part[2][NAX_LAYER_NAME_SIZE], shortcut[NAX_LAYER_NAME_SIZE];
    int status, slot[2], residual = from;
    int64_t kernel[2];
    snprintf(shortcut, sizeof shortcut, "%.60ssc", name);
    for (int i = 0; i < 2; i++) {
        snprintf(part[i], sizeof part[i], "%.60sc%d", name, i + 1);
        const struct slot own = {.kernel = e->kernel[0], .can_skip = i || !is_changed};
        status = take_slot(b, part[i], &own, &slot[i], &kernel[i]);
        if (status)
            return status;
    }
    if (!kernel[0] && !kernel[1])
        return 0;
    if (is_changed && e->has_conv_shortcut) {
        struct nax_layer layer = conv_layer(1, stride, e->out);
        layer.role = NAX_ROLE_SHORTCUT;
        if ((status = add(b, layer, shortcut)))
            return status;
        residual = b->at;
        b->at = from;
        b->shape = in;
    } else if (is_changed) {
        if ((size_t)e->out < in.c)
            return fail(b, name, "a padded shortcut cannot lose channels");
        if (in.h % (size_t)stride || in.w % (size_t)stride)
            return fail(b, name, "a padded shortcut needs a size that the stride divides");
    }
    for (int i = 0; i < 2; i++) {
        if (!kernel[i])
            continue;
        struct nax_layer layer = conv_layer(kernel[i], i ? 1 : stride, e->out);
        layer.slot = slot[i];
        layer.has_relu = true;
        layer.residual = i || !kernel[1] ? residual : NAX_FROM_NONE;
        if ((status = add(b, layer, part[i])))
            return status;
    }
    return 0;
}

static int add_stage(struct builder *b, const struct entry *e)
{
    int status = 0;
    for (int64_t i = 0; i < e->blocks && !status; i++) {
        char name[NAX_LAYER_NAME_SIZE];
        snprintf(name, sizeof name, "%.50sb%d", e->name, (int)i + 1);
        status = add_block(b, e, name, i ? 1 : e->stride[0]);
    }
    return status;
}

static int add_pool(struct builder *b, const struct entry *e)
{
    struct nax_layer layer = conv_layer(1, 1, 1);
    for (int i = 0; i < 2; i++) {
        layer.kernel[i] = (size_t)e->kernel[i];
        layer.stride[i] = (size_t)e->stride[i];
    }
    layer.kind = e->pool;
    layer.role = NAX_ROLE_POOL;
    layer.has_batch_norm = false;
    memset(layer.pad, 0, sizeof layer.pad);
    return add(b, layer, e->name);
}

static int add_linear(struct builder *b, const struct entry *e)
{
    struct nax_layer layer = conv_layer(1, 1, e->out);
    layer.kind = NAX_LAYER_LINEAR;
    layer.has_batch_norm = false;
    layer.has_bias = true;
    layer.role = e->role;
    layer.has_relu = e->has_relu;
    if (e->is_searched) { /* its crossbar alone; it is always there */
        const struct slot own = {.kernel = 1, .is_kernel_own = true};
        int64_t kernel;
        int status = take_slot(b, e->name, &own, &layer.slot, &kernel);
        if (status)
            return status;
    }
    return add(b, layer, e->name);
}

static int add_entry(struct builder *b, const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_CONV:
        return add_conv(b, e);
    case ENTRY_STAGE:
        return add_stage(b, e);
    case ENTRY_POOL:
        return add_pool(b, e);
    case ENTRY_LINEAR:
        break;
    }
    return add_linear(b, e);
}

int nax_network_expand(struct nax_network **net, const struct nax_network_file *file,
                       const int64_t *kernel, struct slot *slots, size_t *entry,
                       struct nax_err *err)
{
    struct nax_network *n = nax_calloc(1, sizeof *n);
    struct nax_layer *layers = nax_calloc(NAX_NETWORK_LAYERS_MAX, sizeof *layers);
    char(*skipped)[NAX_LAYER_NAME_SIZE] = nax_calloc(NAX_NETWORK_SLOTS_MAX, sizeof *skipped);
    if (!n || !layers || !skipped) {
        free(n);
        free(layers);
        free(skipped);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", file->name);
    }
    n->layers = layers;
    n->skipped = skipped;
    snprintf(n->name, sizeof n->name, "%s", file->name);
    n->height = file->height;
    n->width = file->width;
    n->channels = file->channels;
    n->n_classes = file->n_classes;
    struct builder b = {.file = file,
                        .kernel = kernel,
                        .slots = slots,
                        .net = n,
                        .err = err,
                        .at = NAX_FROM_IMAGE,
                        .shape = {n->height, n->width, n->channels}};
    int status = 0;
    for (*entry = 0; *entry < file->n_entries; ++*entry)
        if ((status = add_entry(&b, &file->entries[*entry])))
            break;
    if (status) {
        nax_network_free(n);
        return status;
    }
    *net = n;
    return 0;
}

int nax_network_build(struct nax_network **net, const struct nax_network_file *file,
                      const int64_t *kernel, struct nax_err *err)
{
    size_t entry;
    return nax_network_expand(net, file, kernel, NULL, &entry, err);
}

void nax_network_free(struct nax_network *net)
{
    if (!net)
        return;
    free(net->layers);
    free(net->skipped);
    free(net);
}
