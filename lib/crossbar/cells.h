/* Measured cells, sorted by target. */
#ifndef NAX_CROSSBAR_CELLS_H
#define NAX_CROSSBAR_CELLS_H

#include "nax/crossbar.h"

struct nax_cells {
    size_t n;
    double *target, *deviation; /* [n] siemens, by rising target */
    double target_max;
};

/* The cells whose targets are nearest: first of them, and how many. */
size_t nax_cells_near(const struct nax_cells *cells, double target, size_t *n_near);

#endif
