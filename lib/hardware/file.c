/* Hardware files: from texts to the description. */
#include "cells.h"
#include "check.h"
#include "schema.h"
#include "set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keeps a line for people. */
static int add_note(struct nax_hardware *h, const char *text, struct nax_err *err)
{
    char **notes = nax_grow(h->notes, h->n_notes, sizeof *notes);
    if (!notes)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", h->path);
    h->notes = notes;
    if (!(notes[h->n_notes] = nax_strdup(text)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", h->path);
    h->n_notes++;
    return 0;
}

static const char retired[] = "nothing reads this key any more, leave it out";

/* A word that a section lacks. */
static int refuse_missing(const struct hardware_source *source, const struct hardware_key *key)
{
    char section[KEY_NAME_SIZE], words[KEY_WHAT_SIZE] = "";
    const char *last = strrchr(key->name, '.');
    snprintf(section, sizeof section, "%.*s", (int)(last - key->name), key->name);
    for (size_t i = 0, n = 0; i < key->words->n && n < sizeof words; i++)
        n += (size_t)snprintf(words + n, sizeof words - n, "%s%s", i ? ", " : "",
                              nax_words_row(key->words, (int)i)->word);
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, section,
                            "'%s' is missing, which is one of: %s", last + 1, words);
}

/* Puts the texts of an object's keys into it; prefix: the way to it. */
static int read_texts(const struct hardware_source *source, struct nax_hardware *h,
                      const struct hardware_keys *keys, char *const *text, void *object,
                      const char *prefix)
{
    char what[KEY_WHAT_SIZE], name[KEY_NAME_SIZE];
    struct nax_err note;
    int status = 0;
    for (size_t i = 0; i < keys->n && !status; i++) {
        const struct hardware_key *key = &keys->keys[i];
        snprintf(name, sizeof name, "%s%s", prefix, key->name);
        if (!text[i] && !key->is_optional && nax_key_is_word_of_section(key))
            return refuse_missing(source, key);
        if (!nax_key_read(key, object, text[i], what))
            return nax_yaml_err_set(source->err, source->path, source->text, source->size, name,
                                    "%s: '%s'", what, text[i]);
        if (text[i] && key->kind == KEY_RETIRED) {
            nax_yaml_err_set(&note, source->path, source->text, source->size, name, "%s", retired);
            status = add_note(h, note.text, source->err);
        }
    }
    return status;
}

static bool is_zero(const struct nax_component_values *v)
{
    for (size_t i = 0; i < nax_value_keys.n; i++)
        if (!nax_key_is_unset(&nax_value_keys.keys[i], v))
            return false;
    return true;
}

/* A component has either values or a table of them. */
static int read_values(const struct hardware_source *source, struct nax_hardware *h, size_t i,
                       const struct text_component *from)
{
    struct nax_component *c = &h->components[i];
    char prefix[KEY_NAME_SIZE];
    snprintf(prefix, sizeof prefix, "components.%zu.", i);
    c->n_values = 1;
    int status = read_texts(source, h, &nax_value_keys, from->one.text, &c->values[0], prefix);
    if (status || !from->n_table)
        return status;
    snprintf(prefix, sizeof prefix, "components.%zu.table", i);
    if (!is_zero(&c->values[0]))
        return nax_yaml_err_set(source->err, source->path, source->text, source->size, prefix,
                                "component '%s' has both values and a table", c->name);
    c->n_values = from->n_table;
    for (size_t k = 0; k < c->n_values && !status; k++) {
        snprintf(prefix, sizeof prefix, "components.%zu.table.%zu.", i, k);
        status = read_texts(source, h, &nax_value_keys, from->table[k].text, &c->values[k], prefix);
    }
    return status;
}

static int read_layers(const struct hardware_source *source, const struct text_hardware *from,
                       struct nax_hardware *h)
{
    char prefix[KEY_NAME_SIZE];
    int status = 0;
    for (size_t i = 0; i < from->n_layers && !status; i++) {
        struct nax_adc_layer *layer = nax_hardware_add_layer(h, source->err);
        snprintf(prefix, sizeof prefix, "adc.layers.%zu.", i);
        status = layer ? read_texts(source, h, &nax_layer_keys, from->layers[i].text, layer, prefix)
                       : NAX_ERR_MEMORY;
    }
    return status;
}

static int read_hardware(const struct hardware_source *source, const struct text_hardware *from,
                         struct nax_hardware *h)
{
    char prefix[KEY_NAME_SIZE];
    int status = read_texts(source, h, &nax_hardware_keys, from->text, h, "");
    if (!status)
        status = read_layers(source, from, h);
    if (status)
        return status;
    if (!(h->components = nax_calloc(from->n_components, sizeof *h->components)))
        return nax_err_set(source->err, NAX_ERR_MEMORY, "out of memory: '%s'", source->path);
    h->n_components = from->n_components;
    for (size_t i = 0; i < h->n_components && !status; i++) {
        const struct text_component *c = &from->components[i];
        snprintf(prefix, sizeof prefix, "components.%zu.", i);
        status = read_texts(source, h, &nax_component_keys, c->text, &h->components[i], prefix);
        if (!status)
            status = read_values(source, h, i, c);
    }
    return status;
}

static int set_all(const struct hardware_source *source, struct nax_hardware *h)
{
    struct nax_err note;
    bool is_retired;
    int status = 0;
    for (size_t i = 0; i < source->n_sets && !status; i++) {
        status = nax_hardware_set(h, source->sets[i], &is_retired, source->err);
        if (status || !is_retired)
            continue;
        nax_err_set(&note, NAX_ERR_VALUE, "%s: '%s'", retired, source->sets[i]);
        status = add_note(h, note.text, source->err);
    }
    return status;
}

/* The table of measured cells, where the error is theirs. */
static int read_cells(const struct hardware_source *source, struct nax_programming *p)
{
    struct nax_err err;
    if (p->error != NAX_PROGRAM_MEASURED || !nax_cells_load(&p->cells, p->table, &err))
        return 0;
    return nax_hardware_fail(source, "device.programming.table", "%s", err.text);
}

int nax_hardware_load_set(struct nax_hardware **hardware, const char *name, const char *const *sets,
                          size_t n_sets, struct nax_err *err)
{
    struct nax_hardware *h = NULL;
    struct text_file *file = NULL;
    char *text = NULL, path[256];
    size_t size;
    int status = nax_config_read("hardware", name, &text, &size, path, err);
    if (status)
        return status;
    if ((status = nax_text_file_load(&file, path, text, size, err)))
        goto out;
    if (!(h = nax_calloc(1, sizeof *h))) {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        goto out;
    }
    snprintf(h->path, sizeof h->path, "%s", path);
    const struct hardware_source source = {path, text, size, sets, n_sets, h, err};
    status = read_hardware(&source, nax_text_file_hardware(file), h);
    if (!status)
        status = set_all(&source, h);
    if (!status)
        status = nax_hardware_check(&source, h);
    if (!status)
        status = read_cells(&source, &h->device.programming);
    if (!status)
        nax_hardware_sort_layers(h);
out:
    if (status)
        nax_hardware_free(h);
    else
        *hardware = h;
    nax_text_file_free(file);
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
    for (size_t i = 0; i < hardware->n_notes; i++)
        free(hardware->notes[i]);
    free(hardware->notes);
    free(hardware->adc.layers);
    free(hardware->components);
    free(hardware);
}
