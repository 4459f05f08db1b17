/* Effective conductance matrices: choice of method, batches, threads. */
#include "crossbar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance_default = 1e-9, tolerance_min = 1e-13;

static const struct nax_word methods[] = {
    {NAX_XBAR_AUTO, "auto", "relaxation, or elimination where that would take long", NULL, NULL},
    {NAX_XBAR_RELAX, "relax", "line relaxation", NULL, NULL},
    {NAX_XBAR_BLOCK, "block", "block elimination", NULL, NULL},
    {NAX_XBAR_NEWTON, "newton", "nonlinear cells; reported, never asked for", NULL, NULL}};
NAX_WORDS(nax_xbar_method_words, methods, NAX_XBAR_METHOD_COUNT);

const char *nax_xbar_method_name(enum nax_xbar_method method)
{
    return methods[method].word;
}

/* From this side on elimination takes no longer than the passes that an easy array needs, and
 * before as long as so many passes: measured at N = 8 to 512. */
enum { ELIMINATED_SIDE_MIN = 128, PASSES_MIN = 8, PASSES_BY_SIDE = 512 };

/* What nax_xbar_matrices was asked for. */
struct matrices {
    const struct nax_xbar *x; /* [n], of one size */
    size_t n;
    double tolerance;
    enum nax_xbar_method method;
    const struct nax_xbar_options *options; /* or NULL */
    double *const *w_eff;
    struct nax_xbar_report *report; /* [n] */
    bool is_reported;               /* or nobody asks for residuals */
};

/* Of a pass over all right-hand sides, what those that are wanted take. */
static double relaxed_part(const struct matrices *m)
{
    size_t all = nax_relax_count_blocks(m->x->n_rows, m->x->n_cols, NULL);
    return (double)nax_relax_count_blocks(m->x->n_rows, m->x->n_cols, m->options) / (double)all;
}

static size_t passes_max(const struct matrices *m)
{
    size_t side = NAX_MIN(m->x->n_rows, m->x->n_cols);
    double passes = NAX_MAX(PASSES_BY_SIDE / side, PASSES_MIN);
    return m->method == NAX_XBAR_RELAX ? 100000 : (size_t)(passes / relaxed_part(m));
}

/* Otherwise every array is eliminated. */
static bool is_relaxed(const struct matrices *m)
{
    return m->method == NAX_XBAR_RELAX ||
           (m->method == NAX_XBAR_AUTO &&
            (double)NAX_MIN(m->x->n_rows, m->x->n_cols) * relaxed_part(m) < ELIMINATED_SIDE_MIN);
}

static int out_of_memory(struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'effective conductances'");
}

/* By node voltages: of currents for equal inputs, and what does not balance. NaN where these cannot
 * be had. */
static double residual_by_nodes(const struct nax_xbar *x, const double *w_eff)
{
    double *v_v = nax_calloc(x->n_rows + x->n_cols, sizeof *v_v), off = 0, all = 0;
    struct vector_solver *s = nax_vector_alloc(x->n_rows, x->n_cols, true);
    struct nax_xbar_report report = {0};
    struct circuit a = nax_circuit_of(x, false, NULL);
    struct nax_xbar_nodes nodes = {.i_a = v_v ? v_v + x->n_rows : NULL};
    for (size_t r = 0; v_v && r < x->n_rows; r++)
        v_v[r] = 1;
    bool is_solved = v_v && s && !nax_vector_set_linear(s, &a, NULL) &&
                     !nax_vector_solve(s, v_v, tolerance_min, &nodes, &report, NULL);
    for (size_t c = 0; is_solved && c < x->n_cols; c++) {
        double sum = 0;
        for (size_t r = 0; r < x->n_rows; r++)
            sum += w_eff[r * x->n_cols + c];
        off += fabs(sum - nodes.i_a[c]);
        all += fabs(sum);
    }
    nax_vector_free(s);
    free(v_v);
    return !is_solved ? NAN : all > 0 ? off / all + report.residual : off;
}

/* By an elimination of the array turned over, which shares no number with the first. */
static int residual_by_lines(const struct nax_xbar *x, const double *w_eff, int n_threads,
                             double *residual, struct nax_err *err)
{
    size_t n = x->n_rows * x->n_cols;
    double *across = nax_calloc(n, sizeof *across), off = 0, all = 0;
    struct block_solver *s = nax_block_alloc(x->n_rows, x->n_cols, true, n_threads);
    int status = across && s ? 0 : out_of_memory(err);
    if (!status)
        nax_block_matrix(s, x, across);
    for (size_t i = 0; !status && i < n; i++) {
        off += fabs(across[i] - w_eff[i]);
        all += fabs(w_eff[i]);
    }
    *residual = all > 0 ? off / all : off;
    nax_block_free(s);
    free(across);
    return status;
}

