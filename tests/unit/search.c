/* Unit tests of lib/search: spaces, sampling, candidates, dominance. */
#include "nax/network.h"
#include "nax/search.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

_Static_assert((int)NAX_SLOTS_MAX == (int)NAX_NETWORK_SLOTS_MAX,
               "a network's slots fit a candidate");
_Static_assert((int)NAX_CHANNELS_MAX == (int)NAX_WIDTH_MAX, "a network's widths are a space's");

/* --- spaces --- */

static int load_text(const char *text, struct nax_space *space, char message[512])
{
    const char *dir = getenv("TMPDIR");
    char path[60];
    snprintf(path, sizeof path, "%s/nax-XXXXXX.yaml", dir && strlen(dir) < 40 ? dir : P_tmpdir);
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    size_t size = strlen(text);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
    struct nax_err err = {.status = NAX_OK};
    int status = nax_space_load(space, path, &err);
    unlink(path);
    if (status) {
        assert_int_equal(status, err.status);
        if (strncmp(err.text, path, strlen(path)) != 0)
            fail_msg("'%s' does not name the file", err.text);
        snprintf(message, 512, "%s", err.text + strlen(path));
    }
    return status;
}

static void built_in_spaces(void **state)
{
    (void)state;
    struct nax_space space;
    struct nax_err err;
    for (size_t i = 0; nax_config_builtin("spaces", i); i++) {
        const char *name = nax_config_builtin("spaces", i);
        struct nax_network_file *file;
        assert_int_equal(nax_space_load(&space, name, &err), 0);
        assert_string_equal(space.name, name);
        assert_int_equal(nax_network_file_load(&file, space.network, &err), 0);
        nax_network_file_free(file);
    }
    assert_int_equal(nax_space_load(&space, "cifar10", &err), 0);
    assert_int_equal(space.n_kernels, 3);
    assert_int_equal(space.kernels[2], 7);
    assert_int_equal(space.n_crossbars, 4);
    assert_int_equal(space.crossbars[3], 128);
    assert_true(space.has_skip);
    assert_int_equal(space.crossbar_fixed, 0);
    assert_int_equal(nax_space_load(&space, "cifar11", &err), NAX_ERR_VALUE);
}

static void broken_spaces(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"kernels: [3]\ncrossbars: [16]\n", ":2: key 'network': missing required mapping field"},
        {"network: lenet\nkernels: [3, 4]\ncrossbars: [16]\n",
         ":2: key 'kernels.1': 4 is not an odd number from 1 to 31"},
        {"network: lenet\nkernels:\n  - 5\n  - 3\ncrossbars: [16]\n",
         ":4: key 'kernels.1': 3 is not larger than the one before it"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16, 16]\n",
         ":3: key 'crossbars.1': 16 is not larger than the one before it"},
        {"network: lenet\nkernels: [3]\ncrossbars: [1]\n",
         ":3: key 'crossbars.0': 1 is not between 2 and 4096"},
        {"network: lenet\nkernels: [3]\ncrossbars: [4097]\n",
         ":3: key 'crossbars.0': 4097 is not between 2 and 4096"},
        {"network: lenet\nkernels: [3.5]\ncrossbars: [16]\n",
         ":2: key 'kernels': not an integer: '3.5'"},
        {"network: lenet\nkernels: []\ncrossbars: [16]\n",
         ":2: key 'kernels': insufficient entries (0 of 1 min) in sequence"},
        {"network: lenet\nkernels: [1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33]\n",
         ":2: key 'kernels': excessive entries (16 max) in sequence"},
        {"network: lenet\nkernels: 3\ncrossbars: [16]\n",
         ":2: key 'kernels': expecting SEQUENCE, got event: SCALAR"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nskip: maybe\n",
         ":4: key 'skip': invalid ENUM value: maybe"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nfixed: {crossbar: -2}\n",
         ":4: key 'crossbar': -2 is not 0 or between 2 and 4096"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nfixed: {kernel: 3}\n",
         ":4: key 'kernel': unexpected key"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nadc_bits: [0, 6]\n",
         ":4: key 'adc_bits.0': 0 is not between 1 and 24"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nadc_bits: [6, 25]\n",
         ":4: key 'adc_bits.1': 25 is not between 1 and 24"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nadc_ranges: [0.5, 1.5]\n",
         ":4: key 'adc_ranges.1': 1.5 is not above 0 and at most 1"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nadc_ranges: [nan]\n",
         ":4: key 'adc_ranges': not a finite number: 'nan'"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nadc_ranges: [0.5, 0.5]\n",
         ":4: key 'adc_ranges.1': 0.5 is not larger than the one before it"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nstages: [{widths: [0]}, {}]\n",
         ":4: key 'widths.0': 0 is not between 1 and 65536"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nstages:\n  - {}\n  - widths: [6, 65537]\n",
         ":6: key 'widths.1': 65537 is not between 1 and 65536"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nstages:\n  - {}\n  - widths: [6, 6]\n",
         ":6: key 'widths.1': 6 is not larger than the one before it"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nstages: [{widths: []}]\n",
         ":4: key 'widths': insufficient entries (0 of 1 min) in sequence"},
        {"network: lenet\nkernels: [3]\ncrossbars: [16]\nstages: [{depth: 3}]\n",
         ":4: key 'depth': unexpected key"},
        {"network: ''\nkernels: [3]\ncrossbars: [16]\n", ":1: key 'network': STRING length < 1: "},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct nax_space space;
        char message[512];
        if (!load_text(broken[i].text, &space, message))
            fail_msg("accepted: %s", broken[i].text);
        assert_string_equal(message, broken[i].message);
    }
}

/* kernels 3, 5 × crossbars 16, 32, 64, with skipping: 7 choices, 6 where none. */
static struct nax_space small_space(size_t n_slots, bool has_solid_slot)
{
    struct nax_space space = {.name = "small",
                              .network = "net",
                              .n_kernels = 2,
                              .n_crossbars = 3,
                              .kernels = {3, 5},
                              .crossbars = {16, 32, 64},
                              .has_skip = true};
    bool can_skip[NAX_SLOTS_MAX];
    int64_t own[NAX_SLOTS_MAX];
    for (size_t s = 0; s < n_slots; s++) {
        can_skip[s] = s || !has_solid_slot;
        own[s] = 3 + 2 * (int64_t)(s % 2);
    }
    struct nax_err err;
    assert_int_equal(nax_space_bind(&space, n_slots, own, can_skip, &err), 0);
    return space;
}

/* The same with stages of 2, 1 (the network's own) and 3 widths; own: 24, 40, 64. */
static struct nax_space wide_space(size_t n_slots, bool has_solid_slot)
{
    struct nax_space space = small_space(n_slots, has_solid_slot);
    struct nax_space stages = {.n_stages_listed = 3,
                               .n_stages = 3,
                               .n_widths = {2, 0, 3},
                               .widths = {{16, 24}, {0}, {48, 64, 80}},
                               .stage_names = {"s1", "s2", "s3"},
                               .width_own = {24, 40, 64}};
    struct nax_err err;
    space.n_stages_listed = space.n_stages = 3;
    memcpy(space.n_widths, stages.n_widths, sizeof stages.n_widths);
    memcpy(space.widths, stages.widths, sizeof stages.widths);
    memcpy(space.stage_names, stages.stage_names, sizeof stages.stage_names);
    memcpy(space.width_own, stages.width_own, sizeof stages.width_own);
    int64_t own[NAX_SLOTS_MAX];
    bool can_skip[NAX_SLOTS_MAX];
    memcpy(own, space.kernel_own, sizeof own);
    memcpy(can_skip, space.can_skip, sizeof can_skip);
    assert_int_equal(nax_space_bind(&space, n_slots, own, can_skip, &err), 0);
    return space;
}

