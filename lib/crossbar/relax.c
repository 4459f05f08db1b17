/* Drives line relaxation: the series of passes that adds up to the effective conductances. */
#include "crossbar.h"
#include "circuit.h"
#include "relax.h"

#include "nax/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

NAX_SIMD_SETS(relax_kernels, nax_relax_kernels);

/* Beyond these the products of transfer factors could leave a format's range. */
static const double scale_min_double = 1e-60, scale_min_float = 1e-5;

/* The circuit's columns that are wanted, as blocks: n in a row from the first on, and perhaps the
 * one of its last column. */
struct blocks {
    bool is_transposed;
    size_t first, n;
    bool has_end;
};

struct relax_plan {
    struct circuit circuit;
    size_t n_padded; /* rows of the circuit, rounded up to RELAX_ROWS */
    size_t n_cols;   /* of the circuit */
    struct blocks blocks;
    struct relax_factors factors;
    const struct relax_kernels *kernels;
    bool is_transposed; /* word and bit lines, and their ends, have changed places */
    double *transposed; /* [n_rows][n_cols] conductances of the transposed circuit */
    double *memory;
    float *memory_f;
    bool has_float;
};

/* Room of a thread that takes blocks of right-hand sides. */
struct relax_workspace {
    double *z, *carry, *w; /* z and carry in single precision too, in the same place */
};

static size_t padded(size_t n_rows)
{
    return NAX_ROUND_UP(n_rows, RELAX_ROWS);
}

/* Elements from row to row of the state: some cache lines more than needed, lest the rows that a
 * kernel takes together fall into the same cache sets. */
static size_t row_step(size_t n_cols)
{
    return n_cols * RELAX_LANES + 48;
}

/* Of bit lines: the first ones and the last. */
static struct blocks blocks_of_cols(size_t n_cols, const struct nax_xbar_options *wanted)
{
    size_t all = NAX_CEIL_DIV(n_cols, RELAX_LANES);
    size_t n = wanted->n_cols ? NAX_CEIL_DIV(wanted->n_cols, RELAX_LANES) : all;
    return (struct blocks){.n = n, .has_end = wanted->has_last_col && n < all};
}

/* Of word lines: transposed, the first ones are the last columns. */
static struct blocks blocks_of_rows(size_t n_rows, const struct nax_xbar_options *wanted)
{
    size_t n = wanted->n_rows ? wanted->n_rows : n_rows;
    size_t first = (n_rows - n) / RELAX_LANES;
    return (struct blocks){true, first, NAX_CEIL_DIV(n_rows, RELAX_LANES) - first, false};
}

/* The way round that has fewer blocks, else fewer columns. */
static struct blocks choose_blocks(size_t n_rows, size_t n_cols,
                                   const struct nax_xbar_options *options)
{
    const struct nax_xbar_options all = {.n_rows = 0};
    struct blocks cols = blocks_of_cols(n_cols, options ? options : &all);
    struct blocks rows = blocks_of_rows(n_rows, options ? options : &all);
    size_t by_cols = cols.n + cols.has_end;
    bool is_transposed = rows.n == by_cols ? n_cols > n_rows : rows.n < by_cols;
    return is_transposed ? rows : cols;
}

size_t nax_relax_count_blocks(size_t n_rows, size_t n_cols, const struct nax_xbar_options *options)
{
    struct blocks blocks = choose_blocks(n_rows, n_cols, options);
    return blocks.n + blocks.has_end;
}

