/* Unit tests of one-shot evolution: parts of one network, their gradients, a task whose best design
 * is known. */
#include "../../lib/cosearch/evolution.h"
#include "../../lib/cosearch/transfer.h"
#include "../../lib/nn/pass.h"
#include "nax/cosearch.h"
#include "nax/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const double tolerance_slope = 2e-2;  /* of the largest gradient: differences in float */
static const double tolerance_logits = 1e-5; /* zeros more to add: other engines */
static const double accurate = 0.9;          /* a fraction of images that chance does not reach */

/* Two stages of one block each, whose shortcut is a convolution where they differ. */
static const char blocks_text[] = "name: blocks\n"
                                  "input: {height: 8, width: 8, channels: 3}\n"
                                  "classes: 2\n"
                                  "layers:\n"
                                  "  - conv: {role: stem, out: 6, kernel: 3}\n"
                                  "  - stage: {blocks: 1, out: 6, kernel: 3}\n"
                                  "  - stage: {blocks: 1, out: 8, kernel: 3, stride: 2, "
                                  "shortcut: conv}\n"
                                  "  - pool: {kind: mean, kernel: 0}\n"
                                  "  - linear: {role: classifier}\n";
/* The shapes of the second stage differ by widths alone. */
static const char flat_text[] = "name: flat\n"
                                "input: {height: 8, width: 8, channels: 3}\n"
                                "classes: 2\n"
                                "layers:\n"
                                "  - conv: {role: stem, out: 6, kernel: 3}\n"
                                "  - stage: {blocks: 1, out: 6, kernel: 3}\n"
                                "  - stage: {blocks: 1, out: 6, kernel: 3, shortcut: conv}\n"
                                "  - pool: {kind: mean, kernel: 0}\n"
                                "  - linear: {role: classifier}\n";
/* A linear layer that reads pixels. */
static const char pixels_text[] = "name: pixels\n"
                                  "input: {height: 8, width: 8, channels: 3}\n"
                                  "classes: 2\n"
                                  "layers:\n"
                                  "  - conv: {out: 6, kernel: 3}\n"
                                  "  - conv: {out: 6, kernel: 3}\n"
                                  "  - pool: {kind: mean, kernel: 4, stride: 4}\n"
                                  "  - linear: {role: classifier}\n";
/* So many designs that few of them can be looked at. */
static const char deep_text[] = "name: deep\n"
                                "input: {height: 8, width: 8, channels: 3}\n"
                                "classes: 2\n"
                                "layers:\n"
                                "  - conv: {out: 6, kernel: 3}\n"
                                "  - conv: {out: 6, kernel: 3}\n"
                                "  - conv: {out: 6, kernel: 3}\n"
                                "  - conv: {out: 6, kernel: 3}\n"
                                "  - pool: {kind: mean, kernel: 4, stride: 4}\n"
                                "  - linear: {role: classifier}\n";
/* Groups that lie together on a crossbar; where both convolutions have one width, or one follows
 * the other's, the network can do without. */
static const char depthwise_text[] = "name: apart\n"
                                     "input: {height: 8, width: 8, channels: 3}\n"
                                     "classes: 2\n"
                                     "layers:\n"
                                     "  - conv: {out: 6, kernel: 3}\n"
                                     "  - conv: {kernel: 3, groups: 6}\n"
                                     "  - pool: {kind: mean, kernel: 0}\n"
                                     "  - linear: {role: classifier}\n";
static const char *const network_path = "./evolution_test.yaml";

enum { N_IMAGES = 260, SIDE = 8 };

/* Two bright pixels side by side, or one above the other: a task for 3×3 kernels. */
struct pixels {
    struct nax_dataset set;
    uint8_t pixels[N_IMAGES][SIDE][SIDE][3];
    int32_t labels[N_IMAGES];
};

struct fixture {
    struct nax_space space;
    struct nax_network_file *file;
    struct nax_hardware *hardware;
    struct pixels d;
};

static void pixels_fill(struct pixels *d)
{
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 0, 0, 0);
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < N_IMAGES; i++) {
        size_t label = i % 2;
        d->labels[i] = (int32_t)label;
        for (int n = 0; n < 3; n++) {
            size_t y = 1 + nax_rng_below(&rng, SIDE - 3), x = 1 + nax_rng_below(&rng, SIDE - 3);
            memset(d->pixels[i][y][x], 250, 3);
            memset(d->pixels[i][y + label][x + 1 - label], 250, 3);
        }
    }
    d->set = (struct nax_dataset){.name = "pixels", .n_classes = 2};
    d->set.train = (struct nax_images){N_IMAGES, SIDE, SIDE, 3, d->pixels[0][0][0], d->labels};
}

