/* Expansion of a network file, with chosen kernels, into the flat list of layers. */
#include "file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shape {
    size_t h, w, c;
};

/* What an entry leaves for those behind it. */
struct output {
    int at; /* layer, or NAX_FROM_IMAGE */
    struct shape shape;
    /* may be negative in this design or in one that skips other convolutions: what joins take, so
     * that the sign of their outputs does not depend on it */
    bool is_signed;
    size_t n_layers; /* of the network up to and with this entry */
};

struct builder {
    const struct nax_network_file *file;
    const int64_t *kernel; /* [n_slots], 0 = skipped, or NULL: as in the file */
    struct slot *slots;    /* notes of the slots, or NULL */
    struct nax_network *net;
    struct nax_err *err;
    size_t n_stages;
    struct output *outputs; /* [n_entries], of those that are built */
    struct output now;      /* what comes next reads this */
};

static int fail(struct builder *b, const char *name, const char *what)
{
    return nax_err_set(b->err, NAX_ERR_VALUE, "%s: '%s' of network '%s'", what, name,
                       b->file->name);
}

static bool is_signed_source(const struct nax_network *net, int source)
{
    return source < 0 || net->layers[source].is_output_signed;
}

/* residual_is_signed: in this or another design */
static bool is_signed_output(const struct builder *b, const struct nax_layer *layer,
                             bool residual_is_signed)
{
    switch (layer->kind) {
    case NAX_LAYER_POOL_MAX:
    case NAX_LAYER_POOL_MEAN:
        return layer->is_input_signed;
    case NAX_LAYER_ACTIVATION:
        return nax_activation_row(layer->activation)->is_signed;
    case NAX_LAYER_ADD:
    case NAX_LAYER_CONCAT:
        return !layer->has_relu && (b->now.is_signed || residual_is_signed);
    case NAX_LAYER_CONV:
    case NAX_LAYER_LINEAR:
    case NAX_LAYER_BATCH_NORM:
        break;
    }
    return !layer->has_relu;
}

/* Along an axis of n pixels. */
static size_t n_windows(const struct nax_layer *layer, int axis, size_t n)
{
    size_t all = layer->pad[axis] + n + layer->pad[2 + axis];
    size_t span = layer->dilation[axis] * (layer->kernel[axis] - 1) + 1;
    return all < span ? 0 : (all - span) / layer->stride[axis] + 1;
}

/* One more where pixels are left over and it does not begin behind the image. */
static size_t n_windows_up(const struct nax_layer *layer, int axis, size_t n)
{
    size_t n_down = n_windows(layer, axis, n), next = n_down * layer->stride[axis];
    size_t covered = n_down ? next - layer->stride[axis] + layer->kernel[axis] : 0;
    bool has_more = n_down && covered < layer->pad[axis] + n + layer->pad[2 + axis] &&
                    next < layer->pad[axis] + n;
    return n_down + has_more;
}

/* Appends a layer that reads the current output, computes its output shape and moves on to it. */
static int add_with(struct builder *b, struct nax_layer layer, const char *name,
                    const struct output *residual, bool is_ceil)
{
    struct nax_network *net = b->net;
    if (net->n_layers == NAX_NETWORK_LAYERS_MAX)
        return fail(b, name, "more than 1024 layers");
    snprintf(layer.name, sizeof layer.name, "%s", name);
    layer.input = b->now.at;
    layer.is_input_signed = is_signed_source(net, b->now.at);
    if (residual)
        layer.residual = residual->at;
    if (layer.kind == NAX_LAYER_LINEAR) {
        if (b->now.shape.c > NAX_LAYER_SIZE_MAX / (b->now.shape.h * b->now.shape.w))
            return fail(b, name, "more than 2^30 inputs");
        b->now.shape = (struct shape){1, 1, b->now.shape.h * b->now.shape.w * b->now.shape.c};
    }
    layer.h_in = b->now.shape.h;
    layer.w_in = b->now.shape.w;
    layer.c_in = b->now.shape.c;
    layer.is_global = layer.kernel[0] == 0;
    if (layer.is_global) {
        layer.kernel[0] = layer.stride[0] = layer.h_in;
        layer.kernel[1] = layer.stride[1] = layer.w_in;
    }
    layer.h_out = (is_ceil ? n_windows_up : n_windows)(&layer, 0, layer.h_in);
    layer.w_out = (is_ceil ? n_windows_up : n_windows)(&layer, 1, layer.w_in);
    if (!layer.h_out || !layer.w_out)
        return fail(b, name, "window larger than the image");
    bool has_weights = nax_layer_kind_row(&layer)->has_weights;
    if (!has_weights)
        layer.c_out = layer.c_in;
    if (layer.kind == NAX_LAYER_CONCAT)
        layer.c_out += residual->shape.c;
    size_t n_outputs = layer.h_out * layer.w_out;
    if (layer.c_out > NAX_LAYER_SIZE_MAX / n_outputs)
        return fail(b, name, "more than 2^30 outputs");
    if (has_weights && nax_layer_n_rows(&layer) > NAX_LAYER_SIZE_MAX / layer.c_out)
        return fail(b, name, "more than 2^30 weights");
    layer.is_output_signed = is_signed_output(b, &layer, residual && residual->is_signed);
    if (!nax_layer_kind_row(&layer)->passes_sign)
        b->now.is_signed = layer.is_output_signed;
    b->now.shape = (struct shape){layer.h_out, layer.w_out, layer.c_out};
    b->now.at = (int)net->n_layers;
    net->layers[net->n_layers++] = layer;
    return 0;
}

