/* From a network and its parameters to an ONNX file: the operators of each layer. */
#include "nax/import.h"
#include "graph.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Of a layer and of the image, at most; attributes of a node. */
enum { NODES_MAX = 8, TENSORS_MAX = 10, ATTRIBUTES_MAX = 5 };
/* The first version that has all operators, in the form that most readers know: later ones take the
 * bounds of a Clip, for one, from tensors, which OpenCV 4.6 does not. */
enum { OPSET = 10 };

/* What a layer makes, by its name in the graph; `other` is the same in the other form, once
 * somebody reads it so. */
struct made {
    char *name, *other;
    bool is_flat; /* [n][channels], else [n][channels][rows][columns] */
};

/* Names and numbers are held by the graph. Once memory has been short, they are not whole. */
struct exporter {
    struct import_graph *graph;
    const struct nax_model *model;
    struct made *made; /* [n_layers + 1], the image first */
    const char *layer; /* whose nodes come, or "image" */
    bool is_begun;     /* it has a node */
    bool is_short;
};

static void *get(struct exporter *x, size_t count, size_t size)
{
    void *memory = nax_import_hold(x->graph, count, size);
    x->is_short = x->is_short || !memory;
    return memory;
}

/* "conv1.weight", of the layer whose nodes come: never a name of the network file's, which have
 * neither '.' nor '/'. */
static char *name_part(struct exporter *x, const char *separator, const char *part)
{
    static char none[1];
    size_t size = strlen(x->layer) + strlen(separator) + strlen(part) + 1;
    char *name = get(x, size, 1);
    if (!name)
        return none;
    snprintf(name, size, "%s%s%s", x->layer, separator, part);
    return name;
}

/* --- tensors --- */

/* A tensor to be filled; without dims: one number. */
static struct import_tensor *add_tensor(struct exporter *x, const char *part, size_t n_dims,
                                        const size_t *dims)
{
    struct import_tensor *t = &x->graph->constants[x->graph->n_constants++];
    *t = (struct import_tensor){.name = name_part(x, ".", part), .n_dims = n_dims, .n = 1};
    for (size_t d = 0; d < n_dims; d++) {
        t->dims[d] = dims[d];
        t->n *= dims[d];
    }
    return t;
}

static struct import_tensor *add_reals(struct exporter *x, const char *part, size_t n_dims,
                                       const size_t *dims)
{
    struct import_tensor *t = add_tensor(x, part, n_dims, dims);
    t->real = get(x, t->n, sizeof *t->real);
    return t;
}

static const char *add_sizes(struct exporter *x, const char *part, size_t n, const size_t *values)
{
    struct import_tensor *t = add_tensor(x, part, 1, &n);
    t->whole = get(x, n, sizeof *t->whole);
    for (size_t i = 0; t->whole && i < n; i++)
        t->whole[i] = (int64_t)values[i];
    return t->name;
}

/* One of the layer's parameters, by its name. */
static struct nax_param find_param(const struct exporter *x, size_t l, const char *name)
{
    struct nax_param param[NAX_PARAMS_MAX];
    size_t i = 0;
    nax_params_list(&x->model->net->layers[l], &x->model->layer[l], param);
    while (strcmp(param[i].name, name))
        i++;
    return param[i];
}

static const char *add_vector(struct exporter *x, size_t l, const char *name)
{
    const struct nax_param param = find_param(x, l, name);
    struct import_tensor *t = add_reals(x, name, 1, &param.n);
    if (t->real)
        memcpy(t->real, param.values, param.n * sizeof *t->real);
    return t->name;
}

/* Of a convolution, [out][in][rows][columns]; or a matrix, [out][in] or transposed. */
static const char *add_weight(struct exporter *x, size_t l, size_t n_dims, bool is_transposed)
{
    const struct nax_param param = find_param(x, l, "weight");
    const size_t *d = param.dims;
    const size_t dims[4] = {d[is_transposed ? 2 : 3], d[is_transposed ? 3 : 2], d[0], d[1]};
    struct import_tensor *t = add_reals(x, "weight", n_dims, dims);
    if (t->real)
        nax_export_weight(x->model->net, l, &param, is_transposed, t->real);
    return t->name;
}

/* --- nodes --- */

/* A node that reads n values and makes "LAYER/OPERATOR". The layer's first one has its name, so
 * that whoever reads the graph can name what begins there. */
