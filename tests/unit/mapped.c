/* Unit tests of the mapped forward pass: fixed point, slices, streams and conversions. */
#include "nax/mapping.h"
#include "nax/rng.h"
#include "../../lib/mapping/product.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Accuracy that 16 bit weights and inputs may cost a trained network, and loss relative to it. */
static const double tolerance_accuracy = 0.01, tolerance_loss = 0.003;

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
                                          .kernel = 3,
                                          .stride = 2,
                                          .pad = 1,
                                          .h_in = 9,
                                          .w_in = 7,
                                          .c_in = 5,
                                          .h_out = 5,
                                          .w_out = 4,
                                          .c_out = 13};

static struct product make(const struct nax_layer *shape, const struct nax_hardware *h,
                           int64_t crossbar, bool is_signed, double range)
{
    struct product p = {.weight = NULL};
    struct nax_err err;
    struct nax_rng rng = nax_rng_at(3, NAX_RNG_TEST, 0, 0, 0);
    float weight[2048];
    for (size_t i = 0; i < nax_layer_n_weights(shape); i++)
        weight[i] = (float)(0.137 * nax_rng_normal(&rng));
    assert_int_equal(
        fixed_layer_alloc(&p.layer, shape, h, crossbar, weight, is_signed, range, &err), 0);
    assert_int_equal(product_alloc(&p, &err), 0);
    return p;
}

static void fixed_point_covers_its_range(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    struct product p = make(&odd_conv, &h, 64, true, 2.385);
    const struct fixed_layer *l = &p.layer;
    int32_t largest = 0;
    for (size_t i = 0; i < l->n_rows * l->n_cols; i++)
        largest = NAX_MAX(largest, abs(l->weight[i]));
    assert_int_equal(largest, 65535);
    const float x[] = {2.385F, -2.385F, 7, -7, NAN, 0, 1.2F};
    const double expected[] = {32767, -32767, 32767, -32768, -32768, 0, 16487};
    double fixed[7];
    fixed_inputs(l, 7, x, fixed);
    for (size_t i = 0; i < 7; i++)
        assert_true(fixed[i] == expected[i] || (i == 4 && fixed[i] >= -32768 && fixed[i] < 32768));
    product_free(&p);
    h.signs = NAX_SIGNS_OFFSET;
    p = make(&odd_conv, &h, 64, false, 2.385);
    assert_int_equal(p.layer.weight_max, 32767);
    assert_int_equal(p.layer.input_max, 65535);
    product_free(&p);
}

