/* A run of training, shared by the loop and the checkpoints. */
#ifndef NAX_NN_TRAINER_H
#define NAX_NN_TRAINER_H

#include "augment.h"
#include "layers.h"
#include "model.h"
#include "muon.h"
#include "pass.h"

struct nax_trainer {
    struct nax_model *model;
    struct nax_model *part; /* of the model, which the next step trains: all of it, as a rule */
    const struct nax_dataset *set;
    struct nax_recipe recipe;
    uint64_t seed;
    const struct nax_identity *more; /* of the caller, or NULL */
    struct pass *pass;
    struct pass_memory pass_memory, gates_memory; /* of a step of the weights, and of the gates */
    struct pixel_table table;
    struct augment augment;
    struct muon *muon; /* the part's matrices that step so */
    float *momentum;   /* in the layout of the model's values */
    float *average;    /* of the values over the steps, in their layout; NULL: not wanted */
    bool is_averaged;  /* the model's values and `average` have changed places: for good */
    uint32_t *train, *validation; /* indices of images */
    size_t n_train, n_validation;
    size_t epochs_done, steps_done; /* whole epochs, and steps of the one that is under way */
    double loss;                    /* sum over those steps */
    size_t n_right;
    uint32_t *order;                /* [n_train] of this epoch */
    int32_t *labels, *other_labels; /* [batch] own ones, and of what images are mixed with */
    double *share;                  /* [batch] of their own */
    size_t first;                   /* place in order of the batch being loaded */
};

/* What follows from the model's pixel statistics. */
void nax_trainer_set_pixels(struct nax_trainer *trainer);
/* Whether there is an average, and the model has the last values: neither before the first step,
 * nor after the last one. */
bool nax_trainer_is_apart(const struct nax_trainer *trainer);
/* The model's values and their average, both behind pointers, change places. */
void nax_trainer_swap_average(const struct nax_trainer *trainer);

#endif
