/* The whole from its layers: copies of slow ones, packing into cores and tiles, schedule, leakage.
 */
#include "model.h"

#include <math.h>
#include <string.h>

static void total_clear(const struct nax_cost_model *model, struct cost_total *t)
{
    t->n_tiles = 0;
    memset(t->n_units, 0, model->n_sizes * sizeof *t->n_units);
    memset(t->n_cores, 0, model->n_sizes * sizeof *t->n_cores);
}

static void total_copy(const struct nax_cost_model *model, struct cost_total *to,
                       const struct cost_total *from)
{
    to->n_tiles = from->n_tiles;
    memcpy(to->n_units, from->n_units, model->n_sizes * sizeof *to->n_units);
    memcpy(to->n_cores, from->n_cores, model->n_sizes * sizeof *to->n_cores);
}

static void total_add(struct cost_total *t, const struct cost_item *item, int64_t n_copies)
{
    t->n_units[item->size] += n_copies * item->n_units;
    t->n_cores[item->size] += n_copies * item->n_cores;
    t->n_tiles += n_copies * item->n_tiles;
}

/* Where layers share cores or tiles, those are counted anew. */
static void total_pack(const struct nax_cost_model *model, struct cost_total *t)
{
    const struct nax_packing_row *packing = nax_packing_row(model->hardware);
    int64_t sum = 0;
    for (size_t i = 0; i < model->n_sizes; i++) {
        if (packing->shares_cores)
            t->n_cores[i] = NAX_CEIL_DIV(t->n_units[i], model->sizes[i]->units_per_core);
        sum += t->n_cores[i];
    }
    if (packing->shares_tiles)
        t->n_tiles = NAX_CEIL_DIV(sum, model->hardware->hierarchy.cores_per_tile);
}

void nax_cost_total_of(const struct nax_cost_model *model, const struct cost_item *items, size_t n,
                       struct cost_total *total)
{
    total_clear(model, total);
    for (size_t l = 0; l < n; l++)
        total_add(total, &items[l], items[l].n_copies);
    total_pack(model, total);
}

/* Cores are built whole, with all their units; so are a tile's own parts and its share of the node.
 * A place in a tile that has no core costs nothing. */
static void total_cost(const struct nax_cost_model *model, const struct cost_total *t,
                       struct nax_cost *c)
{
    double n_tiles = (double)t->n_tiles;
    double node = n_tiles / model->hardware->hierarchy.tiles_per_node;
    c->n_units = c->n_cores = 0;
    c->n_tiles = t->n_tiles;
    c->area_mm2 = n_tiles * model->tile_mm2 + node * model->node_mm2;
    c->leakage_mw = n_tiles * model->tile_leakage_mw + node * model->node_leakage_mw;
    for (size_t o = 0; o < model->n_sizes; o++) {
        const size_t i = model->order[o];
        const struct nax_size_cost *size = model->sizes[i];
        double n_cores = (double)t->n_cores[i];
        double n_built = n_cores * (double)size->units_per_core;
        c->n_units += t->n_units[i];
        c->n_cores += t->n_cores[i];
        c->area_mm2 += n_built * size->unit_mm2 + n_cores * size->core_mm2;
        c->leakage_mw += n_built * size->unit_leakage_mw + n_cores * size->core_leakage_mw;
    }
}

struct cost_share nax_cost_share_of(const struct nax_cost_model *model,
                                    const struct cost_item *item)
{
    const struct nax_hierarchy *hierarchy = &model->hardware->hierarchy;
    struct cost_share s = {.n_units = (double)(item->n_units * item->n_copies)};
    s.n_cores = s.n_units / (double)model->sizes[item->size]->units_per_core;
    s.n_tiles = s.n_cores / hierarchy->cores_per_tile;
    s.node = s.n_tiles / hierarchy->tiles_per_node;
    return s;
}

double nax_cost_share_leakage_mw(const struct nax_cost_model *model, size_t size,
                                 const struct cost_share *share)
{
    const struct nax_size_cost *s = model->sizes[size];
    return share->n_units * s->unit_leakage_mw + share->n_cores * s->core_leakage_mw +
           share->n_tiles * model->tile_leakage_mw + share->node * model->node_leakage_mw;
}

static double item_ns(const struct cost_item *item)
{
    return item->latency_ns / (double)item->n_copies;
}

double nax_cost_leakage_ns(const struct nax_cost_model *model, const struct cost_item *item,
                           double interval_ns)
{
    if (!nax_leakage_row(model->hardware)->is_gated)
        return interval_ns;
    return item ? item_ns(item) : 0;
}

/* n copies leak n times as much for an nth of the time: where units are gated, a layer's leakage
 * is its own, whatever the others do. */
