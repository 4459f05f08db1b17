/* Unit tests of lib/hardware: the files that ship, and every error that a file can have. */
#include "nax/hardware.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void shipped_files_load(void **state)
{
    (void)state;
    const char *names[] = {"nax-reram", "puma", "isaac"};
    for (size_t i = 0; i < 3; i++) {
        struct nax_hardware *h;
        struct nax_err err;
        if (nax_hardware_load(&h, names[i], &err))
            fail_msg("%s", err.text);
        assert_string_equal(h->name, names[i]);
        for (size_t k = 0; k < h->n_components; k++) {
            assert_true(strlen(h->components[k].source) > 4);
            assert_non_null(nax_event_name(h->components[k].event));
        }
        nax_hardware_free(h);
    }
}

static void the_default_is_the_setting_of_nax(void **state)
{
    (void)state;
    struct nax_hardware *h;
    struct nax_err err;
    assert_int_equal(nax_hardware_load(&h, "nax-reram", &err), 0);
    assert_true(h->device.r_on_ohm == 100e3 && h->device.r_off_ohm == 600e3);
    assert_true(h->device.v_read_v == 0.25 && h->device.r_wire_row_ohm == 2.5);
    assert_true(h->device.r_source_ohm == 500 && h->device.r_sink_ohm == 100);
    assert_int_equal(h->precision.weight_bits, 16);
    assert_int_equal(h->precision.slice_bits, 2);
    assert_int_equal(h->precision.stream_bits, 1);
    assert_int_equal(h->adc.bits, 0);
    assert_int_equal(h->adc.law, NAX_ADC_LAW_SABERI);
    assert_int_equal(h->signs, NAX_SIGNS_DIFFERENTIAL);
    nax_hardware_free(h);
}

