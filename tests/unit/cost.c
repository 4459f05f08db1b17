/* Unit tests of lib/cost: published machines to their printed digits, events counted by hand. */
#include "nax/cost.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Relative tolerances: figures printed to twelve digits, and sums of doubles in another order. */
static const double printed = 5e-12, rounding = 1e-12;

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

static const struct nax_component *find(const struct nax_hardware *h, const char *name)
{
    for (size_t i = 0; i < h->n_components; i++)
        if (!strcmp(h->components[i].name, name))
            return &h->components[i];
    fail_msg("no component '%s'", name);
    return NULL;
}

static struct nax_unit unit_of(const struct nax_hardware *h, int64_t crossbar)
{
    struct nax_unit unit;
    struct nax_err err;
    assert_int_equal(nax_unit_make(h, crossbar, &unit, &err), 0);
    return unit;
}

static struct nax_component adc_of(const struct nax_hardware *h, int64_t crossbar)
{
    struct nax_unit unit = unit_of(h, crossbar);
    return nax_adc_component(h, &unit);
}

static double cells_of(const struct nax_hardware *h, int64_t crossbar)
{
    struct nax_unit unit = unit_of(h, crossbar);
    return nax_component_count(find(h, "array"), &unit);
}

static double event_pj(const struct nax_hardware *h, const char *name)
{
    const struct nax_component *c = find(h, name);
    struct nax_component_values v;
    struct nax_err err;
    assert_int_equal(nax_component_at(c, 128, &v, &err), 0);
    return v.energy_pj * (c->per == NAX_PER_CELL ? 128 * 128 : 1);
}

/* One layer of VGG-16 on PUMA: published access counts times the file's energies. */
static void energy_of_a_layer_of_vgg16_on_puma(void **state)
{
    (void)state;
    static const struct {
        const char *component;
        double count;
    } accesses[] = {{"router", 88903},
                    {"edram", 80896},
                    {"array", 13824},
                    {"bus", 80896},
                    {"shift_add", 1990656},
                    {"output_register", 462336},
                    {"core_control", 178136},
                    {"edram_control", 80360},
                    {"tile_control", 716053},
                    {"data_memory", 74632},
                    {"receive_buffer", 688},
                    {"alu", 12288},
                    {"input_register", 1728},
                    {"input_register_write", 13824},
                    {"edram_counters", 1568},
                    {"activation", 6144},
                    {"instruction_memory", 730},
                    {"dac", 221184},
                    {"tile_instruction_memory", 69},
                    {"sample_hold", 1769472}};
    struct nax_hardware *h = load("puma");
    struct nax_component adc = adc_of(h, 128);
    assert_near(adc.values[0].energy_pj, 1.8, rounding);
    double sum_pj = 1769472 * adc.values[0].energy_pj;
    for (size_t i = 0; i < sizeof accesses / sizeof *accesses; i++)
        sum_pj += accesses[i].count * event_pj(h, accesses[i].component);
    assert_near(sum_pj * 1e-12, 6.29817800087e-6, printed);
    nax_hardware_free(h);
}

/* Runs of three layers of VGG-16, batch 1, published with PUMA's simulator. Each is of the few
 * windows that make so many products of a unit; cycles are those of all cores and of all tiles, the
 * time in which they wait for data included, and those in which routers pass a flit. */
static const struct vgg16_run {
    size_t image, c_in, c_out; /* of the layer */
    double n_products;         /* of units, in the run */
    double core_cycles, tile_cycles, router_cycles;
    double dynamic_pj, leakage_pj;
} vgg16_runs[] = {
    /* conv1, conv5, conv9: 13, 35, 68 % leak */
    {224, 3, 64, 44, 54370, 54380, 49539, 2.35582453363e6, 3.5838689691e5},
    {56, 128, 256, 108, 716053, 178136, 88903, 6.29817800087e6, 3.3643503317e6},
    {28, 512, 512, 144, 7209021, 1114938, 180287, 1.52186357561e7, 3.21602007462e7},
};

static double share(double leakage, double dynamic)
{
    return leakage / (leakage + dynamic);
}

