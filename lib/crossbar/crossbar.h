/* The solvers behind nax/crossbar.h. */
#ifndef NAX_CROSSBAR_CROSSBAR_H
#define NAX_CROSSBAR_CROSSBAR_H

#include "circuit.h"

/* --- line relaxation (relax.c) --- a plan holds one array's coefficients and serves any number of
 * threads, each with its own workspace, block of columns by block of columns. */
struct relax_plan;
struct relax_workspace;

struct relax_report {
    size_t passes;
    double
        residual; /* current left over at the nodes, of the current at the drivers; worst column */
};

/* Blocks of columns that are worked on for what is wanted; options NULL: all. */
size_t nax_relax_count_blocks(size_t n_rows, size_t n_cols, const struct nax_xbar_options *options);
/* options: what is wanted; the plan has blocks for these. Or NULL: all. */
struct relax_plan *nax_relax_plan_alloc(size_t n_rows, size_t n_cols,
                                        const struct nax_xbar_options *options) NAX_MUST_USE;
void nax_relax_plan_free(struct relax_plan *plan);
void nax_relax_plan_set(struct relax_plan *plan, const struct nax_xbar *x);
/* False where the coefficients leave the range of doubles (a chain of near shorts). */
bool nax_relax_plan_is_sound(const struct relax_plan *plan);
size_t nax_relax_n_blocks(const struct relax_plan *plan);
struct relax_workspace *nax_relax_workspace_alloc(const struct relax_plan *plan) NAX_MUST_USE;
void nax_relax_workspace_free(struct relax_workspace *workspace);
/* The columns of one block of w_eff [n_rows][n_cols]. NAX_ERR_NUMERIC: more than passes_max. */
int nax_relax_block(const struct relax_plan *plan, struct relax_workspace *workspace, size_t block,
                    double tolerance, size_t passes_max, double *w_eff,
                    struct relax_report *report) NAX_MUST_USE;

/* --- block elimination (block.c) --- exact whatever the resistances; about 33 N^3 operations. A
 * solver serves one array at a time, by so many threads. Transposed, it works on the array turned
 * over. Results may be beyond the range of doubles. */
struct block_solver;

struct block_solver *nax_block_alloc(size_t n_rows, size_t n_cols, bool is_transposed,
                                     int n_threads) NAX_MUST_USE;
void nax_block_free(struct block_solver *s);
void nax_block_matrix(struct block_solver *s, const struct nax_xbar *x, double *w_eff);

/* --- one vector (vector.c) --- linear cells by conjugate gradients, others by Newton's method. A
 * solver serves one thread and is set to an array before it solves. */
struct vector_solver;

struct vector_solver *nax_vector_alloc(size_t n_rows, size_t n_cols, bool is_linear) NAX_MUST_USE;
void nax_vector_free(struct vector_solver *s);
int nax_vector_set(struct vector_solver *s, const struct nax_xbar *x,
                   struct nax_err *err) NAX_MUST_USE;
int nax_vector_set_linear(struct vector_solver *s, const struct circuit *a,
                          struct nax_err *err) NAX_MUST_USE;
/* Voltages across the cells of the linear circuit last solved, in the array's own order. */
void nax_vector_cells(const struct vector_solver *s, bool is_transposed, double *cell_v);
int nax_vector_solve(struct vector_solver *s, const double *v_v, double tolerance,
                     struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                     struct nax_err *err) NAX_MUST_USE;

/* NAX_ERR_NUMERIC, naming what and where, unless all of [n_rows][n_cols] are finite. */
int nax_xbar_check_results(const char *what, const double *x, size_t n_rows, size_t n_cols,
                           struct nax_err *err) NAX_MUST_USE;

/* The tolerance that options ask for, checked for n arrays of one size. */
int nax_xbar_prepare(const struct nax_xbar *x, size_t n, const struct nax_xbar_options *options,
                     double *tolerance, struct nax_err *err) NAX_MUST_USE;

#endif