struct relax_plan *nax_relax_plan_alloc(size_t n_rows, size_t n_cols,
                                        const struct nax_xbar_options *options)
{
    struct relax_plan *plan = nax_calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->blocks = choose_blocks(n_rows, n_cols, options);
    plan->is_transposed = plan->blocks.is_transposed;
    size_t rows = plan->is_transposed ? n_cols : n_rows,
           cols = plan->is_transposed ? n_rows : n_cols;
    size_t m = padded(rows), size = m * cols;
    plan->n_padded = m;
    plan->n_cols = cols;
    plan->kernels = nax_relax_kernels_sets[nax_isa()];
    plan->memory = nax_aligned_calloc(15 * size + cols, sizeof *plan->memory);
    plan->memory_f = nax_aligned_calloc(8 * size, sizeof *plan->memory_f);
    if (!plan->memory || !plan->memory_f) {
        nax_relax_plan_free(plan);
        return NULL;
    }
    double *at = plan->memory;
    struct relax_factors *f = &plan->factors;
    for (int k = 0; k < 2; k++) {
        f->forward[k] = at + (size_t)(2 * k) * 2 * size;
        f->backward[k] = at + (size_t)(2 * k + 1) * 2 * size;
        f->forward_f[k] = plan->memory_f + (size_t)(2 * k) * 2 * size;
        f->backward_f[k] = plan->memory_f + (size_t)(2 * k + 1) * 2 * size;
    }
    f->transfer = at + 8 * size;
    plan->transposed = at + 9 * size;
    f->scratch = at + 10 * size;
    f->inflow = at + 15 * size;
    return plan;
}

void nax_relax_plan_free(struct relax_plan *plan)
{
    if (!plan)
        return;
    nax_aligned_free(plan->memory);
    nax_aligned_free(plan->memory_f);
    free(plan);
}

void nax_relax_plan_set(struct relax_plan *plan, const struct nax_xbar *x)
{
    plan->circuit = nax_circuit_of(x, plan->is_transposed, plan->transposed);
    plan->kernels->coefficients(&plan->circuit, plan->n_padded, &plan->factors);
    struct relax_factors *f = &plan->factors;
    size_t n = 2 * plan->n_padded * plan->circuit.n_cols;
    plan->has_float = f->scale_min > scale_min_float;
    for (int k = 0; k < 2 && plan->has_float; k++) {
        plan->kernels->narrow(f->forward[k], f->forward_f[k], n);
        plan->kernels->narrow(f->backward[k], f->backward_f[k], n);
    }
}

bool nax_relax_plan_is_sound(const struct relax_plan *plan)
{
    return plan->factors.scale_min > scale_min_double;
}

size_t nax_relax_n_blocks(const struct relax_plan *plan)
{
    return plan->blocks.n + plan->blocks.has_end;
}

struct relax_workspace *nax_relax_workspace_alloc(const struct relax_plan *plan)
{
    size_t rows = plan->n_padded, cols = plan->n_cols;
    struct relax_workspace *workspace = nax_calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    workspace->z = nax_aligned_calloc(rows * row_step(cols), sizeof *workspace->z);
    workspace->carry = nax_aligned_calloc(2 * cols * RELAX_LANES, sizeof *workspace->carry);
    workspace->w = nax_aligned_calloc(2 * rows * RELAX_LANES, sizeof *workspace->w);
    if (workspace->z && workspace->carry && workspace->w)
        return workspace;
    nax_relax_workspace_free(workspace);
    return NULL;
}

void nax_relax_workspace_free(struct relax_workspace *workspace)
{
    if (!workspace)
        return;
    nax_aligned_free(workspace->z);
    nax_aligned_free(workspace->carry);
    nax_aligned_free(workspace->w);
    free(workspace);
}

static void aim(struct relax_pass *p, const struct relax_plan *plan,
                struct relax_workspace *workspace, bool is_float, bool is_up)
{
    const struct relax_factors *f = &plan->factors;
    size_t first = is_up ? plan->n_padded - 1 : 0;
    ptrdiff_t step = (ptrdiff_t)row_step(plan->circuit.n_cols);
    if (is_float) {
        p->z = (float *)workspace->z + first * (size_t)step;
        p->coef = (struct relax_coef){f->forward_f[is_up], f->backward_f[is_up]};
        p->carry = workspace->carry;
    } else {
        p->z = workspace->z + first * (size_t)step;
        p->coef = (struct relax_coef){f->forward[is_up], f->backward[is_up]};
        p->carry = workspace->carry;
    }
    p->z_step = is_up ? -step : step;
    p->w = workspace->w + first * RELAX_LANES;
    p->w_step = is_up ? -(ptrdiff_t)RELAX_LANES : RELAX_LANES;
}