/* Kernels 1 and 3, crossbars of 16 and 32, and 4 or 6 channels in the first stage. */
static void fixture_make(struct fixture *f, const char *text)
{
    struct nax_err err;
    int64_t kernel[8];
    bool can_skip[8];
    FILE *file = fopen(network_path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    f->space = (struct nax_space){.name = "test",
                                  .n_kernels = 2,
                                  .kernels = {1, 3},
                                  .n_crossbars = 2,
                                  .crossbars = {16, 32},
                                  .has_skip = true};
    assert_int_equal(nax_network_file_load(&f->file, network_path, &err), 0);
    unlink(network_path);
    f->space.n_stages = f->space.n_stages_listed = nax_network_file_n_stages(f->file);
    for (size_t s = 0; s < f->space.n_stages; s++) {
        f->space.width_own[s] = nax_network_file_width(f->file, s);
        snprintf(f->space.stage_names[s], sizeof f->space.stage_names[s], "%s",
                 nax_network_file_stage_name(f->file, s));
    }
    f->space.n_widths[0] = 2;
    f->space.widths[0][0] = 4;
    f->space.widths[0][1] = 6;
    int64_t width[8];
    struct nax_network_file *narrow;
    memcpy(width, f->space.width_own, sizeof width);
    width[0] = 4;
    assert_int_equal(nax_network_file_widen(&narrow, f->file, width, &err), 0);
    size_t n = nax_network_file_n_slots(f->file);
    for (size_t s = 0; s < n; s++) {
        kernel[s] = nax_network_file_kernel(f->file, s);
        can_skip[s] = nax_network_file_can_skip(f->file, s) && nax_network_file_can_skip(narrow, s);
    }
    nax_network_file_free(narrow);
    assert_int_equal(nax_space_bind(&f->space, n, kernel, can_skip, &err), 0);
    assert_int_equal(nax_hardware_load(&f->hardware, "nax-reram", &err), 0);
    pixels_fill(&f->d);
}

static void fixture_free(struct fixture *f)
{
    nax_network_file_free(f->file);
    nax_hardware_free(f->hardware);
}

/* --- parts of one network --- */

static void slices_make(struct slices *slices, const struct fixture *f)
{
    struct nax_err err;
    if (nax_slices_alloc(slices, &f->space, f->file, 3, &err))
        fail_msg("%s", err.text);
    struct nax_rng rng = nax_rng_at(7, NAX_RNG_TEST, 0, 0, 0);
    for (size_t l = 0; l < slices->net->n_layers; l++) { /* so that every channel differs */
        const struct nax_params *p = &slices->model.layer[l];
        for (size_t c = 0; p->beta && c < slices->net->layers[l].c_out; c++) {
            p->beta[c] = (float)(0.2 * nax_rng_normal(&rng));
            if (p->gamma)
                p->gamma[c] = (float)(1 + 0.2 * nax_rng_normal(&rng));
        }
    }
}

static struct slice *slice_make(const struct slices *slices, const int64_t *kernel,
                                const int64_t *width)
{
    struct nax_err err;
    struct slice *slice;
    if (nax_slice_alloc(&slice, slices, kernel, width, &err))
        fail_msg("%s", err.text);
    nax_slice_move(slices, slice, SLICE_CUT, slices->model.values);
    return slice;
}

static void parts_are_middles_and_first_channels(void **state)
{
    (void)state;
    static struct fixture f;
    struct slices slices;
    const int64_t kernel[] = {1, 3}, width[] = {4, 6};
    fixture_make(&f, pixels_text);
    slices_make(&slices, &f);
    struct slice *slice = slice_make(&slices, kernel, width);
    const struct nax_params *part = slice->model.layer, *whole = slices.model.layer;
    size_t n = slices.model.n_values / 2;
    for (size_t c = 0; c < 3; c++) /* 3 channels of the image to 4 of 6, the middle of 9 taps */
        for (size_t k = 0; k < 4; k++)
            assert_true(part[0].weight[c * 4 + k] == whole[0].weight[(4 * 3 + c) * 6 + k]);
    for (size_t t = 0; t < 9; t++)
        for (size_t c = 0; c < 4; c++)
            for (size_t k = 0; k < 6; k++)
                assert_true(part[1].weight[(t * 4 + c) * 6 + k] ==
                            whole[1].weight[(t * 6 + c) * 6 + k]);
    assert_memory_equal(part[0].beta, whole[0].beta, 4 * sizeof(float));
    float *before = malloc(n * sizeof *before);
    memcpy(before, slices.model.values, n * sizeof *before);
    nax_slice_move(&slices, slice, SLICE_PUT_BACK, slices.model.values);
    assert_memory_equal(before, slices.model.values, n * sizeof *before);
    part[1].weight[5] += 1; /* tap 0, channel 0 to 5 */
    nax_slice_move(&slices, slice, SLICE_PUT_BACK, slices.model.values);
    for (size_t i = 0; i < n; i++)
        assert_true((slices.model.values[i] != before[i]) ==
                    (i == (size_t)(whole[1].weight - slices.model.values) + 5));
    free(before);
    nax_slice_free(slice);
    /* pixels of a linear layer's input have fewer channels each */
    f.space.n_widths[0] = 0;
    f.space.n_widths[1] = 2;
    f.space.widths[1][0] = 4;
    f.space.widths[1][1] = 6;
    nax_slices_free(&slices);
    slices_make(&slices, &f);
    const int64_t own[] = {3, 3}, narrow[] = {6, 4};
    slice = slice_make(&slices, own, narrow);
    for (size_t pixel = 0; pixel < 4; pixel++)
        for (size_t c = 0; c < 4; c++)
            for (size_t k = 0; k < 2; k++)
                assert_true(slice->model.layer[3].weight[(pixel * 4 + c) * 2 + k] ==
                            slices.model.layer[3].weight[(pixel * 6 + c) * 2 + k]);
    nax_slice_free(slice);
    nax_slices_free(&slices);
    fixture_free(&f);
}

/* --- a trained network in a supernet --- */

static void logits_of(const struct nax_model *model, const struct fixture *f,
                      float logits[N_IMAGES][2])
{
    struct nax_err err;
    struct nax_score score;
    const struct nax_eval eval = {.logits = logits[0]};
    if (nax_model_eval(model, &f->d.set.train, &eval, &score, &err))
        fail_msg("%s", err.text);
}

/* A checkpoint of the fixture's own network, which is neither the widest nor of the largest
 * kernels, and what it puts out. */
static void own_make(const struct fixture *f, const char *path, float logits[N_IMAGES][2])
{
    struct nax_err err;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_rng rng = nax_rng_at(9, NAX_RNG_TEST, 0, 0, 0);
    assert_int_equal(nax_network_build(&net, f->file, NULL, &err), 0);
    assert_int_equal(nax_model_alloc(&model, net, 5, &err), 0);
    for (size_t i = 0; i < model->n_values; i++) /* all of it, variances too */
        model->values[i] += (float)(0.3 * nax_rng_uniform(&rng));
    for (size_t c = 0; c < 3; c++) {
        model->pixel_mean[c] = 0.11 * (double)(c + 1);
        model->pixel_sd[c] = 0.31 + 0.1 * (double)c;
    }
    assert_int_equal(nax_model_save(model, path, NULL, 0, &err), 0);
    logits_of(model, f, logits);
    nax_model_free(model);
    nax_network_free(net);
}

static void check_spread(const char *text, size_t n_stages)
{
    static struct fixture f;
    static float own[N_IMAGES][2], got[N_IMAGES][2];
    const char *path = "evolution_test.safetensors";
    struct slices slices;
    struct nax_err err;
    bool is_spread;
    int64_t kernel[NAX_SLOTS_MAX], width[NAX_SLOTS_MAX];
    fixture_make(&f, text);
    f.space.kernels[f.space.n_kernels++] = 5;
    for (size_t s = 0; s < n_stages; s++) {
        f.space.n_widths[s] = 2;
        f.space.widths[s][0] = f.space.width_own[s];
        f.space.widths[s][1] = f.space.width_own[s] + 3;
    }
    own_make(&f, path, own);
    slices_make(&slices, &f);
    if (nax_supernet_start(&slices.model, f.file, path, &is_spread, &err))
        fail_msg("%s", err.text);
    assert_true(is_spread);
    struct slice *slice = slice_make(&slices, f.space.kernel_own, f.space.width_own);
    logits_of(&slice->model, &f, got);
    assert_memory_equal(got, own, sizeof own);
    nax_slice_free(slice);
    nax_slices_widest(&f.space, kernel, width);
    slice = slice_make(&slices, kernel, width);
    logits_of(&slice->model, &f, got);
    for (size_t i = 0; i < N_IMAGES; i++)
        for (size_t c = 0; c < 2; c++)
            assert_true(fabs((double)(got[i][c] - own[i][c])) <=
                        tolerance_logits * (1 + fabs((double)own[i][c])));
    /* what is drawn is not all gone: it can be trained */
    size_t c_out = slices.net->layers[0].c_out;
    assert_true(slices.model.layer[0].weight[c_out - 1] != 0);
    nax_slice_free(slice);
    nax_slices_free(&slices);
    fixture_free(&f);
    unlink(path);
}

static void a_trained_network_is_a_part(void **state)
{
    (void)state;
    check_spread(pixels_text, 2);
    check_spread(blocks_text, 2);
    check_spread(depthwise_text, 1);
}

static void load_image(const void *self, size_t b, float *out)
{
    const struct nax_images *images = self;
    for (size_t i = 0; i < SIDE * SIDE * 3; i++)
        out[i] = (float)images->pixels[b * SIDE * SIDE * 3 + i] / 250.0f;
}

enum { BATCH = 32 };

/* Loss of a part, and its gradient by the values of the whole network, 0 where it has none. */
static double loss_of(const struct slices *slices, const struct fixture *f, const int64_t *kernel,
                      const int64_t *width, float *gradient)
{
    struct nax_err err;
    struct pass_memory memory = {.block = NULL};
    struct pass *pass;
    struct pass_result result;
    struct slice *slice = slice_make(slices, kernel, width);
    const struct pass_batch batch = {
        .image = load_image, .self = &f->d.set.train, .labels = f->d.labels};
    if (nax_pass_alloc(&pass, &slice->model, BATCH, NAX_ARITHMETIC_FP32, &memory, &err) ||
        nax_pass_forward(pass, &batch, &result, &err) || nax_pass_backward(pass, &err))
        fail_msg("%s", err.text);
    if (gradient) {
        size_t n = slices->model.n_values / 2;
        for (size_t l = 0; l < slice->net->n_layers; l++) {
            const struct nax_params *p = &slice->model.layer[l], *g = nax_pass_gradient(pass, l);
            const float *const values = slices->model.values;
            if (p->weight)
                memcpy(gradient + (p->weight - values), g->weight,
                       nax_layer_n_weights(&slice->net->layers[l]) * sizeof(float));
            if (p->beta)
                memcpy(gradient + (p->beta - values), g->beta,
                       slice->net->layers[l].c_out * sizeof(float));
            if (p->gamma)
                memcpy(gradient + (p->gamma - values), g->gamma,
                       slice->net->layers[l].c_out * sizeof(float));
        }
        memset(gradient, 0, n * sizeof *gradient);
        nax_slice_move(slices, slice, SLICE_PUT_BACK, gradient);
    }
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    nax_slice_free(slice);
    return result.loss;
}

static void gradients_of_parts_match_finite_differences(void **state)
{
    (void)state;
    static struct fixture f;
    struct slices slices;
    const int64_t kernel[] = {3, 1, 1, 3}, width[] = {4, 8};
    const float step = 5e-4f;
    size_t n_zero = 0, n_live = 0;
    float largest = 0; /* in double, gcc 12 breaks down at the loop for arm64 */
    fixture_make(&f, blocks_text);
    slices_make(&slices, &f);
    size_t n = slices.model.n_values / 2;
    float *gradient = calloc(2 * n, sizeof *gradient);
    assert_non_null(gradient);
    loss_of(&slices, &f, kernel, width, gradient);
    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(gradient[i]));
    for (size_t i = 0; i < n; i += 5) {
        float old = slices.model.values[i];
        slices.model.values[i] = old + step;
        double up = loss_of(&slices, &f, kernel, width, NULL);
        slices.model.values[i] = old - step;
        double down = loss_of(&slices, &f, kernel, width, NULL);
        slices.model.values[i] = old;
        double slope = (up - down) / (2 * (double)step);
        if (!(fabs(slope - (double)gradient[i]) <= tolerance_slope * (double)largest))
            fail_msg("value %zu: %g, finite difference %g", i, (double)gradient[i], slope);
        n_zero += gradient[i] == 0;
        n_live += gradient[i] != 0;
    }
    assert_true(n_zero > 50 && n_live > 50);
    free(gradient);
    nax_slices_free(&slices);
    fixture_free(&f);
}

