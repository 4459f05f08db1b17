/* Every table of words, walked: a row loads by its word, is read back, does what no other row does,
 * and stands in the manual. A row, or a table, that is not in the lists below fails. */
#include "nax/cost.h"
#include "nax/mapping.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/mapping/range.h"

/* --- what rows do --- */

/* A small layer on arrays of a chip: what their cells count for, how many there are, and the LSB.
 */
static double effect_on_arrays(const struct nax_hardware *h)
{
    enum { N = 8, ROWS = 5, COLS = 3 };
    static const struct nax_layer shape = {.name = "small",
                                           .kind = NAX_LAYER_LINEAR,
                                           .has_bias = true,
                                           .kernel = {1, 1},
                                           .dilation = {1, 1},
                                           .groups = 1,
                                           .stride = {1, 1},
                                           .h_in = 1,
                                           .w_in = 1,
                                           .c_in = ROWS,
                                           .h_out = 1,
                                           .w_out = 1,
                                           .c_out = COLS};
    const struct chip chip = {.seed = 3};
    struct fixed_layer layer;
    struct solved_unit solved;
    struct nax_err err;
    float weight[ROWS * COLS];
    float inputs[2 * ROWS] = {0.31F, 0.93F, 0.07F, 0.5F, 0.77F, 1, 0, 0.19F, 0.66F, 0.4F};
    const struct layer_vectors vectors = {2, inputs};
    double cells[48 * ROWS * COLS], effect = 0;
    for (int i = 0; i < ROWS * COLS; i++)
        weight[i] = (float)(i % 2 ? -0.0385 * i : 0.0717 * i);
    if (nax_fixed_layer_alloc(&layer, &shape, h, N, weight, 1, &err) ||
        nax_solved_unit_alloc(&solved, &layer, &chip, &err))
        fail_msg("%s", err.text);
    struct nax_submatrix all = nax_submatrix_at(&layer.map, 0);
    if (nax_submatrix_cells(&solved, &all, cells, &err) ||
        nax_range_set(&layer, &solved, &vectors, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < layer.unit.n_planes * ROWS * COLS; i++)
        effect += cells[i] * (double)(1 + i % 7);
    effect += (double)(100 * layer.unit.n_arrays) + layer.unit.adc_bits + 10 * layer.adc_lsb;
    nax_solved_unit_free(&solved);
    nax_fixed_layer_free(&layer);
    return effect;
}

/* The same with converters of one bit, whose full scale is to be chosen. */
static double effect_on_one_bit(const struct nax_hardware *h)
{
    struct nax_hardware one = *h;
    one.adc.bits = 1;
    return effect_on_arrays(&one);
}

/* EDAP of a network. */
static double effect_on_cost(const struct nax_hardware *h)
{
    struct nax_network_file *file = NULL;
    struct nax_network *net = NULL;
    struct nax_cost_model *model = NULL;
    struct nax_cost cost = {0};
    struct nax_err err;
    int64_t crossbar[NAX_NETWORK_LAYERS_MAX], sizes[NAX_NETWORK_SLOTS_MAX];
    for (size_t s = 0; s < NAX_NETWORK_SLOTS_MAX; s++)
        sizes[s] = 32;
    if (nax_network_file_load(&file, "resnet20", &err) ||
        nax_network_build(&net, file, NULL, &err) ||
        nax_network_crossbars(net, sizes, 0, crossbar, &err) ||
        nax_cost_model_alloc(&model, h, &err) ||
        nax_cost_network(model, net, crossbar, &cost, NULL, &err))
        fail_msg("%s", err.text);
    nax_cost_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    return cost.edap_pj_ns_mm2;
}

/* Time of a read, by the law alone: the ADC may be slower. */
static double effect_on_reads(const struct nax_hardware *h)
{
    return nax_array_read_ns(h, 100, 32, 7);
}

/* The same with DACs of several bits. */
static double effect_on_drivers(const struct nax_hardware *h)
{
    struct nax_hardware changed = *h;
    changed.precision.stream_bits = 4;
    return nax_dac_elements(&changed);
}

/* What reads of a small layer's cells stray by. */
static double effect_on_noise(const struct nax_hardware *h)
{
    double sum = 0;
    for (int level = 0; level < 4; level++) {
        double g = nax_level_siemens(&h->device, 2, level);
        sum += nax_read_noise_law(&h->device)->sd_siemens(&h->device, g, 1.1 * g);
    }
    return sum;
}

/* --- the lists: another row has to be added here, in the order of its enum --- */

enum { WORDS_MAX = 32 };

static const struct expected {
    const char *key, *set; /* set: the key of one component, where the key is of all */
    double (*effect)(const struct nax_hardware *h);
    const char *words[WORDS_MAX];
} expected[] = {
    {"device.programming.error",
     NULL,
     effect_on_arrays,
     {"exact", "normal", "lognormal", "pcm", "rram-milo", "rram-wan", "measured"}},
    {"device.programming.drift", NULL, effect_on_arrays, {"none", "power", "pcm"}},
    {"device.programming.read_noise", NULL, effect_on_noise, {"fraction", "pcm", "rram-cmo"}},
    {"unused", NULL, effect_on_arrays, {"off", "open"}},
    {"signs", NULL, effect_on_arrays, {"differential", "differential-analog", "offset"}},
    {"input_signs", NULL, effect_on_cost, {"twos-complement", "two-passes"}},
    {"array.read_time", NULL, effect_on_reads, {"constant", "linear", "rc"}},
    {"array.energy", NULL, effect_on_cost, {"table", "device"}},
    {"dac.law", NULL, effect_on_drivers, {"constant", "binary-weighted"}},
    {"adc.zero", NULL, effect_on_arrays, {"reference", "digital", "signed"}},
    {"adc.range",
     NULL,
     effect_on_one_bit,
     {"ideal", "calibrated", "percentile", "least-error", "fraction"}},
    {"adc.law", NULL, effect_on_cost, {"constant", "linear", "saberi", "survey"}},
    {"hierarchy.packing", NULL, effect_on_cost, {"shared", "layer-cores", "layer-tiles"}},
    {"hierarchy.copies", NULL, effect_on_cost, {"most", "least-edap"}},
    {"timing.schedule", NULL, effect_on_cost, {"sequential", "pipelined"}},
    {"timing.leakage", NULL, effect_on_cost, {"working", "always"}},
    {"counting.idle", NULL, effect_on_cost, {"paid", "gated"}},
    {"counting.batch_norm", NULL, effect_on_cost, {"folded", "separate"}},
    {"counting.windows", NULL, effect_on_cost, {"kept", "reloaded"}},
    {"components.level",
     "components.edram.level",
     effect_on_cost,
     {"array", "unit", "core", "tile", "node"}},
    {"components.per", "components.sample_hold.per", effect_on_cost, {"one", "row", "col", "cell"}},
    {"components.event",
     "components.link.event",
     effect_on_cost,
     {"none",        "array_read",    "dac", "conversion", "shift_add",   "input_read",
      "input_write", "output_access", "alu", "activation", "data_memory", "core_instruction",
      "core_cycle",  "edram",         "bus", "receive",    "counter",     "tile_instruction",
      "tile_cycle",  "noc",           "link"}},
};

static size_t n_expected(const struct expected *e)
{
    size_t n = 0;
    while (n < WORDS_MAX && e->words[n])
        n++;
    return n;
}

static const struct expected *expected_of(const char *key)
{
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (!strcmp(expected[i].key, key))
            return &expected[i];
    fail_msg("key '%s' takes words, but no list of them is expected here", key);
    return NULL;
}

/* --- walks --- */

static char cells_path[64], cells_set[96];

/* A hardware that has all that any law needs, with this word. */
static struct nax_hardware *load(const struct expected *e, const char *word)
{
    char set[96];
    const char *sets[] = {cells_set,
                          "device.programming.error_frac=0.0385",
                          "device.programming.read_noise_frac=0.0231",
                          "array.level_frac=0.31",
                          "array.input_frac=0.17",
                          "device.programming.drift_nu=0.0717",
                          "device.programming.drift_start_seconds=2.5",
                          "device.programming.time_seconds=86400",
                          "hierarchy.replicate_mm2=38.5",
                          set};
    struct nax_hardware *h;
    struct nax_err err;
    snprintf(set, sizeof set, "%s=%s", e->set ? e->set : e->key, word);
    if (nax_hardware_load_set(&h, "nax-reram", sets, sizeof sets / sizeof *sets, &err))
        fail_msg("%s", err.text);
    return h;
}

static void tables_are_those_expected(void **state)
{
    (void)state;
    char key[NAX_HARDWARE_KEY_SIZE];
    const struct nax_words *words;
    size_t n_tables = 0;
    for (; (words = nax_hardware_words(n_tables, key)); n_tables++) {
        const struct expected *e = expected_of(key);
        assert_int_equal(words->n, n_expected(e));
        for (size_t i = 0; i < words->n; i++) {
            const struct nax_word *row = nax_words_row(words, (int)i);
            assert_int_equal(row->value, i);
            assert_string_equal(row->word, e->words[i]);
            assert_ptr_equal(nax_words_find(words, row->word), row);
            assert_non_null(row->means);
        }
    }
    assert_int_equal(n_tables, sizeof expected / sizeof *expected);
}

struct search {
    const char *key;
    char value[64];
};

static void find_value(void *self, const char *key, const char *value)
{
    struct search *s = self;
    if (!strcmp(key, s->key))
        snprintf(s->value, sizeof s->value, "%s", value);
}

static void words_load_and_are_read_back(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof expected / sizeof *expected; t++)
        for (size_t i = 0; i < n_expected(&expected[t]); i++) {
            struct nax_hardware *h = load(&expected[t], expected[t].words[i]);
            struct search s = {.key = expected[t].set ? expected[t].set : expected[t].key};
            nax_hardware_describe(h, find_value, &s);
            assert_string_equal(s.value, expected[t].words[i]);
            nax_hardware_free(h);
        }
}

