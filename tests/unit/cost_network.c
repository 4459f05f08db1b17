/* Unit tests of lib/cost, whole networks: sums of parts, look-up tables, packing, schedules. */
#include "nax/cost.h"
#include "nax/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Relative tolerance of sums of doubles in another order. */
static const double rounding = 1e-12;

static struct nax_hardware *load(const char *name)
{
    struct nax_hardware *h;
    struct nax_err err;
    if (nax_hardware_load(&h, name, &err))
        fail_msg("%s", err.text);
    return h;
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

struct design {
    int64_t kernel[64], crossbar[64], fixed;
};

static struct design draw(const struct nax_network_file *file, uint64_t i)
{
    static const int64_t sizes[] = {16, 32, 48, 64, 128};
    struct nax_rng rng = nax_rng_at(7, NAX_RNG_TEST, i, 0, 0);
    struct design d = {.fixed = nax_rng_below(&rng, 3) ? 0 : 64};
    for (size_t s = 0; s < nax_network_file_n_slots(file); s++) {
        bool is_skipped = nax_network_file_can_skip(file, s) && nax_rng_below(&rng, 3) == 0;
        d.kernel[s] = is_skipped ? 0 : 3 + 2 * (int64_t)nax_rng_below(&rng, 3);
        d.crossbar[s] = is_skipped ? 0 : sizes[nax_rng_below(&rng, 5)];
    }
    return d;
}

static void assert_same(const struct nax_cost *a, const struct nax_cost *b)
{
    assert_near(a->energy_pj, b->energy_pj, rounding);
    assert_near(a->latency_ns, b->latency_ns, rounding);
    assert_near(a->area_mm2, b->area_mm2, rounding);
    assert_near(a->edap_pj_ns_mm2, b->edap_pj_ns_mm2, 3 * rounding);
    assert_int_equal(a->n_units, b->n_units);
    assert_int_equal(a->n_cores, b->n_cores);
    assert_int_equal(a->n_tiles, b->n_tiles);
}

static void assert_parts(const struct nax_cost *sum, const struct nax_cost *parts, size_t n)
{
    struct nax_cost s = {.energy_pj = 0};
    for (size_t i = 0; i < n; i++) {
        assert_true(parts[i].energy_pj >= -1e-12 * sum->energy_pj);
        assert_true(parts[i].area_mm2 >= -1e-12 * sum->area_mm2);
        s.energy_pj += parts[i].energy_pj;
        s.energy_dynamic_pj += parts[i].energy_dynamic_pj;
        s.energy_leakage_pj += parts[i].energy_leakage_pj;
        s.latency_ns += parts[i].latency_ns;
        s.area_mm2 += parts[i].area_mm2;
        s.n_units += parts[i].n_units;
    }
    assert_near(s.energy_pj, sum->energy_pj, rounding);
    assert_near(s.energy_dynamic_pj, sum->energy_dynamic_pj, rounding);
    assert_near(s.energy_leakage_pj, sum->energy_leakage_pj, rounding);
    assert_near(s.latency_ns, sum->interval_ns, rounding); /* of layers one after the other */
    assert_near(s.area_mm2, sum->area_mm2, rounding);
    assert_int_equal(s.n_units, sum->n_units);
}

/* Layers and components, added up both ways. */
static void assert_breakdown(struct nax_cost_model *model, const struct nax_hardware *h,
                             const struct nax_network *net, const int64_t *sizes,
                             const struct nax_cost *sum, const struct nax_cost *layers)
{
    static struct nax_cost_part parts[128 * 65];
    size_t n = h->n_components + 1;
    double dynamic = 0, leakage = 0, area = 0;
    struct nax_err err;
    assert_true(net->n_layers < 128 && n <= 65);
    assert_int_equal(nax_cost_breakdown(model, net, sizes, parts, &err), 0);
    for (size_t l = 0; l <= net->n_layers; l++) {
        double layer_pj = 0, layer_mm2 = 0;
        for (size_t i = 0; i < n; i++) {
            const struct nax_cost_part *part = &parts[l * n + i];
            layer_pj += part->energy_dynamic_pj + part->energy_leakage_pj;
            layer_mm2 += part->area_mm2;
            dynamic += part->energy_dynamic_pj;
            leakage += part->energy_leakage_pj;
        }
        assert_true(fabs(layer_pj - layers[l].energy_pj) <= 1e-11 * sum->energy_pj);
        assert_true(fabs(layer_mm2 - layers[l].area_mm2) <= 1e-11 * sum->area_mm2);
        area += layer_mm2;
    }
    assert_near(dynamic, sum->energy_dynamic_pj, rounding);
    assert_near(leakage, sum->energy_leakage_pj, 10 * rounding);
    assert_near(area, sum->area_mm2, 10 * rounding);
}

/* Random designs of every shipped network on every shipped hardware: the table's sum is the direct
 * one, and the layers' parts add up to it. */
static void table_and_parts_agree_with_the_direct_sum(void **state)
{
    (void)state;
    static const char *const networks[] = {"resnet20", "resnet18-tiny", "vgg8", "lenet"};
    static const char *const machines[] = {"nax-reram", "puma"};
    static struct nax_cost parts[NAX_NETWORK_LAYERS_MAX + 1];
    for (size_t k = 0; k < 8; k++) {
        struct nax_hardware *h = load(machines[k / 4]);
        h->hierarchy.packing = (enum nax_packing)(k % 3);
        h->input_signs = (enum nax_input_signs)(k % 2);
        h->array.energy = (enum nax_array_energy)(k / 2 % 2);
        h->array.level_frac = 0.31;
        h->array.input_frac = 0.17;
        h->hierarchy.replicate_mm2 = k == 6 ? 25 : 0;
        h->timing.leakage = k / 2 % 2 ? NAX_LEAKAGE_ALWAYS : NAX_LEAKAGE_WORKING;
        struct nax_network_file *file;
        struct nax_cost_model *model;
        struct nax_cost_table *table;
        struct nax_err err;
        if (nax_network_file_load(&file, networks[k % 4], &err) ||
            nax_cost_model_alloc(&model, h, &err) ||
            nax_cost_table_alloc(&table, model, file, &err))
            fail_msg("%s", err.text);
        for (uint64_t i = 0; i < 200; i++) {
            struct design d = draw(file, i);
            struct nax_network *net;
            struct nax_cost direct, sum;
            int64_t sizes[NAX_NETWORK_LAYERS_MAX];
            if (nax_network_build(&net, file, d.kernel, &err) ||
                nax_network_crossbars(net, d.crossbar, d.fixed, sizes, &err) ||
                nax_cost_network(model, net, sizes, &direct, parts, &err) ||
                nax_cost_table_price(table, d.kernel, d.crossbar, NULL, d.fixed, &sum, &err))
                fail_msg("%s", err.text);
            assert_same(&sum, &direct);
            assert_parts(&direct, parts, net->n_layers + 1);
            assert_breakdown(model, h, net, sizes, &direct, parts);
            nax_network_free(net);
        }
        nax_cost_table_free(table);
        nax_cost_model_free(model);
        nax_network_file_free(file);
        nax_hardware_free(h);
    }
}

/* Bits of ADCs by convolution: the table's sum is the network's on hardware whose layers have them,
 * and where all have the same that of hardware that has no others. */
static void table_of_converters_agrees_with_the_direct_sum(void **state)
{
    (void)state;
    static const char *const networks[] = {"resnet20", "resnet18-tiny", "vgg8"};
    static const int64_t bits[] = {0, 5, 6, 9};
    for (size_t k = 0; k < 6; k++) {
        struct nax_hardware *h = load(k % 2 ? "puma" : "nax-reram"), *uniform = load(h->name);
        struct nax_network_file *file;
        struct nax_cost_model *model, *uniform_model;
        struct nax_cost_table *table;
        struct nax_err err;
        struct nax_converters stem = {"stem", 7, 0};
        struct nax_hardware *told;
        uniform->adc.bits = 6;
        assert_int_equal(nax_hardware_convert(&told, h, NULL, &stem, k == 2, &err), 0);
        if (nax_network_file_load(&file, networks[k / 2], &err) ||
            nax_cost_model_alloc(&model, told, &err) ||
            nax_cost_model_alloc(&uniform_model, uniform, &err) ||
            nax_cost_table_alloc(&table, model, file, &err))
            fail_msg("%s", err.text);
        for (uint64_t i = 0; i < 100; i++) {
            struct design d = draw(file, i);
            struct nax_converters layers[NAX_NETWORK_LAYERS_MAX];
            struct nax_hardware *own = NULL;
            struct nax_cost_model *own_model = NULL;
            struct nax_network *net;
            struct nax_cost direct, sum;
            int64_t sizes[NAX_NETWORK_LAYERS_MAX], adc_bits[64];
            size_t n = 0;
            struct nax_rng rng = nax_rng_at(8, NAX_RNG_TEST, i, 0, 0);
            for (size_t s = 0; s < nax_network_file_n_slots(file); s++)
                adc_bits[s] = i % 5 ? bits[nax_rng_below(&rng, 4)] : 6;
            if (nax_network_build(&net, file, d.kernel, &err) ||
                nax_network_crossbars(net, d.crossbar, d.fixed, sizes, &err))
                fail_msg("%s", err.text);
            for (size_t l = 0; l < net->n_layers; l++) {
                int slot = nax_network_slot_of(net, l);
                if (slot < 0 || (net->layers[l].slot < 0 && d.fixed))
                    continue;
                assert_int_equal(sizes[l], d.crossbar[slot]);
                layers[n] = (struct nax_converters){.bits = (int)adc_bits[slot]};
                memcpy(layers[n++].name, net->layers[l].name, sizeof layers->name);
            }
            if (nax_hardware_convert(&own, told, NULL, layers, n, &err) ||
                nax_cost_model_alloc(&own_model, own, &err) ||
                nax_cost_network(own_model, net, sizes, &direct, NULL, &err) ||
                nax_cost_table_price(table, d.kernel, d.crossbar, adc_bits, d.fixed, &sum, &err))
                fail_msg("%s", err.text);
            assert_same(&sum, &direct);
            if (i % 5 == 0 && !d.fixed) {
                assert_int_equal(nax_cost_network(uniform_model, net, sizes, &direct, NULL, &err),
                                 0);
                assert_same(&sum, &direct);
            }
            nax_cost_model_free(own_model);
            nax_hardware_convert_free(own);
            nax_network_free(net);
        }
        nax_cost_table_free(table);
        nax_cost_model_free(model);
        nax_cost_model_free(uniform_model);
        nax_network_file_free(file);
        nax_hardware_convert_free(told);
        nax_hardware_free(uniform);
        nax_hardware_free(h);
    }
}

/* Bits that are written and the same ones that follow from the crossbar are one size of units. */
static void bits_that_are_auto_share_cores(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_network_file *file;
    struct nax_cost_model *model;
    struct nax_cost_table *table;
    struct nax_err err;
    struct nax_unit unit;
    struct nax_cost cost[2];
    h->adc.bits = 0;
    assert_int_equal(nax_unit_make(h, 64, &unit, &err), 0);
    assert_int_equal(unit.adc_bits, 8); /* 3 · 64 = 192 */
    assert_int_equal(nax_network_file_load(&file, "resnet20", &err), 0);
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_table_alloc(&table, model, file, &err), 0);
    int64_t kernel[18], crossbar[18], adc_bits[18];
    for (size_t s = 0; s < 18; s++) {
        kernel[s] = 3;
        crossbar[s] = 64;
        adc_bits[s] = s % 2 ? 8 : 0;
    }
    for (int k = 0; k < 2; k++)
        assert_int_equal(
            nax_cost_table_price(table, kernel, crossbar, k ? adc_bits : NULL, 0, &cost[k], &err),
            0);
    assert_memory_equal(&cost[0], &cost[1], sizeof cost[0]);
    for (size_t s = 0; s < 4; s++) /* others have cores of their own */
        adc_bits[s] = 4 + (int64_t)s;
    assert_int_equal(nax_cost_table_price(table, kernel, crossbar, adc_bits, 0, &cost[1], &err), 0);
    assert_true(cost[1].n_cores > cost[0].n_cores);
    assert_true(cost[1].energy_dynamic_pj < cost[0].energy_dynamic_pj);
    nax_cost_table_free(table);
    nax_cost_model_free(model);
    nax_network_file_free(file);
    nax_hardware_free(h);
}

