/* Nodes of images: what extends the layer before it, what only looks at an image otherwise, and
 * what begins a layer. */
#include "operators.h"

#include <math.h>
#include <string.h>

int nax_import_step_same(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_image(imp, node, 0, &x);
    return status ? status : nax_import_same(imp, node, x) ? 0 : NAX_ERR_FORMAT;
}

/* --- what extends a layer --- */

/* The layer that makes x, if nobody else sees what it makes: then it can do more. */
static struct import_layer *extensible(const struct importer *imp, const struct import_value *x)
{
    struct import_layer *layer = x->is_shared ? NULL : nax_import_maker(imp, x);
    return layer && !layer->activation ? layer : NULL;
}

static bool has_product(const struct import_layer *layer)
{
    return layer->kind == IMPORT_CONV || layer->kind == IMPORT_LINEAR;
}

static int activate(struct importer *imp, const struct import_node *node,
                    const struct import_node *last, const struct import_value *x, const char *word,
                    double slope)
{
    struct import_layer *layer = extensible(imp, x);
    if (layer && (layer->kind == IMPORT_POOL || layer->kind == IMPORT_CONCAT))
        layer = NULL;
    struct import_value *v = NULL;
    if (layer) {
        v = nax_import_same(imp, last, x);
    } else if ((layer = nax_import_begin(imp, node, IMPORT_ACTIVATION, x, NULL)) &&
               (v = nax_import_end(imp, last, layer, x->c, x->h, x->w))) {
        v->is_flat = x->is_flat;
        v->is_channels_last = x->is_channels_last;
    }
    if (!v)
        return NAX_ERR_FORMAT;
    layer->activation = word;
    layer->slope = slope;
    return 0;
}

int nax_import_step_relu(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    bool is_leaky = *node->op == 'L';
    return activate(imp, node, node, x,
                    *node->op == 'T'   ? "tanh"
                    : is_leaky         ? "leaky-relu"
                    : *node->op == 'H' ? "hard-swish"
                                       : "relu",
                    is_leaky ? nax_import_float(node, "alpha", 0.01) : 0);
}

/* A bound of Clip: an attribute before version 11, an input since. */
static int read_bound(const struct importer *imp, const struct import_node *node, size_t i,
                      const char *name, double *bound)
{
    const struct import_tensor *t;
    *bound = nax_import_float(node, name, *bound);
    if (i >= node->n_in || !*node->in[i])
        return 0;
    if (nax_import_attribute(node, name))
        return nax_import_fail(imp, node, "'%s' is an attribute and an input", name);
    int status = nax_import_numbers(imp, node, i, &t);
    if (!status && (!t->real || t->n != 1))
        status = nax_import_fail(imp, node, "a bound is not one real number");
    if (!status)
        *bound = (double)t->real[0];
    return status;
}

int nax_import_step_clip(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    double min = -INFINITY, max = INFINITY;
    int status = nax_import_any(imp, node, 0, &x);
    if (!status)
        status = read_bound(imp, node, 1, "min", &min);
    if (!status)
        status = read_bound(imp, node, 2, "max", &max);
    if (status)
        return status;
    if (min != 0 || (max != 6 && max < 3e38))
        return nax_import_fail(imp, node, "from %g to %g: only 0 to 6, and 0 on, are layers", min,
                               max);
    return activate(imp, node, node, x, max == 6 ? "relu6" : "relu", 0);
}

/* x · sigmoid(x), when both nodes read the same and nobody else reads either: SiLU, hard swish. */
static const struct import_node *find_product(const struct importer *imp,
                                              const struct import_node *node)
{
    const struct import_node *mul = node->n_out ? nax_import_reader(imp, node->out[0]) : NULL;
    if (!mul || strcmp(mul->op, "Mul") || mul->n_in != 2 || nax_import_is_output(imp, node->out[0]))
        return NULL;
    bool is_second = !strcmp(mul->in[1], node->out[0]);
    return strcmp(mul->in[!is_second], node->in[0]) ? NULL : mul;
}

int nax_import_step_sigmoid(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    const bool is_hard = *node->op == 'H';
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    if (is_hard && (fabs(nax_import_float(node, "alpha", 0.2) - 1.0 / 6) > 1e-6 ||
                    nax_import_float(node, "beta", 0.5) != 0.5))
        return nax_import_fail(imp, node, "another slope than 1/6, or not 1/2 at 0");
    const struct import_node *mul = find_product(imp, node);
    if (!mul)
        return activate(imp, node, node, x, is_hard ? "hard-sigmoid" : "sigmoid", 0);
    imp->is_done[mul - imp->graph->nodes] = true;
    struct import_value own = *x;
    own.is_shared = x->was_shared || nax_import_n_readers(imp, x->name) > 2;
    return activate(imp, node, mul, &own, is_hard ? "hard-swish" : "silu", 0);
}

