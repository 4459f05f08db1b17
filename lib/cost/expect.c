/* Expected costs of designs whose slots choose independently.
 *
 * Where layers run one after the other, without copies, energy and latency are sums over places,
 * and each place's part depends on a few slots: its own choice, whether those that change it are
 * there, and for a layer that is not searched the first one there that it follows. All that these
 * can be is gone through, which is exact, and so are expectations given one slot's choice.
 *
 * What is rounded or multiplied goes by moments. Units left over in cores are counted modulo a
 * core's, exactly but for layers that follow others; cores fill tiles as if their number were
 * normal; and products are those of sums of what each slot's choice does by itself, as if the slots
 * did not change what others do.
 */
#include "moments.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { ENERGY, LATENCY, TILES, CORES }; /* values of a place; from CORES on those of each size */

enum { ANY = -1, SKIPPED = -2, PRESENT = -3 }; /* what is known of a slot, or its choice */

struct expectation {
    struct nax_cost_table *table;
    const struct nax_cost_policy *policy;
    int64_t fixed;
    struct chances chances;
    size_t n_sizes, n_values;
    size_t *sizes;                /* [n_sizes], among the model's */
    int *known;                   /* [n_slots] */
    size_t n_known, *known_slots; /* those that are not ANY, in the order of asking */
    int64_t *kernel;              /* [n_slots], of a design as it is known */
    double *skipped;              /* [n_slots], probability */
    size_t n_chain, *chain;       /* slots that a place follows, the first that is there */
    double *mean;                 /* [n_values] */
    double *effect;               /* [n_slots][n_choices][n_values]: mean given this, less mean */
    double *base;                 /* [n_slots][n_values], of every choice alike */
    double *units;                /* [n_slots][n_choices] of a slot's own place */
    double *followed;             /* [n_places][n_sizes][2]: probability, units */
    struct nax_err *err;
};

static double chance(const struct expectation *e, size_t slot)
{
    int known = e->known[slot];
    switch (known) {
    case ANY:
        return 1;
    case SKIPPED:
        return e->skipped[slot];
    case PRESENT:
        return 1 - e->skipped[slot];
    default:
        return e->policy->p[slot * e->policy->n_choices + (size_t)known];
    }
}

static bool agrees(const struct expectation *e, size_t slot, size_t choice)
{
    int known = e->known[slot];
    bool is_skipped = !e->policy->kernel[choice];
    return known == (int)choice || (known == SKIPPED && is_skipped) ||
           (known == PRESENT && !is_skipped);
}

static void know(struct expectation *e, size_t slot, int known)
{
    e->known[slot] = known;
    e->known_slots[e->n_known++] = slot;
    bool is_own = known == PRESENT || nax_network_file_is_kernel_own(e->table->file, slot);
    e->kernel[slot] = known == SKIPPED ? 0
                      : is_own         ? nax_network_file_kernel(e->table->file, slot)
                                       : e->policy->kernel[known];
}

static void forget(struct expectation *e)
{
    size_t slot = e->known_slots[--e->n_known];
    e->known[slot] = ANY;
    e->kernel[slot] = nax_network_file_kernel(e->table->file, slot);
}

/* A place's values in the case that is known: to the mean, and to the effects of those slots that
 * the case is of. E[v | s takes c] − E[v] = Σ over cases (P(case | s takes c) − P(case)) v. */
