/* Ranges of the numbers in a hardware file, and what must hold between them. */
#include "check.h"
#include "keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key as it stands in "key=value", where an entry of a list goes by its name or size. */
static void key_of_set(const struct nax_hardware *h, const char *key, char out[KEY_NAME_SIZE])
{
    static const char list[] = "components.", table[] = ".table.", layers[] = "adc.layers.";
    char *rest;
    snprintf(out, KEY_NAME_SIZE, "%s", key);
    if (!strncmp(key, layers, sizeof layers - 1)) {
        size_t l = strtoul(key + sizeof layers - 1, &rest, 10);
        if (l < h->adc.n_layers)
            snprintf(out, KEY_NAME_SIZE, "%s%s%s", layers, h->adc.layers[l].name, rest);
        return;
    }
    if (strncmp(key, list, sizeof list - 1))
        return;
    size_t i = strtoul(key + sizeof list - 1, &rest, 10);
    if (i >= h->n_components)
        return;
    const struct nax_component *c = &h->components[i];
    size_t k = strncmp(rest, table, sizeof table - 1) ? c->n_values
                                                      : strtoul(rest + sizeof table - 1, &rest, 10);
    if (k < c->n_values)
        snprintf(out, KEY_NAME_SIZE, "%s%s%s%d%s", list, c->name, table, c->values[k].crossbar,
                 rest);
    else
        snprintf(out, KEY_NAME_SIZE, "%s%s%s", list, c->name, rest);
}

/* The set that gave the key its value, the last one, or NULL: the file did. */
static const char *set_of(const struct hardware_source *source, const char *key)
{
    char set_key[KEY_NAME_SIZE];
    key_of_set(source->hardware, key, set_key);
    size_t n = strlen(set_key);
    for (size_t i = source->n_sets; i-- > 0;)
        if (!strncmp(source->sets[i], set_key, n) && source->sets[i][n] == '=')
            return source->sets[i];
    return NULL;
}

int nax_hardware_fail(const struct hardware_source *source, const char *key, const char *format,
                      ...)
{
    char message[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    const char *set = set_of(source, key);
    if (set)
        return nax_err_set(source->err, NAX_ERR_VALUE, "%s: '%s'", message, set);
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, key, "%s",
                            message);
}

/* The numbers of an object; prefix: the way to it. */
static int check_ranges(const struct hardware_source *source, const struct hardware_keys *keys,
                        const void *object, const char *prefix)
{
    char what[KEY_WHAT_SIZE], key[KEY_NAME_SIZE];
    for (size_t i = 0; i < keys->n; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, keys->keys[i].name);
        if (!nax_key_check(&keys->keys[i], object, what))
            return nax_hardware_fail(source, key, "%s", what);
    }
    return 0;
}

/* What the words that were chosen have no meaning without. */
static int check_needs(const struct hardware_source *source, const struct nax_hardware *h)
{
    const struct hardware_keys *keys = &nax_hardware_keys;
    for (size_t i = 0; i < keys->n; i++) {
        const struct hardware_key *key = &keys->keys[i], *needed;
        if (key->kind != KEY_WORD)
            continue;
        const struct nax_word *row = nax_key_word(key, h);
        if (!row->needs)
            continue;
        needed = nax_key_find(keys, row->needs, strlen(row->needs));
        if (nax_key_is_unset(needed, h))
            return nax_hardware_fail(source, key->name, "'%s' needs %s", row->word, row->needs);
    }
    return 0;
}

static int check_values(const struct hardware_source *source, const struct nax_component *c,
                        size_t i)
{
    char prefix[KEY_NAME_SIZE], key[KEY_NAME_SIZE];
    snprintf(key, sizeof key, "components.%zu.table", i);
    if (c->values[0].crossbar && c->level > NAX_LEVEL_CORE)
        return nax_hardware_fail(source, key, "tiles and nodes hold crossbars of any size");
    for (size_t k = 0; k < c->n_values; k++) {
        if (c->values[0].crossbar)
            snprintf(prefix, sizeof prefix, "components.%zu.table.%zu.", i, k);
        else
            snprintf(prefix, sizeof prefix, "components.%zu.", i);
        int status = check_ranges(source, &nax_value_keys, &c->values[k], prefix);
        if (status)
            return status;
        bool is_rising = !k || c->values[k].crossbar > c->values[k - 1].crossbar;
        if (c->n_values > 1 && (c->values[k].crossbar < 1 || !is_rising))
            return nax_hardware_fail(source, key, "crossbar sizes do not rise from 1 on");
    }
    return 0;
}

