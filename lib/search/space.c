/* Space files: their YAML schema, bounds, and the binding to a network. */
#include "nax/search.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yaml_fixed {
    int64_t crossbar;
};

struct yaml_space {
    char *name, *network;
    int64_t *kernels, *crossbars;
    uint32_t n_kernels, n_crossbars;
    int skip;
    struct yaml_fixed *fixed;
};

static const cyaml_strval_t bool_words[] = {{"false", 0}, {"true", 1}};

static const cyaml_schema_value_t int_value = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int64_t)};

static const cyaml_schema_field_t fixed_fields[] = {
    CYAML_FIELD_INT("crossbar", CYAML_FLAG_DEFAULT, struct yaml_fixed, crossbar), CYAML_FIELD_END};

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
    CYAML_FIELD_END};

static const cyaml_schema_value_t space_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_space, space_fields)};

enum { KERNEL_MAX = 31, CROSSBAR_MIN = 2, CROSSBAR_MAX = 4096 };

struct source {
    const char *path, *text;
    size_t size;
    struct nax_err *err;
};

static int fail(const struct source *source, const char *list, size_t i, int64_t value,
                const char *what)
{
    char key[32];
    snprintf(key, sizeof key, "%s.%zu", list, i);
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, key, "%lld %s",
                            (long long)value, what);
}

static int read_choices(const struct source *source, const char *list, const int64_t *values,
                        size_t n, int64_t *out)
{
    bool is_kernel = !strcmp(list, "kernels");
    for (size_t i = 0; i < n; i++) {
        if (is_kernel && (values[i] < 1 || values[i] > KERNEL_MAX || values[i] % 2 == 0))
            return fail(source, list, i, values[i], "is not an odd number from 1 to 31");
        if (!is_kernel && (values[i] < CROSSBAR_MIN || values[i] > CROSSBAR_MAX))
            return fail(source, list, i, values[i], "is not between 2 and 4096");
        if (i && values[i] <= values[i - 1])
            return fail(source, list, i, values[i], "is not larger than the one before it");
        out[i] = values[i];
    }
    return 0;
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
    int status = read_choices(source, "kernels", y->kernels, y->n_kernels, space->kernels);
    if (status)
        return status;
    return read_choices(source, "crossbars", y->crossbars, y->n_crossbars, space->crossbars);
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

int nax_space_bind(struct nax_space *space, size_t n_slots, const int64_t *kernel_own,
                   const bool *can_skip, struct nax_err *err)
{
    if (!n_slots || n_slots > NAX_SLOTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "%s searched convolutions in network: '%s'",
                           n_slots ? "more than 256" : "no", space->network);
    space->n_slots = n_slots;
    space->n_designs = 1;
    space->is_empty_left_out = space->crossbar_fixed == 0;
    bool is_huge = false;
    for (size_t s = 0; s < n_slots; s++) {
        space->can_skip[s] = space->has_skip && can_skip[s];
        space->kernel_own[s] = kernel_own[s];
        space->is_empty_left_out &= space->can_skip[s];
        uint64_t n_choices = space->n_kernels * space->n_crossbars + space->can_skip[s];
        is_huge |= __builtin_mul_overflow(space->n_designs, n_choices, &space->n_designs) ||
                   space->n_designs > INT64_MAX;
    }
    if (is_huge)
        space->n_designs = 0;
    else
        space->n_designs -= space->is_empty_left_out;
    return 0;
}
