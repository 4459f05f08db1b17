/* Unit tests of the mapped forward pass: fixed point, slices, streams and conversions. */
#include "nax/crossbar.h"
#include "nax/mapping.h"
#include "nax/rng.h"
#include "../../lib/mapping/adjoint.h"
#include "../../lib/mapping/circuits.h"
#include "../../lib/mapping/columns.h"
#include "../../lib/mapping/coupled.h"
#include "../../lib/mapping/fidelities.h"
#include "../../lib/mapping/layer.h"
#include "../../lib/mapping/positions.h"
#include "../../lib/mapping/ranges.h"
#include "../../lib/mapping/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Accuracy that 16 bit weights and inputs may cost a trained network, and loss relative to it. */
static const double tolerance_accuracy = 0.01, tolerance_loss = 0.003;
/* How far conversions taken for noise are off, and what wires cost that take little. */
static const double tolerance_z = 1e-5; /* products in float */
static const double tolerance_adc = 0.02;
static const double tolerance_variance = 0.05; /* of 7 columns of 1,024 reads each: 1.7 % */
static const double tolerance_full = 0.02;
/* Of products that are sums of some hundred floats. */
static const double tolerance_coupled = 1e-5;
/* Of circuits solved to 1e-6. */
static const double tolerance_power = 1e-5;
/* Loss of ten classes by chance is 2.303; of 160 steps of training by ten seeds, 1.82 to 1.90. */
static const double loss_learnt = 2.1;
/* What rounding of cells to steps adds to a product, of its size. */
static const double tolerance_lsb = 0.01;
/* What few bits of conversion cost, by the fidelity adc: off by 0.02 to 0.28 of it, by those seeds.
 */
static const double tolerance_adc_cost = 0.5;

static struct nax_hardware default_hardware(void)
{
    struct nax_hardware *h, copy;
    struct nax_err err;
    assert_int_equal(nax_hardware_load(&h, "nax-reram", &err), 0);
    copy = *h;
    copy.components = NULL;
    copy.n_components = 0;
    nax_hardware_free(h);
    return copy;
}

static const struct nax_layer odd_conv = {.name = "odd",
                                          .kind = NAX_LAYER_CONV,
                                          .has_batch_norm = true,
                                          .epsilon = 1e-5,
                                          .kernel = {3, 3},
                                          .dilation = {1, 1},
                                          .groups = 1,
                                          .stride = {2, 2},
                                          .pad = {1, 1, 1, 1},
                                          .h_in = 9,
                                          .w_in = 7,
                                          .c_in = 5,
                                          .h_out = 5,
                                          .w_out = 4,
                                          .c_out = 13};

static const struct nax_layer depthwise = {.name = "depthwise",
                                           .kind = NAX_LAYER_CONV,
                                           .kernel = {3, 2},
                                           .dilation = {1, 2},
                                           .groups = 13,
                                           .stride = {2, 1},
                                           .pad = {1, 0, 1, 2},
                                           .h_in = 7,
                                           .w_in = 5,
                                           .c_in = 13,
                                           .h_out = 4,
                                           .w_out = 5,
                                           .c_out = 13};

static const struct nax_layer grouped = {.name = "grouped",
                                         .kind = NAX_LAYER_CONV,
                                         .kernel = {1, 3},
                                         .dilation = {1, 1},
                                         .groups = 3,
                                         .stride = {1, 1},
                                         .pad = {0, 1, 0, 1},
                                         .h_in = 4,
                                         .w_in = 5,
                                         .c_in = 12,
                                         .h_out = 4,
                                         .w_out = 5,
                                         .c_out = 15};

static const struct nax_layer point = {.name = "point",
                                       .kind = NAX_LAYER_CONV,
                                       .has_batch_norm = true,
                                       .epsilon = 1e-5,
                                       .kernel = {1, 1},
                                       .dilation = {1, 1},
                                       .groups = 1,
                                       .stride = {1, 1},
                                       .h_in = 3,
                                       .w_in = 5,
                                       .c_in = 67,
                                       .h_out = 3,
                                       .w_out = 5,
                                       .c_out = 3};

/* Of one layer at a time. */
static struct fixed_layer make(const struct nax_layer *like, const struct nax_hardware *h,
                               int64_t crossbar, bool is_signed, double range)
{
    static struct nax_layer copy;
    const struct nax_layer *shape = &copy;
    copy = *like;
    copy.is_input_signed = is_signed;
    struct fixed_layer layer;
    struct nax_err err;
    struct nax_rng rng = nax_rng_at(3, NAX_RNG_TEST, 0, 0, 0);
    float weight[2048];
    for (size_t i = 0; i < nax_layer_n_weights(shape); i++)
        weight[i] = (float)(0.137 * nax_rng_normal(&rng));
    assert_int_equal(nax_fixed_layer_alloc(&layer, shape, h, crossbar, weight, range, &err), 0);
    return layer;
}

static void fixed_point_covers_its_range(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    struct fixed_layer p = make(&odd_conv, &h, 64, true, 2.385);
    const struct fixed_layer *l = &p;
    int32_t largest = 0;
    for (size_t i = 0; i < l->map.n_rows * l->map.n_cols; i++)
        largest = NAX_MAX(largest, abs(l->weight[i]));
    assert_int_equal(largest, 65535);
    const float x[] = {2.385F, -2.385F, 7, -7, NAN, 0, 1.2F};
    const double expected[] = {32767, -32767, 32767, -32768, -32768, 0, 16487};
    double fixed[7];
    nax_fixed_inputs(l, 7, x, fixed);
    for (size_t i = 0; i < 7; i++)
        assert_true(fixed[i] == expected[i] || (i == 4 && fixed[i] >= -32768 && fixed[i] < 32768));
    nax_fixed_layer_free(&p);
    h.input_signs = NAX_INPUT_SIGNS_TWO_PASSES; /* all bits are of the magnitude */
    p = make(&odd_conv, &h, 64, true, 2.385);
    const double halves[] = {65535, -65535, 65535, -65535, -65535, 0, 32974};
    nax_fixed_inputs(&p, 7, x, fixed);
    for (size_t i = 0; i < 7; i++)
        assert_true(fixed[i] == halves[i] || (i == 4 && fabs(fixed[i]) <= 65535));
    nax_fixed_layer_free(&p);
    h.signs = NAX_SIGNS_OFFSET;
    p = make(&odd_conv, &h, 64, false, 2.385);
    assert_int_equal(p.weight_max, 32767);
    assert_int_equal(p.input_max, 65535);
    nax_fixed_layer_free(&p);
}

static void slices_and_streams_add_up(void **state)
{
    (void)state;
    const struct {
        int slice_bits, stream_bits, input_bits;
        enum nax_signs signs;
    } cases[] = {{2, 1, 16, NAX_SIGNS_DIFFERENTIAL}, {3, 1, 16, NAX_SIGNS_OFFSET},
                 {1, 2, 16, NAX_SIGNS_DIFFERENTIAL}, {5, 3, 16, NAX_SIGNS_OFFSET},
                 {8, 5, 16, NAX_SIGNS_DIFFERENTIAL}, {2, 4, 4, NAX_SIGNS_DIFFERENTIAL},
                 {2, 1, 1, NAX_SIGNS_DIFFERENTIAL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int inputs = 0; inputs < 3; inputs++) { /* not signed, sign bit, two passes */
            struct nax_hardware h = default_hardware();
            h.input_signs = (enum nax_input_signs)(inputs / 2);
            h.precision.slice_bits = cases[k].slice_bits;
            h.precision.stream_bits = cases[k].stream_bits;
            h.precision.input_bits = cases[k].input_bits;
            h.signs = cases[k].signs;
            struct fixed_layer p = make(&odd_conv, &h, 16, inputs, 1.7);
            const struct fixed_layer *l = &p;
            for (size_t r = 0; r < l->map.n_rows; r++)
                for (size_t c = 0; c < l->map.n_cols; c++) {
                    int64_t sum = -(int64_t)nax_fixed_offset(l);
                    for (int s = 0; s < l->unit.n_slices; s++)
                        sum += (int64_t)(nax_fixed_level(l, r, c, s, 0) -
                                         nax_fixed_level(l, r, c, s, 1)) *
                               ((int64_t)1 << (s * h.precision.slice_bits));
                    assert_int_equal(sum, l->weight[r * l->map.n_cols + c]);
                }
            const int least = inputs == 1 ? 2 : 1; /* the sign bit's is its own */
            assert_int_equal(l->map.n_streams,
                             NAX_MAX((1 + inputs / 2) * l->unit.n_streams, least));
            for (int32_t x = l->input_min; x <= l->input_max; x++) {
                int64_t sum = 0;
                for (int t = 0; t < l->map.n_streams; t++) {
                    int digit = nax_fixed_digit(l, x, t);
                    assert_in_range(digit, 0, (1 << h.precision.stream_bits) - 1);
                    sum += digit * nax_fixed_stream_weight(l, t);
                }
                assert_int_equal(sum, x);
            }
            nax_fixed_layer_free(&p);
        }
}

/* Cells that no ideal array has: of both signs, in steps of 1/64 LSB, ties among them. */
static double odd_cell(struct nax_rng *rng, int level)
{
    double error = (double)(int64_t)nax_rng_below(rng, 41) - 20;
    return level + (nax_rng_below(rng, 4) ? 0.5 * (double)nax_rng_below(rng, 2) : error / 64);
}

struct odd_cells {
    const struct fixed_layer *layer;
    double **cells; /* [n_submatrices], kept for the reference */
    size_t n;
};

static void keep_cells(struct odd_cells *o, size_t size, const double *cells)
{
    o->cells[o->n] = nax_calloc(size, sizeof(double));
    memcpy(o->cells[o->n++], cells, size * sizeof(double));
}

static int odd_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                     struct nax_err *err)
{
    (void)err;
    struct odd_cells *o = self;
    size_t size = o->layer->unit.n_planes * submatrix->n_rows * submatrix->n_cols;
    struct nax_rng rng = nax_rng_at(8, NAX_RNG_TEST, o->n, 0, 0);
    nax_submatrix_cells_ideal(o->layer, submatrix, cells);
    for (size_t i = 0; i < size; i++)
        cells[i] = odd_cell(&rng, (int)cells[i]);
    keep_cells(o, size, cells);
    return 0;
}

static int kept_ideal_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                            struct nax_err *err)
{
    (void)err;
    struct odd_cells *o = self;
    nax_submatrix_cells_ideal(o->layer, submatrix, cells);
    keep_cells(o, o->layer->unit.n_planes * submatrix->n_rows * submatrix->n_cols, cells);
    return 0;
}

static int ideal_cells(void *self, const struct nax_submatrix *submatrix, double *cells,
                       struct nax_err *err)
{
    (void)err;
    nax_submatrix_cells_ideal(self, submatrix, cells);
    return 0;
}

/* The reference of one chunk: on cells, or without them the integers of ideal arrays. */
static void reference_chunk(const struct fixed_layer *l, const struct odd_cells *o, size_t n,
                            const float *x, float *y)
{
    const struct nax_layer *s = l->shape;
    size_t n_in = s->h_in * s->w_in * s->c_in;
    double fixed[1024], patch[512], sum[64];
    int32_t in[512];
    int64_t whole[64];
    for (size_t b = 0; b < n; b++) {
        nax_fixed_inputs(l, n_in, x + b * n_in, fixed);
        for (size_t p = 0; p < s->h_out * s->w_out; p++, y += l->map.n_cols) {
            nax_patches_unfold(s, fixed, p, 1, patch);
            for (size_t r = 0; r < l->map.n_rows; r++)
                in[r] = (int32_t)patch[r];
            nax_product_reference(l, in, whole);
            for (size_t c = 0; c < l->map.n_cols; c++)
                sum[c] = 0;
            for (size_t i = 0; o && i < o->n; i++) {
                struct nax_submatrix submatrix = nax_submatrix_at(&l->map, i);
                nax_submatrix_reference(l, &submatrix, o->cells[i], in, sum);
            }
            for (size_t c = 0; c < l->map.n_cols; c++) {
                double product = (double)whole[c];
                int64_t total = 0; /* of the column's group */
                for (size_t r = 0; r < l->map.group_rows; r++)
                    total += in[nax_fixed_first_row(l, c) + r];
                if (o)
                    product = sum[c] * l->adc_unit - (double)nax_fixed_offset(l) * (double)total;
                y[c] = (float)(product * (l->weight_step * l->input_step));
            }
        }
    }
}