/* Arrays are square: as many of a component for every row as for every column. */
static bool is_square(const struct expected *e, size_t i, size_t k)
{
    return !strcmp(e->key, "components.per") && !strcmp(e->words[i], "col") &&
           !strcmp(e->words[k], "row");
}

static void rows_differ_in_effect(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof expected / sizeof *expected; t++) {
        const struct expected *e = &expected[t];
        double effect[WORDS_MAX];
        for (size_t i = 0; i < n_expected(e); i++) {
            struct nax_hardware *h = load(e, e->words[i]);
            effect[i] = e->effect(h);
            nax_hardware_free(h);
            assert_true(isfinite(effect[i]));
            for (size_t k = 0; k < i; k++)
                if (!is_square(e, i, k) && !(fabs(effect[i] - effect[k]) > 1e-9 * fabs(effect[k])))
                    fail_msg("%s: '%s' does what '%s' does: %.17g", e->key, e->words[i],
                             e->words[k], effect[i]);
        }
    }
}

/* --- the manual --- */

static const char between[] = " ,.;:()\n";

/* A word in small letters and a space; returns the end. */
static char *append(char *to, const char *word)
{
    while (*word)
        *to++ = (char)tolower((unsigned char)*word++);
    *to++ = ' ';
    *to = 0;
    return to;
}

