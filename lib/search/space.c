/* Space files: their YAML schema, bounds, and the binding to a network. */
#include "choices.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yaml_fixed {
    int64_t crossbar;
};

struct yaml_stage {
    int64_t *widths;
    uint32_t n_widths;
};

struct yaml_space {
    char *name, *network;
    int64_t *kernels, *crossbars;
    uint32_t n_kernels, n_crossbars;
    int skip;
    struct yaml_fixed *fixed;
    int64_t *adc_bits;
    double *adc_ranges;
    uint32_t n_adc_bits, n_adc_ranges;
    int64_t *slice_bits, *weight_bits, *input_bits;
    uint32_t n_slice_bits, n_weight_bits, n_input_bits;
    struct yaml_stage *stages;
    uint32_t n_stages;
};

static const cyaml_strval_t bool_words[] = {{"false", 0}, {"true", 1}};

static const cyaml_schema_value_t int_value = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int64_t)};

static const cyaml_schema_value_t float_value = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};

static const cyaml_schema_field_t fixed_fields[] = {
    CYAML_FIELD_INT("crossbar", CYAML_FLAG_DEFAULT, struct yaml_fixed, crossbar), CYAML_FIELD_END};

static const cyaml_schema_field_t stage_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("widths", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct yaml_stage, widths, n_widths, &int_value, 1, NAX_CHOICES_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t stage_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_stage, stage_fields)};

/* Choices that a space may leave out, under the name of the member that holds them. */
#define OPTIONAL_LIST(name, value)                                                                 \
    CYAML_FIELD_SEQUENCE_COUNT(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_space, \
                               name, n_##name, &(value), 1, NAX_CHOICES_MAX)

static const cyaml_schema_field_t space_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_space,
                           name, 1, 63),
    CYAML_FIELD_STRING_PTR("network", CYAML_FLAG_POINTER, struct yaml_space, network, 1, 255),
    CYAML_FIELD_SEQUENCE_COUNT("kernels", CYAML_FLAG_POINTER, struct yaml_space, kernels, n_kernels,
                               &int_value, 1, NAX_CHOICES_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("crossbars", CYAML_FLAG_POINTER, struct yaml_space, crossbars,
                               n_crossbars, &int_value, 1, NAX_CHOICES_MAX),
    CYAML_FIELD_ENUM("skip", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct yaml_space, skip,
                     bool_words, 2),
    CYAML_FIELD_MAPPING_PTR("fixed", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_space,
                            fixed, fixed_fields),
    OPTIONAL_LIST(adc_bits, int_value),
    OPTIONAL_LIST(adc_ranges, float_value),
    OPTIONAL_LIST(slice_bits, int_value),
    OPTIONAL_LIST(weight_bits, int_value),
    OPTIONAL_LIST(input_bits, int_value),
    CYAML_FIELD_SEQUENCE_COUNT("stages", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct yaml_space, stages, n_stages, &stage_value, 1, NAX_SLOTS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t space_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_space, space_fields)};

enum { KERNEL_MAX = 31, CROSSBAR_MIN = 2, CROSSBAR_MAX = 4096 };

/* What may be chosen from. */
struct range {
    int64_t min, max;
    bool is_odd;
    const char *what; /* a value is not */
};
static const struct range kernels = {1, KERNEL_MAX, true, "is not an odd number from 1 to 31"};
static const struct range crossbars = {CROSSBAR_MIN, CROSSBAR_MAX, false,
                                       "is not between 2 and 4096"};
static const struct range adc_bits = {1, NAX_ADC_BITS_MAX, false, "is not between 1 and 24"};
static const struct range widths = {1, NAX_CHANNELS_MAX, false, "is not between 1 and 65536"};

struct source {
    const char *path, *text;
    size_t size;
    struct nax_err *err;
};

static int fail(const struct source *source, const char *list, size_t i, int64_t value,
                const char *what)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%zu", list, i);
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, key, "%lld %s",
                            (long long)value, what);
}

static int read_choices(const struct source *source, const char *list, const struct range *range,
                        const int64_t *values, size_t n, int64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] < range->min || values[i] > range->max ||
            (range->is_odd && values[i] % 2 == 0))
            return fail(source, list, i, values[i], range->what);
        if (i && values[i] <= values[i - 1])
            return fail(source, list, i, values[i], "is not larger than the one before it");
        out[i] = values[i];
    }
    return 0;
}

/* Of converters: their bits, and full scales. */
static int read_converters(const struct source *source, const struct yaml_space *y,
                           struct nax_space *space)
{
    space->n_adc_bits = y->n_adc_bits;
    space->n_adc_ranges = y->n_adc_ranges;
    int status =
        read_choices(source, "adc_bits", &adc_bits, y->adc_bits, y->n_adc_bits, space->adc_bits);
    for (size_t i = 0; i < y->n_adc_ranges && !status; i++) {
        const double range = space->adc_ranges[i] = y->adc_ranges[i];
        const char *what = !(range > 0 && range <= 1) ? "is not above 0 and at most 1"
                           : i && range <= space->adc_ranges[i - 1]
                               ? "is not larger than the one before it"
                               : NULL;
        char key[64];
        snprintf(key, sizeof key, "adc_ranges.%zu", i);
        if (what)
            status = nax_yaml_err_set(source->err, source->path, source->text, source->size, key,
                                      "%g %s", range, what);
    }
    return status;
}