/* Whose inputs are signed hangs on all convolutions before it, through pools. */
static void table_sees_who_reads_the_image(void **state)
{
    (void)state;
    static const char text[] = "name: chain\ninput: {height: 9, width: 6, channels: 4}\n"
                               "classes: 5\nlayers:\n"
                               "  - conv: {out: 4, kernel: 3}\n"
                               "  - conv: {out: 4, kernel: 5}\n"
                               "  - pool: {kind: max, kernel: 2, stride: 1}\n"
                               "  - conv: {out: 4, kernel: 3, relu: false}\n"
                               "  - conv: {out: 4, kernel: 3}\n"
                               "  - conv: {out: 7, kernel: 3, stride: 2}\n"
                               "  - linear: {role: classifier}\n";
    const char *dir = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/nax-chain-XXXXXX.yaml", dir ? dir : P_tmpdir);
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    struct nax_hardware *h = load("nax-reram");
    struct nax_network_file *file;
    struct nax_cost_model *model;
    struct nax_cost_table *table;
    struct nax_err err;
    h->input_signs = NAX_INPUT_SIGNS_TWO_PASSES;
    if (nax_network_file_load(&file, path, &err) || nax_cost_model_alloc(&model, h, &err) ||
        nax_cost_table_alloc(&table, model, file, &err))
        fail_msg("%s", err.text);
    unlink(path);
    for (int skipped = 0; skipped < 16; skipped++) {
        int64_t kernel[5], crossbar[5], sizes[NAX_NETWORK_LAYERS_MAX];
        struct nax_network *net;
        struct nax_cost direct, sum;
        for (int s = 0; s < 5; s++) {
            kernel[s] = skipped >> s & 1 ? 0 : 3;
            crossbar[s] = kernel[s] ? 16 : 0;
        }
        if (nax_network_build(&net, file, kernel, &err) ||
            nax_network_crossbars(net, crossbar, 0, sizes, &err) ||
            nax_cost_network(model, net, sizes, &direct, NULL, &err) ||
            nax_cost_table_price(table, kernel, crossbar, NULL, 0, &sum, &err))
            fail_msg("%s", err.text);
        assert_same(&sum, &direct);
        nax_network_free(net);
    }
    nax_cost_table_free(table);
    nax_cost_model_free(model);
    nax_network_file_free(file);
    nax_hardware_free(h);
}