/* *solver: of the batch, made when it is needed first. */
static int eliminate(const struct matrices *m, size_t k, struct block_solver **solver,
                     int n_threads, struct nax_err *err)
{
    const struct nax_xbar *x = &m->x[k];
    if (!*solver)
        *solver = nax_block_alloc(x->n_rows, x->n_cols, false, n_threads);
    if (!*solver)
        return out_of_memory(err);
    nax_block_matrix(*solver, x, m->w_eff[k]);
    int status =
        nax_xbar_check_results("effective conductances", m->w_eff[k], x->n_rows, x->n_cols, err);
    if (status || !m->is_reported)
        return status;
    double residual = residual_by_nodes(x, m->w_eff[k]);
    if (isnan(residual))
        status = residual_by_lines(x, m->w_eff[k], n_threads, &residual, err);
    if (!status && !isfinite(residual))
        status = nax_err_set(err, NAX_ERR_NUMERIC,
                             "conductances beyond the range of numbers: 'array %zu'", k);
    m->report[k] = (struct nax_xbar_report){NAX_XBAR_BLOCK, 1, residual};
    return status;
}

/* Of those that are wanted: others may never have been written. */
static int check_relaxed(const struct matrices *m, size_t k, struct nax_err *err)
{
    const struct nax_xbar_options *o = m->options;
    const size_t n_rows = o && o->n_rows ? o->n_rows : m->x->n_rows;
    const size_t n_cols = o && o->n_cols ? o->n_cols : m->x->n_cols, last = m->x->n_cols - 1;
    int status = 0;
    for (size_t r = 0; r < n_rows && !status; r++) {
        const double *row = m->w_eff[k] + r * m->x->n_cols;
        status = nax_xbar_check_results("effective conductances", row, 1, n_cols, err);
        if (!status && o && o->has_last_col)
            status = nax_xbar_check_results("effective conductances", row + last, 1, 1, err);
    }
    return status;
}

/* What becomes of array k after relaxation ended with this status. */
static int conclude(const struct matrices *m, size_t k, int status,
                    const struct relax_report *relax, struct block_solver **solver, int n_threads,
                    struct nax_err *err)
{
    struct nax_err unused;
    if (!status)
        status = check_relaxed(m, k, &unused);
    if (!status)
        status = nax_xbar_check_results("residual", &relax->residual, 1, 1, &unused);
    if (status == NAX_ERR_NUMERIC && m->method != NAX_XBAR_RELAX)
        return eliminate(m, k, solver, n_threads, err);
    if (status == NAX_ERR_NUMERIC)
        return nax_err_set(err, status, "line relaxation does not converge: 'array %zu'", k);
    if (status)
        return out_of_memory(err);
    m->report[k] = (struct nax_xbar_report){NAX_XBAR_RELAX, relax->passes, relax->residual};
    return 0;
}

/* Makes the plan ready for array k, or says NAX_ERR_NUMERIC where relaxation is out of question. */
static int prepare(const struct matrices *m, struct relax_plan *plan, size_t k)
{
    if (!plan)
        return NAX_ERR_NUMERIC;
    nax_relax_plan_set(plan, &m->x[k]);
    return nax_relax_plan_is_sound(plan) ? 0 : NAX_ERR_NUMERIC;
}

/* Each thread takes whole arrays. */
static int by_arrays(const struct matrices *m, int n_threads, struct nax_err *err)
{
    int status = 0;
#pragma omp parallel num_threads(n_threads)
    {
        struct relax_plan *plan = NULL;
        struct relax_workspace *workspace = NULL;
        struct block_solver *solver = NULL;
        struct nax_err own = {0};
        int own_status = 0;
        if (is_relaxed(m)) {
            plan = nax_relax_plan_alloc(m->x->n_rows, m->x->n_cols, m->options);
            workspace = plan ? nax_relax_workspace_alloc(plan) : NULL;
            own_status = plan && workspace ? 0 : out_of_memory(&own);
        }
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < m->n; k++) {
            if (own_status)
                continue;
            struct relax_report report = {0, 0};
            int relaxed = prepare(m, plan, k);
            for (size_t b = 0; !relaxed && b < nax_relax_n_blocks(plan); b++)
                relaxed = nax_relax_block(plan, workspace, b, m->tolerance, passes_max(m),
                                          m->w_eff[k], &report);
            own_status = conclude(m, k, relaxed, &report, &solver, 1, &own);
        }
        nax_block_free(solver);
        nax_relax_plan_free(plan);
        nax_relax_workspace_free(workspace);
        nax_err_keep_first(&status, err, &own);
    }
    return status;
}

