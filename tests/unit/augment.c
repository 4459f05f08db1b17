/* Unit tests of lib/nn/augment: TrivialAugment's operations by hand values, shares of mixed images.
 */
#include "../../lib/nn/augment.h"
#include "nax/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 8, CHANNELS = 3, N = SIDE * SIDE * CHANNELS };

static const uint8_t fill[CHANNELS] = {11, 22, 33};

static void random_image(uint8_t *pixels, uint64_t number)
{
    struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, number, 0, 0);
    for (size_t i = 0; i < N; i++)
        pixels[i] = (uint8_t)nax_rng_below(&rng, 256);
}

static void apply(enum augment_op op, double strength, const uint8_t *from, uint8_t *to)
{
    nax_augment_apply(op, strength, from, SIDE, SIDE, CHANNELS, fill, to);
}

static void without_strength_nothing_changes(void **state)
{
    (void)state;
    uint8_t from[N], to[N];
    random_image(from, 0);
    for (int op = 0; op < AUGMENT_OP_COUNT; op++) {
        if (op == AUGMENT_AUTO_CONTRAST || op == AUGMENT_EQUALIZE)
            continue;
        memset(to, 0xA5, sizeof to);
        apply((enum augment_op)op, 0, from, to);
        assert_memory_equal(from, to, N);
    }
}

/* Each operation's result differs from the image, and from the other way round. */
static void with_strength_everything_does(void **state)
{
    (void)state;
    uint8_t from[N], to[N], back[N];
    random_image(from, 1);
    for (int op = AUGMENT_ROTATE; op < AUGMENT_OP_COUNT; op++) {
        apply((enum augment_op)op, 0.2, from, to);
        assert_memory_not_equal(from, to, N);
        apply((enum augment_op)op, -0.2, from, back);
        bool has_ways = op < AUGMENT_POSTERIZE;
        assert_int_equal(memcmp(to, back, N) != 0, has_ways);
    }
}

static void turns_and_shifts_move_pixels(void **state)
{
    (void)state;
    uint8_t from[N], to[N];
    random_image(from, 2);
    apply(AUGMENT_ROTATE, 90.0 / 135, from, to);
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            assert_memory_equal(to + (y * SIDE + x) * CHANNELS,
                                from + ((SIDE - 1 - x) * SIDE + y) * CHANNELS, CHANNELS);
    apply(AUGMENT_TRANSLATE_X, 3.0 / 32, from, to);
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            assert_memory_equal(to + (y * SIDE + x) * CHANNELS,
                                x + 3 < SIDE ? from + (y * SIDE + x + 3) * CHANNELS : fill,
                                CHANNELS);
    apply(AUGMENT_TRANSLATE_Y, -2.0 / 32, from, to);
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            assert_memory_equal(to + (y * SIDE + x) * CHANNELS,
                                y >= 2 ? from + ((y - 2) * SIDE + x) * CHANNELS : fill, CHANNELS);
    /* rows of the middle move by half a pixel's share of 0.99 or less: not at all */
    apply(AUGMENT_SHEAR_X, 1, from, to);
    for (size_t y = SIDE / 2 - 1; y <= SIDE / 2; y++)
        assert_memory_equal(to + y * SIDE * CHANNELS, from + y * SIDE * CHANNELS, SIDE * CHANNELS);
    assert_memory_equal(to, fill, CHANNELS); /* the top row moves by 3.465 */
    assert_memory_equal(to + 3 * CHANNELS, from, CHANNELS);
}

static void colours_by_hand(void **state)
{
    (void)state;
    const uint8_t two[2 * CHANNELS] = {10, 100, 200, 50, 150, 250};
    uint8_t to[2 * CHANNELS];
    nax_augment_apply(AUGMENT_BRIGHTNESS, 0.5, two, 1, 2, CHANNELS, fill, to);
    assert_memory_equal(to, ((uint8_t[]){15, 150, 255, 75, 224, 255}), sizeof to); /* · 1.495 */
    nax_augment_apply(AUGMENT_COLOUR, -1, two, 1, 2, CHANNELS, fill, to);
    /* luminances 84.49 and 131.5, of which a hundredth is left */
    assert_memory_equal(to, ((uint8_t[]){84, 85, 86, 131, 132, 133}), sizeof to);
    nax_augment_apply(AUGMENT_CONTRAST, -1, two, 1, 2, CHANNELS, fill, to);
    assert_memory_equal(to, ((uint8_t[]){107, 108, 109, 107, 108, 109}), sizeof to); /* 107.995 */
    nax_augment_apply(AUGMENT_SOLARIZE, 0.5, two, 1, 2, CHANNELS, fill, to);
    assert_memory_equal(to, ((uint8_t[]){10, 100, 55, 50, 105, 5}), sizeof to); /* from 128 on */
    nax_augment_apply(AUGMENT_POSTERIZE, 1, two, 1, 2, CHANNELS, fill, to);
    assert_memory_equal(to, ((uint8_t[]){0, 64, 192, 0, 128, 192}), sizeof to); /* two bits */
    nax_augment_apply(AUGMENT_AUTO_CONTRAST, 0.3, two, 1, 2, CHANNELS, fill, to);
    assert_memory_equal(to, ((uint8_t[]){0, 0, 0, 255, 255, 255}), sizeof to);
    const uint8_t grey[9] = {0, 0, 0, 0, 130, 0, 0, 0, 0};
    uint8_t sharp[9];
    nax_augment_apply(AUGMENT_SHARPNESS, -1, grey, 3, 3, 1, fill, sharp);
    assert_int_equal(sharp[4], 51); /* 130 · (5 / 13 + 0.01 · 8 / 13) = 50.8 */
    assert_int_equal(sharp[0], 0);
    nax_augment_apply(AUGMENT_SHARPNESS, 1, grey, 3, 3, 1, fill, sharp);
    assert_int_equal(sharp[4], 209); /* 50 + 1.99 · 80 */
}