/* What a core, a tile and a router leak, over their own cycles: the published energy. */
static void leakage_of_cores_and_tiles_over_their_own_cycles(void **state)
{
    (void)state;
    struct nax_hardware *h = load("puma");
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 128, &size, &err), 0);
    double core_mw = 2 * size->unit_leakage_mw + size->core_leakage_mw, tile_mw = 0;
    double router_mw = find(h, "router")->values[0].leakage_mw;
    for (size_t i = 0; i < h->n_components; i++)
        if (h->components[i].level == NAX_LEVEL_TILE)
            tile_mw += h->components[i].values[0].leakage_mw;
    for (size_t i = 0; i < sizeof vgg16_runs / sizeof *vgg16_runs; i++) {
        const struct vgg16_run *run = &vgg16_runs[i];
        double leakage_pj = core_mw * run->core_cycles + tile_mw * run->tile_cycles +
                            router_mw * run->router_cycles;
        assert_near(leakage_pj, run->leakage_pj, printed);
    }
    nax_cost_model_free(model);
    nax_hardware_free(h);
}

/* Leakage `working`: nax lets a core work for as long as its products take, and knows no waiting
 * for data. So 12 to 13 % leak in each of the three layers; the rest of the published shares is
 * that waiting, for which cores take 1.07, 5.8 and 43 times as long, and with which all three are
 * within a third. */
static void shares_of_leakage_of_vgg16_on_puma(void **state)
{
    (void)state;
    static const double third = 1 / 3.0, stall[] = {1.073, 5.755, 43.46};
    struct nax_hardware *h = load("puma");
    struct nax_cost_model *model;
    struct nax_err err;
    h->timing.leakage = NAX_LEAKAGE_WORKING;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    for (size_t i = 0; i < sizeof vgg16_runs / sizeof *vgg16_runs; i++) {
        const struct vgg16_run *run = &vgg16_runs[i];
        struct nax_layer layer = {.name = "conv",
                                  .has_batch_norm = true,
                                  .epsilon = 1e-5,
                                  .role = NAX_ROLE_BODY,
                                  .residual = NAX_FROM_NONE,
                                  .has_relu = true,
                                  .kernel = {3, 3},
                                  .dilation = {1, 1},
                                  .groups = 1,
                                  .stride = {1, 1},
                                  .pad = {1, 1, 1, 1},
                                  .h_in = run->image,
                                  .w_in = run->image,
                                  .c_in = run->c_in,
                                  .h_out = run->image,
                                  .w_out = run->image,
                                  .c_out = run->c_out};
        struct nax_network net = {.name = "layer", .n_layers = 1, .layers = &layer};
        struct nax_cost c;
        assert_int_equal(nax_cost_network(model, &net, (const int64_t[]){128}, &c, NULL, &err), 0);
        double own = share(c.energy_leakage_pj, c.energy_dynamic_pj);
        assert_true(own > 0.115 && own < 0.13);
        /* a core has two units; in the run of conv1 both hold the one unit of the layer */
        double busy = run->n_products / 2 * 2304;
        assert_near(run->core_cycles / busy, stall[i], 1e-3);
        assert_near(share(stall[i] * c.energy_leakage_pj, c.energy_dynamic_pj),
                    share(run->leakage_pj, run->dynamic_pj), third);
    }
    nax_cost_model_free(model);
    nax_hardware_free(h);
}

/* Everything in the level and below it, at 128×128. */
static double area_of(const struct nax_hardware *h, enum nax_level level)
{
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 128, &size, &err), 0);
    double area = size->units_per_core * size->unit_mm2 + size->core_mm2;
    nax_cost_model_free(model);
    for (enum nax_level l = NAX_LEVEL_TILE; l <= level; l++) {
        area *= l == NAX_LEVEL_TILE ? h->hierarchy.cores_per_tile : h->hierarchy.tiles_per_node;
        for (size_t i = 0; i < h->n_components; i++)
            if (h->components[i].level == l)
                area += h->components[i].count * h->components[i].values[0].area_mm2;
    }
    return area;
}

static void areas_of_puma(void **state)
{
    (void)state;
    struct nax_hardware *h = load("puma");
    assert_near(area_of(h, NAX_LEVEL_CORE), 0.0363719532947, printed);
    assert_near(area_of(h, NAX_LEVEL_TILE), 0.497468728781, printed);
    assert_near(area_of(h, NAX_LEVEL_NODE), 108.428746435, printed);
    nax_hardware_free(h);
}

static double product_ns(struct nax_hardware *h, int64_t crossbar)
{
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, crossbar, &size, &err), 0);
    double ns = size->product_ns;
    nax_cost_model_free(model);
    return ns;
}

static struct nax_component_values *array_of(struct nax_hardware *h)
{
    for (size_t i = 0; i < h->n_components; i++)
        if (h->components[i].event == NAX_EVENT_ARRAY_READ)
            return h->components[i].values;
    fail_msg("no array");
    return NULL;
}