static void values_between_the_sizes_of_a_table_follow_a_power_law(void **state)
{
    (void)state;
    struct nax_component c = {
        .name = "c", .n_values = 2, .values = {{16, 0.3, 0, 1, 1, 1}, {64, 4.8, 2, 1, 1, 1}}};
    struct nax_component_values v;
    struct nax_err err;
    assert_int_equal(nax_component_at(&c, 64, &v, &err), 0);
    assert_true(v.area_mm2 == 4.8);
    assert_int_equal(nax_component_at(&c, 32, &v, &err), 0);
    assert_true(fabs(v.area_mm2 - 1.2) < 1e-12);       /* doubled twice over four times the size */
    assert_true(fabs(v.leakage_mw - 2.0 / 3) < 1e-12); /* a line where one end is 0 */
    assert_int_equal(nax_component_at(&c, 15, &v, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "component 'c' has no values for crossbar size 15, only 16 to 64");
    assert_int_equal(nax_component_at(&c, 65, &v, &err), NAX_ERR_VALUE);
}

static int line_of(const char *text, const char *at)
{
    int line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* The default file with one piece of text replaced, which begins in the line `line`. */
static int load_changed(const char *from, const char *to, int *line, struct nax_err *err)
{
    const char *dir = getenv("TMPDIR");
    char *text, path[256], *at, name[256];
    size_t size;
    assert_int_equal(nax_config_read("hardware", "nax-reram", &text, &size, path, err), 0);
    at = strstr(text, from);
    assert_non_null(at);
    *line = line_of(text, at);
    snprintf(name, sizeof name, "%s/nax-hardware-XXXXXX.yaml", dir ? dir : P_tmpdir);
    int fd = mkstemps(name, 5);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_int_equal(fclose(f), 0);
    free(text);
    struct nax_hardware *h;
    int status = nax_hardware_load(&h, name, err);
    remove(name);
    if (!status)
        nax_hardware_free(h);
    else /* the random part of the name */
        memmove(err->text, err->text + strlen(name), strlen(err->text + strlen(name)) + 1);
    return status;
}

static void errors_name_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"r_on_ohm: 100.0e+3", "r_on_ohm: 0", "key 'r_on_ohm': 0 is not between 0.001 and 1e+12"},
        {"r_off_ohm: 600.0e+3", "r_off_ohm: 99999",
         "key 'r_off_ohm': 99999 is not above r_on_ohm, 100000"},
        {"r_wire_row_ohm: 2.5", "r_wire_row_ohm: -2.5",
         "key 'r_wire_row_ohm': -2.5 is not between 0 and 1e+12"},
        {"slice_bits: 2", "slice_bits: 0", "key 'slice_bits': 0 is not between 1 and 8"},
        {"bits: auto", "bits: many", "key 'bits': neither auto nor a number from 1 to 24: 'many'"},
        {"bits: auto", "bits: 25", "key 'bits': neither auto nor a number from 1 to 24: '25'"},
        {"law: saberi", "law: moore",
         "key 'law': neither constant, linear, saberi nor survey: 'moore'"},
        {"slice_bits: 2", "slice_bits: 2.5", "key 'slice_bits': not an integer: '2.5'"},
        {"slice_bits: 2", "slice_bits: 010", "key 'slice_bits': not an integer: '010'"},
        {"v_read_v: 0.25", "v_read_v: 0.25V", "key 'v_read_v': not a number: '0.25V'"},
        {"input_bits: 16\n  slice_bits: 2\n  stream_bits: 1",
         "input_bits: 1\n  slice_bits: 2\n  stream_bits: 2",
         "key 'stream_bits': 2 is more than input_bits, 1"},
        {"weight_bits: 16", "weight_bits: 1", "key 'slice_bits': 2 is more than weight_bits, 1"},
        {"name: nax-reram", "name: ''", "key 'name': too short or too long: ''"},
        {"v0_v: 0.21", "v1_v: 0.21", NULL},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming: {error: lucky}", NULL},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming: {error: measured}",
         "key 'error': 'measured' needs device.programming.table"},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming:\n    error: measured\n    table: no/cells.csv",
         "key 'table': cannot open: 'no/cells.csv': No such file or directory"},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming: {drift: power}",
         "key 'drift': 'power' needs device.programming.drift_start_seconds"},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming: {stuck_on_frac: .7, stuck_off_frac: .7}",
         "more than all cells are stuck"},
        {"v0_v: 0.21", "v0_v: 0.21\n  programming: {error_frac: -1}", "is not between 0 and 10"},
        {"range: calibrated", "range: percentile\n  range_frac: 1.5",
         "key 'range_frac': 1.5 is not between 0 and 1"},
        {"zero: reference", "zero: reference\n  layers: [{name: fc, range: wide}]",
         "key 'range': neither ideal, calibrated, percentile, least-error nor fraction: 'wide'"},
        {"zero: reference", "zero: reference\n  layers: [{name: fc, range_frac: -1}]",
         "key 'range_frac': -1 is not between 0 and 1"},
        {"zero: reference",
         "zero: reference\n  layers:\n  - {name: fc, range: ideal}\n  - {name: fc}",
         "'fc' is there twice"},
        {"zero: reference", "zero: reference\n  layers: [{range: ideal}]", NULL},
        {"zero: reference", "zero: reference\n  layers: [{name: fc, law: saberi}]", NULL},
        {"  r_sink_ohm: 100\n", "", NULL},
        {"  leakage: working ", "  # ",
         "key 'timing': 'leakage' is missing, which is one of: working, always"},
        {"signs: differential", "signs: yes", NULL},
        {"cores_per_tile: 8", "cores_per_tile: 8.5", NULL},
        {"name: sample_hold", "name: array", "'array' is there twice"},
        {"name: sample_hold", "name: adc", "the section 'adc' describes the ADC"},
        {"per: row", "per: row, count: -1", "is not between"},
        {"name: alu, level: core", "name: alu, level: core, per: row",
         "only an array or a unit has rows, columns and cells"},
        {"{crossbar: 64, energy_pj: 0.7", "{crossbar: 16, energy_pj: 0.7", "do not rise"},
        {"energy_pj: 0.7", "energy_pj: .nan", NULL},
        {"energy_pj: 0.7", "energy_pj: -0.7", "key 'energy_pj': -0.7 is not between 0 and 1e+12"},
        {"    event: input_read\n", "    event: input_read\n    area_mm2: 1\n",
         "has both values and a table"},
        {"level: node, event: link", "level: tile, event: link", "the link is of level node"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_err err = {.text = ""};
        char expected[512];
        int line;
        if (!load_changed(cases[i].from, cases[i].to, &line, &err))
            fail_msg("accepted: %s", cases[i].to);
        snprintf(expected, sizeof expected, "%s", cases[i].message ? cases[i].message : "");
        if (!strncmp(expected, "key '", 5)) { /* whose line is known where it is in the new text */
            char key[64] = "";
            sscanf(cases[i].message, "key '%60[^']", key);
            strcat(key, ":");
            const char *at = strstr(cases[i].to, key);
            if (at)
                snprintf(expected, sizeof expected, ":%d: %s", line + line_of(cases[i].to, at) - 1,
                         cases[i].message);
        }
        if (!strstr(err.text, expected))
            fail_msg("%s: %s", cases[i].to, err.text);
        if (!strstr(err.text, "key '"))
            fail_msg("no key: %s: %s", cases[i].to, err.text);
    }
    struct nax_err err;
    struct nax_hardware *h;
    int line;
    assert_int_equal(load_changed("name: nax-reram", "name: other", &line, &err), 0);
    assert_int_equal(nax_hardware_load(&h, "no-such", &err), NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "no such file among hardware: 'no-such'; there are isaac, nax-reram, puma");
}

