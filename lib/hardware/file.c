/* Hardware files: their YAML schema and loading. */
#include "cells.h"
#include "check.h"
#include "set.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the YAML as libcyaml loads it --- */

struct yaml_component {
    char *name, *source;
    enum nax_level level;
    enum nax_per per;
    enum nax_event event;
    double *count;
    struct nax_component_values one, *table;
    uint32_t n_table;
};

struct yaml_adc {
    char *bits; /* a number or "auto" */
    struct nax_adc adc;
};

struct yaml_hardware {
    char *name;
    struct nax_device device;
    struct nax_precision precision;
    enum nax_unused unused;
    enum nax_signs signs;
    struct yaml_adc adc;
    struct nax_hierarchy hierarchy;
    struct nax_timing timing;
    struct nax_movement movement;
    struct nax_counting counting;
    struct yaml_component *components;
    uint32_t n_components;
};

enum { ONE = CYAML_FLAG_DEFAULT, PTR = CYAML_FLAG_POINTER, MAYBE = CYAML_FLAG_OPTIONAL };
enum { WORD = CYAML_FLAG_STRICT, COMPONENTS_MAX = 64 };

static const cyaml_strval_t unused_words[] = {{"off", NAX_UNUSED_OFF}, {"open", NAX_UNUSED_OPEN}};
static const cyaml_strval_t signs_words[] = {{"differential", NAX_SIGNS_DIFFERENTIAL},
                                             {"differential-analog", NAX_SIGNS_DIFFERENTIAL_ANALOG},
                                             {"offset", NAX_SIGNS_OFFSET}};
static const cyaml_strval_t zero_words[] = {{"reference", NAX_ADC_ZERO_REFERENCE},
                                            {"digital", NAX_ADC_ZERO_DIGITAL},
                                            {"signed", NAX_ADC_ZERO_SIGNED}};
static const cyaml_strval_t range_words[] = {{"ideal", NAX_ADC_RANGE_IDEAL},
                                             {"calibrated", NAX_ADC_RANGE_CALIBRATED}};
static const cyaml_strval_t law_words[] = {{"constant", NAX_ADC_LAW_CONSTANT},
                                           {"linear", NAX_ADC_LAW_LINEAR},
                                           {"saberi", NAX_ADC_LAW_SABERI},
                                           {"survey", NAX_ADC_LAW_SURVEY}};
static const cyaml_strval_t packing_words[] = {{"shared", NAX_PACKING_SHARED},
                                               {"layer-cores", NAX_PACKING_LAYER_CORES},
                                               {"layer-tiles", NAX_PACKING_LAYER_TILES}};
static const cyaml_strval_t schedule_words[] = {{"sequential", NAX_ORDER_SEQUENTIAL},
                                                {"pipelined", NAX_ORDER_PIPELINED}};
static const cyaml_strval_t idle_words[] = {{"paid", NAX_IDLE_PAID}, {"gated", NAX_IDLE_GATED}};
static const cyaml_strval_t batch_norm_words[] = {{"folded", NAX_BATCH_NORM_FOLDED},
                                                  {"separate", NAX_BATCH_NORM_SEPARATE}};
static const cyaml_strval_t windows_words[] = {{"kept", NAX_WINDOWS_KEPT},
                                               {"reloaded", NAX_WINDOWS_RELOADED}};
static const cyaml_strval_t level_words[] = {{"array", NAX_LEVEL_ARRAY},
                                             {"unit", NAX_LEVEL_UNIT},
                                             {"core", NAX_LEVEL_CORE},
                                             {"tile", NAX_LEVEL_TILE},
                                             {"node", NAX_LEVEL_NODE}};
static const cyaml_strval_t per_words[] = {
    {"one", NAX_PER_ONE}, {"row", NAX_PER_ROW}, {"col", NAX_PER_COL}, {"cell", NAX_PER_CELL}};
static const cyaml_strval_t event_words[] = {{"none", NAX_EVENT_NONE},
                                             {"array_read", NAX_EVENT_ARRAY_READ},
                                             {"dac", NAX_EVENT_DAC},
                                             {"conversion", NAX_EVENT_CONVERSION},
                                             {"shift_add", NAX_EVENT_SHIFT_ADD},
                                             {"input_read", NAX_EVENT_INPUT_READ},
                                             {"input_write", NAX_EVENT_INPUT_WRITE},
                                             {"output_access", NAX_EVENT_OUTPUT_ACCESS},
                                             {"alu", NAX_EVENT_ALU},
                                             {"activation", NAX_EVENT_ACTIVATION},
                                             {"data_memory", NAX_EVENT_DATA_MEMORY},
                                             {"core_instruction", NAX_EVENT_CORE_INSTRUCTION},
                                             {"core_cycle", NAX_EVENT_CORE_CYCLE},
                                             {"edram", NAX_EVENT_EDRAM},
                                             {"bus", NAX_EVENT_BUS},
                                             {"receive", NAX_EVENT_RECEIVE},
                                             {"counter", NAX_EVENT_COUNTER},
                                             {"tile_instruction", NAX_EVENT_TILE_INSTRUCTION},
                                             {"tile_cycle", NAX_EVENT_TILE_CYCLE},
                                             {"noc", NAX_EVENT_NOC},
                                             {"link", NAX_EVENT_LINK}};

