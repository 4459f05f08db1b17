/* Programming: levels, statistics of the error laws, faults, drift, tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "nax/crossbar.h"
#include "nax/rng.h"

enum { N = 1000000 };

static const struct nax_device plain = {.r_on_ohm = 100e3,
                                        .r_off_ohm = 600e3,
                                        .v_read_v = 0.25,
                                        .r_wire_row_ohm = 2.5,
                                        .r_wire_col_ohm = 2.5,
                                        .r_source_ohm = 500,
                                        .r_sink_ohm = 100};
static const struct nax_program_key key = {5, 6, 7, 8};

static void quantile_inverts_the_distribution(void **state)
{
    (void)state;
    for (double p = 1e-300; p < 0.999; p = p < 0.01 ? p * 7.3 : p + 0.0137)
        assert_true(fabs(0.5 * erfc(-nax_normal_quantile(p) / sqrt(2)) / p - 1) < 1e-12);
    assert_true(fabs(nax_normal_quantile(0.5)) == 0);
    assert_true(fabs(nax_normal_quantile(0.975) - 1.959963984540054) < 1e-14);
    assert_true(nax_normal_quantile(0.3) == -nax_normal_quantile(0.7));
}

static void series_can_be_drawn_in_parts(void **state)
{
    (void)state;
    double all[50], part[17];
    nax_rng_normals(1, NAX_RNG_TEST, 2, 3, 4, 0, 50, all);
    nax_rng_normals(1, NAX_RNG_TEST, 2, 3, 4, 21, 17, part);
    assert_memory_equal(part, all + 21, sizeof part);
}

static double *programmed(const struct nax_device *d, double target, size_t n)
{
    double *g = malloc(n * sizeof *g);
    assert_non_null(g);
    for (size_t i = 0; i < n; i++)
        g[i] = target;
    nax_program(d, &key, n, g, g);
    return g;
}

static void moments_of(const double *x, size_t n, double *mean, double *sd, double *fourth)
{
    double sum = 0, square = 0, m4 = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double y = x[i] - *mean;
        square += y * y;
        m4 += y * y * y * y;
    }
    *sd = sqrt(square / (double)n);
    *fourth = m4 / (double)n;
}

/* Mean and deviation within 4 standard errors; that of the deviation by the fourth moment. */
static void check_moments(const struct nax_device *d, double target, double expected_mean,
                          double expected_sd)
{
    double *g = programmed(d, target, N), mean, sd, fourth;
    moments_of(g, N, &mean, &sd, &fourth);
    double sd_error = sqrt((fourth - sd * sd * sd * sd) / N) / (2 * sd);
    if (fabs(mean - target - expected_mean) > 4 * sd / sqrt(N) ||
        fabs(sd - expected_sd) > 4 * sd_error)
        fail_msg("error %d at %g: mean %g, expected %g; deviation %g, expected %g",
                 d->programming.error, target, mean - target, expected_mean, sd, expected_sd);
    free(g);
}

static void error_laws_have_their_moments(void **state)
{
    (void)state;
    struct nax_device d = plain;
    d.programming.error = NAX_PROGRAM_NORMAL;
    d.programming.error_frac = 0.0237;
    check_moments(&d, 4.1e-6, 0, 0.0237 * 10e-6);
    d.programming.error = NAX_PROGRAM_LOGNORMAL;
    d.programming.error_frac = 0.31;
    check_moments(&d, 4.1e-6, 4.1e-6 * expm1(0.5 * 0.31 * 0.31),
                  4.1e-6 * exp(0.5 * 0.31 * 0.31) * sqrt(expm1(0.31 * 0.31)));
    /* G_on stands for the law's largest conductance: 6 uS of 10 is g = 0.6 of 25 uS */
    d.programming.error = NAX_PROGRAM_PCM;
    check_moments(&d, 6e-6, 0, (0.26348 + 1.9650 * 0.6 - 1.1731 * 0.36) / 2.5 * 1e-6);
    d.programming.error = NAX_PROGRAM_RRAM_MILO;
    check_moments(&d, 8e-6, 0, (-0.009107 * 180 + 4.782321) / 22.5 * 1e-6);
    d.programming.error = NAX_PROGRAM_RRAM_WAN;
    d.programming.range_siemens = 20e-6; /* and 9 uS of 10 is 18 uS of 20 */
    check_moments(&d, 9e-6, 0, (1.536e-4 * 5832 - 1.167e-2 * 324 + 0.2374 * 18 + 1.053) / 2 * 1e-6);
}

