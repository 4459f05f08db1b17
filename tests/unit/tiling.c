/* Unit tests of lib/tiling: the counts, against published ones and against counting by hand. */
#include "nax/tiling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nax_hardware *load(const char *name)
{
    struct nax_hardware *h;
    struct nax_err err;
    if (nax_hardware_load(&h, name, &err))
        fail_msg("%s", err.text);
    return h;
}

static struct nax_network *build(const char *name)
{
    struct nax_network_file *file;
    struct nax_network *net = NULL;
    struct nax_err err;
    if (nax_network_file_load(&file, name, &err) || nax_network_build(&net, file, NULL, &err))
        fail_msg("%s", err.text);
    nax_network_file_free(file);
    return net;
}

static struct nax_unit unit_of(const struct nax_hardware *h, int64_t crossbar)
{
    struct nax_unit unit;
    struct nax_err err;
    if (nax_unit_make(h, crossbar, &unit, &err))
        fail_msg("%s", err.text);
    return unit;
}

/* Matrix-vector units and products an image of ResNet-20 for CIFAR-10 with 3×3 kernels, as NAX
 * reports them for crossbars of 16, 32, 64 and 128. They are reproduced by the stem together with
 * the 18 searched convolutions, without the classifier (the 18 alone give 2, 1, 1, 1 units less).
 */
static void units_and_products_of_resnet20(void **state)
{
    (void)state;
    static const int64_t units[] = {1046, 279, 97, 58}, products[] = {158720, 57216, 29824, 19456};
    struct nax_hardware *h = load("nax-reram");
    struct nax_network *net = build("resnet20");
    for (int i = 0; i < 4; i++) {
        struct nax_unit unit = unit_of(h, 16 << i);
        int64_t n_units = 0, n_products = 0, n_layers = 0;
        for (size_t l = 0; l < net->n_layers; l++) {
            if (net->layers[l].role == NAX_ROLE_CLASSIFIER || net->layers[l].role == NAX_ROLE_POOL)
                continue;
            struct nax_layer_map map = nax_layer_map(&unit, &net->layers[l]);
            n_units += (int64_t)map.n_units;
            n_products += (int64_t)map.products;
            n_layers++;
            assert_int_equal(map.n_arrays, 16 * map.n_units);
        }
        assert_int_equal(n_layers, 19);
        assert_int_equal(n_units, units[i]);
        assert_int_equal(n_products, products[i]);
    }
    nax_network_free(net);
    nax_hardware_free(h);
}

static const struct nax_layer *find(const struct nax_network *net, const char *name)
{
    for (size_t l = 0; l < net->n_layers; l++)
        if (!strcmp(net->layers[l].name, name))
            return &net->layers[l];
    fail_msg("no layer %s", name);
    return NULL;
}

static void utilization_of_two_layers(void **state)
{
    (void)state;
    /* per mill, as published: 100 / 45 / 18.8 / 7.0 % and 100 / 100 / 100 / 45 % */
    static const int narrow[] = {1000, 450, 188, 70}, wide[] = {1000, 1000, 1000, 450};
    struct nax_hardware *h = load("nax-reram");
    struct nax_network *net = build("resnet20");
    for (int i = 0; i < 4; i++) {
        struct nax_unit unit = unit_of(h, 16 << i);
        struct nax_layer_map a = nax_layer_map(&unit, find(net, "s1b2c1"));
        struct nax_layer_map b = nax_layer_map(&unit, find(net, "s3b2c1"));
        assert_int_equal((1000 * a.used_cells + a.n_cells / 2) / a.n_cells, narrow[i]);
        assert_int_equal((1000 * b.used_cells + b.n_cells / 2) / b.n_cells, wide[i]);
    }
    nax_network_free(net);
    nax_hardware_free(h);
}

/* VGG-8 on CIFAR-10: 615.9 M multiply-accumulates, and every position of the output is a product,
 * those whose window reaches into the padding too. */
static void vectors_and_operations_of_vgg8(void **state)
{
    (void)state;
    static const int64_t positions[] = {1024, 1024, 256, 256, 64, 64, 1, 1};
    struct nax_hardware *h = load("nax-reram");
    struct nax_network *net = build("vgg8");
    struct nax_unit unit = unit_of(h, 128);
    uint64_t macs = 0;
    size_t n = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_layer_map map = nax_layer_map(&unit, &net->layers[l]);
        macs += nax_layer_macs(&net->layers[l]);
        if (net->layers[l].role == NAX_ROLE_POOL) {
            assert_int_equal(map.n_units, 0);
            continue;
        }
        assert_true(n < 8);
        assert_int_equal(map.positions, positions[n++]);
    }
    assert_int_equal(n, 8);
    assert_int_equal((macs + 50000) / 100000, 6159);
    nax_network_free(net);
    nax_hardware_free(h);
}