/* One of the four vectors of batch norm. */
static int read_vector(const struct importer *imp, const struct import_node *node, size_t i,
                       size_t n, const float **values)
{
    const struct import_tensor *t;
    int status = nax_import_numbers(imp, node, i, &t);
    if (!status && (!t->real || t->n != n))
        status = nax_import_fail(imp, node, "input %zu is not one real number a channel", i + 1);
    if (!status)
        *values = t->real;
    return status;
}

/* gamma · (z + bias − mean) / … + beta: a bias before batch norm is taken off its mean. */
static int take_bias(const struct importer *imp, struct import_layer *layer)
{
    if (!layer->bias)
        return 0;
    float *mean = nax_import_hold(imp->graph, layer->out, sizeof *mean);
    if (!mean)
        return nax_err_set(imp->err, NAX_ERR_MEMORY, "out of memory: '%s'", imp->graph->path);
    for (size_t c = 0; c < layer->out; c++)
        mean[c] = (float)((double)layer->mean[c] - layer->bias_scale * (double)layer->bias[c]);
    layer->mean = mean;
    layer->bias = NULL;
    return 0;
}

int nax_import_step_batch_norm(struct importer *imp, const struct import_node *node)
{
    struct import_value *x, *v;
    const float *vector[4];
    int status = nax_import_any(imp, node, 0, &x);
    if (!status && nax_import_int(node, "training_mode", 0))
        status = nax_import_fail(imp, node, "it is training: export a network that is evaluated");
    if (!status && !nax_import_int(node, "spatial", 1))
        status = nax_import_fail(imp, node, "'spatial' is 0: statistics of every pixel");
    if (!status && (x->is_flat ? x->h * x->w > 1 : x->is_channels_last))
        status =
            nax_import_fail(imp, node, "input '%.64s' is not [channels][rows][columns]", x->name);
    for (size_t i = 0; i < 4 && !status; i++)
        status = read_vector(imp, node, i + 1, x->c, &vector[i]);
    if (status)
        return status;
    struct import_layer *layer = extensible(imp, x);
    bool is_own =
        layer && layer->kind == IMPORT_CONV && !layer->has_norm && layer->added == NAX_FROM_NONE;
    if (is_own) {
        v = nax_import_same(imp, node, x);
    } else if ((layer = nax_import_begin(imp, node, IMPORT_BATCH_NORM, x, node->in[1])) &&
               (v = nax_import_end(imp, node, layer, x->c, x->h, x->w))) {
        v->is_flat = x->is_flat;
    }
    if (!layer || !v)
        return NAX_ERR_FORMAT;
    layer->has_norm = true;
    layer->epsilon = nax_import_float(node, "epsilon", 1e-5);
    layer->gamma = vector[0];
    layer->beta = vector[1];
    layer->mean = vector[2];
    layer->variance = vector[3];
    return is_own ? take_bias(imp, layer) : 0;
}

/* --- sums --- */

/* One number a channel, or an output, as it is added. */
static bool is_bias_of(const struct import_tensor *t, const struct import_layer *layer,
                       bool is_flat)
{
    size_t behind = is_flat ? 1 : 3; /* dimensions from the channels' on, where there are so many */
    if (!t->real || t->n != layer->out)
        return false;
    for (size_t d = 0; d < t->n_dims; d++)
        if (t->dims[d] != 1 && t->n_dims - d != behind)
            return false;
    return true;
}

/* A number a channel behind a product without batch norm. */
static int add_bias(struct importer *imp, const struct import_node *node,
                    const struct import_value *x, const struct import_tensor *t)
{
    struct import_layer *layer = extensible(imp, x);
    if (!layer || !has_product(layer) || layer->has_norm || layer->bias ||
        layer->added != NAX_FROM_NONE || !is_bias_of(t, layer, x->is_flat))
        return nax_import_fail(imp, node, "numbers are added that are no bias of a layer");
    layer->bias = t->real;
    layer->bias_scale = 1; /* a product's beta is of a bias that it has itself */
    return nax_import_same(imp, node, x) ? 0 : NAX_ERR_FORMAT;
}