static void single_values_are_set(void **state)
{
    (void)state;
    const char *sets[] = {"adc.law=survey",
                          "device.r_on_ohm=25e3",
                          "precision.slice_bits=4",
                          "adc.bits=5",
                          "adc.bits=7",
                          "name=mine",
                          "components.edram.energy_pj=4.385",
                          "components.router.count=21",
                          "components.dac.per=one",
                          "components.data_memory.table.64.area_mm2=0.0385"};
    struct nax_hardware *h;
    struct nax_err err;
    if (nax_hardware_load_set(&h, "nax-reram", sets, sizeof sets / sizeof *sets, &err))
        fail_msg("%s", err.text);
    assert_int_equal(h->adc.law, NAX_ADC_LAW_SURVEY);
    assert_true(h->device.r_on_ohm == 25e3);
    assert_int_equal(h->precision.slice_bits, 4);
    assert_int_equal(h->adc.bits, 7); /* the last one holds */
    assert_string_equal(h->name, "mine");
    int n_found = 0;
    for (size_t i = 0; i < h->n_components; i++) {
        const struct nax_component *c = &h->components[i];
        if (!strcmp(c->name, "edram"))
            n_found += c->values[0].energy_pj == 4.385;
        if (!strcmp(c->name, "router"))
            n_found += c->count == 21;
        if (!strcmp(c->name, "dac"))
            n_found += c->per == NAX_PER_ONE;
        if (!strcmp(c->name, "data_memory"))
            n_found += c->values[2].area_mm2 == 0.0385;
    }
    assert_int_equal(n_found, 4);
    nax_hardware_free(h);
}

