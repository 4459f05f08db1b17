/* The crossbar circuit against a dense reference: all nodes, Gaussian elimination, double. */
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

/* Gaussian elimination with partial pivoting of [a | b], m right-hand sides. */
static void solve_dense(double *a, double *b, size_t n, size_t m)
{
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[best * n + k]))
                best = i;
        for (size_t j = 0; best != k && j < n; j++) {
            double t = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = t;
        }
        for (size_t j = 0; best != k && j < m; j++) {
            double t = b[k * m + j];
            b[k * m + j] = b[best * m + j];
            b[best * m + j] = t;
        }
        for (size_t i = k + 1; i < n; i++) {
            double f = a[i * n + k] / a[k * n + k];
            if (f == 0)
                continue;
            for (size_t j = k; j < n; j++)
                a[i * n + j] -= f * a[k * n + j];
            for (size_t j = 0; j < m; j++)
                b[i * m + j] -= f * b[k * m + j];
        }
    }
    for (size_t k = n; k-- > 0;)
        for (size_t j = 0; j < m; j++) {
            double sum = b[k * m + j];
            for (size_t i = k + 1; i < n; i++)
                sum -= a[k * n + i] * b[i * m + j];
            b[k * m + j] = sum / a[k * n + k];
        }
}

/* Modified nodal analysis with a current unknown for every resistor, so that 0 ohm needs no care:
 * unknowns are u, v, then currents of row segments (source first), column segments (sink last). */
static void reference_matrix(const struct nax_xbar *x, double *w)
{
    size_t m = x->n_rows * x->n_cols, n = 4 * m, k = 2 * m, n_rows = x->n_rows, n_cols = x->n_cols;
    double *a = calloc(n * n, sizeof *a), *b = calloc(n * n_rows, sizeof *b);
    assert_non_null(a);
    assert_non_null(b);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++) {
            size_t u = r * n_cols + c, v = m + u, along = k + u, down = k + m + u;
            double g = x->g_siemens[u];
            a[u * n + u] += g;
            a[u * n + v] -= g;
            a[v * n + v] += g;
            a[v * n + u] -= g;
            /* current `along` arrives at u from the left; `down` leaves v downwards */
            a[u * n + along] -= 1;
            if (c + 1 < n_cols)
                a[u * n + along + 1] += 1;
            a[v * n + down] += 1;
            if (r > 0)
                a[v * n + down - n_cols] -= 1;
            a[along * n + u] = 1;
            a[along * n + along] = c ? x->r_wire_row_ohm : x->r_source_ohm;
            if (c)
                a[along * n + u - 1] = -1;
            else
                b[along * n_rows + r] = 1; /* 1 V at the driver of row r */
            a[down * n + v] = 1;
            a[down * n + down] = r + 1 < n_rows ? -x->r_wire_col_ohm : -x->r_sink_ohm;
            if (r + 1 < n_rows)
                a[down * n + v + n_cols] = -1;
        }
    solve_dense(a, b, n, n_rows);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            w[r * n_cols + c] = b[(k + m + (n_rows - 1) * n_cols + c) * n_rows + r];
    free(a);
    free(b);
}

static double *random_cells(size_t n, double g_off, double g_on, uint64_t key)
{
    struct nax_rng rng = nax_rng_at(7, NAX_RNG_TEST, key, n, 0);
    double *g = malloc(n * sizeof *g);
    assert_non_null(g);
    for (size_t i = 0; i < n; i++)
        g[i] = g_off + (double)nax_rng_below(&rng, 4) / 3 * (g_on - g_off);
    return g;
}

static double largest(const double *a, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(a[i]));
    return most;
}

static double difference(const double *a, const double *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = isnan(a[i]) || isnan(b[i]) ? INFINITY : fmax(most, fabs(a[i] - b[i]));
    return most / largest(b, n);
}

/* The worst of all elements, each beside itself. */
static double relative_difference(const double *a, const double *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            most = isnan(a[i]) || isnan(b[i]) ? INFINITY : fmax(most, fabs(a[i] / b[i] - 1));
    return most;
}

