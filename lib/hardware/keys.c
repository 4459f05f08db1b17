/* The keys of a hardware file. */
#include "keys.h"
#include "../base/decimal.h"
#include "words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Resistances from a thousandth of an ohm to a teraohm; wires may have none. */
#define OHM_MIN  1e-3
#define OHM_MAX  1e12
#define TINY     1e-12
#define LARGE    1e12
#define MANY     (1 << 20)
#define BITS_MAX 24

/* A member's place, and the kind of number that it is. */
#define AT(type, path) .name = #path, .offset = offsetof(struct type, path)
#define NUMBER_AT(type, path)                                                                      \
    AT(type, path), .kind = _Generic(((struct type *)0)->path, double : KEY_REAL, int : KEY_WHOLE)

#define NUMBER(path, low, high)                                                                    \
    {                                                                                              \
        NUMBER_AT(nax_hardware, path), .min = (low), .max = (high)                                 \
    }
#define MAYBE(path, low, high)                                                                     \
    {                                                                                              \
        NUMBER_AT(nax_hardware, path), .min = (low), .max = (high), .is_optional = true            \
    }
#define WORD(path, table)                                                                          \
    {                                                                                              \
        AT(nax_hardware, path), .kind = KEY_WORD, .words = &(table)                                \
    }
#define MAYBE_WORD(path, table)                                                                    \
    {                                                                                              \
        AT(nax_hardware, path), .kind = KEY_WORD, .words = &(table), .is_optional = true           \
    }
#define TEXT_AT(type, path)                                                                        \
    AT(type, path), .kind = KEY_TEXT, .min = 1, .max = sizeof((struct type *)0)->path

static const struct hardware_key hardware_keys[] = {
    {TEXT_AT(nax_hardware, name)},
    NUMBER(device.r_on_ohm, OHM_MIN, OHM_MAX),
    NUMBER(device.r_off_ohm, OHM_MIN, OHM_MAX),
    NUMBER(device.v_read_v, 1e-6, 1e3),
    NUMBER(device.r_wire_row_ohm, 0, OHM_MAX),
    NUMBER(device.r_wire_col_ohm, 0, OHM_MAX),
    NUMBER(device.r_source_ohm, 0, OHM_MAX),
    NUMBER(device.r_sink_ohm, 0, OHM_MAX),
    NUMBER(device.v0_v, 0, 1e3),
    MAYBE_WORD(device.programming.error, nax_program_words),
    MAYBE(device.programming.error_frac, 0, 10),
    MAYBE(device.programming.range_siemens, 0, 1e3),
    {AT(nax_hardware, device.programming.table), .kind = KEY_FILE, .max = 256, .is_optional = true},
    MAYBE(device.programming.levels, 0, MANY),
    MAYBE(device.programming.stuck_on_frac, 0, 1),
    MAYBE(device.programming.stuck_off_frac, 0, 1),
    MAYBE_WORD(device.programming.drift, nax_drift_words),
    MAYBE(device.programming.drift_nu, -10, 10),
    MAYBE(device.programming.drift_nu_sd, 0, 10),
    MAYBE(device.programming.drift_start_seconds, 0, LARGE),
    MAYBE(device.programming.time_seconds, 0, LARGE),
    MAYBE_WORD(device.programming.read_noise, nax_read_noise_words),
    MAYBE(device.programming.read_noise_frac, 0, 10),
    NUMBER(precision.weight_bits, 1, BITS_MAX),
    {.name = "precision.weight_fraction_bits", .kind = KEY_RETIRED, .is_optional = true},
    NUMBER(precision.input_bits, 1, BITS_MAX),
    {.name = "precision.input_fraction_bits", .kind = KEY_RETIRED, .is_optional = true},
    NUMBER(precision.slice_bits, 1, 8),
    NUMBER(precision.stream_bits, 1, 8),
    WORD(unused, nax_unused_words),
    WORD(signs, nax_signs_words),
    MAYBE_WORD(input_signs, nax_input_signs_words),
    MAYBE_WORD(array.read_time, nax_read_time_words),
    MAYBE(array.c_wire_ff, 0, 1e6),
    MAYBE_WORD(array.energy, nax_array_energy_words),
    MAYBE(array.level_frac, 0, 1),
    MAYBE(array.input_frac, 0, 1),
    MAYBE_WORD(dac.law, nax_dac_law_words),
    {NUMBER_AT(nax_hardware, adc.bits), .min = 1, .max = BITS_MAX, .zero = "auto"},
    WORD(adc.zero, nax_adc_zero_words),
    MAYBE_WORD(adc.range, nax_adc_range_words),
    MAYBE(adc.range_frac, 0, 1),
    WORD(adc.law, nax_adc_law_words),
    NUMBER(adc.energy_pj, 0, LARGE),
    NUMBER(adc.area_mm2, 0, LARGE),
    NUMBER(adc.leakage_frac, 0, 1),
    NUMBER(adc.sample_rate_ghz, 1e-6, 1e3),
    NUMBER(adc.technology_nm, 1, 1e4),
    NUMBER(adc.latency_per_bit_ns, 0, LARGE),
    NUMBER(adc.latency_per_col_ns, 0, LARGE),
    NUMBER(adc.arrays_per_adc, 1, 64),
    NUMBER(adc.adcs_per_array, 1, 65536),
    NUMBER(hierarchy.units_per_core, 1, MANY),
    NUMBER(hierarchy.units_crossbar, 0, 65536),
    NUMBER(hierarchy.cores_per_tile, 1, MANY),
    NUMBER(hierarchy.tiles_per_node, 1, MANY),
    WORD(hierarchy.packing, nax_packing_words),
    NUMBER(hierarchy.replicate_mm2, 0, 1e5),
    MAYBE_WORD(hierarchy.copies, nax_copies_words),
    NUMBER(timing.clock_ghz, 1e-6, 1e3),
    WORD(timing.schedule, nax_order_words),
    WORD(timing.leakage, nax_leakage_words),
    NUMBER(timing.pipeline_stages, 1, 64),
    NUMBER(movement.edram_bits, 1, MANY),
    NUMBER(movement.bus_bits, 1, MANY),
    NUMBER(movement.flit_bits, 1, MANY),
    NUMBER(movement.noc_hops, 0, MANY),
    WORD(counting.idle, nax_idle_words),
    WORD(counting.batch_norm, nax_batch_norm_words),
    WORD(counting.windows, nax_windows_words),
};

