/* Layers on crossbars that many networks have in common: programmed, solved and measured once, by
 * all that decides them. */
#include "columns.h"
#include "conversions.h"
#include "mapped.h"
#include "nax/rng.h"
#include "ranges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct kept_layer {
    struct nax_kept_layer saved; /* key, conversions */
    bool is_measured;            /* saved has the conversions, or the fidelity makes none */
    bool is_mapped;              /* layer and linop are there */
    uint64_t used;               /* by which network, counted from 1, it was last */
    struct mapped_layer layer;   /* effective weights and correction */
    struct nax_layer shape;      /* that layer points to once it is mapped */
    struct nax_linop linop;
};

struct nax_kept {
    enum nax_fidelity fidelity;
    const struct nax_images *images;
    size_t n_images; /* that conversions are measured on */
    uint64_t seed;
    float *normals;
    size_t n, cap;
    struct kept_layer **at;          /* [cap], in the order of their first use */
    size_t n_weights, n_weights_max; /* of layers that are mapped; more than these are let go */
    uint64_t n_networks;             /* that were mapped */
    size_t n_slots;
    size_t *slot; /* [n_slots] of a hash table: 1 + place, or 0 */
};

enum {
    N_CHANNELS_MAX = 65536,
    STEPS_OCTAVE = 2,  /* of input ranges */
    N_POSITIONS = 1024 /* that a column's gain, offset and noise are found from */
};

int nax_kept_alloc(struct nax_kept **kept, enum nax_fidelity fidelity,
                   const struct nax_images *images, size_t n_images, uint64_t seed,
                   struct nax_err *err)
{
    struct nax_kept *k = nax_calloc(1, sizeof *k);
    if (k) {
        *k = (struct nax_kept){.fidelity = fidelity,
                               .images = images,
                               .n_images = n_images,
                               .seed = seed,
                               .n_weights_max = NAX_KEPT_WEIGHTS,
                               .normals = nax_normals_alloc(seed, N_CHANNELS_MAX)};
    }
    if (!k || !k->normals) {
        nax_kept_free(k);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layers on crossbars'");
    }
    *kept = k;
    return 0;
}

static void layer_free(struct kept_layer *layer)
{
    if (!layer)
        return;
    nax_mapped_layer_free(&layer->layer);
    free(layer->saved.columns);
    free(layer);
}

void nax_kept_free(struct nax_kept *kept)
{
    if (!kept)
        return;
    for (size_t i = 0; i < kept->n; i++)
        layer_free(kept->at[i]);
    free(kept->at);
    free(kept->slot);
    free(kept->normals);
    free(kept);
}

void nax_kept_limit(struct nax_kept *kept, size_t n_weights)
{
    kept->n_weights_max = n_weights;
}

static struct kept_layer *least_recent(const struct nax_kept *kept)
{
    struct kept_layer *least = NULL;
    for (size_t i = 0; i < kept->n; i++) {
        struct kept_layer *layer = kept->at[i];
        if (layer->is_mapped && layer->used < kept->n_networks &&
            (!least || layer->used < least->used))
            least = layer;
    }
    return least;
}

/* Lets go of layers that the network at hand has not, the least recently used first. Conversions
 * stay: mapped again they are the same. */
static void let_go(struct nax_kept *kept)
{
    struct kept_layer *layer;
    while (kept->n_weights > kept->n_weights_max && (layer = least_recent(kept))) {
        kept->n_weights -= nax_layer_n_weights(&layer->shape);
        nax_mapped_layer_free(&layer->layer);
        layer->layer = (struct mapped_layer){.fixed.shape = NULL};
        layer->linop = (struct nax_linop){.weight = NULL};
        layer->is_mapped = false;
    }
}

static size_t *find_slot(const struct nax_kept *kept, uint64_t key)
{
    size_t at = key % kept->n_slots; /* keys are hashes */
    while (kept->slot[at] && kept->at[kept->slot[at] - 1]->saved.key != key)
        at = (at + 1) % kept->n_slots;
    return &kept->slot[at];
}