/* A page in plain words, single spaces between them and around: macros and punctuation are out. */
static char *plain_page(const char *path)
{
    static const char *const macros[] = {"Cm", "Ic", "It", "Li", "Va",
                                         "No", "Ns", "Fl", "Ar", "Pa"};
    FILE *f = fopen(path, "r");
    char line[1024], *page = nax_calloc(1 << 20, 1), *to = page;
    if (!f || !page)
        fail_msg("cannot read: '%s' (tests run in the repository's root)", path);
    *to++ = ' ';
    while (fgets(line, sizeof line, f)) {
        bool is_macro = *line == '.';
        for (char *word = strtok(line, between); word; word = strtok(NULL, between)) {
            bool is_name = false;
            for (size_t i = 0; is_macro && i < sizeof macros / sizeof *macros; i++)
                is_name = is_name || !strcmp(word, macros[i]);
            if (!is_name)
                to = append(to, word);
        }
    }
    fclose(f);
    return page;
}

static void append_plain(char to[256], const char *text)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, between); word; word = strtok(NULL, between))
        append(to + strlen(to), word);
}

/* The page says the word and right after it what it means, and somewhere where it comes from. */
static void assert_manual_has(const char *page, const struct nax_word *row)
{
    char phrase[256] = " ", source[256] = " ";
    append_plain(phrase, row->word);
    if (*row->means)
        append_plain(phrase, row->means);
    if (!strstr(page, phrase))
        fail_msg("the manual does not say:%s", phrase);
    if (row->source)
        append_plain(source, row->source);
    if (row->source && !strstr(page, source))
        fail_msg("the manual does not name:%s", source);
}

/* A key goes by its last part. */
static void assert_manual_names(void *page, const char *key, const char *value)
{
    (void)value;
    char phrase[256] = " ";
    append_plain(phrase, strrchr(key, '.') ? strrchr(key, '.') : key);
    if (!strstr(page, phrase))
        fail_msg("the manual does not say:%s", phrase);
}