static void wrong_settings_are_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *set, *message;
    } cases[] = {
        {"adc.law", "not of the form key=value: 'adc.law'"},
        {"=3", "no such key: '=3'; nax-hardware(5) lists them"},
        {"adc=3", "no such key: 'adc=3'; did you mean 'adc.bits'? nax-hardware(5) lists them"},
        {"adc.lore=3",
         "no such key: 'adc.lore=3'; did you mean 'adc.zero'? nax-hardware(5) lists them"},
        {"adc.law.x=3",
         "no such key: 'adc.law.x=3'; did you mean 'adc.law'? nax-hardware(5) lists them"},
        {"components.edram.energy=3", "no such key: 'components.edram.energy=3'; did you mean "
                                      "'components.edram.energy_pj'? nax-hardware(5) lists them"},
        {"components=3", "no such key: 'components=3'; did you mean 'components.array.level'? "
                         "nax-hardware(5) lists them"},
        {"components.edram=3", "no such key: 'components.edram=3'; did you mean "
                               "'components.edram.per'? nax-hardware(5) lists them"},
        {"components.none.count=3", "no such key: 'components.none.count=3'; did you mean "
                                    "'components.link.count'? nax-hardware(5) lists them"},
        {"components.edram.count=-1",
         "-1 is not between 1e-12 and 1e+12: 'components.edram.count=-1'"},
        {"adc.law=moore", "neither constant, linear, saberi nor survey: 'adc.law=moore'"},
        {"device.v_read_v=high", "not a number: 'device.v_read_v=high'"},
        {"device.v_read_v=nan", "not a number: 'device.v_read_v=nan'"},
        {"device.v_read_v=", "not a number: 'device.v_read_v='"},
        {"precision.slice_bits=2.5", "not an integer: 'precision.slice_bits=2.5'"},
        {"precision.slice_bits=99999999999", "not an integer: 'precision.slice_bits=99999999999'"},
        {"precision.slice_bits=0", "0 is not between 1 and 8: 'precision.slice_bits=0'"},
        {"device.r_off_ohm=100e3",
         "100000 is not above r_on_ohm, 100000: 'device.r_off_ohm=100e3'"},
        {"adc.bits=none", "neither auto nor a number from 1 to 24: 'adc.bits=none'"},
        {"components.edram.crossbar=16",
         "no such key: 'components.edram.crossbar=16'; did you mean 'components.edram.count'? "
         "nax-hardware(5) lists them"},
        {"components.edram.table.16.energy_pj=1",
         "no such key: 'components.edram.table.16.energy_pj=1'; did you mean "
         "'components.data_memory.table.16.energy_pj'? nax-hardware(5) lists them"},
        {"components.data_memory.energy_pj=1",
         "the component has a table, set its entries by table.SIZE.KEY: "
         "'components.data_memory.energy_pj=1'"},
        {"components.data_memory.table.48.energy_pj=1",
         "no such key: 'components.data_memory.table.48.energy_pj=1'; did you mean "
         "'components.data_memory.table.16.energy_pj'? nax-hardware(5) lists them"},
        {"components.data_memory.table.64.crossbar=48",
         "no such key: 'components.data_memory.table.64.crossbar=48'; did you mean "
         "'components.data_memory.table.64.area_mm2'? nax-hardware(5) lists them"},
        {"components.data_memory.table.64.energy_pj=-1",
         "-1 is not between 0 and 1e+12: 'components.data_memory.table.64.energy_pj=-1'"},
        {"device.programming.error=measured",
         "'measured' needs device.programming.table: 'device.programming.error=measured'"},
        {"name=", "too short or too long: 'name='"},
        {"adc.layers.fc.range_frac=0.5",
         "'calibrated' takes no range_frac: 'adc.layers.fc.range_frac=0.5'"},
        {"adc.layers.fc.range_frac=1.5",
         "1.5 is not between 0 and 1: 'adc.layers.fc.range_frac=1.5'"},
        {"adc.layers.fc.bits=25", "25 is not between 0 and 24: 'adc.layers.fc.bits=25'"},
        {"adc.layers.fc.bits=5.5", "not an integer: 'adc.layers.fc.bits=5.5'"},
        {"adc.layers.fc.range=wide",
         "neither ideal, calibrated, percentile, least-error nor fraction: "
         "'adc.layers.fc.range=wide'"},
        {"adc.layers.fc.name=fd",
         "no such key: 'adc.layers.fc.name=fd'; nax-hardware(5) lists them"},
        {"adc.layers.fc=ideal", "no such key: 'adc.layers.fc=ideal'; nax-hardware(5) lists them"},
        {"adc.layers..range=ideal",
         "a layer's name has 1 to 63 letters: 'adc.layers..range=ideal'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_hardware *h;
        struct nax_err err = {.text = ""};
        assert_int_equal(nax_hardware_load_set(&h, "nax-reram", &cases[i].set, 1, &err),
                         NAX_ERR_VALUE);
        assert_string_equal(err.text, cases[i].message);
    }
}

static void broken_tables_of_cells_are_refused(void **state)
{
    (void)state;
    static const char *const text[][2] = {
        {"", "no cells"},
        {"a,b\n1,2\n", "line 1 lacks target_siemens or g_siemens"},
        {"target_siemens,g_siemens\n", "no cells"},
        {"target_siemens,g_siemens\n1e-5,x\n", "line 2 is not a cell"},
        {"target_siemens,g_siemens\n1e-5,1e-5\n1\n", "line 3 is not a cell"},
        {"target_siemens,g_siemens\n1e-5,-1\n", "line 2 is not a cell"},
        {"target_siemens,g_siemens\n1e-5,nan\n", "line 2 is not a cell"},
        {"target_siemens,g_siemens\n0,1e-5\n", "no cell has a target above 0"}};
    char path[64], table[96], expected[256];
    snprintf(path, sizeof path, P_tmpdir "/nax-cells-%ld.csv", (long)getpid());
    snprintf(table, sizeof table, "device.programming.table=%s", path);
    const char *sets[] = {"device.programming.error=measured", table};
    struct nax_hardware *h;
    struct nax_err err;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(text[i][0], f);
        fclose(f);
        assert_int_equal(nax_hardware_load_set(&h, "nax-reram", sets, 2, &err), NAX_ERR_VALUE);
        snprintf(expected, sizeof expected, "%s: '%s': '%s'", text[i][1], path, table);
        assert_string_equal(err.text, expected);
        remove(path);
    }
    assert_int_equal(nax_hardware_load_set(&h, "nax-reram", sets, 2, &err), NAX_ERR_VALUE);
    snprintf(expected, sizeof expected, "cannot open: '%s': No such file or directory: '%s'", path,
             table);
    assert_string_equal(err.text, expected);
    /* a table that no law reads is no business of anyone's */
    assert_int_equal(nax_hardware_load_set(&h, "nax-reram", sets + 1, 1, &err), 0);
    nax_hardware_free(h);
}

