/* Unit tests of lib/cost/expect.c: expected costs against all designs of small spaces, and against
 * many designs of a large one. */
#include "nax/cost.h"
#include "nax/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Relative tolerances. Sums over all designs: exact but for rounding, or by moments, in mean and
 * given a choice, twice what was measured (of EDAP 0.4 % and 1.2 %). */
static const double exact = 1e-11;
static const double by_moments[2][NAX_EXPECTED_COUNT] = {{0, 0, 0.004, 0.004, 0.01},
                                                         {0, 0, 0.01, 0.01, 0.03}};
static const double leakage_by_moments = 0.005; /* energy, where all leaks always */
/* Means over 100,000 designs: so many times their own error, and what is by moments. */
static const double deviations = 4;

enum { CHOICES_MAX = 16, SLOTS_MAX = 32 };

struct space {
    size_t n_slots, n_choices;
    int64_t kernel[CHOICES_MAX], crossbar[CHOICES_MAX], fixed;
    double p[SLOTS_MAX * CHOICES_MAX];
    struct nax_hardware *hardware;
    struct nax_network_file *file;
    struct nax_cost_model *model;
    struct nax_cost_table *table;
};

static void must(int status, const struct nax_err *err)
{
    if (status)
        fail_msg("%s", err->text);
}

/* Kernels times crossbars, and where it can be the skipped slot; random probabilities. */
static void space_open(struct space *s, const char *network, const char *const *sets, size_t n_sets,
                       const int64_t *kernels, const int64_t *crossbars)
{
    struct nax_err err;
    struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, 0, 0, 0);
    must(nax_hardware_load_set(&s->hardware, "nax-reram", sets, n_sets, &err), &err);
    must(nax_network_file_load(&s->file, network, &err), &err);
    must(nax_cost_model_alloc(&s->model, s->hardware, &err), &err);
    must(nax_cost_table_alloc(&s->table, s->model, s->file, &err), &err);
    s->n_slots = nax_network_file_n_slots(s->file);
    s->n_choices = 0;
    for (const int64_t *k = kernels; *k; k++)
        for (const int64_t *c = crossbars; *c; c++) {
            s->kernel[s->n_choices] = *k;
            s->crossbar[s->n_choices++] = *c;
        }
    s->kernel[s->n_choices] = s->crossbar[s->n_choices] = 0;
    s->n_choices++;
    assert_true(s->n_slots <= SLOTS_MAX && s->n_choices <= CHOICES_MAX);
    for (size_t i = 0; i < s->n_slots; i++) {
        double sum = 0, *p = s->p + i * s->n_choices;
        bool can_skip = i && nax_network_file_can_skip(s->file, i); /* the first one stays */
        for (size_t c = 0; c < s->n_choices; c++)
            sum += p[c] = s->kernel[c] || can_skip ? exp(0.731 * nax_rng_normal(&rng)) : 0;
        for (size_t c = 0; c < s->n_choices; c++)
            p[c] /= sum;
    }
}

/* Probabilities to this power. */
static void sharpen(struct space *s, double power)
{
    for (size_t i = 0; i < s->n_slots; i++) {
        double sum = 0, *p = s->p + i * s->n_choices;
        for (size_t c = 0; c < s->n_choices; c++)
            sum += p[c] = pow(p[c], power);
        for (size_t c = 0; c < s->n_choices; c++)
            p[c] /= sum;
    }
}

static void space_close(struct space *s)
{
    nax_cost_table_free(s->table);
    nax_cost_model_free(s->model);
    nax_network_file_free(s->file);
    nax_hardware_free(s->hardware);
}

static void expect(const struct space *s, double mean[NAX_EXPECTED_COUNT], double *given)
{
    struct nax_err err;
    const struct nax_cost_policy policy = {s->n_choices, s->kernel, s->crossbar, s->p};
    assert_true(nax_cost_can_expect(s->hardware));
    must(nax_cost_table_expect(s->table, &policy, s->fixed, mean, given, &err), &err);
}

static void price(const struct space *s, const size_t *choice, double value[NAX_EXPECTED_COUNT])
{
    int64_t kernel[SLOTS_MAX], crossbar[SLOTS_MAX];
    struct nax_cost c;
    struct nax_err err;
    for (size_t i = 0; i < s->n_slots; i++) {
        kernel[i] = s->kernel[choice[i]];
        crossbar[i] = s->crossbar[choice[i]];
    }
    must(nax_cost_table_price(s->table, kernel, crossbar, NULL, s->fixed, &c, &err), &err);
    const double values[] = {c.energy_pj, c.latency_ns, c.area_mm2, c.latency_ns * c.area_mm2,
                             c.edap_pj_ns_mm2};
    memcpy(value, values, sizeof values);
}

/* Every design, by its probability: what comes out, and what does given each slot's choice. */
static void add_all(const struct space *s, double *mean, double *given)
{
    size_t choice[SLOTS_MAX] = {0}, at = 0;
    do {
        double p = 1, value[NAX_EXPECTED_COUNT];
        for (size_t i = 0; i < s->n_slots; i++)
            p *= s->p[i * s->n_choices + choice[i]];
        if (p > 0) {
            price(s, choice, value);
            for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++) {
                mean[k] += p * value[k];
                for (size_t i = 0; i < s->n_slots; i++) {
                    size_t own = i * s->n_choices + choice[i];
                    given[own * NAX_EXPECTED_COUNT + k] += p / s->p[own] * value[k];
                }
            }
        }
        for (at = 0; at < s->n_slots && ++choice[at] == s->n_choices; at++)
            choice[at] = 0;
    } while (at < s->n_slots);
}

