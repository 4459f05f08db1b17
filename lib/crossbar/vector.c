/* Node voltages and currents for one input vector: conjugate gradients for linear cells, Newton's
 * method with the same solver inside for others.
 */
#include "crossbar.h"
#include "vector.h"

#include "nax/simd.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

NAX_SIMD_SETS(vector_kernels, nax_vector_kernels);

/* Products of two factors, squared in dot products, must stay inside the range of doubles. */
static const double scale_min = 1e-70;

enum { GRADIENT_STEPS_MAX = 2000, NEWTON_STEPS_MAX = 300, SEARCH_STEPS_MAX = 40 };

struct vector_solver {
    struct circuit a; /* a.g: the linearised cells */
    struct vector_workspace workspace;
    const struct vector_kernels *kernels;
    double *own_g;            /* [n_rows][n_cols] that a.g points at when cells are not linear */
    double *cell;             /* [n_cols][m]: conductance at small voltages */
    double *i, *step, *e, *z; /* [n_cols][m]: cell currents, their correction, voltages that cells
                                 lack, voltages that a correction takes */
    double v0_v;
    double *memory;
};

void nax_vector_free(struct vector_solver *s)
{
    if (!s)
        return;
    nax_aligned_free(s->memory);
    free(s);
}

struct vector_solver *nax_vector_alloc(size_t n_rows, size_t n_cols, bool is_linear)
{
    struct vector_solver *s = nax_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    size_t m = NAX_ROUND_UP(n_rows, VECTOR_ROWS), size = m * n_cols;
    struct vector_workspace *x = &s->workspace;
    *x = (struct vector_workspace){.n_rows = n_rows, .n_cols = n_cols, .m = m};
    double **matrix[] = {&x->g, &x->k, &x->e, &x->f,    &x->s, &x->t,    &x->p, &x->d, &x->w,
                         &x->r, &x->x, &x->y, &s->cell, &s->i, &s->step, &s->e, &s->z, &s->own_g};
    size_t n_matrices = is_linear ? 12 : 18;
    size_t step = NAX_ROUND_UP(size + n_cols, 8) + 24; /* not a power of two, lest all share sets */
    s->memory = nax_aligned_calloc(n_matrices * step + 2 * m, sizeof *s->memory);
    if (!s->memory) {
        free(s);
        return NULL;
    }
    double *at = s->memory;
    for (size_t i = 0; i < n_matrices; i++, at += step)
        *matrix[i] = at;
    x->line = at;
    x->scratch = x->p; /* p and d are not in use while the lines are factored */
    if (is_linear) {   /* nor once the voltages are found */
        s->i = x->p;
    }
    s->kernels = nax_vector_kernels_sets[nax_isa()];
    return s;
}

/* Factors of the cells that a.g holds. */
static int factor(struct vector_solver *s, struct nax_err *err)
{
    if (s->kernels->factor(&s->a, &s->workspace) >= scale_min)
        return 0;
    return nax_err_set(err, NAX_ERR_NUMERIC,
                       "cells too near to shorts along a whole line: '%zu rows, %zu columns'",
                       s->a.n_rows, s->a.n_cols);
}

int nax_vector_set(struct vector_solver *s, const struct nax_xbar *x, struct nax_err *err)
{
    struct circuit a = nax_circuit_of(x, false, NULL);
    if (!(x->v0_v > 0))
        return nax_vector_set_linear(s, &a, err);
    s->a = a;
    s->v0_v = x->v0_v;
    s->kernels->transpose(a.g, a.n_rows, a.n_cols, s->cell, s->workspace.m);
    s->a.g = s->own_g;
    return 0;
}

int nax_vector_set_linear(struct vector_solver *s, const struct circuit *a, struct nax_err *err)
{
    s->a = *a;
    s->v0_v = 0;
    s->kernels->transpose(a->g, a->n_rows, a->n_cols, s->workspace.g, s->workspace.m);
    return factor(s, err);
}

void nax_vector_cells(const struct vector_solver *s, bool is_transposed, double *cell_v)
{
    const struct vector_workspace *x = &s->workspace;
    for (size_t c = 0; c < x->n_cols; c++)
        for (size_t r = 0; r < x->n_rows; r++) {
            size_t k = c * x->m + r;
            cell_v[nax_circuit_index(&s->a, is_transposed, r, c)] =
                x->s[k] * x->w[k] - x->t[k] * x->x[k];
        }
}

