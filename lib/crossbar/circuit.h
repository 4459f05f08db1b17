/* An array seen from one of its two sides. */
#ifndef NAX_CROSSBAR_CIRCUIT_H
#define NAX_CROSSBAR_CIRCUIT_H

#include "nax/crossbar.h"

/* Word lines are driven at column 0 through r_source, bit lines end after the last row in r_sink.
 */
struct circuit {
    size_t n_rows, n_cols;
    double r_wire_row, r_wire_col, r_source, r_sink;
    const double *g; /* [n_rows][n_cols] */
};

/* The array as it is, or transposed: bit lines take the place of word lines, driven from their
 * sinks, and the currents are sensed at the drivers. The circuit is reciprocal: its matrix is the
 * transpose. workspace: [n_rows*n_cols] for the conductances, used when transposed. */
struct circuit nax_circuit_of(const struct nax_xbar *x, bool is_transposed, double *workspace);

/* Row and column of either view → index into the array's own [n_rows][n_cols]. Transposed, both
 * orders are reversed: the last row, where sinks are, is column 0, where a view has its drivers. */
static inline size_t nax_circuit_index(const struct circuit *a, bool is_transposed, size_t r,
                                       size_t c)
{
    return is_transposed ? (a->n_cols - 1 - c) * a->n_rows + (a->n_rows - 1 - r)
                         : r * a->n_cols + c;
}

#endif
