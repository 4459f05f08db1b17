/* Hardware files as libcyaml loads them: texts by the rows of keys.h. */
#ifndef NAX_LIB_HARDWARE_SCHEMA_H
#define NAX_LIB_HARDWARE_SCHEMA_H

#include "keys.h"

/* Texts of keys, in the order of their rows; NULL: not there. */
struct text_values {
    char *text[KEYS_MAX]; /* nax_value_keys */
};

struct text_layer {
    char *text[KEYS_MAX]; /* nax_layer_keys */
};

struct text_component {
    char *text[KEYS_MAX]; /* nax_component_keys */
    struct text_values one;
    struct text_values *table; /* [n_table] */
    uint32_t n_table;
};

struct text_hardware {
    char *text[KEYS_MAX];      /* nax_hardware_keys */
    struct text_layer *layers; /* [n_layers] of the section adc */
    uint32_t n_layers;
    struct text_component *components; /* [n_components] */
    uint32_t n_components;
};

struct text_file;

/* Keys that are unknown or missing, and what is no text, are errors that name the line. */
int nax_text_file_load(struct text_file **file, const char *path, const char *text, size_t size,
                       struct nax_err *err) NAX_MUST_USE;
const struct text_hardware *nax_text_file_hardware(const struct text_file *file);
void nax_text_file_free(struct text_file *file);

#endif