static void skipped_block_is_the_identity(void **state)
{
    (void)state;
    static struct fixture f;
    struct slices slices;
    const int64_t all[] = {3, 3, 3, 3}, skipped[] = {0, 0, 3, 3}, width[] = {6, 8};
    fixture_make(&f, blocks_text);
    slices_make(&slices, &f);
    double whole = loss_of(&slices, &f, all, width, NULL);
    double left_out = loss_of(&slices, &f, skipped, width, NULL);
    assert_true(whole != left_out);
    for (size_t l = 0; l < slices.net->n_layers; l++) /* a block that adds nothing */
        if (!strcmp(slices.net->layers[l].name, "s1b1c2")) {
            memset(slices.model.layer[l].gamma, 0, 6 * sizeof(float));
            memset(slices.model.layer[l].beta, 0, 6 * sizeof(float));
        }
    assert_true(loss_of(&slices, &f, all, width, NULL) == left_out);
    assert_true(loss_of(&slices, &f, skipped, width, NULL) == left_out);
    nax_slices_free(&slices);
    fixture_free(&f);
}

static void networks_that_are_no_parts_are_refused(void **state)
{
    (void)state;
    static struct fixture f;
    struct slices slices;
    struct nax_err err;
    fixture_make(&f, flat_text);
    assert_int_equal(nax_slices_alloc(&slices, &f.space, f.file, 3, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "layer 's2b1sc' is there for some widths, and not for the "
                                  "largest, of which all networks have to be parts: 'space test'");
    fixture_free(&f);
}

/* --- evolution --- */

static struct nax_evolution_options options_of(const struct fixture *f, uint64_t seed)
{
    struct nax_evolution_options o = nax_evolution_default();
    o.space = &f->space;
    o.file = f->file;
    o.set = &f->d.set;
    o.hardware = f->hardware;
    o.seed = seed;
    o.fidelity = NAX_FIDELITY_IDEAL;
    o.recipe.batch = 26;
    o.recipe.epochs = 16;
    o.recipe.learning_rate = 0.2;
    o.recipe.crop = 1;
    o.recipe.flip = false;
    o.recipe.validation = 0.3;
    o.population = 8;
    o.n_statistics = 64;
    return o;
}

static struct nax_evolution *evolve(const struct nax_evolution_options *o)
{
    struct nax_err err;
    struct nax_evolution *e;
    struct nax_epoch epoch;
    int status = nax_evolution_alloc(&e, o, &err);
    for (size_t i = 0; !status && i < o->recipe.epochs; i++)
        status = nax_evolution_epoch(e, NULL, NULL, &epoch, &err);
    while (!status && (status = nax_evolution_generation(e, NULL, NULL, &err)) > 0)
        status = 0;
    if (status)
        fail_msg("%s", err.text);
    return e;
}

static bool sees(const struct nax_candidate *c)
{
    bool any = false;
    for (size_t s = 0; s < c->n_slots; s++)
        any = any || c->kernel[s] == 3;
    return any;
}

/* The least EDAP of an accurate design. */
static double cheapest(const struct nax_evolution *e)
{
    double edap = INFINITY;
    for (size_t i = 0; i < nax_evolution_n(e); i++) {
        const struct nax_evolved *d = nax_evolution_at(e, i);
        if (d->accuracy >= accurate) {
            assert_true(sees(&d->candidate)); /* a kernel of 1 sees single pixels */
            edap = fmin(edap, d->cost.edap_pj_ns_mm2);
        }
    }
    return edap;
}

/* 1296 designs: crossbars of 16, 32 and 64, each unit in a tile of its own, so that all count. */
static void deepen(struct fixture *f)
{
    const int64_t kernel[] = {3, 3, 3, 3};
    const bool can_skip[] = {false, false, false, false};
    struct nax_err err;
    fixture_make(f, deep_text);
    f->space.n_widths[0] = 0;
    f->space.n_crossbars = 3;
    f->space.crossbars[2] = 64;
    f->hardware->hierarchy.units_per_core = f->hardware->hierarchy.cores_per_tile = 1;
    assert_int_equal(nax_space_bind(&f->space, 4, kernel, can_skip, &err), 0);
}

struct priced {
    double edap;
    uint64_t design;
};

static int compare_priced(const void *a, const void *b)
{
    const struct priced *x = a, *y = b;
    return (x->edap > y->edap) - (x->edap < y->edap);
}

/* The least EDAP of all accurate designs: costs need no images, and the cheap ones are looked at
 * first. No other is within a tenth. */
static double least(struct nax_evolution *e)
{
    const struct nax_space *space = e->options.space;
    struct priced *all = calloc(space->n_designs, sizeof *all);
    struct nax_candidate c;
    struct nax_cost cost;
    struct nax_err err;
    double edap = INFINITY;
    for (uint64_t i = 0; i < space->n_designs; i++) {
        nax_space_design(space, i, e->options.seed, &c);
        assert_int_equal(nax_evolution_price(e, &c, &cost, &err), 0);
        all[i] = (struct priced){cost.edap_pj_ns_mm2, i};
    }
    qsort(all, space->n_designs, sizeof *all, compare_priced);
    for (uint64_t i = 0; i < space->n_designs && isinf(edap); i++) {
        nax_space_design(space, all[i].design, e->options.seed, &c);
        assert_int_equal(nax_evolution_look(e, &c, NULL, &err), 0);
        if (nax_evolution_at(e, nax_evolution_n(e) - 1)->accuracy >= accurate)
            edap = all[i].edap;
    }
    size_t n_near = 0;
    for (uint64_t i = 0; i < space->n_designs; i++)
        n_near += all[i].edap >= edap && all[i].edap <= 1.1 * edap;
    assert_int_equal(n_near, 1);
    free(all);
    return edap;
}

static void front_rises(const struct nax_evolution *e)
{
    struct nax_err err;
    size_t n, *front = calloc(nax_evolution_n(e), sizeof *front);
    assert_int_equal(nax_evolution_front(e, front, &n, &err), 0);
    for (size_t i = 1; i < n; i++) {
        const struct nax_evolved *a = nax_evolution_at(e, front[i - 1]);
        const struct nax_evolved *b = nax_evolution_at(e, front[i]);
        assert_true(
            a->accuracy < b->accuracy ||
            (a->accuracy == b->accuracy && a->cost.edap_pj_ns_mm2 == b->cost.edap_pj_ns_mm2));
    }
    free(front);
}

/* One design is the best, and the next one costs a tenth more at least. Looking at n of them finds
 * it with chance n / 1296 where these are drawn at random; evolution finds it more often than not,
 * and never misses by half. */
static void best_design_is_found(void **state)
{
    (void)state;
    static struct fixture f;
    size_t n_found = 0;
    deepen(&f);
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct nax_evolution_options o = options_of(&f, seed);
        o.n_designs = 192;
        struct nax_evolution *e = evolve(&o);
        assert_int_equal(nax_evolution_n(e), o.n_designs);
        front_rises(e);
        const double found = cheapest(e), best = least(e);
        if (!(found <= 1.5 * best))
            fail_msg("seed %d: EDAP %g, there is %g", (int)seed, found, best);
        n_found += found == best;
        nax_evolution_free(e);
    }
    assert_true(n_found >= 3);
    fixture_free(&f);
}