static void table_refuses_what_the_network_refuses(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_network_file *file;
    struct nax_cost_model *model;
    struct nax_cost_table *table;
    struct nax_err err;
    struct nax_cost cost;
    assert_int_equal(nax_network_file_load(&file, "resnet20", &err), 0);
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_table_alloc(&table, model, file, &err), 0);
    const int64_t wrong[][2] = {{4, 64}, {-3, 64}, {33, 64}, {3, 0}, {3, -1}, {3, 8}, {3, 65537}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct design d = draw(file, i);
        d.kernel[6] = wrong[i][0];
        d.crossbar[6] = wrong[i][1];
        err.text[0] = 0;
        assert_int_equal(
            nax_cost_table_price(table, d.kernel, d.crossbar, NULL, d.fixed, &cost, &err),
            NAX_ERR_VALUE);
        assert_true(strlen(err.text) > 20);
    }
    struct design d = draw(file, 3);
    d.kernel[6] = 0; /* the first convolution of stage 2 changes the shape */
    assert_int_equal(nax_cost_table_price(table, d.kernel, d.crossbar, NULL, d.fixed, &cost, &err),
                     NAX_ERR_VALUE);
    nax_cost_table_free(table);
    nax_cost_model_free(model);
    nax_network_file_free(file);
    nax_hardware_free(h);
}