/* 18 stages; NAX's ADC alone makes 1350, 1575, 1800, 2025 ns, but a read takes 100 ns. */
static void latency_of_a_product(void **state)
{
    (void)state;
    static const double adc_ns[] = {1350, 1575, 1800, 2025}, stage_ns[] = {100, 100, 100, 112.5};
    struct nax_hardware *h = load("nax-reram"), *puma = load("puma");
    for (int i = 0; i < 4; i++)
        assert_true(product_ns(h, 16 << i) == 18 * stage_ns[i]);
    array_of(h)->latency_ns = 1000;
    assert_true(product_ns(h, 16) == 18000 && product_ns(h, 128) == 18000);
    array_of(h)->latency_ns = 1;
    for (int i = 0; i < 4; i++)
        assert_true(product_ns(h, 16 << i) == adc_ns[i]);
    h->adc.latency_per_bit_ns =
        0; /* what is left: DAC, sample-and-hold, shift-and-add, 1 ns each */
    assert_true(product_ns(h, 128) == 18);
    for (int i = 0; i < 4; i++) /* PUMA: as many nanoseconds as rows */
        assert_true(product_ns(puma, 16 << i) == 18 * (16 << i));
    nax_hardware_free(puma);
    nax_hardware_free(h);
}

static void read_time_laws(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    h->adc.latency_per_bit_ns = 0;
    h->array.read_time = NAX_READ_TIME_LINEAR;
    for (int n = 16; n <= 256; n *= 2)
        assert_near(product_ns(h, n), 18 * 100.0 * n / 128, rounding);
    /* 128 rows, 600 ohm at both ends, 5 ohm a cell: 128 · 600 + 128 · 127 / 2 · 5 = 117440 ohm,
     * times 1 pF, times ln 2^10 for 9 bits */
    h->array.read_time = NAX_READ_TIME_RC;
    h->array.c_wire_ff = 1000;
    assert_near(product_ns(h, 128), 18 * 117.44 * log(1024), rounding);
    nax_hardware_free(h);
}

/* A DAC of 4 bits has 15 elements of the size of a driver of one bit. */
static void dac_laws(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_cost_model *model;
    const struct nax_size_cost *one, *four, *same;
    struct nax_err err;
    double leakage_mw = find(h, "dac")->values[0].leakage_mw;
    h->adc.bits = 8;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 64, &one, &err), 0);
    double one_pj = one->event_pj[NAX_EVENT_DAC], one_mm2 = one->unit_mm2,
           one_mw = one->unit_leakage_mw;
    nax_cost_model_free(model);
    h->precision.stream_bits = 4;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 64, &four, &err), 0);
    assert_near(four->event_pj[NAX_EVENT_DAC], 15 * one_pj, rounding);
    assert_near(four->unit_mm2 - one_mm2, 14 * 64 * 1.67e-7, 1e-9);
    assert_near(four->unit_leakage_mw - one_mw, 14 * 64 * leakage_mw, 1e-9);
    nax_cost_model_free(model);
    h->dac.law = NAX_DAC_LAW_CONSTANT;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 64, &same, &err), 0);
    assert_true(same->event_pj[NAX_EVENT_DAC] == one_pj && same->unit_mm2 == one_mm2);
    nax_cost_model_free(model);
    nax_hardware_free(h);
}

/* A layer that is one unit wide and one position long. */
static struct nax_activity one_product(const struct nax_hardware *h, int64_t crossbar)
{
    struct nax_layer layer = {.name = "l",
                              .has_batch_norm = true,
                              .epsilon = 1e-5,
                              .role = NAX_ROLE_BODY,
                              .input = 0,
                              .residual = NAX_FROM_NONE,
                              .kernel = {1, 1},
                              .dilation = {1, 1},
                              .groups = 1,
                              .stride = {1, 1},
                              .h_in = 1,
                              .w_in = 1,
                              .c_in = (size_t)crossbar,
                              .h_out = 1,
                              .w_out = 1,
                              .c_out = (size_t)crossbar};
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_activity activity;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, crossbar, &size, &err), 0);
    struct nax_layer_map map = nax_layer_map(&size->unit, &layer);
    nax_layer_activity(h, &layer, &map, size, &activity);
    nax_cost_model_free(model);
    return activity;
}