/* What nax_hardware_describe hands over. */
struct lines {
    size_t n;
    char key[512][64], value[512][64];
};

static void take_line(void *self, const char *key, const char *value)
{
    struct lines *lines = self;
    assert_true(lines->n < 512 && strlen(key) < 64 && strlen(value) < 64);
    snprintf(lines->key[lines->n], 64, "%s", key);
    snprintf(lines->value[lines->n++], 64, "%s", value);
}

static uint64_t describe(const struct nax_hardware *h, struct lines *lines)
{
    *lines = (struct lines){.n = 0};
    nax_hardware_describe(h, take_line, lines);
    return nax_hardware_hash(h);
}

/* Loads the default with these sets; false: it does not load. */
static bool describe_set(const char *const *sets, size_t n, struct lines *lines, uint64_t *hash)
{
    struct nax_hardware *h;
    if (nax_hardware_load_set(&h, "nax-reram", sets, n, NULL))
        return false;
    *hash = describe(h, lines);
    nax_hardware_free(h);
    return true;
}

/* What layers have of their own, by file and by sets, in whatever order. */
static void layers_have_bits_of_their_own(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_hardware *h, *with;
    const char *sets[] = {"adc.bits=7", "adc.layers.fc.bits=5", "adc.layers.stem.range=ideal",
                          "adc.range=percentile", "adc.range_frac=0.97"};
    const struct nax_converters layers[] = {{"stem", 6, 0}, {"conv2", 0, 0.385}, {"fc", 4, 0.25}};
    if (nax_hardware_load_set(&h, "nax-reram", sets, 5, &err) ||
        nax_hardware_convert(&with, h, NULL, layers, 3, &err))
        fail_msg("%s", err.text);
    const struct {
        const char *layer;
        struct nax_layer_adc before, after;
    } expected[] = {
        {"fc", {NAX_ADC_RANGE_PERCENTILE, 0.97, 5}, {NAX_ADC_RANGE_FRACTION, 0.25, 4}},
        {"stem", {NAX_ADC_RANGE_IDEAL, 0, 7}, {NAX_ADC_RANGE_IDEAL, 0, 6}},
        {"conv2", {NAX_ADC_RANGE_PERCENTILE, 0.97, 7}, {NAX_ADC_RANGE_FRACTION, 0.385, 7}},
        {"conv3", {NAX_ADC_RANGE_PERCENTILE, 0.97, 7}, {NAX_ADC_RANGE_PERCENTILE, 0.97, 7}}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        for (int k = 0; k < 2; k++) {
            struct nax_layer_adc adc = nax_layer_adc_of(k ? with : h, expected[i].layer);
            const struct nax_layer_adc *wanted = k ? &expected[i].after : &expected[i].before;
            assert_int_equal(adc.range, wanted->range);
            assert_true(adc.range_frac == wanted->range_frac);
            assert_int_equal(adc.bits, wanted->bits);
        }
    assert_true(nax_hardware_hash(with) != nax_hardware_hash(h));
    nax_hardware_convert_free(with);
    /* bits cost something, a range does not */
    assert_int_equal(nax_hardware_check_acts(h, sets[1], NAX_PART_COSTS, "costs", &err), 0);
    assert_int_equal(nax_hardware_check_acts(h, sets[1], NAX_PART_CODES, "codes", &err), 0);
    assert_int_equal(nax_hardware_check_acts(h, sets[2], NAX_PART_COSTS, "costs", &err),
                     NAX_ERR_VALUE);
    nax_hardware_free(h);
}

static void layers_have_ranges_of_their_own(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_hardware *h = NULL, *other = NULL;
    const char *sets[] = {"adc.layers.fc.range_frac=0.385",
                          "adc.layers.stem.range=ideal",
                          "adc.layers.fc.range=fraction",
                          "adc.range=percentile",
                          "adc.range_frac=0.97",
                          "adc.layers.conv2.range_frac=0.9"};
    const char *again[] = {sets[5], sets[4], sets[3], sets[2], sets[1], sets[0]};
    if (nax_hardware_load_set(&h, "nax-reram", sets, 6, &err) ||
        nax_hardware_load_set(&other, "nax-reram", again, 6, &err))
        fail_msg("%s", err.text);
    assert_int_equal(h->adc.n_layers, 3);
    assert_true(nax_hardware_hash(h) == nax_hardware_hash(other));
    nax_hardware_free(other);
    const struct {
        const char *layer;
        enum nax_adc_range range;
        double frac;
    } expected[] = {{"fc", NAX_ADC_RANGE_FRACTION, 0.385},
                    {"stem", NAX_ADC_RANGE_IDEAL, 0}, /* which takes none */
                    {"conv2", NAX_ADC_RANGE_PERCENTILE, 0.9},
                    {"conv3", NAX_ADC_RANGE_PERCENTILE, 0.97}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct nax_layer_adc adc = nax_layer_adc_of(h, expected[i].layer);
        assert_int_equal(adc.range, expected[i].range);
        assert_true(adc.range_frac == expected[i].frac);
    }
    /* a range of its own has a range_frac of its own: the row's */
    assert_int_equal(nax_hardware_load_set(&other, "nax-reram",
                                           (const char *const[]){sets[2], sets[3], sets[4]}, 3,
                                           &err),
                     0);
    assert_true(nax_layer_adc_of(other, "fc").range_frac == 1);
    assert_true(nax_hardware_hash(h) != nax_hardware_hash(other));
    nax_hardware_free(other);
    /* the description is what sets make again */
    static struct lines lines, told;
    static char text[512][160];
    const char *all[512];
    size_t n = 0;
    uint64_t hash = describe(h, &lines);
    for (size_t i = 0; i < lines.n; i++) {
        snprintf(text[n], sizeof text[n], "%s=%s", lines.key[i], lines.value[i]);
        if (!strncmp(text[n], "adc.", 4))
            all[n] = text[n], n++;
    }
    assert_int_equal(nax_hardware_load_set(&other, "nax-reram", all, n, &err), 0);
    assert_true(describe(other, &told) == hash);
    nax_hardware_free(other);
    nax_hardware_free(h);
    /* the same from a file, which may keep the range_frac of a range that is not chosen */
    int line;
    assert_int_equal(load_changed("zero: reference",
                                  "zero: reference\n  range_frac: 0.9\n  layers:\n"
                                  "  - {name: fc, range: fraction, range_frac: 0.385}\n"
                                  "  - {name: stem, range: ideal, range_frac: 0.2}",
                                  &line, &err),
                     0);
}

/* Finds a value that the key may have besides its own, as "key=value". */
static bool find_other(const char *key, const char *own, char set[160])
{
    static const char *const values[] = {
        "3",        "7",          "0.385",      "7.1e5",      "auto",   "normal",   "pcm",
        "open",     "offset",     "calibrated", "digital",    "linear", "shared",   "layer-tiles",
        "constant", "pipelined",  "always",     "least-edap", "gated",  "separate", "reloaded",
        "array",    "unit",       "core",       "tile",       "row",    "col",      "alu",
        "edram",    "two-passes", "device",     "table",      "ideal"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct nax_hardware *h;
        snprintf(set, 160, "%s=%s", key, values[i]);
        if (!strcmp(values[i], own) ||
            nax_hardware_load_set(&h, "nax-reram", (const char *const[]){set}, 1, NULL))
            continue;
        nax_hardware_free(h);
        return true;
    }
    return false;
}

/* Every key changes its own line and the hash, and what all of them are is read back. */
static void descriptions_name_every_key_and_read_back(void **state)
{
    (void)state;
    static struct lines plain, changed, again;
    static char set[512][160];
    static const char *sets[512];
    uint64_t hash, other, whole;
    assert_true(describe_set(NULL, 0, &plain, &hash));
    size_t n_sets = 0;
    for (size_t i = 0; i < plain.n; i++) {
        if (!strcmp(plain.key[i], "device.programming.table"))
            continue; /* stands for what is in it */
        if (!find_other(plain.key[i], plain.value[i], set[n_sets])) {
            const char *last = strrchr(plain.key[i], '.');
            bool is_fixed = /* only arrays and units have rows; only nodes have links */
                !strcmp(last, ".per") || !strcmp(plain.key[i], "components.link.level");
            if (!is_fixed)
                fail_msg("no other value for %s", plain.key[i]);
            continue;
        }
        sets[n_sets] = set[n_sets];
        assert_true(describe_set(&sets[n_sets++], 1, &changed, &other));
        assert_true(other != hash);
        assert_int_equal(changed.n, plain.n);
        for (size_t k = 0; k < plain.n; k++)
            if (strcmp(plain.key[k], changed.key[k]) ||
                !strcmp(plain.value[k], changed.value[k]) != (k != i))
                fail_msg("%s: %s=%s", set[n_sets - 1], changed.key[k], changed.value[k]);
    }
    assert_true(n_sets > 200);
    assert_true(describe_set(sets, n_sets, &changed, &whole));
    n_sets = 0;
    for (size_t i = 0; i < changed.n; i++)
        if (*changed.value[i]) {
            snprintf(set[n_sets], 160, "%s=%s", changed.key[i], changed.value[i]);
            sets[n_sets] = set[n_sets];
            n_sets++;
        }
    assert_true(describe_set(sets, n_sets, &again, &other));
    assert_memory_equal(&again, &changed, sizeof again);
    assert_true(other == whole);
    /* names and sources are for people */
    const char *labels[] = {"name=x", "components.edram.source=y"};
    assert_true(describe_set(labels, 2, &changed, &other));
    assert_true(other == hash);
}

static uint64_t hash_of_cells(const char *path, const char *cells)
{
    char table[96];
    snprintf(table, sizeof table, "device.programming.table=%s", path);
    const char *sets[] = {"device.programming.error=measured", table};
    struct nax_hardware *h;
    struct nax_err err;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "target_siemens,g_siemens\n%s", cells);
    fclose(f);
    if (nax_hardware_load_set(&h, "puma", sets, 2, &err))
        fail_msg("%s", err.text);
    remove(path);
    uint64_t hash = nax_hardware_hash(h);
    nax_hardware_free(h);
    return hash;
}