static int add_case(struct expectation *e, struct place *place, size_t z)
{
    const struct nax_cost_model *model = e->table->model;
    size_t n = e->policy->n_choices;
    const struct cost_item *item;
    int status = nax_cost_table_item(e->table, place, e->sizes[z], e->kernel, &item, e->err);
    if (status)
        return status;
    double p = 1;
    for (size_t i = 0; i < e->n_known; i++)
        p *= chance(e, e->known_slots[i]);
    bool is_gated = nax_leakage_row(model->hardware)->is_gated;
    bool shares_cores = nax_packing_row(model->hardware)->shares_cores;
    const double value[] = {item->dynamic_pj + (is_gated ? item->leakage_mw * item->latency_ns : 0),
                            item->latency_ns, (double)item->n_tiles,
                            shares_cores ? (double)item->n_units /
                                               (double)model->sizes[e->sizes[z]]->units_per_core
                                         : (double)item->n_cores};
    const size_t at[] = {ENERGY, LATENCY, TILES, CORES + z};
    if (place->layer.slot < 0) {
        double *followed = e->followed + 2 * ((size_t)(place - e->table->places) * e->n_sizes + z);
        followed[0] += p;
        followed[1] = (double)item->n_units;
    } else {
        size_t slot = (size_t)place->layer.slot;
        e->units[slot * n + (size_t)e->known[slot]] = (double)item->n_units;
    }
    for (size_t k = 0; k < 4; k++)
        e->mean[at[k]] += p * value[k];
    for (size_t i = 0; i < e->n_known; i++) {
        size_t slot = e->known_slots[i];
        double others = 1;
        for (size_t j = 0; j < e->n_known; j++)
            others *= j == i ? 1 : chance(e, e->known_slots[j]);
        for (size_t k = 0; k < 4; k++)
            e->base[slot * e->n_values + at[k]] -= p * value[k];
        for (size_t c = 0; c < n; c++)
            for (size_t k = 0; k < 4 && agrees(e, slot, c); k++)
                e->effect[(slot * n + c) * e->n_values + at[k]] += others * value[k];
    }
    return 0;
}

/* Whether the sign of what a place reads depends on what is skipped. */
static bool is_sign_open(const struct expectation *e, const struct place *place)
{
    const struct place *places = e->table->places;
    bool can_be[2] = {false, false};
    for (int p = place->layer.input;; p = places[p].layer.input) {
        if (p < 0 || !nax_layer_kind_row(&places[p].layer)->passes_sign)
            can_be[p < 0 || places[p].layer.is_output_signed] = true;
        if (p < 0 || (!nax_layer_kind_row(&places[p].layer)->passes_sign &&
                      (places[p].layer.slot < 0 || !e->skipped[places[p].layer.slot])))
            return can_be[0] && can_be[1];
    }
}

/* Asks the searched layers that the place may read, from place p back, until one is there. */
static int ask_read(struct expectation *e, struct place *place, int p, size_t z)
{
    for (; p >= 0; p = e->table->places[p].layer.input) {
        const struct nax_layer *layer = &e->table->places[p].layer;
        if (nax_layer_kind_row(layer)->passes_sign)
            continue;
        if (layer->slot < 0 || e->known[layer->slot] == PRESENT || e->known[layer->slot] >= 0)
            break;
        if (e->known[layer->slot] == SKIPPED)
            continue;
        size_t slot = (size_t)layer->slot;
        int status = 0;
        if (e->skipped[slot] > 0) {
            know(e, slot, SKIPPED);
            status = ask_read(e, place, layer->input, z);
            forget(e);
        }
        if (status)
            return status;
        know(e, slot, PRESENT);
        status = add_case(e, place, z);
        forget(e);
        return status;
    }
    return add_case(e, place, z);
}

/* Asks whether the i-th and the further slots that change the place are there. */
static int ask_depends(struct expectation *e, struct place *place, size_t i, size_t z)
{
    while (i < place->n_depends && e->known[place->depends[i]] != ANY)
        i++;
    if (i == place->n_depends)
        return is_sign_open(e, place) ? ask_read(e, place, place->layer.input, z)
                                      : add_case(e, place, z);
    size_t slot = place->depends[i];
    int status = 0;
    for (int k = 0; k < 2 && !status; k++) {
        know(e, slot, k ? SKIPPED : PRESENT);
        if (chance(e, slot) > 0)
            status = ask_depends(e, place, i + 1, z);
        forget(e);
    }
    return status;
}

static size_t size_of(const struct expectation *e, int64_t crossbar)
{
    size_t z = 0;
    while ((int64_t)e->table->model->sizes[e->sizes[z]]->unit.crossbar != crossbar)
        z++;
    return z;
}

/* Asks which choice a slot takes, one after the other. */
static int ask_choices(struct expectation *e, struct place *place, size_t slot)
{
    const struct nax_cost_policy *policy = e->policy;
    int status = 0;
    for (size_t c = 0; c < policy->n_choices && !status; c++)
        if (policy->kernel[c] && policy->p[slot * policy->n_choices + c] > 0) {
            know(e, slot, (int)c);
            status = ask_depends(e, place, 0, size_of(e, policy->crossbar[c]));
            forget(e);
        }
    return status;
}