/* Converters of 5 and 8 bits, beside whatever else the space has. */
static void search_adc_bits(struct fixture *f)
{
    struct nax_err err;
    f->space.n_adc_bits = 2;
    f->space.adc_bits[0] = 5;
    f->space.adc_bits[1] = 8;
    const struct nax_space unbound = f->space;
    assert_int_equal(
        nax_space_bind(&f->space, unbound.n_slots, unbound.kernel_own, unbound.can_skip, &err), 0);
}

/* A design that descended has its kernels, skips, widths and ranges of converters, and no change of
 * one convolution's crossbar or bits makes it cheaper; nor does another descent. */
static void descent_ends_where_no_step_is_cheaper(void **state)
{
    (void)state;
    static struct fixture f;
    struct nax_err err;
    struct nax_evolution *e;
    size_t n_cheaper = 0;
    fixture_make(&f, blocks_text);
    f.space.n_adc_ranges = 3;
    f.space.adc_ranges[0] = 0.25;
    f.space.adc_ranges[1] = 0.5;
    f.space.adc_ranges[2] = 1;
    search_adc_bits(&f);
    struct nax_evolution_options o = options_of(&f, 1);
    assert_int_equal(nax_evolution_alloc(&e, &o, &err), 0);
    for (uint64_t i = 0; i < 20; i++) {
        struct nax_candidate drawn, c;
        struct nax_cost before, cost, other;
        nax_space_random(&f.space, i, 0, &drawn);
        c = drawn;
        assert_int_equal(nax_evolution_descend(e, SIZE_MAX, &c, &err), 0);
        assert_int_equal(nax_evolution_price(e, &drawn, &before, &err), 0);
        assert_int_equal(nax_evolution_price(e, &c, &cost, &err), 0);
        assert_true(cost.edap_pj_ns_mm2 <= before.edap_pj_ns_mm2);
        n_cheaper += cost.edap_pj_ns_mm2 < before.edap_pj_ns_mm2;
        assert_int_equal(c.n_stages, drawn.n_stages);
        assert_memory_equal(c.width, drawn.width, c.n_stages * sizeof *c.width);
        assert_memory_equal(c.kernel, drawn.kernel, c.n_slots * sizeof *c.kernel);
        assert_memory_equal(c.adc_range, drawn.adc_range, c.n_slots * sizeof *c.adc_range);
        for (size_t slot = 0; slot < c.n_slots; slot++)
            for (size_t k = 0; c.kernel[slot] && k < 4; k++) {
                struct nax_candidate step = c;
                step.crossbar[slot] = f.space.crossbars[k / 2];
                step.adc_bits[slot] = f.space.adc_bits[k % 2];
                assert_int_equal(nax_evolution_price(e, &step, &other, &err), 0);
                assert_true(other.edap_pj_ns_mm2 >= cost.edap_pj_ns_mm2);
            }
        struct nax_candidate again = c;
        assert_int_equal(nax_evolution_descend(e, SIZE_MAX, &again, &err), 0);
        assert_string_equal(again.id, c.id);
        nax_candidate_set_id(&again);
        assert_string_equal(again.id, c.id);
    }
    assert_true(n_cheaper > 10);
    nax_evolution_free(e);
    fixture_free(&f);
}

