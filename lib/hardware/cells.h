/* Tables of measured cells. */
#ifndef NAX_LIB_HARDWARE_CELLS_H
#define NAX_LIB_HARDWARE_CELLS_H

#include "nax/hardware.h"

struct nax_cells {
    size_t n;
    double *target, *deviation; /* [n] siemens, by rising target */
    double target_max;
};

/* A CSV file with columns target_siemens and g_siemens, as nax-xbar --import-cells makes it.
 * NAX_ERR_IO, NAX_ERR_FORMAT naming file and line, NAX_ERR_MEMORY. */
int nax_cells_load(struct nax_cells **cells, const char *path, struct nax_err *err) NAX_MUST_USE;
void nax_cells_free(struct nax_cells *cells);

/* The cells whose targets are nearest: first of them, and how many. */
size_t nax_cells_near(const struct nax_cells *cells, double target, size_t *n_near);

#endif