/* One chunk of n images through the layer, by one product of integers and array by array. */
static void compare_paths(const struct fixed_layer *l, size_t n)
{
    const struct nax_layer *s = l->shape;
    size_t n_in = s->h_in * s->w_in * s->c_in, n_out = s->h_out * s->w_out * s->c_out;
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 1, 0, 0);
    struct nax_err err;
    struct product p;
    float *x = nax_calloc(n * n_in, sizeof *x), *y = nax_calloc(2 * n * n_out, sizeof *y);
    void *scratch = nax_aligned_calloc(1, nax_product_scratch_size(l));
    for (size_t i = 0; i < n * n_in; i++)
        x[i] = (float)(l->input_min ? nax_rng_normal(&rng) : 2 * nax_rng_uniform(&rng));
    assert_true(nax_product_is_exact(l));
    assert_int_equal(nax_product_alloc(&p, l, &err), 0);
    assert_int_equal(nax_product_forward(&p, n, x, y, 0, scratch), 0);
    reference_chunk(l, NULL, n, x, y + n * n_out);
    assert_memory_equal(y, y + n * n_out, n * n_out * sizeof *y);
    nax_product_free(&p);
    nax_aligned_free(scratch);
    free(x);
    free(y);
}

static void arrays_give_the_integer_product(void **state)
{
    (void)state;
    static const struct nax_layer linear = {.name = "linear",
                                            .kind = NAX_LAYER_LINEAR,
                                            .has_bias = true,
                                            .kernel = {1, 1},
                                            .dilation = {1, 1},
                                            .groups = 1,
                                            .stride = {1, 1},
                                            .h_in = 1,
                                            .w_in = 1,
                                            .c_in = 131,
                                            .h_out = 1,
                                            .w_out = 1,
                                            .c_out = 11};
    const struct nax_layer *shapes[] = {&odd_conv, &point, &linear, &depthwise, &grouped};
    const int64_t sizes[] = {1, 7, 16, 64, 128};
    for (size_t k = 0; k < 5; k++)
        for (size_t i = 0; i < 5; i++)
            for (int signs = 0; signs < 3; signs++) {
                struct nax_hardware h = default_hardware();
                h.signs = (enum nax_signs)signs;
                if (signs == 1)
                    h.adc.zero = NAX_ADC_ZERO_SIGNED;
                if (signs == 2)
                    h.precision.stream_bits = 2;
                h.input_signs = (enum nax_input_signs)((i + k) % 3 / 2);
                struct fixed_layer p = make(shapes[k], &h, sizes[i], (i + k) % 3, 1.9);
                compare_paths(&p, 3);
                nax_fixed_layer_free(&p);
            }
}

static void narrow_adcs_clamp(void **state)
{
    (void)state;
    /* three rows of full weights, all inputs at full scale: 9 LSBs in every slice and stream, of
     * which 3 bits keep 7: the product is 7/9 of the integers' */
    const struct nax_layer shape = {.name = "full",
                                    .kind = NAX_LAYER_LINEAR,
                                    .has_bias = true,
                                    .kernel = {1, 1},
                                    .dilation = {1, 1},
                                    .groups = 1,
                                    .stride = {1, 1},
                                    .h_in = 1,
                                    .w_in = 1,
                                    .c_in = 3,
                                    .h_out = 1,
                                    .w_out = 1,
                                    .c_out = 2};
    const float weight[] = {0.5F, -0.5F, 0.5F, -0.5F, 0.5F, 0.5F};
    const float x[] = {1.5F, 1.5F, 1.5F};
    float y[2];
    struct nax_hardware h = default_hardware();
    struct nax_err err;
    h.adc.bits = 3;
    struct fixed_layer p;
    struct full full;
    assert_int_equal(nax_fixed_layer_alloc(&p, &shape, &h, 4, weight, 1.5, &err), 0);
    assert_false(nax_product_is_exact(&p));
    assert_int_equal(nax_full_alloc(&full, &p, ideal_cells, &p, &err), 0);
    void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
    assert_int_equal(nax_full_forward(&full, 1, x, y, 0, scratch), 0);
    assert_float_equal(y[0], 2.25 * 7 / 9, 1e-6);
    assert_float_equal(y[1], -0.75, 1e-6); /* −6 + 3: nothing clamps */
    /* 8 slices of 16 streams of one of four columns of planes clamp, of x[1] = 0 (6 LSBs) none; two
     * streams of 16 that carry nothing are no conversions */
    struct conversions sum = {0, 0};
    nax_full_count(&full, (const int32_t[]){65535, 65535, 65535}, &sum);
    assert_int_equal(sum.n, 16 * 8 * 4);
    assert_int_equal(sum.n_clamped, 16 * 8);
    nax_full_count(&full, (const int32_t[]){16383, 0, 16383}, &sum);
    assert_int_equal(sum.n, (16 + 14) * 8 * 4);
    assert_int_equal(sum.n_clamped, 16 * 8);
    nax_aligned_free(scratch);
    nax_full_free(&full);
    nax_fixed_layer_free(&p);
    /* enough bits for the largest sum, not for that of every array of this size */
    h.adc.bits = 4;
    assert_int_equal(nax_fixed_layer_alloc(&p, &shape, &h, 64, weight, 1.5, &err), 0);
    assert_true(nax_product_is_exact(&p));
    nax_fixed_layer_free(&p);
    /* a signed ADC reaches half as far */
    h.adc.zero = NAX_ADC_ZERO_SIGNED;
    assert_int_equal(nax_fixed_layer_alloc(&p, &shape, &h, 64, weight, 1.5, &err), 0);
    assert_false(nax_product_is_exact(&p));
    nax_fixed_layer_free(&p);
}

static void full_columns_of_binary_cells_are_exact(void **state)
{
    (void)state;
    /* 32 cells that are all on, all rows driven: 32 LSBs in every slice and stream of column 0, 31
     * of column 1 */
    const struct nax_layer shape = {.name = "binary",
                                    .kind = NAX_LAYER_LINEAR,
                                    .has_bias = true,
                                    .kernel = {1, 1},
                                    .dilation = {1, 1},
                                    .groups = 1,
                                    .stride = {1, 1},
                                    .h_in = 1,
                                    .w_in = 1,
                                    .c_in = 32,
                                    .h_out = 1,
                                    .w_out = 1,
                                    .c_out = 2};
    float weight[2 * 32], x[32], y[2];
    for (size_t r = 0; r < 32; r++) {
        weight[2 * r] = 0.385F;
        weight[2 * r + 1] = r ? 0.385F : 0;
        x[r] = 1.5F;
    }
    struct nax_hardware h = default_hardware();
    struct nax_err err;
    h.precision.slice_bits = 1;
    struct fixed_layer p;
    struct full full;
    assert_int_equal(nax_fixed_layer_alloc(&p, &shape, &h, 32, weight, 1.5, &err), 0);
    assert_true(nax_product_is_exact(&p));
    assert_int_equal(nax_full_alloc(&full, &p, ideal_cells, &p, &err), 0);
    void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
    assert_int_equal(nax_full_forward(&full, 1, x, y, 0, scratch), 0);
    assert_float_equal(y[0], 32 * 0.385 * 1.5, 1e-5);
    assert_float_equal(y[1], 31 * 0.385 * 1.5, 1e-5);
    nax_aligned_free(scratch);
    nax_full_free(&full);
    nax_fixed_layer_free(&p);
}

/* What one digit on row r adds to column c, straight from the solver. */
static void cells_are_those_of_the_circuit(void **state)
{
    (void)state;
    enum { N = 8, ROWS = 3, COLS = 5 };
    struct nax_layer shape = {.name = "small",
                              .kind = NAX_LAYER_LINEAR,
                              .has_bias = true,
                              .kernel = {1, 1},
                              .dilation = {1, 1},
                              .groups = 1,
                              .stride = {1, 1},
                              .h_in = 1,
                              .w_in = 1,
                              .c_in = ROWS,
                              .h_out = 1,
                              .w_out = 1,
                              .c_out = COLS};
    for (int zero = 0; zero < 3; zero++)
        for (int unused = 0; unused < 2; unused++) {
            struct nax_hardware h = default_hardware();
            struct nax_err err;
            h.adc.zero = (enum nax_adc_zero)zero;
            h.unused = (enum nax_unused)unused;
            struct fixed_layer l = make(&shape, &h, N, false, 1);
            struct nax_submatrix submatrix = nax_submatrix_at(&l.map, 0);
            struct solved_unit solved;
            struct chip chip = {.seed = 1};
            double cells[16 * ROWS * COLS], g[N * (N + 1)], w[N * (N + 1)];
            assert_int_equal(nax_solved_unit_alloc(&solved, &l, &chip, &err), 0);
            assert_int_equal(nax_submatrix_cells(&solved, &submatrix, cells, &err), 0);
            double off = 1 / h.device.r_off_ohm, lsb = (1 / h.device.r_on_ohm - off) / 3;
            size_t width = zero == NAX_ADC_ZERO_REFERENCE ? N + 1 : N;
            for (int plane = 0; plane < 16; plane++) {
                for (size_t r = 0; r < N; r++)
                    for (size_t c = 0; c < width; c++) {
                        bool is_reference = c == N && r < ROWS;
                        g[r * width + c] = unused == NAX_UNUSED_OFF || is_reference ? off : 0;
                        if (r < ROWS && c < COLS)
                            g[r * width + c] =
                                off + lsb * nax_fixed_level(&l, r, c, plane / 2, plane % 2);
                    }
                struct nax_xbar x = nax_xbar_of_device(&h.device, N, width, g);
                assert_int_equal(nax_xbar_matrix(&x, NULL, w, NULL, &err), 0);
                for (size_t r = 0; r < ROWS; r++)
                    for (size_t c = 0; c < COLS; c++) {
                        double base = width > N ? w[r * width + N] : off;
                        double expected = (w[r * width + c] - base) / lsb;
                        assert_float_equal(cells[((size_t)plane * ROWS + r) * COLS + c], expected,
                                           1e-7);
                    }
            }
            nax_solved_unit_free(&solved);
            nax_fixed_layer_free(&l);
        }
}

/* Groups that lie together, behind long wires: effective weights multiply as all cells of their
 * arrays do, and those between the groups are not nothing. */