static void the_manual_names_every_key(void **state)
{
    (void)state;
    char *page = plain_page("man/nax-hardware.5");
    struct nax_hardware *h = load(&expected[0], expected[0].words[0]);
    nax_hardware_describe(h, assert_manual_names, page);
    nax_hardware_free(h);
    free(page);
}

static void the_manual_says_what_words_mean(void **state)
{
    (void)state;
    char *hardware = plain_page("man/nax-hardware.5"), *space = plain_page("man/nax-space.5");
    char key[NAX_HARDWARE_KEY_SIZE], *records = plain_page("man/nax-record.5");
    const struct nax_words *words;
    for (size_t t = 0; (words = nax_hardware_words(t, key)); t++)
        for (size_t i = 0; i < words->n; i++)
            assert_manual_has(hardware, nax_words_row(words, (int)i));
    for (int kind = 0; kind < NAX_LAYER_COUNT; kind++)
        assert_manual_has(space, nax_words_row(&nax_layer_kind_words, kind));
    for (int activation = 0; activation < NAX_ACTIVATION_COUNT; activation++)
        assert_manual_has(space, nax_words_row(&nax_activation_words, activation));
    for (int role = 0; role < NAX_ROLE_COUNT; role++) {
        struct nax_word word = *nax_words_row(&nax_layer_role_words, role);
        if (*word.means)
            assert_manual_has(space, &word);
        word.means = "";
        assert_manual_has(records, &word);
    }
    free(hardware);
    free(space);
    free(records);
}

/* --- kinds of layers --- */

/* A network whose first layer is of each kind, and what a model of it makes of images. */
static const struct {
    enum nax_layer_kind kind;
    const char *entry;
} layers[] = {{NAX_LAYER_CONV, "conv: {out: 3, kernel: 3}"},
              {NAX_LAYER_LINEAR, "linear: {out: 3}"},
              {NAX_LAYER_POOL_MAX, "pool: {kind: max, kernel: 2}"},
              {NAX_LAYER_POOL_MEAN, "pool: {kind: mean, kernel: 2}"},
              {NAX_LAYER_ADD, "add: {from: [image, image]}"},
              {NAX_LAYER_CONCAT, "concat: {from: [image, image]}"},
              {NAX_LAYER_BATCH_NORM, "batch_norm: {}"},
              {NAX_LAYER_ACTIVATION, "activation: {kind: silu}"}};
_Static_assert(sizeof layers / sizeof *layers == NAX_LAYER_COUNT, "an entry for every kind");

static double effect_of_entry(const struct nax_dataset *set, size_t i)
{
    char path[64];
    struct nax_network_file *file = NULL;
    struct nax_network *net = NULL;
    struct nax_model *model = NULL;
    struct nax_score score = {0};
    struct nax_err err;
    const struct nax_eval all = {.n_images = 0};
    snprintf(path, sizeof path, P_tmpdir "/nax-kind-%ld.yaml", (long)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "name: kind\ninput: {height: 32, width: 32, channels: 3}\nclasses: 10\nlayers:\n"
            "  - %s\n  - linear: {role: classifier}\n",
            layers[i].entry);
    fclose(f);
    if (nax_network_file_load(&file, path, &err) || nax_network_build(&net, file, NULL, &err) ||
        nax_model_alloc(&model, net, 5, &err) ||
        nax_model_eval(model, &set->test, &all, &score, &err))
        fail_msg("%s", err.text);
    remove(path);
    assert_int_equal(net->layers[0].kind, layers[i].kind);
    const struct nax_layer_kind_row *row = nax_layer_kind_row(&net->layers[0]);
    assert_int_equal(row->word.value, layers[i].kind);
    assert_int_equal(row->has_weights, nax_layer_n_weights(&net->layers[0]) > 0);
    assert_int_equal(row->has_weights, nax_layer_macs(&net->layers[0]) > 0);
    assert_int_equal(row->has_batch_norm, model->layer[0].gamma != NULL);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    return score.loss;
}

static void kinds_of_layers_load_and_differ(void **state)
{
    (void)state;
    struct nax_dataset *set;
    double effect[NAX_LAYER_COUNT];
    assert_int_equal(nax_synth(&set, 2, 8, 8, NULL), 0);
    for (size_t i = 0; i < NAX_LAYER_COUNT; i++) {
        assert_int_equal(layers[i].kind, i);
        effect[i] = effect_of_entry(set, i);
        for (size_t k = 0; k < i; k++)
            assert_true(fabs(effect[i] - effect[k]) > 1e-6);
    }
    nax_dataset_free(set);
}