static int grow(struct nax_kept *kept)
{
    size_t cap = kept->cap ? 2 * kept->cap : 128;
    struct kept_layer **at = nax_realloc(kept->at, cap, sizeof *at);
    if (!at)
        return NAX_ERR_MEMORY;
    kept->at = at;
    kept->cap = cap;
    size_t *slot = nax_calloc(2 * cap, sizeof *slot);
    if (!slot)
        return NAX_ERR_MEMORY;
    free(kept->slot);
    kept->slot = slot;
    kept->n_slots = 2 * cap;
    for (size_t i = 0; i < kept->n; i++)
        *find_slot(kept, kept->at[i]->saved.key) = i + 1;
    return 0;
}

/* The layer of this key, a new one where there was none; NULL: no memory. */
static struct kept_layer *find(struct nax_kept *kept, uint64_t key)
{
    if (kept->n == kept->cap && grow(kept))
        return NULL;
    size_t *slot = find_slot(kept, key);
    if (*slot)
        return kept->at[*slot - 1];
    struct kept_layer *layer = nax_calloc(1, sizeof *layer);
    if (!layer)
        return NULL;
    layer->saved.key = key;
    kept->at[kept->n++] = layer;
    *slot = kept->n;
    return layer;
}

size_t nax_kept_n(const struct nax_kept *kept)
{
    return kept->n;
}

const struct nax_kept_layer *nax_kept_at(const struct nax_kept *kept, size_t i)
{
    return &kept->at[i]->saved;
}

int nax_kept_add(struct nax_kept *kept, const struct nax_kept_layer *saved, struct nax_err *err)
{
    struct kept_layer *layer = find(kept, saved->key);
    size_t size = 3 * saved->n_cols * sizeof *saved->columns;
    float *columns = nax_calloc(saved->n_cols, 3 * sizeof *columns);
    if (!layer || !columns) {
        free(columns);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layers on crossbars'");
    }
    memcpy(columns, saved->columns, size);
    free(layer->saved.columns);
    layer->saved = *saved;
    layer->saved.columns = columns;
    layer->is_measured = true;
    return 0;
}

/* --- one network --- */

struct work {
    struct nax_kept *kept;
    const struct nax_kept_use *use;
    const struct nax_model *model;
    double *range; /* [n_layers] */
    struct input_vectors vectors;
    struct kept_layer **layer;            /* [n_layers], NULL for pools */
    bool *is_missed;                      /* [n_layers]: its conversions are to be measured */
    struct nax_linop *linops, *reference; /* [n_layers] */
    struct column_sums *sums;
};

/* Up to the next step: nothing is clamped that the range let through. 1 where all inputs are 0. */
static double round_range(double range)
{
    return range > 0 && range < INFINITY ? exp2(ceil(log2(range) * STEPS_OCTAVE) / STEPS_OCTAVE)
                                         : 1;
}

/* All that decides what a layer becomes: its weights and shape, its number, crossbar, bits and,
 * where conversions are made, its ADCs and the range of its inputs. */
static uint64_t key_of(const struct work *w, size_t l)
{
    const struct nax_layer *s = &w->model->net->layers[l];
    const struct nax_layer_adc adc = nax_layer_adc_of(w->use->mapping->hardware, s->name);
    const struct nax_precision *bits = &w->use->mapping->hardware->precision;
    const uint64_t sizes[] = {s->kernel[0],
                              s->kernel[1],
                              s->stride[0],
                              s->stride[1],
                              s->dilation[0],
                              s->dilation[1],
                              s->pad[0],
                              s->pad[1],
                              s->pad[2],
                              s->pad[3],
                              s->groups,
                              s->h_in,
                              s->w_in,
                              s->c_in,
                              s->c_out,
                              s->is_input_signed,
                              w->use->number[l],
                              (uint64_t)w->use->mapping->crossbars[l],
                              (uint64_t)bits->weight_bits,
                              (uint64_t)bits->input_bits,
                              (uint64_t)bits->slice_bits};
    const uint64_t converter[] = {adc.range, (uint64_t)adc.bits};
    uint64_t key = nax_checksum(0, w->model->layer[l].weight,
                                nax_layer_n_weights(s) * sizeof *w->model->layer[l].weight);
    key = nax_hash(key, sizes, sizeof sizes);
    if (!w->range)
        return key;
    key = nax_hash(key, converter, sizeof converter);
    key = nax_hash(key, &adc.range_frac, sizeof adc.range_frac);
    return nax_hash(key, &w->range[l], sizeof w->range[l]);
}

