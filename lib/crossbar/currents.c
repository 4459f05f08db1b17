/* Currents for given input vectors. */
#include "crossbar.h"

#include <math.h>

static int check_inputs(const double *v_v, size_t n_rows, size_t n, struct nax_err *err)
{
    for (size_t i = 0; i < n * n_rows; i++)
        if (!(fabs(v_v[i]) <= 1e6))
            return nax_err_set(err, NAX_ERR_VALUE, "field 'v_v': row %zu: not from -1e6 to 1e6: %g",
                               i % n_rows, v_v[i]);
    return 0;
}

int nax_xbar_solve(const struct nax_xbar *x, const struct nax_xbar_options *options,
                   const double *v_v, struct nax_xbar_nodes *nodes, struct nax_xbar_report *report,
                   struct nax_err *err)
{
    double tolerance;
    struct nax_xbar_report own;
    int status = nax_xbar_prepare(x, 1, options, &tolerance, err);
    if (!status)
        status = check_inputs(v_v, x->n_rows, 1, err);
    if (status)
        return status;
    struct vector_solver *s = nax_vector_alloc(x->n_rows, x->n_cols, !(x->v0_v > 0));
    if (!s)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'node voltages'");
    status = nax_vector_set(s, x, err);
    if (!status)
        status = nax_vector_solve(s, v_v, tolerance, nodes, report ? report : &own, err);
    nax_vector_free(s);
    return status;
}

int nax_xbar_currents(const struct nax_xbar *x, const struct nax_xbar_options *options, size_t n,
                      const double *v_v, double *i_a, double *power_mw,
                      struct nax_xbar_report *report, struct nax_err *err)
{
    double tolerance;
    int status = nax_xbar_prepare(x, 1, options, &tolerance, err);
    if (!status)
        status = check_inputs(v_v, x->n_rows, n, err);
    if (status)
        return status;
    int n_threads = (int)NAX_MIN((size_t)nax_threads(), NAX_MAX(n, 1));
#pragma omp parallel num_threads(n_threads)
    {
        struct nax_err own = {0};
        struct vector_solver *s = nax_vector_alloc(x->n_rows, x->n_cols, !(x->v0_v > 0));
        int own_status = s ? nax_vector_set(s, x, &own)
                           : nax_err_set(&own, NAX_ERR_MEMORY, "out of memory: 'currents'");
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < n; k++) {
            struct nax_xbar_nodes nodes = {.i_a = i_a + k * x->n_cols,
                                           .power_mw = power_mw ? power_mw + k : NULL};
            struct nax_xbar_report unused;
            if (!own_status)
                own_status = nax_vector_solve(s, v_v + k * x->n_rows, tolerance, &nodes,
                                              report ? &report[k] : &unused, &own);
        }
        nax_vector_free(s);
        nax_err_keep_first(&status, err, &own);
    }
    return status;
}