/* loss: what near shorts cost, in the reference too. */
static void check_methods_losing(const struct nax_xbar *x, double loss)
{
    size_t n = x->n_rows * x->n_cols;
    double *expected = malloc(n * sizeof *expected), *w = malloc(n * sizeof *w);
    reference_matrix(x, expected);
    static const double tolerance[] = {0, 1e-12, 0};
    const double limit[] = {1e-9, loss * 1e-11, loss * 1e-11};
    static const enum nax_xbar_method method[] = {NAX_XBAR_AUTO, NAX_XBAR_RELAX, NAX_XBAR_BLOCK};
    for (int i = 0; i < 3; i++) {
        struct nax_xbar_options options = {.method = method[i], .tolerance = tolerance[i]};
        struct nax_err err = {0};
        memset(w, 0xff, n * sizeof *w);
        int status = nax_xbar_matrix(x, &options, w, NULL, &err);
        if (method[i] == NAX_XBAR_RELAX && status == NAX_ERR_NUMERIC)
            continue; /* says so where it does not converge */
        assert_int_equal(status, 0);
        double d = difference(w, expected, n);
        if (d > limit[i])
            fail_msg("%zu x %zu, wires %g %g, source %g, sink %g, %s: differs by %g", x->n_rows,
                     x->n_cols, x->r_wire_row_ohm, x->r_wire_col_ohm, x->r_source_ohm,
                     x->r_sink_ohm, nax_xbar_method_name(method[i]), d);
    }
    free(expected);
    free(w);
}

static void check_methods(const struct nax_xbar *x)
{
    check_methods_losing(x, 1);
}

static void matrix_is_the_reference(void **state)
{
    (void)state;
    static const size_t sides[][2] = {{1, 1}, {1, 7}, {7, 1}, {5, 4}, {3, 11}, {16, 5}, {9, 9}};
    static const double ohm[] = {0, 0.37, 2.5, 1e3};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        size_t n_rows = sides[i][0], n_cols = sides[i][1];
        double *g = random_cells(n_rows * n_cols, 1 / 600e3, 1 / 100e3, i);
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++) {
                struct nax_xbar x = {
                    n_rows, n_cols, g, ohm[a], ohm[b], ohm[(a + b) % 4], ohm[(a + 2 * b + 1) % 4],
                    0};
                check_methods(&x);
            }
        struct nax_xbar x = {n_rows, n_cols, g, 2.5, 0.37, 0, 0, 0};
        check_methods(&x);
        free(g);
    }
}

static void larger_matrix_is_the_reference(void **state)
{
    (void)state;
    double *g = random_cells(33 * 17, 1 / 600e3, 1 / 100e3, 3);
    struct nax_xbar x = {33, 17, g, 2.5, 1.3, 500, 100, 0};
    if (getenv("NAX_SLOW"))
        check_methods(&x);
    struct nax_xbar y = {17, 13, g, 2.5, 1.3, 500, 100, 0};
    check_methods(&y);
    free(g);
}

/* Open cells, near shorts, a whole word line or bit line without cells. */
static void odd_cells(void **state)
{
    (void)state;
    double *g = random_cells(9 * 11, 1e-6, 1e-5, 5);
    g[13] = 0;
    g[40] = 1e3;
    for (size_t c = 0; c < 11; c++)
        g[2 * 11 + c] = 0;
    for (size_t r = 0; r < 9; r++)
        g[r * 11 + 6] = 0;
    struct nax_xbar x = {9, 11, g, 2.5, 1.3, 500, 100, 0};
    check_methods_losing(&x, 100);
    for (size_t i = 0; i < 99; i++)
        g[i] = 1e3;
    check_methods_losing(&x, 100);
    x.r_wire_row_ohm = x.r_wire_col_ohm = 0;
    check_methods_losing(&x, 100);
    memset(g, 0, 99 * sizeof *g);
    double w[99];
    for (int m = NAX_XBAR_AUTO; m <= NAX_XBAR_BLOCK; m++) {
        struct nax_xbar_options options = {.method = (enum nax_xbar_method)m};
        assert_int_equal(nax_xbar_matrix(&x, &options, w, NULL, NULL), 0);
        assert_true(largest(w, 99) == 0);
    }
    free(g);
}