/* Current that is still to be shared out: what entered the word lines less what has left. */
struct balance {
    double before, left, total, gone;
};

static double worst_left(const struct balance lane[RELAX_LANES], size_t n, double factor)
{
    double worst = 0;
    for (size_t x = 0; x < n; x++) {
        double ratio = lane[x].before > 0 ? NAX_MIN(lane[x].left / lane[x].before, 1) : 0;
        double after = factor > 0 ? lane[x].left * ratio * factor : lane[x].left;
        if (lane[x].total > 0)
            worst = NAX_MAX(worst, after / lane[x].total);
    }
    return worst;
}

/* How many passes more at the present ratio. */
static double passes_left(const struct balance lane[RELAX_LANES], size_t n, double tolerance)
{
    double most = 0;
    for (size_t x = 0; x < n; x++)
        if (lane[x].left > tolerance * lane[x].total && lane[x].before > lane[x].left)
            most = NAX_MAX(most, log(tolerance * lane[x].total / lane[x].left) /
                                     log(lane[x].left / lane[x].before));
    return most;
}

static void account(struct balance lane[RELAX_LANES], size_t n, const struct relax_pass *p)
{
    for (size_t x = 0; x < n; x++) {
        lane[x].before = lane[x].left;
        lane[x].left = fabs(lane[x].left - p->w_sum[x] - p->s_sum[x]);
        lane[x].total += p->w_sum[x];
    }
}

int nax_relax_block(const struct relax_plan *plan, struct relax_workspace *workspace, size_t block,
                    double tolerance, size_t passes_max, double *w_eff, struct relax_report *report)
{
    const struct circuit *a = &plan->circuit;
    size_t at = block < plan->blocks.n ? plan->blocks.first + block : (a->n_cols - 1) / RELAX_LANES;
    size_t first = at * RELAX_LANES;
    size_t n = NAX_MIN(RELAX_LANES, a->n_cols - first);
    struct balance lane[RELAX_LANES] = {{0}};
    struct relax_pass p = {.n_blocks = plan->n_padded / RELAX_ROWS, .n_cols = a->n_cols};
    double *begin = workspace->w + plan->n_padded * RELAX_LANES;
    memset(workspace->w, 0, 2 * plan->n_padded * RELAX_LANES * sizeof *workspace->w);
    for (size_t i = 0; i < a->n_rows; i++)
        memcpy(begin + i * RELAX_LANES, plan->factors.transfer + i * a->n_cols + first,
               n * sizeof *begin);
    for (size_t x = 0; x < n; x++)
        lane[x].left = plan->factors.inflow[first + x];

    aim(&p, plan, workspace, false, false);
    p.start = begin;
    p.first_column = first;
    plan->kernels->start(&p);
    account(lane, n, &p);
    bool is_float = false, is_up = true;
    size_t passes = 1;
    for (;; passes++, is_up = !is_up) {
        /* next to come after one more pass over the word lines, were the ratio to double */
        bool is_last = worst_left(lane, n, 2) <= tolerance;
        if (!is_float && plan->has_float && worst_left(lane, n, 0) < tolerance * 3e5) {
            plan->kernels->narrow(workspace->z, (float *)workspace->z,
                                  plan->n_padded * row_step(a->n_cols));
            is_float = true;
        }
        aim(&p, plan, workspace, is_float, is_up);
        if (is_last) {
            plan->kernels->last[is_float](&p);
            account(lane, n, &p);
            break;
        }
        if (passes >= passes_max ||
            (passes > 2 && passes_left(lane, n, tolerance) > (double)(passes_max - passes)))
            return NAX_ERR_NUMERIC;
        plan->kernels->full[is_float][is_up](&p);
        account(lane, n, &p);
    }
    report->passes = NAX_MAX(report->passes, passes + 1);
    report->residual = NAX_MAX(report->residual, worst_left(lane, n, 0));
    for (size_t i = 0; i < a->n_rows; i++)
        for (size_t x = 0; x < n; x++)
            w_eff[nax_circuit_index(a, plan->is_transposed, i, first + x)] =
                workspace->w[i * RELAX_LANES + x];
    return 0;
}
