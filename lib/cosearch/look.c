/* A design looked at: its accuracy with inherited weights, and its costs. */
#include "../search/choices.h"
#include "evolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t *widths_of(const struct nax_evolution *e, const struct nax_candidate *c)
{
    return c->n_stages ? c->width : e->options.space->width_own;
}

int nax_evolution_cut(const struct nax_evolution *e, const struct nax_candidate *c,
                      struct nax_network **net, struct nax_model **model, struct nax_err *err)
{
    return nax_oneshot_cut(&e->net, c->kernel, widths_of(e, c), net, model, NULL, NULL, err);
}

/* --- costs --- */

static void close_table(struct price_table *t)
{
    nax_cost_table_free(t->table);
    nax_network_file_free(t->file);
    *t = (struct price_table){.table = NULL};
}

static int open_table(const struct nax_evolution *e, const int64_t *width, size_t format,
                      struct price_table *t, struct nax_err *err)
{
    size_t n = e->options.space->n_stages;
    t->format = format;
    memcpy(t->width, width, n * sizeof *width);
    int status = nax_network_file_widen(&t->file, e->options.file, width, err);
    return status ? status
                  : nax_cost_table_alloc(&t->table, e->formats[format].model, t->file, err);
}

static int find_table(struct nax_evolution *e, const int64_t *width, size_t format,
                      struct nax_cost_table **table, struct nax_err *err)
{
    size_t size = e->options.space->n_stages * sizeof *width, at = 0;
    while (at < e->n_tables &&
           (e->tables[at].format != format || memcmp(e->tables[at].width, width, size) != 0))
        at++;
    if (at == e->n_tables) {
        at = e->n_tables < PRICE_TABLES ? e->n_tables++ : e->oldest++ % PRICE_TABLES;
        close_table(&e->tables[at]);
        int status = open_table(e, width, format, &e->tables[at], err);
        if (status)
            return status;
    }
    *table = e->tables[at].table;
    return 0;
}

int nax_evolution_price(struct nax_evolution *e, const struct nax_candidate *c,
                        struct nax_cost *cost, struct nax_err *err)
{
    struct nax_cost_table *table;
    size_t format;
    int status = nax_format_find(e->options.space, c, &format, err);
    if (!status)
        status = find_table(e, widths_of(e, c), format, &table, err);
    if (status)
        return status;
    return nax_cost_table_price(table, c->kernel, c->crossbar, c->has_adc_bits ? c->adc_bits : NULL,
                                c->crossbar_fixed, cost, err);
}

/* --- accuracy --- */

/* Number of the combination of crossbar, converters and bits that a convolution has;
 * n_combinations: none of the space's. */
static size_t combination(const struct nax_evolution *e, const struct nax_candidate *c,
                          size_t format, size_t slot, int64_t crossbar)
{
    const struct nax_space *s = e->options.space;
    struct nax_unit unit;
    struct nax_err err;
    int64_t bits = c->adc_bits[slot];
    size_t x = 0, b = 0, r = 0;
    if ((!c->has_adc_bits || !bits) && /* the hardware's */
        !nax_unit_make(e->formats[format].hardware, crossbar, &unit, &err))
        bits = unit.adc_bits;
    while (x < s->n_crossbars && s->crossbars[x] != crossbar)
        x++;
    while (b < s->n_adc_bits && s->adc_bits[b] != bits)
        b++;
    while (r < s->n_adc_ranges && s->adc_ranges[r] != c->adc_range[slot])
        r++;
    if (x == s->n_crossbars || (s->n_adc_bits && b == s->n_adc_bits) ||
        (s->n_adc_ranges && r == s->n_adc_ranges))
        return e->n_combinations;
    return format * e->n_choices +
           (x * NAX_MAX(s->n_adc_bits, 1) + b) * NAX_MAX(s->n_adc_ranges, 1) + r;
}

/* What part of the variance each layer's noise has: its combination's, and of one that is none of
 * the space's the mean. */
