/* The schema of a hardware file for libcyaml, made of the rows of keys. */
#include "schema.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECTIONS_MAX = 16,
    SECTION_KEYS_MAX = 40,
    LAYERS_MAX = 1024,
    COMPONENTS_MAX = 64,
    TEXT_MAX = 255
};

struct text_file {
    struct text_hardware *hardware;
    cyaml_schema_field_t fields[KEYS_MAX + 4 * SECTION_KEYS_MAX]; /* lists, each with its end */
    size_t n_fields;
    char sections[SECTIONS_MAX][KEY_NAME_SIZE]; /* their names */
    size_t n_sections;
    cyaml_schema_value_t values, layer, component, hardware_schema;
};

/* A list of fields in the making. */
struct list {
    cyaml_schema_field_t field[SECTION_KEYS_MAX];
    size_t n;
    bool is_optional; /* all of it */
};

static void add(struct list *list, const cyaml_schema_field_t *field, bool is_optional)
{
    list->field[list->n++] = *field;
    list->is_optional = list->is_optional && is_optional;
}

/* Texts of these keys stand in a row at data_offset. A missing word of a section is left to who
 * reads the texts, and knows which words there are. */
static void add_text(struct list *list, const struct hardware_keys *keys, size_t i,
                     const char *name, size_t data_offset)
{
    const struct hardware_key *key = &keys->keys[i];
    bool is_left = key->is_optional || nax_key_is_word_of_section(key);
    unsigned flags = CYAML_FLAG_POINTER | (is_left ? CYAML_FLAG_OPTIONAL : 0U);
    const cyaml_schema_field_t field = {.key = name,
                                        .data_offset = (uint32_t)(data_offset + i * sizeof(char *)),
                                        .value = {CYAML_VALUE_STRING(flags, char, 0, TEXT_MAX)}};
    add(list, &field, key->is_optional);
}

static const cyaml_schema_field_t *keep(struct text_file *file, const struct list *list)
{
    cyaml_schema_field_t *to = file->fields + file->n_fields;
    memcpy(to, list->field, list->n * sizeof *to);
    file->n_fields += list->n + 1; /* the end is all zeros */
    return to;
}

/* The list of layers with converters of their own, which the section adc may have. */
static void add_layers(struct text_file *file, struct list *adc)
{
    struct list layer = {.n = 0};
    for (size_t i = 0; i < nax_layer_keys.n; i++)
        add_text(&layer, &nax_layer_keys, i, nax_layer_keys.keys[i].name,
                 offsetof(struct text_layer, text));
    file->layer = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_layer, keep(file, &layer))};
    const cyaml_schema_field_t field = CYAML_FIELD_SEQUENCE_COUNT(
        "layers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct text_hardware, layers, n_layers,
        &file->layer, 0, LAYERS_MAX);
    add(adc, &field, true);
}

/* The fields of a section, "" or "device." or "device.programming.", of the rows from *i on. */
static struct list section(struct text_file *file, const char *prefix, size_t *i)
{
    struct list list = {.is_optional = true};
    size_t n_prefix = strlen(prefix);
    const struct hardware_keys *keys = &nax_hardware_keys;
    while (*i < keys->n && !strncmp(keys->keys[*i].name, prefix, n_prefix)) {
        const char *name = keys->keys[*i].name + n_prefix, *dot = strchr(name, '.');
        if (!dot) {
            add_text(&list, keys, *i, name, offsetof(struct text_hardware, text));
            ++*i;
            continue;
        }
        char inner[KEY_NAME_SIZE], *own = file->sections[file->n_sections++];
        snprintf(inner, sizeof inner, "%s%.*s.", prefix, (int)(dot - name), name);
        snprintf(own, KEY_NAME_SIZE, "%.*s", (int)(dot - name), name);
        struct list inside = section(file, inner, i);
        unsigned flags = inside.is_optional ? CYAML_FLAG_OPTIONAL : CYAML_FLAG_DEFAULT;
        const cyaml_schema_field_t field = {
            .key = own,
            .value = {CYAML_VALUE_MAPPING(flags, struct text_hardware, keep(file, &inside))}};
        add(&list, &field, inside.is_optional);
    }
    if (!strcmp(prefix, "adc."))
        add_layers(file, &list);
    return list;
}

static const cyaml_schema_field_t *component_fields(struct text_file *file)
{
    struct list table = {.n = 0}, component = {.n = 0};
    for (size_t i = 0; i < nax_value_keys.n; i++)
        add_text(&table, &nax_value_keys, i, nax_value_keys.keys[i].name,
                 offsetof(struct text_values, text));
    file->values = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_values, keep(file, &table))};
    for (size_t i = 0; i < nax_component_keys.n; i++)
        add_text(&component, &nax_component_keys, i, nax_component_keys.keys[i].name,
                 offsetof(struct text_component, text));
    for (size_t i = 0; i < nax_value_keys.n; i++)
        if (nax_value_keys.keys[i].is_optional) /* all but the size that an entry is of */
            add_text(&component, &nax_value_keys, i, nax_value_keys.keys[i].name,
                     offsetof(struct text_component, one));
    const cyaml_schema_field_t field = CYAML_FIELD_SEQUENCE_COUNT(
        "table", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct text_component, table, n_table,
        &file->values, 1, NAX_COMPONENT_VALUES_MAX);
    add(&component, &field, true);
    return keep(file, &component);
}

static void build(struct text_file *file)
{
    size_t i = 0;
    struct list list = section(file, "", &i);
    file->component = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_component, component_fields(file))};
    const cyaml_schema_field_t components =
        CYAML_FIELD_SEQUENCE_COUNT("components", CYAML_FLAG_POINTER, struct text_hardware,
                                   components, n_components, &file->component, 1, COMPONENTS_MAX);
    add(&list, &components, false);
    file->hardware_schema = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct text_hardware, keep(file, &list))};
}

int nax_text_file_load(struct text_file **out, const char *path, const char *text, size_t size,
                       struct nax_err *err)
{
    void *hardware = NULL;
    struct text_file *file = nax_calloc(1, sizeof *file);
    if (!file)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    build(file);
    int status = nax_yaml_load(path, text, size, &file->hardware_schema, &hardware, err);
    if (status) {
        free(file);
        return status;
    }
    file->hardware = hardware;
    *out = file;
    return 0;
}

const struct text_hardware *nax_text_file_hardware(const struct text_file *file)
{
    return file->hardware;
}

void nax_text_file_free(struct text_file *file)
{
    if (!file)
        return;
    nax_yaml_free(&file->hardware_schema, file->hardware);
    free(file);
}