static void check_coupled(const struct nax_layer *shape, const struct nax_hardware *h,
                          int64_t crossbar)
{
    enum { MAX = 512 };
    struct fixed_layer l = make(shape, h, crossbar, false, 1.9);
    struct chip chip = {.seed = 1};
    struct solved_unit solved;
    struct nax_err err;
    const struct nax_layer_map *map = &l.map;
    assert_true(map->n_together > 1 && map->n_rows <= MAX && map->n_cols <= MAX);
    size_t n_in = shape->h_in * shape->w_in * shape->c_in, n_out = map->positions * map->n_cols;
    struct effective to = {nax_calloc(map->group_rows * map->n_cols, sizeof(float)),
                           nax_calloc(map->used_area, sizeof(double))};
    float *x = nax_calloc(n_in, sizeof *x), *y = nax_calloc(n_out, sizeof *y);
    double *image = nax_calloc(n_in, sizeof *image), patch[MAX], between = 0, largest = 0;
    double *cells = nax_calloc(l.unit.n_planes * map->used_area, sizeof *cells);
    void *scratch = nax_aligned_calloc(1, nax_coupled_scratch_size(&l));
    struct nax_rng rng = nax_rng_at(21, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < n_in; i++)
        image[i] = (double)(x[i] = (float)nax_rng_uniform(&rng));
    assert_int_equal(nax_effective_fill(&l, &chip, &to, &err), 0);
    assert_int_equal(nax_solved_unit_alloc(&solved, &l, &chip, &err), 0);
    nax_coupled_forward(&l, to.coupled, 1, x, y, scratch);
    for (size_t u = 0; u < map->n_units; u++) {
        struct nax_submatrix s = nax_submatrix_at(map, u);
        assert_int_equal(nax_submatrix_cells(&solved, &s, cells, &err), 0);
        for (size_t p = 0; p < map->positions; p++) {
            nax_patches_unfold(shape, image, p, 1, patch);
            for (size_t c = 0; c < s.n_cols; c++) {
                double sum = 0, got = (double)y[p * map->n_cols + s.col + c];
                for (size_t r = 0; r < s.n_rows; r++) {
                    size_t at = nax_map_weight_at(map, s.row + r, s.col + c);
                    double cell = at == SIZE_MAX ? 0 : -(double)nax_fixed_offset(&l);
                    for (size_t plane = 0; plane < l.unit.n_planes; plane++)
                        cell += nax_plane_weight(&l, plane) *
                                cells[(plane * s.n_rows + r) * s.n_cols + c];
                    sum += cell * l.weight_step * patch[s.row + r];
                    if (at == SIZE_MAX)
                        between = fmax(between, fabs(cell * l.weight_step));
                    else
                        assert_float_equal(to.weight[at], cell * l.weight_step, 1e-6);
                    largest = fmax(largest, fabs(cell * l.weight_step));
                }
                assert_float_equal(got, sum, tolerance_coupled);
            }
        }
    }
    assert_true(between > 1e-6 * largest && between < largest);
    nax_solved_unit_free(&solved);
    nax_fixed_layer_free(&l);
    nax_aligned_free(scratch);
    void *all[] = {to.weight, to.coupled, x, y, image, cells};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void cells_between_groups_count(void **state)
{
    (void)state;
    for (int signs = 0; signs < 3; signs++) {
        struct nax_hardware h = default_hardware();
        h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 20;
        h.signs = (enum nax_signs)signs;
        h.adc.zero = signs ? NAX_ADC_ZERO_DIGITAL : NAX_ADC_ZERO_REFERENCE;
        check_coupled(&depthwise, &h, 32);
        check_coupled(&grouped, &h, 26);
    }
}

/* What the solver makes of the arrays of a list, against the cells of the layer. */
struct listed {
    const struct nax_hardware *hardware;
    struct fixed_layer fixed;
    double *cells; /* [n_planes][n_rows][n_cols] of the submatrix at hand */
    struct solved_unit solved;
    size_t n;
};

static int take_array(void *self, const struct nax_array *array, struct nax_err *err)
{
    struct listed *to = self;
    size_t n_arrays = to->fixed.unit.n_arrays, a = to->n % n_arrays;
    const struct nax_xbar *x = &array->xbar;
    struct nax_submatrix submatrix = nax_submatrix_at(&to->fixed.map, to->n++ / n_arrays);
    assert_int_equal(array->row, submatrix.row);
    assert_int_equal(array->col, submatrix.col);
    if (!a)
        assert_int_equal(nax_submatrix_cells(&to->solved, &submatrix, to->cells, err), 0);
    double w[17 * 16];
    assert_int_equal(nax_xbar_matrix(x, NULL, w, NULL, err), 0);
    double lsb = (nax_level_siemens(&to->hardware->device, 2, 1) -
                  nax_level_siemens(&to->hardware->device, 2, 0));
    for (size_t r = 0; r < submatrix.n_rows; r++)
        for (size_t c = 0; c < submatrix.n_cols; c++) {
            double cell = (w[r * x->n_cols + c] - w[r * x->n_cols + x->n_cols - 1]) / lsb;
            assert_float_equal(cell, to->cells[(a * submatrix.n_rows + r) * submatrix.n_cols + c],
                               1e-9);
        }
    return 0;
}

static void listed_arrays_are_those_that_are_solved(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    struct nax_err err;
    h.device.programming.error = NAX_PROGRAM_NORMAL;
    h.device.programming.error_frac = 0.03;
    struct fixed_layer drawn = make(&odd_conv, &h, 16, false, 1);
    float weight[45 * 13];
    for (size_t i = 0; i < 45 * 13; i++)
        weight[i] = (float)(drawn.weight[i] * drawn.weight_step);
    nax_fixed_layer_free(&drawn);
    struct nax_layer shape = odd_conv;
    shape.is_input_signed = true;
    struct nax_network net = {.layers = &shape, .n_layers = 1};
    struct nax_params params = {.weight = weight};
    struct nax_model model = {.net = &net, .layer = &params};
    int64_t crossbar = 16;
    struct nax_mapping mapping = {.hardware = &h, .crossbars = &crossbar, .seed = 3, .chip = 2};
    struct chip chip = {.seed = 3, .chip = 2};
    struct listed listed = {.hardware = &h};
    assert_int_equal(nax_fixed_layer_alloc(&listed.fixed, &shape, &h, 16, weight, 5, &err), 0);
    assert_int_equal(nax_solved_unit_alloc(&listed.solved, &listed.fixed, &chip, &err), 0);
    listed.cells = nax_calloc(listed.fixed.unit.n_planes * 256, sizeof(double));
    assert_int_equal(nax_arrays_list(&model, &mapping, take_array, &listed, &err), 0);
    assert_int_equal(listed.n, 16 * listed.fixed.map.n_units);
    free(listed.cells);
    nax_solved_unit_free(&listed.solved);
    nax_fixed_layer_free(&listed.fixed);
}

/* Of some submatrices effective conductances are kept: the same cells, at other LSBs as well; and
 * what is kept does not see new weights. */
static void kept_arrays_are_those_solved_again(void **state)
{
    (void)state;
    const enum nax_signs signs[] = {NAX_SIGNS_DIFFERENTIAL, NAX_SIGNS_DIFFERENTIAL_ANALOG,
                                    NAX_SIGNS_OFFSET};
    enum { N_KEPT = 5 };
    for (size_t k = 0; k < 3; k++) {
        struct nax_hardware h = default_hardware();
        struct nax_err err;
        struct chip chip = {.seed = 3, .chip = 1};
        struct solved_unit keeping, again;
        double cells[16 * 64], expected[16 * 64];
        h.signs = signs[k];
        h.unused = NAX_UNUSED_OPEN; /* arrays without levels differ at the edges */
        struct fixed_layer l = make(&odd_conv, &h, 8, false, 1.9);
        for (size_t i = 0; i < l.map.n_rows * l.map.n_cols; i++)
            l.weight[i] = i % 4 ? l.weight[i] / 9 : 0; /* top slices are empty, if not offset */
        assert_int_equal(nax_solved_unit_alloc(&keeping, &l, &chip, &err), 0);
        nax_solved_unit_keep(&keeping);
        assert_true(keeping.n_kept > l.map.n_units);
        keeping.n_kept = N_KEPT;
        for (int pass = 0; pass < 3; pass++) {
            l.adc_lsb = 1 - 0.17 * pass;
            assert_int_equal(nax_solved_unit_alloc(&again, &l, &chip, &err), 0);
            for (size_t i = 0; i < l.map.n_units; i++) {
                struct nax_submatrix s = nax_submatrix_at(&l.map, i);
                size_t n = l.unit.n_planes * s.n_rows * s.n_cols;
                assert_int_equal(nax_submatrix_cells(&keeping, &s, cells, &err), 0);
                assert_int_equal(nax_submatrix_cells(&again, &s, expected, &err), 0);
                bool is_old = pass == 2 && i < N_KEPT;
                assert_int_equal(!memcmp(cells, expected, n * sizeof *cells), !is_old);
            }
            nax_solved_unit_free(&again);
            for (size_t i = 0; pass == 1 && i < l.map.n_rows * l.map.n_cols; i++)
                l.weight[i] += 77;
        }
        nax_solved_unit_free(&keeping);
        nax_fixed_layer_free(&l);
    }
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    struct fixed_layer l;
    struct nax_err err;
    float weight[45 * 13] = {0};
    assert_int_equal(nax_fixed_layer_alloc(&l, &odd_conv, &h, 0, weight, 1, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "'odd'"));
    const float impossible[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        weight[13 * 7 + 4] = impossible[i];
        assert_int_equal(nax_fixed_layer_alloc(&l, &odd_conv, &h, 64, weight, 1, &err),
                         NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, "row 7, column 4"));
    }
    weight[13 * 7 + 4] = 0;
    h.precision.weight_bits = h.precision.input_bits = 24;
    assert_int_equal(nax_fixed_layer_alloc(&l, &odd_conv, &h, 64, weight, 1, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "more than 53 bits"));
}

/* --- every conversion made --- */

/* At some positions, and at all: the bits of y. */
static void compare_positions(const struct fixed_layer *l, const struct full *full, size_t n_images,
                              const float *x, const float *y)
{
    const struct nax_layer *of = l->shape;
    const struct mapped_layer layer = {.fixed = *l, .full = *full};
    const size_t n_all = of->h_out * of->w_out, n_in = of->h_in * of->w_in * of->c_in;
    const size_t numbers[] = {1, NAX_MIN(3, n_all), n_all};
    for (size_t k = 0; k < 3; k++) {
        const size_t n = numbers[k];
        const struct nax_layer shape = nax_positions_layer(of, n);
        const size_t n_windows = shape.h_in * shape.w_in * shape.c_in;
        struct mapped_layer view;
        struct nax_linop op;
        nax_mapped_layer_view(&layer, &shape, &view, &op);
        float *windows = nax_calloc(n_images * n_windows, sizeof *windows),
              *seen = nax_calloc(n_images * n * of->c_out, sizeof *seen);
        void *scratch = nax_aligned_calloc(1, op.scratch_size);
        for (size_t b = 0; b < n_images; b++)
            nax_positions_cut(of, b, n, x + b * n_in, windows + b * n_windows);
        assert_int_equal(op.forward(op.self, n_images, windows, seen, 0, scratch), 0);
        for (size_t b = 0; b < n_images; b++)
            for (size_t j = 0; j < n; j++) {
                const size_t at = nax_positions_at(of, b, n, j);
                assert_true(at < n_all && (n < n_all || at == j));
                assert_true(!j || at > nax_positions_at(of, b, n, j - 1));
                assert_memory_equal(seen + (b * n + j) * of->c_out,
                                    y + (b * n_all + at) * of->c_out, of->c_out * sizeof *y);
            }
        nax_aligned_free(scratch);
        free(windows);
        free(seen);
    }
}

static void compare_full(const struct nax_layer *shape, const struct nax_hardware *h,
                         int64_t crossbar, bool is_signed)
{
    enum { N = 2 };
    struct fixed_layer p = make(shape, h, crossbar, is_signed, 1.9);
    struct nax_err err;
    struct full full;
    size_t n_in = shape->h_in * shape->w_in * shape->c_in;
    size_t n_out = shape->h_out * shape->w_out * shape->c_out;
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 1, 0, 0);
    float *x = nax_calloc(N * n_in, sizeof *x), *y = nax_calloc(2 * N * n_out, sizeof *y);
    for (size_t i = 0; i < N * n_in; i++) /* some of them small, so that streams are empty */
        x[i] = (float)(is_signed ? nax_rng_normal(&rng) : exp(3 * nax_rng_normal(&rng) - 5));
    memset(x, 0, n_in / 2 * sizeof *x);
    for (int is_odd = 0; is_odd < 2; is_odd++) {
        struct odd_cells o = {&p, nax_calloc(p.map.n_units, sizeof *o.cells), 0};
        int status = is_odd ? nax_full_alloc(&full, &p, odd_cells, &o, &err)
                            : nax_full_alloc(&full, &p, ideal_cells, &p, &err);
        if (status)
            fail_msg("%s", err.text);
        void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
        assert_int_equal(nax_full_forward(&full, N, x, y, 0, scratch), 0);
        reference_chunk(&p, is_odd ? &o : NULL, N, x, y + N * n_out);
        assert_memory_equal(y, y + N * n_out, N * n_out * sizeof *y);
        compare_positions(&p, &full, N, x, y);
        nax_aligned_free(scratch);
        nax_full_free(&full);
        for (size_t i = 0; i < o.n; i++)
            free(o.cells[i]);
        free(o.cells);
    }
    nax_fixed_layer_free(&p);
    free(x);
    free(y);
}

