/* Spaces of designs, sampling from them, and dominance between results. Pure: nothing here knows
 * how a network is trained or what a crossbar is.
 */
#ifndef NAX_SEARCH_H
#define NAX_SEARCH_H

#include "nax/base.h"
#include "nax/record.h"
#include "nax/rng.h"

enum { NAX_CHOICES_MAX = 16, NAX_SLOTS_MAX = 256 };

/* A space file: which kernels and crossbar sizes every searched convolution may take. */
struct nax_space {
    char name[64];     /* as the user gave it */
    char network[256]; /* name or path of the network */
    size_t n_kernels, n_crossbars;
    int64_t kernels[NAX_CHOICES_MAX];   /* odd, rising */
    int64_t crossbars[NAX_CHOICES_MAX]; /* rising */
    bool has_skip;                      /* a convolution may be left out where can_skip says so */
    int64_t crossbar_fixed; /* of layers that are not searched; 0: as the nearest searched one */
    size_t n_slots;         /* set by nax_space_bind */
    bool can_skip[NAX_SLOTS_MAX];
};

int nax_space_load(struct nax_space *space, const char *name, struct nax_err *err) NAX_MUST_USE;
/* Tells the space its network's searched convolutions. can_skip: [n_slots]. */
int nax_space_bind(struct nax_space *space, size_t n_slots, const bool *can_skip,
                   struct nax_err *err) NAX_MUST_USE;

/* One design. kernel 0 = skipped, and then crossbar 0 too: the canonical form. */
struct nax_candidate {
    char id[20]; /* hex of a 64-bit hash over space-independent content: network, kernel, crossbar,
                    crossbar_fixed */
    char space[256], network[256];
    uint64_t seed;
    int64_t crossbar_fixed;
    size_t n_slots;
    int64_t kernel[NAX_SLOTS_MAX], crossbar[NAX_SLOTS_MAX];
};

void nax_candidate_set_id(struct nax_candidate *c);
int nax_candidate_write(const struct nax_candidate *c, struct nax_record *r,
                        struct nax_err *err) NAX_MUST_USE;
/* Fields id, space, seed and crossbar_fixed may be missing (id is computed; 0). network, kernel,
 * crossbar may not. */
int nax_candidate_read(struct nax_candidate *c, const struct nax_record *r,
                       struct nax_err *err) NAX_MUST_USE;

#endif