static void perfect_wires_leave_the_conductances(void **state)
{
    (void)state;
    double *g = random_cells(37 * 21, 1e-6, 1e-5, 6), *w = malloc(37 * 21 * sizeof *w);
    struct nax_xbar x = {37, 21, g, 0, 0, 0, 0, 0};
    for (int m = NAX_XBAR_AUTO; m <= NAX_XBAR_BLOCK; m++) {
        struct nax_xbar_options options = {.method = (enum nax_xbar_method)m};
        assert_int_equal(nax_xbar_matrix(&x, &options, w, NULL, NULL), 0);
        assert_true(difference(w, g, 37 * 21) < 1e-15);
    }
    free(g);
    free(w);
}

/* Driving the bit lines and sensing the word lines of the mirrored array gives the transpose. */
static void circuit_is_reciprocal(void **state)
{
    (void)state;
    enum { n_rows = 45, n_cols = 70 };
    double *g = random_cells(n_rows * n_cols, 1e-6, 1e-5, 8);
    double *h = malloc(n_rows * n_cols * sizeof *h), *w = malloc(n_rows * n_cols * sizeof *w);
    double *v = malloc(n_rows * n_cols * sizeof *v);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            h[(n_cols - 1 - c) * n_rows + n_rows - 1 - r] = g[r * n_cols + c];
    struct nax_xbar x = {n_rows, n_cols, g, 2.5, 1.7, 500, 100, 0};
    struct nax_xbar y = {n_cols, n_rows, h, 1.7, 2.5, 100, 500, 0};
    struct nax_xbar_options options = {.tolerance = 1e-12};
    assert_int_equal(nax_xbar_matrix(&x, &options, w, NULL, NULL), 0);
    options.method = NAX_XBAR_BLOCK;
    assert_int_equal(nax_xbar_matrix(&y, &options, v, NULL, NULL), 0);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            h[r * n_cols + c] = v[(n_cols - 1 - c) * n_rows + n_rows - 1 - r];
    assert_true(difference(h, w, n_rows * n_cols) < 1e-11);
    free(g);
    free(h);
    free(w);
    free(v);
}

/* What is reported bounds the error; what was asked for is kept. */
static void tolerance_is_kept(void **state)
{
    (void)state;
    enum { n = 96 };
    double *g = random_cells(n * n, 1 / 600e3, 1 / 100e3, 9);
    double *w = malloc(n * n * sizeof *w), *v = malloc(n * n * sizeof *v);
    struct nax_xbar x = {n, n, g, 2.5, 2.5, 500, 100, 0};
    struct nax_xbar_options options = {.method = NAX_XBAR_BLOCK};
    struct nax_xbar_report report;
    assert_int_equal(nax_xbar_matrix(&x, &options, v, NULL, NULL), 0);
    options.method = NAX_XBAR_RELAX;
    size_t before = 0;
    for (double t = 1e-3; t > 1e-13; t /= 10) {
        options.tolerance = t;
        assert_int_equal(nax_xbar_matrix(&x, &options, w, &report, NULL), 0);
        double d = difference(w, v, n * n);
        assert_true(d < t && report.residual < 30 * t);
        for (size_t c = 0; c < n; c++) {
            double off = 0, all = 0;
            for (size_t r = 0; r < n; r++) {
                off += fabs(w[r * n + c] - v[r * n + c]);
                all += v[r * n + c];
            }
            assert_true(off <= report.residual * all + 1e-13 * all);
        }
        assert_true(report.iterations >= before);
        before = report.iterations;
    }
    assert_int_equal(report.method, NAX_XBAR_RELAX);
    free(g);
    free(w);
    free(v);
}

static void hard_arrays_go_to_elimination(void **state)
{
    (void)state;
    enum { n = 64 };
    double *g = random_cells(n * n, 1 / 6e3, 1 / 1e3, 10);
    double *w = malloc(n * n * sizeof *w), *v = malloc(n * n * sizeof *v);
    struct nax_xbar x = {n, n, g, 5, 5, 500, 100, 0};
    struct nax_xbar_report report;
    assert_int_equal(nax_xbar_matrix(&x, NULL, w, &report, NULL), 0);
    assert_int_equal(report.method, NAX_XBAR_BLOCK);
    struct nax_xbar_options options = {.method = NAX_XBAR_RELAX, .tolerance = 1e-12};
    assert_int_equal(nax_xbar_matrix(&x, &options, v, NULL, NULL), 0);
    assert_true(difference(v, w, n * n) < 1e-10);
    free(g);
    free(w);
    free(v);
}