/* Solves for bit lines with the currents that r holds; x: the scaled voltages. */
static int gradient_steps(struct vector_solver *s, double tolerance, size_t *n_steps,
                          struct nax_err *err)
{
    struct vector_workspace *x = &s->workspace;
    double first = s->kernels->start(x), now = first, beta = 0;
    for (size_t n = 0; n < GRADIENT_STEPS_MAX; n++) {
        if (!(now > tolerance * tolerance * first) || now < DBL_MIN * 1e10)
            return isfinite(now) ? 0
                                 : nax_err_set(err, NAX_ERR_NUMERIC,
                                               "currents are not finite: 'conjugate gradients'");
        double alpha = now / s->kernels->multiply(x, beta), before = now;
        now = s->kernels->advance(x, alpha);
        beta = now / before;
        ++*n_steps;
    }
    return nax_err_set(err, NAX_ERR_NUMERIC, "does not converge in %d steps: 'conjugate gradients'",
                       GRADIENT_STEPS_MAX);
}

/* z = Z i, the voltages that cell currents i take away in the wires and at their ends: of a cell,
 * those along its word line from the driver and along its bit line to the sink, each segment's
 * resistance times the sum of the currents that go through it. */
static void wire_drops(const struct vector_solver *s, const double *i, double *z)
{
    const struct circuit *a = &s->a;
    size_t m = s->workspace.m;
    double *beyond = s->workspace.line, *drop = beyond + m; /* beyond: currents past this column */
    memset(beyond, 0, 2 * m * sizeof *beyond);
    for (size_t c = a->n_cols; c-- > 0;) {
        for (size_t r = 0; r < a->n_rows; r++)
            z[c * m + r] = beyond[r] += i[c * m + r];
    }
    for (size_t c = 0; c < a->n_cols; c++) {
        double ohm = c ? a->r_wire_row : a->r_source;
        for (size_t r = 0; r < a->n_rows; r++)
            z[c * m + r] = drop[r] += ohm * z[c * m + r];
        double above = 0, all = 0;
        for (size_t r = 0; r < a->n_rows; r++)
            all += i[c * m + r];
        double volt = a->r_sink * all; /* of the bit line at the last node, then above it */
        above = all;
        for (size_t r = a->n_rows; r-- > 0;) {
            z[c * m + r] += volt;
            above -= i[c * m + r];
            volt += a->r_wire_col * above;
        }
    }
}

static void column_currents(const struct vector_solver *s, const double *i, double *i_a)
{
    for (size_t c = 0; c < s->a.n_cols; c++) {
        double all = 0;
        for (size_t r = 0; r < s->a.n_rows; r++)
            all += i[c * s->workspace.m + r];
        i_a[c] = all;
    }
}

static double total(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(x[i]);
    return sum;
}

/* u^ of the word lines for bit lines at x^ and drivers at v_v, into w; less of it into cell e's
 * electromotive force. */
static void word_voltages(struct vector_solver *s, const double *v_v, const double *e)
{
    struct vector_workspace *x = &s->workspace;
    size_t size = x->m * x->n_cols;
    memset(x->line, 0, x->m * sizeof *x->line);
    if (v_v)
        memcpy(x->line, v_v, x->n_rows * sizeof *v_v);
    for (size_t i = 0; i < size; i++)
        x->w[i] = x->k[i] * x->x[i];
    for (size_t i = 0; e && i < size; i++)
        x->w[i] -= x->s[i] * x->g[i] * e[i];
    s->kernels->words(x);
}

static int solve_linear(struct vector_solver *s, const double *v_v, double tolerance,
                        struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                        struct nax_err *err)
{
    struct vector_workspace *x = &s->workspace;
    size_t size = x->m * x->n_cols;
    memset(x->line, 0, x->m * sizeof *x->line);
    memcpy(x->line, v_v, x->n_rows * sizeof *v_v);
    for (size_t c = 0; c < x->n_cols; c++)
        for (size_t r = 0; r < x->m; r++)
            x->r[c * x->m + r] = x->k[c * x->m + r] * x->line[r];
    size_t n_steps = 0;
    int status = gradient_steps(s, 0.2 * tolerance, &n_steps, err);
    if (status)
        return status;
    word_voltages(s, v_v, NULL);
    double off = s->kernels->finish(x, nodes->i_a), all = total(nodes->i_a, x->n_cols);
    bool is_wanted = nodes->u_v || nodes->v_v || nodes->power_mw;
    for (size_t i = 0; is_wanted && i < size; i++)
        s->i[i] = x->g[i] * (x->s[i] * x->w[i] - x->t[i] * x->y[i]);
    *report = (struct nax_xbar_report){NAX_XBAR_RELAX, n_steps, all > 0 ? off / all : off};
    return 0;
}