static int add(struct builder *b, struct nax_layer layer, const char *name)
{
    return add_with(b, layer, name, NULL, false);
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

/* What has neither weights nor a window. */
static struct nax_layer digital_layer(enum nax_layer_kind kind)
{
    struct nax_layer layer = conv_layer(1, 1, 1);
    layer.kind = kind;
    layer.role = NAX_ROLE_DIGITAL;
    layer.has_batch_norm = false;
    return layer;
}

static struct output of_image(const struct nax_network *net)
{
    return (struct output){NAX_FROM_IMAGE, {net->height, net->width, net->channels}, true, 0};
}

static struct output source_output(const struct builder *b, const struct entry_source *source)
{
    return source->entry >= 0 ? b->outputs[source->entry] : of_image(b->net);
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
    *layer = conv_layer(1, 1, is_depthwise ? (int64_t)b->now.shape.c : e->out);
    for (int i = 0; i < 2; i++) {
        layer->kernel[i] = (size_t)e->kernel[i];
        layer->stride[i] = (size_t)e->stride[i];
        layer->dilation[i] = (size_t)e->dilation[i];
    }
    for (int i = 0; i < 4; i++)
        layer->pad[i] = (size_t)e->pad[i];
    layer->groups = e->groups ? (size_t)e->groups : b->now.shape.c;
    layer->has_batch_norm = e->has_batch_norm;
    layer->has_bias = e->has_bias;
    layer->epsilon = e->epsilon;
    layer->role = e->role;
    layer->has_relu = e->has_relu;
    if (is_depthwise && layer->groups != b->now.shape.c)
        return nax_err_set(b->err, NAX_ERR_VALUE,
                           "%zu groups of %zu channels need 'out': '%s' of network '%s'",
                           layer->groups, b->now.shape.c, e->name, b->file->name);
    if (b->now.shape.c % layer->groups || layer->c_out % layer->groups)
        return nax_err_set(b->err, NAX_ERR_VALUE,
                           "%zu groups do not divide %zu channels and %zu outputs: '%s' of network "
                           "'%s'",
                           layer->groups, b->now.shape.c, layer->c_out, e->name, b->file->name);
    return 0;
}

/* What the entry's activation is besides a ReLU: a layer of its own behind what was just added. */
static int add_activation(struct builder *b, enum nax_activation activation, float slope,
                          const char *name)
{
    char with[NAX_LAYER_NAME_SIZE];
    struct nax_layer layer = digital_layer(NAX_LAYER_ACTIVATION);
    layer.activation = activation;
    layer.slope = activation == NAX_ACTIVATION_LEAKY_RELU ? slope : 0;
    snprintf(with, sizeof with, "%.63s.act", name);
    return activation ? add(b, layer, with) : 0;
}

/* Whether the residual has the shape that the layer is about to have, or goes into it as a padded
 * shortcut does (see struct nax_layer). */
static int check_added(struct builder *b, const struct entry *e, const struct nax_layer *layer,
                       const struct output *residual)
{
    const struct shape *r = &residual->shape;
    const size_t h = n_windows(layer, 0, b->now.shape.h), w = n_windows(layer, 1, b->now.shape.w);
    if (r->h == h && r->w == w && r->c == layer->c_out)
        return 0;
    if (!e->has_padded_shortcut)
        return fail(b, e->name, "what is added has another shape");
    if (r->c > layer->c_out)
        return fail(b, e->name, "a padded shortcut cannot lose channels");
    if (!h || !w || r->h % h || r->w % w)
        return fail(b, e->name, "a padded shortcut needs a size that the stride divides");
    return 0;
}

static int add_conv(struct builder *b, const struct entry *e)
{
    struct nax_layer layer;
    const struct output *residual = NULL, before = b->now;
    struct output added;
    int64_t kernel;
    int status = entry_conv(b, e, &layer);
    if (!status && e->is_added) {
        added = source_output(b, &b->file->sources[e->first_source + e->n_sources]);
        residual = &added;
        status = check_added(b, e, &layer, residual);
    }
    if (status)
        return status;
    bool can_skip = n_windows(&layer, 0, b->now.shape.h) == b->now.shape.h &&
                    n_windows(&layer, 1, b->now.shape.w) == b->now.shape.w &&
                    layer.stride[0] == 1 && layer.stride[1] == 1 && layer.c_out == b->now.shape.c &&
                    !residual && !e->activation;
    if (e->is_searched) {
        const struct slot own = {.kernel = e->kernel[0],
                                 .can_skip = can_skip,
                                 .is_kernel_own = !nax_layer_is_same(&layer)};
        status = take_slot(b, e->name, &own, &layer.slot, &kernel);
        b->now.is_signed |= can_skip && !layer.has_relu;
        if (status || !kernel)
            return status;
        if (!own.is_kernel_own)
            nax_layer_set_kernel(&layer, (size_t)kernel);
    }
    status = add_with(b, layer, e->name, residual, false);
    b->now.is_signed |= e->is_searched && can_skip && before.is_signed;
    return status ? status : add_activation(b, e->activation, e->slope, e->name);
}

/* The shortcut of a block from `before` that changes the shape: a 1×1 convolution, or what a layer
 * does by itself (see struct nax_layer). */
static int add_shortcut(struct builder *b, const struct entry *e, const char *name, int64_t stride,
                        struct output *shortcut)
{
    const struct output before = b->now;
    char with[NAX_LAYER_NAME_SIZE];
    *shortcut = before;
    if (e->has_conv_shortcut) {
        struct nax_layer layer = conv_layer(1, stride, e->out);
        layer.role = NAX_ROLE_SHORTCUT;
        snprintf(with, sizeof with, "%.60ssc", name);
        int status = add(b, layer, with);
        *shortcut = b->now;
        b->now = before;
        return status;
    }
    if ((size_t)e->out < before.shape.c)
        return fail(b, name, "a padded shortcut cannot lose channels");
    if (before.shape.h % (size_t)stride || before.shape.w % (size_t)stride)
        return fail(b, name, "a padded shortcut needs a size that the stride divides");
    return 0;
}

static bool is_changed(const struct builder *b, const struct entry *e, int64_t stride)
{
    return stride != 1 || (size_t)e->out != b->now.shape.c;
}

/* conv – ReLU – conv, plus the shortcut, ReLU (He et al., CVPR 2016, figure 2). */
static int add_basic(struct builder *b, const struct entry *e, const char *name, int64_t stride)
{
    const struct output before = b->now;
    const bool is_new = is_changed(b, e, stride);
    struct output shortcut = before;
    char part[2][NAX_LAYER_NAME_SIZE];
    int status, slot[2];
    int64_t kernel[2];
    for (int i = 0; i < 2; i++) {
        snprintf(part[i], sizeof part[i], "%.60sc%d", name, i + 1);
        const struct slot own = {.kernel = e->kernel[0], .can_skip = i || !is_new};
        status = take_slot(b, part[i], &own, &slot[i], &kernel[i]);
        if (status)
            return status;
    }
    if (!kernel[0] && !kernel[1])
        return 0;
    if (is_new && (status = add_shortcut(b, e, name, stride, &shortcut)))
        return status;
    for (int i = 0; i < 2; i++) {
        if (!kernel[i])
            continue;
        struct nax_layer layer = conv_layer(kernel[i], i ? 1 : stride, e->out);
        layer.slot = slot[i];
        layer.has_relu = true;
        status = add_with(b, layer, part[i], i || !kernel[1] ? &shortcut : NULL, false);
        if (status)
            return status;
    }
    b->now.is_signed |= !is_new && before.is_signed;
    return 0;
}

/* One of a block's convolutions, with batch norm; that which is searched has the kernel of its
 * slot. */
static int add_part(struct builder *b, const struct entry *e, const char *name,
                    struct nax_layer layer, bool is_searched, const struct output *residual)
{
    if (is_searched) {
        const struct slot own = {.kernel = e->kernel[0]};
        int64_t kernel;
        int status = take_slot(b, name, &own, &layer.slot, &kernel);
        if (status)
            return status;
        nax_layer_set_kernel(&layer, (size_t)kernel);
    }
    return add_with(b, layer, name, residual, false);
}

/* 1×1 – ReLU – conv – ReLU – 1×1, plus the shortcut, ReLU (He et al., CVPR 2016, figure 5), the
 * stride at the convolution between. */
static int add_bottleneck(struct builder *b, const struct entry *e, const char *name,
                          int64_t stride)
{
    struct output shortcut = b->now;
    int status = is_changed(b, e, stride) ? add_shortcut(b, e, name, stride, &shortcut) : 0;
    for (int i = 0; i < 3 && !status; i++) {
        char part[NAX_LAYER_NAME_SIZE];
        struct nax_layer layer =
            conv_layer(1, i == 1 ? stride : 1, i < 2 ? e->out / e->expand : e->out);
        layer.has_relu = true;
        snprintf(part, sizeof part, "%.60sc%d", name, i + 1);
        status = add_part(b, e, part, layer, i == 1, i == 2 ? &shortcut : NULL);
    }
    return status;
}

/* 1×1 that widens (none where it would not) – ReLU6 – depthwise – ReLU6 – 1×1, plus what the block
 * reads where that has the same shape (Sandler et al., CVPR 2018, figure 3b and table 1). */
static int add_inverted(struct builder *b, const struct entry *e, const char *name, int64_t stride)
{
    const struct output before = b->now;
    const int64_t width = (int64_t)before.shape.c * e->expand;
    const bool is_new = is_changed(b, e, stride);
    int status = 0;
    if (width > NAX_WIDTH_MAX)
        return fail(b, name, "more than 65536 channels inside");
    for (int i = e->expand == 1; i < 3 && !status; i++) {
        char part[NAX_LAYER_NAME_SIZE];
        struct nax_layer layer = conv_layer(1, i == 1 ? stride : 1, i < 2 ? width : e->out);
        layer.groups = i == 1 ? (size_t)width : 1;
        snprintf(part, sizeof part, "%.60sc%d", name, i + 1);
        status = add_part(b, e, part, layer, i == 1, i == 2 && !is_new ? &before : NULL);
        if (!status && i < 2)
            status = add_activation(b, NAX_ACTIVATION_RELU6, 0, part);
    }
    return status;
}

static int add_block(struct builder *b, const struct entry *e, const char *name, int64_t stride)
{
    switch (e->block) {
    case BLOCK_BASIC:
        break;
    case BLOCK_BOTTLENECK:
        return add_bottleneck(b, e, name, stride);
    case BLOCK_INVERTED:
        return add_inverted(b, e, name, stride);
    }
    return add_basic(b, e, name, stride);
}

static int add_stage(struct builder *b, const struct entry *e)
{
    int status = 0;
    for (int64_t i = 0; i < e->blocks && !status; i++) {
        char name[NAX_LAYER_NAME_SIZE];
        snprintf(name, sizeof name, "%.55sb%d", e->name, (int)i + 1);
        status = add_block(b, e, name, i ? 1 : e->stride[0]);
    }
    return status;
}

static int add_pool(struct builder *b, const struct entry *e)
{
    struct nax_layer layer = digital_layer(e->pool);
    layer.role = NAX_ROLE_POOL;
    layer.counts_pad = e->counts_pad;
    for (int i = 0; i < 2; i++) {
        layer.kernel[i] = (size_t)e->kernel[i];
        layer.stride[i] = (size_t)e->stride[i];
    }
    for (int i = 0; i < 4; i++)
        layer.pad[i] = (size_t)e->pad[i];
    return add_with(b, layer, e->name, NULL, e->is_ceil);
}

/* With the entry's ReLU and activation. */
static int add_batch_norm(struct builder *b, const struct entry *e, const char *name)
{
    struct nax_layer layer = digital_layer(NAX_LAYER_BATCH_NORM);
    layer.has_batch_norm = true;
    layer.has_relu = e->has_relu;
    layer.epsilon = e->epsilon;
    int status = add(b, layer, name);
    return status ? status : add_activation(b, e->activation, e->slope, e->name);
}

static int add_linear(struct builder *b, const struct entry *e)
{
    struct nax_layer layer = conv_layer(1, 1, e->out);
    layer.kind = NAX_LAYER_LINEAR;
    layer.has_batch_norm = false;
    layer.has_bias = e->has_bias;
    layer.role = e->role;
    layer.has_relu = e->has_relu && !e->has_batch_norm;
    if (e->is_searched) { /* its crossbar alone; it is always there */
        const struct slot own = {.kernel = 1, .is_kernel_own = true};
        int64_t kernel;
        int status = take_slot(b, e->name, &own, &layer.slot, &kernel);
        if (status)
            return status;
    }
    int status = add(b, layer, e->name);
    if (status || !e->has_batch_norm)
        return status ? status : add_activation(b, e->activation, e->slope, e->name);
    char with[NAX_LAYER_NAME_SIZE];
    snprintf(with, sizeof with, "%.63s.bn", e->name);
    return add_batch_norm(b, e, with);
}

/* Two and two: the first two, what comes of them and the third, … */
static int add_join(struct builder *b, const struct entry *e, enum nax_layer_kind kind)
{
    int status = 0;
    for (size_t i = 1; i < e->n_sources && !status; i++) {
        const bool is_last = i + 1 == e->n_sources;
        const struct output other = source_output(b, &b->file->sources[e->first_source + i]);
        struct nax_layer layer = digital_layer(kind);
        char part[NAX_LAYER_NAME_SIZE];
        if (other.shape.h != b->now.shape.h || other.shape.w != b->now.shape.w ||
            (kind == NAX_LAYER_ADD && other.shape.c != b->now.shape.c))
            return fail(b, b->file->sources[e->first_source + i].name,
                        kind == NAX_LAYER_ADD ? "what is added has another shape"
                                              : "what is joined has another height or width");
        snprintf(part, sizeof part, is_last ? "%.63s" : "%.60s.%d", e->name, (int)i);
        layer.has_relu = is_last && e->has_relu;
        status = add_with(b, layer, part, &other, false);
    }
    return status ? status : add_activation(b, e->activation, e->slope, e->name);
}

static int add_entry(struct builder *b, const struct entry *e)
{
    if (e->n_sources)
        b->now = source_output(b, &b->file->sources[e->first_source]);
    switch (e->kind) {
    case ENTRY_CONV:
        return add_conv(b, e);
    case ENTRY_STAGE:
        return add_stage(b, e);
    case ENTRY_POOL:
        return add_pool(b, e);
    case ENTRY_LINEAR:
        return add_linear(b, e);
    case ENTRY_ADD:
        return add_join(b, e, NAX_LAYER_ADD);
    case ENTRY_CONCAT:
        return add_join(b, e, NAX_LAYER_CONCAT);
    case ENTRY_BATCH_NORM:
        return add_batch_norm(b, e, e->name);
    case ENTRY_ACTIVATION:
        break;
    }
    struct nax_layer layer = digital_layer(NAX_LAYER_ACTIVATION);
    layer.activation = e->activation;
    layer.slope = e->activation == NAX_ACTIVATION_LEAKY_RELU ? e->slope : 0;
    return add(b, layer, e->name);
}

int nax_network_expand(struct nax_network **net, const struct nax_network_file *file,
                       const int64_t *kernel, struct slot *slots, size_t *entry,
                       struct nax_err *err)
{
    struct nax_network *n = nax_calloc(1, sizeof *n);
    struct nax_layer *layers = nax_calloc(NAX_NETWORK_LAYERS_MAX, sizeof *layers);
    char(*skipped)[NAX_LAYER_NAME_SIZE] = nax_calloc(NAX_NETWORK_SLOTS_MAX, sizeof *skipped);
    struct output *outputs = nax_calloc(file->n_entries, sizeof *outputs);
    if (!n || !layers || !skipped || !outputs) {
        free(n);
        free(layers);
        free(skipped);
        free(outputs);
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
                        .outputs = outputs,
                        .now = of_image(n)};
    int status = 0;
    for (*entry = 0; *entry < file->n_entries; ++*entry) {
        if ((status = add_entry(&b, &file->entries[*entry])))
            break;
        outputs[*entry] = b.now;
        outputs[*entry].n_layers = n->n_layers;
    }
    if (!status && slots) {
        size_t layer = n->n_layers - 1;
        status = nax_network_check_whole(n, &layer, err);
        for (*entry = 0; outputs[*entry].n_layers <= layer;)
            ++*entry;
    }
    free(outputs);
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