/* A part of the results is that part of them all, by the way round that has fewer right-hand sides
 * or by elimination. */
static void what_is_wanted_is_as_of_all(void **state)
{
    (void)state;
    const struct {
        size_t n_rows, n_cols, rows, cols;
        bool has_last;
    } cases[] = {{64, 65, 64, 16, true},  {64, 65, 13, 64, true},  {64, 65, 5, 3, true},
                 {37, 37, 37, 20, false}, {65, 40, 10, 20, true},  {40, 65, 33, 65, false},
                 {33, 49, 33, 48, true},  {128, 129, 128, 7, true}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t n_rows = cases[k].n_rows, n_cols = cases[k].n_cols, n = n_rows * n_cols;
        double *g = random_cells(n, 1e-6, 3.3e-5, 20 + k);
        double *all = calloc(n, sizeof *all), *part = calloc(n, sizeof *part);
        for (size_t i = 0; i < n; i++)
            part[i] = NAN; /* what is not wanted may be anything */
        struct nax_xbar_report report;
        struct nax_xbar x = {n_rows, n_cols, g, 2.5, 2.3, 500, 100, 0};
        struct nax_xbar_options options = {.tolerance = 1e-12};
        assert_int_equal(nax_xbar_matrix(&x, &options, all, NULL, NULL), 0);
        options.n_rows = cases[k].rows;
        options.n_cols = cases[k].cols;
        options.has_last_col = cases[k].has_last;
        options.method = NAX_XBAR_RELAX;
        assert_int_equal(nax_xbar_matrix(&x, &options, part, &report, NULL), 0);
        assert_int_equal(report.method, NAX_XBAR_RELAX);
        for (size_t r = 0; r < cases[k].rows; r++)
            for (size_t c = 0; c < n_cols; c++)
                if (c < cases[k].cols || (cases[k].has_last && c == n_cols - 1))
                    assert_true(fabs(part[r * n_cols + c] - all[r * n_cols + c]) <
                                1e-10 * largest(all, n));
        struct nax_err err;
        options.n_cols = n_cols + 1;
        assert_int_equal(nax_xbar_matrix(&x, &options, part, NULL, &err), NAX_ERR_VALUE);
        options.n_cols = 0;
        options.n_rows = n_rows + 1;
        assert_int_equal(nax_xbar_matrix(&x, &options, part, NULL, &err), NAX_ERR_VALUE);
        free(g);
        free(all);
        free(part);
    }
}

/* Star-mesh transformation: nodes are taken out one by one, and what they joined is joined
 * directly, c_ij += c_ik c_kj / sum of c_k. Nothing is ever subtracted, so every result is exact
 * but for rounding, whatever the conductances. Terminals, drivers then sinks, stay. Wires above 0
 * ohm. */
static void reference_star_mesh(const struct nax_xbar *x, double *w)
{
    size_t n_rows = x->n_rows, n_cols = x->n_cols, m = n_rows * n_cols;
    size_t n_inner = 2 * m, n = n_inner + n_rows + n_cols;
    double *a = calloc(n * n, sizeof *a);
    assert_non_null(a);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++) {
            size_t u = r * n_cols + c, v = m + u;
            size_t before = c ? u - 1 : n_inner + r;
            size_t below = r + 1 < n_rows ? v + n_cols : n_inner + n_rows + c;
            a[u * n + v] = a[v * n + u] = x->g_siemens[u];
            a[u * n + before] = a[before * n + u] = 1 / (c ? x->r_wire_row_ohm : x->r_source_ohm);
            a[v * n + below] = a[below * n + v] =
                1 / (r + 1 < n_rows ? x->r_wire_col_ohm : x->r_sink_ohm);
        }
    for (size_t k = 0; k < n_inner; k++) {
        const double *row = a + k * n;
        double all = 0;
        for (size_t i = k + 1; i < n; i++)
            all += row[i];
        for (size_t i = k + 1; i < n; i++)
            for (size_t j = k + 1; row[i] > 0 && j < n; j++)
                a[i * n + j] += row[i] / all * row[j];
    }
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            w[r * n_cols + c] = a[(n_inner + r) * n + n_inner + n_rows + c];
    free(a);
}