static void slices_and_streams_add_up(void **state)
{
    (void)state;
    const struct {
        int slice_bits, stream_bits;
        enum nax_signs signs;
    } cases[] = {{2, 1, NAX_SIGNS_DIFFERENTIAL},
                 {3, 1, NAX_SIGNS_OFFSET},
                 {1, 2, NAX_SIGNS_DIFFERENTIAL},
                 {5, 3, NAX_SIGNS_OFFSET},
                 {8, 5, NAX_SIGNS_DIFFERENTIAL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            struct nax_hardware h = default_hardware();
            h.precision.slice_bits = cases[k].slice_bits;
            h.precision.stream_bits = cases[k].stream_bits;
            h.signs = cases[k].signs;
            struct product p = make(&odd_conv, &h, 16, is_signed, 1.7);
            const struct fixed_layer *l = &p.layer;
            for (size_t r = 0; r < l->n_rows; r++)
                for (size_t c = 0; c < l->n_cols; c++) {
                    int64_t sum = -(int64_t)fixed_offset(l);
                    for (int s = 0; s < nax_n_slices(&h.precision); s++)
                        sum += (int64_t)(fixed_level(l, r, c, s, 0) - fixed_level(l, r, c, s, 1)) *
                               ((int64_t)1 << (s * h.precision.slice_bits));
                    assert_int_equal(sum, l->weight[r * l->n_cols + c]);
                }
            assert_int_equal(l->n_streams, nax_n_streams(&h.precision));
            for (int32_t x = l->input_min; x <= l->input_max; x++) {
                int64_t sum = 0;
                for (int t = 0; t < l->n_streams; t++) {
                    int digit = fixed_digit(l, x, t);
                    assert_in_range(digit, 0, (1 << h.precision.stream_bits) - 1);
                    sum += digit * fixed_stream_weight(l, t);
                }
                assert_int_equal(sum, x);
            }
            product_free(&p);
        }
}

/* One chunk of n images through the layer, by integers and array by array. */
static void compare_paths(struct product *p, size_t n, bool is_same)
{
    const struct nax_layer *s = p->layer.shape;
    size_t n_in = s->h_in * s->w_in * s->c_in, n_out = s->h_out * s->w_out * s->c_out;
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 1, 0, 0);
    float *x = nax_calloc(n * n_in, sizeof *x), *y = nax_calloc(2 * n * n_out, sizeof *y);
    void *scratch = nax_aligned_calloc(1, product_scratch_size(&p->layer));
    for (size_t i = 0; i < n * n_in; i++)
        x[i] = (float)(p->layer.input_min ? nax_rng_normal(&rng) : 2 * nax_rng_uniform(&rng));
    assert_non_null(p->weight);
    assert_int_equal(product_forward(p, n, x, y, 0, scratch), 0);
    double *exact = p->weight;
    p->weight = NULL;
    assert_int_equal(product_forward(p, n, x, y + n * n_out, 0, scratch), 0);
    p->weight = exact;
    assert_true(!memcmp(y, y + n * n_out, n * n_out * sizeof *y) == is_same);
    nax_aligned_free(scratch);
    free(x);
    free(y);
}

static void arrays_give_the_integer_product(void **state)
{
    (void)state;
    static const struct nax_layer point = {.name = "point",
                                           .kind = NAX_LAYER_CONV,
                                           .kernel = 1,
                                           .stride = 1,
                                           .h_in = 3,
                                           .w_in = 5,
                                           .c_in = 67,
                                           .h_out = 3,
                                           .w_out = 5,
                                           .c_out = 3};
    static const struct nax_layer linear = {.name = "linear",
                                            .kind = NAX_LAYER_LINEAR,
                                            .kernel = 1,
                                            .stride = 1,
                                            .h_in = 1,
                                            .w_in = 1,
                                            .c_in = 131,
                                            .h_out = 1,
                                            .w_out = 1,
                                            .c_out = 11};
    const struct nax_layer *shapes[] = {&odd_conv, &point, &linear};
    const int64_t sizes[] = {1, 7, 16, 64, 128};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < 5; i++)
            for (int signs = 0; signs < 3; signs++) {
                struct nax_hardware h = default_hardware();
                h.signs = (enum nax_signs)signs;
                if (signs == 1)
                    h.adc.zero = NAX_ADC_ZERO_SIGNED;
                if (signs == 2)
                    h.precision.stream_bits = 2;
                struct product p = make(shapes[k], &h, sizes[i], (i + k) % 2, 1.9);
                compare_paths(&p, 3, true);
                product_free(&p);
            }
}