/* Asks the i-th and the further slots of the chain, until one is there. */
static int ask_chain(struct expectation *e, struct place *place, size_t i)
{
    while (i < e->n_chain && e->known[e->chain[i]] == SKIPPED)
        i++;
    if (i == e->n_chain)
        return e->fixed ? ask_depends(e, place, 0, size_of(e, e->fixed))
                        : nax_err_set(e->err, NAX_ERR_VALUE,
                                      "layer '%s' may find no searched convolution to follow",
                                      place->layer.name);
    int status = ask_choices(e, place, e->chain[i]);
    if (status || !(e->skipped[e->chain[i]] > 0))
        return status;
    know(e, e->chain[i], SKIPPED);
    status = ask_chain(e, place, i + 1);
    forget(e);
    return status;
}

/* Slots whose size a layer that is not searched takes. A pool takes that of the layer before it, or
 * of the first: of what that follows, where it is not searched. */
static void find_chain(struct expectation *e, size_t p)
{
    const struct nax_cost_table *table = e->table;
    size_t q = p;
    bool has_weights = nax_layer_kind_row(&table->places[p].layer)->has_weights;
    e->n_chain = 0;
    for (; !has_weights && q-- > 0;) {
        const struct nax_layer *layer = &table->places[q].layer;
        if (layer->slot >= 0)
            e->chain[e->n_chain++] = (size_t)layer->slot;
        if ((has_weights = nax_layer_kind_row(layer)->has_weights && layer->slot < 0))
            break;
    }
    for (q = has_weights ? q : p; !has_weights && ++q < table->n_places;) {
        const struct nax_layer *layer = &table->places[q].layer;
        if (layer->slot >= 0)
            e->chain[e->n_chain++] = (size_t)layer->slot;
        if ((has_weights = nax_layer_kind_row(layer)->has_weights && layer->slot < 0))
            break;
    }
    for (size_t i = 0; !e->fixed && has_weights && i < table->places[q].n_follows; i++)
        e->chain[e->n_chain++] = table->places[q].follows[i];
}

/* A layer that follows has its units where those of the first slot are that it may follow; if that
 * one is skipped, it counts as if it had its size by itself. */
static void join_followers(struct expectation *e)
{
    size_t n = e->policy->n_choices;
    for (size_t p = 0; p < e->table->n_places; p++) {
        if (e->table->places[p].layer.slot >= 0)
            continue;
        find_chain(e, p);
        for (size_t c = 0; c < n && e->n_chain; c++) {
            size_t at = e->chain[0] * n + c;
            if (!e->policy->kernel[c] || !(e->policy->p[at] > 0))
                continue;
            double *followed =
                e->followed + 2 * (p * e->n_sizes + size_of(e, e->policy->crossbar[c]));
            e->units[at] += followed[1];
            followed[0] -= e->policy->p[at];
        }
    }
}

static int add_places(struct expectation *e)
{
    int status = 0;
    for (size_t p = 0; p < e->table->n_places && !status; p++) {
        struct place *place = &e->table->places[p];
        if (place->layer.slot >= 0) {
            status = ask_choices(e, place, (size_t)place->layer.slot);
            continue;
        }
        find_chain(e, p);
        status = ask_chain(e, place, 0);
    }
    join_followers(e);
    size_t n = e->policy->n_choices;
    for (size_t at = 0; at < e->chances.n_slots * n; at++)
        for (size_t k = 0; k < e->n_values && e->policy->p[at] > 0; k++)
            e->effect[at * e->n_values + k] += e->base[at / n * e->n_values + k];
    e->mean[ENERGY] +=
        e->table->link_bits * e->table->model->sizes[e->sizes[0]]->event_pj[NAX_EVENT_LINK];
    return status;
}

/* --- units left over in cores --- */