/* Cells that are shorts beside their wires: voltages fall so fast along a line that its transfer
 * factors leave the range of doubles. */
static void near_shorts_are_solved(void **state)
{
    (void)state;
    static const struct {
        size_t n_rows, n_cols;
        double on_ohm, wire_ohm;
    } c[] = {{23, 22, 1e-3, 1e6}, {7, 31, 1e-6, 1e9}, {31, 7, 1e-6, 1e9}, {24, 24, 2.385, 1e3}};
    enum { n_max = 24 * 24 };
    double w[n_max], expected[n_max];
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        size_t n = c[i].n_rows * c[i].n_cols;
        double *g = random_cells(n, 1 / (6 * c[i].on_ohm), 1 / c[i].on_ohm, 20 + i);
        struct nax_xbar x = {c[i].n_rows,         c[i].n_cols, g,   c[i].wire_ohm,
                             0.7 * c[i].wire_ohm, 500,         100, 0};
        reference_star_mesh(&x, expected);
        for (int m = NAX_XBAR_AUTO; m <= NAX_XBAR_BLOCK; m += NAX_XBAR_BLOCK) {
            struct nax_xbar_options options = {.method = (enum nax_xbar_method)m};
            struct nax_xbar_report report;
            assert_int_equal(nax_xbar_matrix(&x, &options, w, &report, NULL), 0);
            double d = relative_difference(w, expected, n);
            if (!(d < 1e-11) || !(report.residual < 1e-9))
                fail_msg("case %zu, %s: differs by %g, residual %g", i,
                         nax_xbar_method_name(report.method), d, report.residual);
        }
        free(g);
    }
}

/* Of more than one square of cells, cut evenly and not, wide and high, against the other method,
 * and, for cells that this takes thousands of passes for, against node voltages. */
static void elimination_of_any_size(void **state)
{
    (void)state;
    static const size_t sides[][2] = {{8, 9},   {9, 8},   {16, 16},  {67, 131}, {131, 67},
                                      {1, 300}, {300, 1}, {257, 40}, {139, 149}};
    static const double on_ohm[] = {100e3, 1e3, 23.85};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        for (size_t k = 0; k < sizeof on_ohm / sizeof *on_ohm; k++) {
            size_t n_rows = sides[i][0], n_cols = sides[i][1], n = n_rows * n_cols;
            double *g = random_cells(n, 1 / (6 * on_ohm[k]), 1 / on_ohm[k], 40 + i);
            double *w = malloc(n * sizeof *w), *v = malloc(n * sizeof *v);
            struct nax_xbar x = {n_rows, n_cols, g, 2.385, 1.3, 500, k == 1 ? 0 : 100, 0};
            struct nax_xbar_options options = {.method = NAX_XBAR_BLOCK};
            struct nax_xbar_report report;
            assert_int_equal(nax_xbar_matrix(&x, &options, w, &report, NULL), 0);
            options = (struct nax_xbar_options){.method = NAX_XBAR_RELAX, .tolerance = 1e-13};
            double d = 0;
            if (k < 2) {
                assert_int_equal(nax_xbar_matrix(&x, &options, v, NULL, NULL), 0);
                d = difference(w, v, n);
            }
            if (!(d < 1e-11) || !(report.residual < 1e-10))
                fail_msg("%zu x %zu, %g ohm: differs by %g, residual %g", n_rows, n_cols, on_ohm[k],
                         d, report.residual);
            free(g);
            free(w);
            free(v);
        }
}

