/* Look-up tables over (layer, kernel, crossbar): the cost of a design is a sum of entries. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const struct nax_layer *find_layer(const struct nax_network *net, const char *name)
{
    for (size_t l = 0; l < net->n_layers; l++)
        if (!strcmp(net->layers[l].name, name))
            return &net->layers[l];
    return NULL;
}

/* Which layers change when slot s alone is skipped. */
static int probe_slot(struct nax_cost_table *table, size_t s, int64_t *kernel, struct nax_err *err)
{
    struct nax_network *net;
    int64_t own = kernel[s];
    kernel[s] = 0;
    int status = nax_network_build(&net, table->file, kernel, err);
    kernel[s] = own;
    if (status)
        return status;
    for (size_t p = 0; p < table->n_places && !status; p++) {
        struct place *place = &table->places[p];
        const struct nax_layer *now = find_layer(net, place->layer.name);
        bool has_residual = place->layer.residual != NAX_FROM_NONE;
        if (!now || (now->has_relu == place->layer.has_relu &&
                     (now->residual != NAX_FROM_NONE) == has_residual))
            continue;
        if (place->n_depends == DEPENDS_MAX)
            status = nax_err_set(err, NAX_ERR_VALUE, "too many layers change layer '%s'",
                                 place->layer.name);
        else
            place->depends[place->n_depends++] = s;
    }
    nax_network_free(net);
    return status;
}