static void narrow_adcs_clamp(void **state)
{
    (void)state;
    /* three rows of full weights, all inputs at full scale: 9 LSBs in every slice and stream, of
     * which 3 bits keep 7: the product is 7/9 of the integers' */
    const struct nax_layer shape = {.name = "full",
                                    .kind = NAX_LAYER_LINEAR,
                                    .kernel = 1,
                                    .stride = 1,
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
    struct product p = {.weight = NULL};
    assert_int_equal(fixed_layer_alloc(&p.layer, &shape, &h, 4, weight, false, 1.5, &err), 0);
    assert_int_equal(product_alloc(&p, &err), 0);
    assert_null(p.weight);
    void *scratch = nax_aligned_calloc(1, product_scratch_size(&p.layer));
    assert_int_equal(product_forward(&p, 1, x, y, 0, scratch), 0);
    assert_float_equal(y[0], 2.25 * 7 / 9, 1e-6);
    assert_float_equal(y[1], -0.75, 1e-6); /* −6 + 3: nothing clamps */
    nax_aligned_free(scratch);
    product_free(&p);
    /* enough bits for the largest sum, not for that of every array of this size */
    h.adc.bits = 4;
    assert_int_equal(fixed_layer_alloc(&p.layer, &shape, &h, 64, weight, false, 1.5, &err), 0);
    assert_true(product_is_exact(&p.layer));
    fixed_layer_free(&p.layer);
    /* a signed ADC reaches half as far */
    h.adc.zero = NAX_ADC_ZERO_SIGNED;
    assert_int_equal(fixed_layer_alloc(&p.layer, &shape, &h, 64, weight, false, 1.5, &err), 0);
    assert_false(product_is_exact(&p.layer));
    fixed_layer_free(&p.layer);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct nax_hardware h = default_hardware();
    struct fixed_layer l;
    struct nax_err err;
    float weight[45 * 13] = {0};
    assert_int_equal(fixed_layer_alloc(&l, &odd_conv, &h, 0, weight, false, 1, &err),
                     NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "'odd'"));
    h.precision.weight_bits = h.precision.input_bits = 24;
    assert_int_equal(fixed_layer_alloc(&l, &odd_conv, &h, 64, weight, false, 1, &err),
                     NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "more than 53 bits"));
}

/* --- a whole network --- */

static void trained_network_keeps_its_accuracy(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_score ideal, quantized, again;
    struct nax_hardware h = default_hardware();
    int64_t crossbar[NAX_NETWORK_SLOTS_MAX], slots[] = {32, 64};
    struct nax_recipe recipe = nax_recipe_default();
    recipe.epochs = 1;
    recipe.batch = 32;

    assert_int_equal(nax_synth(&set, 5, 640, 403, &err), 0);
    assert_int_equal(nax_network_file_load(&file, "lenet", &err), 0);
    assert_int_equal(nax_network_build(&net, file, NULL, &err), 0);
    assert_int_equal(nax_network_crossbars(net, slots, 0, crossbar, &err), 0);
    assert_int_equal(nax_model_alloc(&model, net, 6, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, set, &recipe, 7, &err), 0);
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);

    struct nax_mapping mapping = {&h, crossbar, NAX_FIDELITY_IDEAL};
    assert_int_equal(nax_mapped_score(model, &mapping, set, 0, &ideal, &err), 0);
    assert_int_equal(nax_model_eval(model, &set->test, NULL, &again, &err), 0);
    assert_memory_equal(&ideal, &again, sizeof ideal);
    mapping.fidelity = NAX_FIDELITY_QUANTIZED;
    assert_int_equal(nax_mapped_score(model, &mapping, set, 0, &quantized, &err), 0);
    assert_int_equal(quantized.n_images, 403);
    assert_true(fabs(quantized.accuracy - ideal.accuracy) <= tolerance_accuracy);
    assert_true(fabs(quantized.loss / ideal.loss - 1) <= tolerance_loss);
    assert_true(quantized.loss != ideal.loss);
    nax_threads_set(1);
    assert_int_equal(nax_mapped_score(model, &mapping, set, 0, &again, &err), 0);
    assert_memory_equal(&quantized, &again, sizeof quantized);
    nax_threads_set(0);

    h.precision = (struct nax_precision){.weight_bits = 2,
                                         .input_bits = 2,
                                         .slice_bits = 2,
                                         .stream_bits = 1}; /* too coarse for anything */
    assert_int_equal(nax_mapped_score(model, &mapping, set, 0, &again, &err), 0);
    assert_true(fabs(again.loss / ideal.loss - 1) > 10 * tolerance_loss);
    nax_trainer_free(trainer);
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
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(trained_network_keeps_its_accuracy),
    };
    return cmocka_run_group_tests_name("mapped", tests, NULL, NULL);
}
