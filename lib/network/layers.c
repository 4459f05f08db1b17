/* What follows from a flat list of layers: kinds and roles, crossbar sizes of unsearched layers,
 * operation counts. */
#include "nax/network.h"

static const struct nax_layer_kind_row kind_rows[] = {
    {{NAX_LAYER_CONV, "conv", "a convolution with batch norm", NULL, NULL},
     .has_weights = true,
     .has_batch_norm = true},
    {{NAX_LAYER_LINEAR, "linear", "a fully connected layer", NULL, NULL}, .has_weights = true},
    {{NAX_LAYER_POOL_MAX, "max", "the largest value of a window", NULL, NULL},
     .passes_sign = true,
     .extra_ops = -1},
    {{NAX_LAYER_POOL_MEAN, "mean", "the mean of a window", NULL, NULL}, .passes_sign = true},
    {{NAX_LAYER_ADD, "add", "the sum of what it reads", NULL, NULL}, .extra_ops = -1},
    {{NAX_LAYER_CONCAT, "concat", "the channels of all that it reads", NULL, NULL},
     .is_in_place = true},
    {{NAX_LAYER_BATCH_NORM, "batch_norm", "batch norm by itself", NULL, NULL},
     .has_batch_norm = true,
     .extra_ops = -1},
    {{NAX_LAYER_ACTIVATION, "activation", "an activation by itself", NULL, NULL},
     .is_in_place = true},
};
NAX_WORDS(nax_layer_kind_words, kind_rows, NAX_LAYER_COUNT);

const struct nax_layer_kind_row *nax_layer_kind_row(const struct nax_layer *layer)
{
    return &kind_rows[layer->kind];
}

static const struct nax_word role_rows[] = {
    {NAX_ROLE_STEM, "stem", "only as the first entry", NULL, NULL},
    {NAX_ROLE_BODY, "body", "the default", NULL, NULL},
    {NAX_ROLE_SHORTCUT, "shortcut", "", NULL, NULL},
    {NAX_ROLE_CLASSIFIER, "classifier", "the last entry, and no other", NULL, NULL},
    {NAX_ROLE_POOL, "pool", "", NULL, NULL},
    {NAX_ROLE_DIGITAL, "digital", "", NULL, NULL},
};
NAX_WORDS(nax_layer_role_words, role_rows, NAX_ROLE_COUNT);

const char *nax_layer_role_name(const struct nax_layer *layer)
{
    return role_rows[layer->role].word;
}

static bool is_same_block(const struct nax_layer *shortcut, const struct nax_layer *layer)
{
    return layer->input == shortcut->input;
}

/* The searched convolution that layer l, which is not searched, takes its crossbar from, or -1. */
static int followed_slot(const struct nax_network *net, size_t l)
{
    const struct nax_layer *layer = &net->layers[l];
    int before = -1;
    for (size_t i = 0; i < net->n_layers; i++) {
        int slot = net->layers[i].slot;
        if (slot < 0)
            continue;
        if (layer->role == NAX_ROLE_SHORTCUT && is_same_block(layer, &net->layers[i]))
            return slot;
        if (i < l)
            before = slot;
        else if (before < 0)
            return slot;
    }
    return before;
}

int nax_network_slot_of(const struct nax_network *net, size_t l)
{
    const struct nax_layer *layer = &net->layers[l];
    if (!nax_layer_kind_row(layer)->has_weights)
        return -1;
    return layer->slot >= 0 ? layer->slot : followed_slot(net, l);
}

int nax_network_crossbars(const struct nax_network *net, const int64_t *crossbar, int64_t fixed,
                          int64_t *out, struct nax_err *err)
{
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        const int slot = nax_network_slot_of(net, l);
        out[l] = 0;
        if (!nax_layer_kind_row(layer)->has_weights)
            continue;
        if (layer->slot < 0 && fixed > 0) {
            out[l] = fixed;
            continue;
        }
        if (slot < 0)
            return nax_err_set(err, NAX_ERR_VALUE,
                               "no searched layer gives the crossbar size of '%s', nor does "
                               "'crossbar_fixed', in network '%s'",
                               layer->name, net->name);
        if (crossbar[slot] < 1)
            return nax_err_set(err, NAX_ERR_VALUE, "crossbar size %lld for '%s' in network '%s'",
                               (long long)crossbar[slot], layer->name, net->name);
        out[l] = crossbar[slot];
    }
    return 0;
}

void nax_layer_set_kernel(struct nax_layer *layer, size_t kernel)
{
    layer->kernel[0] = layer->kernel[1] = kernel;
    for (int side = 0; side < 4; side++)
        layer->pad[side] = kernel / 2;
}

static bool is_square(const struct nax_layer *l)
{
    return l->kernel[0] == l->kernel[1] && l->dilation[0] == 1 && l->dilation[1] == 1;
}

static bool is_padded(const struct nax_layer *l, size_t pad)
{
    return l->pad[0] == pad && l->pad[1] == pad && l->pad[2] == pad && l->pad[3] == pad;
}

bool nax_layer_is_same(const struct nax_layer *l)
{
    return is_square(l) && l->kernel[0] % 2 && is_padded(l, l->kernel[0] / 2);
}

bool nax_layer_is_plain(const struct nax_layer *l)
{
    const struct nax_layer_kind_row *row = nax_layer_kind_row(l);
    bool is_convolved = row->has_batch_norm;
    return (l->is_global || is_square(l)) && l->groups == 1 &&
           (l->is_global || l->stride[0] == l->stride[1]) &&
           is_padded(l, is_convolved ? l->kernel[0] / 2 : 0) &&
           l->has_batch_norm == row->has_batch_norm &&
           l->has_bias == (row->has_weights && !row->has_batch_norm) &&
           (!l->has_batch_norm || l->epsilon == NAX_BATCH_NORM_EPSILON) && !l->counts_pad &&
           !l->activation;
}

uint64_t nax_layer_channel_products(const struct nax_layer *layer)
{
    if (!nax_layer_kind_row(layer)->has_weights)
        return 0;
    return (uint64_t)layer->h_out * layer->w_out * (layer->c_in / layer->groups) * layer->c_out;
}

uint64_t nax_layer_macs(const struct nax_layer *layer)
{
    return nax_layer_channel_products(layer) * layer->kernel[0] * layer->kernel[1];
}