static const struct hardware_key layer_keys[] = {
    {TEXT_AT(nax_adc_layer, name)},
    {AT(nax_adc_layer, range), .kind = KEY_WORD, .words = &nax_adc_range_words,
     .absent = NAX_ADC_RANGE_COUNT, .is_optional = true},
    {NUMBER_AT(nax_adc_layer, range_frac), .min = 0, .max = 1, .is_optional = true},
    {NUMBER_AT(nax_adc_layer, bits), .min = 0, .max = BITS_MAX, .is_optional = true},
};

static const struct hardware_key component_keys[] = {
    {TEXT_AT(nax_component, name)},
    {TEXT_AT(nax_component, source)},
    {AT(nax_component, level), .kind = KEY_WORD, .words = &nax_level_words},
    {AT(nax_component, per), .kind = KEY_WORD, .words = &nax_per_words, .is_optional = true},
    {AT(nax_component, event), .kind = KEY_WORD, .words = &nax_event_words},
    {NUMBER_AT(nax_component, count), .min = TINY, .max = LARGE, .absent = 1, .is_optional = true},
};

#define VALUE(path)                                                                                \
    {                                                                                              \
        NUMBER_AT(nax_component_values, path), .min = 0, .max = LARGE, .is_optional = true         \
    }

static const struct hardware_key value_keys[] = {
    {NUMBER_AT(nax_component_values, crossbar), .min = 0, .max = 65536},
    VALUE(area_mm2),
    VALUE(leakage_mw),
    VALUE(energy_pj),
    VALUE(power_mw),
    VALUE(latency_ns),
};

#define N_OF(keys) (sizeof(keys) / sizeof *(keys))
_Static_assert(N_OF(hardware_keys) <= KEYS_MAX, "more keys than fit");

const struct hardware_keys nax_hardware_keys = {hardware_keys, N_OF(hardware_keys)};
const struct hardware_keys nax_layer_keys = {layer_keys, N_OF(layer_keys)};
const struct hardware_keys nax_component_keys = {component_keys, N_OF(component_keys)};
const struct hardware_keys nax_value_keys = {value_keys, N_OF(value_keys)};

const struct hardware_key *nax_key_find(const struct hardware_keys *keys, const char *name,
                                        size_t n)
{
    for (size_t i = 0; i < keys->n; i++)
        if (strlen(keys->keys[i].name) == n && !memcmp(keys->keys[i].name, name, n))
            return &keys->keys[i];
    return NULL;
}

bool nax_key_is_word_of_section(const struct hardware_key *key)
{
    return key->kind == KEY_WORD && strchr(key->name, '.');
}

static void *place(const struct hardware_key *key, void *object)
{
    return (char *)object + key->offset;
}

