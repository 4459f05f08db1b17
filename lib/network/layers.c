/* What follows from a flat list of layers: kinds and roles, crossbar sizes of unsearched layers,
 * operation counts. */
#include "nax/network.h"

static const struct nax_layer_kind_row kind_rows[] = {
    {{NAX_LAYER_CONV, "conv", "a convolution with batch norm", NULL, NULL},
     .has_weights = true,
     .has_batch_norm = true},
    {{NAX_LAYER_LINEAR, "linear", "a fully connected layer with bias", NULL, NULL},
     .has_weights = true},
    {{NAX_LAYER_POOL_MAX, "max", "the largest value of a window", NULL, NULL}, .extra_ops = -1},
    {{NAX_LAYER_POOL_MEAN, "mean", "the mean of a window", NULL, NULL}, .extra_ops = 0},
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
                               "no searched convolution gives the crossbar size of '%s' in network "
                               "'%s'",
                               layer->name, net->name);
        if (crossbar[slot] < 1)
            return nax_err_set(err, NAX_ERR_VALUE, "crossbar size %lld for '%s' in network '%s'",
                               (long long)crossbar[slot], layer->name, net->name);
        out[l] = crossbar[slot];
    }
    return 0;
}

uint64_t nax_layer_macs(const struct nax_layer *layer)
{
    if (!nax_layer_kind_row(layer)->has_weights)
        return 0;
    uint64_t n_weights = (uint64_t)layer->kernel * layer->kernel * layer->c_in * layer->c_out;
    return (uint64_t)layer->h_out * layer->w_out * n_weights;
}