/* to[x] = Σ over what slot s takes: p · from[x − units, modulo k], or x + units where is_back. */
static void turn(const struct expectation *e, size_t s, size_t z, int64_t k, bool is_back,
                 const double *from, double *to)
{
    double none = 1;
    memset(to, 0, (size_t)k * sizeof *to);
    for (size_t c = 0; c < e->policy->n_choices; c++) {
        size_t at = s * e->policy->n_choices + c;
        double p = e->policy->p[at];
        if (!e->policy->kernel[c] || p <= 0 || size_of(e, e->policy->crossbar[c]) != z)
            continue;
        int64_t u = (int64_t)e->units[at] % k;
        none -= p;
        for (int64_t x = 0; x < k; x++)
            to[x] += p * from[(is_back ? x + u : x - u + k) % k];
    }
    for (int64_t x = 0; x < k; x++)
        to[x] += none * from[x];
}

/* Adds the empty places of a size's last core, in cores, to the mean and the effects of its cores.
 * before: [n_slots + 1][k], probabilities of units modulo k; after: [2][k], expectations of what is
 * left empty. */
static void add_gaps(struct expectation *e, size_t z, int64_t k, double *before, double *after)
{
    size_t n_slots = e->chances.n_slots, n = e->policy->n_choices;
    double *next = after + k;
    memset(before, 0, (size_t)k * sizeof *before);
    before[0] = 1;
    for (size_t p = 0; p < e->table->n_places; p++) {
        const double *followed = e->followed + 2 * (p * e->n_sizes + z);
        int64_t u = (int64_t)followed[1] % k;
        if (followed[0] <= 1e-12) /* rounding of what joined a slot */
            continue;
        for (int64_t x = 0; x < k; x++)
            next[x] = followed[0] * before[(x - u + k) % k] + (1 - followed[0]) * before[x];
        memcpy(before, next, (size_t)k * sizeof *before);
    }
    for (size_t s = 0; s < n_slots; s++)
        turn(e, s, z, k, false, before + s * (size_t)k, before + (s + 1) * (size_t)k);
    double gap = 0;
    for (int64_t x = 0; x < k; x++) {
        after[x] = (double)((k - x) % k) / (double)k;
        gap += before[n_slots * (size_t)k + (size_t)x] * after[x];
    }
    e->mean[CORES + z] += gap;
    for (size_t s = n_slots; s-- > 0;) {
        const double *p = before + s * (size_t)k;
        for (size_t c = 0; c < n; c++) {
            size_t at = s * n + c;
            bool is_here = e->policy->kernel[c] && size_of(e, e->policy->crossbar[c]) == z;
            int64_t u = is_here ? (int64_t)e->units[at] % k : 0;
            double given = 0;
            for (int64_t x = 0; x < k; x++)
                given += p[x] * after[(x + u) % k];
            if (e->policy->p[at] > 0)
                e->effect[at * e->n_values + CORES + z] += given - gap;
        }
        turn(e, s, z, k, true, after, next);
        memcpy(after, next, (size_t)k * sizeof *after);
    }
}

static int add_all_gaps(struct expectation *e)
{
    int64_t most = 0;
    if (!nax_packing_row(e->table->model->hardware)->shares_cores)
        return 0;
    for (size_t z = 0; z < e->n_sizes; z++)
        most = NAX_MAX(most, e->table->model->sizes[e->sizes[z]]->units_per_core);
    double *work = nax_calloc((e->chances.n_slots + 3) * (size_t)most, sizeof *work);
    if (!work)
        return nax_err_set(e->err, NAX_ERR_MEMORY, "out of memory: 'expected costs'");
    for (size_t z = 0; z < e->n_sizes; z++)
        add_gaps(e, z, e->table->model->sizes[e->sizes[z]]->units_per_core, work + 2 * most, work);
    free(work);
    return 0;
}

/* --- sums of these, and their products --- */

/* weights[v] of each value. */
static struct chance_sum weigh(const struct expectation *e, const double *weights, double *effect)
{
    struct chance_sum sum = {.effect = effect};
    for (size_t v = 0; v < e->n_values; v++)
        sum.mean += weights[v] * e->mean[v];
    for (size_t at = 0; at < e->chances.n_slots * e->chances.n_choices; at++) {
        effect[at] = 0;
        for (size_t v = 0; v < e->n_values; v++)
            effect[at] += weights[v] * e->effect[at * e->n_values + v];
    }
    return sum;
}