static int write_cells(void **state)
{
    (void)state;
    snprintf(cells_path, sizeof cells_path, P_tmpdir "/nax-laws-%ld.csv", (long)getpid());
    snprintf(cells_set, sizeof cells_set, "device.programming.table=%s", cells_path);
    FILE *f = fopen(cells_path, "w");
    if (!f)
        return -1;
    fputs("target_siemens,g_siemens\n1e-5,1.3e-5\n2e-5,1.9e-5\n3e-5,2.2e-5\n", f);
    return fclose(f);
}

static int remove_cells(void **state)
{
    (void)state;
    return remove(cells_path);
}

/* --- keys --- */

/* The machine's tables for crossbars of all sizes. */
static double effect_on_tables(const struct nax_hardware *h)
{
    struct nax_cost_model *model = NULL;
    struct nax_err err;
    double effect = 0;
    if (nax_cost_model_alloc(&model, h, &err))
        fail_msg("%s", err.text);
    for (int64_t crossbar = 16; crossbar <= 256; crossbar *= 2) {
        struct nax_sheet_row *rows;
        size_t n;
        if (nax_cost_sheet(model, crossbar, &rows, &n, &err))
            fail_msg("%s", err.text);
        for (size_t i = 0; i < n; i++)
            effect +=
                (double)(1 + i % 7) * (rows[i].count + rows[i].power_mw + rows[i].leakage_mw +
                                       rows[i].area_mm2 + rows[i].energy_pj + rows[i].latency_ns);
        free(rows);
    }
    nax_cost_model_free(model);
    return effect;
}

static bool is_same_effect(const struct nax_hardware *a, const struct nax_hardware *b)
{
    return effect_on_arrays(a) == effect_on_arrays(b) && effect_on_cost(a) == effect_on_cost(b) &&
           effect_on_tables(a) == effect_on_tables(b);
}

/* Another number than the key's own, as "key=value"; false for what is none. */
static bool other_number(const char *key, const char *value, char set[256])
{
    static const double factors[] = {2, 0.5, 0};
    char *end;
    double own = strtod(value, &end);
    if (end == value || *end)
        return false;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        struct nax_hardware *h;
        snprintf(set, 256, "%s=%g", key, own != 0 ? own * factors[i] : i ? 0.5 : 1);
        if (nax_hardware_load_set(&h, "nax-reram", (const char *const[]){set}, 1, NULL))
            continue;
        nax_hardware_free(h);
        return true;
    }
    return false;
}

static void assert_acts_or_is_refused(void *self, const char *key, const char *value)
{
    static const char *const others[] = {
        "device.v_read_v",                    /* circuits of cells that are not linear */
        "device.v0_v",                        /* the same */
        "device.programming.read_noise_frac", /* reads */
        "hierarchy.replicate_mm2",            /* of a larger area */
    };
    const struct nax_hardware *own = self;
    struct nax_hardware *h;
    struct nax_err err;
    char set[256];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(key, others[i]))
            return;
    if (!other_number(key, value, set) || nax_hardware_check_acts(own, set, ~0U, "anything", &err))
        return;
    if (nax_hardware_load_set(&h, "nax-reram", (const char *const[]){set}, 1, &err))
        fail_msg("%s", err.text);
    if (is_same_effect(h, own))
        fail_msg("accepted, and changes nothing: %s", set);
    nax_hardware_free(h);
}

static void every_number_acts_or_is_refused(void **state)
{
    (void)state;
    struct nax_hardware *h;
    struct nax_err err;
    assert_int_equal(nax_hardware_load(&h, "nax-reram", &err), 0);
    nax_hardware_describe(h, assert_acts_or_is_refused, h);
    nax_hardware_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_those_expected),
        cmocka_unit_test(words_load_and_are_read_back),
        cmocka_unit_test(rows_differ_in_effect),
        cmocka_unit_test(the_manual_names_every_key),
        cmocka_unit_test(every_number_acts_or_is_refused),
        cmocka_unit_test(the_manual_says_what_words_mean),
        cmocka_unit_test(kinds_of_layers_load_and_differ),
    };
    return cmocka_run_group_tests_name("laws", tests, write_cells, remove_cells);
}