static void look_ups_are_the_definition(void **state)
{
    (void)state;
    const struct {
        int64_t crossbar;
        int slice_bits, stream_bits, input_bits, adc_bits;
        enum nax_signs signs;
        enum nax_adc_zero zero;
    } cases[] = {
        {64, 2, 1, 16, 0, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
        {16, 2, 1, 16, 3, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_SIGNED},
        {7, 2, 1, 16, 0, NAX_SIGNS_OFFSET, NAX_ADC_ZERO_DIGITAL},
        {128, 2, 1, 16, 5, NAX_SIGNS_DIFFERENTIAL_ANALOG, NAX_ADC_ZERO_REFERENCE},
        {33, 4, 2, 16, 0, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
        {20, 1, 3, 16, 0, NAX_SIGNS_OFFSET, NAX_ADC_ZERO_SIGNED},
        {1, 8, 1, 16, 0, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
        {16, 2, 4, 4, 0, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int i = 0; i < 12; i++) { /* not signed, sign bit, two passes */
            static const struct nax_layer *const shapes[] = {&point, &odd_conv, &depthwise,
                                                             &grouped};
            struct nax_hardware h = default_hardware();
            h.input_signs = (enum nax_input_signs)(i % 3 / 2);
            h.precision.slice_bits = cases[k].slice_bits;
            h.precision.stream_bits = cases[k].stream_bits;
            h.precision.input_bits = cases[k].input_bits;
            h.adc.bits = cases[k].adc_bits;
            h.adc.zero = cases[k].zero;
            h.signs = cases[k].signs;
            compare_full(shapes[i / 3], &h, cases[k].crossbar, i % 3);
        }
}

/* Cells of two planes alone. */
struct two_planes {
    struct odd_cells all;
    size_t plane[2];
};

static int cells_of_two_planes(void *self, const struct nax_submatrix *submatrix, double *cells,
                               struct nax_err *err)
{
    (void)err;
    struct two_planes *two = self;
    const struct fixed_layer *l = two->all.layer;
    size_t size = submatrix->n_rows * submatrix->n_cols;
    struct nax_rng rng = nax_rng_at(9, NAX_RNG_TEST, two->all.n, 0, 0);
    uint64_t levels = (uint64_t)1 << l->hardware->precision.slice_bits;
    for (size_t i = 0; i < l->unit.n_planes * size; i++) {
        bool is_used = i / size == two->plane[0] || i / size == two->plane[1];
        cells[i] = is_used ? (double)(levels - 1 - nax_rng_below(&rng, NAX_MIN(levels, 3))) : 0;
    }
    keep_cells(&two->all, l->unit.n_planes * size, cells);
    return 0;
}

/* Planes are weighed and added in one vector where 32 bits, and weights 16, hold it. */
static void planes_too_heavy_to_be_added_lie_apart(void **state)
{
    (void)state;
    enum { N_IN = 9 * 7 * 5, N_OUT = 5 * 4 * 13 };
    const struct {
        int slice_bits, input_bits;
        size_t plane[2], n_vectors;
    } cases[] = {{2, 16, {0, 1}, 1},   {2, 16, {0, 7}, 2}, /* sums: of 2^16 · 21 · (1 + 2^14) */
                 {8, 16, {0, 1}, 2},   {8, 10, {0, 1}, 1}, /* 2^16 · 1785 · 257; 2^10 · … */
                 {1, 5, {0, 14}, 1},   {1, 5, {0, 15}, 2}, /* weights: 2^14, 2^15 */
                 {1, 16, {13, 14}, 1}, {4, 13, {1, 3}, 1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct nax_hardware h = default_hardware();
        struct nax_err err;
        struct nax_rng rng = nax_rng_at(6, NAX_RNG_TEST, k, 0, 0);
        float x[N_IN], y[2 * N_OUT];
        h.signs = NAX_SIGNS_OFFSET;
        h.precision.slice_bits = cases[k].slice_bits;
        h.precision.input_bits = cases[k].input_bits;
        struct fixed_layer l = make(&odd_conv, &h, 7, false, 1.9);
        struct two_planes two = {{&l, nax_calloc(l.map.n_units, sizeof(double *)), 0},
                                 {cases[k].plane[0], cases[k].plane[1]}};
        struct full full;
        for (size_t i = 0; i < N_IN; i++)
            x[i] = (float)(1.9 - 0.2 * nax_rng_uniform(&rng));
        if (nax_full_alloc(&full, &l, cells_of_two_planes, &two, &err))
            fail_msg("%s", err.text);
        for (size_t i = 0; i < l.map.n_units; i++)
            assert_int_equal(full.submatrix[i].n_vectors, cases[k].n_vectors);
        void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
        assert_int_equal(nax_full_forward(&full, 1, x, y, 0, scratch), 0);
        reference_chunk(&l, &two.all, 1, x, y + N_OUT);
        assert_memory_equal(y, y + N_OUT, N_OUT * sizeof *y);
        nax_aligned_free(scratch);
        nax_full_free(&full);
        for (size_t i = 0; i < two.all.n; i++)
            free(two.all.cells[i]);
        free(two.all.cells);
        nax_fixed_layer_free(&l);
    }
}

/* Two passes by what they are: a product of the inputs' positive parts less one of their negative
 * parts, digits of both without signs. */
static void passes_reference(const struct fixed_layer *l, const double *patch, double *y)
{
    int bits = l->hardware->precision.stream_bits;
    for (size_t c = 0; c < l->map.n_cols; c++) {
        y[c] = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t r0 = 0; r0 < l->map.n_rows; r0 += l->unit.crossbar)
                for (size_t a = 0; a < l->unit.n_arrays; a++)
                    for (int t = 0; t * bits < l->hardware->precision.input_bits; t++) {
                        double sum = 0;
                        for (size_t r = r0; r < NAX_MIN(r0 + l->unit.crossbar, l->map.n_rows);
                             r++) {
                            double part = fmax(pass ? -patch[r] : patch[r], 0);
                            double digit = fmod(floor(ldexp(part, -t * bits)), 1 << bits);
                            sum += digit * nax_fixed_level(l, r, c, (int)a / 2, (int)a % 2);
                        }
                        int place = (int)a / 2 * l->hardware->precision.slice_bits + t * bits;
                        int sign = (int)a % 2 != pass ? -1 : 1;
                        y[c] += ldexp(sign * fmin(sum, l->adc_max), place);
                    }
    }
}

static void two_passes_are_two_products(void **state)
{
    (void)state;
    enum { N_IN = 9 * 7 * 5, N_OUT = 5 * 4 * 13 };
    struct nax_err err;
    for (int bits = 1; bits <= 8; bits++)
        for (int wide = 0; wide < 2; wide++) {
            struct nax_hardware h = default_hardware();
            h.input_signs = NAX_INPUT_SIGNS_TWO_PASSES;
            h.precision.stream_bits = bits;
            h.precision.input_bits = wide ? 24 : 13;
            h.precision.slice_bits = 1 + bits % 3;
            h.adc.bits = 4; /* clamps */
            struct fixed_layer l = make(&odd_conv, &h, 16, true, 1.9);
            assert_int_equal(l.map.n_streams, 2 * ((h.precision.input_bits + bits - 1) / bits));
            struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, (uint64_t)bits, 0, 0);
            struct full full;
            float x[N_IN], y[N_OUT];
            double fixed[N_IN], patch[45], expected[13];
            for (size_t i = 0; i < N_IN; i++)
                x[i] = (float)nax_rng_normal(&rng);
            if (nax_full_alloc(&full, &l, ideal_cells, &l, &err))
                fail_msg("%s", err.text);
            void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
            assert_int_equal(nax_full_forward(&full, 1, x, y, 0, scratch), 0);
            nax_fixed_inputs(&l, N_IN, x, fixed);
            for (size_t p = 0; p < N_OUT / 13; p++) {
                nax_patches_unfold(&odd_conv, fixed, p, 1, patch);
                passes_reference(&l, patch, expected);
                for (size_t c = 0; c < 13; c++)
                    assert_true(y[p * 13 + c] ==
                                (float)(expected[c] * (l.weight_step * l.input_step)));
            }
            nax_aligned_free(scratch);
            nax_full_free(&full);
            nax_fixed_layer_free(&l);
        }
}

/* Converters whose LSB is not a level: against the definition in double. Steps of cells round, so a
 * current near a code's edge may get the next code; but of powers of two all is exact. */
static void other_lsbs_are_the_definition(void **state)
{
    (void)state;
    enum { N = 2 };
    const struct {
        double lsb, unit;
        int64_t crossbar;
        int adc_bits;
        enum nax_signs signs;
        enum nax_adc_zero zero;
    } cases[] = {{0.25, 0.25, 16, 8, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
                 {4, 4, 64, 4, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_SIGNED},
                 {8, 8.5, 128, 4, NAX_SIGNS_OFFSET, NAX_ADC_ZERO_DIGITAL},
                 {0.0385, 0.041, 7, 9, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
                 {0.37, 0.41, 16, 7, NAX_SIGNS_DIFFERENTIAL_ANALOG, NAX_ADC_ZERO_REFERENCE},
                 {2.9, 3.3, 64, 5, NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE},
                 {11.37, 12.1, 128, 3, NAX_SIGNS_OFFSET, NAX_ADC_ZERO_DIGITAL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct nax_hardware h = default_hardware();
        struct nax_err err;
        h.adc.bits = cases[k].adc_bits;
        h.adc.zero = cases[k].zero;
        h.signs = cases[k].signs;
        const struct nax_layer shape = odd_conv;
        struct fixed_layer l = make(&shape, &h, cases[k].crossbar, k % 2, 1.9);
        l.adc_lsb = cases[k].lsb;
        l.adc_unit = cases[k].unit;
        assert_false(nax_product_is_exact(&l));
        size_t n_in = shape.h_in * shape.w_in * shape.c_in;
        size_t n_out = N * shape.h_out * shape.w_out * shape.c_out;
        struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, k, 0, 0);
        float *x = nax_calloc(N * n_in, sizeof *x), *y = nax_calloc(2 * n_out, sizeof *y);
        for (size_t i = 0; i < N * n_in; i++)
            x[i] = (float)(k % 2 ? nax_rng_normal(&rng) : nax_rng_uniform(&rng));
        struct odd_cells o = {&l, nax_calloc(l.map.n_units, sizeof *o.cells), 0};
        struct full full;
        if (nax_full_alloc(&full, &l, kept_ideal_cells, &o, &err))
            fail_msg("%s", err.text);
        void *scratch = nax_aligned_calloc(1, nax_full_scratch_size(&full));
        assert_int_equal(nax_full_forward(&full, N, x, y, 0, scratch), 0);
        reference_chunk(&l, &o, N, x, y + n_out);
        double square = 0, difference = 0;
        for (size_t i = 0; i < n_out; i++) {
            square += (double)y[n_out + i] * (double)y[n_out + i];
            difference += pow((double)y[i] - (double)y[n_out + i], 2);
        }
        assert_true(square > 0);
        if (k < 3)
            assert_memory_equal(y, y + n_out, n_out * sizeof *y);
        else
            assert_true(difference < tolerance_lsb * tolerance_lsb * square);
        nax_aligned_free(scratch);
        nax_full_free(&full);
        for (size_t i = 0; i < o.n; i++)
            free(o.cells[i]);
        free(o.cells);
        nax_fixed_layer_free(&l);
        free(x);
        free(y);
    }
}

/* --- ranges of converters --- */

/* Four rows of weights of two bits, inputs of one: one slice and one stream, so that every current
 * is a conversion by itself. Vector 0 drives all rows, vector 1 the first: W+ carries 10 and 3
 * levels, then 3 and 1, W- 0 and 1, then 0 and 0. */
enum { RANGE_ROWS = 4, RANGE_COLS = 2 };
static const struct nax_layer range_layer = {.name = "few",
                                             .kind = NAX_LAYER_LINEAR,
                                             .has_bias = true,
                                             .kernel = {1, 1},
                                             .dilation = {1, 1},
                                             .groups = 1,
                                             .stride = {1, 1},
                                             .h_in = 1,
                                             .w_in = 1,
                                             .c_in = RANGE_ROWS,
                                             .h_out = 1,
                                             .w_out = 1,
                                             .c_out = RANGE_COLS};
static const float range_weight[] = {0.9F, 0.3F, 0.9F, 0, 0.9F, -0.3F, 0.3F, 0.6F};
static const float range_inputs[] = {1, 1, 1, 1, 1, 0, 0, 0};

static struct fixed_layer range_layer_of(const struct nax_hardware *h, struct solved_unit *solved)
{
    const struct layer_vectors vectors = {2, range_inputs};
    struct fixed_layer l;
    struct nax_err err;
    if (nax_fixed_layer_alloc(&l, &range_layer, h, RANGE_ROWS, range_weight, 1, &err))
        fail_msg("%s", err.text);
    if (solved) {
        const struct chip chip = {.seed = 1};
        assert_int_equal(nax_solved_unit_alloc(solved, &l, &chip, &err), 0);
    }
    if (nax_range_set(&l, solved, &vectors, &err))
        fail_msg("%s", err.text);
    if (solved)
        nax_solved_unit_free(solved);
    nax_fixed_layer_free(&l);
    return l;
}

static void ranges_by_hand(void **state)
{
    (void)state;
    const struct {
        enum nax_adc_range range;
        int bits; /* 0: auto, 4: 13 codes */
        double frac;
        enum nax_adc_zero zero;
        double lsb;
    } cases[] = {
        {NAX_ADC_RANGE_IDEAL, 2, 0, NAX_ADC_ZERO_REFERENCE, 1},
        {NAX_ADC_RANGE_CALIBRATED, 2, 0, NAX_ADC_ZERO_REFERENCE, 1}, /* no wires */
        /* parts of 12 levels */
        {NAX_ADC_RANGE_FRACTION, 0, 0, NAX_ADC_ZERO_REFERENCE, 12 / 16.0},
        {NAX_ADC_RANGE_FRACTION, 2, 0.5, NAX_ADC_ZERO_DIGITAL, 6 / 4.0},
        {NAX_ADC_RANGE_FRACTION, 4, 0.5, NAX_ADC_ZERO_SIGNED, 2 * 6 / 16.0},
        {NAX_ADC_RANGE_FRACTION, 12, 0.1, NAX_ADC_ZERO_DIGITAL, 1 / 32.0}, /* no finer */
        /* currents 0 0 0 1 1 3 3 10 */
        {NAX_ADC_RANGE_PERCENTILE, 2, 1, NAX_ADC_ZERO_REFERENCE, 10 / 4.0},
        {NAX_ADC_RANGE_PERCENTILE, 2, 0.875, NAX_ADC_ZERO_REFERENCE, 3 / 4.0},
        {NAX_ADC_RANGE_PERCENTILE, 3, 0.876, NAX_ADC_ZERO_REFERENCE, 10 / 8.0},
        {NAX_ADC_RANGE_PERCENTILE, 2, 0.625, NAX_ADC_ZERO_REFERENCE, 1 / 4.0},
        {NAX_ADC_RANGE_PERCENTILE, 3, 0.8, NAX_ADC_ZERO_SIGNED, 2 * 3 / 8.0},
        {NAX_ADC_RANGE_PERCENTILE, 3, 0, NAX_ADC_ZERO_REFERENCE, 10 / 8.0}, /* 0.999 */
        /* of two bits: an LSB of 3 errs by 1, 1, 0 and 1 in the four products; 12/4 · 2^-1/4, whose
         * last code is 7.57, by 2.43 in the first, that of a level by 7 */
        {NAX_ADC_RANGE_LEAST_ERROR, 2, 0, NAX_ADC_ZERO_REFERENCE, 12 / 4.0},
        /* of three: 1.5 errs by a half three times, 12/8 · 2^-1/4 by 1.17 in the first */
        {NAX_ADC_RANGE_LEAST_ERROR, 3, 0, NAX_ADC_ZERO_REFERENCE, 12 / 8.0},
        /* of four: a level's errs nowhere */
        {NAX_ADC_RANGE_LEAST_ERROR, 0, 0, NAX_ADC_ZERO_REFERENCE, 1},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct nax_hardware h = default_hardware();
        h.precision = (struct nax_precision){2, 1, 2, 1};
        h.adc.range = cases[k].range;
        h.adc.bits = cases[k].bits;
        h.adc.range_frac = cases[k].frac;
        h.adc.zero = cases[k].zero;
        struct fixed_layer l = range_layer_of(&h, NULL);
        if (fabs(l.adc_lsb - cases[k].lsb) > 1e-12 || fabs(l.adc_unit - cases[k].lsb) > 1e-12)
            fail_msg("case %zu: %.17g, %.17g, not %.17g", k, l.adc_lsb, l.adc_unit, cases[k].lsb);
        /* perfect wires have nothing to give back */
        struct solved_unit solved;
        h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 0;
        h.device.r_source_ohm = h.device.r_sink_ohm = 0;
        l = range_layer_of(&h, &solved);
        assert_float_equal(l.adc_lsb, cases[k].lsb, 1e-4);
        assert_float_equal(l.adc_unit, cases[k].lsb, 1e-4);
    }
}

static void ranges_give_back_what_wires_take(void **state)
{
    (void)state;
    struct solved_unit solved;
    struct nax_hardware h = default_hardware();
    h.precision = (struct nax_precision){2, 1, 2, 1};
    h.device.r_source_ohm = 7000;
    h.adc.bits = 3;
    h.adc.range = NAX_ADC_RANGE_CALIBRATED;
    struct fixed_layer l = range_layer_of(&h, &solved);
    double gain = l.adc_lsb;
    assert_true(gain > 0.5 && gain < 0.95);
    assert_float_equal(l.adc_unit, 1, 1e-12);
    h.adc.range = NAX_ADC_RANGE_PERCENTILE;
    h.adc.range_frac = 1;
    l = range_layer_of(&h, &solved);
    assert_true(l.adc_lsb > 10 * gain / 8 * 0.8 && l.adc_lsb < 10.0 / 8);
    assert_float_equal(l.adc_unit, l.adc_lsb / gain, 1e-12);
    h.adc.range = NAX_ADC_RANGE_LEAST_ERROR;
    l = range_layer_of(&h, &solved);
    assert_float_equal(l.adc_unit, l.adc_lsb / gain, 1e-12);
    h.adc.range = NAX_ADC_RANGE_FRACTION; /* of ideal cells, whatever the wires */
    l = range_layer_of(&h, &solved);
    assert_float_equal(l.adc_lsb, 12.0 / 8, 1e-12);
    assert_float_equal(l.adc_unit, 12.0 / 8, 1e-12);
    /* a layer of its own, by its name */
    struct nax_adc_layer own[] = {{"few", NAX_ADC_RANGE_COUNT, 0.25, 0},
                                  {"other", NAX_ADC_RANGE_IDEAL, 0, 0}};
    h.adc.layers = own;
    h.adc.n_layers = 2;
    l = range_layer_of(&h, &solved);
    assert_float_equal(l.adc_lsb, 3.0 / 8, 1e-12);
    own[0] = (struct nax_adc_layer){"few", NAX_ADC_RANGE_IDEAL, 0, 0};
    l = range_layer_of(&h, &solved);
    assert_float_equal(l.adc_lsb, 1, 1e-12);
}

/* --- noisy reads --- */

enum { READS = 1600, READ_ROWS = 6, READ_COLS = 5, READ_SIZE = 8 };

static const struct nax_layer read_layer = {.name = "reads",
                                            .kind = NAX_LAYER_CONV,
                                            .has_batch_norm = true,
                                            .epsilon = 1e-5,
                                            .kernel = {1, 1},
                                            .dilation = {1, 1},
                                            .groups = 1,
                                            .stride = {1, 1},
                                            .h_in = READS / 40,
                                            .w_in = 40,
                                            .c_in = READ_ROWS,
                                            .h_out = READS / 40,
                                            .w_out = 40,
                                            .c_out = READ_COLS};

/* Of a cell in array `a`: read_noise_frac, or of phase-change cells what Joshi et al. 2020 have for
 * its target, 20 s after programming. */
static double read_error(const struct fixed_layer *l, size_t a, size_t r, size_t c)
{
    const struct nax_device *d = &l->hardware->device;
    if (d->programming.read_noise == NAX_READ_NOISE_FRACTION)
        return d->programming.read_noise_frac;
    int level =
        r < READ_ROWS && c < READ_COLS
            ? nax_fixed_level(l, r, c, nax_array_slice(&l->unit, a), nax_array_sign(&l->unit, a))
            : 0;
    double off = d->r_on_ohm / d->r_off_ohm, g = off + (1 - off) * level / 3;
    return fmin(0.0088 / pow(g, 0.65), 0.2) * sqrt(log((20 + 250e-9) / 500e-9));
}

/* The definition of read noise: every cell errs by itself, in proportion to its current, so the
 * square of a column's deviation is the sum of its cells' squared currents times the squares of
 * their errors. Adds it to i_a [n_cols] of cells g [READ_SIZE][n_cols] at v_v [READ_SIZE]. */
static void add_read_noise(const struct fixed_layer *l, uint64_t column, uint64_t array,
                           uint64_t product, size_t n_cols, const double *g, const double *v_v,
                           double *i_a)
{
    double normal[READ_SIZE + 1];
    nax_rng_normals(9, NAX_RNG_TEST, product, column, array, 0, n_cols, normal);
    for (size_t c = 0; c < n_cols; c++) {
        double square = 0;
        for (size_t r = 0; r < READ_SIZE; r++)
            square += pow(read_error(l, array, r, c) * g[r * n_cols + c] * v_v[r], 2);
        i_a[c] += sqrt(square) * normal[c];
    }
}

/* The definition: solved arrays, noise of each conversion by itself. y [READS][n_cols] */
static void reference_reads(const struct fixed_layer *l, struct solved_unit *solved,
                            const int32_t *x, float *y)
{
    const struct nax_hardware *h = l->hardware;
    size_t width = l->unit.array_cols, n_arrays = l->unit.n_arrays;
    size_t per_plane = n_arrays / l->unit.n_planes;
    double volt = h->device.v_read_v / ((1 << h->precision.stream_bits) - 1);
    for (uint64_t k = 0; k < READS; k++)
        for (size_t c = 0; c < READ_COLS; c++, y++) {
            double sum = 0;
            for (int t = 0; t < l->map.n_streams; t++) {
                double v[READ_SIZE] = {0}, current = 0, zero = 0;
                for (size_t r = 0; r < READ_ROWS; r++) {
                    v[r] = volt * nax_fixed_digit(l, x[r], t);
                    zero += v[r] / h->device.r_off_ohm;
                }
                for (size_t a = 0; a < n_arrays; a++) {
                    double i[READ_SIZE + 1] = {0};
                    for (size_t r = 0; r < READ_ROWS; r++)
                        for (size_t col = 0; col < width; col++)
                            i[col] += solved->effective[a][r * width + col] * v[r];
                    add_read_noise(l, c, a, k * 64 + (uint64_t)t, width, solved->effective[a], v,
                                   i);
                    double of_array = (i[c] - (width > READ_SIZE ? i[READ_SIZE] : zero)) /
                                      (nax_lsb_siemens(l) * volt);
                    current += per_plane > 1 && a % 2 ? -of_array : of_array;
                    if (a % per_plane < per_plane - 1)
                        continue;
                    double code = fmin(fmax(floor(current + 0.5), l->adc_min), l->adc_max);
                    sum += nax_plane_weight(l, a / per_plane) *
                           (double)nax_fixed_stream_weight(l, t) * code;
                    current = 0;
                }
            }
            for (size_t r = 0; r < READ_ROWS; r++)
                sum -= (double)nax_fixed_offset(l) * x[r];
            *y = (float)(sum * l->weight_step * l->input_step);
        }
}

static void column_moments(const float *y, size_t c, double *mean, double *sd)
{
    double sum = 0, square = 0;
    for (size_t k = 0; k < READS; k++) {
        double v = (double)y[k * READ_COLS + c];
        sum += v;
        square += v * v;
    }
    *mean = sum / READS;
    *sd = sqrt(square / READS - *mean * *mean);
}

static void reads_are_noisy_as_cells_are(void **state)
{
    (void)state;
    const struct {
        enum nax_signs signs;
        enum nax_adc_zero zero;
        int stream_bits;
        double frac;
        enum nax_read_noise law;
    } cases[] = {
        {NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE, 1, 0.12, NAX_READ_NOISE_FRACTION},
        {NAX_SIGNS_DIFFERENTIAL_ANALOG, NAX_ADC_ZERO_REFERENCE, 2, 0.07, NAX_READ_NOISE_FRACTION},
        {NAX_SIGNS_OFFSET, NAX_ADC_ZERO_DIGITAL, 1, 0.12, NAX_READ_NOISE_FRACTION},
        {NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_SIGNED, 4, 0.03, NAX_READ_NOISE_FRACTION},
        {NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE, 2, 0.06, NAX_READ_NOISE_FRACTION},
        {NAX_SIGNS_DIFFERENTIAL, NAX_ADC_ZERO_REFERENCE, 1, 0, NAX_READ_NOISE_PCM}};
    float *x = nax_calloc((size_t)READS * READ_ROWS, sizeof *x);
    float *y = nax_calloc((size_t)3 * READS * READ_COLS, sizeof *y);
    float *expected = y + (size_t)READS * READ_COLS, *other = expected + (size_t)READS * READ_COLS;
    for (size_t i = 0; i < (size_t)READS * READ_ROWS; i++)
        x[i] = 0.11F + 0.23F * (float)(i % READ_ROWS);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct nax_hardware h = default_hardware();
        struct nax_err err;
        h.precision.weight_bits = h.precision.input_bits = 8;
        h.precision.stream_bits = cases[k].stream_bits;
        h.signs = cases[k].signs;
        h.adc.zero = cases[k].zero;
        h.device.programming.read_noise = cases[k].law;
        h.device.programming.read_noise_frac = cases[k].frac;
        h.device.programming.error = k == 5 ? NAX_PROGRAM_NORMAL : NAX_PROGRAM_EXACT;
        h.device.programming.error_frac = 0.02;
        h.input_signs = (enum nax_input_signs)(k == 4);
        struct fixed_layer l = make(&read_layer, &h, READ_SIZE, k % 2 || k == 4, 1.4);
        struct chip chip = {.seed = 4};
        struct reads reads;
        struct solved_unit solved;
        struct nax_submatrix submatrix = nax_submatrix_at(&l.map, 0);
        double fixed[READ_ROWS], cells[8 * READ_ROWS * READ_COLS];
        int32_t in[READ_ROWS];
        assert_int_equal(nax_solved_unit_alloc(&solved, &l, &chip, &err), 0);
        const struct effective nowhere = {.weight = NULL};
        assert_int_equal(nax_reads_alloc(&reads, &solved, &nowhere, &err), 0);
        void *scratch = nax_aligned_calloc(1, nax_reads_scratch_size(&reads));
        assert_int_equal(nax_reads_forward(&reads, 1, x, y, 3, scratch), 0);
        assert_int_equal(nax_reads_forward(&reads, 1, x, other, 4, scratch), 0);
        assert_memory_not_equal(y, other, READS * READ_COLS * sizeof *y);
        assert_int_equal(nax_reads_forward(&reads, 1, x, other, 3, scratch), 0);
        assert_memory_equal(y, other, READS * READ_COLS * sizeof *y);
        assert_int_equal(nax_submatrix_cells(&solved, &submatrix, cells, &err), 0);
        nax_fixed_inputs(&l, READ_ROWS, x, fixed);
        for (size_t r = 0; r < READ_ROWS; r++)
            in[r] = (int32_t)fixed[r];
        reference_reads(&l, &solved, in, expected);
        for (size_t c = 0; c < READ_COLS; c++) {
            double mean, sd, expected_mean, expected_sd;
            column_moments(y, c, &mean, &sd);
            column_moments(expected, c, &expected_mean, &expected_sd);
            assert_true(expected_sd > 0);
            assert_true(fabs(mean - expected_mean) < 4 * expected_sd * sqrt(2.0 / READS));
            assert_true(fabs(sd / expected_sd - 1) < 4 / sqrt((double)READS));
        }
        nax_solved_unit_free(&solved);
        nax_aligned_free(scratch);
        nax_reads_free(&reads);
        nax_fixed_layer_free(&l);
    }
    free(x);
    free(y);
}

/* --- circuits --- */

/* V^2 G of all cells on perfect wires, for digits of one bit, of a mean array and stream. */
static double power_reference_mw(const struct fixed_layer *l, const struct chip *chip, size_t n,
                                 const float *x)
{
    double square = pow(l->hardware->device.v_read_v, 2), sum = 0, fixed, g[17 * 16];
    size_t width = l->unit.array_cols;
    assert_true(l->unit.crossbar <= 16);
    for (size_t i = 0; i < l->map.n_units; i++)
        for (size_t a = 0; a < l->unit.n_arrays; a++) {
            struct nax_submatrix submatrix = nax_submatrix_at(&l->map, i);
            nax_array_program(l, chip, &submatrix, a, g);
            for (size_t k = 0; k < n; k++)
                for (size_t r = 0; r < submatrix.n_rows; r++) {
                    nax_fixed_inputs(l, 1, x + k * l->map.n_rows + submatrix.row + r, &fixed);
                    for (int t = 0; t < l->map.n_streams; t++)
                        for (size_t c = 0; c < width; c++)
                            sum +=
                                square * g[r * width + c] * nax_fixed_digit(l, (int32_t)fixed, t);
                }
        }
    return 1e3 * sum / ((double)n * l->map.n_streams * (double)l->map.n_arrays);
}

static void compare_circuits(const struct nax_hardware *h, int64_t crossbar, bool is_signed,
                             bool is_ideal)
{
    enum { N = 3, ROWS = 45, COLS = 13 };
    struct fixed_layer l = make(&odd_conv, h, crossbar, is_signed, 1.9);
    struct nax_rng rng = nax_rng_at(6, NAX_RNG_TEST, 2, 0, 0);
    struct nax_err err;
    struct chip chip = {.seed = 2};
    struct solved_unit solved;
    float x[N * ROWS], y[N * COLS];
    double power_mw;
    double fixed[ROWS], sum[COLS], cells[16 * ROWS * COLS];
    int32_t in[ROWS];
    int64_t whole[COLS];
    for (size_t i = 0; i < N * ROWS; i++)
        x[i] = (float)(is_signed ? nax_rng_normal(&rng) : exp(3 * nax_rng_normal(&rng) - 5));
    assert_int_equal(nax_circuits_products(&l, &chip, N, x, y, &power_mw, &err), 0);
    if (is_ideal)
        assert_float_equal(power_mw / power_reference_mw(&l, &chip, N, x), 1, tolerance_power);
    assert_int_equal(nax_solved_unit_alloc(&solved, &l, &chip, &err), 0);
    for (size_t k = 0; k < N; k++) {
        double total = 0;
        nax_fixed_inputs(&l, ROWS, x + k * ROWS, fixed);
        for (size_t r = 0; r < ROWS; r++)
            total += in[r] = (int32_t)fixed[r];
        nax_product_reference(&l, in, whole);
        for (size_t c = 0; c < COLS; c++)
            sum[c] = 0 - (double)nax_fixed_offset(&l) * total;
        for (size_t i = 0; !is_ideal && i < l.map.n_units; i++) {
            struct nax_submatrix submatrix = nax_submatrix_at(&l.map, i);
            assert_int_equal(nax_submatrix_cells(&solved, &submatrix, cells, &err), 0);
            nax_submatrix_reference(&l, &submatrix, cells, in, sum);
        }
        for (size_t c = 0; c < COLS; c++) {
            double expected = is_ideal ? (double)whole[c] : sum[c];
            assert_true(y[k * COLS + c] == (float)(expected * (l.weight_step * l.input_step)));
        }
    }
    nax_solved_unit_free(&solved);
    nax_fixed_layer_free(&l);
}

static void circuits_are_the_fidelities_below(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct nax_hardware h = default_hardware();
        h.signs = (enum nax_signs)(k % 3);
        h.adc.zero = (enum nax_adc_zero)((k + k / 3) % 3);
        /* perfect wires: cells are at 0 or at the read voltage, where they are verified */
        struct nax_hardware ideal = h;
        ideal.device.r_wire_row_ohm = ideal.device.r_wire_col_ohm = 0;
        ideal.device.r_source_ohm = ideal.device.r_sink_ohm = 0;
        ideal.adc.bits = k % 2 ? 4 : 0;
        compare_circuits(&ideal, k % 2 ? 16 : 7, k / 3, true);
        /* linear cells: currents by effective conductances */
        h.device.v0_v = 0;
        h.device.programming.error = NAX_PROGRAM_NORMAL;
        h.device.programming.error_frac = 0.02;
        h.precision.stream_bits = 1 + k % 2;
        compare_circuits(&h, k % 2 ? 7 : 16, k / 3, false);
        h.input_signs = NAX_INPUT_SIGNS_TWO_PASSES;
        if (k / 3)
            compare_circuits(&h, k % 2 ? 7 : 16, true, false);
    }
}

/* --- a whole network --- */

static void trained_network_keeps_its_accuracy(void **state)
{
    (void)state;
    enum { N_SCORED = 131 };
    const struct nax_eval some = {.n_images = N_SCORED};
    struct nax_err err;
    struct nax_dataset *set;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_score ideal, quantized, linear, again;
    struct nax_mapped *mapped;
    struct nax_layer_noise noise[NAX_NETWORK_LAYERS_MAX];
    struct nax_hardware h = default_hardware();
    int64_t crossbar[NAX_NETWORK_SLOTS_MAX], slots[] = {32, 64};
    struct nax_recipe recipe = nax_recipe_default();
    recipe.epochs = 8;
    recipe.batch = 32;
    recipe.learning_rate = 0.05; /* 160 steps have to do */
    recipe.muon = 0;
    recipe.precision = NAX_ARITHMETIC_FP32; /* the same network on every machine */

    assert_int_equal(nax_synth(&set, 5, 640, 403, &err), 0);
    assert_int_equal(nax_network_file_load(&file, "lenet", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, slots, 0, crossbar, &err), 0);
    assert_int_equal(nax_model_alloc(&model, net, 6, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, set, &recipe, 7, &err), 0);
    while (nax_trainer_epochs_done(trainer) < recipe.epochs)
        assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);

    struct nax_mapping mapping = {.hardware = &h, .crossbars = crossbar};
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &ideal, &err), 0);
    assert_int_equal(nax_model_eval(model, &set->test, &some, &again, &err), 0);
    assert_memory_equal(&ideal, &again, sizeof ideal);
    assert_true(ideal.loss < loss_learnt);
    mapping.fidelity = NAX_FIDELITY_QUANTIZED;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &quantized, &err), 0);
    assert_int_equal(quantized.n_images, N_SCORED);
    assert_true(fabs(quantized.accuracy - ideal.accuracy) <= tolerance_accuracy);
    assert_true(fabs(quantized.loss / ideal.loss - 1) <= tolerance_loss);
    assert_true(quantized.loss != ideal.loss);
    nax_threads_set(1);
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_memory_equal(&quantized, &again, sizeof quantized);
    nax_threads_set(0);

    /* perfect wires: effective weights are the weights, and conversions those of ideal arrays */
    h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 0;
    h.device.r_source_ohm = h.device.r_sink_ohm = 0;
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_true(fabs(again.loss / ideal.loss - 1) <= tolerance_loss);
    mapping.fidelity = NAX_FIDELITY_FULL;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_memory_equal(&quantized, &again, sizeof quantized);
    h.adc.range = NAX_ADC_RANGE_CALIBRATED; /* nothing to give back */
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_memory_equal(&quantized, &again, sizeof quantized);
    h.adc.range = NAX_ADC_RANGE_IDEAL;
    /* wires that take too little for a conversion to notice, not too little for a product */
    h.device.r_source_ohm = h.device.r_sink_ohm = 10;
    h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 0.1;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_memory_equal(&quantized, &again, sizeof quantized);
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(nax_mapped_alloc(&mapped, model, &mapping, &set->train, &err), 0);
    assert_int_equal(nax_mapped_eval(mapped, &set->test, &some, &linear, &err), 0);
    assert_true(fabs(linear.loss / ideal.loss - 1) <= tolerance_full);
    assert_int_equal(nax_mapped_noise(mapped, &set->train, 50, noise, &err), 0);
    assert_true(noise[0].gain > 0.99 && noise[0].gain < 0.9999);
    nax_mapped_free(mapped);
    /* the default ones */
    h.device = default_hardware().device;
    mapping.fidelity = NAX_FIDELITY_FULL;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_true(fabs(again.loss / ideal.loss - 1) > tolerance_loss);

    /* conversions as noise, and what a calibration brings back */
    struct nax_score calibrated;
    mapping.fidelity = NAX_FIDELITY_ADC;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &linear, &err), 0);
    assert_true(fabs(linear.loss / again.loss - 1) <= tolerance_adc);
    /* a full scale that gives back what wires take */
    mapping.fidelity = NAX_FIDELITY_FULL;
    h.adc.range = NAX_ADC_RANGE_CALIBRATED;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &calibrated, &err), 0);
    assert_true(fabs(calibrated.loss / ideal.loss - 1) < 0.5 * fabs(again.loss / ideal.loss - 1));
    /* conversions that lose more than the wires: the fidelity adc follows */
    h.adc = (struct nax_adc){.bits = 3, .zero = NAX_ADC_ZERO_DIGITAL};
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &calibrated, &err), 0);
    struct nax_score adc;
    mapping.fidelity = NAX_FIDELITY_ADC;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &adc, &err), 0);
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &linear, &err), 0);
    assert_true(fabs(adc.loss - calibrated.loss) <
                tolerance_adc_cost * fabs(linear.loss - calibrated.loss));
    h.adc = default_hardware().adc;
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(nax_mapped_alloc(&mapped, model, &mapping, &set->train, &err), 0);
    assert_int_equal(nax_mapped_eval(mapped, &set->test, &some, &linear, &err), 0);
    assert_int_equal(nax_mapped_noise(mapped, &set->train, 50, noise, &err), 0);
    assert_true(noise[0].gain > 0.8 && noise[0].gain < 1); /* what wires take */
    assert_true(noise[0].error_after_gains < 0.1 * noise[0].error);
    assert_true(noise[1].signal == 0); /* a pool */
    assert_int_equal(nax_mapped_calibrate(mapped, &set->train, 50, &err), 0);
    assert_int_equal(nax_mapped_eval(mapped, &set->test, &some, &calibrated, &err), 0);
    assert_true(fabs(calibrated.loss / ideal.loss - 1) < 0.2 * fabs(linear.loss / ideal.loss - 1));
    nax_mapped_free(mapped);

    /* chips: another one differs, the same one does not, whatever the number of threads */
    double first = again.loss;
    h.device.programming.error = NAX_PROGRAM_NORMAL;
    h.device.programming.error_frac = 0.02;
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &linear, &err), 0);
    mapping.chip = 1;
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_true(again.loss != linear.loss && linear.loss != first);
    mapping.chip = 0;
    nax_threads_set(1);
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    nax_threads_set(0);
    assert_memory_equal(&again, &linear, sizeof again);

    mapping.fidelity = NAX_FIDELITY_QUANTIZED;
    h.precision = (struct nax_precision){.weight_bits = 2,
                                         .input_bits = 2,
                                         .slice_bits = 2,
                                         .stream_bits = 1}; /* too coarse for anything */
    assert_int_equal(
        nax_mapped_score(model, &mapping, &set->train, &set->test, N_SCORED, &again, &err), 0);
    assert_true(fabs(again.loss / ideal.loss - 1) > 10 * tolerance_loss);
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    nax_dataset_free(set);
}

