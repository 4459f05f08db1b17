/* Times of the crossbar solvers against CHOLMOD and ngspice, in one run, medians.
 * Usage: crossbar SCRATCH-DIR [full]      full: ngspice up to 128 × 128 too, which takes minutes
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <suitesparse/cholmod.h>

#include "nax/crossbar.h"
#include "nax/rng.h"

enum { MEASUREMENTS_MAX = 101 };

static int is_missed; /* a bound of the list below */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
    return x[n / 2];
}

static void need(bool is_good, const char *what)
{
    if (!is_good) {
        printf("missed: %s\n", what);
        is_missed = 1;
    }
}

static void check(int status, const struct nax_err *err)
{
    if (!status)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static double *cells(size_t n, double r_on, double r_off, uint64_t key)
{
    struct nax_rng rng = nax_rng_at(1, NAX_RNG_TEST, n, key, 0);
    double *g = malloc(n * sizeof *g);
    for (size_t i = 0; i < n; i++)
        g[i] = 1 / r_off + (double)nax_rng_below(&rng, 4) / 3 * (1 / r_on - 1 / r_off);
    return g;
}

static struct nax_xbar array(size_t side, const double *g)
{
    return (struct nax_xbar){side, side, g, 2.5, 2.5, 500, 100, 0};
}

/* Milliseconds an array of a batch of n; w: [n][side*side]. */
static double time_batch(const struct nax_xbar *x, size_t n, double *w, double seconds,
                         struct nax_xbar_report *report)
{
    const struct nax_xbar_options options = {.tolerance = 1e-8};
    size_t size = x->n_rows * x->n_cols, count = 0;
    double **out = malloc(n * sizeof *out), times[MEASUREMENTS_MAX], begin = nax_clock_seconds();
    for (size_t k = 0; k < n; k++)
        out[k] = w + k * size;
    struct nax_xbar_report *all = calloc(n, sizeof *all);
    while (count < MEASUREMENTS_MAX && (count < 5 || nax_clock_seconds() - begin < seconds)) {
        struct nax_err err;
        double start = nax_clock_seconds();
        check(nax_xbar_matrices(x, n, &options, out, all, &err), &err);
        times[count++] = (nax_clock_seconds() - start) / (double)n * 1e3;
    }
    *report = all[0];
    free(out);
    free(all);
    return median(times, count);
}

/* --- CHOLMOD: the nodal matrix, factored, and one right-hand side a column --- */

struct nodal {
    cholmod_triplet *t;
    double *diagonal;
};

static void entry(struct nodal *n, size_t i, size_t k, double x)
{
    ((int *)n->t->i)[n->t->nnz] = (int)NAX_MIN(i, k);
    ((int *)n->t->j)[n->t->nnz] = (int)NAX_MAX(i, k);
    ((double *)n->t->x)[n->t->nnz++] = x;
}

static void resistor(struct nodal *n, size_t i, size_t k, double g)
{
    n->diagonal[i] += g;
    n->diagonal[k] += g;
    entry(n, i, k, -g);
}

static double time_cholmod(const struct nax_xbar *x, double *w)
{
    cholmod_common common;
    cholmod_start(&common);
    size_t m = x->n_rows * x->n_cols, n_cols = x->n_cols;
    struct nodal n = {cholmod_allocate_triplet(2 * m, 2 * m, 5 * m, 1, CHOLMOD_REAL, &common),
                      calloc(2 * m, sizeof(double))};
    cholmod_dense *b = cholmod_zeros(2 * m, n_cols, CHOLMOD_REAL, &common);
    double start = nax_clock_seconds();
    for (size_t r = 0; r < x->n_rows; r++)
        for (size_t c = 0; c < n_cols; c++) {
            size_t k = r * n_cols + c;
            resistor(&n, k, m + k, x->g_siemens[k]);
            if (c + 1 < n_cols)
                resistor(&n, k, k + 1, 1 / x->r_wire_row_ohm);
            if (r + 1 < x->n_rows)
                resistor(&n, m + k, m + k + n_cols, 1 / x->r_wire_col_ohm);
            else {
                n.diagonal[m + k] += 1 / x->r_sink_ohm;
                ((double *)b->x)[c * 2 * m + m + k] = 1 / x->r_sink_ohm;
            }
            if (c == 0)
                n.diagonal[k] += 1 / x->r_source_ohm;
        }
    for (size_t i = 0; i < 2 * m; i++)
        entry(&n, i, i, n.diagonal[i]);
    cholmod_sparse *a = cholmod_triplet_to_sparse(n.t, 0, &common);
    cholmod_factor *factor = cholmod_analyze(a, &common);
    cholmod_factorize(a, factor, &common);
    cholmod_dense *s = cholmod_solve(CHOLMOD_A, factor, b, &common);
    for (size_t r = 0; r < x->n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            w[r * n_cols + c] = ((double *)s->x)[c * 2 * m + r * n_cols] / x->r_source_ohm;
    double seconds = nax_clock_seconds() - start;
    cholmod_free_dense(&s, &common);
    cholmod_free_dense(&b, &common);
    cholmod_free_factor(&factor, &common);
    cholmod_free_sparse(&a, &common);
    cholmod_free_triplet(&n.t, &common);
    cholmod_finish(&common);
    free(n.diagonal);
    return seconds * 1e3;
}

/* --- ngspice: the same circuit and one vector; milliseconds less the start of the program --- */

static double run_ngspice(const struct nax_xbar *x, const double *v, const char *dir, double *i_a)
{
    char path[512], command[1200], line[256];
    struct nax_err err;
    snprintf(path, sizeof path, "%s/array.cir", dir);
    FILE *f = fopen(path, "w");
    check(nax_xbar_spice(x, v, f, path, &err), &err);
    fclose(f);
    snprintf(command, sizeof command, "ngspice -b %s/array.cir > %s/out 2>/dev/null </dev/null",
             dir, dir);
    double start = nax_clock_seconds();
    if (system(command))
        return NAN;
    double seconds = nax_clock_seconds() - start;
    snprintf(path, sizeof path, "%s/out", dir);
    f = fopen(path, "r");
    while (fgets(line, sizeof line, f)) {
        size_t c;
        double value;
        if (sscanf(line, "i(vsense%zu) = %lf", &c, &value) == 2 && c < x->n_cols)
            i_a[c] = value;
    }
    fclose(f);
    return seconds * 1e3;
}

/* Milliseconds a vector in a series of vectors of one array, one thread; *alone: all for one. */
static double time_vector(const struct nax_xbar *x, const double *v, double *i_a, double *alone)
{
    enum { n_vectors = 16 };
    const struct nax_xbar_options options = {.tolerance = 1e-8};
    double times[MEASUREMENTS_MAX], lone[MEASUREMENTS_MAX], *many, *out;
    many = malloc(n_vectors * x->n_rows * sizeof *many);
    out = malloc(n_vectors * x->n_cols * sizeof *out);
    for (size_t k = 0; k < n_vectors; k++)
        memcpy(many + k * x->n_rows, v, x->n_rows * sizeof *v);
    struct nax_err err;
    size_t count = x->n_rows > 200 ? 11 : 51;
    nax_threads_set(1);
    for (size_t k = 0; k < count; k++) {
        struct nax_xbar_nodes nodes = {.i_a = i_a};
        double start = nax_clock_seconds();
        check(nax_xbar_currents(x, &options, n_vectors, many, out, NULL, NULL, &err), &err);
        times[k] = (nax_clock_seconds() - start) / n_vectors * 1e3;
        start = nax_clock_seconds();
        check(nax_xbar_solve(x, &options, v, &nodes, NULL, &err), &err);
        lone[k] = (nax_clock_seconds() - start) * 1e3;
    }
    nax_threads_set(0);
    free(many);
    free(out);
    *alone = median(lone, count);
    return median(times, count);
}

static double difference(const double *a, const double *b, size_t n)
{
    double most = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return most / scale;
}

struct bound {
    size_t side;
    double array_ms, vector_ms; /* 0: none */
    bool has_cholmod, has_spice;
};

static void measure(const struct bound *q, const char *dir, bool is_full)
{
    size_t side = q->side, size = side * side,
           n = side <= 32    ? 1024
               : side <= 64  ? 256
               : side <= 128 ? 16
                             : 4;
    double *g = cells(n * size, 100e3, 600e3, side), *w = malloc(n * size * sizeof *w);
    double *reference = malloc(size * sizeof *reference), *v = malloc(side * sizeof *v);
    double *i = calloc(side, sizeof *i), *i_spice = calloc(side, sizeof *i_spice);
    struct nax_xbar *x = malloc(n * sizeof *x);
    for (size_t k = 0; k < n; k++)
        x[k] = array(side, g + k * size);
    for (size_t r = 0; r < side; r++)
        v[r] = 0.25 * (double)(r % 3 > 0);
    struct nax_xbar_report report;
    double ms = time_batch(x, n, w, 1, &report);
    printf("matrix %zu: %.4g ms an array (%zu passes, residual %.1e)\n", side, ms,
           report.iterations, report.residual);
    if (q->has_cholmod) {
        double times[5], c;
        size_t count = side > 128 ? 1 : 5;
        for (size_t k = 0; k < count; k++)
            times[k] = time_cholmod(&x[0], reference);
        c = median(times, count);
        double off = difference(w, reference, size);
        printf("matrix %zu: %.0f times as fast as CHOLMOD (%.4g ms), differs by %.1e\n", side,
               c / ms, c, off);
        need(off < 1e-8, "accuracy against CHOLMOD");
        need(c / ms >= 120 || (side != 64 && side != 128), "120 times CHOLMOD");
    }
    need(!q->array_ms || ms <= q->array_ms, "time of a matrix");
    double alone, vector_ms = time_vector(&x[0], v, i, &alone);
    printf("vector %zu: %.4g ms in a series, %.4g ms alone (one thread)\n", side, vector_ms, alone);
    need(!q->vector_ms || vector_ms <= q->vector_ms, "time of a vector");
    if (q->has_spice || (is_full && side <= 128)) {
        const double one = 1e-5;
        struct nax_xbar tiny = array(1, &one);
        double starts[5], runs[5];
        size_t count = side < 64 ? 5 : 1;
        for (size_t k = 0; k < 5; k++)
            starts[k] = run_ngspice(&tiny, v, dir, i_spice);
        for (size_t k = 0; k < count; k++)
            runs[k] = run_ngspice(&x[0], v, dir, i_spice);
        double spice = median(runs, count) - median(starts, 5);
        double off = difference(i, i_spice, side);
        if (isnan(spice)) {
            printf("vector %zu: ngspice is missing or failed\n", side);
        } else {
            printf("vector %zu: %.3g times as fast as ngspice (%.4g ms), differs by %.1e\n", side,
                   spice / vector_ms, spice, off);
            need(off < 1e-7, "accuracy against ngspice");
            need(side != 64 || spice / vector_ms >= 2e4, "20000 times ngspice");
        }
    }
    free(g);
    free(w);
    free(reference);
    free(v);
    free(i);
    free(i_spice);
    free(x);
}

/* R_on 1 kOhm and 5 Ohm wires against the easy array of the same size. */
static void hard_case(size_t side)
{
    double *g = cells(side * side, 1e3, 6e3, 1), *w = malloc(side * side * sizeof *w);
    double *easy = cells(side * side, 100e3, 600e3, 1);
    struct nax_xbar hard = array(side, g), soft = array(side, easy);
    hard.r_wire_row_ohm = hard.r_wire_col_ohm = 5;
    struct nax_xbar_report report;
    double soft_ms = time_batch(&soft, 1, w, 1, &report);
    double hard_ms = time_batch(&hard, 1, w, 1, &report);
    printf("hard %zu: %.4g ms by %s, %.1f times the easy array (%.4g ms)\n", side, hard_ms,
           nax_xbar_method_name(report.method), hard_ms / soft_ms, soft_ms);
    need(hard_ms < 10 * soft_ms, "hard case under ten times the easy one");
    free(g);
    free(w);
    free(easy);
}

/* 1552 arrays of 64: a ResNet-20's, differential, 8 slices. */
static void network(void)
{
    enum { n = 1552, side = 64, size = side * side };
    double *g = cells(n * size, 100e3, 600e3, 2), *w = malloc(n * size * sizeof *w);
    struct nax_xbar *x = malloc(n * sizeof *x);
    for (size_t k = 0; k < n; k++)
        x[k] = array(side, g + k * size);
    struct nax_xbar_report report;
    double ms = time_batch(x, n, w, 1, &report) * n;
    printf("network: %.3g s for %d arrays of %d\n", ms / 1e3, n, side);
    need(ms < 500, "network under 0.5 s");
    free(g);
    free(w);
    free(x);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    static const struct bound bounds[] = {
        {16, 0, 0, true, true},       {32, 0.03, 0, true, true},   {64, 0.25, 0.03, true, true},
        {128, 3.5, 0.2, true, false}, {256, 50, 1.1, true, false}, {512, 0, 0, false, false}};
    printf("%s, %d threads\n", nax_isa_name(nax_isa()), nax_threads());
    for (size_t k = 0; k < sizeof bounds / sizeof *bounds; k++)
        measure(&bounds[k], argv[1], argc > 2);
    hard_case(256);
    network();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("memory: %ld MiB at most\n", usage.ru_maxrss / 1024);
    return is_missed;
}
