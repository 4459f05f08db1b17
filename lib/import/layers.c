/* Layers that begin with a node of their own: convolutions, pools, linear ones. */
#include "layers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SCOPE_SIZE = 256 };

/* --- names --- */

/* Of a name what a network file's may have, letters, digits, '_' and '-', and '_' for all between;
 * "l" of nothing. *to: [IMPORT_NAME_SIZE] with room for a number at its end. */
static void clean(const char *from, size_t n, char *to)
{
    size_t at = 0, end = 0;
    for (size_t i = 0; i < n && at < IMPORT_NAME_SIZE - 8; i++)
        if (isalnum((unsigned char)from[i]) || from[i] == '_' || from[i] == '-') {
            to[at++] = from[i];
            end = at;
        } else if (at && to[at - 1] != '_') {
            to[at++] = '_';
        }
    if (!end)
        to[end++] = 'l';
    to[end] = 0;
}

static bool is_taken(const struct importer *imp, const char *name)
{
    bool is = !strcmp(name, "image");
    for (size_t l = 0; l + 1 < imp->n_layers && !is; l++)
        is = !strcmp(imp->layers[l].name, name);
    return is;
}

/* A node's name as scopes within scopes, "/features/features.1/conv/conv.0/Conv": of scopes that
 * the next one repeats the last is enough, and the operator is known. out: [SCOPE_SIZE]. */
static void shorten(const struct import_node *node, char *out)
{
    const char *at = node->name + 1;
    size_t n_op = strlen(node->op), n = 0;
    for (const char *slash; *at; at = *slash ? slash + 1 : slash) {
        slash = strchrnul(at, '/');
        size_t length = (size_t)(slash - at);
        bool is_repeated = *slash && !strncmp(slash + 1, at, length) && slash[1 + length] == '.';
        bool is_operator =
            !*slash && n && !strncmp(at, node->op, n_op) && (!at[n_op] || at[n_op] == '_');
        if (is_repeated || is_operator)
            continue;
        n += (size_t)snprintf(out + n, SCOPE_SIZE - n, "%s%.*s", n ? "/" : "", (int)length, at);
        n = NAX_MIN(n, (size_t)SCOPE_SIZE - 1);
    }
}

/* After the module that its weights are of, where they have its name, or the node. */
static void name_layer(const struct importer *imp, struct import_layer *layer, const char *stem)
{
    static const char ending[] = ".weight";
    char name[IMPORT_NAME_SIZE], scope[SCOPE_SIZE] = "";
    const char *node = layer->node->name;
    size_t n = stem ? strlen(stem) : 0, end = sizeof ending - 1;
    bool is_module = n > end && !strcmp(stem + n - end, ending) && !strstr(stem, "::");
    if (!is_module && *node == '/') {
        shorten(layer->node, scope);
        node = scope;
    }
    clean(is_module ? stem : node, is_module ? n - end : strlen(node), name);
    snprintf(layer->name, sizeof layer->name, "%s", name);
    for (int i = 2; is_taken(imp, layer->name); i++)
        snprintf(layer->name, sizeof layer->name, "%.50s_%d", name, i);
}

/* --- values --- */

struct import_layer *nax_import_maker(const struct importer *imp, const struct import_value *v)
{
    return v->layer < 0 ? NULL : &imp->layers[v->layer];
}

struct import_layer *nax_import_begin(struct importer *imp, const struct import_node *node,
                                      enum import_layer_kind kind, const struct import_value *x,
                                      const char *stem)
{
    if (imp->n_layers == NAX_NETWORK_LAYERS_MAX) {
        nax_import_fail(imp, node, "more than %d layers", NAX_NETWORK_LAYERS_MAX);
        return NULL;
    }
    struct import_layer *layer = &imp->layers[imp->n_layers++];
    *layer = (struct import_layer){.kind = kind,
                                   .node = node,
                                   .n_from = 1,
                                   .from = {x->layer},
                                   .added = NAX_FROM_NONE,
                                   .kernel = {1, 1},
                                   .stride = {1, 1},
                                   .dilation = {1, 1},
                                   .groups = 1,
                                   .weight_scale = 1,
                                   .bias_scale = 1,
                                   .epsilon = 1e-5};
    name_layer(imp, layer, stem);
    return layer;
}