/* Of crossbars and converters those are taken alone that are accurate enough everywhere, by which
 * no step is cheaper; a design that has others leaves them, at any cost. */
static void descent_keeps_to_what_is_accurate(void **state)
{
    (void)state;
    static struct fixture f;
    static const double accuracy[] = {0.6, 0.9, 0.7, 0.8}; /* 5 and 8 bits on 16, on 32 */
    struct nax_err err;
    size_t n_dearer = 0;
    fixture_make(&f, blocks_text);
    search_adc_bits(&f);
    struct nax_evolution_options o = options_of(&f, 1);
    o.n_designs = o.population = 4;
    struct nax_evolution *e = evolve(&o);
    assert_int_equal(e->n_choices, 4);
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(e->at[k].candidate.crossbar[0], f.space.crossbars[k / 2]);
        assert_int_equal(e->at[k].candidate.adc_bits[0], f.space.adc_bits[k % 2]);
        e->at[k].accuracy = accuracy[k];
    }
    for (uint64_t i = 0; i < 20; i++) {
        const size_t like = i % 4;
        struct nax_candidate drawn, c;
        struct nax_cost before, cost, other;
        nax_space_random(&f.space, i, 0, &drawn);
        c = drawn;
        assert_int_equal(nax_evolution_descend(e, like, &c, &err), 0);
        assert_int_equal(nax_evolution_price(e, &drawn, &before, &err), 0);
        assert_int_equal(nax_evolution_price(e, &c, &cost, &err), 0);
        n_dearer += cost.edap_pj_ns_mm2 > before.edap_pj_ns_mm2;
        for (size_t slot = 0; slot < c.n_slots; slot++)
            for (size_t k = 0; c.kernel[slot] && k < 4; k++) {
                struct nax_candidate step = c;
                step.crossbar[slot] = f.space.crossbars[k / 2];
                step.adc_bits[slot] = f.space.adc_bits[k % 2];
                if (step.crossbar[slot] == c.crossbar[slot] &&
                    step.adc_bits[slot] == c.adc_bits[slot])
                    assert_true(accuracy[k] >= accuracy[like]);
                assert_int_equal(nax_evolution_price(e, &step, &other, &err), 0);
                assert_true(accuracy[k] < accuracy[like] ||
                            other.edap_pj_ns_mm2 >= cost.edap_pj_ns_mm2);
            }
    }
    assert_true(n_dearer > 0);
    nax_evolution_free(e);
    fixture_free(&f);
}