#define CHOICE(name, flags, type, field, words)                                                    \
    CYAML_FIELD_ENUM(name, flags, struct type, field, words, sizeof(words) / sizeof *(words))
#define REAL(type, field)  CYAML_FIELD_FLOAT(#field, ONE, struct type, field)
#define WHOLE(type, field) CYAML_FIELD_INT(#field, ONE, struct type, field)
#define ADC(kind, field)   CYAML_FIELD_##kind(#field, ONE, struct yaml_adc, adc.field)
#define VALUE(type, field) CYAML_FIELD_FLOAT(#field, MAYBE, struct type, field)
#define SECTION(name, field)                                                                       \
    CYAML_FIELD_MAPPING(name, ONE, struct yaml_hardware, field, field##_fields)

static const cyaml_strval_t program_error_words[] = {
    {"exact", NAX_PROGRAM_EXACT},         {"normal", NAX_PROGRAM_NORMAL},
    {"lognormal", NAX_PROGRAM_LOGNORMAL}, {"pcm", NAX_PROGRAM_PCM},
    {"rram-milo", NAX_PROGRAM_RRAM_MILO}, {"rram-wan", NAX_PROGRAM_RRAM_WAN},
    {"measured", NAX_PROGRAM_MEASURED}};
static const cyaml_strval_t drift_words[] = {
    {"none", NAX_DRIFT_NONE}, {"power", NAX_DRIFT_POWER}, {"pcm", NAX_DRIFT_PCM}};

/* Every key may be missing: zeros are a perfect chip. */
#define MAYBE_REAL(name) CYAML_FIELD_FLOAT(#name, MAYBE, struct nax_programming, name)
static const cyaml_schema_field_t programming_fields[] = {
    CYAML_FIELD_ENUM("error", MAYBE | WORD, struct nax_programming, error, program_error_words,
                     CYAML_ARRAY_LEN(program_error_words)),
    MAYBE_REAL(error_frac),
    MAYBE_REAL(range_siemens),
    CYAML_FIELD_STRING("table", MAYBE, struct nax_programming, table, 0),
    CYAML_FIELD_INT("levels", MAYBE, struct nax_programming, levels),
    MAYBE_REAL(stuck_on_frac),
    MAYBE_REAL(stuck_off_frac),
    CYAML_FIELD_ENUM("drift", MAYBE | WORD, struct nax_programming, drift, drift_words,
                     CYAML_ARRAY_LEN(drift_words)),
    MAYBE_REAL(drift_nu),
    MAYBE_REAL(drift_nu_sd),
    MAYBE_REAL(drift_start_seconds),
    MAYBE_REAL(time_seconds),
    MAYBE_REAL(read_noise_frac),
    CYAML_FIELD_END};

static const cyaml_schema_field_t device_fields[] = {
    REAL(nax_device, r_on_ohm),
    REAL(nax_device, r_off_ohm),
    REAL(nax_device, v_read_v),
    REAL(nax_device, r_wire_row_ohm),
    REAL(nax_device, r_wire_col_ohm),
    REAL(nax_device, r_source_ohm),
    REAL(nax_device, r_sink_ohm),
    REAL(nax_device, v0_v),
    CYAML_FIELD_MAPPING("programming", MAYBE, struct nax_device, programming, programming_fields),
    CYAML_FIELD_END};

static const cyaml_schema_field_t precision_fields[] = {WHOLE(nax_precision, weight_bits),
                                                        WHOLE(nax_precision, weight_fraction_bits),
                                                        WHOLE(nax_precision, input_bits),
                                                        WHOLE(nax_precision, input_fraction_bits),
                                                        WHOLE(nax_precision, slice_bits),
                                                        WHOLE(nax_precision, stream_bits),
                                                        CYAML_FIELD_END};

static const cyaml_schema_field_t adc_fields[] = {
    CYAML_FIELD_STRING_PTR("bits", PTR, struct yaml_adc, bits, 1, 8),
    CHOICE("zero", WORD, yaml_adc, adc.zero, zero_words),
    CHOICE("range", MAYBE | WORD, yaml_adc, adc.range, range_words),
    CHOICE("law", WORD, yaml_adc, adc.law, law_words),
    ADC(FLOAT, energy_pj),
    ADC(FLOAT, area_mm2),
    ADC(FLOAT, leakage_frac),
    ADC(FLOAT, sample_rate_ghz),
    ADC(FLOAT, technology_nm),
    ADC(FLOAT, latency_per_bit_ns),
    ADC(FLOAT, latency_per_col_ns),
    ADC(INT, arrays_per_adc),
    ADC(INT, adcs_per_array),
    CYAML_FIELD_END};

static const cyaml_schema_field_t hierarchy_fields[] = {
    WHOLE(nax_hierarchy, units_per_core),
    WHOLE(nax_hierarchy, units_crossbar),
    WHOLE(nax_hierarchy, cores_per_tile),
    WHOLE(nax_hierarchy, tiles_per_node),
    CHOICE("packing", WORD, nax_hierarchy, packing, packing_words),
    REAL(nax_hierarchy, replicate_mm2),
    CYAML_FIELD_END};

static const cyaml_schema_field_t timing_fields[] = {
    REAL(nax_timing, clock_ghz), CHOICE("schedule", WORD, nax_timing, schedule, schedule_words),
    WHOLE(nax_timing, pipeline_stages), CYAML_FIELD_END};

static const cyaml_schema_field_t movement_fields[] = {
    WHOLE(nax_movement, edram_bits), WHOLE(nax_movement, bus_bits), WHOLE(nax_movement, flit_bits),
    WHOLE(nax_movement, noc_hops), CYAML_FIELD_END};

static const cyaml_schema_field_t counting_fields[] = {
    CHOICE("idle", WORD, nax_counting, idle, idle_words),
    CHOICE("batch_norm", WORD, nax_counting, batch_norm, batch_norm_words),
    CHOICE("windows", WORD, nax_counting, windows, windows_words), CYAML_FIELD_END};

static const cyaml_schema_field_t row_fields[] = {WHOLE(nax_component_values, crossbar),
                                                  VALUE(nax_component_values, area_mm2),
                                                  VALUE(nax_component_values, leakage_mw),
                                                  VALUE(nax_component_values, energy_pj),
                                                  VALUE(nax_component_values, power_mw),
                                                  VALUE(nax_component_values, latency_ns),
                                                  CYAML_FIELD_END};

static const cyaml_schema_value_t row_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct nax_component_values, row_fields)};

