/* Times of the crossbar solvers, of CHOLMOD (where HAS_CHOLMOD) and ngspice, whose results have to
 * be the same.
 *
 * Usage: crossbar SCRATCH-DIR SECONDS [full]; prints samples, SECONDS for each of nax's own.
 * full: ngspice at 128 × 128 too, which takes minutes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nax/crossbar.h"
#include "nax/rng.h"

#ifdef HAS_CHOLMOD
#include <suitesparse/cholmod.h>
#endif

enum { MEASUREMENTS_MAX = 101 };

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
static double time_batch(const struct nax_xbar *x, size_t n, double *w, double seconds)
{
    const struct nax_xbar_options options = {.tolerance = 1e-8};
    size_t size = x->n_rows * x->n_cols, count = 0;
    double **out = malloc(n * sizeof *out), times[MEASUREMENTS_MAX], begin = nax_clock_seconds();
    for (size_t k = 0; k < n; k++)
        out[k] = w + k * size;
    struct nax_xbar_report *all = calloc(n, sizeof *all);
    while (count < MEASUREMENTS_MAX &&
           (count < (seconds < 0.5 ? 1 : 3) || nax_clock_seconds() - begin < seconds)) {
        struct nax_err err;
        double start = nax_clock_seconds();
        check(nax_xbar_matrices(x, n, &options, out, all, &err), &err);
        times[count++] = (nax_clock_seconds() - start) / (double)n * 1e3;
    }
    free(out);
    free(all);
    return median(times, count);
}

#ifdef HAS_CHOLMOD
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
#endif

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

/* Milliseconds a vector in a series of vectors of one array, one thread; i_a: of one. */
static double time_vector(const struct nax_xbar *x, const double *v, double *i_a, double seconds)
{
    enum { n_vectors = 16 };
    const struct nax_xbar_options options = {.tolerance = 1e-8};
    double times[MEASUREMENTS_MAX], *many, *out;
    many = malloc(n_vectors * x->n_rows * sizeof *many);
    out = malloc(n_vectors * x->n_cols * sizeof *out);
    for (size_t k = 0; k < n_vectors; k++)
        memcpy(many + k * x->n_rows, v, x->n_rows * sizeof *v);
    struct nax_err err;
    size_t count = seconds < 0.5 ? 1 : 25;
    nax_threads_set(1);
    for (size_t k = 0; k < count; k++) {
        double start = nax_clock_seconds();
        check(nax_xbar_currents(x, &options, n_vectors, many, out, NULL, NULL, &err), &err);
        times[k] = (nax_clock_seconds() - start) / n_vectors * 1e3;
    }
    nax_threads_set(0);
    memcpy(i_a, out, x->n_cols * sizeof *i_a);
    free(many);
    free(out);
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

static void agree(const double *a, const double *b, size_t n, double tolerance, const char *peer)
{
    double off = difference(a, b, n);
    if (off < tolerance)
        return;
    fprintf(stderr, "%s gives other results: by %.1e\n", peer, off);
    exit(1);
}

struct run {
    const char *dir;
    double seconds;
};

/* A vector of the array, by us and by ngspice less its start. */
static void measure_vector(const struct run *run, const struct nax_xbar *x, bool has_spice)
{
    const double one = 1e-5;
    const struct nax_xbar tiny = array(1, &one);
    size_t side = x->n_rows;
    double *v = malloc(side * sizeof *v), *i = calloc(side, sizeof *i);
    double *i_spice = calloc(side, sizeof *i_spice);
    for (size_t r = 0; r < side; r++)
        v[r] = 0.25 * (double)(r % 3 > 0);
    printf("vector_%zu nax %.4g\n", side, time_vector(x, v, i, run->seconds));
    if (has_spice) {
        double start = run_ngspice(&tiny, v, run->dir, i_spice);
        double ms = run_ngspice(x, v, run->dir, i_spice) - start;
        if (isnan(ms)) {
            printf("absent ngspice is not installed\n");
        } else {
            printf("vector_%zu ngspice %.4g\n", side, ms);
            agree(i, i_spice, side, 1e-7, "ngspice");
        }
    }
    free(v);
    free(i);
    free(i_spice);
}

static void measure(const struct run *run, size_t side, bool has_vector, bool has_spice)
{
    const size_t size = side * side, n = side <= 64 ? 256 : side <= 128 ? 16 : side <= 256 ? 4 : 1;
    double *g = cells(n * size, 100e3, 600e3, side), *w = malloc(n * size * sizeof *w);
    struct nax_xbar *x = malloc(n * sizeof *x);
    for (size_t k = 0; k < n; k++)
        x[k] = array(side, g + k * size);
    printf("matrix_%zu nax %.4g\n", side, time_batch(x, n, w, run->seconds));
#ifdef HAS_CHOLMOD
    if (side <= (run->seconds < 0.5 ? 64 : 256)) {
        double *reference = malloc(size * sizeof *reference);
        printf("matrix_%zu cholmod %.4g\n", side, time_cholmod(&x[0], reference));
        agree(w, reference, size, 1e-8, "CHOLMOD");
        free(reference);
    }
#endif
    if (has_vector)
        measure_vector(run, x, has_spice);
    free(g);
    free(w);
    free(x);
}

/* R_on 1 kOhm and 5 Ohm wires, where iterating would take long. */
static void measure_hard(const struct run *run, size_t side)
{
    double *g = cells(side * side, 1e3, 6e3, 1), *w = malloc(side * side * sizeof *w);
    struct nax_xbar x = array(side, g);
    x.r_wire_row_ohm = x.r_wire_col_ohm = 5;
    printf("hard_%zu nax %.4g\n", side, time_batch(&x, 1, w, run->seconds));
    free(g);
    free(w);
}

/* The 1552 arrays of 64 of a ResNet-20: differential, 8 slices. */
static void measure_network(const struct run *run)
{
    enum { n = 1552, side = 64, size = side * side };
    double *g = cells(n * size, 100e3, 600e3, 2), *w = malloc(n * size * sizeof *w);
    struct nax_xbar *x = malloc(n * sizeof *x);
    for (size_t k = 0; k < n; k++)
        x[k] = array(side, g + k * size);
    printf("network_64 nax %.4g\n", time_batch(x, n, w, run->seconds) * n / 1e3);
    free(g);
    free(w);
    free(x);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const struct run run = {argv[1], atof(argv[2])};
    for (size_t side = 32; side <= 512; side *= 2)
        measure(&run, side, side <= 64, side == 32 || (side == 64 && run.seconds >= 0.5));
    measure_hard(&run, 256);
    measure_network(&run);
}