static bool is_no_worse(const struct nax_evolved *a, const struct nax_evolved *b)
{
    return a->accuracy >= b->accuracy && a->cost.edap_pj_ns_mm2 <= b->cost.edap_pj_ns_mm2 &&
           a->cost.n_channel_products >= b->cost.n_channel_products;
}

/* Designs that no other is as good as in all three objectives are the front, some of them beaten in
 * accuracy and EDAP by smaller ones. */
static void large_designs_are_on_the_front(void **state)
{
    (void)state;
    static struct fixture f;
    struct nax_err err;
    fixture_make(&f, deep_text);
    struct nax_evolution_options o = options_of(&f, 0);
    o.recipe.epochs = 4;
    o.n_designs = 96;
    o.with_channels = true;
    struct nax_evolution *e = evolve(&o);
    const size_t n_all = nax_evolution_n(e);
    size_t n, n_front = 0, n_beaten = 0, *front = calloc(n_all, sizeof *front);
    bool *is_front = calloc(n_all, sizeof *is_front);
    assert_int_equal(nax_evolution_front(e, front, &n, &err), 0);
    for (size_t i = 0; i < n; i++)
        is_front[front[i]] = true;
    for (size_t i = 0; i < n_all; i++) {
        const struct nax_evolved *own = nax_evolution_at(e, i);
        bool is_dominated = false, is_beaten = false;
        for (size_t j = 0; j < n_all; j++) {
            const struct nax_evolved *other = nax_evolution_at(e, j);
            is_dominated |= is_no_worse(other, own) && !is_no_worse(own, other);
            is_beaten |= other->accuracy > own->accuracy &&
                         other->cost.edap_pj_ns_mm2 < own->cost.edap_pj_ns_mm2;
        }
        assert_int_equal(is_front[i], !is_dominated);
        n_front += is_front[i];
        n_beaten += is_front[i] && is_beaten;
    }
    assert_int_equal(n_front, n);
    assert_true(n_beaten > 0);
    free(front);
    free(is_front);
    nax_evolution_free(e);
    fixture_free(&f);
}