static void fill_noise(const struct nax_evolution *e, const struct nax_candidate *c, size_t format,
                       const struct nax_network *net, const int64_t *crossbars, double *noise)
{
    double mean = 0;
    for (size_t i = 0; i < e->n_choices; i++)
        mean += e->part[format * e->n_choices + i] / (double)e->n_choices;
    for (size_t l = 0; l < net->n_layers; l++) {
        int slot = nax_network_slot_of(net, l);
        size_t i =
            slot < 0 ? e->n_combinations : combination(e, c, format, (size_t)slot, crossbars[l]);
        noise[l] = i < e->n_combinations ? e->part[i] : mean;
    }
}

struct look {
    struct nax_network *net;
    struct nax_model *model;
    struct nax_hardware *own;
    size_t number[NAX_NETWORK_LAYERS_MAX];
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    double largest[NAX_NETWORK_LAYERS_MAX];
    double noise[NAX_NETWORK_LAYERS_MAX];
    struct nax_linop linops[NAX_NETWORK_LAYERS_MAX];
};

static int measure(struct nax_evolution *e, const struct nax_candidate *c, double *found,
                   struct look *look, struct nax_score *score, struct nax_err *err)
{
    const struct nax_evolution_options *o = &e->options;
    size_t format;
    int status = nax_format_find(o->space, c, &format, err);
    if (!status)
        status = nax_oneshot_cut(&e->net, c->kernel, widths_of(e, c), &look->net, &look->model,
                                 look->number, look->largest, err);
    if (!status)
        status =
            nax_network_crossbars(look->net, c->crossbar, c->crossbar_fixed, look->crossbars, err);
    if (!status)
        status = nax_hardware_of(&look->own, c, look->net, o->hardware, err);
    if (status)
        return status;
    fill_noise(e, c, format, look->net, look->crossbars, look->noise);
    const struct nax_mapping mapping = {.hardware = look->own ? look->own : o->hardware,
                                        .crossbars = look->crossbars,
                                        .seed = o->seed};
    const struct nax_kept_use use = {.mapping = &mapping,
                                     .number = look->number,
                                     .largest = look->largest,
                                     .noise = found ? NULL : look->noise,
                                     .found = found};
    status = nax_kept_map(e->kept, look->model, &use, look->linops, err);
    const struct nax_eval eval = {.linops = o->fidelity == NAX_FIDELITY_IDEAL ? NULL : look->linops,
                                  .n_images = e->net.n_validation,
                                  .index = e->net.validation};
    return status ? status : nax_model_eval(look->model, &o->set->train, &eval, score, err);
}

int nax_evolution_look(struct nax_evolution *e, const struct nax_candidate *c, double *found,
                       struct nax_err *err)
{
    struct look *look = nax_calloc(1, sizeof *look);
    struct nax_evolved *design = nax_calloc(1, sizeof *design);
    struct nax_score score;
    int status = look && design ? measure(e, c, found, look, &score, err)
                                : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'design'");
    if (!status) {
        design->candidate = *c;
        design->accuracy = score.accuracy;
        design->n_images = score.n_images;
        status = nax_evolution_price(e, c, &design->cost, err);
    }
    if (!status)
        status = nax_evolution_add(e, design, err);
    if (look) {
        nax_hardware_convert_free(look->own);
        nax_model_free(look->model);
        nax_network_free(look->net);
    }
    free(look);
    free(design);
    return status;
}

int nax_evolution_add(struct nax_evolution *e, const struct nax_evolved *design,
                      struct nax_err *err)
{
    if (e->n == e->cap) {
        size_t cap = e->cap ? 2 * e->cap : 128;
        struct nax_evolved *at = nax_realloc(e->at, cap, sizeof *at);
        if (!at)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'designs'");
        e->at = at;
        e->cap = cap;
    }
    e->at[e->n++] = *design;
    return 0;
}