static double leakage_pj(const struct nax_cost_model *model, const struct cost_item *items,
                         size_t n, const struct nax_cost *whole)
{
    double sum = 0;
    if (!nax_leakage_row(model->hardware)->is_gated)
        return whole->leakage_mw * whole->interval_ns;
    for (size_t l = 0; l < n; l++)
        sum += items[l].leakage_mw * items[l].latency_ns;
    return sum;
}

/* Layers that overlap: each starts when the rows of input for its first row of output are there,
 * and ends one row after the layer before it, or later at its own pace. */
static double pipelined_ns(const struct cost_item *items, size_t n)
{
    double start = 0, end = 0;
    for (size_t l = 0; l < n; l++) {
        const struct cost_item *item = &items[l];
        double ns = item_ns(item), before = end;
        start += (end - start) * (double)item->rows_needed / (double)item->h_in;
        end = fmax(start + ns, before + ns / (double)item->h_out);
    }
    return end;
}

/* With the copies that there are. */
static struct nax_cost whole(const struct nax_cost_model *model, const struct cost_item *items,
                             size_t n)
{
    struct nax_cost c = {.energy_pj = 0};
    struct cost_total total;
    nax_cost_total_of(model, items, n, &total);
    total_cost(model, &total, &c);
    for (size_t l = 0; l < n; l++) {
        double ns = item_ns(&items[l]);
        c.energy_dynamic_pj += items[l].dynamic_pj;
        c.n_macs += items[l].n_macs;
        c.n_channel_products += items[l].n_channel_products;
        c.latency_ns += ns;
        c.interval_ns = fmax(c.interval_ns, ns);
    }
    if (nax_order_row(model->hardware)->is_pipelined)
        c.latency_ns = pipelined_ns(items, n);
    else
        c.interval_ns = c.latency_ns;
    c.energy_leakage_pj = leakage_pj(model, items, n, &c);
    c.energy_pj = c.energy_dynamic_pj + c.energy_leakage_pj;
    c.edap_pj_ns_mm2 = c.energy_pj * c.latency_ns * c.area_mm2;
    return c;
}

enum { COPIES_MAX = 4096 };

/* One more copy of the slowest layer; false: it can have none, or the chip has no room. */
static bool add_copy(const struct nax_cost_model *model, struct cost_item *items, size_t n,
                     struct cost_total *total)
{
    struct cost_item *slowest = &items[0];
    for (size_t l = 1; l < n; l++)
        if (item_ns(&items[l]) > item_ns(slowest))
            slowest = &items[l];
    if (slowest->n_copies >= NAX_MIN(slowest->positions, COPIES_MAX))
        return false;
    struct nax_cost c;
    total_add(total, slowest, 1);
    struct cost_total packed;
    total_copy(model, &packed, total);
    total_pack(model, &packed);
    total_cost(model, &packed, &c);
    if (c.area_mm2 > model->hardware->hierarchy.replicate_mm2)
        return false;
    slowest->n_copies++;
    return true;
}

/* Copies of whichever layer is the slowest, as long as the chip stays within the area; then, where
 * that is wanted, back to the least EDAP on the way. */
static void replicate(const struct nax_cost_model *model, struct cost_item *items, size_t n)
{
    bool is_least_edap = nax_copies_row(model->hardware)->is_least_edap;
    struct cost_total total;
    double least = INFINITY;
    total_clear(model, &total);
    for (size_t l = 0; l < n; l++)
        total_add(&total, &items[l], 1);
    do {
        double edap = is_least_edap ? whole(model, items, n).edap_pj_ns_mm2 : 0;
        for (size_t l = 0; l < n && edap < least; l++)
            items[l].best_copies = items[l].n_copies;
        least = fmin(least, edap);
    } while (add_copy(model, items, n, &total));
    for (size_t l = 0; l < n && is_least_edap; l++)
        items[l].n_copies = items[l].best_copies;
}

void nax_cost_plan(const struct nax_cost_model *model, struct cost_item *items, size_t n,
                   struct nax_cost *cost)
{
    if (model->hardware->hierarchy.replicate_mm2 > 0)
        replicate(model, items, n);
    *cost = whole(model, items, n);
}

double nax_cost_images_per_second(const struct nax_cost *cost)
{
    return 1e9 / cost->interval_ns;
}

double nax_cost_tops_per_w(const struct nax_cost *cost)
{
    return 2 * cost->n_macs / cost->energy_pj;
}

double nax_cost_tops_per_mm2(const struct nax_cost *cost)
{
    return 2 * cost->n_macs / cost->interval_ns / cost->area_mm2 * 1e-3;
}