/* The accuracy of a design's network, cut out and mapped by itself. */
static double alone(const struct nax_evolution *e, const struct nax_candidate *c)
{
    const struct nax_evolution_options *o = &e->options;
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_model *model;
    struct nax_mapped *mapped = NULL;
    struct nax_score score;
    struct nax_err err;
    const struct nax_mapping mapping = {
        .hardware = o->hardware, .crossbars = crossbars, .fidelity = o->fidelity, .seed = o->seed};
    const struct nax_eval eval = {.n_images = e->net.n_validation, .index = e->net.validation};
    if (nax_evolution_cut(e, c, &net, &model, &err) ||
        nax_network_crossbars(net, c->crossbar, c->crossbar_fixed, crossbars, &err) ||
        nax_mapped_alloc(&mapped, model, &mapping, &o->set->train, &err) ||
        nax_mapped_eval(mapped, &o->set->train, &eval, &score, &err))
        fail_msg("%s", err.text);
    nax_mapped_free(mapped);
    nax_model_free(model);
    nax_network_free(net);
    return score.accuracy;
}

/* On circuits behind long wires, with cells between groups, widths and skips. */
static void designs_have_the_accuracy_of_their_networks_alone(void **state)
{
    (void)state;
    static struct fixture f;
    size_t n_skipped = 0, n_narrow = 0, n_differ = 0;
    fixture_make(&f, depthwise_text);
    f.hardware->device.r_wire_row_ohm = f.hardware->device.r_wire_col_ohm = 50;
    struct nax_evolution_options o = options_of(&f, 2);
    o.fidelity = NAX_FIDELITY_LINEAR;
    o.recipe.epochs = 4;
    o.n_designs = 20;
    struct nax_evolution *e = evolve(&o);
    assert_int_equal(nax_evolution_n(e), 20);
    for (size_t i = 0; i < 20; i++) {
        const struct nax_evolved *d = nax_evolution_at(e, i);
        assert_true(alone(e, &d->candidate) == d->accuracy);
        n_skipped += d->candidate.kernel[1] == 0;
        n_narrow += d->candidate.width[0] == 4;
        n_differ += d->accuracy != nax_evolution_at(e, 0)->accuracy;
    }
    assert_true(n_skipped > 0 && n_skipped < 20 && n_narrow > 0 && n_narrow < 20 && n_differ > 5);
    nax_evolution_free(e);
    fixture_free(&f);
}

static void check_different(const uint32_t *image, size_t n)
{
    bool is_there[N_IMAGES] = {false};
    for (size_t i = 0; i < n; i++) {
        assert_true(image[i] < N_IMAGES && !is_there[image[i]]);
        is_there[image[i]] = true;
    }
}

static void no_image_counts_twice(void **state)
{
    (void)state;
    static struct fixture f;
    struct nax_err err;
    fixture_make(&f, pixels_text);
    struct nax_evolution_options o = options_of(&f, 0);
    for (o.n_images = 5; o.n_images < 78; o.n_images += 12) {
        struct nax_evolution *e;
        o.n_statistics = 2 * o.n_images;
        assert_int_equal(nax_evolution_alloc(&e, &o, &err), 0);
        assert_int_equal(e->net.n_validation, o.n_images);
        check_different(e->net.validation, o.n_images);
        check_different(e->net.statistics, o.n_statistics);
        nax_evolution_free(e);
    }
    fixture_free(&f);
}