struct import_value *nax_import_end(struct importer *imp, const struct import_node *node,
                                    struct import_layer *layer, size_t c, size_t h, size_t w)
{
    struct import_value *v = nax_import_make(imp, node);
    layer->c = c;
    layer->h = h;
    layer->w = w;
    if (!v)
        return NULL;
    v->layer = (int)(layer - imp->layers);
    v->c = c;
    v->h = h;
    v->w = w;
    return v;
}

struct import_value *nax_import_same(struct importer *imp, const struct import_node *node,
                                     const struct import_value *x)
{
    struct import_value *v = nax_import_make(imp, node);
    if (!v)
        return NULL;
    const char *name = v->name;
    bool is_shared = v->is_shared;
    *v = *x;
    v->name = name;
    v->was_shared = x->is_shared;
    v->is_shared = is_shared || x->is_shared;
    return v;
}

static int check_whole(const struct importer *imp, const struct import_node *node,
                       const struct import_value *x)
{
    if (x->is_shortcut)
        return nax_import_fail(imp, node,
                               "every n-th pixel, and channels of zeros, go into a sum alone");
    return 0;
}

int nax_import_any(const struct importer *imp, const struct import_node *node, size_t i,
                   struct import_value **x)
{
    int status = nax_import_image(imp, node, i, x);
    if (!status && (*x)->is_padded)
        return nax_import_fail(imp, node, "zeros around an image go into a convolution alone");
    return status ? status : check_whole(imp, node, *x);
}

/* Channels first, in two dimensions. */
static int check_map(const struct importer *imp, const struct import_node *node,
                     const struct import_value *x)
{
    if (x->is_flat || x->is_channels_last)
        return nax_import_fail(imp, node, "input '%.64s' is not [channels][rows][columns]",
                               x->name);
    return 0;
}

int nax_import_map(const struct importer *imp, const struct import_node *node, size_t i,
                   struct import_value **x)
{
    int status = nax_import_any(imp, node, i, x);
    return status ? status : check_map(imp, node, *x);
}

int nax_import_padded_map(const struct importer *imp, const struct import_node *node, size_t i,
                          struct import_value **x)
{
    int status = nax_import_image(imp, node, i, x);
    if (!status)
        status = check_whole(imp, node, *x);
    return status ? status : check_map(imp, node, *x);
}

/* --- windows --- */

/* Zeros at the sides so that the output is as large as its input by the stride, rounded up; where
 * their number is odd, one more at the end, or at the beginning. */
static void pad_same(struct import_layer *layer, const struct import_value *x, bool is_lower)
{
    const size_t size[2] = {x->h + x->pad[0] + x->pad[2], x->w + x->pad[1] + x->pad[3]};
    for (int d = 0; d < 2; d++) {
        size_t out = NAX_CEIL_DIV(size[d], layer->stride[d]);
        size_t need =
            (out - 1) * layer->stride[d] + (layer->kernel[d] - 1) * layer->dilation[d] + 1;
        size_t both = need > size[d] ? need - size[d] : 0;
        layer->pad[d] = is_lower ? both - both / 2 : both / 2;
        layer->pad[d + 2] = both - layer->pad[d];
    }
}

/* Strides, dilation and padding of a layer whose kernel is known. */
static int read_window(const struct importer *imp, const struct import_node *node,
                       const struct import_value *x, struct import_layer *layer)
{
    const struct import_attribute *word = nax_import_attribute(node, "auto_pad");
    const char *automatic = word ? word->s : "NOTSET";
    int status = nax_import_sizes(imp, node, "strides", 2, 1, IMPORT_WINDOW_MAX, layer->stride);
    if (!status)
        status = nax_import_sizes(imp, node, "dilations", 2, 1, IMPORT_WINDOW_MAX, layer->dilation);
    if (!status)
        status = nax_import_sizes(imp, node, "pads", 4, 0, IMPORT_WINDOW_MAX, layer->pad);
    if (status)
        return status;
    const bool is_given = !strcmp(automatic, "NOTSET"),
               is_same = !strcmp(automatic, "SAME_UPPER") || !strcmp(automatic, "SAME_LOWER");
    if (!is_given && !is_same && strcmp(automatic, "VALID"))
        return nax_import_fail(imp, node, "auto_pad is '%.32s'", automatic);
    for (int i = 0; i < 4 && !is_given; i++)
        if (layer->pad[i])
            return nax_import_fail(imp, node, "'pads' beside an 'auto_pad' of %s", automatic);
    if (is_same)
        pad_same(layer, x, automatic[5] == 'L');
    return 0;
}