/* e = F(i + share · step), the voltages V - Z i that the wires leave to the cells less the
 * v0 asinh(i / (G v0)) that they need. Returns e times step: minus the slope of the energy that the
 * solution minimises. */
static double lacking(const struct vector_solver *s, const double *v_v, const double *drops,
                      double share, double *e)
{
    size_t m = s->workspace.m;
    double slope = 0;
    for (size_t c = 0; c < s->a.n_cols; c++)
        for (size_t r = 0; r < s->a.n_rows; r++) {
            size_t i = c * m + r;
            double g = s->cell[i], current = s->i[i] + share * s->step[i];
            double need = g > 0 ? s->v0_v * asinh(current / (g * s->v0_v)) : 0;
            e[i] = g > 0 ? v_v[r] - drops[i] - share * s->z[i] - need : 0;
            slope += e[i] * s->step[i];
        }
    return slope;
}

/* How far to go along the step: 1, or to where the slope of the energy is at most half of what it
 * is at the start, by halving. The energy is convex. */
static double search(const struct vector_solver *s, const double *v_v, const double *drops,
                     double *e, double slope)
{
    double low = 0, high = 1, share = 1;
    for (int n = 0; n < SEARCH_STEPS_MAX; n++) {
        double here = lacking(s, v_v, drops, share, e);
        if (here >= -0.5 * slope && (here <= 0.5 * slope || share == 1))
            break;
        if (here < 0 || isnan(here))
            high = share;
        else
            low = share;
        share = 0.5 * (low + high);
    }
    return share;
}

/* Cells' conductances dI/dV at their present currents: of I = G v0 sinh(V / v0) it is
 * G cosh(V / v0) = sqrt((G v0)² + I²) / v0. */
static void linearise(struct vector_solver *s)
{
    size_t m = s->workspace.m;
    for (size_t c = 0; c < s->a.n_cols; c++)
        for (size_t r = 0; r < s->a.n_rows; r++) {
            double g = s->cell[c * m + r] * s->v0_v;
            g = g > 0 ? hypot(g, s->i[c * m + r]) / s->v0_v : 0;
            s->workspace.g[c * m + r] = s->own_g[r * s->a.n_cols + c] = g;
        }
}

/* The current that Kirchhoff's law misses: cells at the voltages left to them, less i. */
static double imbalance(const struct vector_solver *s, const double *e)
{
    size_t m = s->workspace.m;
    double off = 0;
    for (size_t c = 0; c < s->a.n_cols; c++)
        for (size_t r = 0; r < s->a.n_rows; r++) {
            size_t i = c * m + r;
            double g = s->cell[i] * s->v0_v;
            if (g > 0) {
                /* g (sinh(x + y) - sinh(x)) with g sinh(x) = i and y = e / v0 */
                double y = e[i] / s->v0_v, half = sinh(0.5 * y);
                off += fabs(hypot(g, s->i[i]) * sinh(y) + s->i[i] * 2 * half * half);
            }
        }
    return off;
}

/* The correction of the cells' currents, into step, and the voltages that it takes, into z.
 *
 * Newton's equation for F(i) = 0, the voltages e that the cells lack, is (Z + 1/g) step = e, with
 * the wires' Z and the cells' slopes g: a linear circuit whose drivers are at ground and whose
 * cells have electromotive forces e. Their short-circuit currents g e leave the word lines and
 * enter the bit lines, and step = g (u - v + e). */
static int newton_step(struct vector_solver *s, double tolerance, struct nax_err *err)
{
    struct vector_workspace *x = &s->workspace;
    size_t size = x->m * x->n_cols, n_steps = 0;
    linearise(s);
    int status = factor(s, err);
    if (status)
        return status;
    memset(x->x, 0, size * sizeof *x->x);
    word_voltages(s, NULL, s->e);
    for (size_t i = 0; i < size; i++)
        x->r[i] = x->t[i] * x->g[i] * s->e[i] + x->k[i] * x->w[i];
    status = gradient_steps(s, tolerance, &n_steps, err);
    if (status)
        return status;
    word_voltages(s, NULL, s->e);
    for (size_t i = 0; i < size; i++)
        s->step[i] = x->g[i] * (x->s[i] * x->w[i] - x->t[i] * x->x[i] + s->e[i]);
    wire_drops(s, s->step, s->z);
    return 0;
}

