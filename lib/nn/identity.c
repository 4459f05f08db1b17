/* What decides the bits of a training run. */
#include "nax/nn.h"

#include <inttypes.h>
#include <stdio.h>

static void add_layer(struct nax_identity *identity, const struct nax_layer *s)
{
    char name[NAX_LAYER_NAME_SIZE + 8], geometry[320] = "";
    snprintf(name, sizeof name, "layer.%s", s->name);
    if (!nax_layer_is_plain(s))
        snprintf(geometry, sizeof geometry,
                 ", %zux%zu every %zux%zu, dilation %zux%zu, padding %zu %zu %zu %zu, groups %zu, "
                 "batch norm %d, epsilon %g, bias %d, padding counted %d, activation %d, slope %g",
                 s->kernel[0], s->kernel[1], s->stride[0], s->stride[1], s->dilation[0],
                 s->dilation[1], s->pad[0], s->pad[1], s->pad[2], s->pad[3], s->groups,
                 (int)s->has_batch_norm, s->epsilon, (int)s->has_bias, (int)s->counts_pad,
                 (int)s->activation, (double)s->slope);
    nax_identity_add(
        identity, name,
        "%s, kernel %zu, stride %zu, %zux%zux%zu to %zu, input %d, residual %d, relu %d%s",
        nax_words_row(&nax_layer_kind_words, (int)s->kind)->word,
        NAX_MAX(s->kernel[0], s->kernel[1]), NAX_MAX(s->stride[0], s->stride[1]), s->h_in, s->w_in,
        s->c_in, s->c_out, s->input, s->residual, (int)s->has_relu, geometry);
}

void nax_layers_identify(struct nax_identity *identity, const struct nax_network *net)
{
    for (size_t l = 0; l < net->n_layers; l++)
        add_layer(identity, &net->layers[l]);
}

int nax_layers_check(const struct nax_network *net, const char *lines, const char *path,
                     struct nax_err *err)
{
    struct nax_identity *identity = NULL;
    int status = nax_identity_alloc(&identity, err);
    if (status)
        return status;
    nax_layers_identify(identity, net);
    status = nax_identity_compare(identity, lines, err);
    if (status == NAX_ERR_VALUE)
        nax_err_prefix(err, "weights of another network: '%s'", path);
    nax_identity_free(identity);
    return status;
}

void nax_training_identify(struct nax_identity *identity, const struct nax_network *net,
                           const struct nax_dataset *set, const struct nax_recipe *recipe,
                           uint64_t seed)
{
    nax_identity_add(identity, "seed", "%" PRIu64, seed);
    nax_identity_add(identity, "data", "%016" PRIx64, nax_dataset_hash(set));
    nax_identity_add_options(identity, nax_recipe_options, recipe);
    nax_layers_identify(identity, net);
}