/* Bits of the whole design. */
static int read_bits(const struct source *source, const struct yaml_space *y,
                     struct nax_space *space)
{
    const struct {
        const int64_t *values;
        size_t n;
    } lists[NAX_BITS_COUNT] = {[NAX_BITS_SLICE] = {y->slice_bits, y->n_slice_bits},
                               [NAX_BITS_WEIGHT] = {y->weight_bits, y->n_weight_bits},
                               [NAX_BITS_INPUT] = {y->input_bits, y->n_input_bits}};
    for (size_t k = 0; k < NAX_BITS_COUNT; k++) {
        const struct nax_bits_row *row = &nax_bits_rows[k];
        const struct range range = {1, row->max, false, row->what};
        space->n_bits[k] = lists[k].n;
        int status =
            read_choices(source, row->name, &range, lists[k].values, lists[k].n, space->bits[k]);
        if (status)
            return status;
    }
    const size_t n = y->n_slice_bits; /* rising: the last one is the largest */
    if (n && y->n_weight_bits && y->slice_bits[n - 1] > *y->weight_bits)
        return fail(source, "slice_bits", n - 1, y->slice_bits[n - 1],
                    "is more than the least of weight_bits, and every combination has to be a "
                    "design");
    return 0;
}

static int read_stages(const struct source *source, const struct yaml_space *y,
                       struct nax_space *space)
{
    int status = 0;
    space->n_stages_listed = y->n_stages;
    for (size_t s = 0; s < y->n_stages && !status; s++) {
        char list[32];
        snprintf(list, sizeof list, "stages.%zu.widths", s);
        space->n_widths[s] = y->stages[s].n_widths;
        status = read_choices(source, list, &widths, y->stages[s].widths, y->stages[s].n_widths,
                              space->widths[s]);
    }
    return status;
}

static int read_space(const struct source *source, const struct yaml_space *y, const char *name,
                      struct nax_space *space)
{
    *space = (struct nax_space){.n_kernels = y->n_kernels,
                                .n_crossbars = y->n_crossbars,
                                .has_skip = y->skip,
                                .crossbar_fixed = y->fixed ? y->fixed->crossbar : 0};
    if (strlen(name) >= sizeof space->name)
        return nax_err_set(source->err, NAX_ERR_VALUE, "name longer than 63 bytes: '%s'", name);
    snprintf(space->name, sizeof space->name, "%s", name);
    snprintf(space->network, sizeof space->network, "%s", y->network);
    int64_t fixed = space->crossbar_fixed;
    if (fixed && (fixed < CROSSBAR_MIN || fixed > CROSSBAR_MAX))
        return nax_yaml_err_set(source->err, source->path, source->text, source->size,
                                "fixed.crossbar", "%lld is not 0 or between 2 and 4096",
                                (long long)fixed);
    int status =
        read_choices(source, "kernels", &kernels, y->kernels, y->n_kernels, space->kernels);
    if (!status)
        status = read_choices(source, "crossbars", &crossbars, y->crossbars, y->n_crossbars,
                              space->crossbars);
    if (!status)
        status = read_converters(source, y, space);
    if (!status)
        status = read_bits(source, y, space);
    return status ? status : read_stages(source, y, space);
}

int nax_space_load(struct nax_space *space, const char *name, struct nax_err *err)
{
    void *yaml = NULL;
    char *text = NULL, path[256];
    size_t size;
    int status = nax_config_read("spaces", name, &text, &size, path, err);
    if (status)
        return status;
    if (!(status = nax_yaml_load(path, text, size, &space_schema, &yaml, err))) {
        const struct source source = {path, text, size, err};
        status = read_space(&source, yaml, name, space);
        nax_yaml_free(&space_schema, yaml);
    }
    free(text);
    return status;
}

/* n times as many, 0 standing for more than INT64_MAX. */
static uint64_t times(uint64_t n_designs, uint64_t n)
{
    uint64_t product;
    bool is_huge = __builtin_mul_overflow(n_designs, n, &product) || product > INT64_MAX;
    return is_huge ? 0 : product;
}

int nax_space_bind(struct nax_space *space, size_t n_slots, const int64_t *kernel_own,
                   const bool *can_skip, struct nax_err *err)
{
    if (n_slots > NAX_SLOTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than 256 searched layers in network: '%s'",
                           space->network);
    if (space->n_stages_listed && space->n_stages_listed != space->n_stages)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "key 'stages': %zu entries for the %zu stages of network '%s': '%s'",
                           space->n_stages_listed, space->n_stages, space->network, space->name);
    space->n_slots = n_slots;
    space->n_conv_designs = 1;
    space->is_empty_left_out = n_slots && space->crossbar_fixed == 0;
    for (size_t s = 0; s < n_slots; s++) {
        space->can_skip[s] = space->has_skip && can_skip[s];
        space->kernel_own[s] = kernel_own[s];
        space->is_empty_left_out &= space->can_skip[s];
        space->n_conv_designs = times(space->n_conv_designs, nax_choices(space, s));
    }
    if (space->n_conv_designs)
        space->n_conv_designs -= space->is_empty_left_out;
    space->n_designs = space->n_conv_designs;
    for (size_t p = n_slots; p < nax_places(space); p++)
        space->n_designs = times(space->n_designs, nax_choices(space, p));
    return 0;
}

size_t nax_space_n_decisions(const struct nax_space *space)
{
    size_t n = 0;
    for (size_t p = 0; p < nax_places(space); p++)
        n += nax_place_decisions(space, p);
    return n;
}
