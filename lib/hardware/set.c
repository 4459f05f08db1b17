/* Changes of single values, by the rows of keys. */
#include "set.h"
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The way of a key that is not gone yet. */
struct way {
    const char *at, *end;
};

/* Takes the part up to the next dot if it is this. */
static bool take(struct way *way, const char *part)
{
    size_t n = strlen(part);
    if ((size_t)(way->end - way->at) <= n || memcmp(way->at, part, n) || way->at[n] != '.')
        return false;
    way->at += n + 1;
    return true;
}

static const struct hardware_key *find(const struct hardware_keys *keys, const struct way *way)
{
    return nax_key_find(keys, way->at, (size_t)(way->end - way->at));
}

struct nax_adc_layer *nax_hardware_add_layer(struct nax_hardware *h, struct nax_err *err)
{
    struct nax_adc *adc = &h->adc;
    struct nax_adc_layer *layers = nax_realloc(adc->layers, adc->n_layers + 1, sizeof *layers);
    if (!layers) {
        nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", h->path);
        return NULL;
    }
    adc->layers = layers;
    struct nax_adc_layer *layer = &layers[adc->n_layers++];
    char none[KEY_WHAT_SIZE];
    *layer = (struct nax_adc_layer){.name = ""};
    for (size_t i = 0; i < nax_layer_keys.n; i++)
        nax_key_read(&nax_layer_keys.keys[i], layer, NULL, none);
    return layer;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct nax_adc_layer *)a)->name, ((const struct nax_adc_layer *)b)->name);
}

void nax_hardware_sort_layers(struct nax_hardware *h)
{
    if (h->adc.n_layers)
        qsort(h->adc.layers, h->adc.n_layers, sizeof *h->adc.layers, by_name);
}

/* The key of a layer of adc.layers, by the layer's name; a new layer where it has none. */
static const struct hardware_key *find_layer(struct nax_hardware *h, struct way way, void **object,
                                             const char **what)
{
    size_t n = strcspn(way.at, ".=");
    char name[sizeof h->adc.layers->name];
    const struct way of_key = {way.at + n + 1, way.end};
    const struct hardware_key *key = of_key.at < way.end ? find(&nax_layer_keys, &of_key) : NULL;
    if (!key || !key->is_optional) /* no such key, or the name itself */
        return NULL;
    if (!n || n > NAX_LAYER_NAME_MAX) {
        *what = "a layer's name has 1 to 63 letters";
        return NULL;
    }
    snprintf(name, sizeof name, "%.*s", (int)n, way.at);
    struct nax_adc_layer *layer = NULL;
    for (size_t i = 0; i < h->adc.n_layers; i++)
        if (!strcmp(h->adc.layers[i].name, name))
            layer = &h->adc.layers[i];
    struct nax_err err;
    if (!layer && (layer = nax_hardware_add_layer(h, &err)))
        memcpy(layer->name, name, sizeof name);
    if (!layer)
        *what = "out of memory";
    *object = layer;
    return layer ? key : NULL;
}

static struct nax_component_values *take_entry(struct nax_component *c, struct way *way)
{
    char size[24];
    for (size_t k = 0; k < c->n_values; k++) {
        snprintf(size, sizeof size, "%d", c->values[k].crossbar);
        if (take(way, size))
            return &c->values[k];
    }
    return NULL;
}

/* A value for one crossbar size, or for all. */
static const struct hardware_key *find_value(struct nax_component *c, struct way way, void **object,
                                             const char **what)
{
    struct nax_component_values *values = c->values;
    if (values->crossbar) {
        if (find(&nax_value_keys, &way))
            *what = "the component has a table, set its entries by table.SIZE.KEY";
        values = take(&way, "table") ? take_entry(c, &way) : NULL;
    }
    *object = values;
    const struct hardware_key *key = values ? find(&nax_value_keys, &way) : NULL;
    return key && key->is_optional ? key : NULL; /* not the size that it is of */
}

/* The row of a key and the object that its value is part of; NULL: no such key, or what it lacks.
 */
static const struct hardware_key *find_key(struct nax_hardware *h, struct way way, void **object,
                                           const char **what)
{
    struct nax_component *c = NULL;
    *what = NULL;
    *object = h;
    struct way of_layer = way;
    if (take(&of_layer, "adc") && take(&of_layer, "layers"))
        return find_layer(h, of_layer, object, what);
    if (!take(&way, "components"))
        return find(&nax_hardware_keys, &way);
    for (size_t i = 0; i < h->n_components && !c; i++)
        c = take(&way, h->components[i].name) ? &h->components[i] : NULL;
    if (!c)
        return NULL;
    *object = c;
    const struct hardware_key *key = find(&nax_component_keys, &way);
    return key ? key : find_value(c, way, object, what);
}

/* Among all keys the one that is spelled most like the wrong one. */
struct near {
    struct nax_nearest nearest;
    char word[KEY_NAME_SIZE], name[KEY_NAME_SIZE];
};

static void show_key(void *self, const char *key, const char *value)
{
    (void)value;
    struct near *near = self;
    nax_nearest_try(&near->nearest, key);
    if (near->nearest.name == key) /* which does not last */
        near->nearest.name = strcpy(near->name, key);
}

static int refuse(const struct nax_hardware *h, const char *set, struct nax_err *err)
{
    struct near near = {.nearest = {.word = near.word}};
    snprintf(near.word, sizeof near.word, "%.*s", (int)strcspn(set, "="), set);
    nax_hardware_describe(h, show_key, &near);
    char text[NAX_NEAREST_TEXT];
    return nax_err_set(err, NAX_ERR_VALUE, "no such key: '%s'%s nax-hardware(5) lists them", set,
                       *nax_nearest_text(&near.nearest, text) ? text : ";");
}

int nax_hardware_set(struct nax_hardware *hardware, const char *set, bool *is_retired,
                     struct nax_err *err)
{
    const struct way way = {set, set + strcspn(set, "=")};
    char why[KEY_WHAT_SIZE];
    const char *what;
    void *object;
    if (!*way.end)
        return nax_err_set(err, NAX_ERR_VALUE, "not of the form key=value: '%s'", set);
    const struct hardware_key *key = find_key(hardware, way, &object, &what);
    if (!key && what)
        return nax_err_set(err, NAX_ERR_VALUE, "%s: '%s'", what, set);
    if (!key)
        return refuse(hardware, set, err);
    *is_retired = key->kind == KEY_RETIRED;
    return nax_key_read(key, object, way.end + 1, why)
               ? 0
               : nax_err_set(err, NAX_ERR_VALUE, "%s: '%s'", why, set);
}