/* NAX: 2.765, 6.451, 14.746, 33.178 nJ for a product of 16 bit numbers with 8 slices. */
static void adc_energy_of_a_product(void **state)
{
    (void)state;
    static const double nax_pj[] = {2764.8, 6451.2, 14745.6, 33177.6};
    struct nax_hardware *h = load("nax-reram");
    h->adc.law = NAX_ADC_LAW_LINEAR;
    h->signs = NAX_SIGNS_OFFSET;
    for (int i = 0; i < 4; i++) {
        int64_t n = 16 << i;
        struct nax_component adc = adc_of(h, n);
        double conversions = one_product(h, n).n[NAX_EVENT_CONVERSION];
        assert_near(conversions * adc.values[0].energy_pj, nax_pj[i], rounding);
        assert_near(adc.values[0].leakage_mw, 0.025 * (6 + i), rounding);
    }
    nax_hardware_free(h);
}

/* ADCs that arrays share, or that share an array; the column that gives the zero. */
static void converters_can_be_shared(void **state)
{
    (void)state;
    static const struct {
        int arrays_per_adc, adcs_per_array;
        double adcs_per_unit, stage_ns;
    } cases[] = {{1, 1, 16, 100}, {4, 1, 4, 400}, {1, 8, 128, 12.5}, {4, 2, 8, 200}};
    struct nax_hardware *h = load("nax-reram");
    h->adc.law = NAX_ADC_LAW_CONSTANT;
    array_of(h)->latency_ns = 1;
    double least_mm2 = 0;
    for (size_t i = 0; i < 4; i++) {
        struct nax_cost_model *model;
        const struct nax_size_cost *size;
        struct nax_err err;
        h->adc.arrays_per_adc = cases[i].arrays_per_adc;
        h->adc.adcs_per_array = cases[i].adcs_per_array;
        assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
        assert_int_equal(nax_cost_size(model, 64, &size, &err), 0);
        assert_near(size->stage_ns, cases[i].stage_ns, rounding);
        assert_near(size->product_ns, 18 * cases[i].stage_ns, rounding);
        double rest_mm2 = size->unit_mm2 - cases[i].adcs_per_unit * 0.0012;
        if (i)
            assert_near(rest_mm2, least_mm2, 1e-9);
        least_mm2 = rest_mm2;
        nax_cost_model_free(model);
    }
    assert_true(cells_of(h, 64) == 64 * 65);
    h->adc.zero = NAX_ADC_ZERO_DIGITAL;
    assert_true(cells_of(h, 64) == 64 * 64);
    h->adc.adcs_per_array = h->adc.arrays_per_adc = 1;
    assert_true(adc_of(h, 64).count == 1);
    h->signs = NAX_SIGNS_DIFFERENTIAL_ANALOG; /* one for two arrays */
    assert_true(adc_of(h, 64).count == 0.5);
    nax_hardware_free(h);
}

static void adc_laws(void **state)
{
    (void)state;
    static const int hundredth_pj[] = {79, 99, 120, 142, 167, 197, 238};
    static const int square_um[] = {361, 477, 627, 845, 1200, 1828, 3002};
    struct nax_hardware *h = load("nax-reram");
    for (int bits = 4; bits <= 10; bits++) {
        struct nax_adc_cost cost = nax_adc_cost(&h->adc, bits);
        assert_int_equal(lround(cost.energy_pj * 100), hundredth_pj[bits - 4]);
        assert_int_equal(lround(cost.area_mm2 * 1e6), square_um[bits - 4]);
    }
    h->adc.law = NAX_ADC_LAW_SURVEY;
    h->adc.sample_rate_ghz = 1.28;
    struct nax_adc_cost cost = nax_adc_cost(&h->adc, 8);
    assert_int_equal(lround(cost.energy_pj * 1000), 1929);
    assert_int_equal(lround(cost.area_mm2 * 1e6), 6469);
    h->adc.law = NAX_ADC_LAW_LINEAR;
    assert_near(nax_adc_cost(&h->adc, 6).energy_pj, 1.5, rounding);
    assert_near(nax_adc_cost(&h->adc, 6).area_mm2, 0.0012, rounding);
    h->adc.law = NAX_ADC_LAW_CONSTANT;
    assert_near(nax_adc_cost(&h->adc, 6).energy_pj, 2, rounding);
    nax_hardware_free(h);
}

