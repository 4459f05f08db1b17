/* A run of training, shared by the loop and the checkpoints. */
#ifndef NAX_NN_TRAINER_H
#define NAX_NN_TRAINER_H

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
    struct pixel_table table;
    struct muon *muon;            /* the part's matrices that step so */
    float *momentum;              /* in the layout of the model's values */
    uint32_t *train, *validation; /* indices of images */
    size_t n_train, n_validation;
    size_t epochs_done, steps_done; /* whole epochs, and steps of the one that is under way */
    double loss;                    /* sum over those steps */
    size_t n_right;
    uint32_t *order; /* [n_train] of this epoch */
    int32_t *labels; /* [batch] */
    size_t first;    /* place in order of the batch being loaded */
};

#endif