static void assert_within(double value, double right, double tolerance, const char *what, size_t k)
{
    if (!(fabs(value - right) <= tolerance * fabs(right)))
        fail_msg("%s %zu: %.12g instead of %.12g, %.2g off", what, k, value, right,
                 value / right - 1);
}

static void assert_as_all_designs(const struct space *s, bool is_always)
{
    static double right[SLOTS_MAX * CHOICES_MAX * NAX_EXPECTED_COUNT];
    static double given[SLOTS_MAX * CHOICES_MAX * NAX_EXPECTED_COUNT];
    double mean[NAX_EXPECTED_COUNT], right_mean[NAX_EXPECTED_COUNT] = {0};
    memset(right, 0, sizeof right);
    add_all(s, right_mean, right);
    expect(s, mean, given);
    for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++) {
        double of_mean = fmax(exact, by_moments[0][k]), of_given = fmax(exact, by_moments[1][k]);
        if (is_always && k == NAX_EXPECTED_ENERGY)
            of_mean = of_given = leakage_by_moments;
        assert_within(mean[k], right_mean[k], of_mean, "mean", k);
        for (size_t i = 0; i < s->n_slots * s->n_choices; i++)
            assert_within(given[i * NAX_EXPECTED_COUNT + k], right[i * NAX_EXPECTED_COUNT + k],
                          of_given, "given a choice", k);
    }
    expect(s, mean, NULL);
    assert_within(mean[NAX_EXPECTED_LATENCY], right_mean[NAX_EXPECTED_LATENCY], exact, "mean", 1);
}

/* All that a place may depend on: skipped neighbours, a residual, a shortcut, layers without ReLU
 * before some that can be skipped, pools before and after layers that are not searched. */
static const char network_text[] = "name: all\n"
                                   "input: {height: 12, width: 12, channels: 3}\n"
                                   "classes: 5\n"
                                   "layers:\n"
                                   "  - pool: {kind: max, kernel: 2}\n"
                                   "  - conv: {out: 24, kernel: 3, search: false, relu: false}\n"
                                   "  - conv: {out: 24, kernel: 3}\n"
                                   "  - stage: {blocks: 2, out: 40, kernel: 3, stride: 2,"
                                   " shortcut: conv}\n"
                                   "  - pool: {kind: max, kernel: 2, stride: 1}\n"
                                   "  - conv: {out: 40, kernel: 3, relu: false}\n"
                                   "  - pool: {kind: mean, kernel: 0}\n"
                                   "  - linear: {role: classifier}\n";

static void all_designs_of_a_small_space(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"timing.leakage=working", "hierarchy.packing=shared", "input_signs=two-passes"},
        {"timing.leakage=working", "hierarchy.packing=layer-cores", "input_signs=twos-complement"},
        {"timing.leakage=working", "hierarchy.packing=layer-tiles", "input_signs=two-passes"},
        {"timing.leakage=always", "hierarchy.packing=shared", "input_signs=two-passes"}};
    char path[] = "./nax-expect-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, network_text, sizeof network_text - 1), sizeof network_text - 1);
    close(fd);
    for (size_t i = 0; i < 8; i++) {
        struct space s = {.fixed = i < 4 ? 0 : 32};
        space_open(&s, path, cases[i % 4], 3, (const int64_t[]){3, 7, 0},
                   (const int64_t[]){16, 128, 0});
        assert_int_equal(s.n_slots, 6);
        assert_as_all_designs(&s, i % 4 == 3);
        space_close(&s);
    }
    unlink(path);
}

/* The space of the study, where layers that are not searched follow others: random and sharp
 * policies against 100,000 designs that are drawn. */
static void many_designs_of_a_large_space(void **state)
{
    (void)state;
    enum { N = 100000 };
    static const char *const words[] = {"timing.leakage=working", "timing.leakage=always"};
    for (size_t i = 0; i < 4; i++) {
        struct space s = {.fixed = 0};
        space_open(&s, "resnet20", &words[i % 2], 1, (const int64_t[]){3, 5, 7, 0},
                   (const int64_t[]){16, 32, 64, 128, 0});
        if (i >= 2)
            sharpen(&s, 3);
        double mean[NAX_EXPECTED_COUNT], drawn[NAX_EXPECTED_COUNT] = {0};
        double squares[NAX_EXPECTED_COUNT] = {0};
        expect(&s, mean, NULL);
        for (uint64_t j = 0; j < N; j++) {
            struct nax_rng rng = nax_rng_at(9, NAX_RNG_TEST, j, 0, 0);
            size_t choice[SLOTS_MAX];
            double value[NAX_EXPECTED_COUNT];
            for (size_t l = 0; l < s.n_slots; l++) {
                double u = nax_rng_uniform(&rng);
                size_t c = 0;
                while (c + 1 < s.n_choices && (u -= s.p[l * s.n_choices + c]) >= 0)
                    c++;
                choice[l] = c;
            }
            price(&s, choice, value);
            for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++) {
                drawn[k] += value[k] / N;
                squares[k] += value[k] * value[k] / N;
            }
        }
        for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++) {
            double error = sqrt((squares[k] - drawn[k] * drawn[k]) / N) / drawn[k];
            double moments =
                i % 2 && k == NAX_EXPECTED_ENERGY ? leakage_by_moments : by_moments[0][k];
            assert_within(mean[k], drawn[k], moments + deviations * error, "mean", k);
        }
        space_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_designs_of_a_small_space),
        cmocka_unit_test(many_designs_of_a_large_space),
    };
    return cmocka_run_group_tests_name("cost_expect", tests, NULL, NULL);
}
