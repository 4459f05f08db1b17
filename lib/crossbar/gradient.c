/* Derivatives of a loss by the conductances, from those by the effective conductances: the adjoint.
 *
 * With the nodes' admittance matrix A, W[r][c] = b_c^T A^-1 a_r: a_r are the currents of 1 V at
 * driver r, b_c those of 1 V behind sink c. A cell with the conductance G between the nodes of its
 * word and bit line adds G d d^T to A, d being 1 and -1 there, so
 *
 *     dW[r][c] / dG = -(b_c^T A^-1 d) (d^T A^-1 a_r) = X_r Y_c
 *
 * with the voltages across the cell, from the word line to the bit line with driver r at 1 V (X_r),
 * from the bit line to the word line with 1 V behind sink c (Y_c). Since X is linear in the
 * drivers' voltages, the sum over r takes one solution:
 *
 *     dL/dG = Σ_c (Σ_r dL/dW[r][c] X_r) Y_c = Σ_c X(drivers at dL/dW[·][c]) · Y_c
 *
 * Two solutions a column, then; where there are fewer rows, drivers and sinks change roles.
 */
#include "crossbar.h"

#include <stdlib.h>
#include <string.h>

/* The lines are summed in so many parts, these then in order: the same for any thread count. */
enum { PARTS = 8 };

struct gradient {
    struct circuit plain, transposed;
    double tolerance;
    const double *dl_dw; /* [n_rows][n_cols] */
    bool is_by_rows;     /* the sum is over rows */
    size_t n_lines;      /* rows or columns that it is over */
    double *partial;     /* [PARTS][n_rows*n_cols] */
};

/* Voltages across the cells with the drivers of one side at drive_v. */
static int across(struct vector_solver *s, const struct gradient *q, bool is_transposed,
                  double *drive_v, double *i_a, double *cell_v, struct nax_err *err)
{
    struct nax_xbar_nodes nodes = {.i_a = i_a};
    struct nax_xbar_report report;
    int status = nax_vector_solve(s, drive_v, q->tolerance, &nodes, &report, err);
    if (!status)
        nax_vector_cells(s, is_transposed, cell_v);
    return status;
}

/* sum [n_rows][n_cols] += X Y of one column, or row. workspace: [2 n_rows n_cols + 3 (n_rows +
 * n_cols)] */
static int add_line(const struct gradient *q, struct vector_solver *plain,
                    struct vector_solver *transposed, size_t line, double *workspace, double *sum,
                    struct nax_err *err)
{
    size_t n_rows = q->plain.n_rows, n_cols = q->plain.n_cols, n = n_rows * n_cols;
    double *x = workspace, *y = x + n, *drive = y + n, *i_a = drive + n_rows + n_cols;
    double *sink = drive + n_rows; /* the transposed array's drivers, last column first */
    memset(drive, 0, (n_rows + n_cols) * sizeof *drive);
    if (q->is_by_rows) {
        drive[line] = 1;
        for (size_t c = 0; c < n_cols; c++)
            sink[n_cols - 1 - c] = q->dl_dw[line * n_cols + c];
    } else {
        sink[n_cols - 1 - line] = 1;
        for (size_t r = 0; r < n_rows; r++)
            drive[r] = q->dl_dw[r * n_cols + line];
    }
    int status = across(plain, q, false, drive, i_a, x, err);
    if (!status)
        status = across(transposed, q, true, sink, i_a, y, err);
    for (size_t i = 0; !status && i < n; i++)
        sum[i] += x[i] * y[i];
    return status;
}

static int add_parts(const struct gradient *q, int n_threads, struct nax_err *err)
{
    size_t n_rows = q->plain.n_rows, n_cols = q->plain.n_cols, n = n_rows * n_cols;
    int status = 0;
#pragma omp parallel num_threads(n_threads)
    {
        struct nax_err own = {0};
        struct vector_solver *plain = nax_vector_alloc(n_rows, n_cols, true);
        struct vector_solver *transposed = nax_vector_alloc(n_cols, n_rows, true);
        double *workspace = nax_calloc(2 * n + 3 * (n_rows + n_cols), sizeof *workspace);
        int own_status = plain && transposed && workspace
                             ? 0
                             : nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: 'gradient'");
        if (!own_status)
            own_status = nax_vector_set_linear(plain, &q->plain, &own);
        if (!own_status)
            own_status = nax_vector_set_linear(transposed, &q->transposed, &own);
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < PARTS; k++)
            for (size_t line = k * q->n_lines / PARTS;
                 !own_status && line < (k + 1) * q->n_lines / PARTS; line++)
                own_status =
                    add_line(q, plain, transposed, line, workspace, q->partial + k * n, &own);
        nax_vector_free(plain);
        nax_vector_free(transposed);
        free(workspace);
        nax_err_keep_first(&status, err, &own);
    }
    return status;
}

int nax_xbar_gradient(const struct nax_xbar *x, const struct nax_xbar_options *options,
                      const double *dl_dw, double *dl_dg, struct nax_err *err)
{
    struct gradient q = {.dl_dw = dl_dw, .is_by_rows = x->n_rows < x->n_cols};
    int status = nax_xbar_prepare(x, 1, options, &q.tolerance, err);
    if (status)
        return status;
    size_t n = x->n_rows * x->n_cols;
    q.n_lines = NAX_MIN(x->n_rows, x->n_cols);
    q.partial = nax_calloc(PARTS * n, sizeof *q.partial);
    double *workspace = nax_calloc(n, sizeof *workspace);
    if (q.partial && workspace) {
        q.plain = nax_circuit_of(x, false, NULL);
        q.transposed = nax_circuit_of(x, true, workspace);
        status = add_parts(&q, nax_threads(), err);
    } else {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'gradient'");
    }
    for (size_t i = 0; !status && i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < PARTS; k++)
            sum += q.partial[k * n + i];
        dl_dg[i] = sum;
    }
    free(q.partial);
    free(workspace);
    return status ? status
                  : nax_xbar_check_results("derivatives", dl_dg, x->n_rows, x->n_cols, err);
}