/* 256 values, each once, are flat already; so few that a step is none stay; half of them at the
 * bottom end at the top. */
static void histograms_become_flat(void **state)
{
    (void)state;
    uint8_t from[1024], to[1024];
    for (int i = 0; i < 256; i++)
        from[i] = (uint8_t)i;
    nax_augment_apply(AUGMENT_EQUALIZE, 0, from, 16, 16, 1, fill, to);
    assert_memory_equal(from, to, 256);
    nax_augment_apply(AUGMENT_EQUALIZE, 0, from, 2, 2, 1, fill, to);
    assert_memory_equal(from, to, 4);
    for (int i = 0; i < 1024; i++)
        from[i] = (uint8_t)(i < 512 ? 7 : 9);
    nax_augment_apply(AUGMENT_EQUALIZE, 0, from, 32, 32, 1, fill, to);
    assert_int_equal(to[0], 0);
    assert_int_equal(to[1023], 255); /* 512 / 255 a step: (1 + 512) / 2, at most 255 */
}

static struct nax_images images_of(uint8_t *pixels, int32_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        random_image(pixels + i * N, i);
        labels[i] = (int32_t)i;
    }
    return (struct nax_images){n, SIDE, SIDE, CHANNELS, pixels, labels};
}

/* Two images, and pixels as they are, from 0 to 1. */
struct two {
    uint8_t pixels[2 * N];
    int32_t labels[2];
    struct nax_images images;
    struct pixel_table table;
};

static void two_fill(struct two *two)
{
    const double none[3] = {0}, one[3] = {1, 1, 1};
    two->images = images_of(two->pixels, two->labels, 2);
    nax_pixel_table_make(&two->table, CHANNELS, none, one);
}

/* Beta(α, α) has mean 1/2 and variance 1 / (4 (2 α + 1)); cutmix' parts are clipped at borders, so
 * that more than half is left on the average. */
static void shares_have_their_distribution(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    struct two two;
    struct nax_err err;
    two_fill(&two);
    const double alphas[] = {0.2, 1, 3};
    for (size_t k = 0; k < 3; k++) {
        struct nax_recipe recipe = nax_recipe_default();
        struct augment a;
        recipe.mixup = alphas[k];
        assert_int_equal(nax_augment_init(&a, &two.images, &recipe, &two.table, 3, &err), 0);
        double sum = 0, square = 0, variance = 1 / (4 * (2 * alphas[k] + 1));
        for (size_t i = 0; i < DRAWS; i++) {
            double share = nax_augment_share(&a, i, 0);
            assert_true(share >= 0 && share <= 1);
            sum += share;
            square += (share - 0.5) * (share - 0.5);
        }
        assert_true(fabs(sum / DRAWS - 0.5) < 5 * sqrt(variance / DRAWS));
        assert_true(fabs(square / DRAWS - variance) < 0.05 * variance);
        nax_augment_release(&a);
    }
    struct nax_recipe recipe = nax_recipe_default();
    struct augment a;
    assert_int_equal(nax_augment_init(&a, &two.images, &recipe, &two.table, 3, &err), 0);
    assert_true(nax_augment_share(&a, 0, 0) == 1);
    recipe.cutmix = 1;
    double sum = 0;
    for (size_t i = 0; i < DRAWS; i++)
        sum += nax_augment_share(&a, i, 0);
    assert_true(sum / DRAWS > 0.55 && sum / DRAWS < 0.75);
    nax_augment_release(&a);
}