/* --- training on the hardware --- */

/* A loss that is linear in the effective weights of a layer, with weights moved by whole levels of
 * the top slice, against the adjoint. Cells are alike (R_off little above R_on), so that a level
 * is a small step; wires are long, so that a straight-through gradient is off by far. */
static void check_adjoint(const struct nax_layer *shape, struct nax_hardware h, int64_t crossbar)
{
    struct nax_err err = {0};
    h.device.r_off_ohm = 1.1 * h.device.r_on_ohm;
    struct fixed_layer layer = make(shape, &h, crossbar, false, 1);
    struct nax_mapping mapping = {.hardware = &h, .seed = 4, .chip = 2};
    struct chip chip = {.seed = 4, .chip = 2, .layer = 7};
    const size_t n = nax_layer_n_weights(shape), step = NAX_MIN(n / 12, (size_t)17);
    double level = ldexp(1, (layer.unit.n_slices - 1) * h.precision.slice_bits);
    float weight[1024], effective[1024], gradient[1024], slope[1024];
    struct nax_rng rng = nax_rng_at(16, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < n; i++) {
        weight[i] = (float)(layer.weight[i] * layer.weight_step);
        gradient[i] = slope[i] = (float)nax_rng_normal(&rng);
    }
    assert_int_equal(nax_layer_adjoint(&layer, &chip, gradient, &err), 0);
    double apart = 0, total = 0, straight = 0;
    int n_tried = 0;
    for (size_t i = 5; i < n && n_tried < 12; i += step) {
        double magnitude = fabs(layer.weight[i] + (double)nax_fixed_offset(&layer)) / level;
        if (magnitude < 1 || magnitude >= (1 << h.precision.slice_bits) - 1)
            continue; /* a level less or more is another sign, or none */
        double loss[2] = {0, 0}, own = weight[i];
        for (int side = 0; side < 2; side++) {
            weight[i] = (float)(own + (side ? 1 : -1) * level * layer.weight_step);
            assert_int_equal(
                nax_effective_weights(&mapping, shape, 7, crossbar, weight, effective, &err), 0);
            for (size_t k = 0; k < n; k++)
                loss[side] += (double)slope[k] * (double)effective[k];
        }
        weight[i] = (float)own;
        double numeric = (loss[1] - loss[0]) / (2 * level * layer.weight_step);
        apart += fabs((double)gradient[i] - numeric);
        straight += fabs((double)slope[i] - numeric);
        total += fabs(numeric);
        n_tried++;
    }
    assert_true(n_tried >= 5);
    assert_true(apart < 0.005 * total);
    assert_true(straight > 0.1 * total);
    nax_fixed_layer_free(&layer);
}