/* Tiles that cores of all sizes fill, in place of those of single layers. */
static void fill_tiles(struct expectation *e, double *weights, double *effect)
{
    const struct nax_hardware *h = e->table->model->hardware;
    if (!nax_packing_row(h)->shares_tiles)
        return;
    for (size_t v = 0; v < e->n_values; v++)
        weights[v] = v >= CORES;
    struct chance_sum cores = weigh(e, weights, effect);
    double variance = 0, per = h->hierarchy.cores_per_tile;
    for (size_t s = 0; s < e->chances.n_slots; s++)
        variance += nax_moments_variance(&e->chances, effect, s);
    e->mean[TILES] = nax_moments_ceil(cores.mean, variance, per);
    for (size_t s = 0; s < e->chances.n_slots; s++) {
        double others = variance - nax_moments_variance(&e->chances, effect, s);
        for (size_t c = 0; c < e->chances.n_choices; c++) {
            size_t at = s * e->chances.n_choices + c;
            e->effect[at * e->n_values + TILES] =
                e->chances.p[at] > 0
                    ? nax_moments_ceil(cores.mean + effect[at], others, per) - e->mean[TILES]
                    : 0;
        }
    }
}

enum { N_SUMS = 4 };

/* Adds each expected cost to its mean, and to its given [n_slots][n_choices] unless that is NULL.
 */
static void multiply(struct expectation *e, double *work, double mean[NAX_EXPECTED_COUNT],
                     double *given[NAX_EXPECTED_COUNT])
{
    const struct nax_cost_model *model = e->table->model;
    size_t n = e->chances.n_slots * e->chances.n_choices;
    double *weights = work + N_SUMS * n, *scratch = weights + e->n_values;
    double per_node = model->hardware->hierarchy.tiles_per_node;
    struct chance_sum energy, latency, area, power;
    fill_tiles(e, weights, work);
    memset(weights, 0, e->n_values * sizeof *weights);
    weights[ENERGY] = 1;
    energy = weigh(e, weights, work);
    weights[ENERGY] = 0;
    weights[LATENCY] = 1;
    latency = weigh(e, weights, work + n);
    weights[LATENCY] = 0;
    weights[TILES] = model->tile_mm2 + model->node_mm2 / per_node;
    for (size_t z = 0; z < e->n_sizes; z++) {
        const struct nax_size_cost *size = model->sizes[e->sizes[z]];
        weights[CORES + z] = (double)size->units_per_core * size->unit_mm2 + size->core_mm2;
    }
    area = weigh(e, weights, work + 2 * n);
    weights[TILES] = model->tile_leakage_mw + model->node_leakage_mw / per_node;
    for (size_t z = 0; z < e->n_sizes; z++) {
        const struct nax_size_cost *size = model->sizes[e->sizes[z]];
        weights[CORES + z] =
            (double)size->units_per_core * size->unit_leakage_mw + size->core_leakage_mw;
    }
    power = weigh(e, weights, work + 3 * n);
    for (size_t k = 0; k < N_SUMS; k++)
        nax_moments_center(&e->chances, work + k * n);

    const struct {
        enum nax_expected to;
        size_t n;
        const struct chance_sum *sums[PRODUCT_MAX];
    } products[] = {{NAX_EXPECTED_ENERGY, 1, {&energy}},
                    {NAX_EXPECTED_LATENCY, 1, {&latency}},
                    {NAX_EXPECTED_AREA, 1, {&area}},
                    {NAX_EXPECTED_LATENCY_AREA, 2, {&latency, &area}},
                    {NAX_EXPECTED_EDAP, 3, {&energy, &latency, &area}},
                    /* what leaks all the time is in no place's energy */
                    {NAX_EXPECTED_ENERGY, 2, {&power, &latency}},
                    {NAX_EXPECTED_EDAP, 4, {&power, &latency, &latency, &area}}};
    size_t n_products = nax_leakage_row(model->hardware)->is_gated ? 5 : 7;
    for (size_t i = 0; i < n_products; i++)
        nax_moments_product(&e->chances, products[i].sums, products[i].n, &mean[products[i].to],
                            given[products[i].to], scratch);
}

bool nax_cost_can_expect(const struct nax_hardware *hardware)
{
    for (size_t i = 0; i < hardware->adc.n_layers; i++)
        if (hardware->adc.layers[i].bits)
            return false;
    return !nax_order_row(hardware)->is_pipelined && hardware->hierarchy.replicate_mm2 == 0;
}

