/* A hardware as lines of keys and values: what two descriptions of the same share. */
#include "cells.h"
#include "keys.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct listener {
    void (*take)(void *self, const char *key, const char *value);
    void *self;
};

static uint64_t cells_hash(const struct nax_cells *cells)
{
    uint64_t hash = nax_hash(0, cells->target, cells->n * sizeof *cells->target);
    return nax_hash(hash, cells->deviation, cells->n * sizeof *cells->deviation);
}

/* What is in the table that the error draws from. */
static void write_table(const struct nax_hardware *h, char text[KEY_TEXT_SIZE])
{
    const struct nax_cells *cells = h->device.programming.cells;
    *text = 0;
    if (cells)
        snprintf(text, KEY_TEXT_SIZE, "%016" PRIx64, cells_hash(cells));
}

static void tell(const struct listener *to, const struct hardware_keys *keys, const void *object,
                 const char *prefix)
{
    char name[KEY_NAME_SIZE], text[KEY_TEXT_SIZE];
    for (size_t i = 0; i < keys->n; i++) {
        const struct hardware_key *key = &keys->keys[i];
        bool is_size = keys == &nax_value_keys && !key->is_optional; /* which the prefix has */
        bool is_unsaid = keys == &nax_layer_keys && nax_key_is_unset(key, object);
        if (key->kind == KEY_TEXT || key->kind == KEY_RETIRED || is_size || is_unsaid)
            continue;
        if (key->kind == KEY_FILE)
            write_table(object, text);
        else
            nax_key_write(key, object, text);
        snprintf(name, sizeof name, "%s%s", prefix, key->name);
        to->take(to->self, name, text);
    }
}

void nax_hardware_describe(const struct nax_hardware *hardware,
                           void (*take)(void *self, const char *key, const char *value), void *self)
{
    const struct listener to = {take, self};
    char prefix[KEY_NAME_SIZE];
    tell(&to, &nax_hardware_keys, hardware, "");
    for (size_t i = 0; i < hardware->adc.n_layers; i++) {
        const struct nax_adc_layer *layer = &hardware->adc.layers[i];
        snprintf(prefix, sizeof prefix, "adc.layers.%s.", layer->name);
        tell(&to, &nax_layer_keys, layer, prefix);
    }
    for (size_t i = 0; i < hardware->n_components; i++) {
        const struct nax_component *c = &hardware->components[i];
        int n = snprintf(prefix, sizeof prefix, "components.%s.", c->name);
        tell(&to, &nax_component_keys, c, prefix);
        for (size_t k = 0; k < c->n_values; k++) {
            if (c->values[0].crossbar)
                snprintf(prefix + n, sizeof prefix - (size_t)n, "table.%d.", c->values[k].crossbar);
            tell(&to, &nax_value_keys, &c->values[k], prefix);
        }
    }
}

struct identifying {
    struct nax_identity *identity;
    unsigned parts;
};

static void identify_line(void *self, const char *key, const char *value)
{
    const struct identifying *to = self;
    if (nax_key_parts(key) & to->parts)
        nax_identity_add(to->identity, key, "%s", value);
}

void nax_hardware_identify(const struct nax_hardware *hardware, unsigned parts,
                           struct nax_identity *identity)
{
    struct identifying to = {identity, parts};
    nax_hardware_describe(hardware, identify_line, &to);
}

static void hash_line(void *self, const char *key, const char *value)
{
    uint64_t *hash = self;
    *hash = nax_hash(*hash, key, strlen(key) + 1);
    *hash = nax_hash(*hash, value, strlen(value) + 1);
}

uint64_t nax_hardware_hash(const struct nax_hardware *hardware)
{
    uint64_t hash = 0;
    nax_hardware_describe(hardware, hash_line, &hash);
    return hash;
}

const struct nax_words *nax_hardware_words(size_t i, char key[NAX_HARDWARE_KEY_SIZE])
{
    const struct hardware_keys *tables[] = {&nax_hardware_keys, &nax_component_keys};
    for (size_t t = 0; t < 2; t++)
        for (size_t k = 0; k < tables[t]->n; k++) {
            const struct hardware_key *row = &tables[t]->keys[k];
            if (row->kind != KEY_WORD || i--)
                continue;
            snprintf(key, NAX_HARDWARE_KEY_SIZE, "%s%s", t ? "components." : "", row->name);
            return row->words;
        }
    return NULL;
}
