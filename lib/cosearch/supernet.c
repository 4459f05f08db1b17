/* The supernet's parameters, and its paths. */
#include "supernet.h"

#include "../search/choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is not searched, of the network with nothing left out. */
static void list_fixed(struct nax_network *all, const struct nax_network *own)
{
    for (size_t l = 0; l < own->n_layers; l++)
        if (own->layers[l].slot < 0)
            all->layers[all->n_layers++] = own->layers[l];
}

static void list_searched(struct supernet *net, const struct nax_network *own)
{
    const struct nax_space *space = net->space;
    for (size_t l = 0; l < own->n_layers; l++) {
        if (own->layers[l].slot < 0)
            continue;
        size_t slot = (size_t)own->layers[l].slot;
        net->first[slot] = net->all->n_layers;
        for (size_t k = 0; k < nax_kernels(space, slot); k++) {
            struct nax_layer *layer = &net->all->layers[net->all->n_layers++];
            *layer = own->layers[l];
            if (!space->is_kernel_own[slot])
                nax_layer_set_kernel(layer, (size_t)space->kernels[k]);
            snprintf(layer->name, sizeof layer->name, "%.63s.k%zu", own->layers[l].name,
                     layer->kernel[0]);
        }
    }
}

int nax_supernet_alloc(struct supernet *net, const struct nax_space *space,
                       const struct nax_network_file *file, uint64_t seed, struct nax_err *err)
{
    struct nax_network *own;
    *net = (struct supernet){.space = space, .file = file};
    int status = nax_network_build(&own, file, NULL, err);
    if (status)
        return status;
    net->all = nax_calloc(1, sizeof *net->all);
    if (net->all) {
        *net->all = *own;
        net->all->n_layers = net->all->n_skipped = 0;
        net->all->skipped = NULL; /* own's */
        net->all->layers = nax_calloc(own->n_layers * space->n_kernels, sizeof *net->all->layers);
    }
    if (net->all && net->all->layers) {
        list_fixed(net->all, own);
        list_searched(net, own);
        status = nax_model_alloc(&net->model, net->all, seed, err);
    } else {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'supernet of %s'", own->name);
    }
    nax_network_free(own);
    if (status)
        nax_supernet_free(net);
    return status;
}

void nax_supernet_free(struct supernet *net)
{
    nax_model_free(net->model);
    nax_network_free(net->all);
    *net = (struct supernet){.model = NULL};
}

size_t nax_supernet_place(const struct supernet *net, size_t slot, int64_t kernel)
{
    size_t k = 0;
    while (!net->space->is_kernel_own[slot] && net->space->kernels[k] != kernel)
        k++;
    return net->first[slot] + k;
}

/* The middle of the larger kernel, out of it or into it. */
static void copy_middle(const struct nax_layer *small, float *small_weight,
                        const struct nax_layer *large, float *large_weight, bool is_into_large)
{
    size_t k = small->kernel[0], k_large = large->kernel[0], margin = (k_large - k) / 2;
    size_t n = small->c_in / small->groups * small->c_out;
    for (size_t y = 0; y < k; y++)
        for (size_t x = 0; x < k; x++) {
            float *a = small_weight + (y * k + x) * n;
            float *b = large_weight + ((y + margin) * k_large + x + margin) * n;
            memcpy(is_into_large ? b : a, is_into_large ? a : b, n * sizeof *a);
        }
}

void nax_supernet_nest(const struct supernet *net, size_t slot, int64_t kernel)
{
    size_t from = nax_supernet_place(net, slot, kernel);
    const struct nax_layer *layers = net->all->layers;
    for (size_t k = 0; k < nax_kernels(net->space, slot); k++) {
        size_t to = nax_supernet_place(net, slot, net->space->kernels[k]);
        bool is_into_large = to > from;
        size_t small = is_into_large ? from : to, large = is_into_large ? to : from;
        if (to != from)
            copy_middle(&layers[small], net->model->layer[small].weight, &layers[large],
                        net->model->layer[large].weight, is_into_large);
    }
}

static size_t find_fixed(const struct supernet *net, const char *name)
{
    size_t l = 0;
    while (strcmp(net->all->layers[l].name, name) != 0)
        l++;
    return l;
}

int nax_path_alloc(struct path **out, const struct supernet *net, const int64_t *kernel,
                   struct nax_err *err)
{
    struct path *path = nax_calloc(1, sizeof *path);
    int status = path ? nax_network_build(&path->net, net->file, kernel, err)
                      : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'path'");
    if (!status) {
        path->model = *net->model;
        path->model.net = path->net;
        path->model.layer = nax_calloc(path->net->n_layers, sizeof *path->model.layer);
        if (!path->model.layer)
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'path'");
    }
    if (status) {
        nax_path_free(path);
        return status;
    }
    for (size_t l = 0; l < path->net->n_layers; l++) {
        const struct nax_layer *layer = &path->net->layers[l];
        size_t place = layer->slot < 0 ? find_fixed(net, layer->name)
                                       : nax_supernet_place(net, (size_t)layer->slot,
                                                            (int64_t)layer->kernel[0]);
        path->model.layer[l] = net->model->layer[place];
    }
    *out = path;
    return 0;
}

void nax_path_free(struct path *path)
{
    if (!path)
        return;
    free(path->model.layer);
    nax_network_free(path->net);
    free(path);
}