/* Layers that are made again are what they were. */
static void no_design_depends_on_what_is_kept(void **state)
{
    (void)state;
    static struct fixture f;
    struct nax_evolution *all, *none;
    struct nax_err err;
    size_t n_differ = 0;
    fixture_make(&f, depthwise_text);
    struct nax_evolution_options o = options_of(&f, 2);
    o.fidelity = NAX_FIDELITY_ADC;
    o.recipe.epochs = 4;
    o.n_designs = 24;
    all = evolve(&o);
    assert_int_equal(nax_evolution_alloc(&none, &o, &err), 0);
    nax_kept_limit(none->kept, 0);
    int status = 0;
    struct nax_epoch epoch;
    for (size_t i = 0; !status && i < o.recipe.epochs; i++)
        status = nax_evolution_epoch(none, NULL, NULL, &epoch, &err);
    assert_int_equal(status, 0);
    while ((status = nax_evolution_generation(none, NULL, NULL, &err)) > 0)
        continue;
    assert_int_equal(status, 0);
    assert_int_equal(nax_evolution_n(none), nax_evolution_n(all));
    for (size_t i = 0; i < nax_evolution_n(all); i++) {
        assert_string_equal(nax_evolution_at(all, i)->candidate.id,
                            nax_evolution_at(none, i)->candidate.id);
        assert_true(nax_evolution_at(all, i)->accuracy == nax_evolution_at(none, i)->accuracy);
        n_differ += nax_evolution_at(all, i)->accuracy != nax_evolution_at(all, 0)->accuracy;
    }
    assert_true(n_differ > 2);
    nax_evolution_free(all);
    nax_evolution_free(none);
    fixture_free(&f);
}

/* The file of an evolution's designs with value i of a tensor of doubles changed. */
static void write_changed(const char *path, const char *name, size_t i, double value)
{
    enum { MAX = 64 };
    struct nax_err err;
    struct nax_tensors *file;
    struct nax_tensor tensor[MAX];
    double changed[256];
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    size_t n = nax_tensors_n(file);
    assert_true(n <= MAX);
    for (size_t t = 0; t < n; t++) {
        tensor[t] = *nax_tensors_at(file, t);
        if (strcmp(tensor[t].name, name) != 0)
            continue;
        const size_t n_values = tensor[t].dims[0] * tensor[t].dims[1];
        assert_true(tensor[t].dtype == NAX_F64 && i < n_values && n_values <= 256);
        memcpy(changed, tensor[t].data, n_values * sizeof *changed);
        changed[i] = value;
        tensor[t].data = changed;
    }
    const struct nax_meta meta[] = {{"identity", nax_tensors_meta(file, "identity")}};
    assert_int_equal(nax_tensors_write("./evolution_changed.safetensors", tensor, n, meta, 1, &err),
                     0);
    nax_tensors_close(file);
}

static void results_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char path[] = "./evolution_test.safetensors";
    static const struct {
        const char *name;
        size_t i;
        double value;
    } wrong[] = {{"result", 0, NAN},  {"result", 2, -0.125}, {"result", 4, 1.5},
                 {"result", 1, 0},    {"result", 3, 79},     {"result", 5, INFINITY},
                 {"part", 1, -0.385}, {"part", 0, NAN}};
    static struct fixture f;
    struct nax_err err;
    struct nax_evolution *again;
    fixture_make(&f, pixels_text);
    struct nax_evolution_options o = options_of(&f, 0);
    o.recipe.epochs = 0;
    o.n_designs = 8;
    struct nax_evolution *e = evolve(&o);
    assert_int_equal(nax_evolution_save_designs(e, path, &err), 0);
    assert_int_equal(nax_evolution_alloc(&again, &o, &err), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[200];
        write_changed(path, wrong[i].name, wrong[i].i, wrong[i].value);
        snprintf(text, sizeof text,
                 "./evolution_changed.safetensors: tensor '%s' is missing or broken",
                 wrong[i].name);
        assert_int_equal(
            nax_evolution_resume_designs(again, "./evolution_changed.safetensors", &err),
            NAX_ERR_FORMAT);
        assert_string_equal(err.text, text);
    }
    assert_int_equal(nax_evolution_n(again), 0);
    assert_int_equal(nax_evolution_resume_designs(again, path, &err), 0);
    assert_int_equal(nax_evolution_n(again), 8);
    nax_evolution_free(again);
    nax_evolution_free(e);
    unlink(path);
    unlink("./evolution_changed.safetensors");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_middles_and_first_channels),
        cmocka_unit_test(a_trained_network_is_a_part),
        cmocka_unit_test(gradients_of_parts_match_finite_differences),
        cmocka_unit_test(skipped_block_is_the_identity),
        cmocka_unit_test(networks_that_are_no_parts_are_refused),
        cmocka_unit_test(best_design_is_found),
        cmocka_unit_test(descent_ends_where_no_step_is_cheaper),
        cmocka_unit_test(descent_keeps_to_what_is_accurate),
        cmocka_unit_test(large_designs_are_on_the_front),
        cmocka_unit_test(no_image_counts_twice),
        cmocka_unit_test(designs_have_the_accuracy_of_their_networks_alone),
        cmocka_unit_test(no_design_depends_on_what_is_kept),
        cmocka_unit_test(results_that_are_none_are_refused),
    };
    return cmocka_run_group_tests_name("evolution", tests, NULL, NULL);
}