#define COMPONENT(field) CYAML_FIELD_FLOAT(#field, MAYBE, struct yaml_component, one.field)

static const cyaml_schema_field_t component_fields[] = {
    CYAML_FIELD_STRING_PTR("name", PTR, struct yaml_component, name, 1, 31),
    CYAML_FIELD_STRING_PTR("source", PTR, struct yaml_component, source, 1, 127),
    CHOICE("level", WORD, yaml_component, level, level_words),
    CHOICE("per", WORD | MAYBE, yaml_component, per, per_words),
    CHOICE("event", WORD, yaml_component, event, event_words),
    CYAML_FIELD_FLOAT_PTR("count", PTR | MAYBE, struct yaml_component, count),
    COMPONENT(area_mm2),
    COMPONENT(leakage_mw),
    COMPONENT(energy_pj),
    COMPONENT(power_mw),
    COMPONENT(latency_ns),
    CYAML_FIELD_SEQUENCE_COUNT("table", PTR | MAYBE, struct yaml_component, table, n_table,
                               &row_value, 1, NAX_COMPONENT_VALUES_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t component_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_component, component_fields)};

static const cyaml_schema_field_t hardware_fields[] = {
    CYAML_FIELD_STRING_PTR("name", PTR, struct yaml_hardware, name, 1, 63),
    SECTION("device", device),
    SECTION("precision", precision),
    CHOICE("unused", WORD, yaml_hardware, unused, unused_words),
    CHOICE("signs", WORD, yaml_hardware, signs, signs_words),
    SECTION("adc", adc),
    SECTION("hierarchy", hierarchy),
    SECTION("timing", timing),
    SECTION("movement", movement),
    SECTION("counting", counting),
    CYAML_FIELD_SEQUENCE_COUNT("components", PTR, struct yaml_hardware, components, n_components,
                               &component_value, 1, COMPONENTS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t hardware_schema = {
    CYAML_VALUE_MAPPING(PTR, struct yaml_hardware, hardware_fields)};

const char *nax_level_name(enum nax_level level)
{
    return level_words[level].str;
}

const char *nax_event_name(enum nax_event event)
{
    return event_words[event].str;
}

/* --- from the YAML to the structure --- */

static int read_adc_bits(const struct hardware_source *source, const char *word, int *bits)
{
    char *end;
    long value = strtol(word, &end, 10);
    *bits = 0;
    if (!strcmp(word, "auto"))
        return 0;
    if (*end || value < 1 || value > NAX_ADC_BITS_MAX)
        return nax_hardware_fail(source, "adc.bits", "neither auto nor a number from 1 to %d: '%s'",
                                 NAX_ADC_BITS_MAX, word);
    *bits = (int)value;
    return 0;
}

static void read_component(const struct yaml_component *y, struct nax_component *c)
{
    snprintf(c->name, sizeof c->name, "%s", y->name);
    snprintf(c->source, sizeof c->source, "%s", y->source);
    c->level = y->level;
    c->per = y->per;
    c->event = y->event;
    c->count = y->count ? *y->count : 1;
    c->n_values = y->n_table ? y->n_table : 1;
    memcpy(c->values, y->n_table ? y->table : &y->one, c->n_values * sizeof *c->values);
}

/* A component has either values or a table of them. */
static int check_table(const struct hardware_source *source, const struct yaml_component *y,
                       size_t i)
{
    const struct nax_component_values *v = &y->one;
    char key[48];
    if (!y->n_table || (v->area_mm2 == 0 && v->leakage_mw == 0 && v->energy_pj == 0 &&
                        v->power_mw == 0 && v->latency_ns == 0))
        return 0;
    snprintf(key, sizeof key, "components.%zu.table", i);
    return nax_hardware_fail(source, key, "component '%s' has both values and a table", y->name);
}

static int read_hardware(const struct hardware_source *source, const struct yaml_hardware *y,
                         struct nax_hardware *h)
{
    snprintf(h->name, sizeof h->name, "%s", y->name);
    snprintf(h->path, sizeof h->path, "%s", source->path);
    h->device = y->device;
    h->precision = y->precision;
    h->unused = y->unused;
    h->signs = y->signs;
    h->adc = y->adc.adc;
    h->hierarchy = y->hierarchy;
    h->timing = y->timing;
    h->movement = y->movement;
    h->counting = y->counting;
    int status = read_adc_bits(source, y->adc.bits, &h->adc.bits);
    if (status)
        return status;
    if (!(h->components = nax_calloc(y->n_components, sizeof *h->components)))
        return nax_err_set(source->err, NAX_ERR_MEMORY, "out of memory: '%s'", source->path);
    h->n_components = y->n_components;
    for (size_t i = 0; i < h->n_components; i++) {
        if ((status = check_table(source, &y->components[i], i)))
            return status;
        read_component(&y->components[i], &h->components[i]);
    }
    return nax_hardware_check(source, h);
}

/* The table of measured cells, where the error is theirs. */
static int read_cells(const struct hardware_source *source, struct nax_programming *p)
{
    struct nax_cells *cells;
    struct nax_err err;
    if (p->error != NAX_PROGRAM_MEASURED)
        return 0;
    int status = nax_cells_load(&cells, p->table, &err);
    if (status)
        return nax_hardware_fail(source, "device.programming.table", "%s", err.text);
    p->cells = cells;
    return 0;
}

int nax_hardware_load_set(struct nax_hardware **hardware, const char *name, const char *const *sets,
                          size_t n_sets, struct nax_err *err)
{
    struct nax_hardware *h = NULL;
    void *yaml = NULL;
    char *text = NULL, path[256];
    size_t size;
    int status = nax_config_read("hardware", name, &text, &size, path, err);
    if (status)
        return status;
    if ((status = nax_yaml_load(path, text, size, &hardware_schema, &yaml, err)))
        goto out;
    if (!(h = nax_calloc(1, sizeof *h))) {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        goto out;
    }
    const struct hardware_source source = {path, text, size, sets, n_sets, h, err};
    for (size_t i = 0; i < n_sets && !status; i++)
        status = nax_hardware_set(hardware_fields, yaml, sets[i], err);
    if (!status)
        status = read_hardware(&source, yaml, h);
    if (!status)
        status = read_cells(&source, &h->device.programming);
out:
    if (status)
        nax_hardware_free(h);
    else
        *hardware = h;
    if (yaml)
        nax_yaml_free(&hardware_schema, yaml);
    free(text);
    return status;
}

int nax_hardware_load(struct nax_hardware **hardware, const char *name, struct nax_err *err)
{
    return nax_hardware_load_set(hardware, name, NULL, 0, err);
}

void nax_hardware_free(struct nax_hardware *hardware)
{
    if (!hardware)
        return;
    nax_cells_free(hardware->device.programming.cells);
    free(hardware->components);
    free(hardware);
}
