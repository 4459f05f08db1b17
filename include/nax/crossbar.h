/* Circuits of memristive crossbars, solved exactly.
 *
 * Word line r is driven at its left end through a source resistance; bit line c ends below the last
 * row in a sink resistance to virtual ground; wires have a resistance between neighbouring cells,
 * and cell (r, c) joins its word line and its bit line by a conductance. For linear cells the bit
 * lines' currents are a linear map of the voltages, I = W_eff^T V. lib/crossbar/README.md has the
 * equations.
 */
#ifndef NAX_CROSSBAR_H
#define NAX_CROSSBAR_H

#include <stdio.h>

#include "nax/base.h"
#include "nax/hardware.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One programmed array. Conductances and resistances: finite, not negative; 0 is the limit (an open
 * cell, a perfect wire). Sides from 1 to NAX_XBAR_SIDE_MAX. */
struct nax_xbar {
    size_t n_rows, n_cols;
    const double *g_siemens;               /* [n_rows][n_cols] */
    double r_wire_row_ohm, r_wire_col_ohm; /* of a segment between two cells */
    double r_source_ohm, r_sink_ohm;
    double v0_v; /* I = G v0 sinh(V / v0); 0: linear cells */
};

#define NAX_XBAR_SIDE_MAX 4096

/* NAX_ERR_VALUE naming the offending field, or 0. */
int nax_xbar_check(const struct nax_xbar *x, struct nax_err *err) NAX_MUST_USE;

/* Resistances of a device, cells left to the caller. */
struct nax_xbar nax_xbar_of_device(const struct nax_device *device, size_t n_rows, size_t n_cols,
                                   const double *g_siemens);

enum nax_xbar_method {
    NAX_XBAR_AUTO,   /* relaxation of small arrays, elimination where that would take longer */
    NAX_XBAR_RELAX,  /* line relaxation: fast for cells that load their wires weakly */
    NAX_XBAR_BLOCK,  /* block elimination: about 33 N^3 operations, whatever the values */
    NAX_XBAR_NEWTON, /* nonlinear cells; reported, never asked for */
    NAX_XBAR_METHOD_COUNT
};

extern const struct nax_words nax_xbar_method_words;
const char *nax_xbar_method_name(enum nax_xbar_method method);

struct nax_xbar_options {
    enum nax_xbar_method method;
    double tolerance; /* relative to the largest result; 0: 1e-9; at least 1e-13 */
    /* Of effective conductances: those that are wanted, of the first n_rows word lines (0: all) on
     * the first n_cols bit lines (0: all) and, where has_last_col, on the last one. Others may be
     * made, and others stay as they are. */
    size_t n_rows, n_cols;
    bool has_last_col;
};

struct nax_xbar_report {
    enum nax_xbar_method method;
    size_t iterations; /* passes over all lines, or Newton steps; 1 for block elimination */
    /* Kirchhoff's current law: sum of the currents that do not balance at the nodes over the sum of
     * the output currents; the worst of the right-hand sides. */
    /* of elimination: of its currents for equal inputs against node voltages, or, where cells are
     * so near to shorts that these cannot be had, of its conductances against an elimination of the
     * other lines */
    double residual;
};

/* Effective conductances of n arrays of one size: w_eff[k] is [n_rows][n_cols] with
 * I_c = sum over r of w_eff[r][c] V_r. Of nonlinear arrays: of their cells at small voltages.
 * Threads work on arrays, or together on a single one; the bits do not depend on their number.
 * options NULL: defaults; report NULL or [n]. Errors: NAX_ERR_VALUE (see nax_xbar_check),
 * more wanted than there are; NAX_ERR_MEMORY; NAX_ERR_NUMERIC where NAX_XBAR_RELAX was asked for
 * and does not converge, or conductances leave the range of doubles: results are finite, residuals
 * too. The residual of an elimination is worked out for reports alone. */
int nax_xbar_matrices(const struct nax_xbar *x, size_t n, const struct nax_xbar_options *options,
                      double *const *w_eff, struct nax_xbar_report *report,
                      struct nax_err *err) NAX_MUST_USE;
int nax_xbar_matrix(const struct nax_xbar *x, const struct nax_xbar_options *options, double *w_eff,
                    struct nax_xbar_report *report, struct nax_err *err) NAX_MUST_USE;

/* Results for one input vector; NULL members are not wanted, save i_a. */
struct nax_xbar_nodes {
    double *i_a;      /* [n_cols] currents of the bit lines */
    double *u_v;      /* [n_rows][n_cols] word line at each cell */
    double *v_v;      /* [n_rows][n_cols] bit line at each cell */
    double *power_mw; /* one: that the drivers give and cells and wires take, the sum of V I */
};

/* Currents and node voltages for the input voltages v_v [n_rows], linear cells or not.
 * Errors: NAX_ERR_VALUE, NAX_ERR_MEMORY, NAX_ERR_NUMERIC. */
int nax_xbar_solve(const struct nax_xbar *x, const struct nax_xbar_options *options,
                   const double *v_v, struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                   struct nax_err *err) NAX_MUST_USE;
/* Currents i_a [n][n_cols] for n vectors v_v [n][n_rows], shared out to threads. report: NULL or
 * [n]; power_mw: NULL or [n], as in the nodes. */
int nax_xbar_currents(const struct nax_xbar *x, const struct nax_xbar_options *options, size_t n,
                      const double *v_v, double *i_a, double *power_mw,
                      struct nax_xbar_report *report, struct nax_err *err) NAX_MUST_USE;

/* Exact adjoint of nax_xbar_matrix: dl_dg [n_rows][n_cols], the derivatives of a loss by the
 * conductances, from dl_dw [n_rows][n_cols], those by the effective conductances. Cells may be
 * open.
 */
int nax_xbar_gradient(const struct nax_xbar *x, const struct nax_xbar_options *options,
                      const double *dl_dw, double *dl_dg, struct nax_err *err) NAX_MUST_USE;

/* A netlist for ngspice (`ngspice -b`) that prints the bit lines' currents as "i(vsense0) = …", and
 * those into the drivers as "i(vdriver0) = …", for the input voltages v_v [n_rows]. subject names
 * the file in messages. */
int nax_xbar_spice(const struct nax_xbar *x, const double *v_v, FILE *file, const char *subject,
                   struct nax_err *err) NAX_MUST_USE;

/* A picture (SVG) of the voltage across every cell as a part of its row's input; nodes as
 * nax_xbar_solve fills them, u_v and v_v not NULL. */
int nax_xbar_heatmap(const struct nax_xbar *x, const double *v_v,
                     const struct nax_xbar_nodes *nodes, FILE *file, const char *subject,
                     struct nax_err *err) NAX_MUST_USE;

/* --- programming --- draws are keyed by (seed, chip, layer, array, cell): one seed is one chip. */
struct nax_program_key {
    uint64_t seed, chip, layer, array;
};

/* What n cells hold that were to hold target [n] siemens: rounded to the device's levels, with
 * programming error, stuck cells, and drift until time_seconds; not negative. A cell at 0 is open
 * and stays so. g may be target. Cell k of the key is the same whatever n is. */
void nax_program(const struct nax_device *device, const struct nax_program_key *key, size_t n,
                 const double *target, double *g);

#ifdef __cplusplus
}
#endif

#endif
