/* Currents and node voltages for single vectors: against the effective conductances, and against
 * Kirchhoff's law at every node.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nax/crossbar.h"
#include "nax/rng.h"

struct sample {
    struct nax_xbar x;
    double *g, *v, *i, *u_v, *v_v, *w;
};

static struct sample sample_alloc(size_t n_rows, size_t n_cols, double r_on, uint64_t key)
{
    struct nax_rng rng = nax_rng_at(17, NAX_RNG_TEST, key, n_rows, n_cols);
    size_t n = n_rows * n_cols;
    struct sample s = {.g = malloc(n * sizeof(double)),
                       .v = malloc(n_rows * sizeof(double)),
                       .i = malloc(n_cols * sizeof(double)),
                       .u_v = malloc(n * sizeof(double)),
                       .v_v = malloc(n * sizeof(double)),
                       .w = malloc(n * sizeof(double))};
    for (size_t k = 0; k < n; k++)
        s.g[k] = (1 + 5 * nax_rng_uniform(&rng)) / (6 * r_on);
    for (size_t r = 0; r < n_rows; r++)
        s.v[r] = 0.25 * nax_rng_uniform(&rng);
    s.x = (struct nax_xbar){n_rows, n_cols, s.g, 2.5, 1.9, 500, 100, 0};
    return s;
}

static void sample_free(struct sample *s)
{
    free(s->g);
    free(s->v);
    free(s->i);
    free(s->u_v);
    free(s->v_v);
    free(s->w);
}

static int solve(struct sample *s, double tolerance, struct nax_xbar_report *report)
{
    struct nax_xbar_options options = {.tolerance = tolerance};
    struct nax_xbar_nodes nodes = {s->i, s->u_v, s->v_v, NULL};
    struct nax_err err = {0};
    int status = nax_xbar_solve(&s->x, &options, s->v, &nodes, report, &err);
    if (status)
        print_message("%s\n", err.text);
    return status;
}

static double off_matrix(struct sample *s)
{
    struct nax_xbar_options options = {.method = NAX_XBAR_BLOCK};
    assert_int_equal(nax_xbar_matrix(&s->x, &options, s->w, NULL, NULL), 0);
    double most = 0, scale = 0;
    for (size_t c = 0; c < s->x.n_cols; c++) {
        double sum = 0;
        for (size_t r = 0; r < s->x.n_rows; r++)
            sum += s->w[r * s->x.n_cols + c] * s->v[r];
        most = fmax(most, fabs(sum - s->i[c]));
        scale = fmax(scale, fabs(sum));
    }
    return scale > 0 ? most / scale : most;
}

/* Sum over all nodes of the currents that do not balance, over the output currents. */
static double off_kirchhoff(const struct sample *s)
{
    const struct nax_xbar *x = &s->x;
    size_t n_rows = x->n_rows, n_cols = x->n_cols;
    double off = 0, all = 0;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++) {
            size_t k = r * n_cols + c;
            double u = s->u_v[k], v = s->v_v[k], g = s->g[k];
            double cell = x->v0_v > 0 ? g * x->v0_v * sinh((u - v) / x->v0_v) : g * (u - v);
            double left =
                c ? (s->u_v[k - 1] - u) / x->r_wire_row_ohm : (s->v[r] - u) / x->r_source_ohm;
            double right = c + 1 < n_cols ? (u - s->u_v[k + 1]) / x->r_wire_row_ohm : 0;
            double above = r ? (s->v_v[k - n_cols] - v) / x->r_wire_col_ohm : 0;
            double below =
                r + 1 < n_rows ? (v - s->v_v[k + n_cols]) / x->r_wire_col_ohm : v / x->r_sink_ohm;
            off += fabs(left - right - cell) + fabs(above + cell - below);
            if (r + 1 == n_rows) {
                all += fabs(below);
                off += fabs(below - s->i[c]);
            }
        }
    return off / all;
}

static const size_t sides[][2] = {{1, 1}, {1, 9}, {13, 1}, {5, 4}, {33, 17}, {24, 61}, {64, 64}};