static int find_sizes(struct expectation *e)
{
    const struct nax_cost_policy *policy = e->policy;
    for (size_t c = 0; c <= policy->n_choices; c++) { /* the last one: the fixed size */
        int64_t crossbar = c < policy->n_choices ? policy->crossbar[c] : e->fixed;
        if (c < policy->n_choices ? !policy->kernel[c] : !crossbar)
            continue;
        size_t index, z = 0;
        struct nax_cost_model *model = e->table->model;
        int status = nax_cost_find_size(model, crossbar, model->hardware->adc.bits, &index, e->err);
        if (status)
            return status;
        while (z < e->n_sizes && e->sizes[z] != index)
            z++;
        if (z == e->n_sizes)
            e->sizes[e->n_sizes++] = index;
    }
    e->n_values = CORES + e->n_sizes;
    return 0;
}

static void start(struct expectation *e)
{
    const struct nax_cost_policy *policy = e->policy;
    for (size_t s = 0; s < e->chances.n_slots; s++) {
        e->known[s] = ANY;
        e->kernel[s] = nax_network_file_kernel(e->table->file, s);
        for (size_t c = 0; c < policy->n_choices; c++)
            e->skipped[s] += policy->kernel[c] ? 0 : policy->p[s * policy->n_choices + c];
    }
}

/* What is asked and added up lies in one block; the sizes are known by then. */
static int expect(struct expectation *e, double mean[NAX_EXPECTED_COUNT], double *given)
{
    size_t n_slots = e->chances.n_slots, n = n_slots * e->chances.n_choices;
    size_t n_places = e->table->n_places, n_sums = NAX_EXPECTED_COUNT * n;
    size_t n_work = N_SUMS * n + e->n_values + (n_slots << PRODUCT_MAX);
    size_t n_numbers =
        n_slots + e->n_values * (1 + n + n_slots) + n + 2 * n_places * e->n_sizes + n_work + n_sums;
    double *numbers = nax_calloc(n_numbers, sizeof *numbers), *at = numbers;
    e->kernel = nax_calloc(n_slots + 1, sizeof *e->kernel);
    e->known = nax_calloc(n_slots + 1, sizeof *e->known);
    e->known_slots = nax_calloc(n_slots + 1, sizeof *e->known_slots);
    e->chain = nax_calloc(4 * n_places, sizeof *e->chain);
    int status = 0;
    if (!numbers || !e->kernel || !e->known || !e->known_slots || !e->chain) {
        status = nax_err_set(e->err, NAX_ERR_MEMORY, "out of memory: 'expected costs'");
        goto out;
    }
    e->skipped = at, at += n_slots;
    e->mean = at, at += e->n_values;
    e->effect = at, at += n * e->n_values;
    e->base = at, at += n_slots * e->n_values;
    e->units = at, at += n;
    e->followed = at, at += 2 * n_places * e->n_sizes;
    start(e);
    if ((status = add_places(e)) || (status = add_all_gaps(e)))
        goto out;
    double *each[NAX_EXPECTED_COUNT];
    for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++) {
        mean[k] = 0;
        each[k] = given ? at + n_work + k * n : NULL;
    }
    multiply(e, at, mean, each);
    for (size_t i = 0; given && i < n; i++)
        for (size_t k = 0; k < NAX_EXPECTED_COUNT; k++)
            given[i * NAX_EXPECTED_COUNT + k] = e->chances.p[i] > 0 ? each[k][i] : 0;
out:
    free(numbers);
    free(e->kernel);
    free(e->known);
    free(e->known_slots);
    free(e->chain);
    return status;
}

int nax_cost_table_expect(struct nax_cost_table *table, const struct nax_cost_policy *policy,
                          int64_t fixed, double mean[NAX_EXPECTED_COUNT], double *given,
                          struct nax_err *err)
{
    struct expectation e = {.table = table,
                            .policy = policy,
                            .fixed = fixed,
                            .chances = {table->n_slots, policy->n_choices, policy->p},
                            .err = err};
    e.sizes = nax_calloc(policy->n_choices + 1, sizeof *e.sizes);
    if (!e.sizes)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'expected costs'");
    int status = find_sizes(&e);
    if (!status)
        status = expect(&e, mean, given);
    free(e.sizes);
    return status;
}