/* An evaluation: input vectors, and the largest magnitude of inputs [n_layers]. */
static int look_at_inputs(struct work *w, double *largest, struct nax_err *err)
{
    int status =
        nax_vectors_alloc(&w->vectors, w->model->net, nax_ranges_n_images(w->kept->images), err);
    return status ? status
                  : nax_ranges_measure(w->model, w->kept->images, largest, &w->vectors, err);
}

static int take_ranges(struct work *w, struct nax_err *err)
{
    const size_t n = w->model->net->n_layers;
    int status = 0;
    w->range = nax_calloc(n, sizeof *w->range);
    if (!w->range)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'ranges of inputs'");
    if (w->use->largest)
        memcpy(w->range, w->use->largest, n * sizeof *w->range);
    else
        status = look_at_inputs(w, w->range, err);
    for (size_t l = 0; !status && l < n; l++)
        w->range[l] = round_range(w->range[l]);
    return status;
}

/* What a new layer's ADCs take their range by, where ranges of inputs came without. */
static int want_vectors(struct work *w, struct nax_err *err)
{
    double unused[NAX_NETWORK_LAYERS_MAX];
    return w->vectors.x ? 0 : look_at_inputs(w, unused, err);
}

/* Puts a layer that is not yet mapped onto its crossbars: with every conversion made, where these
 * have to be measured. */
static int map_layer(const struct work *w, size_t l, struct nax_err *err)
{
    const struct nax_mapping *mapping = w->use->mapping;
    const struct nax_layer *shape = &w->model->net->layers[l];
    struct kept_layer *kept = w->layer[l];
    struct mapped_layer *layer = &kept->layer;
    int status =
        nax_fixed_layer_alloc(&layer->fixed, shape, mapping->hardware, mapping->crossbars[l],
                              w->model->layer[l].weight, w->range ? w->range[l] : 1, err);
    if (status)
        return status;
    layer->chip = (struct chip){mapping->seed, mapping->chip, w->use->number[l]};
    status = nax_mapped_layer_want_effective(layer, err);
    if (status)
        return status;
    layer->vectors = nax_vectors_of(&w->vectors, l);
    if (w->is_missed[l])
        return nax_mapped_layer_full(layer, &kept->linop, err);
    if (w->range) {
        layer->fixed.adc_lsb = kept->saved.adc_lsb;
        layer->fixed.adc_unit = kept->saved.adc_unit;
    }
    return nax_mapped_layer_linear(layer, &kept->linop, err);
}

/* Its conversions, as they were measured. */
static int correct(const struct work *w, struct kept_layer *kept, struct nax_err *err)
{
    struct mapped_layer *layer = &kept->layer;
    const struct nax_kept_layer *saved = &kept->saved;
    struct correction *correction = &layer->correction;
    int status = nax_mapped_layer_add_correction(layer, &kept->linop, err);
    if (status)
        return status;
    memcpy(correction->gain, saved->columns, 3 * saved->n_cols * sizeof *saved->columns);
    correction->noise = (float)sqrt(saved->noise);
    correction->seed = w->kept->seed;
    correction->normals = w->kept->normals;
    return 0;
}

/* What is left of a layer that is mapped: shape and map, which cells between groups are multiplied
 * by, and nothing that belongs to one network. */