static void threads_of_an_elimination_give_the_same_bits(void **state)
{
    (void)state;
    static const size_t sides[][2] = {{192, 192}, {137, 271}, {40, 1000}, {311, 157}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        size_t n = sides[i][0] * sides[i][1];
        double *g = random_cells(n, 1 / 6e3, 1 / 1e3, 60 + i);
        double *w = malloc(n * sizeof *w), *v = malloc(n * sizeof *v);
        struct nax_xbar x = {sides[i][0], sides[i][1], g, 2.385, 1.3, 500, 100, 0};
        struct nax_xbar_options options = {.method = NAX_XBAR_BLOCK};
        nax_threads_set(1);
        assert_int_equal(nax_xbar_matrix(&x, &options, w, NULL, NULL), 0);
        for (int n_threads = 2; n_threads <= 9; n_threads += 3) {
            nax_threads_set(n_threads);
            memset(v, 0xff, n * sizeof *v);
            assert_int_equal(nax_xbar_matrix(&x, &options, v, NULL, NULL), 0);
            assert_memory_equal(w, v, n * sizeof *w);
        }
        nax_threads_set(0);
        free(g);
        free(w);
        free(v);
    }
}

/* Every function says so where its results cannot be had. */
static void results_are_never_nan(void **state)
{
    (void)state;
    enum { n = 64 };
    double *g = random_cells(n * n, 1.0 / 6, 1, 33), *w = calloc(n * n, sizeof *w);
    double v[n], i_a[n];
    for (size_t r = 0; r < n; r++)
        v[r] = 0.25;
    struct nax_xbar x = {n, n, g, 1e3, 1e3, 500, 100, 0};
    struct nax_xbar_options options = {.method = NAX_XBAR_RELAX};
    struct nax_xbar_nodes nodes = {.i_a = i_a};
    assert_int_equal(nax_xbar_matrix(&x, &options, w, NULL, NULL), NAX_ERR_NUMERIC);
    assert_int_equal(nax_xbar_solve(&x, NULL, v, &nodes, NULL, NULL), NAX_ERR_NUMERIC);
    assert_int_equal(nax_xbar_currents(&x, NULL, 1, v, i_a, NULL, NULL, NULL), NAX_ERR_NUMERIC);
    assert_int_equal(nax_xbar_gradient(&x, NULL, w, w, NULL), NAX_ERR_NUMERIC);
    x.n_rows = x.n_cols = 2;
    w[1] = NAN;
    double dl_dg[4];
    struct nax_err err = {0};
    assert_int_equal(nax_xbar_gradient(&x, NULL, w, dl_dg, &err), NAX_ERR_NUMERIC);
    free(g);
    free(w);
}

static void threads_and_batches_give_the_same_bits(void **state)
{
    (void)state;
    enum { n_arrays = 5, n_rows = 40, n_cols = 35, size = n_rows * n_cols };
    double *g = random_cells(n_arrays * size, 1 / 600e3, 1 / 100e3, 11);
    double *w = malloc(3 * n_arrays * size * sizeof *w);
    struct nax_xbar x[n_arrays];
    double *out[3][n_arrays];
    for (size_t k = 0; k < n_arrays; k++) {
        x[k] = (struct nax_xbar){n_rows, n_cols, g + k * size, 2.5, 2.5, 500, 100, 0};
        for (size_t t = 0; t < 3; t++)
            out[t][k] = w + (t * n_arrays + k) * size;
    }
    nax_threads_set(1);
    assert_int_equal(nax_xbar_matrices(x, n_arrays, NULL, out[0], NULL, NULL), 0);
    nax_threads_set(3);
    assert_int_equal(nax_xbar_matrices(x, n_arrays, NULL, out[1], NULL, NULL), 0);
    for (size_t k = 0; k < n_arrays; k++)
        assert_int_equal(nax_xbar_matrix(&x[k], NULL, out[2][k], NULL, NULL), 0);
    nax_threads_set(0);
    assert_memory_equal(out[0][0], out[1][0], n_arrays * size * sizeof *w);
    assert_memory_equal(out[0][0], out[2][0], n_arrays * size * sizeof *w);
    free(g);
    free(w);
}

static void expect_refusal(const struct nax_xbar *x, const char *text)
{
    struct nax_err err = {0};
    double w[4];
    assert_int_equal(nax_xbar_matrix(x, NULL, w, NULL, &err), NAX_ERR_VALUE);
    if (!strstr(err.text, text))
        fail_msg("'%s' lacks '%s'", err.text, text);
}

