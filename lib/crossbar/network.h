/* Networks of conductances between the ports of rectangles of cells, and the one that two make. */
#ifndef NAX_CROSSBAR_NETWORK_H
#define NAX_CROSSBAR_NETWORK_H

#include "dense.h"

enum { SIDE_LEFT, SIDE_BELOW, SIDE_RIGHT, SIDE_ABOVE, N_SIDES, NO_SIDE = N_SIDES };

/* Upper triangle of the conductances between ports, which lie side by side in the order above.
 * Elements are unit doubles: 1, or DENSE_LANES for as many networks at a time. */
struct network {
    double *c; /* [ports][ld][unit] */
    size_t ld, n[N_SIDES];
};

/* Nodes of a network of two: a side of one part, or the sides that both share. */
struct nodes {
    size_t at, n;
    bool is_of[2];
    size_t from[2]; /* in the parts */
};

/* Two networks that become one of n nodes, of which the first n_inner go. */
struct merger {
    struct network part[2], out; /* out.c: not yet */
    size_t unit, n, n_inner, n_groups;
    struct nodes groups[2 * N_SIDES];
    size_t row_end, col_begin; /* wanted are only rows before and columns from here on */
};

/* Of rectangles that share the sides shared[0] of the first and shared[1] of the second; or of one
 * alone, if these are NO_SIDE. Sides that are not kept are inner nodes; is_whole: of what is left
 * only what is between left and below is wanted. */
struct merger nax_merger_of(const struct network part[2], const int shared[2],
                            const bool keep[N_SIDES], bool is_whole, size_t unit);
/* Doubles that the network takes, and merging it besides. */
size_t nax_merger_size(const struct merger *m);
size_t nax_merger_scratch_size(const struct merger *m);
/* The network, in c, by so many threads; the bits do not depend on their number. */
struct network nax_merge(const struct merger *m, const struct dense_kernels *kernels, double *c,
                         double *scratch, int n_threads);

#endif
