/* A supernet that networks drawn from a space are trained in, one a step. */
#ifndef NAX_COSEARCH_ONESHOT_H
#define NAX_COSEARCH_ONESHOT_H

#include "nax/cosearch.h"
#include "slices.h"

struct oneshot {
    const struct nax_evolution_options *options;
    struct slices slices;
    struct slice *slice;   /* that the trainer is at */
    bool keeps_statistics; /* weights of the network itself, and not trained: nothing is renewed */
    struct nax_trainer *trainer;
    struct nax_identity *identity; /* besides what decides a training run */
    uint32_t *train, *validation;  /* the split */
    size_t n_train, n_validation;
    uint32_t *statistics; /* [options->n_statistics] images of the training part, evenly spread */
    struct nax_statistics *renewal; /* on them */
    /* the epoch under way */
    int (*step)(void *self, size_t step, double loss);
    void *step_self;
    int status;
    struct nax_err *err;
};

int nax_oneshot_open(struct oneshot *oneshot, const struct nax_evolution_options *options,
                     struct nax_err *err) NAX_MUST_USE;
void nax_oneshot_close(struct oneshot *oneshot);
int nax_oneshot_epoch(struct oneshot *oneshot, int (*step)(void *self, size_t step, double loss),
                      void *self, struct nax_epoch *epoch, struct nax_err *err) NAX_MUST_USE;

/* A network with the supernet's weights and statistics of its own, in memory of its own; a trained
 * network's weights have theirs, where it computes what that does. kernel: [n_slots]; width:
 * [n_stages]. whole: [NAX_NETWORK_LAYERS_MAX] places of its layers in the
 * supernet's, largest: likewise, the largest magnitude among each one's inputs, or NULL. */
int nax_oneshot_cut(const struct oneshot *oneshot, const int64_t *kernel, const int64_t *width,
                    struct nax_network **net, struct nax_model **model, size_t *whole,
                    double *largest, struct nax_err *err) NAX_MUST_USE;

#endif