/* Ten times the energies, leakages and areas: ten times the energy and the area. */
static void costs_scale_with_the_constants(void **state)
{
    (void)state;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_err err;
    struct nax_cost cost[2];
    int64_t sizes[NAX_NETWORK_LAYERS_MAX];
    assert_int_equal(nax_network_file_load(&file, "resnet20", &err), 0);
    struct design d = draw(file, 5);
    assert_int_equal(nax_network_build(&net, file, d.kernel, &err), 0);
    assert_int_equal(nax_network_crossbars(net, d.crossbar, d.fixed, sizes, &err), 0);
    for (int pass = 0; pass < 2; pass++) {
        struct nax_hardware *h = load("puma");
        struct nax_cost_model *model;
        for (size_t i = 0; pass && i < h->n_components; i++)
            for (size_t k = 0; k < h->components[i].n_values; k++) {
                h->components[i].values[k].energy_pj *= 10;
                h->components[i].values[k].leakage_mw *= 10;
                h->components[i].values[k].area_mm2 *= 10;
            }
        h->adc.energy_pj *= pass ? 10 : 1;
        h->adc.area_mm2 *= pass ? 10 : 1;
        assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
        assert_int_equal(nax_cost_network(model, net, sizes, &cost[pass], NULL, &err), 0);
        nax_cost_model_free(model);
        nax_hardware_free(h);
    }
    assert_near(cost[1].energy_pj, 10 * cost[0].energy_pj, rounding);
    assert_near(cost[1].area_mm2, 10 * cost[0].area_mm2, rounding);
    assert_near(cost[1].latency_ns, cost[0].latency_ns, rounding);
    assert_near(cost[0].edap_pj_ns_mm2, cost[0].energy_pj * cost[0].latency_ns * cost[0].area_mm2,
                rounding);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* Shared cores are filled; a layer's own are not. One layer of 3 units where a core holds 2. */
static void packing_counts_cores_and_tiles(void **state)
{
    (void)state;
    static const struct {
        enum nax_packing packing;
        int64_t n_cores, n_tiles;
    } cases[] = {{NAX_PACKING_SHARED, 30, 4},
                 {NAX_PACKING_LAYER_CORES, 36, 5},
                 {NAX_PACKING_LAYER_TILES, 36, 20}};
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_err err;
    int64_t sizes[NAX_NETWORK_LAYERS_MAX], crossbar[18];
    for (size_t s = 0; s < 18; s++)
        crossbar[s] = 128;
    assert_int_equal(nax_network_file_load(&file, "resnet20", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, crossbar, 0, sizes, &err), 0);
    struct nax_hardware *h = load("puma");
    for (size_t i = 0; i < 3; i++) {
        struct nax_cost_model *model;
        struct nax_cost cost;
        h->hierarchy.packing = cases[i].packing;
        assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
        assert_int_equal(nax_cost_network(model, net, sizes, &cost, NULL, &err), 0);
        assert_int_equal(cost.n_units, 59);
        /* units a layer: stem and stage 1: 1, then 2; stage 2: 2, then 3; stage 3: 3, then 5 */
        assert_int_equal(cost.n_cores, cases[i].n_cores);
        assert_int_equal(cost.n_tiles, cases[i].n_tiles);
        nax_cost_model_free(model);
    }
    nax_hardware_free(h);
    nax_network_free(net);
    nax_network_file_free(file);
}

static struct nax_cost cost_of_lenet(const struct nax_hardware *h, struct nax_cost *layers)
{
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_cost_model *model;
    struct nax_cost cost;
    struct nax_err err;
    int64_t sizes[NAX_NETWORK_LAYERS_MAX], crossbar[8] = {64, 64, 64, 64, 64, 64, 64, 64};
    assert_int_equal(nax_network_file_load(&file, "lenet", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, crossbar, 64, sizes, &err), 0);
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_network(model, net, sizes, &cost, layers, &err), 0);
    nax_cost_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    return cost;
}