static struct import_node *add_node(struct exporter *x, const char *op, size_t n,
                                    const char *const *in)
{
    struct import_node *node = &x->graph->nodes[x->graph->n_nodes++];
    char **inputs = get(x, n, sizeof *inputs), **output = get(x, 1, sizeof *output);
    char *name = name_part(x, "/", op);
    *node = (struct import_node){.name = x->is_begun ? name : x->layer, .op = op, .domain = ""};
    node->attributes = get(x, ATTRIBUTES_MAX, sizeof *node->attributes);
    x->is_begun = true;
    if (x->is_short)
        return node;
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(in[i]) + 1;
        if ((inputs[i] = get(x, size, 1)))
            memcpy(inputs[i], in[i], size);
    }
    output[0] = name;
    node->in = inputs;
    node->n_in = n;
    node->out = output;
    node->n_out = 1;
    return node;
}
#define ADD_NODE(x, op, ...)                                                                       \
    add_node(x, op, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                        \
             (const char *[]){__VA_ARGS__})

static char *output_of(const struct import_node *node)
{
    static char none[1];
    return node->n_out ? node->out[0] : none;
}

/* An attribute to be filled. Where memory was short it is one that nobody looks at. */
static struct import_attribute *add_attribute(struct import_node *node, const char *name,
                                              enum import_attribute_kind kind)
{
    static _Thread_local struct import_attribute nobodys;
    struct import_attribute *a =
        node->attributes ? &node->attributes[node->n_attributes++] : &nobodys;
    *a = (struct import_attribute){.name = name, .kind = kind};
    return a;
}

static void set_int(struct import_node *node, const char *name, size_t value)
{
    add_attribute(node, name, IMPORT_I)->i = (int64_t)value;
}

static void set_real(struct import_node *node, const char *name, double value)
{
    add_attribute(node, name, IMPORT_F)->f = value;
}

static void set_sizes(struct exporter *x, struct import_node *node, const char *name, size_t n,
                      const size_t *values)
{
    struct import_attribute *a = add_attribute(node, name, IMPORT_IS);
    int64_t *ints = get(x, n, sizeof *ints);
    for (size_t i = 0; ints && i < n; i++)
        ints[i] = (int64_t)values[i];
    a->ints = ints;
    a->n = ints ? n : 0;
}

/* --- what layers read: layer l, or the image --- */

/* Not through the layer's own first node, whose name is the layer's. */
static char *turn(struct exporter *x, struct made *made, bool to_flat)
{
    static const size_t axes[] = {2, 3};
    if (made->is_flat == to_flat)
        return made->name;
    if (made->other)
        return made->other;
    const char *layer = x->layer;
    const bool is_begun = x->is_begun;
    const size_t at = (size_t)(made - x->made);
    x->layer = at ? x->model->net->layers[at - 1].name : "image";
    x->is_begun = true;
    struct import_node *node;
    if (to_flat) {
        node = ADD_NODE(x, "Flatten", made->name);
        set_int(node, "axis", 1);
    } else {
        node = ADD_NODE(x, "Unsqueeze", made->name);
        set_sizes(x, node, "axes", 2, axes);
    }
    x->layer = layer;
    x->is_begun = is_begun;
    return made->other = output_of(node);
}

static char *read_map(struct exporter *x, int l)
{
    return turn(x, &x->made[l + 1], false);
}

static char *read_flat(struct exporter *x, int l)
{
    return turn(x, &x->made[l + 1], true);
}

/* --- layers --- */

static char *add_relu(struct exporter *x, const struct nax_layer *layer, char *value)
{
    return layer->has_relu ? output_of(ADD_NODE(x, "Relu", value)) : value;
}

static char *add_batch_norm(struct exporter *x, size_t l, char *value)
{
    struct import_node *node =
        ADD_NODE(x, "BatchNormalization", value, add_vector(x, l, "gamma"),
                 add_vector(x, l, "beta"), add_vector(x, l, "mean"), add_vector(x, l, "variance"));
    set_real(node, "epsilon", x->model->net->layers[l].epsilon);
    return output_of(node);
}

/* What a layer adds, in the shape that it has: every step-th pixel, and channels of 0. */
static char *add_shortcut(struct exporter *x, const struct nax_layer *layer)
{
    const struct nax_network *net = x->model->net;
    const struct nax_layer *from = layer->residual < 0 ? NULL : &net->layers[layer->residual];
    const size_t h = from ? from->h_out : net->height, w = from ? from->w_out : net->width,
                 c = from ? from->c_out : net->channels;
    char *value = read_map(x, layer->residual);
    if (h != layer->h_out || w != layer->w_out) {
        const size_t starts[] = {0, 0}, ends[] = {h, w}, axes[] = {2, 3},
                     steps[] = {h / layer->h_out, w / layer->w_out};
        value = output_of(ADD_NODE(x, "Slice", value, add_sizes(x, "starts", 2, starts),
                                   add_sizes(x, "ends", 2, ends), add_sizes(x, "axes", 2, axes),
                                   add_sizes(x, "steps", 2, steps)));
    }
    if (c != layer->c_out) {
        const size_t pads[8] = {[5] = layer->c_out - c};
        struct import_node *node = ADD_NODE(x, "Pad", value);
        set_sizes(x, node, "pads", 8, pads);
        value = output_of(node);
    }
    return value;
}