/* The order of nax_network_crossbars: a shortcut's own block, then back to front, then on. */
static int list_followed(struct nax_cost_table *table, size_t p, struct nax_err *err)
{
    struct place *place = &table->places[p];
    if (!(place->follows = nax_calloc(2 * table->n_places, sizeof *place->follows)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost table'");
    for (size_t i = 0; place->layer.role == NAX_ROLE_SHORTCUT && i < table->n_places; i++)
        if (table->places[i].layer.slot >= 0 && table->places[i].layer.input == place->layer.input)
            place->follows[place->n_follows++] = (size_t)table->places[i].layer.slot;
    for (size_t i = p; i-- > 0;)
        if (table->places[i].layer.slot >= 0)
            place->follows[place->n_follows++] = (size_t)table->places[i].layer.slot;
    for (size_t i = p + 1; i < table->n_places; i++)
        if (table->places[i].layer.slot >= 0)
            place->follows[place->n_follows++] = (size_t)table->places[i].layer.slot;
    return 0;
}

/* Where inputs come from, back to the first layer that is always there, or to the image, which is
 * signed: of a network that skips a convolution, the next one reads what that would have read. */
static int list_sources(struct nax_cost_table *table, size_t p, struct nax_err *err)
{
    struct place *place = &table->places[p];
    bool is_last = false;
    if (!(place->sources = nax_calloc(p + 1, sizeof *place->sources)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost table'");
    for (int i = place->layer.input; i >= 0 && !is_last; i = table->places[i].layer.input) {
        const struct place *from = &table->places[i];
        if (nax_layer_kind_row(&from->layer)->passes_sign)
            continue;
        is_last = from->slot < 0 || !table->can_skip[from->slot];
        place->sources[place->n_sources++] =
            (struct source){is_last ? 0 : (size_t)from->slot, from->layer.is_output_signed};
    }
    if (!is_last)
        place->sources[place->n_sources++] = (struct source){0, true};
    return 0;
}

static int fill_places(struct nax_cost_table *table, const struct nax_network *net,
                       struct nax_err *err)
{
    int status = 0;
    table->places = nax_calloc(net->n_layers, sizeof *table->places);
    table->sizes = nax_calloc(net->n_layers, sizeof *table->sizes);
    table->adc_bits = nax_calloc(net->n_layers, sizeof *table->adc_bits);
    table->items = nax_calloc(net->n_layers, sizeof *table->items);
    table->found = nax_calloc(net->n_layers, sizeof *table->found);
    table->can_skip = nax_calloc(NAX_MAX(table->n_slots, 1), sizeof *table->can_skip);
    table->own_kernel = nax_calloc(NAX_MAX(table->n_slots, 1), sizeof *table->own_kernel);
    int64_t *kernel = nax_calloc(NAX_MAX(table->n_slots, 1), sizeof *kernel);
    if (!table->places || !table->sizes || !table->adc_bits || !table->items || !table->found ||
        !table->can_skip || !table->own_kernel || !kernel) {
        free(kernel);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost table'");
    }
    table->n_places = net->n_layers;
    for (size_t l = 0; l < net->n_layers; l++)
        table->link_bits += nax_cost_link_bits(table->model->hardware, net, l);
    for (size_t p = 0; p < table->n_places; p++) {
        struct place *place = &table->places[p];
        place->layer = net->layers[p];
        place->slot = place->layer.slot;
        place->has_weights = nax_layer_kind_row(&place->layer)->has_weights;
        place->adc_bits = nax_layer_adc_of(table->model->hardware, place->layer.name).bits;
    }
    for (size_t p = 0; p < table->n_places && !status; p++)
        if (net->layers[p].slot < 0)
            status = list_followed(table, p, err);
    for (size_t s = 0; s < table->n_slots; s++) {
        kernel[s] = nax_network_file_kernel(table->file, s);
        table->can_skip[s] = nax_network_file_can_skip(table->file, s);
        if (nax_network_file_is_kernel_own(table->file, s))
            table->own_kernel[s] = kernel[s];
    }
    for (size_t p = 0; p < table->n_places && !status; p++)
        status = list_sources(table, p, err);
    for (size_t s = 0; s < table->n_slots && !status; s++)
        if (table->can_skip[s])
            status = probe_slot(table, s, kernel, err);
    free(kernel);
    return status;
}

int nax_cost_table_alloc(struct nax_cost_table **table, struct nax_cost_model *model,
                         const struct nax_network_file *file, struct nax_err *err)
{
    struct nax_network *net;
    int status = nax_network_build(&net, file, NULL, err);
    if (status)
        return status;
    struct nax_cost_table *t = nax_calloc(1, sizeof *t);
    if (t) {
        t->model = model;
        t->file = file;
        t->n_slots = net->n_slots;
        status = fill_places(t, net, err);
    } else {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost table'");
    }
    nax_network_free(net);
    if (status)
        nax_cost_table_free(t);
    else
        *table = t;
    return status;
}

void nax_cost_table_free(struct nax_cost_table *table)
{
    if (!table)
        return;
    for (size_t p = 0; p < table->n_places; p++) {
        for (size_t k = 0; k < KERNELS; k++)
            free(table->places[p].entries[k]);
        free(table->places[p].follows);
        free(table->places[p].sources);
    }
    free(table->places);
    free(table->sizes);
    free(table->adc_bits);
    free(table->items);
    free(table->found);
    free(table->can_skip);
    free(table->own_kernel);
    free(table);
}

static bool has_kernel(const struct nax_cost_table *table, size_t slot, int64_t kernel)
{
    return table->own_kernel[slot] ? kernel == table->own_kernel[slot]
                                   : kernel > 0 && kernel <= NAX_KERNEL_MAX && kernel % 2;
}

/* What is there of a design, and what its errors are, comes from the network itself. */
static int find_sizes(struct nax_cost_table *table, const int64_t *kernel, const int64_t *crossbar,
                      const int64_t *adc_bits, int64_t fixed)
{
    int64_t last = 0;
    int last_bits = 0;
    for (size_t p = 0; p < table->n_places; p++) {
        const struct place *place = &table->places[p];
        int slot = place->slot;
        int64_t *size = &table->sizes[p];
        *size = 0;
        table->adc_bits[p] = place->adc_bits;
        if (slot >= 0) {
            *size = kernel[slot] ? crossbar[slot] : 0;
            if (kernel[slot] ? *size < 1 || !has_kernel(table, (size_t)slot, kernel[slot])
                             : !table->can_skip[slot])
                return -1;
        } else if (place->has_weights) {
            *size = fixed;
            for (size_t i = 0; !*size && i < place->n_follows; i++)
                if (kernel[place->follows[i]]) {
                    slot = (int)place->follows[i];
                    *size = crossbar[slot];
                }
            if (*size < 1)
                return -1;
        }
        if (slot >= 0 && adc_bits && adc_bits[slot])
            table->adc_bits[p] = (int)adc_bits[slot];
    }
    for (size_t p = table->n_places; p-- > 0;)
        if (table->sizes[p]) {
            last = table->sizes[p];
            last_bits = table->adc_bits[p];
        }
    for (size_t p = 0; p < table->n_places; p++) { /* a pool works in the cores before it */
        if (!table->places[p].has_weights) {
            table->sizes[p] = last;
            table->adc_bits[p] = last_bits;
        }
        if (table->sizes[p]) {
            last = table->sizes[p];
            last_bits = table->adc_bits[p];
        }
    }
    return 0;
}

/* Whether a place reads what may be negative in the design at hand. */
static bool reads_signed(const struct place *place, const int64_t *kernel)
{
    const struct source *source = place->sources;
    for (size_t i = 1; i < place->n_sources && !kernel[source->slot]; i++)
        source++;
    return source->is_signed;
}

static int build_entry(struct nax_cost_table *table, const struct place *place, size_t index,
                       const int64_t *kernel, struct entry *entry, struct nax_err *err)
{
    struct nax_network *net;
    struct nax_activity activity;
    const struct nax_size_cost *size = table->model->sizes[index];
    int status = nax_network_build(&net, table->file, kernel, err);
    if (status)
        return status;
    const struct nax_layer *layer = find_layer(net, place->layer.name);
    struct nax_layer_map map = nax_layer_map(&size->unit, layer);
    nax_layer_activity(table->model->hardware, layer, &map, size, &activity);
    entry->item = nax_cost_item_make(table->model, layer, &map, &activity, index);
    entry->is_known = true;
    nax_network_free(net);
    return 0;
}

static int find_entry(struct place *place, size_t index, const int64_t *kernel,
                      struct entry **entry, struct nax_err *err)
{
    size_t k = place->slot < 0 ? 0 : (size_t)kernel[place->slot] / 2;
    size_t variant = reads_signed(place, kernel);
    if (!place->entries[k]) {
        place->entries[k] =
            nax_calloc((size_t)COST_SIZES_MAX << (place->n_depends + 1), sizeof *place->entries[k]);
        if (!place->entries[k])
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cost table'");
    }
    for (size_t i = 0; i < DEPENDS_MAX && i < place->n_depends; i++)
        variant |= (size_t)!kernel[place->depends[i]] << (i + 1);
    *entry = &place->entries[k][index << (place->n_depends + 1) | variant];
    return 0;
}

int nax_cost_table_item(struct nax_cost_table *table, struct place *place, size_t index,
                        const int64_t *kernel, const struct cost_item **item, struct nax_err *err)
{
    struct entry *entry;
    int status = find_entry(place, index, kernel, &entry, err);
    if (!status && !entry->is_known)
        status = build_entry(table, place, index, kernel, entry, err);
    if (!status)
        *item = &entry->item;
    return status;
}

/* Entries lie far apart: all are on their way from memory before the first is read. */
static int find_entries(struct nax_cost_table *table, const int64_t *kernel, struct nax_err *err)
{
    int64_t last = 0;
    int last_bits = 0;
    size_t index = 0; /* of these */
    for (size_t p = 0; p < table->n_places; p++) {
        struct place *place = &table->places[p];
        struct found *found = &table->found[p];
        *found = (struct found){NULL, index};
        if (place->slot >= 0 && !kernel[place->slot])
            continue;
        int status = 0;
        if (table->sizes[p] != last || table->adc_bits[p] != last_bits) {
            last = table->sizes[p];
            last_bits = table->adc_bits[p];
            status = nax_cost_find_size(table->model, last, last_bits, &index, err);
        }
        found->index = index;
        if (!status)
            status = find_entry(place, index, kernel, &found->entry, err);
        if (status)
            return status;
        __builtin_prefetch(found->entry);
        __builtin_prefetch(found->entry + 1);
    }
    return 0;
}

/* A design that find_sizes refuses: the network says what is wrong with it. */
static int refuse(const struct nax_cost_table *table, const int64_t *kernel,
                  const int64_t *crossbar, int64_t fixed, struct nax_err *err)
{
    struct nax_network *net;
    int status = nax_network_build(&net, table->file, kernel, err);
    if (status)
        return status;
    status = nax_network_crossbars(net, crossbar, fixed, table->sizes, err);
    nax_network_free(net);
    return status ? status
                  : nax_err_set(err, NAX_ERR_VALUE, "not a design of network '%s'",
                                nax_network_file_name(table->file));
}

int nax_cost_table_price(struct nax_cost_table *table, const int64_t *kernel,
                         const int64_t *crossbar, const int64_t *adc_bits, int64_t fixed,
                         struct nax_cost *cost, struct nax_err *err)
{
    size_t n = 0;
    if (find_sizes(table, kernel, crossbar, adc_bits, fixed))
        return refuse(table, kernel, crossbar, fixed, err);
    int status = find_entries(table, kernel, err);
    for (size_t p = 0; p < table->n_places && !status; p++) {
        const struct found *found = &table->found[p];
        if (!found->entry)
            continue;
        if (!found->entry->is_known)
            status = build_entry(table, &table->places[p], found->index, kernel, found->entry, err);
        table->items[n++] = found->entry->item;
    }
    if (status)
        return status;
    const size_t last = table->found[table->n_places - 1].index;
    table->items[0].dynamic_pj +=
        table->link_bits * table->model->sizes[last]->event_pj[NAX_EVENT_LINK];
    nax_cost_plan(table->model, table->items, n, cost);
    return 0;
}