static int check_component(const struct hardware_source *source, const struct nax_hardware *h,
                           size_t i)
{
    const struct nax_component *c = &h->components[i];
    char key[KEY_NAME_SIZE];
    snprintf(key, sizeof key, "components.%zu.", i);
    int status = check_ranges(source, &nax_component_keys, c, key);
    if (status)
        return status;
    snprintf(key, sizeof key, "components.%zu.per", i);
    if (c->per != NAX_PER_ONE && c->level > NAX_LEVEL_UNIT)
        return nax_hardware_fail(source, key,
                                 "only an array or a unit has rows, columns and cells");
    snprintf(key, sizeof key, "components.%zu.event", i);
    if (c->event == NAX_EVENT_LINK && c->level != NAX_LEVEL_NODE)
        return nax_hardware_fail(source, key, "the link is of level node");
    snprintf(key, sizeof key, "components.%zu.name", i);
    if (!strcmp(c->name, "adc"))
        return nax_hardware_fail(source, key, "the section 'adc' describes the ADC");
    for (size_t k = 0; k < i; k++)
        if (!strcmp(c->name, h->components[k].name))
            return nax_hardware_fail(source, key, "'%s' is there twice", c->name);
    return check_values(source, c, i);
}

static int check_layer(const struct hardware_source *source, const struct nax_hardware *h, size_t i)
{
    const struct nax_adc_layer *layer = &h->adc.layers[i];
    char key[KEY_NAME_SIZE];
    snprintf(key, sizeof key, "adc.layers.%zu.name", i);
    for (size_t k = 0; k < i; k++)
        if (!strcmp(layer->name, h->adc.layers[k].name))
            return nax_hardware_fail(source, key, "'%s' is there twice", layer->name);
    snprintf(key, sizeof key, "adc.layers.%zu.", i);
    int status = check_ranges(source, &nax_layer_keys, layer, key);
    if (status)
        return status;
    /* a file may keep the range_frac of a range that is not chosen */
    const struct nax_layer_adc adc = nax_layer_adc_of(h, layer->name);
    const struct nax_adc_range_row *row = nax_adc_range_row(&adc);
    snprintf(key, sizeof key, "adc.layers.%zu.range_frac", i);
    if (layer->range_frac > 0 && !(row->frac > 0) && set_of(source, key))
        return nax_hardware_fail(source, key, "'%s' takes no range_frac", row->word.word);
    return 0;
}

/* What must hold between two numbers. */
static int check_pairs(const struct hardware_source *source, const struct nax_hardware *h)
{
    const struct nax_device *d = &h->device;
    const struct nax_programming *g = &d->programming;
    const struct nax_precision *p = &h->precision;
    if (p->slice_bits > p->weight_bits)
        return nax_hardware_fail(source, "precision.slice_bits", "%d is more than weight_bits, %d",
                                 p->slice_bits, p->weight_bits);
    if (p->weight_bits == 1 && nax_signs_row(h)->is_offset)
        return nax_hardware_fail(source, "precision.weight_bits",
                                 "signs by an offset take 2 bits and more, not %d", p->weight_bits);
    if (p->stream_bits > p->input_bits)
        return nax_hardware_fail(source, "precision.stream_bits", "%d is more than input_bits, %d",
                                 p->stream_bits, p->input_bits);
    if (d->r_off_ohm <= d->r_on_ohm)
        return nax_hardware_fail(source, "device.r_off_ohm", "%g is not above r_on_ohm, %g",
                                 d->r_off_ohm, d->r_on_ohm);
    if (nax_array_energy_row(h)->is_of_device && !(h->array.level_frac > 0))
        return nax_hardware_fail(source, "array.energy", "'device' needs array.level_frac");
    if (g->stuck_on_frac + g->stuck_off_frac > 1)
        return nax_hardware_fail(source, "device.programming.stuck_off_frac",
                                 "more than all cells are stuck: %g on and %g off",
                                 g->stuck_on_frac, g->stuck_off_frac);
    return 0;
}

int nax_hardware_check(const struct hardware_source *source, const struct nax_hardware *h)
{
    int status = check_ranges(source, &nax_hardware_keys, h, "");
    if (!status)
        status = check_pairs(source, h);
    if (!status)
        status = check_needs(source, h);
    for (size_t i = 0; i < h->adc.n_layers && !status; i++)
        status = check_layer(source, h, i);
    for (size_t i = 0; i < h->n_components && !status; i++)
        status = check_component(source, h, i);
    return status;
}