static void gradients_pass_the_wires(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 30;
    check_adjoint(&odd_conv, h, 64);
    h.adc.zero = NAX_ADC_ZERO_DIGITAL;
    check_adjoint(&odd_conv, h, 16);
    h.signs = NAX_SIGNS_OFFSET;
    h.device.programming.error = NAX_PROGRAM_NORMAL;
    h.device.programming.error_frac = 0.01;
    check_adjoint(&odd_conv, h, 16);
    h.signs = NAX_SIGNS_DIFFERENTIAL_ANALOG;
    h.unused = NAX_UNUSED_OPEN;
    check_adjoint(&odd_conv, h, 32);
}

/* Groups that lie together share wires, so that a weight moves those of other groups; alone on
 * their arrays, and on several, as well. */
static void gradients_pass_the_wires_of_groups(void **state)
{
    (void)state;
    static const struct {
        const struct nax_layer *shape;
        int64_t crossbar;
        bool is_together;
    } cases[] = {{&depthwise, 32, true}, {&grouped, 26, true}, {&grouped, 13, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int signs = 0; signs < 3; signs++) {
            struct nax_hardware h = default_hardware();
            h.device.r_wire_row_ohm = h.device.r_wire_col_ohm = 50;
            h.signs = (enum nax_signs)signs;
            h.adc.zero = signs ? NAX_ADC_ZERO_DIGITAL : NAX_ADC_ZERO_REFERENCE;
            struct fixed_layer layer = make(cases[k].shape, &h, cases[k].crossbar, false, 1);
            assert_int_equal(layer.map.n_together > 1, cases[k].is_together);
            nax_fixed_layer_free(&layer);
            check_adjoint(cases[k].shape, h, cases[k].crossbar);
        }
}

/* A network whose layers are kept; groups of its second convolution lie together. */
static const char kept_text[] = "name: kept\n"
                                "input: {height: 32, width: 32, channels: 3}\n"
                                "classes: 10\n"
                                "layers:\n"
                                "  - conv: {out: 7, kernel: 5}\n"
                                "  - pool: {kind: max, kernel: 2}\n"
                                "  - conv: {kernel: 3, groups: 7}\n"
                                "  - conv: {out: 13, kernel: 3, stride: 2}\n"
                                "  - pool: {kind: max, kernel: 2}\n"
                                "  - linear: {out: 84}\n"
                                "  - linear: {role: classifier}\n";
static const char *const kept_path = "./kept_test.yaml";

struct keeping {
    struct nax_hardware h;
    struct nax_dataset *set;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    size_t number[NAX_NETWORK_LAYERS_MAX];
    const double *largest; /* or NULL */
    struct nax_kept *kept;
};

static int kept_score(const struct keeping *k, const int64_t *slots, double *found,
                      struct nax_score *score, struct nax_err *err)
{
    static struct nax_linop linops[NAX_NETWORK_LAYERS_MAX];
    double noise[NAX_NETWORK_LAYERS_MAX];
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    const struct nax_mapping mapping = {.hardware = &k->h, .crossbars = crossbars, .seed = 3};
    const struct nax_kept_use use = {.mapping = &mapping,
                                     .number = k->number,
                                     .largest = k->largest,
                                     .noise = found ? NULL : noise,
                                     .found = found};
    const struct nax_eval options = {.linops = linops};
    for (size_t l = 0; l < k->net->n_layers; l++)
        noise[l] = 0.37;
    int status = nax_network_crossbars(k->net, slots, 0, crossbars, err);
    if (!status)
        status = nax_kept_map(k->kept, k->model, &use, linops, err);
    return status ? status : nax_model_eval(k->model, &k->set->test, &options, score, err);
}

static double kept_loss(const struct keeping *k, const int64_t *slots, double *found)
{
    struct nax_score score;
    struct nax_err err;
    if (kept_score(k, slots, found, &score, &err))
        fail_msg("%s", err.text);
    return score.loss;
}

static double mapped_loss(const struct keeping *k, const int64_t *slots, enum nax_fidelity fidelity)
{
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_score score;
    struct nax_err err;
    const struct nax_mapping mapping = {
        .hardware = &k->h, .crossbars = crossbars, .fidelity = fidelity, .seed = 3, .n_images = 32};
    if (nax_network_crossbars(k->net, slots, 0, crossbars, &err) ||
        nax_mapped_score(k->model, &mapping, &k->set->train, &k->set->test, 0, &score, &err))
        fail_msg("%s", err.text);
    return score.loss;
}

static void start_keeping(struct keeping *k, enum nax_fidelity fidelity)
{
    struct nax_err err;
    nax_kept_free(k->kept);
    assert_int_equal(nax_kept_alloc(&k->kept, fidelity, &k->set->train, 32, 3, &err), 0);
}

/* A table with more or fewer columns than a layer has. */
static void refuse_columns(struct keeping *k, const int64_t *slots)
{
    static float columns[3 * 1024];
    struct nax_kept_layer layer = *nax_kept_at(k->kept, 0);
    struct nax_score score;
    struct nax_err err;
    const size_t n_own = layer.n_cols, wrong[] = {n_own - 1, 1024};
    layer.columns = columns;
    for (size_t i = 0; i < 2; i++) {
        char text[200];
        layer.n_cols = wrong[i];
        start_keeping(k, NAX_FIDELITY_ADC);
        assert_int_equal(nax_kept_add(k->kept, &layer, &err), 0);
        assert_int_equal(kept_score(k, slots, NULL, &score, &err), NAX_ERR_FORMAT);
        snprintf(text, sizeof text,
                 "conversions of %zu columns are of another layer than this one of %zu: 'layer "
                 "conv1'",
                 wrong[i], n_own);
        assert_string_equal(err.text, text);
    }
}

/* How many layers of its network have weights. */
static size_t open_keeping(struct keeping *k)
{
    struct nax_err err;
    k->h = default_hardware();
    k->h.device.r_wire_row_ohm = k->h.device.r_wire_col_ohm = 20;
    assert_int_equal(nax_synth(&k->set, 5, 64, 64, &err), 0);
    FILE *text = fopen(kept_path, "w");
    assert_non_null(text);
    assert_true(fputs(kept_text, text) >= 0);
    assert_int_equal(fclose(text), 0);
    assert_int_equal(nax_network_file_load(&k->file, kept_path, &err), 0);
    unlink(kept_path);
    assert_int_equal(nax_network_build(&k->net, k->file, NULL, &err), 0);
    assert_int_equal(nax_model_alloc(&k->model, k->net, 6, &err), 0);
    nax_images_moments(&k->set->train, k->model->pixel_mean, k->model->pixel_sd);
    size_t n = 0;
    for (size_t l = 0; l < k->net->n_layers; l++) {
        k->number[l] = l;
        n += nax_layer_n_weights(&k->net->layers[l]) > 0;
    }
    return n;
}

static void close_keeping(struct keeping *k)
{
    nax_model_free(k->model);
    nax_network_free(k->net);
    nax_network_file_free(k->file);
    nax_dataset_free(k->set);
}

/* At all positions the sums are those of full products, whichever way they are come by. */
static void columns_at_all_positions_are_columns(void **state)
{
    (void)state;
    enum { IMAGES = 8 };
    static struct keeping k;
    struct mapped_layer layer = {.chip = {5, 0, 0}};
    struct nax_linop full[NAX_NETWORK_LAYERS_MAX] = {{.weight = NULL}},
                     effective[NAX_NETWORK_LAYERS_MAX] = {{.weight = NULL}};
    const struct mapped_layer *hardware[NAX_NETWORK_LAYERS_MAX] = {&layer};
    struct nax_err err;
    open_keeping(&k);
    k.h.adc.bits = 5; /* so that conversions are coarse */
    const size_t n_cols = k.net->layers[0].c_out, n = nax_columns_first(k.net, k.net->n_layers);
    struct column_sums *sums = nax_calloc(2 * n, sizeof *sums), *sampled = sums + n;
    assert_int_equal(nax_fixed_layer_alloc(&layer.fixed, &k.net->layers[0], &k.h, 16,
                                           k.model->layer[0].weight, 3, &err),
                     0);
    assert_int_equal(nax_mapped_layer_want_effective(&layer, &err), 0);
    assert_int_equal(nax_mapped_layer_full(&layer, &full[0], &err), 0);
    effective[0] = nax_mapped_layer_effective(&layer);
    assert_int_equal(
        nax_columns_measure(k.model, full, effective, &k.set->train, IMAGES, sums, NULL, &err), 0);
    assert_int_equal(nax_columns_sample(k.model, effective, hardware, &k.set->train, IMAGES,
                                        1 << 20, sampled, &err),
                     0);
    for (size_t c = 0; c < n_cols; c++) {
        const struct column_sums *a = &sums[c], *b = &sampled[c];
        const double scale = sqrt(a->zz * a->n);
        assert_true(a->n > 0 && b->n == a->n && fabs(a->zz - a->yy) > 100 * tolerance_z * a->zz);
        assert_true(b->y == a->y && b->yy == a->yy);
        assert_true(fabs(b->z - a->z) < tolerance_z * scale);
        assert_true(fabs(b->zz - a->zz) < tolerance_z * a->zz);
        assert_true(fabs(b->zy - a->zy) < tolerance_z * sqrt(a->zz * a->yy));
    }
    assert_int_equal(nax_columns_sample(k.model, effective, hardware, &k.set->train, IMAGES,
                                        3 * IMAGES, sampled, &err),
                     0);
    assert_true(sampled[0].n == 3 * IMAGES);
    free(sums);
    nax_mapped_layer_free(&layer);
    close_keeping(&k);
}

/* Of column k, mean over all columns: what conversions and reads scatter by. */
static double mean_variance(const struct column_sums *sums, size_t n_cols)
{
    double sum = 0;
    for (size_t c = 0; c < n_cols; c++)
        sum += nax_column_fit_hardware(&sums[c]).variance;
    return sum / (double)n_cols;
}

/* Reads that scatter do so at some positions as at all. */
static void columns_at_some_positions_have_the_noise_of_reads(void **state)
{
    (void)state;
    enum { IMAGES = 32 };
    static struct keeping k;
    const size_t n_positions[] = {1 << 20, 32 * IMAGES};
    double variance[2][2];
    struct nax_err err;
    open_keeping(&k);
    const size_t n_cols = k.net->layers[0].c_out;
    struct column_sums *sums = nax_calloc(nax_columns_first(k.net, k.net->n_layers), sizeof *sums);
    for (int is_noisy = 0; is_noisy < 2; is_noisy++) {
        struct mapped_layer layer = {.chip = {5, 0, 0}};
        struct nax_linop full, effective[NAX_NETWORK_LAYERS_MAX] = {{.weight = NULL}};
        const struct mapped_layer *hardware[NAX_NETWORK_LAYERS_MAX] = {&layer};
        k.h.device.programming.read_noise_frac = is_noisy ? 0.1 : 0;
        assert_int_equal(nax_fixed_layer_alloc(&layer.fixed, &k.net->layers[0], &k.h, 16,
                                               k.model->layer[0].weight, 3, &err),
                         0);
        assert_int_equal(nax_mapped_layer_want_effective(&layer, &err), 0);
        assert_int_equal(nax_mapped_layer_full(&layer, &full, &err), 0);
        effective[0] = nax_mapped_layer_effective(&layer);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(nax_columns_sample(k.model, effective, hardware, &k.set->train, IMAGES,
                                                n_positions[i], sums, &err),
                             0);
            variance[is_noisy][i] = mean_variance(sums, n_cols);
        }
        nax_mapped_layer_free(&layer);
    }
    for (int i = 0; i < 2; i++)
        assert_true(variance[1][i] > 100 * variance[0][i]);
    assert_float_equal(variance[1][1] / variance[1][0], 1, tolerance_variance);
    free(sums);
    close_keeping(&k);
}