static void settle(struct nax_kept *all, struct kept_layer *kept)
{
    struct fixed_layer *fixed = &kept->layer.fixed;
    all->n_weights += nax_layer_n_weights(fixed->shape);
    nax_fixed_layer_free(fixed);
    kept->shape = *fixed->shape;
    *fixed = (struct fixed_layer){.shape = &kept->shape, .map = fixed->map};
    kept->layer.vectors = (struct layer_vectors){.n = 0};
    kept->is_mapped = true;
}

static int map_layers(const struct work *w, struct nax_err *err)
{
    const size_t n = w->model->net->n_layers;
    int status = 0;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
        size_t l = n - 1 - i; /* the large ones first */
        struct nax_err own = {0};
        if (w->layer[l] && !w->layer[l]->is_mapped && map_layer(w, l, &own))
            nax_err_keep_first(&status, err, &own);
    }
    return status;
}

static int keep_conversions(const struct work *w, size_t l, double noise, struct nax_err *err)
{
    const struct nax_network *net = w->model->net;
    struct kept_layer *kept = w->layer[l];
    struct nax_kept_layer *saved = &kept->saved;
    const struct column_sums *sums = w->sums + nax_columns_first(net, l);
    saved->n_cols = net->layers[l].c_out;
    saved->columns = nax_calloc(saved->n_cols, 3 * sizeof *saved->columns);
    if (!saved->columns)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", net->layers[l].name);
    saved->adc_lsb = kept->layer.fixed.adc_lsb;
    saved->adc_unit = kept->layer.fixed.adc_unit;
    saved->noise = noise;
    for (size_t c = 0; c < saved->n_cols; c++) {
        struct column_fit fit = nax_column_fit_hardware(&sums[c]);
        saved->columns[c] = (float)fit.gain;
        saved->columns[saved->n_cols + c] = (float)fit.offset;
        saved->columns[2 * saved->n_cols + c] = (float)sqrt(fit.variance);
    }
    kept->is_measured = true;
    nax_mapped_layer_keep_effective(&kept->layer, &kept->linop);
    return 0;
}

static void take_linops(const struct work *w)
{
    for (size_t l = 0; l < w->model->net->n_layers; l++)
        if (w->layer[l])
            w->linops[l] = w->layer[l]->linop;
}

/* The part of the variance that gives the loss of full products: see nax_conversions_scale. */
static int find_noise(const struct work *w, double wanted, double *part, struct nax_err *err)
{
    float **noise = nax_calloc(w->model->net->n_layers, sizeof *noise);
    size_t n = 0;
    if (!noise)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'conversions'");
    for (size_t l = 0; l < w->model->net->n_layers; l++)
        if (w->is_missed[l])
            noise[n++] = &w->layer[l]->layer.correction.noise;
    const struct conversions_noise of = {.model = w->model,
                                         .linops = w->linops,
                                         .images = w->kept->images,
                                         .n_images = w->kept->n_images,
                                         .noise = noise,
                                         .n_noise = n};
    int status = nax_conversions_scale(&of, wanted, part, err);
    free(noise);
    return status;
}

/* At some positions; at all of them where the part of the noise is to be found, whose loss is that
 * of full products of the whole network. */
static int measure_columns(struct work *w, double *wanted, struct nax_err *err)
{
    const size_t n = w->model->net->n_layers;
    const struct mapped_layer *hardware[NAX_NETWORK_LAYERS_MAX] = {NULL};
    for (size_t l = 0; l < n; l++)
        if (w->is_missed[l]) {
            hardware[l] = &w->layer[l]->layer;
            w->reference[l] = nax_mapped_layer_effective(&w->layer[l]->layer);
        }
    if (!w->use->noise)
        return nax_columns_measure(w->model, w->linops, w->reference, w->kept->images,
                                   w->kept->n_images, w->sums, wanted, err);
    for (size_t l = 0; l < n; l++)
        if (hardware[l])
            w->linops[l] = w->reference[l];
    return nax_columns_sample(w->model, w->linops, hardware, w->kept->images, w->kept->n_images,
                              N_POSITIONS, w->sums, err);
}