static void arrays_follow_precision_and_signs(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_layer layer = {.name = "l",
                              .role = NAX_ROLE_BODY,
                              .kernel = {5, 5},
                              .dilation = {1, 1},
                              .groups = 1,
                              .c_in = 7,
                              .c_out = 33,
                              .h_out = 3,
                              .w_out = 11};
    h->precision.weight_bits = 7; /* slices of 3, 3 and 1 bits */
    h->precision.slice_bits = 3;
    h->precision.input_bits = 9;
    h->precision.stream_bits = 4;
    struct nax_unit unit = unit_of(h, 30);
    struct nax_layer_map map = nax_layer_map(&unit, &layer);
    assert_int_equal(unit.n_slices, 3);
    assert_int_equal(unit.n_streams, 3);
    assert_int_equal(unit.n_arrays, 6);
    assert_int_equal(unit.n_planes, 6);
    assert_int_equal(map.n_rows, 175);
    assert_int_equal(map.row_submatrices, 6);
    assert_int_equal(map.col_submatrices, 2);
    assert_int_equal(map.n_units, 12);
    assert_int_equal(map.n_arrays, 72);
    assert_int_equal(map.products, 12 * 33);
    assert_int_equal(map.n_cells, 72 * 900);
    assert_int_equal(map.used_cells, 175 * 33 * 6);
    h->signs = NAX_SIGNS_DIFFERENTIAL_ANALOG; /* two arrays, one conversion */
    unit = unit_of(h, 30);
    assert_int_equal(unit.n_arrays, 6);
    assert_int_equal(unit.arrays_per_plane, 2);
    assert_int_equal(unit.n_planes, 3);
    h->signs = NAX_SIGNS_OFFSET;
    unit = unit_of(h, 30);
    assert_int_equal(unit.n_planes, 3);
    assert_int_equal(nax_layer_map(&unit, &layer).n_arrays, 36);
    nax_hardware_free(h);
}

/* Streams of both passes, for layers whose inputs may be negative alone. */
static void streams_follow_the_signs_of_inputs(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_layer layer = {.role = NAX_ROLE_BODY,
                              .kernel = {3, 3},
                              .dilation = {1, 1},
                              .groups = 1,
                              .c_in = 5,
                              .c_out = 37};
    for (int bits = 1; bits <= 8; bits++)
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            h->precision.input_bits = 8;
            h->precision.stream_bits = bits;
            layer.is_input_signed = is_signed;
            static const int streams[] = {8, 4, 3, 2, 2, 2, 2, 1};
            h->input_signs = NAX_INPUT_SIGNS_TWOS_COMPLEMENT;
            struct nax_unit unit = unit_of(h, 16);
            struct nax_layer_map map = nax_layer_map(&unit, &layer);
            assert_int_equal(map.n_passes, 1);
            assert_int_equal(map.n_streams, NAX_MAX(streams[bits - 1], 1 + is_signed));
            h->input_signs = NAX_INPUT_SIGNS_TWO_PASSES;
            unit = unit_of(h, 16);
            map = nax_layer_map(&unit, &layer);
            assert_int_equal(map.n_passes, 1 + is_signed);
            assert_int_equal(map.n_streams, streams[bits - 1] * (1 + is_signed));
        }
    nax_hardware_free(h);
}