static void cells_are_keyed(void **state)
{
    (void)state;
    struct nax_device d = plain;
    d.programming.error = NAX_PROGRAM_NORMAL;
    d.programming.error_frac = 0.02;
    double *g = programmed(&d, 5e-6, 1000), *h = programmed(&d, 5e-6, 300);
    assert_memory_equal(g, h, 300 * sizeof *g); /* whatever the number of cells */
    struct nax_program_key others[4] = {{4, 6, 7, 8}, {5, 0, 7, 8}, {5, 6, 0, 8}, {5, 6, 7, 0}};
    double target[4] = {5e-6, 5e-6, 5e-6, 5e-6}, other[4];
    for (int k = 0; k < 4; k++) {
        nax_program(&d, &others[k], 4, target, other);
        for (int i = 0; i < 4; i++)
            assert_true(other[i] != g[i]);
    }
    free(g);
    free(h);
}

static void faults_levels_and_open_cells(void **state)
{
    (void)state;
    assert_true(fabs(nax_level_siemens(&plain, 2, 0) * 600e3 - 1) < 1e-15);
    assert_true(fabs(nax_level_siemens(&plain, 2, 3) * 100e3 - 1) < 1e-15);
    struct nax_device d = plain;
    d.programming.stuck_on_frac = 0.013;
    d.programming.stuck_off_frac = 0.04;
    double *g = programmed(&d, 5e-6, N), on = 0, off = 0;
    for (size_t i = 0; i < N; i++) {
        on += g[i] == 1 / 100e3;
        off += g[i] == 1 / 600e3;
        assert_true(g[i] == 1 / 100e3 || g[i] == 1 / 600e3 || g[i] == 5e-6);
    }
    assert_true(fabs(on / N - 0.013) < 4 * sqrt(0.013 * 0.987 / N));
    assert_true(fabs(off / N - 0.04) < 4 * sqrt(0.04 * 0.96 / N));
    free(g);
    d = plain;
    d.programming.levels = 4;
    for (int level = 0; level < 4; level++) {
        double g_level = nax_level_siemens(&plain, 2, level), got;
        double target = g_level + (level ? -1 : 1) * 1e-6;
        nax_program(&d, &key, 1, &target, &got);
        assert_true(fabs(got / g_level - 1) < 1e-14);
    }
    d.programming.error = NAX_PROGRAM_NORMAL;
    d.programming.error_frac = 3; /* as often as not below 0 */
    g = programmed(&d, 5e-6, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(g[i] >= 0);
    free(g);
    g = programmed(&d, 0, 10);
    for (size_t i = 0; i < 10; i++)
        assert_true(g[i] == 0);
    free(g);
}

static void drift_follows_its_law(void **state)
{
    (void)state;
    struct nax_device d = plain;
    double mean, sd, fourth, *g;
    d.programming.drift = NAX_DRIFT_POWER;
    d.programming.drift_nu = 0.043;
    d.programming.drift_nu_sd = 0.007;
    d.programming.drift_start_seconds = 2.5;
    d.programming.time_seconds = 1;
    g = programmed(&d, 5e-6, 100); /* too early */
    assert_true(g[17] == 5e-6);
    free(g);
    d.programming.time_seconds = 86400;
    g = programmed(&d, 5e-6, N);
    for (size_t i = 0; i < N; i++)
        g[i] = -log(g[i] / 5e-6) / log(86400 / 2.5);
    moments_of(g, N, &mean, &sd, &fourth);
    assert_true(fabs(mean - 0.043) < 4 * 0.007 / sqrt(N));
    assert_true(fabs(sd - 0.007) < 4 * 0.007 / sqrt(2.0 * N));
    free(g);
    d.programming.drift = NAX_DRIFT_PCM;
    g = programmed(&d, 3e-6, N); /* g = 0.3 */
    for (size_t i = 0; i < N; i++)
        g[i] = -log(g[i] / 3e-6) / log(86400 / 20.0);
    moments_of(g, N, &mean, &sd, &fourth);
    assert_true(fabs(mean - 0.049) < 4 * sd / sqrt(N)); /* the law's 0.0431 is below its floor */
    assert_true(fabs(sd - (-0.0125 * log(0.3) - 0.0059)) < 4 * sd / sqrt(2.0 * N));
    free(g);
}

/* The exponent is the target's, whatever the cell holds: cells at 0.1 +- 0.07 of the largest have
 * that of 0.1, 0.0601 (Joshi et al. 2020), which those that hold more would not. */
static void drift_goes_by_the_target(void **state)
{
    (void)state;
    struct nax_device d = plain;
    double *before, *after, sum = 0, above = 0;
    size_t n_above = 0;
    d.programming.error = NAX_PROGRAM_NORMAL;
    d.programming.error_frac = 0.03;
    before = programmed(&d, 1e-6, N);
    d.programming.drift = NAX_DRIFT_PCM;
    d.programming.time_seconds = 3600;
    after = programmed(&d, 1e-6, N);
    for (size_t i = 0; i < N; i++) {
        if (!(before[i] > 0))
            continue;
        double nu = -log(after[i] / before[i]) / log(3600 / 20.0);
        sum += nu / N;
        if (before[i] > 1.3e-6) {
            above += nu;
            n_above++;
        }
    }
    assert_true(n_above > N / 10);
    assert_true(fabs(sum - (-0.0155 * log(0.1) + 0.0244)) < 1e-4);
    assert_true(fabs(above / (double)n_above - (-0.0155 * log(0.1) + 0.0244)) < 4e-4);
    free(before);
    free(after);
}

static double read_sd_us(const struct nax_device *d, double target_us, double held_us)
{
    return 1e6 * nax_read_noise_law(d)->sd_siemens(d, 1e-6 * target_us, 1e-6 * held_us);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value / expected - 1) <= tolerance))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* Right values, worked out by hand from the papers' formulas. */