/* Whether x's convolution can take the other value itself, which has to be there before. */
static bool can_add(const struct importer *imp, const struct import_value *x,
                    const struct import_value *other)
{
    const struct import_layer *layer = x->is_shortcut ? NULL : extensible(imp, x);
    return layer && layer->kind == IMPORT_CONV && layer->added == NAX_FROM_NONE &&
           other->layer < x->layer;
}

int nax_import_step_add(struct importer *imp, const struct import_node *node)
{
    struct import_value *x[2];
    if (node->n_in != 2)
        return nax_import_fail(imp, node, "not two inputs");
    for (size_t i = 0; i < 2; i++) {
        x[i] = nax_import_find(imp, node->in[i]);
        if (x[i] && x[i]->constant) {
            struct import_value *other;
            int status = nax_import_any(imp, node, 1 - i, &other);
            if (!status && other->layer == NAX_FROM_IMAGE)
                return nax_import_normalise(imp, node);
            return status ? status : add_bias(imp, node, other, x[i]->constant);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        int status = nax_import_image(imp, node, i, &x[i]);
        if (!status && !x[i]->is_shortcut)
            status = nax_import_any(imp, node, i, &x[i]);
        if (status)
            return status;
    }
    if (x[0]->c != x[1]->c || x[0]->h != x[1]->h || x[0]->w != x[1]->w ||
        x[0]->is_flat != x[1]->is_flat || x[0]->is_channels_last != x[1]->is_channels_last)
        return nax_import_fail(imp, node,
                               "images of different shapes: %zu x %zu x %zu and %zu x "
                               "%zu x %zu",
                               x[0]->c, x[0]->h, x[0]->w, x[1]->c, x[1]->h, x[1]->w);
    for (size_t i = 0; i < 2; i++)
        if (can_add(imp, x[i], x[1 - i])) {
            nax_import_maker(imp, x[i])->added = x[1 - i]->layer;
            nax_import_maker(imp, x[i])->has_padded_shortcut = x[1 - i]->is_shortcut;
            return nax_import_same(imp, node, x[i]) ? 0 : NAX_ERR_FORMAT;
        }
    if (x[0]->is_shortcut || x[1]->is_shortcut)
        return nax_import_fail(imp, node,
                               "every n-th pixel, or channels of zeros, are added to what "
                               "no convolution makes alone");
    struct import_layer *layer = nax_import_begin(imp, node, IMPORT_ADD, x[0], NULL);
    struct import_value *v =
        layer ? nax_import_end(imp, node, layer, x[0]->c, x[0]->h, x[0]->w) : NULL;
    if (!v)
        return NAX_ERR_FORMAT;
    layer->from[layer->n_from++] = x[1]->layer;
    v->is_flat = x[0]->is_flat;
    v->is_channels_last = x[0]->is_channels_last;
    return 0;
}

int nax_import_step_concat(struct importer *imp, const struct import_node *node)
{
    struct import_layer *layer = NULL;
    struct import_value *x = NULL, *first = NULL;
    size_t c = 0;
    if (!node->n_in || node->n_in > IMPORT_FROM_MAX)
        return nax_import_fail(imp, node, "not 1 to %d inputs", IMPORT_FROM_MAX);
    if (node->n_in == 1)
        return nax_import_step_same(imp, node);
    int64_t axis = nax_import_int(node, "axis", 1);
    for (size_t i = 0; i < node->n_in; i++) {
        int status = nax_import_any(imp, node, i, &x);
        if (status)
            return status;
        first = first ? first : x;
        bool is_odd = x->is_flat ? x->h * x->w > 1 : x->is_channels_last;
        if (is_odd || x->is_flat != first->is_flat || x->h != first->h || x->w != first->w ||
            (axis != 1 && axis != (x->is_flat ? -1 : -3)))
            return nax_import_fail(imp, node, "only channels of images of one size can be joined");
        if (!layer && !(layer = nax_import_begin(imp, node, IMPORT_CONCAT, x, NULL)))
            return NAX_ERR_FORMAT;
        layer->from[i] = x->layer;
        layer->n_from = i + 1;
        c += x->c;
    }
    struct import_value *v = nax_import_end(imp, node, layer, c, first->h, first->w);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_flat = first->is_flat;
    return 0;
}

/* --- what looks at an image otherwise --- */

int nax_import_step_cast(struct importer *imp, const struct import_node *node)
{
    int64_t to = nax_import_int(node, "to", 0);
    if (to != 1 && to != 10 && to != 11)
        return nax_import_fail(imp, node, "an image that is not of real numbers");
    return nax_import_step_same(imp, node);
}

/* The last node: what comes out is compared, not looked at. */
int nax_import_step_softmax(struct importer *imp, const struct import_node *node)
{
    if (!node->n_out || !nax_import_is_output(imp, node->out[0]))
        return nax_import_fail(imp, node, "within the network; only at its end it is left out");
    struct import_value *x;
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    const int64_t axis = nax_import_int(node, "axis", imp->graph->opset < 13 ? 1 : -1);
    if (axis != 1 && axis != (x->is_flat ? -1 : -3))
        return nax_import_fail(imp, node, "'axis' is %lld, which is not that of the classes",
                               (long long)axis);
    imp->dropped = node->op;
    return nax_import_same(imp, node, x) ? 0 : NAX_ERR_FORMAT;
}

static int see(struct importer *imp, const struct import_node *node, const struct import_value *x,
               bool is_flat)
{
    struct import_value *v = nax_import_same(imp, node, x);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_flat = is_flat;
    return 0;
}

int nax_import_step_flatten(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    int64_t axis = nax_import_int(node, "axis", 1), rank = x->is_flat ? 2 : 4;
    if (axis != 1 && axis != 1 - rank)
        return nax_import_fail(imp, node, "not from axis 1 on");
    return see(imp, node, x, true);
}

/* Flat, or as it was. */
int nax_import_step_reshape(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    const int64_t *shape;
    size_t n;
    int status = nax_import_any(imp, node, 0, &x);
    if (!status)
        status = nax_import_ints(imp, node, 1, "shape", &shape, &n);
    if (status)
        return status;
    const int64_t all = (int64_t)(x->c * x->h * x->w), batch = (int64_t)imp->batch;
    const int64_t dims[4] = {batch, (int64_t)(x->is_channels_last ? x->h : x->c),
                             (int64_t)(x->is_channels_last ? x->w : x->h),
                             (int64_t)(x->is_channels_last ? x->c : x->w)};
    const bool keeps_zeros = nax_import_int(node, "allowzero", 0);
    size_t n_open = 0;
    for (size_t d = 0; d < n; d++) {
        n_open += shape[d] == -1;
        if (!shape[d] && keeps_zeros)
            return nax_import_fail(imp, node, "'allowzero', and a side of 0: nothing is left");
    }
    if (n == 2 && n_open < 2 && (shape[0] == batch || shape[0] <= 0) &&
        (shape[1] == all || shape[1] == -1))
        return see(imp, node, x, true);
    bool is_same = n == 4 && n_open < 2 && (!x->is_flat || x->h * x->w == 1);
    for (size_t d = 0; is_same && d < n; d++)
        is_same = shape[d] == dims[d] || shape[d] == -1 || (!shape[d] && !x->is_flat);
    if (!is_same)
        return nax_import_fail(imp, node, "an image can be made flat, or left as it is");
    return see(imp, node, x, false);
}

int nax_import_step_squeeze(struct importer *imp, const struct import_node *node)
{
    struct import_value *x;
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    const bool is_flat = *node->op == 'S';
    if (x->h * x->w > 1 || x->is_flat == is_flat ||
        (is_flat && imp->batch == 1 && node->n_in < 2 && !nax_import_attribute(node, "axes")))
        return nax_import_fail(imp, node, "only rows and columns of a single pixel can go or come");
    const int64_t *axes;
    size_t n;
    unsigned seen = 0;
    if ((status = nax_import_ints(imp, node, 1, "axes", &axes, &n)))
        return status;
    const int64_t first = x->is_channels_last ? 1 : 2;
    for (size_t i = 0; i < n; i++) {
        int64_t axis = axes[i] < 0 ? axes[i] + 4 : axes[i];
        seen |= axis == first ? 1 : axis == first + 1 ? 2 : 4;
    }
    if (n && seen != 3)
        return nax_import_fail(imp, node, "only rows and columns of a single pixel can go or come");
    return see(imp, node, x, is_flat);
}

int nax_import_step_transpose(struct importer *imp, const struct import_node *node)
{
    static const int64_t to_first[] = {0, 3, 1, 2}, to_last[] = {0, 2, 3, 1};
    const struct import_attribute *perm = nax_import_attribute(node, "perm");
    struct import_value *x;
    int status = nax_import_any(imp, node, 0, &x);
    if (status)
        return status;
    if (x->is_flat || !perm || perm->n != 4 ||
        memcmp(perm->ints, x->is_channels_last ? to_first : to_last, sizeof to_first))
        return nax_import_fail(imp, node, "only channels can be brought to the front or the end");
    struct import_value *v = nax_import_same(imp, node, x);
    if (!v)
        return NAX_ERR_FORMAT;
    v->is_channels_last = !x->is_channels_last;
    return 0;
}