static void a_law_is_not_stretched(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    h->adc.law = NAX_ADC_LAW_SURVEY;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    h->adc.bits = 4;
    assert_int_equal(nax_cost_size(model, 64, &size, &err), 0);
    h->adc.bits = 3;
    assert_int_equal(nax_cost_size(model, 32, &size, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "law 'survey' is of 4 bits and more, an ADC has 3 at crossbar "
                                     "size 32; set adc.law or adc.bits"));
    nax_cost_model_free(model);
    nax_hardware_free(h);
}

/* PUMA's simulator: power of a tile with all at work and its part of a router, leakage included. */
static void peak_power_of_puma(void **state)
{
    (void)state;
    struct nax_hardware *h = load("puma");
    for (int crossbar = 128; crossbar <= 256; crossbar *= 2) {
        struct nax_cost_model *model;
        struct nax_sheet_row *rows;
        struct nax_err err;
        size_t n;
        h->hierarchy.units_crossbar = crossbar;
        assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
        assert_int_equal(nax_cost_sheet(model, crossbar, &rows, &n, &err), 0);
        double mw = 0;
        for (size_t i = 0; i < n; i++)
            if ((rows[i].level == NAX_LEVEL_TILE && rows[i].is_total) ||
                !strcmp(rows[i].component, "router"))
                mw += (rows[i].power_mw + rows[i].leakage_mw) /
                      (rows[i].level == NAX_LEVEL_NODE ? h->hierarchy.tiles_per_node : 1);
        assert_int_equal(lround(mw * 1000), crossbar == 128 ? 378829 : 504650);
        free(rows);
        nax_cost_model_free(model);
    }
    nax_hardware_free(h);
}

/* A 3×3 convolution with stride 2 over 5×4 pixels. */
static struct nax_activity small_layer_of(const struct nax_hardware *h, bool is_input_signed)
{
    struct nax_layer layer = {.name = "l",
                              .has_batch_norm = true,
                              .epsilon = 1e-5,
                              .role = NAX_ROLE_BODY,
                              .input = 0,
                              .residual = 0,
                              .has_relu = true,
                              .is_input_signed = is_input_signed,
                              .kernel = {3, 3},
                              .dilation = {1, 1},
                              .groups = 1,
                              .stride = {2, 2},
                              .pad = {1, 1, 1, 1},
                              .h_in = 5,
                              .w_in = 4,
                              .c_in = 20,
                              .h_out = 3,
                              .w_out = 2,
                              .c_out = 40};
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_activity a;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 64, &size, &err), 0);
    struct nax_layer_map map = nax_layer_map(&size->unit, &layer);
    nax_layer_activity(h, &layer, &map, size, &a);
    nax_cost_model_free(model);
    return a;
}

static struct nax_activity small_layer(const struct nax_hardware *h)
{
    return small_layer_of(h, false);
}

static void activity_counted_by_hand(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_activity a = small_layer(h);
    /* 180 rows in 3 units, 6 positions, 16 streams, 16 arrays */
    assert_int_equal(a.n_units, 3);
    assert_true(a.n[NAX_EVENT_ARRAY_READ] == 3 * 6 * 16 * 16);
    assert_true(a.n[NAX_EVENT_DAC] == 3 * 6 * 16 * 64);
    assert_true(a.n[NAX_EVENT_CONVERSION] == 3 * 6 * 16 * 16 * 64);
    assert_true(a.n[NAX_EVENT_SHIFT_ADD] == 3 * 6 * 16 * 17 * 64);
    assert_true(a.n[NAX_EVENT_INPUT_READ] == 3 * 6 * 16);
    assert_true(a.n[NAX_EVENT_INPUT_WRITE] == 6 * 180);
    assert_true(a.n[NAX_EVENT_OUTPUT_ACCESS] == 3 * 6 * 64 * 33);
    /* two partial sums added, bias, residual; ReLU */
    assert_true(a.n[NAX_EVENT_ALU] == 6 * 40 * (2 + 1 + 1));
    assert_true(a.n[NAX_EVENT_ACTIVATION] == 6 * 40);
    /* windows: rows -1..1, 1..3, 3..5 touch 2 + 3 + 2 = 7 of the image; columns -1..1, 1..3 touch
     * all 4 once: 28 pixels of 20 numbers, 320 bits, 2 accesses of 256 bits each; arrivals: 20
     * pixels, 2 accesses; residual: 6 pixels of 640 bits, 3 in and 3 out; results: 3 in, 3 out */
    assert_true(a.n[NAX_EVENT_EDRAM] == 28 * 2 + 20 * 2 + 6 * (3 + 3) + 6 * (3 + 3));
    assert_true(a.n[NAX_EVENT_BUS] == 28 * 1 + 6 * 2 + 6 * 2); /* 384 bits */
    assert_true(a.n[NAX_EVENT_RECEIVE] == 20 * 2 + 6 * 3);
    assert_true(a.n[NAX_EVENT_NOC] == 2 * (20 * 10 + 6 * 20)); /* flits of 32 bits, 2 routers */
    assert_true(a.latency_ns == 6 * 1800);
    assert_true(a.n[NAX_EVENT_CORE_CYCLE] == 6 * 1800);
    nax_hardware_free(h);
}