static int measure(struct work *w, struct nax_err *err)
{
    const struct nax_network *net = w->model->net;
    double wanted = 0, part = 0;
    take_linops(w);
    int status = measure_columns(w, &wanted, err);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (w->is_missed[l])
            status = keep_conversions(w, l, w->use->noise ? w->use->noise[l] : 1, err);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (w->is_missed[l])
            status = correct(w, w->layer[l], err);
    if (status || w->use->noise)
        return status;
    take_linops(w);
    status = find_noise(w, wanted, &part, err);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (w->is_missed[l])
            w->layer[l]->saved.noise = part;
    if (!status)
        *w->use->found = part;
    return status;
}

/* Finds the layers, maps those that are not, measures those that were never met before. */
static int run(struct work *w, struct nax_err *err)
{
    const struct nax_network *net = w->model->net;
    bool has_conversions = w->kept->fidelity == NAX_FIDELITY_ADC, is_any_missed = false;
    w->kept->n_networks++;
    int status = has_conversions ? take_ranges(w, err) : 0;
    for (size_t l = 0; !status && l < net->n_layers; l++) {
        if (!nax_layer_n_weights(&net->layers[l]))
            continue;
        w->layer[l] = find(w->kept, key_of(w, l));
        if (!w->layer[l])
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layers on crossbars'");
        w->layer[l]->used = w->kept->n_networks;
        const struct nax_kept_layer *saved = &w->layer[l]->saved;
        if (saved->n_cols && saved->n_cols != net->layers[l].c_out)
            return nax_err_set(err, NAX_ERR_FORMAT,
                               "conversions of %zu columns are of another layer than this one of "
                               "%zu: 'layer %s'",
                               saved->n_cols, net->layers[l].c_out, net->layers[l].name);
        w->is_missed[l] = has_conversions && !w->layer[l]->is_measured;
        is_any_missed = is_any_missed || w->is_missed[l];
    }
    let_go(w->kept);
    if (!status && is_any_missed)
        status = want_vectors(w, err);
    if (!status)
        status = map_layers(w, err);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (has_conversions && w->layer[l] && !w->layer[l]->is_mapped && !w->is_missed[l])
            status = correct(w, w->layer[l], err);
    if (!status && is_any_missed)
        status = measure(w, err);
    for (size_t l = 0; !status && l < net->n_layers; l++)
        if (w->layer[l] && !w->layer[l]->is_mapped)
            settle(w->kept, w->layer[l]);
    if (!status)
        take_linops(w);
    return status;
}

int nax_kept_map(struct nax_kept *kept, const struct nax_model *model,
                 const struct nax_kept_use *use, struct nax_linop *linops, struct nax_err *err)
{
    const struct nax_network *net = model->net;
    const size_t n = net->n_layers;
    struct work w = {.kept = kept,
                     .use = use,
                     .model = model,
                     .vectors = {.net = net},
                     .layer = nax_calloc(n, sizeof *w.layer),
                     .is_missed = nax_calloc(n, sizeof *w.is_missed),
                     .linops = linops,
                     .reference = nax_calloc(n, sizeof *w.reference),
                     .sums = nax_calloc(nax_columns_first(net, n), sizeof *w.sums)};
    for (size_t l = 0; l < n; l++)
        linops[l] = (struct nax_linop){.weight = NULL};
    int status = nax_adc_layers_check(use->mapping->hardware, net, err);
    if (!status && (!w.layer || !w.is_missed || !w.reference || !w.sums))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'network %s'", net->name);
    if (!status && kept->fidelity != NAX_FIDELITY_IDEAL)
        status = run(&w, err);
    nax_vectors_free(&w.vectors);
    free(w.range);
    free(w.layer);
    free(w.is_missed);
    free(w.reference);
    free(w.sums);
    return status;
}
