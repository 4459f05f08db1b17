/* A search at work, shared by its steps and its checkpoints. */
#ifndef NAX_COSEARCH_SEARCH_H
#define NAX_COSEARCH_SEARCH_H

#include "nax/cosearch.h"
#include "noise.h"
#include "price.h"
#include "wires.h"

struct nax_cosearch {
    struct nax_cosearch_options options;
    struct supernet net;
    struct arch arch;
    struct price price;
    struct wires wires;
    struct noise noise;
    struct nax_trainer *trainer;
    struct path *path;                  /* that the trainer is at */
    double uniform[NAX_EXPECTED_COUNT]; /* expected while every choice is as likely */
    uint64_t draws;                     /* seed of paths and choices */
    uint64_t start;                     /* hash of the weights that it starts from; 0: drawn ones */
    struct nax_identity *identity;      /* what decides it besides what decides a training run */
    uint64_t n_alpha;                   /* steps of alpha so far */
    double *by_p;                       /* of the terms of cost by p, [n_slots][n_choices] */
    double *prices;                     /* [n_slots][n_choices][NAX_EXPECTED_COUNT] */
    struct nax_gate *gates;             /* [n_slots] */
    struct noise_source
        *sources; /* [n_slots][2], of a step's gates: the layer's own and the other */
    /* the epoch under way */
    double loss; /* sum over its steps of alpha */
    size_t n_losses;
    int (*step)(void *self, size_t step, double loss);
    void *step_self;
    int status; /* of what happens within a step */
    struct nax_err *err;
};

/* Fills search->identity, and tells the trainer. */
int nax_search_identify(struct nax_cosearch *search, struct nax_err *err) NAX_MUST_USE;

/* Moves alpha once. */
int nax_search_alpha(struct nax_cosearch *search, struct nax_err *err) NAX_MUST_USE;

/* The loss's terms of cost, and by_p [n_slots][n_choices], or NULL: their derivatives by p. mean:
 * what is expected; prices: its derivatives, or NULL. */
double nax_search_cost(const struct nax_cosearch *search, const double mean[NAX_EXPECTED_COUNT],
                       const double *prices, double *by_p);

#endif