/* All threads relax one array, each blocks of its columns. */
static int relax_shared(const struct matrices *m, const struct relax_plan *plan, size_t k,
                        int n_threads, struct relax_report *report)
{
    int status = 0;
#pragma omp parallel num_threads(n_threads)
    {
        struct relax_report own = {0, 0};
        struct relax_workspace *workspace = nax_relax_workspace_alloc(plan);
        int own_status = workspace ? 0 : NAX_ERR_MEMORY;
#pragma omp for schedule(dynamic)
        for (size_t b = 0; b < nax_relax_n_blocks(plan); b++)
            if (!own_status)
                own_status = nax_relax_block(plan, workspace, b, m->tolerance, passes_max(m),
                                             m->w_eff[k], &own);
        nax_relax_workspace_free(workspace);
#pragma omp critical(nax_xbar_matrices)
        {
            status = status ? status : own_status;
            report->passes = NAX_MAX(report->passes, own.passes);
            report->residual = fmax(report->residual, own.residual);
        }
    }
    return status;
}

/* All threads work on one array after the other. */
static int one_by_one(const struct matrices *m, int n_threads, struct nax_err *err)
{
    bool has_plan = is_relaxed(m);
    struct relax_plan *plan =
        has_plan ? nax_relax_plan_alloc(m->x->n_rows, m->x->n_cols, m->options) : NULL;
    struct block_solver *solver = NULL;
    int status = plan || !has_plan ? 0 : out_of_memory(err);
    for (size_t k = 0; !status && k < m->n; k++) {
        struct relax_report report = {0, 0};
        int relaxed = prepare(m, plan, k);
        if (!relaxed)
            relaxed = relax_shared(m, plan, k, n_threads, &report);
        status = conclude(m, k, relaxed, &report, &solver, n_threads, err);
    }
    nax_block_free(solver);
    nax_relax_plan_free(plan);
    return status;
}

int nax_xbar_prepare(const struct nax_xbar *x, size_t n, const struct nax_xbar_options *options,
                     double *tolerance, struct nax_err *err)
{
    *tolerance = tolerance_default;
    if (options && options->tolerance > 0)
        *tolerance = fmax(options->tolerance, tolerance_min);
    if (n && options && (options->n_rows > x->n_rows || options->n_cols > x->n_cols))
        return nax_err_set(err, NAX_ERR_VALUE,
                           "conductances of %zu x %zu cells are asked for, and there are %zu x %zu",
                           options->n_rows, options->n_cols, x->n_rows, x->n_cols);
    for (size_t k = 0; k < n; k++) {
        int status = nax_xbar_check(&x[k], err);
        if (!status && (x[k].n_rows != x->n_rows || x[k].n_cols != x->n_cols))
            status = nax_err_set(err, NAX_ERR_VALUE,
                                 "arrays of one batch differ in size: 'array %zu'", k);
        if (status)
            return status;
    }
    return 0;
}

int nax_xbar_matrices(const struct nax_xbar *x, size_t n, const struct nax_xbar_options *options,
                      double *const *w_eff, struct nax_xbar_report *report, struct nax_err *err)
{
    struct matrices m = {.x = x, .n = n, .options = options, .w_eff = w_eff, .is_reported = report};
    int status = nax_xbar_prepare(x, n, options, &m.tolerance, err);
    if (status)
        return status;
    m.method = options ? options->method : NAX_XBAR_AUTO;
    if (!n)
        return 0;
    struct nax_xbar_report *own = nax_calloc(n, sizeof *own);
    if (!own)
        return out_of_memory(err);
    m.report = own;
    int n_threads = nax_threads();
    status =
        n >= (size_t)n_threads ? by_arrays(&m, n_threads, err) : one_by_one(&m, n_threads, err);
    if (!status && report)
        memcpy(report, own, n * sizeof *own);
    free(own);
    return status;
}

int nax_xbar_matrix(const struct nax_xbar *x, const struct nax_xbar_options *options, double *w_eff,
                    struct nax_xbar_report *report, struct nax_err *err)
{
    return nax_xbar_matrices(x, 1, options, &w_eff, report, err);
}