/* What is left out as a key of no effect, on the default hardware: keys of laws that are not
 * chosen. */
static void refuse_one(void *self, const char *key, const char *value)
{
    (void)value;
    const struct nax_hardware *h = self;
    static const char *const idle[] = {
        "device.programming.error_frac",
        "device.programming.range_siemens",
        "device.programming.table",
        "device.programming.drift_nu",
        "device.programming.drift_nu_sd",
        "device.programming.drift_start_seconds",
        "device.programming.time_seconds",
        "array.level_frac",
        "array.input_frac",
        "array.c_wire_ff",
        "hierarchy.copies",
        "adc.energy_pj",
        "adc.area_mm2",
        "adc.technology_nm",
        "adc.range_frac",
    };
    struct nax_err err = {.text = ""};
    char set[160];
    bool is_idle = false;
    snprintf(set, sizeof set, "%s=1", key);
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        is_idle = is_idle || !strcmp(key, idle[i]);
    int status = nax_hardware_check_acts(h, set, ~0U, "anything", &err);
    if (is_idle != (status == NAX_ERR_VALUE))
        fail_msg("%s: %s", key, err.text);
    if (is_idle && !strstr(err.text, " has no effect while "))
        fail_msg("%s: %s", key, err.text);
    if (nax_hardware_check_acts(h, set, 0, "nothing", &err) != NAX_ERR_VALUE)
        fail_msg("%s acts on nothing", key);
}