/* Of a number or a word. */
static double number(const struct hardware_key *key, const void *object)
{
    const char *at = (const char *)object + key->offset;
    double real;
    int whole;
    if (key->kind == KEY_REAL)
        memcpy(&real, at, sizeof real);
    else
        memcpy(&whole, at, sizeof whole);
    return key->kind == KEY_REAL ? real : whole;
}

static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t n = strspn(text, "0123456789");
    return n && !text[n] && (n == 1 || *text != '0');
}

/* Not any number of C: no 0x10, no inf, no spaces. */
static bool is_real(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && isfinite(*value) && !strpbrk(text, "xX \t\n");
}

static bool read_whole(const struct hardware_key *key, const char *text, int *value, char *what)
{
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    *value = (int)number;
    bool is_whole = is_integer(text) && !errno && *value == number;
    if (!key->zero) {
        snprintf(what, KEY_WHAT_SIZE, "not an integer");
        return is_whole;
    }
    if (!strcmp(text, key->zero)) {
        *value = 0;
        return true;
    }
    snprintf(what, KEY_WHAT_SIZE, "neither %s nor a number from %g to %g", key->zero, key->min,
             key->max);
    return is_whole && *value >= key->min && *value <= key->max;
}

static bool read_word(const struct hardware_key *key, const char *text, int *value, char *what)
{
    const struct nax_word *row = nax_words_find(key->words, text);
    if (row)
        *value = row->value;
    else
        nax_words_neither(key->words, what, KEY_WHAT_SIZE);
    return row;
}

bool nax_key_read(const struct hardware_key *key, void *object, const char *text,
                  char what[KEY_WHAT_SIZE])
{
    double real = key->absent;
    int whole = (int)key->absent;
    if (!text) {
        if (key->kind == KEY_REAL)
            memcpy(place(key, object), &real, sizeof real);
        if (key->kind == KEY_WHOLE || key->kind == KEY_WORD)
            memcpy(place(key, object), &whole, sizeof whole);
        return true;
    }
    size_t n = strlen(text);
    switch (key->kind) {
    case KEY_REAL:
        if (!is_real(text, &real)) {
            snprintf(what, KEY_WHAT_SIZE, "not a number");
            return false;
        }
        memcpy(place(key, object), &real, sizeof real);
        return true;
    case KEY_WHOLE:
        if (!read_whole(key, text, &whole, what))
            return false;
        memcpy(place(key, object), &whole, sizeof whole);
        return true;
    case KEY_WORD:
        if (!read_word(key, text, &whole, what))
            return false;
        memcpy(place(key, object), &whole, sizeof whole);
        return true;
    case KEY_TEXT:
    case KEY_FILE:
        if ((double)n < key->min || (double)n >= key->max) {
            snprintf(what, KEY_WHAT_SIZE, "too short or too long");
            return false;
        }
        memcpy(place(key, object), text, n + 1);
        return true;
    case KEY_RETIRED:
        break;
    }
    return true;
}

void nax_key_write(const struct hardware_key *key, const void *object, char text[KEY_TEXT_SIZE])
{
    double value = 0;
    *text = 0;
    switch (key->kind) {
    case KEY_REAL:
    case KEY_WHOLE:
        value = number(key, object);
        if (key->zero && value == 0)
            snprintf(text, KEY_TEXT_SIZE, "%s", key->zero);
        else
            nax_decimal_print(text, value, 1);
        break;
    case KEY_WORD:
        snprintf(text, KEY_TEXT_SIZE, "%s", nax_key_word(key, object)->word);
        break;
    case KEY_TEXT:
    case KEY_FILE:
        snprintf(text, KEY_TEXT_SIZE, "%s", (const char *)object + key->offset);
        break;
    case KEY_RETIRED:
        break;
    }
}

const struct nax_word *nax_key_word(const struct hardware_key *key, const void *object)
{
    return nax_words_row(key->words, (int)number(key, object));
}

bool nax_key_check(const struct hardware_key *key, const void *object, char what[KEY_WHAT_SIZE])
{
    if (key->kind != KEY_REAL && key->kind != KEY_WHOLE)
        return true;
    double value = number(key, object);
    snprintf(what, KEY_WHAT_SIZE, "%g is not between %g and %g", value, key->min, key->max);
    return (value >= key->min && value <= key->max) || (key->zero && value == 0);
}

bool nax_key_is_unset(const struct hardware_key *key, const void *object)
{
    if (key->kind == KEY_TEXT || key->kind == KEY_FILE)
        return !((const char *)object)[key->offset];
    return key->kind == KEY_RETIRED || number(key, object) == key->absent;
}