/* By hand. depthwise: 3 × 3 of 37 channels; grouped: 3 groups of 2 · 4 · 4 rows and 7 columns. */
static void groups_lie_corner_to_corner(void **state)
{
    (void)state;
    static const struct nax_layer
        depthwise =
            {.kernel = {3, 3}, .groups = 37, .c_in = 37, .c_out = 37, .h_out = 5, .w_out = 4},
        grouped = {.kernel = {2, 4}, .groups = 3, .c_in = 12, .c_out = 21, .h_out = 5, .w_out = 4};
    static const struct {
        const struct nax_layer *layer;
        int64_t crossbar;
        size_t n_together, n_units, used_area, n_weights;
    } expected[] = {
        {&depthwise, 64, 7, 6, 5 * 63 * 7 + 18 * 2, 9 * 37}, /* 7 · 9 rows of 64 */
        {&depthwise, 9, 1, 37, 9 * 37, 9 * 37},
        {&depthwise, 8, 1, 2 * 37, 9 * 37, 9 * 37}, /* a row too many */
        {&depthwise, 1024, 37, 1, 333 * 37, 9 * 37},
        {&grouped, 100, 3, 1, 96 * 21, 32 * 21},
        {&grouped, 64, 2, 2, 64 * 14 + 32 * 7, 32 * 21},
        {&grouped, 16, 1, 3 * 2, 32 * 21, 32 * 21},
        {&grouped, 5, 1, 3 * 7 * 2, 32 * 21, 32 * 21},
    };
    struct nax_hardware *h = load("nax-reram");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct nax_unit unit = unit_of(h, expected[i].crossbar);
        struct nax_layer_map map = nax_layer_map(&unit, expected[i].layer);
        size_t area = 0, n_weights = 0;
        assert_int_equal(map.n_together, expected[i].n_together);
        assert_int_equal(map.n_units, expected[i].n_units);
        assert_int_equal(map.products, 20 * expected[i].n_units);
        assert_int_equal(map.used_area, expected[i].used_area);
        assert_int_equal(map.used_cells, expected[i].n_weights * unit.n_arrays);
        char seen[37 * 333] = {0};
        for (size_t k = 0; k < map.n_units; k++) {
            struct nax_submatrix s = nax_submatrix_at(&map, k);
            assert_int_equal(nax_submatrix_index(&map, &s), k);
            assert_in_range(s.n_rows, 1, NAX_MIN(map.crossbar, map.n_rows - s.row));
            assert_in_range(s.n_cols, 1, NAX_MIN(map.crossbar, map.n_cols - s.col));
            area += s.n_rows * s.n_cols;
            for (size_t r = s.row; r < s.row + s.n_rows; r++)
                for (size_t c = s.col; c < s.col + s.n_cols; c++) {
                    size_t at = nax_map_weight_at(&map, r, c);
                    if (at == SIZE_MAX)
                        continue;
                    assert_true(at < expected[i].n_weights && !seen[at]);
                    seen[at] = 1;
                    n_weights++;
                }
        }
        assert_int_equal(area, map.used_area);
        assert_int_equal(n_weights, expected[i].n_weights);
        assert_int_equal(nax_layer_macs(expected[i].layer), 20 * n_weights);
    }
    nax_hardware_free(h);
}

static void submatrices_cover_the_matrix(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_layer layer = {.role = NAX_ROLE_BODY,
                              .kernel = {3, 3},
                              .dilation = {1, 1},
                              .groups = 1,
                              .c_in = 5,
                              .c_out = 37};
    static const int64_t sizes[] = {1, 7, 16, 37, 45, 64};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct nax_unit unit = unit_of(h, sizes[k]);
        struct nax_layer_map map = nax_layer_map(&unit, &layer);
        int covered[45][37] = {{0}};
        size_t col = 0;
        for (size_t i = 0; i < map.n_units; i++) {
            struct nax_submatrix s = nax_submatrix_at(&map, i);
            assert_int_equal(s.col, col); /* columns vary fastest */
            col = s.col + s.n_cols < 37 ? s.col + s.n_cols : 0;
            assert_in_range(s.n_rows, 1, nax_submatrix_at(&map, 0).n_rows);
            assert_in_range(s.n_cols, 1, nax_submatrix_at(&map, 0).n_cols);
            for (size_t r = s.row; r < s.row + s.n_rows; r++)
                for (size_t c = s.col; c < s.col + s.n_cols; c++)
                    covered[r][c]++;
        }
        for (size_t r = 0; r < 45; r++)
            for (size_t c = 0; c < 37; c++)
                assert_int_equal(covered[r][c], 1);
    }
    nax_hardware_free(h);
}

static void a_reference_is_one_more_column(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    assert_true(unit_of(h, 33).has_reference);
    assert_int_equal(unit_of(h, 33).array_cols, 34);
    h->adc.zero = NAX_ADC_ZERO_SIGNED;
    assert_false(unit_of(h, 33).has_reference);
    assert_int_equal(unit_of(h, 33).array_cols, 33);
    nax_hardware_free(h);
}