static void linear_currents_are_the_matrix_product(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
        struct sample s = sample_alloc(sides[k][0], sides[k][1], 100e3, k);
        struct nax_xbar_report report;
        assert_int_equal(solve(&s, 0, &report), 0);
        assert_true(off_matrix(&s) < 1e-9);
        assert_true(report.residual < 1e-7);
        assert_int_equal(solve(&s, 1e-12, &report), 0);
        assert_true(off_matrix(&s) < 1e-11);
        assert_true(off_kirchhoff(&s) < 1e-9);
        s.v[0] = -0.2; /* voltages of either sign */
        assert_int_equal(solve(&s, 1e-12, &report), 0);
        assert_true(off_matrix(&s) < 1e-11);
        sample_free(&s);
    }
}

static void limits_and_odd_cells(void **state)
{
    (void)state;
    static const double ohm[] = {0, 0.37, 1e3};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            struct sample s = sample_alloc(11, 14, 10e3, 3);
            s.x.r_wire_row_ohm = ohm[a];
            s.x.r_wire_col_ohm = ohm[b];
            s.x.r_source_ohm = ohm[(a + b) % 3];
            s.x.r_sink_ohm = ohm[(a + 2 * b) % 3];
            s.g[17] = 0;
            s.g[60] = 1e3;
            for (size_t r = 0; r < 11; r++)
                s.g[r * 14 + 5] = 0;
            struct nax_xbar_report report;
            assert_int_equal(solve(&s, 1e-11, &report), 0);
            assert_true(off_matrix(&s) < 1e-8);
            assert_true(s.i[5] == 0);
            s.x.v0_v = 0.25; /* and with nonlinear cells: the limits must be solved too */
            assert_int_equal(solve(&s, 1e-9, &report), 0);
            assert_true(report.residual < 1e-9 && s.i[5] == 0);
            sample_free(&s);
        }
}

static void no_input_gives_no_current(void **state)
{
    (void)state;
    struct sample s = sample_alloc(9, 7, 100e3, 1);
    memset(s.v, 0, 9 * sizeof *s.v);
    for (int k = 0; k < 2; k++) {
        s.x.v0_v = k * 0.3;
        assert_int_equal(solve(&s, 0, NULL), 0);
        for (size_t c = 0; c < 7; c++)
            assert_true(s.i[c] == 0);
    }
    sample_free(&s);
}

static void hard_arrays(void **state)
{
    (void)state;
    struct sample s = sample_alloc(96, 80, 1e3, 4);
    s.x.r_wire_row_ohm = s.x.r_wire_col_ohm = 5;
    struct nax_xbar_report report;
    assert_int_equal(solve(&s, 1e-11, &report), 0);
    assert_true(off_matrix(&s) < 1e-10);
    assert_true(off_kirchhoff(&s) < 1e-7);
    sample_free(&s);
}

/* From cold, from weakly to extremely nonlinear. */
static void nonlinear_cells_obey_kirchhoff(void **state)
{
    (void)state;
    static const double v0[] = {3, 0.5, 0.25, 0.1, 0.02, 0.004};
    for (size_t k = 0; k < sizeof v0 / sizeof *v0; k++)
        for (size_t side = 3; side < 6; side++) {
            struct sample s = sample_alloc(sides[side][0], sides[side][1], 100e3, 20 + k);
            s.x.v0_v = v0[k];
            struct nax_xbar_report report;
            assert_int_equal(solve(&s, 1e-10, &report), 0);
            assert_int_equal(report.method, NAX_XBAR_NEWTON);
            assert_true(report.residual < 1e-10);
            double off = off_kirchhoff(&s);
            if (off > 1e-7)
                fail_msg("v0 %g, %zu x %zu: %g", v0[k], sides[side][0], sides[side][1], off);
            sample_free(&s);
        }
}

/* Large v0: the linear cell; in between the first term of the series of sinh. */
static void nonlinear_cells_tend_to_linear(void **state)
{
    (void)state;
    struct sample s = sample_alloc(16, 16, 100e3, 30);
    double linear[16], at_10[16];
    assert_int_equal(solve(&s, 1e-12, NULL), 0);
    memcpy(linear, s.i, sizeof linear);
    s.x.v0_v = 10;
    assert_int_equal(solve(&s, 1e-12, NULL), 0);
    memcpy(at_10, s.i, sizeof at_10);
    s.x.v0_v = 20;
    assert_int_equal(solve(&s, 1e-12, NULL), 0);
    for (size_t c = 0; c < 16; c++) {
        double ratio = (at_10[c] - linear[c]) / (s.i[c] - linear[c]);
        assert_true(fabs(ratio - 4) < 1e-2); /* (20 / 10)^2 */
    }
    sample_free(&s);
}