/* Two passes: twice the streams, and nothing else. 62.5 ns a bit and array at N = 64 with 8 bits
 * are stages of 100 ns: 32 streams and 2 stages before the last take 3400. */
static void signed_inputs_take_two_passes(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    h->input_signs = NAX_INPUT_SIGNS_TWO_PASSES;
    struct nax_activity once = small_layer(h), twice = small_layer_of(h, true);
    assert_true(once.n[NAX_EVENT_ARRAY_READ] == 3 * 6 * 16 * 16);
    assert_true(twice.n[NAX_EVENT_ARRAY_READ] == 3 * 6 * 32 * 16);
    assert_true(twice.n[NAX_EVENT_DAC] == 3 * 6 * 32 * 64);
    assert_true(twice.n[NAX_EVENT_CONVERSION] == 3 * 6 * 32 * 16 * 64);
    assert_true(twice.n[NAX_EVENT_SHIFT_ADD] == 3 * 6 * 32 * 17 * 64);
    assert_true(twice.n[NAX_EVENT_INPUT_READ] == 3 * 6 * 32);
    assert_true(twice.n[NAX_EVENT_OUTPUT_ACCESS] == 3 * 6 * 64 * 65);
    assert_true(twice.n[NAX_EVENT_INPUT_WRITE] == once.n[NAX_EVENT_INPUT_WRITE]);
    assert_true(twice.n[NAX_EVENT_BUS] == once.n[NAX_EVENT_BUS]);
    assert_true(once.latency_ns == 6 * 1800);
    assert_true(twice.latency_ns == 6 * 3400);
    h->input_signs = NAX_INPUT_SIGNS_TWOS_COMPLEMENT;
    twice = small_layer_of(h, true);
    assert_true(twice.latency_ns == 6 * 1800);
    assert_true(twice.n[NAX_EVENT_ARRAY_READ] == 3 * 6 * 16 * 16);
    nax_hardware_free(h);
}

/* One read of an array with weights in all of its cells, without a reference. */
static double whole_read_pj(const struct nax_hardware *h)
{
    struct nax_cost_model *model;
    const struct nax_size_cost *size;
    struct nax_err err;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_size(model, 128, &size, &err), 0);
    double read_pj = size->event_pj[NAX_EVENT_ARRAY_READ];
    nax_cost_model_free(model);
    return read_pj;
}

/* A cell of 100 kohm at 0.25 V for 100 ns takes 0.0625 pJ. */
static void cells_take_what_the_device_says(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    h->array.energy = NAX_ARRAY_ENERGY_TABLE;
    h->adc.zero = NAX_ADC_ZERO_DIGITAL;
    assert_near(whole_read_pj(h), 30, rounding);
    h->array.energy = NAX_ARRAY_ENERGY_DEVICE;
    h->array.level_frac = h->array.input_frac = 1;
    assert_near(whole_read_pj(h), 0.0625 * 16384, rounding);
    h->device.r_on_ohm = 10e3;
    assert_near(whole_read_pj(h), 0.625 * 16384, rounding);
    h->device.r_on_ohm = 100e3;
    h->device.v_read_v = 1;
    assert_near(whole_read_pj(h), 16384, rounding);
    h->array.read_time = NAX_READ_TIME_LINEAR; /* 100 ns at 128 */
    assert_near(whole_read_pj(h), 16384, rounding);
    /* digits of two bits, each 1 one time in five: (0.2 * 5 + 0.04 * 4) / 9 of the largest square
     */
    h->precision.stream_bits = 2;
    h->array.input_frac = 0.2;
    assert_near(whole_read_pj(h), 16384 * 1.16 / 9, rounding);
    nax_hardware_free(h);
}

/* 180 rows and 40 columns in 3 units of 64, a quarter of the levels and a fifth of the inputs'
 * bits: a cell has 3.75 uS, and 0.0046875 pJ a read; one at G_off 0.00208333 pJ. */