/* Windows over a side; with ceil those that begin within the image or the padding before it. */
static size_t n_windows(const struct import_layer *layer, size_t size, int d)
{
    size_t whole = size + layer->pad[d] + layer->pad[d + 2];
    size_t window = (layer->kernel[d] - 1) * layer->dilation[d] + 1, s = layer->stride[d];
    if (whole < window)
        return 0;
    size_t n = (whole - window) / s + 1;
    bool has_more = layer->has_ceil && (whole - window) % s && n * s < size + layer->pad[d];
    return n + has_more;
}

static int end_window(struct importer *imp, const struct import_node *node,
                      const struct import_value *x, struct import_layer *layer, size_t c)
{
    size_t h = n_windows(layer, x->h, 0), w = n_windows(layer, x->w, 1);
    if (!h || !w)
        return nax_import_fail(imp, node, "a window larger than the image, %zu x %zu", x->h, x->w);
    return nax_import_end(imp, node, layer, c, h, w) ? 0 : NAX_ERR_FORMAT;
}

/* --- steps --- */

int nax_import_conv(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    const struct import_tensor *weight, *bias = NULL;
    int status = nax_import_padded_map(imp, node, 0, &x);
    if (!status)
        status = nax_import_numbers(imp, node, 1, &weight);
    if (!status && node->n_in > 2 && *node->in[2])
        status = nax_import_numbers(imp, node, 2, &bias);
    if (status)
        return status;
    const int64_t groups = nax_import_int(node, "group", 1);
    if (!weight->real || weight->n_dims != 4 || !weight->n)
        return nax_import_fail(imp, node, "its weight is not [out][in][rows][columns]");
    const size_t *d = weight->dims;
    if (groups < 1 || groups > (int64_t)x->c || x->c % (size_t)groups || d[0] % (size_t)groups ||
        d[1] * (size_t)groups != x->c)
        return nax_import_fail(imp, node,
                               "%zu channels in %lld groups do not go with a weight of %zu x %zu "
                               "channels",
                               x->c, (long long)groups, d[0], d[1]);
    if (bias && (!bias->real || bias->n != d[0]))
        return nax_import_fail(imp, node, "its bias is not one number a channel");
    if (d[2] > IMPORT_WINDOW_MAX || d[3] > IMPORT_WINDOW_MAX)
        return nax_import_fail(imp, node, "a kernel of %zu x %zu", d[2], d[3]);
    size_t kernel[2] = {d[2], d[3]};
    if ((status = nax_import_sizes(imp, node, "kernel_shape", 2, 1, IMPORT_WINDOW_MAX, kernel)))
        return status;
    if (kernel[0] != d[2] || kernel[1] != d[3])
        return nax_import_fail(imp, node, "'kernel_shape' is %zu x %zu, and its weight's %zu x %zu",
                               kernel[0], kernel[1], d[2], d[3]);
    struct import_layer *layer = nax_import_begin(imp, node, IMPORT_CONV, x, weight->name);
    if (!layer)
        return NAX_ERR_FORMAT;
    layer->out = d[0];
    memcpy(layer->kernel, kernel, sizeof kernel);
    layer->groups = (size_t)groups;
    layer->weight = weight->real;
    layer->bias = bias ? bias->real : NULL;
    status = read_window(imp, node, x, layer);
    for (int i = 0; i < 4; i++)
        layer->pad[i] += x->pad[i];
    return status ? status : end_window(imp, node, x, layer, layer->out);
}

