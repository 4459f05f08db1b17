/* What crossbars make of the supernet's weights: effective weights of (slot, kernel, crossbar). */
#ifndef NAX_COSEARCH_WIRES_H
#define NAX_COSEARCH_WIRES_H

#include "arch.h"
#include "nax/mapping.h"
#include "supernet.h"

/* Solving all arrays of all choices takes longer than many steps. So a choice is solved at its
 * first use after a refresh, and what it lost then, effective − own weights, is added to the
 * weights of the moment until the next one: choices are compared on the same weights. */
struct wires {
    const struct supernet *net;
    const struct arch *arch;
    struct nax_mapping mapping; /* the chip */
    float **lost, **effective;  /* [n_slots][n_choices], each NULL or [n_weights] */
    bool *is_fresh;             /* [n_slots][n_choices]: solved since the last refresh */
    const double *gain;         /* [n_slots][n_choices] of the conversions, or NULL: none */
};

int nax_wires_alloc(struct wires *wires, const struct supernet *net, const struct arch *arch,
                    const struct nax_hardware *hardware, uint64_t seed,
                    struct nax_err *err) NAX_MUST_USE;
void nax_wires_free(struct wires *wires);

/* The weights have moved: what is likely is solved anew, and now and then all. */
void nax_wires_refresh(struct wires *wires, bool is_whole);
/* Makes the effective weights of n choices ready: pairs of slot and choice, no zero ops. */
struct wires_use {
    size_t slot, choice;
};
int nax_wires_prepare(struct wires *wires, const struct wires_use *uses, size_t n,
                      struct nax_err *err) NAX_MUST_USE;
const float *nax_wires_weight(const struct wires *wires, size_t slot, size_t choice);

#endif