static void idle_cells_take_what_they_conduct(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    h->array.energy = NAX_ARRAY_ENERGY_DEVICE;
    h->array.level_frac = 0.25;
    h->array.input_frac = 0.2;
    h->device.r_on_ohm = 100e3;
    h->device.r_off_ohm = 600e3;
    struct nax_activity a = small_layer(h);
    double cell_pj = 0.0046875, off_pj = 0.0125 / 6, n = 6 * 16 * 16;
    double whole_pj = 64 * 64 * cell_pj + 64 * off_pj;
    double read_pj = a.n[NAX_EVENT_ARRAY_READ] * a.read_frac * whole_pj;
    assert_near(read_pj, n * (180 * 40 * cell_pj + 180 * 25 * off_pj), rounding);
    h->unused = NAX_UNUSED_OPEN; /* the reference is left */
    a = small_layer(h);
    read_pj = a.n[NAX_EVENT_ARRAY_READ] * a.read_frac * whole_pj;
    assert_near(read_pj, n * (180 * 40 * cell_pj + 180 * off_pj), rounding);
    h->array.energy = NAX_ARRAY_ENERGY_TABLE;
    a = small_layer(h);
    assert_true(a.read_frac == 1);
    nax_hardware_free(h);
}

/* 6 positions of 40 numbers, 640 bits a pixel, that are read and written by themselves, or not. */
static void activity_without_weights(void **state)
{
    (void)state;
    static const struct {
        enum nax_layer_kind kind;
        enum nax_activation activation;
        int residual;
        double alu, lookups;
        bool moves;
    } expected[] = {{NAX_LAYER_ADD, NAX_ACTIVATION_NONE, 0, 1, 0, true},
                    {NAX_LAYER_BATCH_NORM, NAX_ACTIVATION_NONE, NAX_FROM_NONE, 2, 0, true},
                    {NAX_LAYER_CONCAT, NAX_ACTIVATION_NONE, 0, 0, 0, false},
                    {NAX_LAYER_ACTIVATION, NAX_ACTIVATION_RELU6, NAX_FROM_NONE, 0, 1, false},
                    {NAX_LAYER_ACTIVATION, NAX_ACTIVATION_SIGMOID, NAX_FROM_NONE, 0, 1, false},
                    {NAX_LAYER_ACTIVATION, NAX_ACTIVATION_SILU, NAX_FROM_NONE, 1, 1, false},
                    {NAX_LAYER_ACTIVATION, NAX_ACTIVATION_HARD_SWISH, NAX_FROM_NONE, 3, 1, false}};
    struct nax_hardware *h = load("nax-reram");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct nax_layer_map none = {.crossbar = 0};
        struct nax_layer layer = {.kind = expected[i].kind,
                                  .activation = expected[i].activation,
                                  .residual = expected[i].residual,
                                  .has_batch_norm = expected[i].kind == NAX_LAYER_BATCH_NORM,
                                  .kernel = {1, 1},
                                  .stride = {1, 1},
                                  .dilation = {1, 1},
                                  .groups = 1,
                                  .h_in = 3,
                                  .w_in = 2,
                                  .c_in = 40,
                                  .h_out = 3,
                                  .w_out = 2,
                                  .c_out = 40};
        struct nax_activity a;
        nax_layer_activity(h, &layer, &none, NULL, &a);
        const double n = 6 * 40, n_sources = expected[i].residual == NAX_FROM_NONE ? 1 : 2;
        const double moved = expected[i].moves ? n_sources + 1 : 0;
        assert_true(a.n[NAX_EVENT_ALU] == n * expected[i].alu);
        assert_true(a.n[NAX_EVENT_ACTIVATION] == n * expected[i].lookups);
        assert_true(a.n[NAX_EVENT_DATA_MEMORY] ==
                    n * (3 * expected[i].alu + 2 * expected[i].lookups + moved));
        assert_int_equal(a.n[NAX_EVENT_BUS] > 0, expected[i].moves);
        assert_int_equal(a.n[NAX_EVENT_NOC] > 0, expected[i].moves);
        assert_true(a.latency_ns == 0);
        assert_int_equal(a.n_units, 0);
    }
    nax_hardware_free(h);
}