/* Gated, a layer's leakage is that of its units and their part of cores, tiles and node, worked out
 * here for 1 to 16 units of 64×64, over its own time: no matter how long others take, when they
 * start, and how many copies there are. */
static void what_waits_does_not_leak_where_it_is_gated(void **state)
{
    (void)state;
    static struct nax_cost layers[NAX_NETWORK_LAYERS_MAX + 1];
    struct nax_hardware *h = load("nax-reram");
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    assert_int_equal(h->timing.leakage, NAX_LEAKAGE_WORKING);
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 64, &size, &err), 0);
    double tile_mw = 0, node_mw = 42 * 0.41; /* routers */
    for (size_t i = 0; i < h->n_components; i++)
        if (h->components[i].level == NAX_LEVEL_TILE)
            tile_mw += h->components[i].values[0].leakage_mw;
    double unit_mw = size->unit_leakage_mw +
                     (size->core_leakage_mw + (tile_mw + node_mw / 168) / 8) / 8; /* 8 a core */
    nax_cost_model_free(model);
    struct nax_cost working = cost_of_lenet(h, layers);
    double sum_pj = 0;
    size_t l = 0;
    for (; layers[l].n_copies; l++) {
        double leakage_pj = (double)layers[l].n_units * unit_mw * layers[l].latency_ns;
        assert_near(layers[l].energy_leakage_pj, leakage_pj, rounding);
        sum_pj += leakage_pj;
    }
    assert_true(l == 7 && layers[l].leakage_mw > 0 && layers[l].energy_leakage_pj == 0);
    assert_near(working.energy_leakage_pj, sum_pj, rounding);
    h->timing.schedule = NAX_ORDER_PIPELINED;
    h->hierarchy.replicate_mm2 = 12.5;
    struct nax_cost copied = cost_of_lenet(h, NULL);
    assert_true(copied.latency_ns < 0.5 * working.latency_ns);
    assert_near(copied.energy_pj, working.energy_pj, rounding);
    h->timing.schedule = NAX_ORDER_SEQUENTIAL;
    h->hierarchy.replicate_mm2 = 0;
    h->timing.leakage = NAX_LEAKAGE_ALWAYS;
    struct nax_cost always = cost_of_lenet(h, NULL);
    assert_near(always.energy_leakage_pj, always.leakage_mw * always.latency_ns, rounding);
    assert_true(always.energy_leakage_pj > 1.5 * working.energy_leakage_pj);
    nax_hardware_free(h);
}