static void keys_without_effect_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *law, *key;
    } cases[] = {
        {"device.programming.error=normal", "device.programming.error_frac=0.1"},
        {"device.programming.error=rram-wan", "device.programming.range_siemens=1e-5"},
        {"device.programming.drift=pcm", "device.programming.range_siemens=1e-5"},
        {"device.programming.drift=pcm", "device.programming.time_seconds=100"},
        {"device.programming.read_noise=pcm", "device.programming.time_seconds=100"},
        {"array.read_time=rc", "array.c_wire_ff=1"},
        {"array.read_time=rc", "device.r_wire_col_ohm=1"},
        {"array.energy=device", "device.v_read_v=1"},
        {"array.energy=device", "array.input_frac=0.5"},
        {"adc.law=survey", "adc.technology_nm=22"},
        {"hierarchy.replicate_mm2=30", "hierarchy.copies=least-edap"},
    };
    struct nax_hardware *h;
    struct nax_err err;
    assert_int_equal(nax_hardware_load(&h, "nax-reram", &err), 0);
    nax_hardware_describe(h, refuse_one, h);
    assert_int_equal(nax_hardware_check_acts(h, "device.r_on_ohm=1", NAX_PART_COSTS, "costs", &err),
                     NAX_ERR_VALUE);
    assert_string_equal(err.text, "device.r_on_ohm has no effect while array.energy is table: "
                                  "'device.r_on_ohm=1'");
    assert_int_equal(
        nax_hardware_check_acts(h, "timing.clock_ghz=1", NAX_PART_CELLS, "the cells", &err),
        NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "timing.clock_ghz has no effect on the cells: 'timing.clock_ghz=1'");
    nax_hardware_free(h);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned parts =
            strncmp(cases[i].key, "device.p", 8) ? NAX_PART_COSTS : NAX_PART_CELLS | NAX_PART_NOISE;
        assert_int_equal(nax_hardware_load_set(&h, "nax-reram", &cases[i].law, 1, &err), 0);
        if (nax_hardware_check_acts(h, cases[i].key, parts, "it", &err))
            fail_msg("%s", err.text);
        nax_hardware_free(h);
    }
}