static void activity_of_other_counting(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    h->counting.idle = NAX_IDLE_GATED; /* 180 rows of 192, 40 columns of 64, in 3 units */
    h->counting.batch_norm = NAX_BATCH_NORM_SEPARATE;
    h->counting.windows = NAX_WINDOWS_RELOADED;
    h->signs = NAX_SIGNS_DIFFERENTIAL_ANALOG;
    struct nax_activity a = small_layer(h);
    assert_near(a.n[NAX_EVENT_ARRAY_READ], 6 * 16 * 16 * 180 * 40 / 4096.0, rounding);
    assert_true(a.n[NAX_EVENT_DAC] == 6 * 16 * 180);
    assert_true(a.n[NAX_EVENT_CONVERSION] == 6 * 16 * 8 * 3 * 40);
    assert_true(a.n[NAX_EVENT_SHIFT_ADD] == 6 * 16 * 9 * 3 * 40);
    assert_true(a.n[NAX_EVENT_OUTPUT_ACCESS] == 6 * 3 * 40 * 33);
    /* two partial sums, scale and shift, residual */
    assert_true(a.n[NAX_EVENT_ALU] == 6 * 40 * (2 + 2 + 1));
    /* windows: columns -1..1, 1..3 are 2 + 3: 7 * 5 pixels */
    assert_true(a.n[NAX_EVENT_BUS] == 7 * 5 * 1 + 6 * 2 + 6 * 2);
    nax_hardware_free(h);
}

/* ISAAC-CE, Table I, from an IMA up to the chip. */
static void sheet_of_isaac(void **state)
{
    (void)state;
    struct nax_hardware *h = load("isaac");
    struct nax_cost_model *model;
    struct nax_sheet_row *rows, *total[NAX_LEVEL_COUNT] = {NULL};
    struct nax_err err;
    size_t n;
    assert_int_equal(nax_cost_model_alloc(&model, h, &err), 0);
    assert_int_equal(nax_cost_sheet(model, 128, &rows, &n, &err), 0);
    for (size_t i = 0; i < n; i++)
        if (rows[i].is_total)
            total[rows[i].level] = &rows[i];
    assert_near(total[NAX_LEVEL_CORE]->power_mw, 24.08, rounding);
    assert_near(total[NAX_LEVEL_TILE]->power_mw, 329.81, rounding);
    assert_near(total[NAX_LEVEL_TILE]->area_mm2, 0.37229, rounding);
    assert_int_equal(lround(168 * total[NAX_LEVEL_TILE]->power_mw * 1e-2), 554); /* 55.4 W */
    assert_int_equal(lround(168 * total[NAX_LEVEL_TILE]->area_mm2 * 10), 625);
    double watt = round(total[NAX_LEVEL_NODE]->power_mw * 1e-2) / 10;
    double mm2 = round(total[NAX_LEVEL_NODE]->area_mm2 * 10) / 10;
    assert_near(watt, 65.8, rounding);
    assert_near(mm2, 85.4, rounding);
    assert_int_equal(lround(total[NAX_LEVEL_NODE]->tops * 1e3), 41288);
    /* published from the rounded figures: 627.5 GOPS/W, 483.5 GOPS/s/mm² */
    assert_int_equal(lround(total[NAX_LEVEL_NODE]->tops / watt * 1e4), 6275);
    assert_int_equal(lround(total[NAX_LEVEL_NODE]->tops / mm2 * 1e4), 4835);
    free(rows);
    nax_cost_model_free(model);
    nax_hardware_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energy_of_a_layer_of_vgg16_on_puma),
        cmocka_unit_test(leakage_of_cores_and_tiles_over_their_own_cycles),
        cmocka_unit_test(shares_of_leakage_of_vgg16_on_puma),
        cmocka_unit_test(areas_of_puma),
        cmocka_unit_test(latency_of_a_product),
        cmocka_unit_test(read_time_laws),
        cmocka_unit_test(dac_laws),
        cmocka_unit_test(a_law_is_not_stretched),
        cmocka_unit_test(peak_power_of_puma),
        cmocka_unit_test(adc_energy_of_a_product),
        cmocka_unit_test(converters_can_be_shared),
        cmocka_unit_test(adc_laws),
        cmocka_unit_test(activity_counted_by_hand),
        cmocka_unit_test(signed_inputs_take_two_passes),
        cmocka_unit_test(cells_take_what_the_device_says),
        cmocka_unit_test(idle_cells_take_what_they_conduct),
        cmocka_unit_test(activity_without_weights),
        cmocka_unit_test(activity_of_other_counting),
        cmocka_unit_test(sheet_of_isaac),
    };
    return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