static char *add_conv(struct exporter *x, size_t l)
{
    const struct nax_layer *layer = &x->model->net->layers[l];
    const char *in[3] = {read_map(x, layer->input), add_weight(x, l, 4, false),
                         layer->has_bias ? add_vector(x, l, "bias") : NULL};
    struct import_node *node = add_node(x, "Conv", 2 + layer->has_bias, in);
    set_sizes(x, node, "kernel_shape", 2, layer->kernel);
    set_sizes(x, node, "strides", 2, layer->stride);
    set_sizes(x, node, "dilations", 2, layer->dilation);
    set_sizes(x, node, "pads", 4, layer->pad);
    set_int(node, "group", layer->groups);
    char *value = output_of(node);
    if (layer->has_batch_norm)
        value = add_batch_norm(x, l, value);
    if (layer->residual != NAX_FROM_NONE)
        value = output_of(ADD_NODE(x, "Add", value, add_shortcut(x, layer)));
    return add_relu(x, layer, value);
}

/* Gemm takes no fewer than three inputs before version 11. */
static char *add_linear(struct exporter *x, size_t l)
{
    const struct nax_layer *layer = &x->model->net->layers[l];
    char *from = read_flat(x, layer->input);
    struct import_node *node;
    if (layer->has_bias) {
        node = ADD_NODE(x, "Gemm", from, add_weight(x, l, 2, false), add_vector(x, l, "bias"));
        set_int(node, "transB", 1);
    } else {
        node = ADD_NODE(x, "MatMul", from, add_weight(x, l, 2, true));
    }
    return add_relu(x, layer, output_of(node));
}

/* Whether the last windows go beyond the padded image. */
static bool is_ceil(const struct nax_layer *layer)
{
    const size_t size[2] = {layer->h_in, layer->w_in}, out[2] = {layer->h_out, layer->w_out};
    for (int d = 0; d < 2; d++)
        if ((size[d] + layer->pad[d] + layer->pad[d + 2] - layer->kernel[d]) / layer->stride[d] +
                1 !=
            out[d])
            return true;
    return false;
}

static char *add_pool(struct exporter *x, const struct nax_layer *layer, bool is_max)
{
    char *from = read_map(x, layer->input);
    if (layer->is_global)
        return output_of(ADD_NODE(x, is_max ? "GlobalMaxPool" : "GlobalAveragePool", from));
    struct import_node *node = ADD_NODE(x, is_max ? "MaxPool" : "AveragePool", from);
    set_sizes(x, node, "kernel_shape", 2, layer->kernel);
    set_sizes(x, node, "strides", 2, layer->stride);
    set_sizes(x, node, "pads", 4, layer->pad);
    set_int(node, "ceil_mode", is_ceil(layer));
    if (!is_max)
        set_int(node, "count_include_pad", layer->counts_pad);
    return output_of(node);
}

static char *add_activation(struct exporter *x, const struct nax_layer *layer, char *from)
{
    struct import_node *node = NULL;
    switch (layer->activation) {
    case NAX_ACTIVATION_NONE:
        node = ADD_NODE(x, "Identity", from);
        break;
    case NAX_ACTIVATION_RELU:
        node = ADD_NODE(x, "Relu", from);
        break;
    case NAX_ACTIVATION_RELU6:
        node = ADD_NODE(x, "Clip", from);
        set_real(node, "min", 0);
        set_real(node, "max", 6);
        break;
    case NAX_ACTIVATION_LEAKY_RELU:
        node = ADD_NODE(x, "LeakyRelu", from);
        set_real(node, "alpha", (double)layer->slope);
        break;
    case NAX_ACTIVATION_TANH:
        node = ADD_NODE(x, "Tanh", from);
        break;
    case NAX_ACTIVATION_SIGMOID:
    case NAX_ACTIVATION_SILU:
        node = ADD_NODE(x, "Sigmoid", from);
        break;
    case NAX_ACTIVATION_HARD_SIGMOID:
    case NAX_ACTIVATION_HARD_SWISH:
        node = ADD_NODE(x, "HardSigmoid", from);
        set_real(node, "alpha", 1.0 / 6);
        set_real(node, "beta", 0.5);
    }
    if (layer->activation == NAX_ACTIVATION_SILU || layer->activation == NAX_ACTIVATION_HARD_SWISH)
        node = ADD_NODE(x, "Mul", from, output_of(node));
    return output_of(node);
}