/* Networks that have layers in common have them once, as each by itself would have them. */
static void layers_are_kept_by_all_that_decides_them(void **state)
{
    (void)state;
    static struct keeping k;
    const int64_t slots[] = {16, 32, 32}, others[] = {16, 64, 64};
    struct nax_kept *first;
    struct nax_err err;
    double part = -1, largest[NAX_NETWORK_LAYERS_MAX];
    const size_t n = open_keeping(&k);
    start_keeping(&k, NAX_FIDELITY_LINEAR);
    for (int again = 0; again < 2; again++)
        assert_true(kept_loss(&k, slots, NULL) == mapped_loss(&k, slots, NAX_FIDELITY_LINEAR));
    assert_int_equal(nax_kept_n(k.kept), n);

    start_keeping(&k, NAX_FIDELITY_ADC);
    double loss = kept_loss(&k, slots, &part), adc = mapped_loss(&k, slots, NAX_FIDELITY_ADC);
    assert_true(part >= 0 && part <= 1);
    if (!(fabs(loss - adc) <= tolerance_adc))
        fail_msg("loss %g, by itself %g", loss, adc);
    assert_true(kept_loss(&k, slots, NULL) == loss);
    assert_int_equal(nax_kept_n(k.kept), n);
    double other = kept_loss(&k, others, NULL); /* the first convolution stays */
    assert_int_equal(nax_kept_n(k.kept), 2 * n - 1);
    assert_true(kept_loss(&k, slots, NULL) == loss);
    assert_true(other != loss);

    first = k.kept; /* what was measured goes into a new table */
    k.kept = NULL;
    start_keeping(&k, NAX_FIDELITY_ADC);
    for (size_t i = 0; i < nax_kept_n(first); i++)
        assert_int_equal(nax_kept_add(k.kept, nax_kept_at(first, i), &err), 0);
    nax_kept_free(first);
    assert_true(kept_loss(&k, others, NULL) == other);
    assert_true(kept_loss(&k, slots, NULL) == loss);
    assert_int_equal(nax_kept_n(k.kept), 2 * n - 1);
    refuse_columns(&k, slots);

    start_keeping(&k, NAX_FIDELITY_ADC); /* how large inputs are is measured, or told */
    loss = kept_loss(&k, slots, NULL);
    start_keeping(&k, NAX_FIDELITY_ADC);
    assert_int_equal(nax_ranges_measure(k.model, &k.set->train, largest, NULL, &err), 0);
    k.largest = largest;
    assert_true(kept_loss(&k, slots, NULL) == loss);
    for (size_t l = 0; l < k.net->n_layers; l++)
        largest[l] *= 8;
    assert_true(kept_loss(&k, slots, NULL) != loss);
    assert_int_equal(nax_kept_n(k.kept), 2 * n);
    nax_kept_free(k.kept);
    close_keeping(&k);
}