static void overlapping_layers_take_less_time_and_leak_less(void **state)
{
    (void)state;
    struct nax_cost layers[NAX_NETWORK_LAYERS_MAX + 1];
    struct nax_hardware *h = load("nax-reram");
    h->timing.leakage = NAX_LEAKAGE_ALWAYS;
    struct nax_cost sequential = cost_of_lenet(h, NULL);
    h->timing.schedule = NAX_ORDER_PIPELINED;
    struct nax_cost pipelined = cost_of_lenet(h, layers);
    double slowest = 0;
    for (size_t l = 0; layers[l].n_copies; l++)
        slowest = fmax(slowest, layers[l].latency_ns);
    assert_true(pipelined.interval_ns == slowest);
    assert_true(pipelined.latency_ns >= slowest && pipelined.latency_ns < sequential.latency_ns);
    assert_true(sequential.interval_ns == sequential.latency_ns);
    assert_true(pipelined.energy_dynamic_pj == sequential.energy_dynamic_pj);
    assert_near(pipelined.energy_leakage_pj, pipelined.leakage_mw * slowest, rounding);
    assert_near(nax_cost_images_per_second(&pipelined), 1e9 / slowest, rounding);
    assert_near(nax_cost_tops_per_w(&pipelined), 2 * pipelined.n_macs / pipelined.energy_pj,
                rounding);
    nax_hardware_free(h);
}