static void add_layer(struct exporter *x, size_t l)
{
    const struct nax_layer *layer = &x->model->net->layers[l];
    const struct made *from = &x->made[layer->input + 1];
    struct made *made = &x->made[l + 1];
    struct import_node *node;
    x->layer = layer->name;
    x->is_begun = false;
    switch (layer->kind) {
    case NAX_LAYER_CONV:
        made->name = add_conv(x, l);
        break;
    case NAX_LAYER_LINEAR:
        made->name = add_linear(x, l);
        made->is_flat = true;
        break;
    case NAX_LAYER_POOL_MAX:
        made->name = add_pool(x, layer, true);
        break;
    case NAX_LAYER_POOL_MEAN:
        made->name = add_pool(x, layer, false);
        break;
    case NAX_LAYER_ADD:
        node = ADD_NODE(x, "Add", read_map(x, layer->input), read_map(x, layer->residual));
        made->name = add_relu(x, layer, output_of(node));
        break;
    case NAX_LAYER_CONCAT:
        node = ADD_NODE(x, "Concat", read_map(x, layer->input), read_map(x, layer->residual));
        set_int(node, "axis", 1);
        made->name = add_relu(x, layer, output_of(node));
        break;
    case NAX_LAYER_BATCH_NORM:
        made->name = add_relu(x, layer, add_batch_norm(x, l, from->name));
        made->is_flat = from->is_flat;
        break;
    case NAX_LAYER_ACTIVATION:
        made->name = add_activation(x, layer, from->name);
        made->is_flat = from->is_flat;
    }
}

/* A number for each channel of the image. */
static const char *add_statistics(struct exporter *x, const char *part, const double *values)
{
    const size_t channels = x->model->net->channels, dims[4] = {1, channels, 1, 1};
    struct import_tensor *t = add_reals(x, part, 4, dims);
    for (size_t c = 0; t->real && c < channels; c++)
        t->real[c] = (float)values[c];
    return t->name;
}

/* (p − mean) / sd, as far as it changes anything. Images of more channels than sets have are
 * without statistics. */
static char *add_image(struct exporter *x)
{
    static char image[] = "image";
    const struct nax_model *m = x->model;
    const size_t channels = m->net->channels;
    bool has_mean = false, has_sd = false;
    char *value = image;
    for (size_t c = 0; channels <= NAX_MAX_CHANNELS && c < channels; c++) {
        has_mean = has_mean || m->pixel_mean[c] != 0;
        has_sd = has_sd || m->pixel_sd[c] != 1;
    }
    x->layer = image;
    x->is_begun = true;
    if (has_mean)
        value = output_of(ADD_NODE(x, "Sub", value, add_statistics(x, "mean", m->pixel_mean)));
    if (has_sd)
        value = output_of(ADD_NODE(x, "Div", value, add_statistics(x, "sd", m->pixel_sd)));
    return value;
}

/* --- all of it --- */

static int build(struct exporter *x, struct nax_err *err)
{
    static char logits[] = "logits", *const outputs[] = {logits};
    const struct nax_network *net = x->model->net;
    struct import_graph *g = x->graph;
    g->nodes = get(x, (net->n_layers + 1) * NODES_MAX, sizeof *g->nodes);
    g->constants = get(x, (net->n_layers + 1) * TENSORS_MAX, sizeof *g->constants);
    g->inputs = get(x, 1, sizeof *g->inputs);
    g->outputs = get(x, 1, sizeof *g->outputs);
    x->made = get(x, net->n_layers + 1, sizeof *x->made);
    if (!x->is_short) {
        x->made[0].name = add_image(x);
        for (size_t l = 0; l < net->n_layers; l++)
            add_layer(x, l);
    }
    if (x->is_short)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", g->path);
    *g->inputs = (struct import_port){
        .name = "image",
        .n_dims = 4,
        .dims = {-1, (int64_t)net->channels, (int64_t)net->height, (int64_t)net->width}};
    *g->outputs =
        (struct import_port){.name = logits, .n_dims = 2, .dims = {-1, (int64_t)net->n_classes}};
    g->n_inputs = g->n_outputs = 1;
    g->nodes[g->n_nodes - 1].out = outputs;
    return 0;
}

int nax_export_onnx(const struct nax_model *model, const char *path, struct nax_err *err)
{
    struct nax_file *file;
    struct import_graph *g = nax_calloc(1, sizeof *g);
    struct exporter x = {.graph = g, .model = model};
    if (!g)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    *g = (struct import_graph){.path = path,
                               .name = model->net->name,
                               .producer = "nax",
                               .producer_version = NAX_VERSION,
                               .opset = OPSET};
    int status = build(&x, err);
    if (!status)
        status = nax_file_begin(&file, path, err);
    if (!status && (status = nax_import_graph_write(g, nax_file_stream(file), err)))
        nax_file_abandon(file);
    else if (!status)
        status = nax_file_commit(file, err);
    nax_import_graph_free(g);
    return status;
}
