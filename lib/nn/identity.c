/* What decides the bits of a training run. */
#include "nax/nn.h"

#include <inttypes.h>
#include <stdio.h>

static void add_layer(struct nax_identity *identity, const struct nax_layer *s)
{
    char name[32];
    snprintf(name, sizeof name, "layer.%s", s->name);
    nax_identity_add(
        identity, name,
        "%s, kernel %zu, stride %zu, %zux%zux%zu to %zu, input %d, residual %d, relu %d",
        nax_words_row(&nax_layer_kind_words, (int)s->kind)->word, s->kernel, s->stride, s->h_in,
        s->w_in, s->c_in, s->c_out, s->input, s->residual, (int)s->has_relu);
}

void nax_layers_identify(struct nax_identity *identity, const struct nax_network *net)
{
    for (size_t l = 0; l < net->n_layers; l++)
        add_layer(identity, &net->layers[l]);
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