static void tables_of_cells_count_by_what_is_in_them(void **state)
{
    (void)state;
    char path[64], other[64];
    snprintf(path, sizeof path, P_tmpdir "/nax-cells-%ld.csv", (long)getpid());
    snprintf(other, sizeof other, P_tmpdir "/nax-others-%ld.csv", (long)getpid());
    uint64_t hash = hash_of_cells(path, "1e-5,1.1e-5\n2e-5,1.8e-5\n");
    assert_true(hash == hash_of_cells(other, "2e-5,1.8e-5\n1e-5,1.1e-5\n"));
    assert_true(hash != hash_of_cells(path, "1e-5,1.1e-5\n2e-5,1.9e-5\n"));
    assert_true(hash != hash_of_cells(path, "1e-5,1.1e-5\n2.1e-5,1.9e-5\n"));
    assert_true(hash != hash_of_cells(path, "1e-5,1.1e-5\n"));
}

/* Keys that once were required load for a release more, with a line for people each. */
static void retired_keys_are_told(void **state)
{
    (void)state;
    struct nax_hardware *h;
    struct nax_err err;
    char *text, path[256], name[256];
    size_t size;
    assert_int_equal(nax_config_read("hardware", "puma", &text, &size, path, &err), 0);
    char *at = strstr(text, "  slice_bits");
    assert_non_null(at);
    snprintf(name, sizeof name, P_tmpdir "/nax-retired-%ld.yaml", (long)getpid());
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fprintf(f, "%.*s  weight_fraction_bits: 12\n%s", (int)(at - text), text, at);
    assert_int_equal(fclose(f), 0);
    free(text);
    const char *set = "precision.input_fraction_bits=12";
    if (nax_hardware_load_set(&h, name, &set, 1, &err))
        fail_msg("%s", err.text);
    remove(name);
    assert_int_equal(h->n_notes, 2);
    assert_int_equal(strncmp(h->notes[0], name, strlen(name)), 0);
    assert_string_equal(h->notes[0] + strlen(name),
                        ":16: key 'weight_fraction_bits': nothing reads this key any more, leave "
                        "it out");
    assert_string_equal(h->notes[1], "nothing reads this key any more, leave it out: "
                                     "'precision.input_fraction_bits=12'");
    nax_hardware_free(h);
    assert_int_equal(nax_hardware_load(&h, "puma", &err), 0);
    assert_int_equal(h->n_notes, 0);
    nax_hardware_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_files_load),
        cmocka_unit_test(the_default_is_the_setting_of_nax),
        cmocka_unit_test(values_between_the_sizes_of_a_table_follow_a_power_law),
        cmocka_unit_test(errors_name_line_and_key),
        cmocka_unit_test(single_values_are_set),
        cmocka_unit_test(wrong_settings_are_quoted),
        cmocka_unit_test(layers_have_bits_of_their_own),
        cmocka_unit_test(layers_have_ranges_of_their_own),
        cmocka_unit_test(descriptions_name_every_key_and_read_back),
        cmocka_unit_test(keys_without_effect_are_told),
        cmocka_unit_test(tables_of_cells_count_by_what_is_in_them),
        cmocka_unit_test(retired_keys_are_told),
        cmocka_unit_test(broken_tables_of_cells_are_refused),
    };
    return cmocka_run_group_tests_name("hardware", tests, NULL, NULL);
}