static void binding(void **state)
{
    (void)state;
    struct nax_space space = small_space(3, true);
    struct nax_err err;
    bool can_skip[] = {true};
    int64_t own[] = {3};
    assert_true(space.n_designs == 6 * 7 * 7);
    assert_false(space.is_empty_left_out);
    space = small_space(3, false);
    assert_true(space.n_designs == 7 * 7 * 7 - 1);
    space = small_space(22, false); /* 7^22 < 2^63 < 7^23 */
    assert_true(space.n_designs == 3909821048582988048u);
    space = small_space(23, false);
    assert_true(space.n_designs == 0);
    assert_int_equal(nax_space_bind(&space, 0, own, can_skip, &err), 0);
    assert_true(space.n_designs == space.n_crossbars);
    assert_int_equal(nax_space_bind(&space, 257, own, can_skip, &err), NAX_ERR_VALUE);
    space.has_skip = false;
    assert_int_equal(nax_space_bind(&space, 1, own, can_skip, &err), 0);
    assert_true(space.n_designs == 6);
    space = wide_space(3, false);
    assert_true(space.n_designs == 6 * (7 * 7 * 7 - 1));
    assert_int_equal(nax_space_n_decisions(&space), 3 * 2 + 2); /* kernels, crossbars; widths */
    assert_true(wide_space(22, false).n_designs == 0);          /* 6 · 7^22 > 2^63 */
    space.n_stages_listed = 2;
    assert_int_equal(nax_space_bind(&space, 1, own, can_skip, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "key 'stages': 2 entries for the 3 stages of network 'net': 'small'");
}

/* A layer with a kernel of its own chooses crossbars; a network without searched layers the size
 * that all have, which the space may fix. */
static void kernels_of_their_own_and_none(void **state)
{
    (void)state;
    struct nax_space space = small_space(3, true);
    const int64_t own[] = {3, 1, 3};
    const bool can_skip[3] = {false};
    struct nax_candidate c;
    struct nax_err err;
    space.is_kernel_own[1] = true;
    assert_int_equal(nax_space_bind(&space, 3, own, can_skip, &err), 0);
    assert_true(space.n_designs == 6 * 3 * 6);
    for (uint64_t i = 0; i < space.n_designs; i++) {
        nax_space_design(&space, i, 5, &c);
        assert_int_equal(c.kernel[1], 1);
        assert_int_equal(c.crossbar[1], space.crossbars[i / 6 % 3]);
    }
    for (int is_fixed = 0; is_fixed < 2; is_fixed++) {
        space = small_space(1, true);
        space.crossbar_fixed = is_fixed ? 48 : 0;
        assert_int_equal(nax_space_bind(&space, 0, NULL, NULL, &err), 0);
        assert_true(space.n_designs == (is_fixed ? 1 : 3));
        assert_int_equal(nax_space_n_decisions(&space), is_fixed ? 0 : 1);
        for (uint64_t i = 0; i < 3; i++) {
            nax_space_homogeneous(&space, i, 5, &c);
            assert_int_equal(c.n_slots, 0);
            assert_int_equal(c.crossbar_fixed, space.crossbars[i]);
            nax_space_design(&space, is_fixed ? 0 : i, 5, &c);
            assert_int_equal(c.crossbar_fixed, is_fixed ? 48 : space.crossbars[i]);
        }
    }
}

static int64_t width_of(const struct nax_space *space, const struct nax_candidate *c, size_t stage)
{
    return c->n_stages ? c->width[stage] : space->width_own[stage];
}

static int compare_designs(const struct nax_candidate *a, const struct nax_candidate *b)
{
    for (size_t s = 0; s < a->n_slots; s++) {
        if (a->kernel[s] != b->kernel[s])
            return a->kernel[s] < b->kernel[s] ? -1 : 1;
        if (a->crossbar[s] != b->crossbar[s])
            return a->crossbar[s] < b->crossbar[s] ? -1 : 1;
    }
    return 0;
}

static void grid_is_complete_and_rising(void **state)
{
    (void)state;
    for (int is_solid = 0; is_solid < 2; is_solid++) {
        struct nax_space space = small_space(3, is_solid);
        struct nax_candidate last, c;
        for (uint64_t i = 0; i < space.n_designs; i++) {
            nax_space_design(&space, i, 5, &c);
            bool is_empty = true;
            for (size_t s = 0; s < 3; s++) {
                assert_int_equal(c.kernel[s] == 0, c.crossbar[s] == 0);
                assert_true(c.kernel[s] || space.can_skip[s]);
                is_empty &= c.kernel[s] == 0;
            }
            assert_false(is_empty);
            if (i)
                assert_true(compare_designs(&last, &c) < 0);
            last = c;
        }
        assert_int_equal(c.kernel[0] + c.kernel[1] + c.kernel[2], 15);
        assert_int_equal(c.crossbar[0] + c.crossbar[1] + c.crossbar[2], 192);
    }
}

/* Widths first, then convolutions; the network's own are left out. */
static void grid_with_widths(void **state)
{
    (void)state;
    struct nax_space space = wide_space(2, false), narrow = small_space(2, false);
    for (uint64_t i = 0; i < space.n_designs; i++) {
        struct nax_candidate c, conv;
        uint64_t w = i / narrow.n_designs;
        const int64_t width[] = {w / 3 ? 24 : 16, 40, 48 + 16 * (int64_t)(w % 3)};
        nax_space_design(&space, i, 5, &c);
        nax_space_design(&narrow, i % narrow.n_designs, 5, &conv);
        assert_int_equal(compare_designs(&c, &conv), 0);
        if (w == 4) {
            assert_int_equal(c.n_stages, 0);
            assert_string_equal(c.id, conv.id);
        } else {
            assert_int_equal(c.n_stages, 3);
            assert_memory_equal(c.width, width, sizeof width);
            assert_string_not_equal(c.id, conv.id);
        }
    }
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t n_distinct_ids(const struct nax_space *space, uint64_t n, uint64_t seed)
{
    uint64_t *ids = calloc(n, sizeof *ids);
    size_t n_distinct = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct nax_candidate c;
        nax_space_random(space, i, seed, &c);
        ids[i] = strtoull(c.id, NULL, 16);
    }
    qsort(ids, n, sizeof *ids, compare_u64);
    for (uint64_t i = 0; i < n; i++)
        n_distinct += !i || ids[i] != ids[i - 1];
    free(ids);
    return n_distinct;
}

/* Converters are a convolution's choice, as its crossbar is; where it is skipped it has none. */
static void designs_with_converters(void **state)
{
    (void)state;
    struct nax_space space = small_space(2, false), plain = space;
    struct nax_candidate c, last, homogeneous;
    struct nax_err err;
    int64_t own[] = {3, 5};
    bool can_skip[] = {true, true};
    space.n_adc_bits = 2;
    space.n_adc_ranges = 3;
    memcpy(space.adc_bits, (int64_t[]){5, 7}, 2 * sizeof *space.adc_bits);
    memcpy(space.adc_ranges, (double[]){0.25, 0.385, 1}, 3 * sizeof *space.adc_ranges);
    assert_int_equal(nax_space_bind(&space, 2, own, can_skip, &err), 0);
    assert_true(space.n_designs == 37 * 37 - 1);
    assert_int_equal(n_distinct_ids(&space, space.n_designs, 1), space.n_designs);
    nax_space_design(&space, 0, 1,
                     &last); /* the first convolution skipped, the first choice of all */
    assert_int_equal(last.kernel[0], 0);
    assert_int_equal(last.adc_bits[0], 0);
    assert_true(last.adc_range[0] == 0);
    assert_int_equal(last.adc_bits[1], 5);
    assert_true(last.adc_range[1] == 0.25);
    for (uint64_t i = 1; i < space.n_designs; i++) {
        nax_space_design(&space, i, 1, &c);
        for (size_t s = 0, is_ended = 0; s < 2 && !is_ended; s++) {
            const double before[] = {(double)last.kernel[s], (double)last.crossbar[s],
                                     (double)last.adc_bits[s], last.adc_range[s]};
            const double now[] = {(double)c.kernel[s], (double)c.crossbar[s], (double)c.adc_bits[s],
                                  c.adc_range[s]};
            for (size_t k = 0; k < 4 && !is_ended; k++) {
                assert_true(is_ended || now[k] >= before[k]);
                is_ended = now[k] > before[k];
            }
        }
        last = c;
    }
    nax_space_homogeneous(&space, 1, 1, &c);
    nax_space_homogeneous(&plain, 1, 1, &homogeneous);
    assert_false(c.has_adc_bits || c.has_adc_range);
    assert_string_equal(c.id, homogeneous.id);
    /* the record is of the same design, and what it lacks is the hardware's */
    struct nax_record *r = nax_record_alloc();
    assert_int_equal(nax_candidate_write(&last, r, &err), 0);
    nax_record_remove(r, "id");
    assert_int_equal(nax_candidate_read(&c, r, &err), 0);
    assert_string_equal(c.id, last.id);
    assert_memory_equal(c.adc_bits, last.adc_bits, 2 * sizeof *c.adc_bits);
    assert_memory_equal(c.adc_range, last.adc_range, 2 * sizeof *c.adc_range);
    nax_record_remove(r, "adc_range");
    assert_int_equal(nax_candidate_read(&c, r, &err), 0);
    assert_false(c.has_adc_range);
    assert_string_not_equal(c.id, last.id);
    assert_int_equal(nax_record_set_ints(r, "adc_bits", (int64_t[]){0, 0}, 2), 0);
    assert_int_equal(nax_candidate_read(&c, r, &err), 0);
    assert_false(c.has_adc_bits);
    nax_record_remove(r, "adc_bits");
    struct nax_candidate without;
    assert_int_equal(nax_candidate_read(&without, r, &err), 0);
    assert_string_equal(c.id, without.id);
    nax_record_free(r);
    /* evolution knows them, and keeps them beside kernels that stay */
    struct nax_population *p;
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    assert_int_equal(nax_population_add(p, &last, 0, 1, &err), 0);
    assert_int_equal(nax_population_add(p, &c, 0, 1, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'adc_bits' is missing, which space 'small' leaves open");
    c = last;
    c.adc_range[1] = 0.5;
    assert_int_equal(nax_population_add(p, &c, 0, 1, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "layer '': range 0.5 of ADCs is not in space 'small'");
    assert_int_equal(nax_population_settle(p, 1, &err), 0);
    bool seen_bits = false, seen_range = false;
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(nax_population_breed(p, 0.5, true, 3, i, &c, &err), 1);
        assert_memory_equal(c.kernel, last.kernel, 2 * sizeof *c.kernel);
        seen_bits = seen_bits || c.adc_bits[1] != last.adc_bits[1];
        seen_range = seen_range || c.adc_range[1] != last.adc_range[1];
    }
    assert_true(seen_bits && seen_range);
    nax_population_free(p);
}

static void random_designs_do_not_repeat(void **state)
{
    (void)state;
    struct nax_space space = small_space(3, true);
    assert_int_equal(n_distinct_ids(&space, 294, 0), 294); /* the whole space, once each */
    assert_int_equal(n_distinct_ids(&space, 294, 77), 294);
    space = small_space(1, true);
    assert_int_equal(n_distinct_ids(&space, 6, 3), 6);
    space = small_space(16, false);
    assert_int_equal(n_distinct_ids(&space, 20000, 1), 20000);
    space = small_space(30, false);
    assert_true(space.n_designs == 0);
    assert_int_equal(n_distinct_ids(&space, 20000, 1), 20000);
    space = wide_space(3, true);
    assert_int_equal(n_distinct_ids(&space, 6 * 294, 2), 6 * 294);
}

static bool is_same(const struct nax_candidate *a, const struct nax_candidate *b)
{
    return !compare_designs(a, b) && !strcmp(a->id, b->id);
}

static void random_is_a_function_of_seed_and_index(void **state)
{
    (void)state;
    for (size_t n_slots = 5; n_slots < 60; n_slots += 40) {
        struct nax_space space = small_space(n_slots, true);
        struct nax_candidate a, b;
        int n_same = 0;
        nax_space_random(&space, 1000, 42, &a);
        for (uint64_t i = 0; i < 100; i++) /* other draws between change nothing */
            nax_space_random(&space, i, i, &b);
        nax_space_random(&space, 1000, 42, &b);
        assert_true(is_same(&a, &b));
        assert_int_equal(b.seed, 42);
        nax_space_random(&space, 1001, 42, &b);
        n_same += is_same(&a, &b);
        nax_space_random(&space, 1000, 43, &b);
        n_same += is_same(&a, &b);
        assert_int_equal(n_same, 0);
    }
}

/* Pearson's χ² over the choices of each slot: mean k, deviation sqrt(2k) for k degrees. */
static void check_uniform(const struct nax_space *space, uint64_t n, uint64_t seed)
{
    static uint64_t count[NAX_SLOTS_MAX][8], pair[8][8];
    memset(count, 0, sizeof count);
    memset(pair, 0, sizeof pair);
    for (uint64_t i = 0; i < n; i++) {
        struct nax_candidate c;
        size_t choice[NAX_SLOTS_MAX];
        nax_space_random(space, i, seed, &c);
        for (size_t s = 0; s < space->n_slots; s++) {
            size_t crossbar = c.crossbar[s] == 64 ? 2 : c.crossbar[s] == 32;
            choice[s] = c.kernel[s] ? (size_t)(c.kernel[s] == 5) * 3 + crossbar : 6;
            count[s][choice[s]]++;
        }
        pair[choice[1]][choice[2]]++;
    }
    for (size_t s = 0; s < space->n_slots; s++) {
        int n_choices = 6 + space->can_skip[s], k = n_choices - 1;
        double chi2 = 0, mean = (double)n / n_choices;
        for (int i = 0; i < n_choices; i++)
            chi2 += ((double)count[s][i] - mean) * ((double)count[s][i] - mean) / mean;
        assert_true(chi2 < k + 4 * sqrt(2.0 * k));
    }
    double chi2 = 0, mean = (double)n / 49; /* neighbours are independent */
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++)
            chi2 += ((double)pair[i][j] - mean) * ((double)pair[i][j] - mean) / mean;
    assert_true(chi2 < 48 + 4 * sqrt(2.0 * 48));
}

static void random_is_uniform(void **state)
{
    (void)state;
    struct nax_space permuted = small_space(12, true), drawn = small_space(30, true);
    check_uniform(&permuted, 30000, 9);
    check_uniform(&drawn, 30000, 9);
}

/* Every pair of widths is drawn as often, by permutation and one by one. */
static void random_widths_are_uniform(void **state)
{
    (void)state;
    enum { n = 6000 };
    for (size_t n_slots = 8; n_slots < 50; n_slots += 30) {
        struct nax_space space = wide_space(n_slots, true);
        int count[2][3] = {{0}};
        for (uint64_t i = 0; i < n; i++) {
            struct nax_candidate c;
            nax_space_random(&space, i, 9, &c);
            assert_int_equal(width_of(&space, &c, 1), 40);
            count[width_of(&space, &c, 0) == 24][(width_of(&space, &c, 2) - 48) / 16]++;
        }
        for (int k = 0; k < 6; k++) /* four deviations of a binomial of one in six */
            assert_true(abs(count[k / 3][k % 3] - n / 6) < 116);
    }
}

static void homogeneous(void **state)
{
    (void)state;
    struct nax_space space = small_space(4, true);
    struct nax_candidate c;
    nax_space_homogeneous(&space, 1, 8, &c);
    for (size_t s = 0; s < 4; s++) {
        assert_int_equal(c.kernel[s], s % 2 ? 5 : 3);
        assert_int_equal(c.crossbar[s], 32);
    }
}

/* --- evolution and policies --- */

static void evolution_finds_a_known_optimum(void **state)
{
    (void)state;
    struct nax_space space = small_space(12, true);
    struct nax_candidate all[400], child;
    struct nax_err err;
    size_t n = 0;
    int64_t best = 0;
    for (; n < 40; n++)
        nax_space_random(&space, n, 3, &all[n]);
    for (int generation = 0; generation < 9;
         generation++) { /* the sum of crossbars is to be large */
        struct nax_population *p;
        assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
        for (size_t i = 0; i < n; i++) {
            int64_t sum = 0;
            for (size_t s = 0; s < 12; s++)
                sum += all[i].crossbar[s];
            best = NAX_MAX(best, sum);
            assert_int_equal(nax_population_add(p, &all[i], 12 * 64 - sum, 1, &err), 0);
        }
        assert_int_equal(nax_population_settle(p, 40, &err), 0);
        assert_int_equal(nax_population_n(p), n);
        assert_int_equal(nax_population_rank(p, 0), 12 * 64 - best);
        for (uint64_t i = 0; i < 40; i++) {
            assert_int_equal(nax_population_breed(p, 1 / 12.0, false, 3, i, &child, &err), 1);
            all[n++] = child;
        }
        nax_population_free(p);
    }
    assert_true(best > 640); /* random designs have 12 · 16 · 7 · (6/7) / 3 = 384 on average */
}

/* Of an only parent: skipping is as likely as each kernel, and crossbars change by themselves; what
 * is no longer skipped gets any crossbar. Ranges are some five deviations of 3,800 draws. */
static void decisions_are_drawn_one_by_one(void **state)
{
    (void)state;
    struct nax_space space = small_space(20, true);
    struct nax_candidate parent, child;
    struct nax_err err;
    for (int is_skipped = 0; is_skipped < 2; is_skipped++) {
        struct nax_population *p;
        int n_skipped = 0, n_kernel = 0, n_crossbar = 0, n_both = 0, n_at[65] = {0};
        nax_space_homogeneous(&space, 0, 3, &parent);
        for (size_t s = 1; is_skipped && s < 20; s++)
            parent.kernel[s] = parent.crossbar[s] = 0;
        nax_candidate_set_id(&parent);
        assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
        assert_int_equal(nax_population_add(p, &parent, 0, 1, &err), 0);
        assert_int_equal(nax_population_settle(p, 1, &err), 0);
        for (uint64_t i = 0; i < 200; i++) {
            assert_int_equal(nax_population_breed(p, 0.3, false, 3, i, &child, &err), 1);
            for (size_t s = 1; s < 20; s++) {
                const bool has_kernel = child.kernel[s] && child.kernel[s] != parent.kernel[s];
                const bool has_crossbar = child.crossbar[s] && child.crossbar[s] != 16;
                n_skipped += !child.kernel[s];
                n_kernel += has_kernel;
                n_crossbar += has_crossbar;
                n_both += has_kernel && has_crossbar;
                n_at[child.crossbar[s]] += child.kernel[s] != 0;
            }
        }
        nax_population_free(p);
        if (is_skipped) {
            assert_in_range(n_kernel, 635, 885); /* 0.3 · 2/3 */
            for (int size = 16; size <= 64; size *= 2)
                assert_in_range(n_at[size], 175, 330); /* a third of these */
        } else {
            assert_in_range(n_skipped, 290, 470);  /* 0.3 · 1/3 */
            assert_in_range(n_kernel, 290, 470);   /* 0.3 · 1/3 */
            assert_in_range(n_crossbar, 570, 800); /* 0.9 · 0.3 · 2/3 */
            assert_in_range(n_both, 33, 120);      /* 0.3 · 1/3 · 0.3 · 2/3 */
        }
    }
}

/* One kernel and crossbar everywhere, and all depths: drawn one by one, 20 convolutions would
 * be 13.3 deep, 2.1 being the deviation. */
static void founders_have_every_depth(void **state)
{
    (void)state;
    struct nax_space space = small_space(20, true);
    struct nax_candidate c;
    struct nax_population *p;
    struct nax_err err;
    int n_shallow = 0, n_deep = 0, n_at[65] = {0};
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(nax_population_found(p, 3, i, &c, &err), 1);
        int depth = 0;
        int64_t kernel = 0, crossbar = 0;
        for (size_t s = 0; s < 20; s++) {
            if (!c.kernel[s])
                continue;
            assert_true(!depth || (c.kernel[s] == kernel && c.crossbar[s] == crossbar));
            kernel = c.kernel[s];
            crossbar = c.crossbar[s];
            depth++;
        }
        n_shallow += depth < 7;
        n_deep += depth > 14;
        n_at[crossbar]++;
    }
    assert_true(n_shallow > 20 && n_deep > 20);
    assert_true(n_at[16] > 30 && n_at[32] > 30 && n_at[64] > 30);
    nax_population_free(p);
    space = small_space(1, true); /* which has the first convolution in all of its 6 designs */
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    for (uint64_t i = 0; i < space.n_designs; i++)
        assert_int_equal(nax_population_found(p, 3, i, &c, &err), 1);
    assert_int_equal(nax_population_found(p, 3, space.n_designs, &c, &err), 0);
    nax_population_free(p);
}

/* What a record leaves out is not what the record before had. */
static void candidates_do_not_remember(void **state)
{
    (void)state;
    struct nax_space space = small_space(2, true);
    const int64_t own[] = {3, 3};
    const bool can_skip[2] = {false};
    struct nax_candidate c, plain;
    struct nax_err err;
    struct nax_record *with = nax_record_alloc(), *without = nax_record_alloc();
    nax_space_homogeneous(&space, 0, 3, &plain);
    assert_int_equal(nax_candidate_write(&plain, without, &err), 0);
    space.n_adc_bits = space.n_adc_ranges = 1;
    space.adc_bits[0] = 5;
    space.adc_ranges[0] = 0.25;
    assert_int_equal(nax_space_bind(&space, 2, own, can_skip, &err), 0);
    nax_space_design(&space, 0, 3, &c);
    assert_int_equal(nax_candidate_write(&c, with, &err), 0);
    assert_int_equal(nax_candidate_read(&c, with, &err), 0);
    assert_true(c.has_adc_bits && c.adc_bits[0] == 5 && c.has_adc_range && c.adc_range[1] == 0.25);
    assert_int_equal(nax_candidate_read(&c, without, &err), 0);
    assert_false(c.has_adc_bits || c.has_adc_range);
    for (size_t s = 0; s < 2; s++)
        assert_true(c.adc_bits[s] == 0 && c.adc_range[s] == 0);
    nax_record_free(with);
    nax_record_free(without);
}

/* A layer that keeps the network's kernel has the founder's crossbar and converter. */
static void founders_keep_kernels_and_have_one_converter(void **state)
{
    (void)state;
    struct nax_space space = small_space(6, true);
    const int64_t own[] = {3, 3, 11, 3, 3, 3};
    const bool can_skip[6] = {false};
    struct nax_candidate c;
    struct nax_population *p;
    struct nax_err err;
    int n_at[2][2] = {{0}};
    space.is_kernel_own[2] = true;
    space.n_adc_bits = 2;
    space.adc_bits[0] = 5;
    space.adc_bits[1] = 7;
    space.n_adc_ranges = 2;
    space.adc_ranges[0] = 0.25;
    space.adc_ranges[1] = 0.5;
    assert_int_equal(nax_space_bind(&space, 6, own, can_skip, &err), 0);
    for (uint64_t seed = 0; seed < 40; seed++) {
        assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
        assert_int_equal(nax_population_found(p, seed, 0, &c, &err), 1);
        for (size_t s = 0; s < 6; s++) {
            assert_int_equal(c.kernel[s], s == 2 ? 11 : c.kernel[0]);
            assert_int_equal(c.crossbar[s], c.crossbar[0]);
            assert_int_equal(c.adc_bits[s], c.adc_bits[0]);
            assert_true(c.adc_range[s] == c.adc_range[0]);
        }
        n_at[c.adc_bits[0] == 7][c.adc_range[0] > 0.4]++;
        nax_population_free(p);
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(n_at[i / 2][i % 2] > 0);
}

/* Of two parents on one crossbar size each. */
static void offspring_have_a_stretch_of_the_other_parent(void **state)
{
    (void)state;
    struct nax_space space = small_space(20, true);
    struct nax_candidate parent, child;
    struct nax_population *p;
    struct nax_err err;
    int n_inner = 0;
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    for (size_t size = 0; size < 3; size += 2) {
        nax_space_homogeneous(&space, size, 3, &parent);
        assert_int_equal(nax_population_add(p, &parent, 0, 1, &err), 0);
    }
    assert_int_equal(nax_population_settle(p, 2, &err), 0);
    for (uint64_t i = 0; i < 40; i++) {
        assert_int_equal(nax_population_breed(p, 0, false, 3, i, &child, &err), 1);
        int n_changes = 0;
        for (size_t s = 1; s < 20; s++)
            n_changes += child.crossbar[s] != child.crossbar[s - 1];
        assert_in_range(n_changes, 0, 4); /* one decision may be drawn anew, rather than a parent */
        n_inner += n_changes == 2;
    }
    assert_true(n_inner > 20);
    nax_population_free(p);
}

/* 16 kernels, crossbars, bits and ranges, and skipping: 65537 choices of a convolution. */
static void evolution_of_the_largest_space(void **state)
{
    (void)state;
    static struct nax_space space;
    struct nax_candidate c, child;
    struct nax_population *p;
    struct nax_err err;
    const int64_t own[] = {3, 3};
    const bool can_skip[] = {false, true};
    space = (struct nax_space){.name = "large",
                               .network = "net",
                               .n_kernels = 16,
                               .n_crossbars = 16,
                               .n_adc_bits = 16,
                               .n_adc_ranges = 16,
                               .has_skip = true};
    for (int i = 0; i < 16; i++) {
        space.kernels[i] = 1 + 2 * i;
        space.crossbars[i] = 8 + i;
        space.adc_bits[i] = 1 + i;
        space.adc_ranges[i] = (i + 1) / 16.0;
    }
    assert_int_equal(nax_space_bind(&space, 2, own, can_skip, &err), 0);
    assert_true(space.n_designs == 65536ull * 65537);
    nax_space_design(&space, space.n_designs - 1, 0, &c);
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    assert_int_equal(nax_population_add(p, &c, 0, 1, &err), 0);
    assert_int_equal(nax_population_settle(p, 1, &err), 0);
    for (uint64_t i = 0; i < 4; i++) { /* the last choice is not taken for the first, to skip */
        assert_int_equal(nax_population_breed(p, 0.3, false, 3, i, &child, &err), 1);
        assert_true(child.kernel[1] != 0);
    }
    nax_population_free(p);
}

/* Offspring take widths from their parents, whose kernels and widths may have to stay. */
static void evolution_of_widths(void **state)
{
    (void)state;
    struct nax_space space = wide_space(6, true);
    struct nax_candidate parent[2], child;
    struct nax_population *p;
    struct nax_err err;
    nax_space_design(&space, 5, 0, &parent[0]);                   /* 16 40 48 */
    nax_space_design(&space, space.n_designs - 9, 0, &parent[1]); /* 24 40 80 */
    assert_int_equal(parent[0].width[0], 16);
    assert_int_equal(parent[1].width[2], 80);
    assert_int_equal(nax_population_alloc(&p, &space, &err), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(nax_population_add(p, &parent[i], 0, 1, &err), 0);
    struct nax_candidate other = parent[1];
    other.width[2] = 79;
    assert_int_equal(nax_population_add(p, &other, 0, 1, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "stage 's3': width 79 is not in space 'small'");
    other.n_stages = 2;
    assert_int_equal(nax_population_add(p, &other, 0, 1, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'width': 2 values for the 3 stages of 'net'");
    assert_int_equal(nax_population_settle(p, 2, &err), 0);
    int n_crossed = 0, n_drawn = 0;
    for (uint64_t i = 0; i < 200; i++) {
        const bool is_mixed = i < 100;
        assert_int_equal(nax_population_breed(p, is_mixed ? 0.02 : 1, false, 3, i, &child, &err),
                         1);
        n_crossed +=
            is_mixed && width_of(&space, &child, 0) == 16 && width_of(&space, &child, 2) == 80;
        n_drawn += !is_mixed && width_of(&space, &child, 2) == 64;
        for (int k = 0; k < 2; k++)
            assert_string_not_equal(child.id, parent[k].id);
    }
    assert_in_range(n_crossed, 4, 40);
    assert_in_range(n_drawn, 17, 50); /* a third */
    for (uint64_t i = 200; i < 230; i++) {
        assert_int_equal(nax_population_breed(p, 0.5, true, 3, i, &child, &err), 1);
        int of = width_of(&space, &child, 0) == 24;
        assert_int_equal(width_of(&space, &child, 2), of ? 80 : 48);
        assert_memory_equal(child.kernel, parent[of].kernel, 6 * sizeof *child.kernel);
    }
    nax_population_free(p);
}

static void policies_are_drawn_by_their_probabilities(void **state)
{
    (void)state;
    enum { n_draws = 3000 };
    struct nax_space space = small_space(20, true);
    struct nax_record *r = nax_record_alloc();
    struct nax_policy *policy;
    struct nax_candidate c;
    struct nax_err err;
    static const double row[] = {0.125, 0, 0.25, 0, 0.0625, 0.375, 0.1875};
    double table[20][7] = {{0.5, 0, 0, 0, 0, 0.5, 0}}; /* the first cannot be skipped */
    int n_skipped = 0, n_largest = 0;
    for (size_t s = 1; s < 20; s++)
        memcpy(table[s], row, sizeof row);
    assert_int_equal(nax_record_set_string(r, "network", "net"), 0);
    assert_int_equal(nax_record_set_ints(r, "kernels", space.kernels, 2), 0);
    assert_int_equal(nax_record_set_ints(r, "crossbars", space.crossbars, 3), 0);
    assert_int_equal(nax_record_set_floats(r, "policy", table[0], 140), 0);
    assert_int_equal(nax_policy_read(&policy, &space, r, &err), 0);
    for (uint64_t i = 0; i < n_draws; i++) {
        assert_int_equal(nax_policy_draw(policy, 5, i, &c, &err), 1);
        for (size_t s = 1; s < 20; s++) {
            assert_true(i || (c.kernel[s] == 5 && c.crossbar[s] == 64));
            assert_false(c.kernel[s] == 3 && c.crossbar[s] == 32);
            n_skipped += c.kernel[s] == 0;
            n_largest += c.kernel[s] == 5 && c.crossbar[s] == 64;
        }
    }
    /* four deviations of a binomial of 57000 */
    assert_true(abs(n_skipped - (int)(0.1875 * 19 * n_draws)) < 373);
    assert_true(abs(n_largest - (int)(0.375 * 19 * n_draws)) < 463);
    nax_policy_free(policy);
    space = wide_space(20, true);
    assert_int_equal(nax_policy_read(&policy, &space, r, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "a policy says nothing of widths; give stage 's1' one in space 'small'");
    space = small_space(20, true);
    space.n_adc_bits = 2;
    assert_int_equal(nax_policy_read(&policy, &space, r, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "a policy says nothing of converters; give 'adc_bits' and "
                                  "'adc_ranges' one in space 'small'");
    space = wide_space(20, true);
    space.n_widths[0] = space.n_widths[2] = space.n_adc_bits = 1;
    space.adc_bits[0] = 6;
    assert_int_equal(nax_policy_read(&policy, &space, r, &err), 0);
    assert_int_equal(nax_policy_draw(policy, 5, 3, &c, &err), 1);
    assert_int_equal(c.n_stages, 3);
    assert_int_equal(c.width[2], 48);
    assert_int_equal(c.adc_bits[0], 6);
    nax_policy_free(policy);
    nax_record_free(r);
}

static struct nax_policy *policy_of(const struct nax_space *space, const size_t best[4])
{
    struct nax_record *r = nax_record_alloc();
    struct nax_policy *policy;
    struct nax_err err;
    double table[4][7] = {{0}};
    for (size_t s = 0; s < 4; s++) {
        table[s][best[s]] = 0.625;
        table[s][0] += 0.375;
    }
    assert_int_equal(nax_record_set_string(r, "network", "net"), 0);
    assert_int_equal(nax_record_set_ints(r, "kernels", space->kernels, 2), 0);
    assert_int_equal(nax_record_set_ints(r, "crossbars", space->crossbars, 3), 0);
    assert_int_equal(nax_record_set_floats(r, "policy", table[0], 28), 0);
    if (nax_policy_read(&policy, space, r, &err))
        fail_msg("%s", err.text);
    nax_record_free(r);
    return policy;
}

/* The fifth choice is two of one policy's and one of the other's, being left out one and two. */
static void policies_agree_by_their_best_choices(void **state)
{
    (void)state;
    struct nax_space space = small_space(4, true); /* the first cannot be skipped */
    struct nax_policy *a = policy_of(&space, (const size_t[]){4, 4, 6, 1});
    struct nax_policy *b = policy_of(&space, (const size_t[]){4, 6, 6, 2});
    struct nax_agreement same = nax_policy_agreement(a, a), agreement = nax_policy_agreement(a, b);
    assert_true(same.share == 1 && same.shuffled == (2 * 2 + 1 + 1) / 16.0);
    assert_true(agreement.share == 0.5);
    assert_true(fabs(agreement.chance - (1 / 6.0 + 3 / 7.0) / 4) < 1e-15);
    assert_true(agreement.shuffled == (2 + 2) / 16.0);
    nax_policy_free(a);
    nax_policy_free(b);
}

/* --- candidates --- */

static void candidate_round_trip(void **state)
{
    (void)state;
    struct nax_space space = small_space(30, true);
    struct nax_candidate a, b;
    struct nax_err err;
    struct nax_record *r = nax_record_alloc();
    space.crossbar_fixed = 128;
    nax_space_random(&space, 3, 11, &a);
    assert_int_equal(nax_candidate_write(&a, r, &err), 0);
    assert_int_equal(nax_candidate_read(&b, r, &err), 0);
    assert_true(is_same(&a, &b));
    assert_string_equal(b.space, "small");
    assert_string_equal(b.network, "net");
    assert_int_equal(b.seed, 11);
    assert_int_equal(b.crossbar_fixed, 128);
    nax_record_remove(r, "id");
    nax_record_remove(r, "space");
    nax_record_remove(r, "seed");
    assert_int_equal(nax_candidate_read(&b, r, &err), 0);
    assert_true(is_same(&a, &b));
    assert_false(nax_record_has(r, "width"));
    space = wide_space(30, true);
    nax_space_design(&space, 3, 11, &a);
    nax_record_clear(r);
    assert_int_equal(nax_candidate_write(&a, r, &err), 0);
    nax_record_remove(r, "id");
    assert_int_equal(nax_candidate_read(&b, r, &err), 0);
    assert_true(is_same(&a, &b));
    assert_int_equal(b.n_stages, 3);
    assert_memory_equal(a.width, b.width, 3 * sizeof *a.width);
    nax_record_free(r);
}

static void uniform_designs(void **state)
{
    (void)state;
    const struct nax_candidate c = {
        .n_slots = 3, .kernel = {5, 5, 5}, .crossbar = {48, 48, 48}, .crossbar_fixed = 16};
    assert_true(nax_candidate_is_uniform(&c));
    struct nax_candidate others[] = {c, c, c, c, c, c, c, c};
    others[0].kernel[2] = 3;
    others[1].crossbar[1] = 16;
    others[2].n_stages = 1;
    others[3].has_adc_bits = true;
    others[4].has_adc_range = true;
    others[5].kernel[1] = others[5].crossbar[1] = 0;
    for (int s = 0; s < 3; s++) /* all left out */
        others[6].kernel[s] = others[6].crossbar[s] = 0;
    others[7].n_slots = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(nax_candidate_is_uniform(&others[i]));
}

static const char *name_of(const struct nax_candidate *c)
{
    static char name[NAX_CANDIDATE_NAME_SIZE];
    nax_candidate_name(c, name);
    return name;
}

static void names_for_people(void **state)
{
    (void)state;
    struct nax_candidate c = {.network = "net",
                              .id = "5f0c2a9966d1e807",
                              .n_slots = 3,
                              .kernel = {3, 3, 3},
                              .crossbar = {64, 64, 64}};
    assert_string_equal(name_of(&c), "3x3 on 64");
    c.crossbar[1] = 16;
    assert_string_equal(name_of(&c), "3x3 on 16-64 #5f0c");
    c.kernel[2] = 7;
    c.kernel[0] = c.crossbar[0] = 0;
    assert_string_equal(name_of(&c), "3-7 on 16-64, 1 out #5f0c");
    c.kernel[2] = 0;
    assert_string_equal(name_of(&c), "3x3 on 16-64, 2 out #5f0c");
    c = (struct nax_candidate){.id = "5f0c", .n_slots = 1, .kernel = {5}, .crossbar = {16}};
    c.has_adc_range = true;
    assert_string_equal(name_of(&c), "5x5 on 16 #5f0c");
    c.has_adc_bits = true;
    c.adc_bits[0] = 6;
    c.n_stages = 2;
    c.width[0] = 40;
    c.width[1] = 24;
    assert_string_equal(name_of(&c), "5x5 on 16, wide 24-40, adc 6 #5f0c");
    c.bits[NAX_BITS_WEIGHT] = 7;
    c.bits[NAX_BITS_SLICE] = 2;
    assert_string_equal(name_of(&c), "5x5 on 16, wide 24-40, adc 6, slices 2, weights 7 #5f0c");
    memset(c.bits, 0, sizeof c.bits);
    c.n_slots = 0;
    c.n_stages = 0;
    c.has_adc_bits = false;
    strcpy(c.network, "nets.v2/mine.yaml");
    assert_string_equal(name_of(&c), "mine #5f0c");
    c.crossbar_fixed = 64;
    assert_string_equal(name_of(&c), "mine on 64 #5f0c");
    c.n_slots = 1; /* and left out */
    c.kernel[0] = c.crossbar[0] = 0;
    memset(c.network, 'm', sizeof c.network - 1);
    assert_string_equal(name_of(&c), "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm on 64, 1 out #5f0c");
    /* the longest that a record can make of it */
    c = (struct nax_candidate){.n_slots = 3, .kernel = {INT64_MAX - 1, INT64_MAX, 0}};
    memset(c.id, 'f', sizeof c.id - 1);
    memcpy(c.crossbar, c.kernel, sizeof c.kernel);
    c.n_stages = 2;
    c.width[0] = NAX_CHANNELS_MAX - 1;
    c.width[1] = NAX_CHANNELS_MAX;
    c.has_adc_bits = true;
    c.adc_bits[0] = NAX_ADC_BITS_MAX - 1;
    c.adc_bits[1] = NAX_ADC_BITS_MAX;
    for (int k = 0; k < NAX_BITS_COUNT; k++)
        c.bits[k] = nax_bits_rows[k].max;
    assert_string_equal(name_of(&c),
                        "9223372036854775806-9223372036854775807 on "
                        "9223372036854775806-9223372036854775807, "
                        "wide 65535-65536, adc 23-24, slices 8, weights 24, inputs 24, "
                        "1 out #ffff");
}

static void identifiers(void **state)
{
    (void)state;
    struct nax_candidate a = {
        .network = "net", .n_slots = 2, .kernel = {3, 0}, .crossbar = {64, 0}};
    struct nax_candidate b = a;
    nax_candidate_set_id(&a);
    snprintf(b.space, sizeof b.space, "other");
    b.seed = 9;
    nax_candidate_set_id(&b);
    assert_string_equal(a.id, b.id);
    assert_int_equal(strlen(a.id), 16);
    assert_string_equal(a.id, "26a22254c34cfd7f");
    struct nax_candidate others[] = {a, a, a, a};
    others[0].kernel[0] = 5;
    others[1].crossbar[0] = 32;
    others[2].crossbar_fixed = 16;
    snprintf(others[3].network, sizeof others[3].network, "nets");
    for (int i = 0; i < 4; i++) {
        nax_candidate_set_id(&others[i]);
        assert_string_not_equal(others[i].id, a.id);
    }
    b.n_stages = 2;
    b.width[0] = 24;
    b.width[1] = 40;
    nax_candidate_set_id(&b);
    assert_string_equal(b.id, "e6c9d5e1970e985e");
    others[0] = others[1] = b;
    others[0].width[1] = 41;
    nax_candidate_set_id(&others[0]);
    assert_string_not_equal(others[0].id, b.id);
    for (int k = 0; k < NAX_BITS_COUNT; k++) { /* the same number of other bits */
        struct nax_candidate c = a, d = a;
        c.bits[k] = 4;
        d.bits[(k + 1) % NAX_BITS_COUNT] = 4;
        nax_candidate_set_id(&c);
        nax_candidate_set_id(&d);
        assert_string_not_equal(c.id, a.id);
        assert_string_not_equal(c.id, d.id);
        assert_true(nax_candidate_has_bits(&c) && !nax_candidate_has_bits(&a));
    }
    const int64_t own[] = {24, 40, 64};
    nax_candidate_drop_own(&others[1], 3, own);
    assert_int_equal(others[1].n_stages, 2);
    nax_candidate_drop_own(&others[1], 2, own);
    nax_candidate_set_id(&others[1]);
    assert_string_equal(others[1].id, a.id);
}

static void refused_candidates(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        int64_t kernel[3], crossbar[3];
        size_t n_kernels, n_crossbars;
        int64_t seed;
        const char *message;
    } bad[] = {{"net", {3}, {64, 32}, 1, 2, 0, "field 'crossbar': 2 values for 1 kernels"},
               {"net", {-3}, {64}, 1, 1, 0, "field 'kernel': negative: -3"},
               {"net", {3}, {0}, 1, 1, 0, "field 'crossbar': not positive: 0"},
               {"net", {3}, {64}, 1, 1, -1, "field 'seed': negative: -1"},
               {"", {3}, {64}, 1, 1, 0, "field 'network': empty"}};
    struct nax_record *r = nax_record_alloc();
    struct nax_candidate c;
    struct nax_err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nax_record_clear(r);
        assert_int_equal(nax_record_set_string(r, "network", bad[i].network), 0);
        assert_int_equal(nax_record_set_ints(r, "kernel", bad[i].kernel, bad[i].n_kernels), 0);
        assert_int_equal(nax_record_set_ints(r, "crossbar", bad[i].crossbar, bad[i].n_crossbars),
                         0);
        assert_int_equal(nax_record_set_int(r, "seed", bad[i].seed), 0);
        assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad[i].message);
    }
    static const struct {
        int64_t width[2];
        const char *message;
    } bad_widths[] = {{{16, 0}, "field 'width': not between 1 and 65536: 0"},
                      {{-16, 3}, "field 'width': not between 1 and 65536: -16"},
                      {{16, 1000000000}, "field 'width': not between 1 and 65536: 1000000000"}};
    nax_record_clear(r);
    assert_int_equal(nax_record_set_string(r, "network", "net"), 0);
    assert_int_equal(nax_record_set_int(r, "kernel", 3), 0);
    assert_int_equal(nax_record_set_int(r, "crossbar", 64), 0);
    for (size_t i = 0; i < sizeof bad_widths / sizeof *bad_widths; i++) {
        assert_int_equal(nax_record_set_ints(r, "width", bad_widths[i].width, 2), 0);
        assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad_widths[i].message);
    }
    nax_record_remove(r, "width");
    static const struct {
        int64_t bits[2];
        size_t n;
        const char *message;
    } bad_bits[] = {{{-1}, 1, "field 'adc_bits': not between 0 and 24: -1"},
                    {{25}, 1, "field 'adc_bits': not between 0 and 24: 25"},
                    {{6, 6}, 2, "field 'adc_bits': 2 values for 1 kernels"}};
    for (size_t i = 0; i < sizeof bad_bits / sizeof *bad_bits; i++) {
        assert_int_equal(nax_record_set_ints(r, "adc_bits", bad_bits[i].bits, bad_bits[i].n), 0);
        assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad_bits[i].message);
    }
    nax_record_remove(r, "adc_bits");
    static const struct {
        double range;
        const char *message;
    } bad_ranges[] = {{-0.25, "field 'adc_range': not between 0 and 1: -0.25"},
                      {1.5, "field 'adc_range': not between 0 and 1: 1.5"},
                      {NAN, "field 'adc_range': not between 0 and 1: nan"}};
    for (size_t i = 0; i < sizeof bad_ranges / sizeof *bad_ranges; i++) {
        assert_int_equal(nax_record_set_float(r, "adc_range", bad_ranges[i].range), 0);
        assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad_ranges[i].message);
    }
    int64_t many[NAX_SLOTS_MAX + 1] = {0};
    assert_int_equal(nax_record_set_ints(r, "width", many, NAX_SLOTS_MAX + 1), 0);
    assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'width': more than 256 values");
    nax_record_clear(r);
    assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_record_set_string(r, "network", "net"), 0);
    assert_int_equal(nax_record_set_ints(r, "kernel", many, NAX_SLOTS_MAX + 1), 0);
    assert_int_equal(nax_record_set_ints(r, "crossbar", many, NAX_SLOTS_MAX + 1), 0);
    assert_int_equal(nax_candidate_read(&c, r, &err), NAX_ERR_VALUE);
    nax_record_free(r);
}

/* --- objectives --- */

static void objectives(void **state)
{
    (void)state;
    struct nax_objective o[NAX_OBJECTIVES_MAX];
    struct nax_err err;
    size_t n;
    assert_int_equal(nax_objectives_parse("accuracy:max,a:b:min", o, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_true(o[0].is_max && !o[1].is_max);
    assert_string_equal(o[0].name, "accuracy");
    assert_string_equal(o[1].name, "a:b");
    static const char *const bad[] = {"",       "accuracy",  "accuracy:", ":min",
                                      "a:min,", "a:minimum", ",",         "a:min,b:max,a:max"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nax_objectives_parse(bad[i], o, &n, &err), NAX_ERR_VALUE);
    char many[200] = "x0:min";
    for (int i = 1; i <= NAX_OBJECTIVES_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",x%d:min", i);
    assert_int_equal(nax_objectives_parse(many, o, &n, &err), NAX_ERR_VALUE);

    struct nax_record *r = nax_record_alloc();
    double point[2];
    assert_int_equal(nax_objectives_parse("accuracy:max,area_mm2:min", o, &n, &err), 0);
    assert_int_equal(nax_record_set_float(r, "accuracy", 0.875), 0);
    assert_int_equal(nax_objectives_read(o, n, r, point, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'area_mm2': missing");
    assert_int_equal(nax_record_set_int(r, "area_mm2", 7), 0);
    assert_int_equal(nax_objectives_read(o, n, r, point, &err), 0);
    assert_true(point[0] == -0.875 && point[1] == 7);
    const double strange[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nax_record_set_float(r, "accuracy", strange[i]), 0);
        assert_int_equal(nax_objectives_read(o, n, r, point, &err), NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, "field 'accuracy': not a finite number"));
    }
    nax_record_free(r);
}

/* --- dominance --- */

static bool dominates(const double *a, const double *b, size_t m)
{
    bool is_smaller = false;
    for (size_t j = 0; j < m; j++) {
        if (a[j] > b[j])
            return false;
        is_smaller |= a[j] < b[j];
    }
    return is_smaller;
}

/* The definition: fronts peeled off one after another. */
static void rank_reference(const double *points, size_t n, size_t m, uint32_t *rank)
{
    size_t n_left = n;
    for (size_t i = 0; i < n; i++)
        rank[i] = UINT32_MAX;
    for (uint32_t front = 0; n_left; front++)
        for (size_t i = 0; i < n; i++) {
            if (rank[i] != UINT32_MAX)
                continue;
            bool is_dominated = false;
            for (size_t k = 0; k < n && !is_dominated; k++)
                is_dominated = rank[k] >= front && dominates(points + k * m, points + i * m, m);
            if (!is_dominated) {
                rank[i] = front;
                n_left--;
            }
        }
}

/* Values from few levels make ties and duplicates; from many, none. */
static double *random_points(size_t n, size_t m, uint64_t levels, uint64_t seed)
{
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_TEST, n, m, levels);
    double *points = calloc(n * m, sizeof *points);
    for (size_t i = 0; i < n * m; i++)
        points[i] = ((double)nax_rng_below(&rng, levels) - (double)levels / 2) * 0.2385;
    return points;
}

static void ranks_are_those_of_the_definition(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 7, 9, 50, 51, 300, 701};
    static const uint64_t levels[] = {1, 2, 5, 30, 1u << 30};
    struct nax_err err;
    for (size_t m = 1; m <= 5; m++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
                size_t n = sizes[i];
                double *points = random_points(n, m, levels[l], 17);
                uint32_t *rank = calloc(2 * n, sizeof *rank), *expected = rank + n;
                rank_reference(points, n, m, expected);
                assert_int_equal(nax_rank(points, n, m, rank, &err), 0);
                assert_memory_equal(rank, expected, n * sizeof *rank);
                assert_int_equal(nax_rank_front(points, n, m, rank, &err), 0);
                for (size_t k = 0; k < n; k++)
                    assert_int_equal(rank[k] == 0, expected[k] == 0);
                free(points);
                free(rank);
            }
}

static void ranks_of_odd_inputs(void **state)
{
    (void)state;
    struct nax_err err;
    uint32_t rank[6];
    double crowding[1];
    /* -0 equals 0; extremes compare; a chain has as many fronts as points */
    const double zeros[] = {0.0, -0.0, -0.0, 0.0};
    assert_int_equal(nax_rank(zeros, 2, 2, rank, &err), 0);
    assert_int_equal(rank[0] + rank[1], 0);
    const double extremes[] = {-1.7e308, 1.7e308, 5e-324, 0, -5e-324, 2.385};
    assert_int_equal(nax_rank(extremes, 6, 1, rank, &err), 0);
    static const uint32_t expected[] = {0, 5, 3, 2, 1, 4};
    assert_memory_equal(rank, expected, sizeof expected);
    assert_int_equal(nax_rank(extremes, 0, 3, rank, &err), 0);
    assert_int_equal(nax_crowding(extremes, 0, 3, rank, crowding, &err), 0);
    assert_int_equal(nax_rank(extremes, 1, 0, rank, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_rank(extremes, 1, 17, rank, &err), NAX_ERR_VALUE);
}

static void crowding_by_hand(void **state)
{
    (void)state;
    struct nax_err err;
    double crowding[6];
    /* one front, x 0 … 8, y 16 … 0, and a point behind it, alone */
    const double points[] = {4, 3, 0, 16, 8, 0, 1, 9, 9, 17, 5, 1};
    const uint32_t rank[] = {0, 0, 0, 0, 1, 0};
    assert_int_equal(nax_crowding(points, 6, 2, rank, crowding, &err), 0);
    assert_true(fabs(crowding[0] - ((5 - 1) / 8.0 + (9 - 1) / 16.0)) < 1e-15);
    assert_true(isinf(crowding[1]) && isinf(crowding[2]) && isinf(crowding[4]));
    assert_true(fabs(crowding[3] - ((4 - 0) / 8.0 + (16 - 3) / 16.0)) < 1e-15);
    assert_true(fabs(crowding[5] - ((8 - 4) / 8.0 + (3 - 0) / 16.0)) < 1e-15);
    /* no range: no share; no overflow where the range is beyond the largest number */
    const double flat[] = {1, 0, 1, 1, 1, 2};
    const uint32_t zero[] = {0, 0, 0};
    assert_int_equal(nax_crowding(flat, 3, 2, zero, crowding, &err), 0);
    assert_true(crowding[1] == 1);
    const double wide[] = {-1.7e308, 0, 1.7e308};
    assert_int_equal(nax_crowding(wide, 3, 1, zero, crowding, &err), 0);
    assert_true(crowding[1] == 1);
}

/* --- hypervolume, knee, conditions --- */

/* Inclusion and exclusion over all sets of points: the definition, for few points. */
static double hypervolume_reference(const double *points, size_t n, size_t m, const double *ref)
{
    double volume = 0;
    for (unsigned set = 1; set < 1u << n; set++) {
        double box = -1;
        for (size_t i = 0; i < n; i++)
            box *= set >> i & 1 ? -1 : 1;
        for (size_t j = 0; j < m; j++) {
            double edge = INFINITY;
            for (size_t i = 0; i < n; i++)
                if (set >> i & 1)
                    edge = fmin(edge, fmax(ref[j] - points[i * m + j], 0));
            box *= edge;
        }
        volume += box;
    }
    return volume;
}

static void hypervolumes_by_inclusion_and_exclusion(void **state)
{
    (void)state;
    static const uint64_t levels[] = {4, 1u << 30};
    struct nax_err err;
    double volume;
    for (size_t m = 1; m <= 6; m++)
        for (size_t n = 0; n <= 11; n++)
            for (size_t l = 0; l < 2; l++) {
                double scale = levels[l] * 0.2385, ref[6];
                double *points = random_points(n, m, levels[l], 29);
                for (size_t j = 0; j < m; j++)
                    ref[j] = scale * (0.3 + 0.05 * (double)j); /* some points lie beyond */
                double expected = hypervolume_reference(points, n, m, ref);
                assert_int_equal(nax_hypervolume(points, n, m, ref, &volume, &err), 0);
                if (fabs(volume - expected) > 1e-11 * pow(scale, (double)m))
                    fail_msg("%zu points, %zu objectives: %g, not %g", n, m, volume, expected);
                free(points);
            }
}

static void hypervolumes_by_hand(void **state)
{
    (void)state;
    struct nax_err err;
    double volume;
    /* a staircase of three, a point behind it, one beyond the reference, one on its edge */
    const double stairs[] = {1, 4, 2, 2.5, 4, 1, 3, 3, 6, 0, 0, 5};
    const double corner[] = {5, 5};
    assert_int_equal(nax_hypervolume(stairs, 6, 2, corner, &volume, &err), 0);
    assert_true(volume == 4 * 1 + 3 * 1.5 + 1 * 1.5);
    const double cube[] = {0, 1, 2, 1, 2, 0, 2, 0, 1}; /* three boxes that meet in pairs */
    const double far[] = {3, 3, 3};
    assert_int_equal(nax_hypervolume(cube, 3, 3, far, &volume, &err), 0);
    assert_true(volume == 3 * 6 - 3 * 2 + 1);
    const double wide[] = {-1.7e308, -1.7e308};
    assert_int_equal(nax_hypervolume(wide, 1, 2, corner, &volume, &err), NAX_ERR_NUMERIC);
    assert_int_equal(nax_hypervolume(wide, 1, 17, corner, &volume, &err), NAX_ERR_VALUE);
}

static void knees(void **state)
{
    (void)state;
    const double bend[] = {0, 10, 1, 3, 4, 2, 10, 0};
    assert_int_equal(nax_knee(bend, 4, 2), 1);
    const double scaled[] = {0, 1e6, 2, 5e5, 3, 1e5, 10, 0}; /* units do not matter */
    assert_int_equal(nax_knee(scaled, 4, 2), 2);
    const double flat[] = {1, 7, 1, 7}; /* no range: the first */
    assert_int_equal(nax_knee(flat, 2, 2), 0);
    const double wide[] = {-1.7e308, 1.7e308, 0, -1e308, 1.7e308, -1.7e308};
    assert_int_equal(nax_knee(wide, 3, 2), 1);
}

static void conditions(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    const int64_t kernel[] = {3, 5};
    assert_int_equal(nax_record_set_float(r, "accuracy", 0.875), 0);
    assert_int_equal(nax_record_set_int(r, "epochs", 4), 0);
    assert_int_equal(nax_record_set_string(r, "status", "went well"), 0);
    assert_int_equal(nax_record_set_string(r, "network", "16"), 0);
    assert_int_equal(nax_record_set_bool(r, "is_new", true), 0);
    assert_int_equal(nax_record_set_float(r, "odd", NAN), 0);
    assert_int_equal(nax_record_set_ints(r, "kernel", kernel, 2), 0);
    static const struct {
        const char *text;
        int holds; /* or what is wrong */
        const char *message;
    } cases[] = {
        {"accuracy >= 0.875", 1, NULL},
        {"accuracy>0.875", 0, NULL},
        {"accuracy<=.875", 1, NULL},
        {"accuracy < inf", 1, NULL},
        {"epochs = 4.0", 1, NULL},
        {"epochs == 4", 1, NULL},
        {" epochs != 4 ", 0, NULL},
        {"status = went well", 1, NULL},
        {"status != ok", 1, NULL},
        {"network = 16", 1, NULL},
        {"network = 16.0", 0, NULL},
        {"is_new = true", 1, NULL},
        {"odd = 2", 0, NULL},
        {"odd < 2", 0, NULL},
        {"odd != 2", 1, NULL},
        {"area_mm2 < 3", NAX_ERR_VALUE, "field 'area_mm2': missing"},
        {"status < ok", NAX_ERR_VALUE, "field 'status': not a number, for '< ok'"},
        {"epochs = many", NAX_ERR_VALUE, "field 'epochs': a number, compared with 'many'"},
        {"kernel = 3", NAX_ERR_VALUE, "field 'kernel': not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_condition c;
        struct nax_err err = {.text = ""};
        assert_int_equal(nax_condition_parse(cases[i].text, &c, &err), 0);
        if (nax_condition_holds(&c, r, &err) != cases[i].holds)
            fail_msg("'%s': %s", cases[i].text, err.text);
        if (cases[i].message)
            assert_string_equal(err.text, cases[i].message);
    }
    static const char *const bad[] = {"", "accuracy", ">= 3", "accuracy >=", "a ! 3", "a = "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct nax_condition c;
        struct nax_err err;
        assert_int_equal(nax_condition_parse(bad[i], &c, &err), NAX_ERR_VALUE);
    }
    nax_record_free(r);
}

/* --- the front of a stream --- */

static size_t n_dropped;

static void drop(void *payload)
{
    n_dropped++;
    free(payload);
}

static void check_front(const double *points, size_t n, size_t m)
{
    struct nax_front *front;
    struct nax_err err;
    uint32_t *rank = calloc(n, sizeof *rank);
    size_t n_rejected = 0, n_front = 0;
    n_dropped = 0;
    assert_int_equal(nax_rank_front(points, n, m, rank, &err), 0);
    assert_int_equal(nax_front_alloc(&front, m, drop, &err), 0);
    for (size_t i = 0; i < n; i++) {
        if (nax_front_rejects(front, points + i * m)) {
            n_rejected++;
            assert_int_equal(rank[i], 1);
            continue;
        }
        size_t *payload = malloc(sizeof *payload);
        *payload = i;
        assert_int_equal(nax_front_add(front, points + i * m, payload, &err), 0);
    }
    assert_int_equal(nax_front_settle(front, &err), 0);
    for (size_t i = 0; i < n; i++) {
        if (rank[i])
            continue;
        assert_true(n_front < nax_front_n(front));
        assert_int_equal(*(const size_t *)nax_front_payload(front, n_front), i);
        assert_memory_equal(nax_front_point(front, n_front), points + i * m, m * sizeof *points);
        n_front++;
    }
    assert_int_equal(n_front, nax_front_n(front));
    assert_int_equal(n_dropped + n_rejected, n - n_front);
    nax_front_free(front);
    assert_int_equal(n_dropped + n_rejected, n);
    free(rank);
}

static void fronts_of_streams(void **state)
{
    (void)state;
    static const uint64_t levels[] = {3, 40, 1u << 30};
    for (size_t m = 1; m <= 5; m++)
        for (size_t l = 0; l < 3; l++) {
            double *points = random_points(5000, m, levels[l], 23);
            check_front(points, 5000, m);
            check_front(points, 10, m);
            check_front(points, 0, m);
            free(points);
        }
    double *points = random_points(6000, 2, 1u << 30, 3); /* all on the front */
    for (size_t i = 0; i < 6000; i++)
        points[2 * i + 1] = -points[2 * i];
    check_front(points, 6000, 2);
    free(points);
}

/* Points on a grid, so that many are equal somewhere, and errors of which some are 0. */
static void fronts_beyond_errors(void **state)
{
    (void)state;
    enum { N = 120, M = 3 };
    double points[N * M], errors[N * M], none[N * M] = {0};
    bool is_front[N];
    uint32_t rank[N];
    struct nax_err err;
    srand(3);
    for (int i = 0; i < N * M; i++) {
        points[i] = rand() % 9;
        errors[i] = rand() % 3 * 0.4;
    }
    nax_front_confident(points, none, N, M, 2, is_front);
    assert_int_equal(nax_rank_front(points, N, M, rank, &err), 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(is_front[i], !rank[i]);
    size_t n_before = 0;
    for (int z = 0; z <= 3; z++) {
        size_t n_front = 0;
        nax_front_confident(points, errors, N, M, z, is_front);
        for (int i = 0; i < N; i++) {
            bool is_beaten = false; /* by one that stays */
            for (int k = 0; k < N && !is_beaten; k++) {
                bool beats = is_front[k], is_better = false;
                for (int j = 0; j < M; j++) {
                    double gain = points[i * M + j] - points[k * M + j];
                    double a = errors[i * M + j], b = errors[k * M + j];
                    beats = beats && gain >= z * sqrt(a * a + b * b);
                    is_better = is_better || gain > 0;
                }
                is_beaten = beats && is_better;
            }
            assert_int_equal(is_front[i], !is_beaten);
            n_front += is_front[i];
        }
        assert_true(n_front >= n_before);
        n_before = n_front;
    }
    assert_true(n_before > N / 4); /* of errors that count */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_spaces),
        cmocka_unit_test(broken_spaces),
        cmocka_unit_test(binding),
        cmocka_unit_test(kernels_of_their_own_and_none),
        cmocka_unit_test(grid_is_complete_and_rising),
        cmocka_unit_test(grid_with_widths),
        cmocka_unit_test(designs_with_converters),
        cmocka_unit_test(random_designs_do_not_repeat),
        cmocka_unit_test(random_is_a_function_of_seed_and_index),
        cmocka_unit_test(random_is_uniform),
        cmocka_unit_test(random_widths_are_uniform),
        cmocka_unit_test(homogeneous),
        cmocka_unit_test(evolution_finds_a_known_optimum),
        cmocka_unit_test(evolution_of_widths),
        cmocka_unit_test(decisions_are_drawn_one_by_one),
        cmocka_unit_test(founders_have_every_depth),
        cmocka_unit_test(candidates_do_not_remember),
        cmocka_unit_test(founders_keep_kernels_and_have_one_converter),
        cmocka_unit_test(offspring_have_a_stretch_of_the_other_parent),
        cmocka_unit_test(evolution_of_the_largest_space),
        cmocka_unit_test(policies_are_drawn_by_their_probabilities),
        cmocka_unit_test(policies_agree_by_their_best_choices),
        cmocka_unit_test(candidate_round_trip),
        cmocka_unit_test(uniform_designs),
        cmocka_unit_test(names_for_people),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(refused_candidates),
        cmocka_unit_test(objectives),
        cmocka_unit_test(ranks_are_those_of_the_definition),
        cmocka_unit_test(ranks_of_odd_inputs),
        cmocka_unit_test(crowding_by_hand),
        cmocka_unit_test(hypervolumes_by_inclusion_and_exclusion),
        cmocka_unit_test(hypervolumes_by_hand),
        cmocka_unit_test(knees),
        cmocka_unit_test(conditions),
        cmocka_unit_test(fronts_of_streams),
        cmocka_unit_test(fronts_beyond_errors),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