static void read_noise_follows_its_law(void **state)
{
    (void)state;
    struct nax_device d = plain; /* G_on is 10 uS */
    assert_true(nax_reads_exactly(&d));
    d.programming.read_noise_frac = 0.037;
    assert_false(nax_reads_exactly(&d));
    assert_near(read_sd_us(&d, 4, 7), 0.037 * 7, 1e-12);
    d.programming.read_noise_frac = 0;
    /* 25 uS stand for 10: g = 1 has Q = 0.0088, and 20 s are ln(20.00000025 / 5e-7) = 17.50439 */
    d.programming.read_noise = NAX_READ_NOISE_PCM;
    assert_false(nax_reads_exactly(&d));
    assert_near(read_sd_us(&d, 10, 10), 10 * 0.0088 * 4.1838248, 1e-7);
    d.programming.time_seconds = 3; /* before the first read that the paper has */
    assert_near(read_sd_us(&d, 10, 10), 10 * 0.0088 * 4.1838248, 1e-7);
    d.programming.time_seconds = 86400; /* ln(1.728e11) = 25.87538; 0.1^-0.65 = 4.4668359 */
    assert_near(read_sd_us(&d, 1, 0.8), 0.8 * 0.0088 * 4.4668359 * 5.0867869, 1e-7);
    assert_near(read_sd_us(&d, 0.01, 0.02), 0.02 * 0.2 * 5.0867869, 1e-7); /* 0.784 > 0.2 */
    d.programming.range_siemens = 12.5e-6; /* of the law's 25 uS that G_on stands for: half */
    assert_near(read_sd_us(&d, 10, 10), 10 * 0.0088 * 1.5691682 * 5.0867869, 1e-7);
    /* 88.19 uS stand for 10: log10(44.095) = 1.6443893 and ln(86400.000001 / 2e-6) = 24.489091 */
    d.programming.range_siemens = 0;
    d.programming.read_noise = NAX_READ_NOISE_RRAM_CMO;
    assert_false(nax_reads_exactly(&d));
    assert_near(read_sd_us(&d, 1, 5), 10 / 88.19 * 0.0277316483 * 1.6443893 * 4.9486469, 1e-7);
    assert_near(read_sd_us(&d, 1, 20), 10 / 88.19 * 0.0277316483 * 1.9454194 * 4.9486469, 1e-7);
    assert_near(read_sd_us(&d, 1, 0.3), 10 / 88.19 * 0.0277316483 * 0.9542425 * 4.9486469, 1e-7);
    d.programming.time_seconds = 0; /* as at 1 s: ln(500000.5) = 13.122364 */
    assert_near(read_sd_us(&d, 1, 5), 10 / 88.19 * 0.0277316483 * 1.6443893 * 3.6224804, 1e-6);
    nax_device_silence(&d);
    assert_true(nax_reads_exactly(&d));
}

static char path[64];

static void write_table(const char *text)
{
    snprintf(path, sizeof path, P_tmpdir "/nax-cells-%ld.csv", (long)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void tables_are_resampled(void **state)
{
    (void)state;
    write_table("addr,g_siemens,target_siemens\n1,1.5e-05,1e-05\n2,0.9e-05,1e-05\n"
                "3,3e-05,4e-05\n4,4e-05,4e-05\n");
    char table[96];
    snprintf(table, sizeof table, "device.programming.table=%s", path);
    const char *sets[] = {"device.programming.error=measured", table};
    struct nax_hardware *h;
    struct nax_err err;
    if (nax_hardware_load_set(&h, "nax-reram", sets, 2, &err))
        fail_msg("%s", err.text);
    /* all four cells are near, off by 5, -1, -10 and 0 uS; the table's 40 uS stand for 10 */
    check_moments(&h->device, 5e-6, -1.5e-6 / 4, sqrt(29.25) * 1e-6 / 4);
    nax_hardware_free(h);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantile_inverts_the_distribution),
        cmocka_unit_test(series_can_be_drawn_in_parts),
        cmocka_unit_test(error_laws_have_their_moments),
        cmocka_unit_test(cells_are_keyed),
        cmocka_unit_test(faults_levels_and_open_cells),
        cmocka_unit_test(drift_follows_its_law),
        cmocka_unit_test(drift_goes_by_the_target),
        cmocka_unit_test(read_noise_follows_its_law),
        cmocka_unit_test(tables_are_resampled),
    };
    return cmocka_run_group_tests_name("crossbar_program", tests, NULL, NULL);
}