/* Every fidelity is a row, which the manual has, and computes what no other does. */
static void fidelities_are_listed_and_differ(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_score score[NAX_FIDELITY_COUNT];
    struct nax_hardware h = default_hardware();
    int64_t crossbar[NAX_NETWORK_SLOTS_MAX], slots[] = {16, 32};
    FILE *f = fopen("man/nax-eval.1", "r");
    assert_non_null(f);
    char *page = nax_calloc(1 << 20, 1), list[2048] = "";
    page[fread(page, 1, (1 << 20) - 1, f)] = 0;
    fclose(f);
    assert_int_equal(nax_synth(&set, 5, 64, 64, &err), 0);
    assert_int_equal(nax_network_file_load(&file, "lenet", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, slots, 0, crossbar, &err), 0);
    assert_int_equal(nax_model_alloc(&model, net, 6, &err), 0);
    nax_images_moments(&set->train, model->pixel_mean, model->pixel_sd);
    for (enum nax_fidelity k = 0; k < NAX_FIDELITY_COUNT; k++) {
        struct nax_mapping mapping = {.hardware = &h, .crossbars = crossbar, .fidelity = k};
        size_t n = strlen(list);
        assert_non_null(nax_fidelity_name(k));
        snprintf(list + n, sizeof list - n, "\n.It Cm %s\n%s", nax_fidelity_name(k),
                 nax_fidelity_row(k)->word.means);
        assert_int_equal(
            nax_mapped_score(model, &mapping, &set->train, &set->test, 0, &score[k], &err), 0);
        for (enum nax_fidelity other = 0; other < k; other++) {
            assert_string_not_equal(nax_fidelity_name(k), nax_fidelity_name(other));
            assert_true(score[k].loss != score[other].loss);
        }
    }
    strcat(list, "\n.El\n");
    if (!strstr(page, list))
        fail_msg("man/nax-eval.1 lacks:%s", list);
    free(page);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    nax_dataset_free(set);
}

static void training_multiplies_as_an_evaluation_does(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_mapped *mapped, *anew;
    struct nax_score score, practised;
    struct nax_linop ops[NAX_NETWORK_LAYERS_MAX], again[NAX_NETWORK_LAYERS_MAX];
    struct nax_eval options = {.n_images = 60};
    struct nax_hardware h = default_hardware();
    int64_t crossbar[NAX_NETWORK_SLOTS_MAX], slots[] = {32, 64};
    h.device.programming.error = NAX_PROGRAM_NORMAL;
    h.device.programming.error_frac = 0.03;
    assert_int_equal(nax_synth(&set, 5, 64, 64, &err), 0);
    assert_int_equal(nax_network_file_load(&file, "lenet", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, slots, 0, crossbar, &err), 0);
    assert_int_equal(nax_model_alloc(&model, net, 6, &err), 0);
    nax_images_moments(&set->train, model->pixel_mean, model->pixel_sd);
    struct nax_mapping mapping = {
        .hardware = &h, .crossbars = crossbar, .fidelity = NAX_FIDELITY_ADC, .chip = 3};

    assert_int_equal(nax_mapped_alloc(&mapped, model, &mapping, &set->train, &err), 0);
    assert_int_equal(nax_mapped_train_linops(mapped, NAX_GRADIENT_STRAIGHT, ops, &err), 0);
    assert_int_equal(nax_mapped_eval(mapped, &set->test, &options, &score, &err), 0);
    options.linops = ops;
    assert_int_equal(nax_model_eval(model, &set->test, &options, &practised, &err), 0);
    assert_true(fabs(practised.loss / score.loss - 1) < 1e-5);
    nax_mapped_free(mapped);

    /* moved weights in another chip: as if they were mapped for the first time */
    mapping.fidelity = NAX_FIDELITY_LINEAR;
    assert_int_equal(nax_mapped_alloc(&mapped, model, &mapping, &set->train, &err), 0);
    struct nax_rng rng = nax_rng_at(15, NAX_RNG_TEST, 0, 0, 0);
    for (size_t l = 0; l < net->n_layers; l++)
        for (size_t i = 0; i < nax_layer_n_weights(&net->layers[l]); i++)
            model->layer[l].weight[i] *= (float)(1.385 + 0.2 * nax_rng_normal(&rng));
    mapping.chip = 5;
    assert_int_equal(nax_mapped_reprogram(mapped, &mapping, &err), 0);
    assert_int_equal(nax_mapped_train_linops(mapped, NAX_GRADIENT_STRAIGHT, ops, &err), 0);
    assert_int_equal(nax_mapped_alloc(&anew, model, &mapping, &set->train, &err), 0);
    assert_int_equal(nax_mapped_train_linops(anew, NAX_GRADIENT_STRAIGHT, again, &err), 0);
    for (size_t l = 0; l < net->n_layers; l++)
        if (ops[l].weight)
            assert_memory_equal(ops[l].weight, again[l].weight,
                                nax_layer_n_weights(&net->layers[l]) * sizeof(float));
    /* until they are programmed again, effective weights move with the weights */
    float before = ops[0].weight[17];
    model->layer[0].weight[17] += 0.0385F;
    assert_int_equal(nax_mapped_train_linops(mapped, NAX_GRADIENT_STRAIGHT, ops, &err), 0);
    assert_true(fabs((double)(ops[0].weight[17] - before) - 0.0385) < 1e-6);
    nax_mapped_free(anew);
    nax_mapped_free(mapped);

    mapping.fidelity = NAX_FIDELITY_QUANTIZED;
    assert_int_equal(nax_mapped_alloc(&mapped, model, &mapping, &set->train, &err), 0);
    assert_int_equal(nax_mapped_train_linops(mapped, NAX_GRADIENT_STRAIGHT, ops, &err),
                     NAX_ERR_VALUE);
    assert_int_equal(nax_mapped_reprogram(mapped, &mapping, &err), NAX_ERR_VALUE);
    nax_mapped_free(mapped);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    nax_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_point_covers_its_range),
        cmocka_unit_test(slices_and_streams_add_up),
        cmocka_unit_test(arrays_give_the_integer_product),
        cmocka_unit_test(narrow_adcs_clamp),
        cmocka_unit_test(full_columns_of_binary_cells_are_exact),
        cmocka_unit_test(look_ups_are_the_definition),
        cmocka_unit_test(other_lsbs_are_the_definition),
        cmocka_unit_test(ranges_by_hand),
        cmocka_unit_test(ranges_give_back_what_wires_take),
        cmocka_unit_test(planes_too_heavy_to_be_added_lie_apart),
        cmocka_unit_test(two_passes_are_two_products),
        cmocka_unit_test(circuits_are_the_fidelities_below),
        cmocka_unit_test(reads_are_noisy_as_cells_are),
        cmocka_unit_test(cells_are_those_of_the_circuit),
        cmocka_unit_test(cells_between_groups_count),
        cmocka_unit_test(listed_arrays_are_those_that_are_solved),
        cmocka_unit_test(kept_arrays_are_those_solved_again),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(trained_network_keeps_its_accuracy),
        cmocka_unit_test(gradients_pass_the_wires),
        cmocka_unit_test(gradients_pass_the_wires_of_groups),
        cmocka_unit_test(columns_at_all_positions_are_columns),
        cmocka_unit_test(columns_at_some_positions_have_the_noise_of_reads),
        cmocka_unit_test(layers_are_kept_by_all_that_decides_them),
        cmocka_unit_test(fidelities_are_listed_and_differ),
        cmocka_unit_test(training_multiplies_as_an_evaluation_does),
    };
    return cmocka_run_group_tests_name("mapped", tests, NULL, NULL);
}
