/* Effective weights, solved when they are needed. */
#include "wires.h"

#include <stdlib.h>

int nax_wires_alloc(struct wires *wires, const struct supernet *net, const struct arch *arch,
                    const struct nax_hardware *hardware, uint64_t seed, struct nax_err *err)
{
    size_t n = arch->n_slots * arch->n_choices;
    *wires = (struct wires){.net = net,
                            .arch = arch,
                            .mapping = {.hardware = hardware, .seed = seed},
                            .lost = nax_calloc(n, sizeof *wires->lost),
                            .effective = nax_calloc(n, sizeof *wires->effective),
                            .is_fresh = nax_calloc(n, sizeof *wires->is_fresh)};
    if (wires->lost && wires->effective && wires->is_fresh)
        return 0;
    nax_wires_free(wires);
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'effective weights'");
}

void nax_wires_free(struct wires *wires)
{
    for (size_t i = 0; wires->lost && wires->effective && wires->arch &&
                       i < wires->arch->n_slots * wires->arch->n_choices;
         i++) {
        free(wires->lost[i]);
        free(wires->effective[i]);
    }
    free(wires->lost);
    free(wires->effective);
    free(wires->is_fresh);
    *wires = (struct wires){.lost = NULL};
}

void nax_wires_refresh(struct wires *wires, bool is_whole)
{
    size_t n = wires->arch->n_choices;
    for (size_t i = 0; i < wires->arch->n_slots * n; i++)
        if (is_whole || nax_arch_is_likely(wires->arch, i / n, i % n))
            wires->is_fresh[i] = false;
}

/* effective = gain · (w + lost), lost = W_eff(w₀) − w₀ of the weights w₀ at its solution. */
static int prepare(struct wires *wires, const struct wires_use *use, struct nax_err *err)
{
    size_t at = use->slot * wires->arch->n_choices + use->choice;
    size_t place = nax_supernet_place(wires->net, use->slot,
                                      nax_arch_kernel(wires->arch, use->slot, use->choice));
    const struct nax_layer *shape = &wires->net->all->layers[place];
    const float *weight = wires->net->model->layer[place].weight;
    size_t n = nax_layer_n_weights(shape);
    if (!wires->lost[at])
        wires->lost[at] = nax_calloc(n, sizeof **wires->lost);
    if (!wires->effective[at])
        wires->effective[at] = nax_calloc(n, sizeof **wires->effective);
    float *lost = wires->lost[at], *effective = wires->effective[at];
    if (!lost || !effective)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", shape->name);
    if (!wires->is_fresh[at]) {
        int status =
            nax_effective_weights(&wires->mapping, shape, use->slot,
                                  nax_arch_crossbar(wires->arch, use->choice), weight, lost, err);
        if (status)
            return status;
        for (size_t i = 0; i < n; i++)
            lost[i] -= weight[i];
        wires->is_fresh[at] = true;
    }
    float gain = wires->gain ? (float)wires->gain[at] : 1;
    for (size_t i = 0; i < n; i++)
        effective[i] = gain * (weight[i] + lost[i]);
    return 0;
}

int nax_wires_prepare(struct wires *wires, const struct wires_use *uses, size_t n,
                      struct nax_err *err)
{
    int status = 0;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
        struct nax_err own = {0};
        if (prepare(wires, &uses[i], &own))
            nax_err_keep_first(&status, err, &own);
    }
    return status;
}

const float *nax_wires_weight(const struct wires *wires, size_t slot, size_t choice)
{
    return wires->effective[slot * wires->arch->n_choices + choice];
}
