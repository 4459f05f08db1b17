/* What candidates came to after so many epochs, in a folder that processes share. */
#ifndef NAX_TOOLS_TRAIN_POOL_H
#define NAX_TOOLS_TRAIN_POOL_H

#include "train.h"

/* In the folder of the checkpoints, for runs of one recipe, seed and data
 * (and hardware, where it is trained on). Entries appear whole,
 * one for each weights that have arrived at, or are on their way to, so many epochs. */
struct train_pool {
    char folder[TRAIN_PATH_SIZE - 64]; /* names go behind */
};

/* Names the folder; the first entry makes it. */
int train_pool_open(struct train_pool *pool, const struct training *t,
                    struct nax_err *err) NAX_MUST_USE;

/* The weights are on their way: they were among the best before. */
int train_pool_send(const struct train_pool *pool, const char *weights, size_t epochs,
                    struct nax_err *err) NAX_MUST_USE;
bool train_pool_is_sent(const struct train_pool *pool, const char *weights, size_t epochs);
/* They have arrived, at this accuracy; the first one stays. */
int train_pool_arrive(const struct train_pool *pool, const char *weights, size_t epochs,
                      double accuracy, struct nax_err *err) NAX_MUST_USE;

/* Those that have arrived, the best first; of equal ones the first by name. */
struct train_arrivals {
    size_t n;
    struct train_arrival {
        char weights[WEIGHTS_NAME_SIZE];
        double accuracy;
    } * at; /* [n], the caller's to free */
};
int train_pool_list(const struct train_pool *pool, size_t epochs, struct train_arrivals *arrivals,
                    struct nax_err *err) NAX_MUST_USE;

#endif