static int solve_newton(struct vector_solver *s, const double *v_v, double tolerance,
                        struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                        struct nax_err *err)
{
    struct vector_workspace *x = &s->workspace;
    size_t size = x->m * x->n_cols;
    double *drops = x->y; /* free between the conjugate gradients */
    memset(s->i, 0, size * sizeof *s->i);
    memset(s->step, 0, size * sizeof *s->step);
    memset(s->z, 0, size * sizeof *s->z);
    memset(drops, 0, size * sizeof *drops);
    lacking(s, v_v, drops, 0, s->e);
    double residual = 1;
    size_t n = 0;
    for (; n < NEWTON_STEPS_MAX; n++) {
        int status = newton_step(s, fmin(1e-2, fmax(1e-10, 0.01 * residual)), err);
        if (status)
            return status;
        double slope = 0;
        for (size_t i = 0; i < size; i++)
            slope += s->e[i] * s->step[i];
        wire_drops(s, s->i, drops);
        double share = search(s, v_v, drops, s->e, slope);
        for (size_t i = 0; i < size; i++)
            s->i[i] += share * s->step[i];
        memset(s->step, 0, size * sizeof *s->step);
        memset(s->z, 0, size * sizeof *s->z);
        wire_drops(s, s->i, drops);
        lacking(s, v_v, drops, 0, s->e);
        column_currents(s, s->i, nodes->i_a);
        double all = total(nodes->i_a, x->n_cols), off = imbalance(s, s->e);
        residual = all > 0 ? off / all : off;
        if (off <= 0.1 * tolerance * all)
            break;
    }
    *report = (struct nax_xbar_report){NAX_XBAR_NEWTON, n + 1, residual};
    if (n < NEWTON_STEPS_MAX)
        return 0;
    return nax_err_set(err, NAX_ERR_NUMERIC, "does not converge: 'nonlinear cells', residual %.3g",
                       residual);
}

/* Voltages of all nodes from the cells' currents: wires alone, so Kirchhoff's law holds in them. */
static void node_voltages(const struct vector_solver *s, const double *v_v,
                          struct nax_xbar_nodes *nodes)
{
    const struct circuit *a = &s->a;
    for (size_t r = 0; nodes->u_v && r < a->n_rows; r++) {
        double beyond = 0, u = v_v[r];
        for (size_t c = 0; c < a->n_cols; c++)
            beyond += s->i[c * s->workspace.m + r];
        for (size_t c = 0; c < a->n_cols; c++) {
            u -= (c ? a->r_wire_row : a->r_source) * beyond;
            nodes->u_v[r * a->n_cols + c] = u;
            beyond -= s->i[c * s->workspace.m + r];
        }
    }
    for (size_t c = 0; nodes->v_v && c < a->n_cols; c++) {
        double v = a->r_sink * nodes->i_a[c], above = nodes->i_a[c];
        for (size_t r = a->n_rows; r-- > 0;) {
            nodes->v_v[r * a->n_cols + c] = v;
            above -= s->i[c * s->workspace.m + r];
            v += a->r_wire_col * above;
        }
    }
}

/* Of all drivers: their voltages times what leaves them through their lines' cells. */
static double power_mw(const struct vector_solver *s, const double *v_v)
{
    double sum = 0;
    for (size_t c = 0; c < s->a.n_cols; c++)
        for (size_t r = 0; r < s->a.n_rows; r++)
            sum += v_v[r] * s->i[c * s->workspace.m + r];
    return 1e3 * sum;
}

int nax_vector_solve(struct vector_solver *s, const double *v_v, double tolerance,
                     struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                     struct nax_err *err)
{
    int status = s->v0_v > 0 ? solve_newton(s, v_v, tolerance, nodes, report, err)
                             : solve_linear(s, v_v, tolerance, nodes, report, err);
    if (status)
        return status;
    node_voltages(s, v_v, nodes);
    if (nodes->power_mw)
        *nodes->power_mw = power_mw(s, v_v);
    const struct {
        const char *what;
        const double *x;
        size_t n_rows, n_cols;
    } result[] = {{"currents", nodes->i_a, 1, s->a.n_cols},
                  {"residual", &report->residual, 1, 1},
                  {"word lines' voltages", nodes->u_v, s->a.n_rows, s->a.n_cols},
                  {"bit lines' voltages", nodes->v_v, s->a.n_rows, s->a.n_cols},
                  {"power", nodes->power_mw, 1, 1}};
    for (size_t i = 0; !status && i < sizeof result / sizeof *result; i++)
        if (result[i].x)
            status = nax_xbar_check_results(result[i].what, result[i].x, result[i].n_rows,
                                            result[i].n_cols, err);
    return status;
}