static void many_vectors_superpose(void **state)
{
    (void)state;
    enum { n_rows = 21, n_cols = 18 };
    struct sample s = sample_alloc(n_rows, n_cols, 100e3, 40);
    double v[3 * n_rows], i[3 * n_cols], one[3 * n_cols];
    for (size_t r = 0; r < n_rows; r++) {
        v[r] = s.v[r];
        v[n_rows + r] = s.v[n_rows - 1 - r];
        v[2 * n_rows + r] = 2 * v[r] - 0.3 * v[n_rows + r];
    }
    struct nax_xbar_options options = {.tolerance = 1e-12};
    nax_threads_set(2);
    assert_int_equal(nax_xbar_currents(&s.x, &options, 3, v, i, NULL, NULL, NULL), 0);
    nax_threads_set(1);
    assert_int_equal(nax_xbar_currents(&s.x, &options, 3, v, one, NULL, NULL, NULL), 0);
    nax_threads_set(0);
    assert_memory_equal(i, one, sizeof i);
    for (size_t c = 0; c < n_cols; c++)
        assert_true(fabs(2 * i[c] - 0.3 * i[n_cols + c] - i[2 * n_cols + c]) < 1e-11 * i[c]);
    v[5] = NAN;
    struct nax_err err;
    assert_int_equal(nax_xbar_currents(&s.x, &options, 3, v, i, NULL, NULL, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "'v_v': row 5"));
    sample_free(&s);
}

/* Loss = sum of a fixed random weight times W_eff; central differences in every cell. */
static void gradient_is_the_difference_quotient(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 1}, {7, 5}, {4, 11}, {12, 12}};
    for (size_t k = 0; k < 4; k++) {
        struct sample s = sample_alloc(shapes[k][0], shapes[k][1], 20e3, 50 + k);
        size_t n = s.x.n_rows * s.x.n_cols;
        struct nax_rng rng = nax_rng_at(18, NAX_RNG_TEST, k, 0, 0);
        double *d = malloc(n * sizeof *d), *got = malloc(n * sizeof *got), scale = 0;
        for (size_t i = 0; i < n; i++)
            d[i] = nax_rng_uniform(&rng) - 0.3;
        if (n > 20)
            s.g[11] = 0; /* an open cell has a gradient too */
        struct nax_xbar_options options = {.method = NAX_XBAR_BLOCK, .tolerance = 1e-12};
        assert_int_equal(nax_xbar_gradient(&s.x, &options, d, got, NULL), 0);
        for (size_t i = 0; i < n; i++)
            scale = fmax(scale, fabs(got[i]));
        for (size_t i = 0; i < n; i++) {
            double g = s.g[i], h = 1e-8, loss[2] = {0, 0};
            for (int side = 0; side < 2; side++) {
                s.g[i] = g > 0 ? g + (side ? h : -h) : side * h;
                assert_int_equal(nax_xbar_matrix(&s.x, &options, s.w, NULL, NULL), 0);
                for (size_t j = 0; j < n; j++)
                    loss[side] += d[j] * s.w[j];
            }
            s.g[i] = g;
            double quotient = (loss[1] - loss[0]) / (g > 0 ? 2 * h : h);
            assert_true(fabs(quotient - got[i]) < (g > 0 ? 1e-6 : 1e-4) * scale);
        }
        nax_threads_set(1);
        assert_int_equal(nax_xbar_gradient(&s.x, &options, d, s.w, NULL), 0);
        nax_threads_set(0);
        assert_memory_equal(s.w, got, n * sizeof *got);
        free(d);
        free(got);
        sample_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_currents_are_the_matrix_product),
        cmocka_unit_test(limits_and_odd_cells),
        cmocka_unit_test(no_input_gives_no_current),
        cmocka_unit_test(hard_arrays),
        cmocka_unit_test(nonlinear_cells_obey_kirchhoff),
        cmocka_unit_test(nonlinear_cells_tend_to_linear),
        cmocka_unit_test(many_vectors_superpose),
        cmocka_unit_test(gradient_is_the_difference_quotient),
    };
    return cmocka_run_group_tests_name("crossbar_vector", tests, NULL, NULL);
}