int nax_import_pool(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    size_t kernel[2] = {0, 0};
    int status = nax_import_map(imp, node, 0, &x);
    if (!status)
        status = nax_import_sizes(imp, node, "kernel_shape", 2, 1, IMPORT_WINDOW_MAX, kernel);
    if (status)
        return status;
    if (!kernel[0])
        return nax_import_fail(imp, node, "'kernel_shape' is missing");
    struct import_layer *layer = nax_import_begin(imp, node, IMPORT_POOL, x, NULL);
    if (!layer)
        return NAX_ERR_FORMAT;
    memcpy(layer->kernel, kernel, sizeof kernel);
    layer->is_max = *node->op == 'M';
    layer->has_ceil = nax_import_int(node, "ceil_mode", 0) != 0;
    layer->counts_pad = nax_import_int(node, "count_include_pad", 0) != 0;
    status = read_window(imp, node, x, layer);
    if (!status && (layer->dilation[0] > 1 || layer->dilation[1] > 1))
        status = nax_import_fail(imp, node, "a dilated window");
    if (!status && node->n_out > 1 && nax_import_n_readers(imp, node->out[1]))
        status = nax_import_fail(imp, node, "where the largest values are is asked for");
    if (status)
        return status;
    bool is_nothing = kernel[0] == 1 && kernel[1] == 1 && layer->stride[0] == 1 &&
                      layer->stride[1] == 1 && !layer->pad[0] && !layer->pad[1] && !layer->pad[2] &&
                      !layer->pad[3];
    if (!is_nothing)
        return end_window(imp, node, x, layer, x->c);
    imp->n_layers--;
    return nax_import_same(imp, node, x) ? 0 : NAX_ERR_FORMAT;
}

static struct import_value *pool_whole(struct importer *imp, const struct import_node *node,
                                       const struct import_value *x, bool is_max)
{
    struct import_layer *layer = nax_import_begin(imp, node, IMPORT_POOL, x, NULL);
    if (!layer)
        return NULL;
    layer->is_global = true;
    layer->is_max = is_max;
    return nax_import_end(imp, node, layer, x->c, 1, 1);
}

int nax_import_global_pool(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_map(imp, node, 0, &x);
    if (status)
        return status;
    return pool_whole(imp, node, x, !strcmp(node->op, "GlobalMaxPool")) ? 0 : NAX_ERR_FORMAT;
}

/* Over rows and columns: a pool over the whole image. */
int nax_import_reduce_mean(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    const int64_t *axes;
    size_t n;
    int status = nax_import_any(imp, node, 0, &x);
    if (!status)
        status = nax_import_ints(imp, node, 1, "axes", &axes, &n);
    if (status)
        return status;
    const int64_t first = x->is_channels_last ? 1 : 2;
    unsigned seen = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
        seen |= axis == first ? 1 : axis == first + 1 ? 2 : 4;
    }
    if (x->is_flat || seen != 3)
        return nax_import_fail(imp, node, "a mean over other axes than rows and columns");
    struct import_value *v = pool_whole(imp, node, x, false);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_flat = !nax_import_int(node, "keepdims", 1);
    v->is_channels_last = x->is_channels_last && !v->is_flat;
    return 0;
}

/* The matrix of Gemm, [in][out] or, with transB, [out][in]; of MatMul [in][out]. */
int nax_import_linear(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    const struct import_tensor *weight, *bias = NULL;
    const bool is_gemm = *node->op == 'G';
    int status = nax_import_any(imp, node, 0, &x);
    if (!status)
        status = nax_import_numbers(imp, node, 1, &weight);
    if (!status && is_gemm && node->n_in > 2 && *node->in[2])
        status = nax_import_numbers(imp, node, 2, &bias);
    if (status)
        return status;
    const bool is_turned = is_gemm && nax_import_int(node, "transB", 0);
    const size_t n_in = x->c * x->h * x->w;
    if (!x->is_flat)
        return nax_import_fail(imp, node, "its input is not flat: [images][numbers]");
    if (is_gemm && nax_import_int(node, "transA", 0))
        return nax_import_fail(imp, node, "transA");
    if (!weight->real || weight->n_dims != 2 || !weight->n || weight->dims[is_turned] != n_in)
        return nax_import_fail(imp, node, "its weight is no matrix with %zu inputs", n_in);
    const size_t n_out = weight->dims[!is_turned];
    if (bias && (!bias->real || bias->n != n_out))
        return nax_import_fail(imp, node, "its bias is not one number an output");
    struct import_layer *layer = nax_import_begin(imp, node, IMPORT_LINEAR, x, weight->name);
    if (!layer)
        return NAX_ERR_FORMAT;
    layer->out = n_out;
    layer->weight = weight->real;
    layer->bias = bias ? bias->real : NULL;
    layer->is_transposed = !is_turned;
    layer->is_channels_last = x->is_channels_last;
    if (is_gemm) {
        layer->weight_scale = nax_import_float(node, "alpha", 1);
        layer->bias_scale = nax_import_float(node, "beta", 1);
    }
    struct import_value *v = nax_import_end(imp, node, layer, n_out, 1, 1);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_flat = true;
    return 0;
}