static void copies_of_slow_layers_stay_within_the_area(void **state)
{
    (void)state;
    struct nax_cost layers[NAX_NETWORK_LAYERS_MAX + 1];
    struct nax_hardware *h = load("nax-reram");
    h->timing.schedule = NAX_ORDER_PIPELINED;
    struct nax_cost one = cost_of_lenet(h, layers);
    double first_ns = layers[0].latency_ns;
    assert_int_equal(layers[0].n_copies, 1);
    double last_ns = one.interval_ns;
    for (double budget = one.area_mm2 * 0.5; budget < 40; budget *= 1.7) {
        h->hierarchy.replicate_mm2 = budget;
        struct nax_cost more = cost_of_lenet(h, layers);
        assert_true(more.area_mm2 <= fmax(budget, one.area_mm2));
        assert_true(more.interval_ns <= last_ns);
        assert_near(layers[0].latency_ns * (double)layers[0].n_copies, first_ns, rounding);
        assert_near(more.energy_dynamic_pj, one.energy_dynamic_pj, rounding);
        last_ns = more.interval_ns;
    }
    assert_true(layers[0].n_copies > 4 && last_ns < one.interval_ns / 4);
    nax_hardware_free(h);
}

/* Going back to the best of what was met is better than any budget that is filled, and one of
 * them. */
static void the_copies_of_least_edap_are_the_best_of_any_budget(void **state)
{
    (void)state;
    static const enum nax_leakage leakages[] = {NAX_LEAKAGE_WORKING, NAX_LEAKAGE_ALWAYS};
    for (int i = 0; i < 4; i++) {
        struct nax_hardware *h = load("nax-reram");
        h->timing.leakage = leakages[i % 2];
        h->timing.schedule = i < 2 ? NAX_ORDER_PIPELINED : NAX_ORDER_SEQUENTIAL;
        struct nax_cost one = cost_of_lenet(h, NULL);
        double least = one.edap_pj_ns_mm2, last = 0;
        for (double budget = one.area_mm2; budget < 20; budget += 0.01) {
            h->hierarchy.replicate_mm2 = budget;
            last = cost_of_lenet(h, NULL).edap_pj_ns_mm2;
            least = fmin(least, last);
        }
        h->hierarchy.copies = NAX_COPIES_LEAST_EDAP;
        struct nax_cost best = cost_of_lenet(h, NULL);
        assert_near(best.edap_pj_ns_mm2, least, rounding);
        assert_true(least < 0.5 * one.edap_pj_ns_mm2 && least < 0.95 * last && best.area_mm2 < 15);
        nax_hardware_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_and_parts_agree_with_the_direct_sum),
        cmocka_unit_test(table_of_converters_agrees_with_the_direct_sum),
        cmocka_unit_test(bits_that_are_auto_share_cores),
        cmocka_unit_test(table_sees_who_reads_the_image),
        cmocka_unit_test(table_refuses_what_the_network_refuses),
        cmocka_unit_test(costs_scale_with_the_constants),
        cmocka_unit_test(packing_counts_cores_and_tiles),
        cmocka_unit_test(what_waits_does_not_leak_where_it_is_gated),
        cmocka_unit_test(overlapping_layers_take_less_time_and_leak_less),
        cmocka_unit_test(copies_of_slow_layers_stay_within_the_area),
        cmocka_unit_test(the_copies_of_least_edap_are_the_best_of_any_budget),
    };
    return cmocka_run_group_tests_name("cost_network", tests, NULL, NULL);
}