/* What is loaded is made of two images, by the share that is told: of the sum, or of the pixels. */
static void images_are_mixed_by_their_share(void **state)
{
    (void)state;
    struct two two;
    struct nax_err err;
    two_fill(&two);
    struct nax_recipe recipe = nax_recipe_default();
    struct augment plain, mixed;
    float a[N], b[N], out[N];
    struct nax_recipe mixing = recipe;
    assert_int_equal(nax_augment_init(&plain, &two.images, &recipe, &two.table, 3, &err), 0);
    assert_int_equal(nax_augment_init(&mixed, &two.images, &mixing, &two.table, 3, &err), 0);
    size_t n_mixed = 0;
    for (size_t epoch = 0; epoch < 50; epoch++) {
        mixing.mixup = epoch % 2 ? 1 : 0;
        mixing.cutmix = epoch % 2 ? 0 : 1;
        double share = nax_augment_share(&mixed, epoch, 0);
        nax_augment_load(&plain, epoch, 0, 1, a);
        nax_augment_load(&plain, epoch, 1, 0, b);
        nax_augment_load(&mixed, epoch, 0, 1, out);
        size_t own = 0;
        for (size_t i = 0; i < N; i++) {
            if (mixing.mixup > 0)
                assert_true(fabs((double)out[i] - share * (double)a[i] -
                                 (1 - share) * (double)b[i]) < 1e-6);
            else
                assert_true(out[i] == a[i] || out[i] == b[i]);
        }
        for (size_t i = 0; i < N; i += CHANNELS)
            own += !memcmp(out + i, a + i, CHANNELS * sizeof *out);
        if (mixing.cutmix > 0) {
            assert_true((double)own / (SIDE * SIDE) >= share - 1e-9);
            n_mixed += own < SIDE * SIDE;
        }
    }
    assert_true(n_mixed > 10);
    nax_augment_release(&plain);
    nax_augment_release(&mixed);
}

/* Every operation comes up, and an image and epoch have one. */
static void every_operation_comes_up(void **state)
{
    (void)state;
    uint8_t pixels[N], changed[N];
    int32_t label;
    const struct nax_images images = images_of(pixels, &label, 1);
    struct pixel_table table;
    struct nax_err err;
    const double none[3] = {0}, one[3] = {1, 1, 1};
    struct nax_recipe recipe = nax_recipe_default();
    struct augment a;
    recipe.trivial = true;
    recipe.crop = 0;
    recipe.flip = false;
    nax_pixel_table_make(&table, CHANNELS, none, one);
    assert_int_equal(nax_augment_init(&a, &images, &recipe, &table, 3, &err), 0);
    nax_augment_set_mean(&a, (const double[]){11 / 255.0, 22 / 255.0, 33 / 255.0});
    bool has_come[AUGMENT_OP_COUNT] = {false};
    for (size_t epoch = 0; epoch < 300; epoch++) {
        float got[N], again[N];
        bool is_found = false;
        nax_augment_load(&a, epoch, 0, 0, got);
        nax_augment_load(&a, epoch, 0, 0, again);
        assert_memory_equal(got, again, sizeof got);
        for (int op = 0; op < AUGMENT_OP_COUNT && !is_found; op++)
            for (int k = -30; k <= 30 && !is_found; k++) {
                apply((enum augment_op)op, k / 30.0, pixels, changed);
                is_found = true;
                for (size_t i = 0; i < N && is_found; i++)
                    is_found = got[i] == table.value[i % CHANNELS][changed[i]];
                if (is_found)
                    has_come[op] = true;
            }
        assert_true(is_found);
    }
    for (int op = 0; op < AUGMENT_OP_COUNT; op++)
        if (op != AUGMENT_AUTO_CONTRAST && op != AUGMENT_EQUALIZE) /* may leave this one alone */
            assert_true(has_come[op]);
    nax_augment_release(&a);
}

/* Grey images take all operations as colours do; others are moved, or left alone. */
static void other_channels_are_moved(void **state)
{
    (void)state;
    struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, 8, 0, 0);
    size_t n[NAX_MAX_CHANNELS + 1][AUGMENT_OP_COUNT] = {{0}};
    for (size_t channels = 1; channels <= NAX_MAX_CHANNELS; channels++)
        for (int i = 0; i < 1000; i++)
            n[channels][nax_augment_draw(channels, &rng)]++;
    for (size_t channels = 1; channels <= NAX_MAX_CHANNELS; channels++)
        for (int op = 0; op < AUGMENT_OP_COUNT; op++) {
            bool moves =
                op == AUGMENT_IDENTITY || (op >= AUGMENT_ROTATE && op <= AUGMENT_TRANSLATE_Y);
            assert_int_equal(n[channels][op] > 0, channels == 1 || channels == 3 || moves);
        }
    uint8_t from[SIDE * SIDE * 5], to[sizeof from];
    const uint8_t background[5] = {1, 2, 3, 4, 5};
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)nax_rng_below(&rng, 256);
    nax_augment_apply(AUGMENT_TRANSLATE_Y, 3.0 / 32, from, SIDE, SIDE, 5, background, to);
    assert_memory_equal(to, from + 3 * SIDE * 5, (SIDE - 3) * SIDE * 5);
    for (size_t i = (SIDE - 3) * SIDE * 5; i < sizeof to; i++)
        assert_int_equal(to[i], background[i % 5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_strength_nothing_changes),
        cmocka_unit_test(with_strength_everything_does),
        cmocka_unit_test(turns_and_shifts_move_pixels),
        cmocka_unit_test(colours_by_hand),
        cmocka_unit_test(histograms_become_flat),
        cmocka_unit_test(shares_have_their_distribution),
        cmocka_unit_test(images_are_mixed_by_their_share),
        cmocka_unit_test(every_operation_comes_up),
        cmocka_unit_test(other_channels_are_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