static void hostile_values_are_refused(void **state)
{
    (void)state;
    double g[] = {1e-5, 1e-5, 1e-5, 1e-5};
    const struct nax_xbar good = {2, 2, g, 1, 1, 1, 1, 0};
    struct nax_xbar x = good;
    x.n_rows = 0;
    expect_refusal(&x, "'rows'");
    x.n_rows = 1000000000;
    expect_refusal(&x, "'rows'");
    x = good;
    x.n_cols = 0;
    expect_refusal(&x, "'cols'");
    x = good;
    x.r_sink_ohm = -1;
    expect_refusal(&x, "'r_sink_ohm'");
    x = good;
    x.r_wire_row_ohm = NAN;
    expect_refusal(&x, "'r_wire_row_ohm'");
    x = good;
    x.v0_v = INFINITY;
    expect_refusal(&x, "'v0_v'");
    g[2] = -1e-9;
    expect_refusal(&good, "'g_siemens': cell at row 1, column 0");
    g[2] = NAN;
    expect_refusal(&good, "'g_siemens'");
}

/* Cells of next to no resistance behind long wires: shares of a current that go on along a line
 * leave the range of doubles, W does not. Rectangles are long one way only, so that one of the two
 * eliminations, which are compared, stays within it. */
static void shorts_behind_long_wires(void **state)
{
    (void)state;
    static const struct {
        size_t n_rows, n_cols;
        double r_on, r_wire_row, r_wire_col;
    } cases[] = {{128, 128, 1, 100, 100},    {64, 64, 1, 1000, 1000},   {64, 64, 1e-3, 1000, 1000},
                 {32, 32, 1e-6, 1e6, 1e6},   {96, 6, 1e-3, 1000, 1000}, {6, 96, 1e-3, 1000, 1000},
                 {80, 80, 1e-3, 1000, 1e-3}, {80, 80, 1e-3, 1e-3, 1000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = cases[i].n_rows * cases[i].n_cols;
        double *g = nax_calloc(n, sizeof *g), *w = nax_calloc(n, sizeof *w);
        assert_true(g && w);
        struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, i, 0, 0);
        for (size_t k = 0; k < n; k++)
            g[k] = (1 + (double)nax_rng_below(&rng, 4)) / 6 / cases[i].r_on;
        struct nax_xbar x = {.n_rows = cases[i].n_rows,
                             .n_cols = cases[i].n_cols,
                             .g_siemens = g,
                             .r_wire_row_ohm = cases[i].r_wire_row,
                             .r_wire_col_ohm = cases[i].r_wire_col,
                             .r_source_ohm = 500,
                             .r_sink_ohm = 100};
        struct nax_xbar_report report;
        struct nax_err err;
        assert_int_equal(nax_xbar_matrix(&x, NULL, w, &report, &err), 0);
        assert_true(report.residual >= 0 && report.residual < 1e-8);
        for (size_t c = 0; c < x.n_cols; c++) {
            double sum = 0;
            for (size_t r = 0; r < x.n_rows; r++) {
                assert_true(w[r * x.n_cols + c] >= 0);
                sum += w[r * x.n_cols + c];
            }
            assert_true(sum < 1 / x.r_sink_ohm); /* 1 V on all rows cannot give more */
        }
        /* next to the drivers and the sinks most of the current takes the short way */
        assert_true(w[(x.n_rows - 1) * x.n_cols] > w[x.n_cols - 1]);
        free(g);
        free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_is_the_reference),
        cmocka_unit_test(larger_matrix_is_the_reference),
        cmocka_unit_test(odd_cells),
        cmocka_unit_test(perfect_wires_leave_the_conductances),
        cmocka_unit_test(circuit_is_reciprocal),
        cmocka_unit_test(tolerance_is_kept),
        cmocka_unit_test(hard_arrays_go_to_elimination),
        cmocka_unit_test(near_shorts_are_solved),
        cmocka_unit_test(elimination_of_any_size),
        cmocka_unit_test(threads_of_an_elimination_give_the_same_bits),
        cmocka_unit_test(what_is_wanted_is_as_of_all),
        cmocka_unit_test(results_are_never_nan),
        cmocka_unit_test(threads_and_batches_give_the_same_bits),
        cmocka_unit_test(hostile_values_are_refused),
        cmocka_unit_test(shorts_behind_long_wires),
    };
    return cmocka_run_group_tests_name("crossbar", tests, NULL, NULL);
}
