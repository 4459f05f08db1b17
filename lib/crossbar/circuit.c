/* The two views of an array. */
#include "circuit.h"

struct circuit nax_circuit_of(const struct nax_xbar *x, bool is_transposed, double *workspace)
{
    if (!is_transposed)
        return (struct circuit){x->n_rows,         x->n_cols,       x->r_wire_row_ohm,
                                x->r_wire_col_ohm, x->r_source_ohm, x->r_sink_ohm,
                                x->g_siemens};
    struct circuit a = {x->n_cols,     x->n_rows,       x->r_wire_col_ohm, x->r_wire_row_ohm,
                        x->r_sink_ohm, x->r_source_ohm, workspace};
    for (size_t r = 0; r < a.n_rows; r++)
        for (size_t c = 0; c < a.n_cols; c++)
            workspace[r * a.n_cols + c] = x->g_siemens[nax_circuit_index(&a, true, r, c)];
    return a;
}