static void sizes_out_of_range(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_network *net = build("lenet");
    int64_t sizes[NAX_NETWORK_LAYERS_MAX] = {0};
    struct nax_unit unit;
    struct nax_network_map map;
    struct nax_err err;
    assert_int_equal(nax_unit_make(h, 4096, &unit, &err), 0);
    assert_int_equal(nax_unit_make(h, 4097, &unit, &err), NAX_ERR_VALUE);
    h->adc.adcs_per_array = 1000;
    assert_int_equal(nax_unit_make(h, 64, &unit, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "adcs_per_array is 1000"));
    h->adc.adcs_per_array = 1;
    assert_int_equal(nax_network_map(h, net, sizes, &map, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "layer 'conv1': crossbar size 0 is not between 1 and 4096");
    nax_network_free(net);
    nax_hardware_free(h);
}

static void adc_bits_cover_the_largest_current(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    static const int nax[] = {6, 7, 8, 9}; /* ceil(log2(3 N)), NAX */
    for (int i = 0; i < 4; i++)
        assert_int_equal(unit_of(h, 16 << i).adc_bits, nax[i]);
    assert_int_equal(unit_of(h, 85).adc_bits, 8); /* 255 */
    assert_int_equal(unit_of(h, 86).adc_bits, 9); /* 258 */
    h->adc.zero = NAX_ADC_ZERO_SIGNED;
    assert_int_equal(unit_of(h, 64).adc_bits, 9);
    h->adc.zero = NAX_ADC_ZERO_DIGITAL;
    h->signs = NAX_SIGNS_DIFFERENTIAL_ANALOG;
    assert_int_equal(unit_of(h, 64).adc_bits, 9);
    h->precision.stream_bits = 2;
    assert_int_equal(unit_of(h, 64).adc_bits, 11); /* 576 */
    h->adc.bits = 5;
    assert_int_equal(unit_of(h, 64).adc_bits, 5);
    h->adc.bits = 0;
    h->signs = NAX_SIGNS_DIFFERENTIAL;
    h->precision.slice_bits = h->precision.stream_bits = 1;
    assert_int_equal(unit_of(h, 128).adc_bits, 8); /* 0 … 128, Shafiee et al., ISCA 2016: log2(R) +
                                                      v + w − 1 with v = w = 1 */
    assert_int_equal(unit_of(h, 32).adc_bits, 6);
    assert_int_equal(unit_of(h, 31).adc_bits, 5);
    assert_int_equal(unit_of(h, 1).adc_bits, 1);
    h->adc.zero = NAX_ADC_ZERO_SIGNED;
    assert_int_equal(unit_of(h, 128).adc_bits, 9);
    nax_hardware_free(h);
}

static void layers_with_converters_of_their_own_are_there(void **state)
{
    (void)state;
    struct nax_hardware *h = load("nax-reram");
    struct nax_adc_layer own[] = {{"s2b2c1", NAX_ADC_RANGE_IDEAL, 0, 0},
                                  {"fc", NAX_ADC_RANGE_IDEAL, 0, 0}};
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_err err;
    int64_t kernel[18];
    h->adc.layers = own;
    h->adc.n_layers = 2;
    assert_int_equal(nax_network_file_load(&file, "resnet20", &err), 0);
    for (size_t skipped = 0; skipped < 2; skipped++) { /* a design may leave a layer out */
        for (size_t s = 0; s < 18; s++)
            kernel[s] = skipped && !strcmp(nax_network_file_slot_name(file, s), "s2b2c1") ? 0 : 3;
        assert_int_equal(nax_network_build(&net, file, kernel, &err), 0);
        assert_int_equal(net->n_skipped, skipped);
        assert_int_equal(nax_adc_layers_check(h, net, &err), 0);
        snprintf(own[0].name, sizeof own[0].name, "s2b2d1");
        assert_int_equal(nax_adc_layers_check(h, net, &err), NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, "adc.layers: network 'resnet20' has no layer that"));
        assert_non_null(strstr(err.text, "; did you mean 's"));
        assert_non_null(strstr(err.text, ": 's2b2d1'"));
        snprintf(own[0].name, sizeof own[0].name, "pool"); /* which has no converters */
        assert_int_equal(nax_adc_layers_check(h, net, &err), NAX_ERR_VALUE);
        snprintf(own[0].name, sizeof own[0].name, "s2b2c1");
        nax_network_free(net);
    }
    h->adc.layers = NULL;
    h->adc.n_layers = 0;
    nax_network_file_free(file);
    nax_hardware_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_and_products_of_resnet20),
        cmocka_unit_test(utilization_of_two_layers),
        cmocka_unit_test(vectors_and_operations_of_vgg8),
        cmocka_unit_test(arrays_follow_precision_and_signs),
        cmocka_unit_test(streams_follow_the_signs_of_inputs),
        cmocka_unit_test(groups_lie_corner_to_corner),
        cmocka_unit_test(submatrices_cover_the_matrix),
        cmocka_unit_test(a_reference_is_one_more_column),
        cmocka_unit_test(sizes_out_of_range),
        cmocka_unit_test(adc_bits_cover_the_largest_current),
        cmocka_unit_test(layers_with_converters_of_their_own_are_there),
    };
    return cmocka_run_group_tests_name("tiling", tests, NULL, NULL);
}
