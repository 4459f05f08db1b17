/* Unit tests of lib/nn: convolutions and gradients against double precision, determinism, resuming.
 */
#include "nax/nn.h"
#include "nax/rng.h"
#include "../../lib/nn/across.h"
#include "../../lib/nn/conv.h"
#include "../../lib/nn/kernels.h"
#include "../../lib/nn/layers.h"
#include "../../lib/nn/muon.h"
#include "../../lib/nn/pass.h"
#include "../../lib/nn/tree.h"
#include "change.h"
#include "nn_reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Of a layer: a square kernel that keeps the size, all sizes of square images, batch norm. */
#define SAME(k)                                                                                    \
    .kernel = {k, k}, .dilation = {1, 1}, .groups = 1, .pad = {(k) / 2, (k) / 2, (k) / 2, (k) / 2}
#define SIDES(in, channels_in, out, channels_out)                                                  \
    .h_in = in, .w_in = in, .c_in = channels_in, .h_out = out, .w_out = out, .c_out = channels_out
#define NORMED .has_batch_norm = true, .epsilon = 1e-5

/* Relative to the largest value of the array. */
static const double tolerance_conv = 2e-6;     /* float sums of up to 7·7·37 products */
static const double tolerance_winograd = 2e-5; /* the same, with cancellation of the tiles */
static const double tolerance_backward = 1e-4; /* absolute */
static const double tolerance_winograd_backward = 2e-4; /* of sums up to some 60 */
static const double tolerance_bf16 = 0.00392;           /* rounding to 8 bits, and float sums */
static const double tolerance_kernel = 2e-6;            /* float sums of 75 terms */
static const double tolerance_muon = 1e-4;     /* of a step: floats, amplified 484 times at most */
static const double tolerance_chunks = 3e-5;   /* of gradients: float sums of 2^14 terms */
static const double tolerance_gradient = 2e-4; /* float through five layers with batch norm */

static double noise(struct nax_rng *rng)
{
    return nax_rng_normal(rng) * 0.731;
}

static const double tolerance_statistics = 1e-5;    /* float sums of some hundred terms */
static const double tolerance_made_good = 0.05;     /* of what is lost: epsilon is not */
static const double tolerance_bf16_loss = 0.02;     /* five layers, each rounded */
static const double tolerance_bf16_gradient = 0.02; /* 1 − cosine */

/* --- convolutions --- */

static const struct nax_layer conv_shapes[] = {
    {.name = "stem", SAME(3), .stride = {1, 1}, SIDES(32, 3, 32, 16)},
    {.name = "odd",
     SAME(5),
     .stride = {1, 1},
     .h_in = 9,
     .w_in = 7,
     .c_in = 5,
     .h_out = 9,
     .w_out = 7,
     .c_out = 11},
    {.name = "stride", SAME(7), .stride = {2, 2}, SIDES(16, 16, 8, 32)},
    {.name = "point", SAME(1), .stride = {2, 2}, SIDES(8, 37, 4, 48)},
    {.name = "wide", SAME(3), .stride = {1, 1}, SIDES(8, 64, 8, 64)},
    {.name = "bare",
     .kernel = {5, 5},
     .dilation = {1, 1},
     .groups = 1,
     .stride = {1, 1},
     .pad = {0, 0, 0, 0},
     SIDES(14, 6, 10, 16)},
    {.name = "even",
     SAME(5),
     .stride = {1, 1},
     .h_in = 16,
     .w_in = 12,
     .c_in = 48,
     .h_out = 16,
     .w_out = 12,
     .c_out = 32},
    {.name = "uneven",
     SAME(7),
     .stride = {1, 1},
     .h_in = 9,
     .w_in = 7,
     .c_in = 32,
     .h_out = 9,
     .w_out = 7,
     .c_out = 16},
    {.name = "small",
     SAME(3),
     .stride = {1, 1},
     .h_in = 3,
     .w_in = 21,
     .c_in = 16,
     .h_out = 3,
     .w_out = 21,
     .c_out = 80},
    {.name = "zeros",
     SAME(5),
     .stride = {1, 1},
     .h_in = 9,
     .w_in = 6,
     .c_in = 24,
     .h_out = 9,
     .w_out = 6,
     .c_out = 36},
    {.name = "zeros behind parts", SAME(7), .stride = {1, 1}, SIDES(8, 26, 8, 24)},
    {.name = "zeros in tiles", SAME(3), .stride = {1, 1}, SIDES(8, 24, 8, 32)},
    {.name = "depthwise",
     .kernel = {3, 3},
     .dilation = {1, 1},
     .groups = 37,
     .stride = {2, 2},
     .pad = {1, 1, 1, 1},
     .h_in = 9,
     .w_in = 8,
     .c_in = 37,
     .h_out = 5,
     .w_out = 4,
     .c_out = 37},
    {.name = "channels",
     .kernel = {5, 3},
     .dilation = {1, 2},
     .groups = 48,
     .stride = {1, 1},
     .pad = {2, 0, 1, 3},
     .h_in = 7,
     .w_in = 9,
     .c_in = 48,
     .h_out = 6,
     .w_out = 8,
     .c_out = 48},
    {.name = "groups",
     .kernel = {2, 4},
     .dilation = {3, 1},
     .groups = 3,
     .stride = {1, 3},
     .pad = {0, 2, 3, 1},
     .h_in = 11,
     .w_in = 10,
     .c_in = 12,
     .h_out = 11,
     .w_out = 4,
     .c_out = 21},
    {.name = "column",
     .kernel = {7, 1},
     .dilation = {1, 1},
     .groups = 1,
     .stride = {2, 1},
     .pad = {3, 0, 3, 0},
     .h_in = 10,
     .w_in = 5,
     .c_in = 19,
     .h_out = 5,
     .w_out = 5,
     .c_out = 16},
    {.name = "dilated",
     .kernel = {3, 3},
     .dilation = {2, 2},
     .groups = 2,
     .stride = {1, 1},
     .pad = {2, 2, 2, 2},
     SIDES(8, 32, 8, 64)},
};

/* n values around 0 in the kind of the kernels, and what they are exactly. */
static void *draw(const struct nn_kernels *kernel, size_t n, uint64_t key, double *exact)
{
    struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, key, n, 0);
    void *values = nax_aligned_calloc(n, kernel->size);
    float *wide = nax_calloc(n, sizeof *wide);
    for (size_t i = 0; i < n; i++)
        wide[i] = (float)noise(&rng);
    kernel->narrow(n, wide, values);
    kernel->widen(n, values, wide);
    for (size_t i = 0; i < n; i++)
        exact[i] = (double)wide[i];
    free(wide);
    return values;
}

static void assert_near(const struct nn_kernels *kernel, const void *got, const double *want,
                        size_t n, double tolerance)
{
    double largest = 0;
    float *wide = nax_calloc(n, sizeof *wide);
    kernel->widen(n, got, wide);
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(want[i]));
    for (size_t i = 0; i < n; i++) {
        double difference = fabs((double)wide[i] - want[i]);
        if (!(difference <= tolerance * largest)) /* nor a number that is none */
            fail_msg("differs by %g of %g", difference, largest);
    }
    free(wide);
}

/* Derivatives of Σ y dy by some inputs and weights, which a convolution is linear in: what it makes
 * of a unit one. */
enum { N_DERIVATIVES = 12 };
struct derivatives {
    const struct nax_layer *layer;
    struct derivative {
        size_t at;
        double value;
    } by_x[N_DERIVATIVES], by_w[N_DERIVATIVES];
};

static double weighed(const struct nax_layer *l, size_t n, const double *x, const double *w,
                      const double *dy, double *y)
{
    double sum = 0;
    reference_conv(l, n, x, w, y);
    for (size_t i = 0; i < n * nax_layer_n_out(l); i++)
        sum += y[i] * dy[i];
    return sum;
}

/* Those of the layer that was asked for last are kept: all engines are held against them. y: room.
 */
static const struct derivatives *derivatives_of(const struct nax_layer *l, size_t n, bool is_bf16,
                                                const double *x, const double *w, const double *dy,
                                                double *y)
{
    static struct derivatives kept[2];
    struct derivatives *d = &kept[is_bf16];
    if (d->layer == l)
        return d;
    size_t n_x = n * nax_layer_n_in(l), n_w = nax_layer_n_rows(l) * l->c_out;
    double *unit = nax_calloc(NAX_MAX(n_x, n_w), sizeof *unit);
    struct nax_rng rng = nax_rng_at(6, NAX_RNG_TEST, 0, 0, 0);
    d->layer = l;
    for (size_t i = 0; i < N_DERIVATIVES; i++) {
        size_t at = nax_rng_below(&rng, n_x);
        unit[at] = 1;
        d->by_x[i] = (struct derivative){at, weighed(l, n, unit, w, dy, y)};
        unit[at] = 0;
        at = nax_rng_below(&rng, n_w);
        unit[at] = 1;
        d->by_w[i] = (struct derivative){at, weighed(l, n, x, unit, dy, y)};
        unit[at] = 0;
    }
    free(unit);
    return d;
}

/* y against the definition; the backward products against it through <dy, conv(x, w)>, which is
 * linear in x and in w, so that its derivatives are exact differences */
static void check_conv(const struct nax_layer *l, const struct conv_engine *engine, bool is_bf16)
{
    enum { n = 3 };
    const struct nn_kernels *kernel = nax_nn_kernels(is_bf16);
    const double tolerance = is_bf16                               ? tolerance_bf16
                             : engine == &nax_conv_engine_winograd ? tolerance_winograd
                                                                   : tolerance_conv;
    const double backward =
        engine == &nax_conv_engine_winograd ? tolerance_winograd_backward : tolerance_backward;
    size_t n_x = n * l->h_in * l->w_in * l->c_in, n_y = n * l->h_out * l->w_out * l->c_out;
    size_t n_w = nax_layer_n_rows(l) * l->c_out;
    double *x2 = nax_calloc(n_x, sizeof *x2), *w2 = nax_calloc(n_w, sizeof *w2);
    double *y2 = nax_calloc(n_y, sizeof *y2), *dy2 = nax_calloc(n_y, sizeof *dy2);
    void *x = draw(kernel, n_x, 1, x2), *dy = draw(kernel, n_y, 3, dy2);
    void *y = nax_aligned_calloc(n_y, kernel->size), *dx = nax_aligned_calloc(n_x, kernel->size);
    void *rounded = draw(kernel, n_w, 2, w2);
    float *w = nax_aligned_calloc(n_w, sizeof *w), *dx1 = nax_calloc(n_x, sizeof *dx1);
    kernel->widen(n_w, rounded, w);

    struct nax_err err;
    struct conv *conv;
    const struct conv_options options = {
        .has = {true, true, true}, .is_bf16 = is_bf16, .inner = &nax_conv_engine_blas};
    assert_int_equal(engine->alloc(&conv, l, n, &options, &err), 0);
    assert_false(conv->is_finished);
    void *scratch = nax_aligned_calloc(conv->scratch_size, 1);
    float *dw = nax_aligned_calloc(conv->gradient_size, sizeof *dw);
    engine->set_weights(conv, w);
    assert_int_equal(engine->forward(conv, x, y, scratch), 0);
    reference_conv(l, n, x2, w2, y2);
    assert_near(kernel, y, y2, n_y, tolerance);

    assert_int_equal(engine->backward_data(conv, dy, dx, scratch), 0);
    assert_int_equal(engine->backward_weights(conv, x, dy, dw, scratch), 0);
    engine->plain_gradient(conv, dw, w);
    kernel->widen(n_x, dx, dx1);
    const struct derivatives *want = derivatives_of(l, n, is_bf16, x2, w2, dy2, y2);
    for (size_t i = 0; i < N_DERIVATIVES; i++) {
        const struct derivative *by_x = &want->by_x[i], *by_w = &want->by_w[i];
        assert_true(fabs(by_x->value - (double)dx1[by_x->at]) <
                    (is_bf16 ? tolerance_bf16 * fabs(by_x->value) : 0) + backward);
        assert_true(fabs(by_w->value - (double)w[by_w->at]) < backward);
    }
    void *aligned[] = {x, dy, y, dx, rounded, w, dw, scratch}, *plain[] = {x2, w2, y2, dy2, dx1};
    for (size_t i = 0; i < sizeof aligned / sizeof *aligned; i++)
        nax_aligned_free(aligned[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        free(plain[i]);
    nax_conv_free(conv);
}

/* max(0, scale · conv(x, w) + offset + y), or parts of it */
static void check_finished_conv(const struct nax_layer *l, const struct conv_engine *engine,
                                bool is_added, bool has_relu)
{
    enum { n = 3 };
    const struct nn_kernels *kernel = nax_nn_kernels(false);
    size_t n_x = n * l->h_in * l->w_in * l->c_in, n_y = n * l->h_out * l->w_out * l->c_out;
    size_t n_w = nax_layer_n_rows(l) * l->c_out;
    double *x2 = nax_calloc(n_x, sizeof *x2), *w2 = nax_calloc(n_w, sizeof *w2);
    double *z2 = nax_calloc(n_y, sizeof *z2), *y2 = nax_calloc(n_y, sizeof *y2);
    double *scale2 = nax_calloc(2 * l->c_out, sizeof *scale2), *offset2 = scale2 + l->c_out;
    float *x = draw(kernel, n_x, 1, x2), *w = draw(kernel, n_w, 2, w2);
    float *y = draw(kernel, n_y, 3, y2), *scale = draw(kernel, l->c_out, 4, scale2);
    float *offset = draw(kernel, l->c_out, 5, offset2);

    struct nax_err err;
    struct conv *conv;
    const struct conv_finish finish = {scale, offset, is_added, has_relu};
    const struct conv_options options = {.has = {true}, .finish = &finish};
    assert_int_equal(engine->alloc(&conv, l, n, &options, &err), 0);
    assert_true(conv->is_finished);
    void *scratch = nax_aligned_calloc(conv->scratch_size, 1);
    engine->set_weights(conv, w);
    memset(scale, 0, l->c_out * sizeof *scale); /* it has its own */
    assert_int_equal(engine->forward(conv, x, y, scratch), 0);
    reference_conv(l, n, x2, w2, z2);
    for (size_t i = 0; i < n_y; i++) {
        y2[i] = scale2[i % l->c_out] * z2[i] + offset2[i % l->c_out] + (is_added ? y2[i] : 0);
        y2[i] = has_relu ? fmax(y2[i], 0) : y2[i];
    }
    assert_near(kernel, y, y2, n_y,
                engine == &nax_conv_engine_winograd ? tolerance_winograd : tolerance_conv);
    void *aligned[] = {x, w, y, scale, offset, scratch}, *plain[] = {x2, w2, z2, y2, scale2};
    for (size_t i = 0; i < sizeof aligned / sizeof *aligned; i++)
        nax_aligned_free(aligned[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        free(plain[i]);
    nax_conv_free(conv);
}

static void convolutions_match_the_definition(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conv_shapes / sizeof *conv_shapes; i++) {
        check_conv(&conv_shapes[i], &nax_conv_engine_blas, false);
        check_conv(&conv_shapes[i], &nax_conv_engine_widened, true);
        if (nax_conv_engine_direct.can(&conv_shapes[i], false, nax_isa()))
            check_conv(&conv_shapes[i], &nax_conv_engine_direct, false);
        if (nax_conv_engine_winograd.can(&conv_shapes[i], false, nax_isa())) {
            check_conv(&conv_shapes[i], &nax_conv_engine_winograd, false);
            check_conv(&conv_shapes[i], &nax_conv_engine_winograd, true);
            for (int k = 0; k < 4; k++)
                check_finished_conv(&conv_shapes[i], &nax_conv_engine_winograd, k & 1, k & 2);
        }
#ifdef NAX_HAS_DNNL
        if (!nax_conv_engine_dnnl.can(&conv_shapes[i], false, nax_isa()))
            continue;
        check_conv(&conv_shapes[i], &nax_conv_engine_dnnl, false);
        if (nax_conv_engine_dnnl.can(&conv_shapes[i], true, nax_isa()))
            check_conv(&conv_shapes[i], &nax_conv_engine_dnnl, true);
        for (int k = 0; k < 4; k++)
            check_finished_conv(&conv_shapes[i], &nax_conv_engine_dnnl, k & 1, k & 2);
#endif
    }
}

#ifdef NAX_HAS_DNNL
/* oneDNN 2.6 makes other gradients by their weights at each call. */
static void dilated_groups_in_bf16_are_not_for_onednn(void **state)
{
    (void)state;
    struct nax_layer layer = conv_shapes[0];
    layer.c_in = layer.c_out = 8;
    layer.groups = 2;
    layer.dilation[1] = 2;
    for (enum nax_isa isa = NAX_ISA_BASELINE; isa <= NAX_ISA_AMX; isa++) {
        assert_true(nax_conv_engine_dnnl.can(&layer, false, isa));
        assert_false(nax_conv_engine_dnnl.can(&layer, true, isa));
    }
}
#endif

/* What a convolution makes of the same numbers: outputs, the gradient by its inputs, and that by
 * its weights, plain; in bytes. */
enum { N_MADE = 64 << 10 };
struct made {
    _Alignas(64) char by[CONV_DIRECTIONS][N_MADE * sizeof(float)];
};

static void make(const struct nax_layer *l, const struct conv_engine *engine,
                 const struct conv_choice *choice, bool is_bf16, struct made *made)
{
    enum { n = 2 };
    static double exact[N_MADE];
    size_t n_x = n * nax_layer_n_in(l), n_y = n * nax_layer_n_out(l), n_w = nax_layer_n_weights(l);
    assert_true(NAX_MAX(n_x, NAX_MAX(n_y, n_w)) <= N_MADE);
    void *x = draw(nax_nn_kernels(is_bf16), n_x, 1, exact);
    void *dy = draw(nax_nn_kernels(is_bf16), n_y, 3, exact);
    float *w = draw(nax_nn_kernels(false), n_w, 2, exact);
    struct nax_err err;
    struct conv *conv;
    const struct conv_options options = {.has = {true, true, true},
                                         .is_bf16 = is_bf16,
                                         .inner = &nax_conv_engine_blas,
                                         .choice = choice};
    assert_int_equal(engine->alloc(&conv, l, n, &options, &err), 0);
    void *scratch = nax_aligned_calloc(conv->scratch_size, 1);
    float *dw = nax_aligned_calloc(conv->gradient_size, sizeof *dw);
    memset(made, 0, sizeof *made);
    engine->set_weights(conv, w);
    assert_int_equal(engine->forward(conv, x, made->by[CONV_FORWARD], scratch), 0);
    assert_int_equal(engine->backward_data(conv, dy, made->by[CONV_BACKWARD_DATA], scratch), 0);
    assert_int_equal(engine->backward_weights(conv, x, dy, dw, scratch), 0);
    engine->plain_gradient(conv, dw, w);
    memcpy(made->by[CONV_BACKWARD_WEIGHTS], w, n_w * sizeof *w);
    void *all[] = {x, dy, w, dw, scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        nax_aligned_free(all[i]);
    nax_conv_free(conv);
}

/* Two engines share the directions out, in every way: each makes the bits that it makes alone. */
static void check_mixed_conv(const struct nax_layer *l, const struct conv_engine *a,
                             const struct conv_engine *b, bool is_bf16)
{
    static struct made alone[2], mixed;
    const struct conv_choice both[2] = {{a, &nax_conv_engine_blas}, {b, &nax_conv_engine_blas}};
    for (int e = 0; e < 2; e++)
        make(l, both[e].engine, NULL, is_bf16, &alone[e]);
    for (int bits = 1; bits < (1 << CONV_DIRECTIONS) - 1; bits++) {
        struct conv_choice choice[CONV_DIRECTIONS];
        for (int d = 0; d < CONV_DIRECTIONS; d++)
            choice[d] = both[bits >> d & 1];
        make(l, &nax_conv_engine_mixed, choice, is_bf16, &mixed);
        for (int d = 0; d < CONV_DIRECTIONS; d++)
            assert_memory_equal(mixed.by[d], alone[bits >> d & 1].by[d], sizeof mixed.by[d]);
    }
}

static void directions_have_engines_of_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conv_shapes / sizeof *conv_shapes; i++) {
        const struct nax_layer *l = &conv_shapes[i];
        if (!nax_conv_engine_winograd.can(l, false, nax_isa()))
            continue;
        check_mixed_conv(l, &nax_conv_engine_winograd, &nax_conv_engine_blas, false);
        check_mixed_conv(l, &nax_conv_engine_widened, &nax_conv_engine_winograd, true);
#ifdef NAX_HAS_DNNL
        check_mixed_conv(l, &nax_conv_engine_dnnl, &nax_conv_engine_winograd, false);
        if (nax_conv_engine_dnnl.can(l, true, nax_isa()))
            check_mixed_conv(l, &nax_conv_engine_winograd, &nax_conv_engine_dnnl, true);
#endif
    }
}

/* --- kernels --- */

enum { N_PIXELS = 75, C_MAX = 119 }; /* channels: 4, 2 and 1 vectors, and a rest */

/* Arrays of all kernels, drawn, and what they are exactly. */
struct kernel_case {
    const struct nn_kernels *kernel;
    size_t n, c;
    void *a, *b, *y, *z, *out; /* [n][c] */
    double a2[N_PIXELS * C_MAX], b2[N_PIXELS * C_MAX], y2[N_PIXELS * C_MAX], z2[N_PIXELS * C_MAX];
    double want[N_PIXELS * C_MAX], sum2[C_MAX], dot2[C_MAX];
    float *by_channel[4], *sum, *dot; /* [c] */
    double by_channel2[4][C_MAX];
    double tolerance; /* of what is stored */
};

static void assert_sums(const struct kernel_case *k)
{
    assert_near(nax_nn_kernels(false), k->sum, k->sum2, k->c, tolerance_kernel);
    assert_near(nax_nn_kernels(false), k->dot, k->dot2, k->c, tolerance_kernel);
}

static void check_moments(struct kernel_case *k)
{
    memset(k->sum2, 0, sizeof k->sum2);
    memset(k->dot2, 0, sizeof k->dot2);
    for (size_t i = 0; i < k->n * k->c; i++) {
        double away = k->z2[i] - k->by_channel2[0][i % k->c];
        k->sum2[i % k->c] += away;
        k->dot2[i % k->c] += away * away;
    }
    k->kernel->moments(k->n, k->c, k->z, k->by_channel[0], k->sum, k->dot);
    assert_sums(k);
}

static void check_normalise(struct kernel_case *k, bool has_residual, bool is_relu)
{
    for (size_t i = 0; i < k->n * k->c; i++) {
        double v = k->z2[i] * k->by_channel2[0][i % k->c] + k->by_channel2[1][i % k->c] +
                   (has_residual ? k->a2[i] : 0);
        k->want[i] = is_relu ? fmax(v, 0) : v;
    }
    k->kernel->normalise(k->n, k->c, k->z, k->by_channel[0], k->by_channel[1],
                         has_residual ? k->a : NULL, is_relu, k->out);
    assert_near(k->kernel, k->out, k->want, k->n * k->c, k->tolerance);
}

static void check_relu_backward(struct kernel_case *k, bool has_b, bool has_y, bool has_z)
{
    memset(k->sum2, 0, sizeof k->sum2);
    memset(k->dot2, 0, sizeof k->dot2);
    for (size_t i = 0; i < k->n * k->c; i++) {
        double v = has_y && !(k->y2[i] > 0) ? 0 : k->a2[i] + (has_b ? k->b2[i] : 0);
        k->want[i] = v;
        k->sum2[i % k->c] += v;
        k->dot2[i % k->c] += v * (k->z2[i] - k->by_channel2[0][i % k->c]);
    }
    k->kernel->relu_backward(k->n, k->c, k->a, has_b ? k->b : NULL, has_y ? k->y : NULL,
                             has_z ? k->z : NULL, k->by_channel[0], k->out, k->sum, k->dot);
    assert_near(k->kernel, k->out, k->want, k->n * k->c, k->tolerance);
    if (has_z)
        assert_sums(k);
}

static void check_normalise_backward(struct kernel_case *k)
{
    for (size_t i = 0; i < k->n * k->c; i++) {
        size_t c = i % k->c;
        k->want[i] = k->by_channel2[1][c] * k->a2[i] - k->by_channel2[2][c] -
                     k->by_channel2[3][c] * (k->z2[i] - k->by_channel2[0][c]);
    }
    k->kernel->normalise_backward(k->n, k->c, k->a, k->z, k->by_channel[0], k->by_channel[1],
                                  k->by_channel[2], k->by_channel[3], k->out);
    assert_near(k->kernel, k->out, k->want, k->n * k->c, k->tolerance);
}

/* Exactly, wherever it stands, and NaN rather than any other. */
static void check_largest_magnitude(const struct kernel_case *k)
{
    enum { N = 19 }; /* lanes, and a rest */
    float values[N] = {0};
    for (size_t n = k->n * k->c; n > 0; n = n * 2 / 3) {
        double largest = 0;
        for (size_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(k->a2[i]));
        assert_true((double)k->kernel->largest_magnitude(n, k->a) == largest);
    }
    for (size_t i = 0; i < N; i++) {
        values[i] = i % 2 ? 7.25F : -7.25F;
        k->kernel->narrow(N, values, k->out);
        assert_true(k->kernel->largest_magnitude(N, k->out) == 7.25F);
        values[(i + 5) % N] = NAN;
        k->kernel->narrow(N, values, k->out);
        assert_true(isnan(k->kernel->largest_magnitude(N, k->out)));
        values[i] = values[(i + 5) % N] = 0;
    }
}

static void check_kernels(enum nax_isa isa, bool is_bf16, size_t c)
{
    static struct kernel_case k;
    k = (struct kernel_case){.kernel = nax_nn_kernels_of(isa, is_bf16),
                             .n = N_PIXELS,
                             .c = c,
                             .tolerance = is_bf16 ? tolerance_bf16 : tolerance_kernel};
    size_t n = k.n * c;
    k.a = draw(k.kernel, n, 1, k.a2);
    k.b = draw(k.kernel, n, 2, k.b2);
    k.y = draw(k.kernel, n, 3, k.y2);
    k.z = draw(k.kernel, n, 4, k.z2);
    k.out = nax_aligned_calloc(n, k.kernel->size);
    for (size_t i = 0; i < 4; i++)
        k.by_channel[i] = draw(nax_nn_kernels(false), c, 5 + i, k.by_channel2[i]);
    k.sum = nax_aligned_calloc(c, sizeof(float));
    k.dot = nax_aligned_calloc(c, sizeof(float));
    check_moments(&k);
    check_normalise_backward(&k);
    check_largest_magnitude(&k);
    for (int bits = 0; bits < 8; bits++) {
        check_normalise(&k, bits & 1, bits & 2);
        check_relu_backward(&k, bits & 1, bits & 2, bits & 4);
    }
    void *all[] = {k.a,
                   k.b,
                   k.y,
                   k.z,
                   k.out,
                   k.sum,
                   k.dot,
                   k.by_channel[0],
                   k.by_channel[1],
                   k.by_channel[2],
                   k.by_channel[3]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        nax_aligned_free(all[i]);
}

static void kernels_match_the_definition(void **state)
{
    (void)state;
    static const size_t n_channels[] = {3, 16, 21, 49, 64, C_MAX};
    for (int isa = NAX_ISA_BASELINE; isa <= (int)nax_isa(); isa++)
        for (size_t i = 0; i < sizeof n_channels / sizeof *n_channels; i++) {
            check_kernels((enum nax_isa)isa, false, n_channels[i]);
            check_kernels((enum nax_isa)isa, true, n_channels[i]);
        }
}

/* Ties go to the even neighbour; what is too large becomes infinite, and NaN stays NaN. */
static void bf16_is_rounded_to_nearest(void **state)
{
    (void)state;
    enum { N = 19 }; /* lanes, and a rest */
    static const struct {
        float from, to;
    } cases[] = {{1, 1},
                 {1.00390625F, 1},
                 {1.01171875F, 1.015625F},
                 {1.004F, 1.0078125F},
                 {-1.00390625F, -1},
                 {-0.0F, -0.0F},
                 {3.4e38F, INFINITY},
                 {-INFINITY, -INFINITY},
                 {1e-40F, 9.183549615799121e-41F}};
    for (int isa = NAX_ISA_BASELINE; isa <= (int)nax_isa(); isa++) {
        const struct nn_kernels *kernel = nax_nn_kernels_of((enum nax_isa)isa, true);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            float values[N];
            uint16_t rounded[N];
            for (size_t k = 0; k < N; k++)
                values[k] = cases[i].from;
            kernel->narrow(N, values, rounded);
            kernel->widen(N, rounded, values);
            for (size_t k = 0; k < N; k++)
                assert_memory_equal(&values[k], &cases[i].to, sizeof(float));
        }
        float nan[N];
        uint16_t rounded[N];
        for (size_t k = 0; k < N; k++)
            nan[k] = k % 2 ? NAN : -NAN;
        kernel->narrow(N, nan, rounded);
        kernel->widen(N, rounded, nan);
        for (size_t k = 0; k < N; k++)
            assert_true(isnan(nan[k]));
    }
}

/* --- gradients --- */

enum { SIDE = 8, BATCH = 6 };

/* A network with every kind of layer and shortcut: stem, block with identity, block with padded
 * shortcut, block with convolved shortcut, depthwise with a bias and grouped with neither, max and
 * mean pool, two linear layers. */
static const struct nax_layer every_layer[] = {
    {.name = "stem",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_STEM,
     .slot = -1,
     .input = -1,
     .residual = -2,
     .has_relu = true,
     SAME(3),
     .stride = {1, 1},
     SIDES(SIDE, 3, SIDE, 16)},
    {.name = "a1",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 0,
     .input = 0,
     .residual = -2,
     .has_relu = true,
     SAME(5),
     .stride = {1, 1},
     SIDES(SIDE, 16, SIDE, 16)},
    {.name = "a2",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 1,
     .input = 1,
     .residual = 0,
     .has_relu = true,
     SAME(3),
     .stride = {1, 1},
     SIDES(SIDE, 16, SIDE, 16)},
    {.name = "b1",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 2,
     .input = 2,
     .residual = 2,
     .has_relu = true,
     SAME(3),
     .stride = {2, 2},
     SIDES(SIDE, 16, SIDE / 2, 21)},
    {.name = "sc",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_SHORTCUT,
     .slot = -1,
     .input = 3,
     .residual = -2,
     SAME(1),
     .stride = {1, 1},
     SIDES(SIDE / 2, 21, SIDE / 2, 32)},
    {.name = "c1",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 3,
     .input = 3,
     .residual = -2,
     .has_relu = true,
     SAME(3),
     .stride = {1, 1},
     SIDES(SIDE / 2, 21, SIDE / 2, 32)},
    {.name = "c2",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 4,
     .input = 5,
     .residual = 4,
     .has_relu = true,
     SAME(7),
     .stride = {1, 1},
     SIDES(SIDE / 2, 32, SIDE / 2, 32)},
    {.name = "d1",
     .kind = NAX_LAYER_CONV,
     NORMED,
     .role = NAX_ROLE_BODY,
     .slot = 5,
     .input = 6,
     .residual = 6,
     .has_relu = true,
     SAME(3),
     .stride = {1, 1},
     SIDES(SIDE / 2, 32, SIDE / 2, 32)},
    {.name = "e1",
     .kind = NAX_LAYER_CONV,
     .has_bias = true,
     .role = NAX_ROLE_BODY,
     .slot = 6,
     .input = 7,
     .residual = -2,
     .has_relu = true,
     .kernel = {3, 3},
     .dilation = {1, 1},
     .groups = 32,
     .stride = {1, 1},
     .pad = {1, 1, 1, 1},
     SIDES(SIDE / 2, 32, SIDE / 2, 32)},
    {.name = "e2",
     .kind = NAX_LAYER_CONV,
     .role = NAX_ROLE_BODY,
     .slot = -1,
     .input = 8,
     .residual = 7,
     .kernel = {2, 3},
     .dilation = {2, 1},
     .groups = 4,
     .stride = {1, 1},
     .pad = {2, 0, 0, 2},
     SIDES(SIDE / 2, 32, SIDE / 2, 32)},
    {.name = "max",
     .kind = NAX_LAYER_POOL_MAX,
     .role = NAX_ROLE_POOL,
     .slot = -1,
     .input = 9,
     .residual = -2,
     .kernel = {2, 2},
     .dilation = {1, 1},
     .groups = 1,
     .stride = {2, 2},
     SIDES(SIDE / 2, 32, SIDE / 4, 32)},
    {.name = "mean",
     .kind = NAX_LAYER_POOL_MEAN,
     .role = NAX_ROLE_POOL,
     .slot = -1,
     .input = 10,
     .residual = -2,
     SAME(3),
     .stride = {1, 1},
     SIDES(SIDE / 4, 32, SIDE / 4, 32)},
    {.name = "fc1",
     .kind = NAX_LAYER_LINEAR,
     .has_bias = true,
     .role = NAX_ROLE_BODY,
     .slot = -1,
     .input = 11,
     .residual = -2,
     .has_relu = true,
     SAME(1),
     .stride = {1, 1},
     SIDES(1, (SIDE / 4) * (SIDE / 4) * 32, 1, 19)},
    {.name = "fc2",
     .kind = NAX_LAYER_LINEAR,
     .has_bias = true,
     .role = NAX_ROLE_CLASSIFIER,
     .slot = -1,
     .input = 12,
     .residual = -2,
     SAME(1),
     .stride = {1, 1},
     SIDES(1, 19, 1, 7)},
};

static struct nax_layer every_layer_copy[sizeof every_layer / sizeof *every_layer];

static struct nax_network every_network(void)
{
    memcpy(every_layer_copy, every_layer, sizeof every_layer);
    struct nax_network net = {.name = "every",
                              .height = SIDE,
                              .width = SIDE,
                              .channels = 3,
                              .n_classes = 7,
                              .n_slots = 7,
                              .n_layers = sizeof every_layer / sizeof *every_layer,
                              .layers = every_layer_copy};
    return net;
}

struct batch_data {
    float image[BATCH][SIDE * SIDE * 3];
    double image2[BATCH * SIDE * SIDE * 3];
    int32_t labels[BATCH];
};

static void copy_image(const void *self, size_t b, float *out)
{
    memcpy(out, ((const struct batch_data *)self)->image[b], sizeof(float) * SIDE * SIDE * 3);
}

static void batch_fill(struct batch_data *d)
{
    struct nax_rng rng = nax_rng_at(7, NAX_RNG_TEST, 1, 0, 0);
    for (size_t b = 0; b < BATCH; b++) {
        d->labels[b] = (int32_t)nax_rng_below(&rng, 7);
        for (size_t i = 0; i < SIDE * SIDE * 3; i++)
            d->image2[b * SIDE * SIDE * 3 + i] = (double)(d->image[b][i] = (float)noise(&rng));
    }
}

/* Moves gamma, beta and biases off their starting values, so that each has a gradient of its own.
 */
static void disturb(struct nax_model *model)
{
    struct nax_rng rng = nax_rng_at(8, NAX_RNG_TEST, 2, 0, 0);
    for (size_t l = 0; l < model->net->n_layers; l++)
        for (size_t k = 0; model->layer[l].beta && k < model->net->layers[l].c_out; k++) {
            model->layer[l].beta[k] += (float)(0.3 * noise(&rng));
            if (model->layer[l].gamma)
                model->layer[l].gamma[k] += (float)(0.3 * noise(&rng));
        }
}

static void disturb_statistics(struct nax_model *model)
{
    struct nax_rng rng = nax_rng_at(10, NAX_RNG_TEST, 2, 0, 0);
    for (size_t l = 0; l < model->net->n_layers; l++)
        for (size_t k = 0; model->layer[l].mean && k < model->net->layers[l].c_out; k++) {
            model->layer[l].mean[k] = (float)(0.2 * noise(&rng));
            model->layer[l].variance[k] = (float)(0.9 + 0.3 * noise(&rng));
        }
}

static double slope(const struct nax_model *model, double *values, size_t at,
                    const struct batch_data *d, double smoothing)
{
    const double step = 1e-6;
    double old = values[at];
    values[at] = old + step;
    double up = reference_loss(model, values, BATCH, d->image2, d->labels, smoothing);
    values[at] = old - step;
    double down = reference_loss(model, values, BATCH, d->image2, d->labels, smoothing);
    values[at] = old;
    return (up - down) / (2 * step);
}

static void check_param(const struct nax_model *model, double *values, const float *value,
                        const float *gradient, size_t n, const struct batch_data *d)
{
    struct nax_rng rng = nax_rng_at(9, NAX_RNG_TEST, n, (uint64_t)(value - model->values), 0);
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = NAX_MAX(fabs((double)gradient[i]), largest); /* fmax ends gcc 12 on arm64 */
    assert_true(largest > 1e-6);
    for (int trial = 0; trial < 4; trial++) {
        size_t i = nax_rng_below(&rng, n);
        double want = slope(model, values, (size_t)(value - model->values) + i, d, 0.113);
        if (!(fabs(want - (double)gradient[i]) <= tolerance_gradient * largest + 1e-6))
            fail_msg("gradient %g, finite difference %g, largest %g", (double)gradient[i], want,
                     largest);
    }
}

/* Adds to every output of a layer what batch norm takes away again, and a bias keeps; nothing where
 * there is neither. */
struct shift {
    size_t n; /* outputs of an image */
    float by;
    unsigned *seen; /* bit b: image FIRST + b */
};

enum { FIRST = 1234 };
static const float shift_by = 0.385F;

static void add_shift(const void *self, size_t n, float *y, size_t image)
{
    const struct shift *s = self;
    for (size_t b = 0; b < n; b++)
        __atomic_fetch_or(s->seen, 1U << (image + b - FIRST), __ATOMIC_RELAXED);
    for (size_t i = 0; i < n * s->n; i++)
        y[i] += s->by;
}

/* Other weights for every layer, also in the reference's values, which get the shift as a bias. */
static void substitute(const struct nax_model *model, double *values, float *weights,
                       struct nax_linop *ops, struct shift *shifts)
{
    /* Of the seeds 14 to 20, the first alone makes a gradient differ by Winograd's rounding (0.4 %
     * of the largest), as a value next to a ReLU's kink would. */
    struct nax_rng rng = nax_rng_at(15, NAX_RNG_TEST, 0, 0, 0);
    for (size_t l = 0; l < model->net->n_layers; l++) {
        const struct nax_layer *shape = &model->net->layers[l];
        const struct nax_params *p = &model->layer[l];
        if (!p->weight)
            continue;
        size_t at = (size_t)(p->weight - model->values), n = nax_layer_n_weights(shape);
        for (size_t i = at; i < at + n; i++)
            values[i] = (double)(weights[i] = p->weight[i - at] * (float)(1 + 0.4 * noise(&rng)));
        for (size_t k = 0; shape->has_bias && k < shape->c_out; k++)
            values[p->beta + k - model->values] += (double)shift_by;
        shifts[l].n = shape->h_out * shape->w_out * shape->c_out;
        shifts[l].by = p->beta ? shift_by : 0;
        ops[l] =
            (struct nax_linop){.weight = weights + at, .correct = add_shift, .self = &shifts[l]};
    }
}

/* Memory as another pass leaves it. */
static struct pass_memory used_memory(size_t size)
{
    struct pass_memory memory = {.block = nax_aligned_calloc(size, 1), .size = size};
    assert_non_null(memory.block);
    for (size_t i = 0; i < size / sizeof shift_by; i++)
        memcpy(memory.block + i * sizeof shift_by, &shift_by, sizeof shift_by);
    return memory;
}

static void check_gradients(const struct nax_network *net, bool is_substituted)
{
    enum { LAYERS_MAX = 64 };
    struct nax_err err;
    struct nax_model *model;
    struct pass *pass;
    struct pass_memory memory = used_memory((size_t)1 << 26);
    static struct batch_data d;
    struct pass_result result;
    struct nax_linop ops[LAYERS_MAX] = {{.weight = NULL}};
    unsigned seen[LAYERS_MAX] = {0};
    struct shift shifts[LAYERS_MAX];
    assert_true(net->n_layers <= LAYERS_MAX);
    for (size_t l = 0; l < net->n_layers; l++)
        shifts[l].seen = &seen[l];
    batch_fill(&d);
    assert_int_equal(nax_model_alloc(&model, net, 3, &err), 0);
    disturb(model);
    assert_int_equal(nax_pass_alloc(&pass, model, BATCH, NAX_ARITHMETIC_FP32, &memory, &err), 0);
    double *values = nax_calloc(model->n_values, sizeof *values);
    float *weights = nax_calloc(model->n_values, sizeof *weights);
    for (size_t i = 0; i < model->n_values; i++)
        values[i] = (double)model->values[i];
    if (is_substituted) {
        substitute(model, values, weights, ops, shifts);
        nax_pass_set_linops(pass, ops);
    }

    struct pass_batch batch = {.image = copy_image,
                               .self = &d,
                               .labels = d.labels,
                               .label_smoothing = 0.113,
                               .first = FIRST};
    assert_int_equal(nax_pass_forward(pass, &batch, &result, &err), 0);
    double want = reference_loss(model, values, BATCH, d.image2, d.labels, 0.113);
    assert_true(fabs(result.loss - want) < 1e-5 * fabs(want));
    assert_int_equal(nax_pass_backward(pass, &err), 0);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_params *p = &model->layer[l], *g = nax_pass_gradient(pass, l);
        size_t c = net->layers[l].c_out;
        if (p->weight)
            check_param(model, values, p->weight, g->weight, nax_layer_n_weights(&net->layers[l]),
                        &d);
        if (p->beta)
            check_param(model, values, p->beta, g->beta, c, &d);
        if (p->gamma)
            check_param(model, values, p->gamma, g->gamma, c, &d);
        if (is_substituted && p->weight)
            assert_int_equal(seen[l], (1U << BATCH) - 1);
    }
    free(values);
    free(weights);
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    nax_model_free(model);
}

/* Every kind of layer that is not in every_layer, every activation, sources that are not the layer
 * before, pools of odd windows: stem feeds three layers, an addition reads what is added twice. */
static struct nax_network *graph_network(void)
{
    char path[64];
    struct nax_network_file *file;
    struct nax_network *net = NULL;
    struct nax_err err;
    snprintf(path, sizeof path, P_tmpdir "/nax-graph-%ld.yaml", (long)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("name: graph\ninput: {height: 8, width: 8, channels: 3}\nclasses: 7\nlayers:\n"
          "  - batch_norm: {name: norm, activation: tanh}\n"
          "  - conv: {name: stem, out: 6, kernel: 3, search: false, activation: silu}\n"
          "  - conv: {name: c1, out: 6, kernel: 1, search: false, relu: false, add: stem}\n"
          "  - conv: {name: c2, out: 5, kernel: 3, search: false, activation: hard-swish, from: "
          "stem}\n"
          "  - concat: {name: j, from: [stem, c1, image, c2]}\n"
          "  - pool: {name: p, kind: max, kernel: 3, stride: 2, pad: 1, ceil: true}\n"
          "  - batch_norm: {name: b, activation: relu}\n"
          "  - pool: {name: q, kind: mean, kernel: [3, 2], stride: [1, 2], pad: [1, 0, 1, 1]}\n"
          "  - pool: {name: r, kind: mean, kernel: [3, 2], stride: [1, 2], pad: [1, 0, 1, 1], "
          "count_pad: false, from: p}\n"
          "  - add: {name: s, from: [q, r, q], activation: leaky-relu, slope: 0.173}\n"
          "  - conv: {name: c3, out: 20, kernel: 3, search: false, activation: sigmoid}\n"
          "  - add: {name: t, from: [c3, s], relu: true}\n"
          "  - activation: {name: u, kind: hard-sigmoid}\n"
          "  - add: {name: v, from: [u, u]}\n"
          "  - conv: {name: c4, out: 9, kernel: 1, search: false, activation: relu6, from: t}\n"
          "  - concat: {name: w, from: [v, c4]}\n"
          "  - activation: {name: x, kind: relu}\n"
          "  - linear: {out: 11, activation: tanh, bias: false}\n"
          "  - linear: {role: classifier}\n",
          f);
    assert_int_equal(fclose(f), 0);
    if (nax_network_file_load(&file, path, &err) || nax_network_build(&net, file, NULL, &err))
        fail_msg("%s", err.text);
    nax_network_file_free(file);
    remove(path);
    return net;
}

/* Gradients of every weight in bf16 point where those in fp32 do: the cosine between them. */
static void gradients_in_bf16_agree_with_fp32(void **state)
{
    (void)state;
    static const enum nax_arithmetic kinds[] = {NAX_ARITHMETIC_FP32, NAX_ARITHMETIC_BF16};
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct pass *pass[2];
    struct pass_memory memory[2] = {{.block = NULL}};
    static struct batch_data d;
    struct pass_result result[2];
    struct nax_linop ops[sizeof every_layer / sizeof *every_layer] = {{.weight = NULL}};
    unsigned seen = 0;
    struct shift shift = {.n = SIDE * SIDE * 16, .by = shift_by, .seen = &seen};
    ops[1] = (struct nax_linop){.correct = add_shift, .self = &shift};
    batch_fill(&d);
    assert_int_equal(nax_model_alloc(&model, &net, 3, &err), 0);
    disturb(model);
    for (int i = 0; i < 2; i++) {
        struct pass_batch batch = {.image = copy_image,
                                   .self = &d,
                                   .labels = d.labels,
                                   .label_smoothing = 0.113,
                                   .first = FIRST};
        assert_int_equal(nax_pass_alloc(&pass[i], model, BATCH, kinds[i], &memory[i], &err), 0);
        nax_pass_set_linops(pass[i], ops);
        assert_int_equal(nax_pass_forward(pass[i], &batch, &result[i], &err), 0);
        assert_int_equal(nax_pass_backward(pass[i], &err), 0);
    }
    assert_int_equal(seen, (1U << BATCH) - 1);
    assert_true(result[0].loss != result[1].loss);
    assert_true(fabs(result[0].loss - result[1].loss) < tolerance_bf16_loss * result[0].loss);
    assert_true(nax_pass_size(pass[1]) < nax_pass_size(pass[0]));
    for (size_t l = 0; l < net.n_layers; l++) {
        const float *a = nax_pass_gradient(pass[0], l)->weight,
                    *b = nax_pass_gradient(pass[1], l)->weight;
        double ab = 0, aa = 0, bb = 0;
        for (size_t i = 0; i < nax_layer_n_weights(&net.layers[l]); i++) {
            ab += (double)a[i] * (double)b[i];
            aa += (double)a[i] * (double)a[i];
            bb += (double)b[i] * (double)b[i];
        }
        if (a && !(ab > (1 - tolerance_bf16_gradient) * sqrt(aa * bb)))
            fail_msg("cosine %g: '%s'", ab / sqrt(aa * bb), net.layers[l].name);
    }
    for (int i = 0; i < 2; i++) {
        nax_pass_free(pass[i]);
        nax_pass_memory_release(&memory[i]);
    }
    nax_model_free(model);
}

/* Loss and gradients of mixed images are those of either label, by their shares. */
static void mixed_labels_weigh_losses_and_gradients(void **state)
{
    (void)state;
    enum { OWN, OTHER, MIXED, CHOSEN, ONE_BY_ONE, N_KINDS };
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct pass *pass[N_KINDS];
    struct pass_memory memory[N_KINDS] = {{.block = NULL}};
    struct pass_result result[N_KINDS];
    static struct batch_data d;
    int32_t other[BATCH], chosen[BATCH];
    double shares[BATCH], choices[BATCH];
    batch_fill(&d);
    for (size_t b = 0; b < BATCH; b++) {
        other[b] = (int32_t)((d.labels[b] + 1 + (int32_t)b % 5) % 7);
        shares[b] = 0.3;
        choices[b] = (double)(b % 2);
        chosen[b] = b % 2 ? d.labels[b] : other[b];
    }
    const struct {
        const int32_t *labels, *other_labels;
        const double *share;
    } kind[N_KINDS] = {[OWN] = {.labels = d.labels},
                       [OTHER] = {.labels = other},
                       [MIXED] = {d.labels, other, shares},
                       [CHOSEN] = {.labels = chosen},
                       [ONE_BY_ONE] = {d.labels, other, choices}};
    assert_int_equal(nax_model_alloc(&model, &net, 3, &err), 0);
    disturb(model);
    for (size_t i = 0; i < N_KINDS; i++) {
        struct pass_batch batch = {.image = copy_image,
                                   .self = &d,
                                   .labels = kind[i].labels,
                                   .other_labels = kind[i].other_labels,
                                   .share = kind[i].share,
                                   .label_smoothing = 0.113};
        assert_int_equal(
            nax_pass_alloc(&pass[i], model, BATCH, NAX_ARITHMETIC_FP32, &memory[i], &err), 0);
        assert_int_equal(nax_pass_forward(pass[i], &batch, &result[i], &err), 0);
        assert_int_equal(nax_pass_backward(pass[i], &err), 0);
    }
    assert_true(fabs(result[MIXED].loss - 0.3 * result[OWN].loss - 0.7 * result[OTHER].loss) <
                1e-5); /* the running means, around which sums are taken, move */
    assert_true(fabs(result[OWN].loss - result[OTHER].loss) > 1e-3);
    assert_true(fabs(result[ONE_BY_ONE].loss - result[CHOSEN].loss) < 1e-5);
    for (size_t l = 0; l < net.n_layers; l++) {
        const float *g[N_KINDS];
        double largest = 0;
        size_t n = nax_layer_n_weights(&net.layers[l]);
        for (size_t i = 0; i < N_KINDS; i++)
            g[i] = nax_pass_gradient(pass[i], l)->weight;
        for (size_t i = 0; g[OWN] && i < n; i++)
            largest = NAX_MAX(fabs((double)g[OWN][i]), largest);
        for (size_t i = 0; g[OWN] && i < n; i++) {
            double want = 0.3 * (double)g[OWN][i] + 0.7 * (double)g[OTHER][i];
            assert_true(fabs((double)g[MIXED][i] - want) <= tolerance_gradient * largest);
            assert_true(fabs((double)g[ONE_BY_ONE][i] - (double)g[CHOSEN][i]) <=
                        tolerance_gradient * largest);
        }
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        nax_pass_free(pass[i]);
        nax_pass_memory_release(&memory[i]);
    }
    nax_model_free(model);
}

static void gradients_match_finite_differences(void **state)
{
    (void)state;
    struct nax_network every = every_network(), *graph = graph_network();
    int n[NAX_LAYER_COUNT] = {0}, n_activations[NAX_ACTIVATION_COUNT] = {0};
    for (size_t l = 0; l < every.n_layers; l++)
        n[every.layers[l].kind]++;
    for (size_t l = 0; l < graph->n_layers; l++) {
        n[graph->layers[l].kind]++;
        n_activations[graph->layers[l].activation]++;
    }
    for (int kind = 0; kind < NAX_LAYER_COUNT; kind++)
        if (!n[kind])
            fail_msg("no layer of kind %d", kind);
    for (int activation = 0; activation < NAX_ACTIVATION_COUNT; activation++)
        if (!n_activations[activation])
            fail_msg("no layer has activation %d", activation);
    check_gradients(&every, false);
    check_gradients(graph, false);
    nax_network_free(graph);
}

static void gradients_by_substituted_weights_match_finite_differences(void **state)
{
    (void)state;
    struct nax_network every = every_network(), *graph = graph_network();
    check_gradients(&every, true);
    check_gradients(graph, true);
    nax_network_free(graph);
}

/* --- gates --- */

static double gate_slope(const struct nax_model *model, const double *values,
                         const struct batch_data *d, struct reference_mix mix, bool is_own)
{
    const double step = 1e-5;
    double *gate = is_own ? &mix.own : &mix.other, old = *gate, loss[2];
    for (int i = 0; i < 2; i++) {
        *gate = old + (i ? step : -step);
        loss[i] = reference_loss_mixed(model, values, BATCH, d->image2, d->labels, 0.113, &mix);
    }
    return (loss[1] - loss[0]) / (2 * step);
}

/* Layers in a block and outside: a1 is followed by a2, which adds the block's input; b1 and d1 are
 * all that is left of their blocks; c2 adds a convolved shortcut. */
static void check_gates(enum nax_arithmetic precision, bool is_running, double tolerance,
                        double tolerance_angle)
{
    static const struct {
        size_t layer, kernel; /* 0: its own */
    } mixed[] = {{1, 3}, {2, 7}, {3, 5}, {6, 3}, {7, 1}, {8, 5}, {9, 0}, {12, 0}, {13, 0}};
    enum { N = sizeof mixed / sizeof *mixed, MAX = 49 * 32 * 32 };
    static double weight[N][MAX], gamma[N][32], beta[N][32], mean[N][32], variance[N][32];
    static float weight1[N][MAX], gamma1[N][32], beta1[N][32], mean1[N][32], variance1[N][32];
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct pass *pass;
    struct pass_memory memory = {.block = NULL};
    static struct batch_data d;
    struct pass_result result;
    struct nax_gate gates[N] = {{.layer = 0}};
    batch_fill(&d);
    assert_int_equal(nax_model_alloc(&model, &net, 3, &err), 0);
    disturb(model);
    disturb_statistics(model);
    assert_int_equal(nax_pass_alloc_gates(&pass, model, BATCH, precision, &memory, &err), 0);
    nax_pass_set_statistics(pass, is_running ? STATISTICS_RUNNING : STATISTICS_BATCH);
    double *values = nax_calloc(model->n_values, sizeof *values);
    for (size_t i = 0; i < model->n_values; i++)
        values[i] = (double)model->values[i];
    struct nax_rng rng = nax_rng_at(13, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < MAX; k++)
            weight[i][k] = (double)(weight1[i][k] = (float)(0.1 * noise(&rng)));
        for (size_t k = 0; k < 32; k++) {
            gamma[i][k] = (double)(gamma1[i][k] = (float)(1 + 0.3 * noise(&rng)));
            beta[i][k] = (double)(beta1[i][k] = (float)(0.3 * noise(&rng)));
            mean[i][k] = (double)(mean1[i][k] = (float)(0.2 * noise(&rng)));
            variance[i][k] = (double)(variance1[i][k] = (float)(0.9 + 0.3 * noise(&rng)));
        }
        gates[i] = (struct nax_gate){.layer = mixed[i].layer,
                                     .kernel = mixed[i].kernel,
                                     .linop = {.weight = i % 2 ? weight1[i] : NULL},
                                     .params = {.weight = i % 2 ? NULL : weight1[i],
                                                .gamma = gamma1[i],
                                                .beta = beta1[i],
                                                .mean = mean1[i],
                                                .variance = variance1[i]}};
        if (!net.layers[mixed[i].layer].has_batch_norm)
            gates[i].params.gamma = gates[i].params.mean = gates[i].params.variance = NULL;
    }
    struct pass_batch batch = {
        .image = copy_image, .self = &d, .labels = d.labels, .label_smoothing = 0.113};
    assert_int_equal(nax_pass_forward(pass, &batch, &result, &err), 0);
    assert_int_equal(nax_pass_backward(pass, &err), 0);
    assert_int_equal(nax_pass_gates(pass, 0, gates, N, &err), 0);
    double product = 0, got = 0, want = 0;
    for (size_t i = 0; i < N; i++) {
        struct reference_mix mix = {
            mixed[i].layer, mixed[i].kernel, 1,       0,
            weight[i],      gamma[i],        beta[i], is_running ? mean[i] : NULL,
            variance[i]};
        double own = gate_slope(model, values, &d, mix, true);
        double other = gate_slope(model, values, &d, mix, false);
        double scale = fabs(own) + fabs(other) + 0.01;
        if (!(fabs(gates[i].own - own) <= tolerance * scale &&
              fabs(gates[i].other - other) <= tolerance * scale))
            fail_msg("gate %zu: %g and %g, finite differences %g and %g", i, gates[i].own,
                     gates[i].other, own, other);
        product += gates[i].own * own + gates[i].other * other;
        got += gates[i].own * gates[i].own + gates[i].other * gates[i].other;
        want += own * own + other * other;
    }
    assert_true(1 - product / sqrt(got * want) < tolerance_angle);
    free(values);
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    nax_model_free(model);
}

static void gates_match_finite_differences(void **state)
{
    (void)state;
    for (int is_running = 0; is_running < 2; is_running++) {
        check_gates(NAX_ARITHMETIC_FP32, is_running, tolerance_gradient, tolerance_gradient);
        check_gates(NAX_ARITHMETIC_BF16, is_running, 1, tolerance_bf16_gradient);
    }
}

/* The others are the layers themselves: one by its own weights, one by a copy of them, one by a
 * larger kernel around them. */
static void statistics_are_kept_and_used(void **state)
{
    (void)state;
    enum { SMALL = 3, LARGE = 5, MAX = LARGE * LARGE * 32 * 32 };
    static float copy[MAX], larger[MAX], half[MAX], mean[3][32], variance[3][32];
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct pass *pass;
    struct pass_memory memory = {.block = NULL};
    static struct batch_data d;
    struct pass_result batch_result, kept, running;
    struct nax_linop ops[NAX_NETWORK_LAYERS_MAX] = {{.weight = NULL}};
    batch_fill(&d);
    size_t l = 0;
    while (net.layers[l].kind != NAX_LAYER_CONV || net.layers[l].kernel[0] != SMALL)
        l++;
    size_t n = net.layers[l].c_in * net.layers[l].c_out, c = net.layers[l].c_out;
    assert_int_equal(nax_model_alloc(&model, &net, 3, &err), 0);
    disturb(model);
    const float *weight = model->layer[l].weight;
    for (size_t y = 0; y < SMALL; y++)
        for (size_t x = 0; x < SMALL; x++) {
            memcpy(copy + (y * SMALL + x) * n, weight + (y * SMALL + x) * n, n * sizeof *copy);
            memcpy(larger + ((y + 1) * LARGE + x + 1) * n, weight + (y * SMALL + x) * n,
                   n * sizeof *copy);
        }
    for (size_t i = 0; i < SMALL * SMALL * n; i++)
        half[i] = weight[i] / 2;
    assert_int_equal(nax_pass_alloc_gates(&pass, model, BATCH, NAX_ARITHMETIC_FP32, &memory, &err),
                     0);
    struct pass_batch batch = {.image = copy_image, .self = &d, .labels = d.labels};
    assert_int_equal(nax_pass_forward(pass, &batch, &batch_result, &err), 0);
    nax_pass_set_statistics(pass, STATISTICS_KEPT);
    assert_int_equal(nax_pass_forward(pass, &batch, &kept, &err), 0);
    assert_true(fabs(kept.loss - batch_result.loss) < tolerance_statistics);
    struct nax_gate gates[3] = {{.layer = l, .kernel = SMALL, .params = model->layer[l]},
                                {.layer = l, .kernel = SMALL, .params = model->layer[l]},
                                {.layer = l, .kernel = LARGE, .params = model->layer[l]}};
    gates[1].params.weight = copy;
    gates[2].params.weight = larger;
    for (int i = 0; i < 3; i++) {
        gates[i].params.mean = mean[i];
        gates[i].params.variance = variance[i];
    }
    assert_int_equal(nax_pass_gate_statistics(pass, gates, 3, &err), 0);
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < c; k++) {
            double want = (double)model->layer[l].variance[k];
            assert_true(fabs((double)(mean[i][k] - model->layer[l].mean[k])) <
                        tolerance_statistics * sqrt(want));
            assert_true(fabs((double)variance[i][k] - want) < tolerance_statistics * want);
        }
    nax_pass_set_statistics(pass, STATISTICS_RUNNING);
    assert_int_equal(nax_pass_forward(pass, &batch, &running, &err), 0);
    assert_true(fabs(running.loss - kept.loss) < tolerance_statistics);
    /* half the gain is lost on hardware that is used as it is, and made good on a calibrated one */
    ops[l].weight = half;
    nax_pass_set_linops(pass, ops);
    assert_int_equal(nax_pass_forward(pass, &batch, &running, &err), 0);
    double lost = fabs(running.loss - kept.loss);
    assert_true(lost > 100 * tolerance_statistics);
    nax_pass_set_statistics(pass, STATISTICS_BATCH);
    assert_int_equal(nax_pass_forward(pass, &batch, &batch_result, &err), 0);
    assert_true(fabs(batch_result.loss - kept.loss) < tolerance_made_good * lost);
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    nax_model_free(model);
}

/* --- training runs --- */

enum { N_IMAGES = 97 };

struct small_set {
    struct nax_dataset set;
    uint8_t pixels[N_IMAGES * SIDE * SIDE * 3];
    int32_t labels[N_IMAGES];
};

/* Classes that differ in the place of a bright patch, so that there is something to learn. */
static void small_set_fill(struct small_set *s)
{
    struct nax_rng rng = nax_rng_at(10, NAX_RNG_TEST, 3, 0, 0);
    for (size_t i = 0; i < N_IMAGES; i++) {
        s->labels[i] = (int32_t)nax_rng_below(&rng, 7);
        for (size_t k = 0; k < SIDE * SIDE * 3; k++)
            s->pixels[i * SIDE * SIDE * 3 + k] =
                (uint8_t)(nax_rng_below(&rng, 120) + (k / 27 == (size_t)s->labels[i] ? 100 : 0));
    }
    s->set = (struct nax_dataset){.name = "small", .n_classes = 7};
    s->set.train = (struct nax_images){N_IMAGES, SIDE, SIDE, 3, s->pixels, s->labels};
}

static struct nax_recipe small_recipe(size_t epochs)
{
    struct nax_recipe r = nax_recipe_default();
    r.epochs = epochs;
    r.batch = 20;
    r.learning_rate = 0.05;
    r.crop = 1;
    return r;
}

/* Trains, stopping and resuming through a file after epoch `stop_after` (0: never); returns the
 * values. */
static float *train(enum nax_arithmetic precision, double muon, size_t stop_after, int n_threads,
                    size_t *n_values, double *loss)
{
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_recipe recipe = small_recipe(4);
    recipe.precision = precision;
    recipe.muon = muon;
    const char *path = "nn_test_checkpoint.safetensors";
    small_set_fill(&s);
    nax_threads_set(n_threads);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    while (nax_trainer_epochs_done(trainer) < recipe.epochs) {
        assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);
        loss[epoch.epoch - 1] = epoch.train_loss;
        if (epoch.epoch != stop_after)
            continue;
        assert_int_equal(nax_trainer_save(trainer, path, NULL, 0, &err), 0);
        nax_trainer_free(trainer);
        nax_model_free(model);
        assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
        assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
        assert_int_equal(nax_trainer_resume(trainer, path, &err), 0);
        unlink(path);
    }
    *n_values = model->n_values;
    float *values = nax_calloc(model->n_values, sizeof *values);
    memcpy(values, model->values, model->n_values * sizeof *values);
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_threads_set(0);
    return values;
}

static void check_training(enum nax_arithmetic precision, double muon)
{
    size_t n;
    double loss[4], other_loss[4];
    float *values = train(precision, muon, 0, 2, &n, loss);
    assert_true(loss[3] < loss[0]);
    const struct {
        size_t stop_after;
        int n_threads;
    } runs[] = {{0, 1}, {0, 8}, {2, 2}, {1, 3}};
    for (size_t i = 0; i < 4; i++) {
        float *other =
            train(precision, muon, runs[i].stop_after, runs[i].n_threads, &n, other_loss);
        assert_memory_equal(values, other, n * sizeof *values);
        free(other);
    }
    free(values);
}

static void training_does_not_depend_on_threads_or_stops(void **state)
{
    (void)state;
    check_training(NAX_ARITHMETIC_FP32, 0);
    check_training(NAX_ARITHMETIC_BF16, 0.2);
}

/* --- sums over the chunks of a batch --- */

/* The tree as the definition says it, in floats. */
static float tree_of(size_t n, const float *values, size_t step)
{
    size_t half = 1;
    if (n == 1)
        return *values;
    while (2 * half < n)
        half *= 2;
    return tree_of(half, values, step) + tree_of(n - half, values + half * step, step);
}

static void sums_are_a_tree(void **state)
{
    enum { N = 300, STEP = 304 }; /* more than a block, and no whole lanes */
    static const size_t n_parts[] = {1, 2, 3, 5, 6, 7, 8, 13, 128};
    static const double rounding = 0x1p-24;
    (void)state;
    for (int isa = NAX_ISA_BASELINE; isa <= (int)nax_isa(); isa++)
        for (size_t i = 0; i < sizeof n_parts / sizeof *n_parts; i++) {
            size_t n = n_parts[i];
            double height = ceil(log2((double)n));
            double *exact = nax_calloc(n * STEP, sizeof *exact);
            float *parts = draw(nax_nn_kernels(false), n * STEP, 31, exact), sum[N], want[N];
            nax_nn_kernels_of((enum nax_isa)isa, true)->add_up(n, N, STEP, parts, sum);
            for (size_t k = 0; k < N; k++) {
                double reference = 0, magnitude = 0;
                for (size_t part = 0; part < n; part++) {
                    reference += exact[part * STEP + k];
                    magnitude += fabs(exact[part * STEP + k]);
                }
                want[k] = tree_of(n, parts + k, STEP);
                assert_true(fabs((double)sum[k] - reference) <= height * rounding * magnitude);
                assert_true(fabs(tree_floats(n, parts + k, STEP) - reference) <=
                            1e-15 * height * magnitude);
            }
            assert_memory_equal(sum, want, sizeof sum);
            nax_nn_kernels_of((enum nax_isa)isa, true)->add_up(n, N, STEP, parts, parts);
            assert_memory_equal(parts, want, sizeof want); /* in place */
            nax_aligned_free(parts);
            free(exact);
        }
}

/* The tree's sum over chunks at … at + n where parts have theirs; *i: the next part. */
static float join(const struct part *part, size_t *i, size_t at, size_t n, const float *values)
{
    if (part[*i].first == at && part[*i].n == n) {
        ++*i;
        return tree_of(n, values + at, 1);
    }
    assert_true(n > 1);
    size_t half = tree_half(n);
    float left = join(part, i, at, half, values);
    return left + join(part, i, at + half, n - half, values);
}

/* Every rank's parts are whole subtrees, no more than two a level, and their sums are the tree's.
 */
static void ranks_share_the_tree(void **state)
{
    enum { N_MAX = 70 };
    static const int n_ranks[] = {1, 2, 3, 4, 7, 32, 100};
    float values[N_MAX];
    struct nax_rng rng = nax_rng_at(31, NAX_RNG_TEST, 0, 0, 0);
    (void)state;
    for (size_t i = 0; i < N_MAX; i++)
        values[i] = (float)noise(&rng);
    for (size_t n = 1; n <= N_MAX; n++)
        for (size_t k = 0; k < sizeof n_ranks / sizeof *n_ranks; k++) {
            const struct deal deal = {.n_images = 5 * n, .n_unit = 5, .n_ranks = n_ranks[k]};
            struct part part[N_MAX + 1] = {{0}};
            size_t n_parts = 0, i = 0;
            for (int r = 0; r < deal.n_ranks; r++) {
                size_t first = nax_across_first(&deal, r) / 5;
                size_t end = nax_across_first(&deal, r + 1) / 5;
                size_t own = nax_across_cut(n, first, end, part + n_parts);
                assert_true(own <= 2 * (size_t)ceil(log2((double)(end - first) + 1)));
                n_parts += own;
            }
            assert_int_equal(nax_across_n_parts(&deal, 5), n_parts);
            float sum = join(part, &i, 0, n, values), want = tree_of(n, values, 1);
            assert_int_equal(i, n_parts);
            assert_memory_equal(&sum, &want, sizeof sum);
        }
}

/* Images, of which a pass sees those from `first` on. */
struct many_images {
    size_t size, first; /* values of an image */
    float *pixels;
    int32_t *labels;
};

static void copy_one(const void *self, size_t b, float *out)
{
    const struct many_images *m = self;
    memcpy(out, m->pixels + (m->first + b) * m->size, m->size * sizeof *out);
}

/* A step's gradients on images [first, first + n), and what it makes of the statistics; n_threads
 * 0: as many as there are. */
static void gradients_of(struct nax_model *model, struct many_images *m, size_t first, size_t n,
                         enum pass_statistics statistics, int n_threads, float *gradient)
{
    struct nax_err err;
    struct pass *pass;
    struct pass_memory memory = {.block = NULL};
    struct pass_result result;
    m->first = first;
    nax_threads_set(n_threads);
    assert_int_equal(nax_pass_alloc(&pass, model, n, NAX_ARITHMETIC_FP32, &memory, &err), 0);
    nax_pass_set_statistics(pass, statistics);
    struct pass_batch batch = {
        .image = copy_one, .self = m, .labels = m->labels + first, .label_smoothing = 0.113};
    assert_int_equal(nax_pass_forward(pass, &batch, &result, &err), 0);
    assert_int_equal(nax_pass_backward(pass, &err), 0);
    for (size_t l = 0; l < model->net->n_layers; l++) {
        const struct nax_params *p = &model->layer[l], *g = nax_pass_gradient(pass, l);
        size_t c = model->net->layers[l].c_out * sizeof(float);
        if (p->weight)
            memcpy(gradient + (p->weight - model->values), g->weight,
                   nax_layer_n_weights(&model->net->layers[l]) * sizeof(float));
        if (p->beta)
            memcpy(gradient + (p->beta - model->values), g->beta, c);
        if (p->gamma)
            memcpy(gradient + (p->gamma - model->values), g->gamma, c);
    }
    nax_pass_free(pass);
    nax_pass_memory_release(&memory);
    nax_threads_set(0);
}

/* By the running statistics images know nothing of each other: the batch's gradients are the mean
 * of each image's own, which no chunk is part of, here in double. */
static void check_against_single_images(struct nax_model *model, struct many_images *m, size_t n)
{
    size_t n_values = model->n_values;
    float *got = nax_aligned_calloc(n_values, sizeof *got);
    float *one = nax_aligned_calloc(n_values, sizeof *one);
    double *want = nax_calloc(n_values, sizeof *want), largest = 0;
    gradients_of(model, m, 0, n, STATISTICS_RUNNING, 0, got);
    for (size_t b = 0; b < n; b++) {
        gradients_of(model, m, b, 1, STATISTICS_RUNNING, 0, one);
        for (size_t i = 0; i < n_values; i++)
            want[i] += (double)one[i] / (double)n;
    }
    for (size_t i = 0; i < n_values; i++)
        largest = fmax(largest, fabs(want[i]));
    for (size_t i = 0; i < n_values; i++)
        assert_true(fabs((double)got[i] - want[i]) <= tolerance_chunks * largest);
    nax_aligned_free(got);
    nax_aligned_free(one);
    free(want);
}

static void check_chunks(const struct nax_network *net, size_t n)
{
    static const int n_threads[] = {1, 2, 3, 5};
    struct nax_err err;
    struct nax_model *model;
    struct many_images m = {.size = net->height * net->width * 3};
    assert_int_equal(nax_model_alloc(&model, net, 5, &err), 0);
    disturb(model);
    double *exact = nax_calloc(n * m.size, sizeof *exact);
    m.pixels = draw(nax_nn_kernels(false), n * m.size, 41, exact);
    free(exact);
    m.labels = nax_calloc(n, sizeof *m.labels);
    for (size_t b = 0; b < n; b++)
        m.labels[b] = (int32_t)(3 * b % net->n_classes);
    float *first = NULL, *values = NULL, *start = nax_calloc(model->n_values, sizeof *start);
    memcpy(start, model->values, model->n_values * sizeof *start);
    for (size_t i = 0; i < sizeof n_threads / sizeof *n_threads; i++) {
        size_t size = model->n_values * sizeof(float);
        float *gradient = nax_aligned_calloc(model->n_values, sizeof *gradient);
        memcpy(model->values, start, size);
        gradients_of(model, &m, 0, n, STATISTICS_BATCH, n_threads[i], gradient);
        if (i) {
            assert_memory_equal(gradient, first, size);
            assert_memory_equal(model->values, values, size); /* running statistics are there */
            nax_aligned_free(gradient);
            continue;
        }
        first = gradient;
        values = nax_calloc(model->n_values, sizeof *values);
        memcpy(values, model->values, size);
    }
    check_against_single_images(model, &m, n);
    nax_model_free(model);
    nax_aligned_free(m.pixels);
    nax_aligned_free(first);
    free(m.labels);
    free(start);
    free(values);
}

/* Seven chunks of 16 images in every layer; then layers of 4, 8 and 16 images a chunk, so that what
 * one layer's chunks leave another's find. */
static void chunks_add_up_for_any_number_of_threads(void **state)
{
    (void)state;
    struct nax_network net = every_network();
    check_chunks(&net, 7 * 16);
    struct nax_layer layers[] = {{.name = "first",
                                  .kind = NAX_LAYER_CONV,
                                  NORMED,
                                  .input = -1,
                                  .residual = -2,
                                  .has_relu = true,
                                  SAME(3),
                                  .stride = {1, 1},
                                  SIDES(64, 3, 64, 16)},
                                 {.name = "second",
                                  .kind = NAX_LAYER_CONV,
                                  NORMED,
                                  .input = 0,
                                  .residual = 0,
                                  .has_relu = true,
                                  SAME(3),
                                  .stride = {1, 1},
                                  SIDES(64, 16, 64, 16)},
                                 {.name = "third",
                                  .kind = NAX_LAYER_CONV,
                                  NORMED,
                                  .input = 1,
                                  .residual = -2,
                                  .has_relu = true,
                                  SAME(3),
                                  .stride = {2, 2},
                                  SIDES(64, 16, 32, 19)},
                                 {.name = "pool",
                                  .kind = NAX_LAYER_POOL_MEAN,
                                  .input = 2,
                                  .residual = -2,
                                  .kernel = {32, 32},
                                  .dilation = {1, 1},
                                  .groups = 1,
                                  .stride = {32, 32},
                                  SIDES(32, 19, 1, 19)},
                                 {.name = "classes",
                                  .kind = NAX_LAYER_LINEAR,
                                  .has_bias = true,
                                  .kernel = {1, 1},
                                  .dilation = {1, 1},
                                  .groups = 1,
                                  .stride = {1, 1},
                                  .input = 3,
                                  .residual = -2,
                                  SIDES(1, 19, 1, 7)}};
    for (size_t l = 0; l < 5; l++)
        layers[l].slot = -1;
    struct nax_network large = {.name = "large",
                                .height = 64,
                                .width = 64,
                                .channels = 3,
                                .n_classes = 7,
                                .n_layers = 5,
                                .layers = layers};
    check_chunks(&large, 16);
}

/* --- Muon --- */

/* Entry (i, k) of the orthonormal cosine transform of n numbers. */
static double cosine(size_t n, size_t i, size_t k)
{
    double phase = 3.14159265358979323846 * ((double)i + 0.5) * (double)k / (double)n;
    return sqrt((k ? 2 : 1) / (double)n) * cos(phase);
}

enum { MUON_LARGE = 11, MUON_SMALL = 5 };

/* What the iteration makes of singular values, in double. */
static void muon_values(const double value[MUON_SMALL], double became[MUON_SMALL])
{
    double sum = 0;
    for (size_t k = 0; k < MUON_SMALL; k++)
        sum += value[k] * value[k];
    for (size_t k = 0; k < MUON_SMALL; k++) {
        double s = value[k] / sqrt(sum);
        for (int i = 0; i < 5; i++)
            s = 3.4445 * s - 4.7750 * pow(s, 3) + 2.0315 * pow(s, 5);
        assert_true(s > 0.65 && s < 1.25);
        became[k] = s;
    }
}

/* A matrix of singular values, and the cosine transforms' columns for its vectors. */
static double entry_of(const double value[MUON_SMALL], size_t n_rows, size_t n_cols, size_t i)
{
    double sum = 0;
    for (size_t k = 0; k < MUON_SMALL; k++)
        sum += value[k] * cosine(n_rows, i / n_cols, k) * cosine(n_cols, i % n_cols, k);
    return sum;
}

static void step_once(const struct muon_matrix *matrix, double rate, double momentum, int n_threads)
{
    struct nax_err err;
    struct muon *muon;
    nax_threads_set(n_threads);
    assert_int_equal(nax_muon_alloc(&muon, matrix, 1, &err), 0);
    nax_muon_step(muon, rate, momentum);
    nax_muon_free(muon);
    nax_threads_set(0);
}

/* One step: along what the definition makes of the gradient, as long as it is to be, and back to
 * the norm that the weights had. */
static void check_muon(size_t n_rows, size_t n_cols)
{
    enum { N = MUON_LARGE * MUON_SMALL };
    const double value[MUON_SMALL] = {3, 0.7, 0.2, 1.1, 0.05}, rate = 0.05;
    float w[N], old[N], v[N] = {0}, gradient[N];
    double became[MUON_SMALL], before = 0, after = 0, length = 0, stepped = 0, along = 0;
    muon_values(value, became);
    for (size_t i = 0; i < N; i++) {
        gradient[i] = (float)entry_of(value, n_rows, n_cols, i);
        w[i] = old[i] = (float)sin(1.3 * (double)i);
        double want = entry_of(became, n_rows, n_cols, i);
        before += (double)old[i] * (double)old[i];
        length += want * want;
    }
    const struct muon_matrix matrix = {n_rows, n_cols, w, v, gradient};
    step_once(&matrix, rate, 0.9, 2);
    for (size_t i = 0; i < N; i++) {
        double want = entry_of(became, n_rows, n_cols, i);
        double to = (double)old[i] - rate * sqrt(before / length) * want;
        after += (double)w[i] * (double)w[i];
        stepped += to * to;
        along += to * (double)w[i];
        assert_true(v[i] == gradient[i]);
    }
    assert_true(fabs(after / before - 1) < 1e-6);
    assert_true(along / sqrt(after * stepped) > 1 - 1e-9);
}

/* to [n][n_cols] = a [n][m] · b [m][n_cols] */
static void reference_product(size_t n, size_t m, size_t n_cols, const double *a, const double *b,
                              double *to)
{
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n_cols; c++) {
            to[r * n_cols + c] = 0;
            for (size_t k = 0; k < m; k++)
                to[r * n_cols + c] += a[r * m + k] * b[k * n_cols + c];
        }
}

/* The iteration as it is defined, X ← a1 X + (a3 X Xᵀ + a5 (X Xᵀ)²) X, in double. */
static void reference_muon(size_t n_rows, size_t n_cols, double *x)
{
    size_t n = n_rows * n_cols;
    double *turned = nax_calloc(n, sizeof *turned), *made = nax_calloc(n, sizeof *made), sum = 0;
    double *gram = nax_calloc(n_rows * n_rows, sizeof *gram);
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < n; i++)
        x[i] /= sqrt(sum);
    for (int k = 0; k < 5; k++) {
        for (size_t i = 0; i < n; i++)
            turned[i % n_cols * n_rows + i / n_cols] = x[i];
        reference_product(n_rows, n_cols, n_rows, x, turned, gram);
        reference_product(n_rows, n_rows, n_cols, gram, x, made);
        for (size_t i = 0; i < n; i++)
            x[i] = 3.4445 * x[i] - 4.7750 * made[i];
        reference_product(n_rows, n_rows, n_cols, gram, made, turned);
        for (size_t i = 0; i < n; i++)
            x[i] += 2.0315 * turned[i];
    }
    free(turned);
    free(made);
    free(gram);
}

/* Matrices of several blocks, whose singular values span three decades; the step alone, since it is
 * a million times as long as the weights. */
static void muon_follows_its_definition(void **state)
{
    enum { LARGE = 290, SMALL = 150, N = LARGE * SMALL };
    static const size_t n_rows[] = {LARGE, SMALL};
    static const int n_threads[] = {1, 2, 3, 5};
    static float w[4][N], v[N], gradient[N];
    static double want[N];
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        size_t n_cols = N / n_rows[k];
        struct nax_rng rng = nax_rng_at(51, NAX_RNG_TEST, k, 0, 0);
        for (size_t i = 0; i < N; i++) {
            size_t across = k ? i / n_cols : i % n_cols; /* of the smaller side */
            gradient[i] = (float)(noise(&rng) * pow(10, -3 * (double)across / SMALL));
            want[i] = (double)gradient[i];
        }
        reference_muon(n_rows[k], n_cols, want);
        double length = 0, away = 0, stepped = 0;
        for (size_t t = 0; t < 4; t++) {
            for (size_t i = 0; i < N; i++)
                w[t][i] = 1e-3F, v[i] = 0;
            const struct muon_matrix matrix = {n_rows[k], n_cols, w[t], v, gradient};
            step_once(&matrix, 1e6, 0.9, n_threads[t]);
            assert_memory_equal(w[t], w[0], sizeof w[0]);
        }
        for (size_t i = 0; i < N; i++) {
            length += want[i] * want[i];
            stepped += (double)w[0][i] * (double)w[0][i];
        }
        for (size_t i = 0; i < N; i++)
            away += pow((double)w[0][i] / sqrt(stepped) + want[i] / sqrt(length), 2);
        if (!(sqrt(away) < tolerance_muon))
            fail_msg("a step is off by %g of its length", sqrt(away));
    }
}

static void muon_moves_singular_values_alone(void **state)
{
    (void)state;
    check_muon(MUON_LARGE, MUON_SMALL);
    check_muon(MUON_SMALL, MUON_LARGE);
}

static int no_gradient(const void *self, float *gradient, struct nax_err *err)
{
    (void)err;
    memset(gradient, 0, *(const size_t *)self * sizeof *gradient);
    return 0;
}

static int no_luck(const void *self, float *gradient, struct nax_err *err)
{
    (void)self;
    (void)gradient;
    return nax_err_set(err, NAX_ERR_NUMERIC, "no luck: 'array 7'");
}

static int made_otherwise(const void *self, size_t n, const float *x, float *y, size_t image,
                          void *scratch)
{
    (void)self;
    (void)n;
    (void)x;
    (void)y;
    (void)image;
    (void)scratch;
    return 0;
}

/* What is learnt by other weights moves the layers' own, unless an adjoint says otherwise. */
static void gradients_go_straight_through_to_a_layers_own_weights(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model, *start;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_recipe recipe = small_recipe(3);
    struct nax_linop ops[sizeof every_layer / sizeof *every_layer] = {{.weight = NULL}};
    recipe.weight_decay = 0;
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_model_alloc(&start, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    size_t n = nax_layer_n_weights(&net.layers[1]);
    size_t size = n * sizeof(float);
    ops[1] =
        (struct nax_linop){.weight = start->layer[1].weight, .adjoint = no_gradient, .self = &n};
    nax_trainer_set_linops(trainer, ops);
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);
    assert_memory_equal(model->layer[1].weight, start->layer[1].weight, size);

    ops[1].adjoint = NULL;
    float *before = nax_calloc(n, sizeof *before);
    memcpy(before, start->layer[1].weight, size);
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);
    assert_memory_not_equal(model->layer[1].weight, start->layer[1].weight, size);
    assert_memory_equal(before, start->layer[1].weight, size);
    free(before);

    ops[1].adjoint = no_luck;
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), NAX_ERR_NUMERIC);
    assert_string_equal(err.text, "no luck: 'array 7'");
    ops[1] = (struct nax_linop){.forward = made_otherwise};
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "a product made without weights cannot be trained: 'a1'");
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_model_free(start);
}

static void take_largest(void *self, size_t l, size_t image, size_t n, const float *x,
                         const float *z)
{
    const struct nax_layer *shape = &every_layer[l];
    double *largest = self;
    (void)image, (void)z;
    for (size_t i = 0; i < n * shape->h_in * shape->w_in * shape->c_in; i++)
        if (fabs((double)x[i]) > largest[l])
            largest[l] = fabs((double)x[i]);
}

/* One after another, whatever passes went before in the same memory: batch norm takes what the
 * images have, and inputs are as large as an evaluation by these statistics sees them. */
static void check_statistics(struct nax_statistics *statistics, const struct small_set *s,
                             const uint32_t *index, size_t n, uint64_t seed)
{
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_score score;
    enum { N_LAYERS = sizeof every_layer / sizeof *every_layer };
    double largest[N_LAYERS], again[N_LAYERS], seen[N_LAYERS] = {0};
    struct nax_tap tap = {take_largest, seen};
    const struct nax_eval options = {.tap = &tap, .n_images = n, .index = index};
    assert_int_equal(nax_model_alloc(&model, &net, seed, &err), 0);
    uint64_t hash = nax_model_hash(model);
    assert_int_equal(nax_statistics_take(statistics, model, false, NULL, &err), 0);
    assert_true(nax_model_hash(model) == hash);
    assert_int_equal(nax_statistics_take(statistics, model, true, largest, &err), 0);
    hash = nax_model_hash(model);
    assert_int_equal(nax_statistics_take(statistics, model, false, again, &err), 0);
    assert_true(nax_model_hash(model) == hash);
    nax_threads_set(1); /* the tap takes no lock */
    assert_int_equal(nax_model_eval(model, &s->set.train, &options, &score, &err), 0);
    nax_threads_set(0);
    for (size_t l = 0; l < net.n_layers; l++)
        if (nax_layer_n_weights(&net.layers[l])) {
            assert_true(fabs(largest[l] - seen[l]) <= 1e-4 * seen[l]);
            assert_true(fabs(largest[l] - again[l]) <= 1e-4 * seen[l]);
        }
    nax_model_free(model);
}

static void statistics_of_many_models_are_taken_in_turn(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_statistics *statistics;
    uint32_t index[N_IMAGES / 3];
    const size_t n = sizeof index / sizeof *index;
    small_set_fill(&s);
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)(N_IMAGES - 1 - 2 * i);
    assert_int_equal(
        nax_statistics_alloc(&statistics, &s.set.train, index, n, NAX_ARITHMETIC_FP32, &err), 0);
    for (uint64_t seed = 0; seed < 3; seed++)
        check_statistics(statistics, &s, index, n, seed);
    nax_statistics_free(statistics);
}

/* What is seen of statistics between batches: those of channel 0 of a layer. */
struct between {
    const struct nax_params *layer;
    size_t n, n_allowed;
    bool is_cleared; /* before all but the first */
    float mean[4];
};

static int see_batch(void *self, size_t batch, struct nax_err *err)
{
    struct between *b = self;
    assert_int_equal(batch, b->n++);
    b->mean[batch] = b->layer->mean[0];
    if (b->is_cleared && batch)
        b->layer->mean[0] = 0;
    return batch < b->n_allowed ? 0 : nax_err_set(err, NAX_ERR_NUMERIC, "no luck");
}

static int stop_at_once(void *self, size_t step, double loss)
{
    (void)self, (void)step, (void)loss;
    return 1;
}

/* Each batch counts as much as the others, and training goes on as before: by a tenth. */
static void statistics_are_means_of_batches(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_recipe recipe = small_recipe(1);
    struct nax_epoch epoch;
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    size_t l = 0;
    while (!model->layer[l].mean)
        l++;
    struct between whole = {.layer = &model->layer[l], .n_allowed = 3}, apart = whole,
                   failed = whole;
    float *mean = &model->layer[l].mean[0];
    apart.is_cleared = true;
    failed.n_allowed = 1;
    assert_int_equal(nax_trainer_renew_statistics(trainer, 3, see_batch, &failed, &err),
                     NAX_ERR_NUMERIC);
    assert_int_equal(failed.n, 2);
    assert_int_equal(nax_trainer_renew_statistics(trainer, 3, see_batch, &apart, &err), 0);
    const float batch[] = {apart.mean[1], 2 * apart.mean[2], 3 * *mean};
    assert_int_equal(nax_trainer_renew_statistics(trainer, 3, see_batch, &whole, &err), 0);
    assert_int_equal(whole.n, 3);
    const double all = ((double)batch[0] + (double)batch[1] + (double)batch[2]) / 3;
    const double spread = fabs((double)batch[0] - all) + fabs((double)batch[2] - all);
    assert_true(spread > 0);
    assert_float_equal(*mean, all, 1e-3 * spread + 1e-6);
    assert_int_equal(nax_trainer_epoch(trainer, stop_at_once, NULL, &epoch, &err), 0);
    assert_float_equal(*mean, all + 0.1 * ((double)batch[0] - all), 1e-3 * spread + 1e-6);
    nax_trainer_free(trainer);
    nax_model_free(model);
}

/* Two models with the same weights, one of which remembers statistics of something else. */
static void statistics_are_renewed(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model[2], *start;
    struct nax_recipe recipe = small_recipe(0);
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&start, &net, 4, &err), 0);
    for (int i = 0; i < 2; i++) {
        struct nax_trainer *trainer;
        assert_int_equal(nax_model_alloc(&model[i], &net, 4, &err), 0);
        assert_int_equal(nax_trainer_alloc(&trainer, model[i], &s.set, &recipe, 21, &err), 0);
        for (size_t l = 0; l < net.n_layers; l++)
            for (size_t k = 0; i && model[i]->layer[l].mean && k < net.layers[l].c_out; k++) {
                model[i]->layer[l].mean[k] = 5;
                model[i]->layer[l].variance[k] = 9;
            }
        assert_int_equal(nax_trainer_renew_statistics(trainer, 3, NULL, NULL, &err), 0);
        nax_trainer_free(trainer);
    }
    for (size_t l = 0; l < net.n_layers; l++) {
        const struct nax_params *p = &model[0]->layer[l], *q = &model[1]->layer[l];
        size_t n = nax_layer_n_weights(&net.layers[l]);
        if (n)
            assert_memory_equal(q->weight, start->layer[l].weight, n * sizeof *p->weight);
        for (size_t k = 0; p->mean && k < net.layers[l].c_out; k++) {
            double deviation = sqrt((double)p->variance[k]);
            assert_true(fabs((double)p->mean[k] - (double)q->mean[k]) < 1e-3 * deviation);
            assert_true(fabs((double)p->variance[k] - (double)q->variance[k]) <
                        1e-3 * (double)p->variance[k]);
            assert_true(p->mean[k] != 0 && p->variance[k] != 1);
        }
    }
    nax_model_free(model[0]);
    nax_model_free(model[1]);
    nax_model_free(start);
}

/* The values after every step, in double. */
struct follower {
    const struct nax_model *model;
    double *average;
    size_t n_steps;
};

static int follow(void *self, size_t step, double loss)
{
    struct follower *f = self;
    double n = (double)f->n_steps++, keep = fmin(0.8, n / (9 + n));
    (void)step, (void)loss;
    for (size_t i = 0; i < f->model->n_values; i++)
        f->average[i] = keep * f->average[i] + (1 - keep) * (double)f->model->values[i];
    return 0;
}

/* What a run that takes the mean over its steps ends with is the mean of one that does not; in the
 * middle it goes on from the last values, through a file too. */
static void weights_are_a_mean_over_steps(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model[3];
    struct nax_trainer *trainer[3];
    struct nax_epoch epoch[3];
    struct nax_recipe recipe = small_recipe(4), average = recipe;
    const char *path = "nn_test_average.safetensors";
    average.average = 0.8;
    small_set_fill(&s);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(nax_model_alloc(&model[i], &net, 4, &err), 0);
        assert_int_equal(
            nax_trainer_alloc(&trainer[i], model[i], &s.set, i ? &average : &recipe, 21, &err), 0);
    }
    size_t n = model[0]->n_values, size = n * sizeof(float);
    struct nax_score score, plain;
    for (size_t i = 0; i < 2; i++) /* before the first step there is nothing to average */
        assert_int_equal(nax_trainer_validate(trainer[i], i ? &score : &plain, &err), 0);
    assert_true(score.loss == plain.loss);
    assert_int_equal(nax_trainer_save(trainer[1], path, NULL, 0, &err), 0);
    assert_int_equal(nax_model_load(model[2], path, &err), 0);
    assert_memory_equal(model[2]->values, model[0]->values, size);
    assert_int_equal(nax_trainer_resume(trainer[2], path, &err), 0);
    assert_memory_equal(model[2]->values, model[0]->values, size);
    struct follower follower = {model[0], nax_calloc(n, sizeof(double)), 0};
    for (size_t e = 1; e <= 4; e++) {
        assert_int_equal(nax_trainer_epoch(trainer[0], follow, &follower, &epoch[0], &err), 0);
        assert_int_equal(nax_trainer_epoch(trainer[1], NULL, NULL, &epoch[1], &err), 0);
        assert_true(epoch[0].train_loss == epoch[1].train_loss);
        assert_true(epoch[0].validation_loss != epoch[1].validation_loss);
        if (e < 4)
            assert_memory_equal(model[0]->values, model[1]->values, size);
        if (e == 2) {
            assert_int_equal(nax_trainer_save(trainer[1], path, NULL, 0, &err), 0);
            assert_int_equal(nax_trainer_resume(trainer[2], path, &err), 0);
        }
        if (e > 2)
            assert_int_equal(nax_trainer_epoch(trainer[2], NULL, NULL, &epoch[2], &err), 0);
    }
    for (size_t i = 0; i < n; i++)
        assert_true(fabs((double)model[1]->values[i] - follower.average[i]) <
                    1e-5 * (1 + fabs(follower.average[i])));
    assert_memory_not_equal(model[0]->values, model[1]->values, size);
    assert_memory_equal(model[1]->values, model[2]->values, size);
    assert_true(epoch[1].validation_loss == epoch[2].validation_loss);
    assert_int_equal(nax_trainer_validate(trainer[1], &score, &err), 0);
    assert_true(score.loss == epoch[1].validation_loss);

    /* what others read of a finished run, and what is gone on with for longer */
    assert_int_equal(nax_trainer_save(trainer[1], path, NULL, 0, &err), 0);
    assert_int_equal(nax_model_load(model[0], path, &err), 0);
    assert_memory_equal(model[0]->values, model[1]->values, size);
    nax_trainer_free(trainer[2]);
    average.epochs = 5;
    assert_int_equal(nax_trainer_alloc(&trainer[2], model[2], &s.set, &average, 21, &err), 0);
    assert_int_equal(nax_trainer_extend(trainer[2], path, &err), 0);
    assert_memory_not_equal(model[2]->values, model[1]->values, size); /* the last ones */
    assert_int_equal(nax_trainer_epoch(trainer[2], NULL, NULL, &epoch[2], &err), 0);
    for (size_t i = 0; i < 3; i++) {
        nax_trainer_free(trainer[i]);
        nax_model_free(model[i]);
    }
    free(follower.average);
    unlink(path);
}

/* A run that had no mean starts one from its weights. */
static void a_mean_may_start_late(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_recipe recipe = small_recipe(1);
    const char *path = "nn_test_late.safetensors";
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);
    assert_int_equal(nax_trainer_save(trainer, path, NULL, 0, &err), 0);
    nax_trainer_free(trainer);
    struct nax_score before, after;
    recipe.epochs = 2;
    recipe.average = 0.999;
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    assert_int_equal(nax_trainer_extend(trainer, path, &err), 0);
    assert_int_equal(nax_trainer_validate(trainer, &before, &err), 0);
    assert_true(fabs(before.loss - epoch.validation_loss) < 1e-6);
    assert_int_equal(nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err), 0);
    assert_int_equal(nax_trainer_validate(trainer, &after, &err), 0);
    assert_true(isfinite(after.loss));
    nax_trainer_free(trainer);
    nax_model_free(model);
    unlink(path);
}

/* A field that has no row would keep its 0xA5. */
static void every_field_of_a_recipe_has_a_row(void **state)
{
    (void)state;
    unsigned char bytes[sizeof(struct nax_recipe)], untouched[8];
    memset(untouched, 0xA5, sizeof untouched);
    memset(bytes, 0xA5, sizeof bytes);
    nax_options_default(nax_recipe_options, bytes);
    for (size_t i = 0; i + 8 <= sizeof bytes; i += 8)
        assert_memory_not_equal(bytes + i, untouched, 8);
    struct nax_recipe recipe = nax_recipe_default();
    struct nax_err err;
    assert_int_equal(nax_options_check(nax_recipe_options, &recipe, &err), 0);
}

static void every_row_of_a_recipe_decides_the_run(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_recipe recipe = small_recipe(2);
    const char *path = "nn_test_rows.safetensors";
    recipe.precision = NAX_ARITHMETIC_FP32;
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    assert_int_equal(nax_trainer_save(trainer, path, NULL, 0, &err), 0);
    nax_trainer_free(trainer);
    for (const struct nax_option *o = nax_recipe_options; o->name; o++) {
        struct nax_recipe other = recipe;
        char message[256];
        change_option(o, &other, message);
        assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &other, 21, &err), 0);
        assert_int_equal(nax_trainer_resume(trainer, path, &err), NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, message));
        nax_trainer_free(trainer);
    }
    nax_model_free(model);
    unlink(path);
}

static void what_is_no_number_is_no_weight(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_trainer *trainer;
    struct nax_recipe recipe = small_recipe(2);
    struct nax_network net = every_network();
    struct nax_model *model;
    const char *path = "nn_test_no_number.safetensors";
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    small_set_fill(&s);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    float *const places[] = {model->layer[0].weight + 5, model->layer[0].variance + 1,
                             model->layer[net.n_layers - 1].beta + 2};
    const float values[] = {NAN, -0.25F, INFINITY};
    const char *const told[] = {"value 5 is nan: tensor '", "value 1 is -0.25: tensor '",
                                "value 2 is inf: tensor '"};
    for (size_t i = 0; i < 3; i++) {
        float was = *places[i];
        *places[i] = values[i];
        assert_int_equal(nax_model_save(model, path, NULL, 0, &err), NAX_ERR_VALUE);
        if (!strstr(err.text, told[i]))
            fail_msg("%s", err.text);
        assert_int_equal(nax_trainer_save(trainer, path, NULL, 0, &err), NAX_ERR_NUMERIC);
        assert_int_equal(err.status, NAX_ERR_NUMERIC);
        if (!strstr(err.text, told[i]) || !strstr(err.text, path))
            fail_msg("%s", err.text);
        assert_int_equal(access(path, F_OK), -1);
        *places[i] = was;
    }
    nax_trainer_free(trainer);
    nax_model_free(model);
}

static void checkpoint_of_another_run_is_refused(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_recipe recipe = small_recipe(2);
    const char *path = "nn_test_other.safetensors";
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    assert_int_equal(nax_trainer_save(trainer, path, NULL, 0, &err), 0);
    nax_trainer_free(trainer);
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 22, &err), 0);
    assert_int_equal(nax_trainer_resume(trainer, path, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "checkpoint of another run: 'nn_test_other.safetensors': seed "
                                  "is 21 there and 22 here");
    nax_trainer_free(trainer);

    struct nax_identity *more;
    assert_int_equal(nax_identity_alloc(&more, &err), 0);
    nax_identity_add(more, "chip", "tuned");
    assert_int_equal(nax_trainer_alloc(&trainer, model, &s.set, &recipe, 21, &err), 0);
    nax_trainer_set_identity(trainer, more);
    assert_int_equal(nax_trainer_resume(trainer, path, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "chip is nothing there and tuned here"));
    nax_trainer_free(trainer);
    nax_identity_free(more);

    nax_layer_set_kernel(&every_layer_copy[1], 3); /* another network */
    struct nax_model *other;
    assert_int_equal(nax_model_alloc(&other, &net, 4, &err), 0);
    assert_int_equal(nax_model_load(other, path, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "a1.weight"));
    nax_model_free(other);
    nax_model_free(model);
    unlink(path);
}

static void look_away(void *self, size_t l, size_t image, size_t n, const float *x, const float *z)
{
    (void)self, (void)l, (void)image, (void)n, (void)x, (void)z;
}

/* Layers whose convolutions do all of it, step by step as they are when somebody looks, in bf16. */
/* The loss by the definition, with the statistics that the model keeps. */
static double defined_loss(const struct nax_model *model, const struct nax_images *images)
{
    const struct reference_mix nothing = {.layer = SIZE_MAX, .mean = (const double[]){0}};
    size_t n = images->n * images->height * images->width * images->channels;
    double *values = nax_calloc(model->n_values, sizeof *values);
    double *x = nax_calloc(n, sizeof *x);
    for (size_t i = 0; i < model->n_values; i++)
        values[i] = (double)model->values[i];
    for (size_t i = 0; i < n; i++)
        x[i] = images->pixels[i] / 255.0;
    double loss = reference_loss_mixed(model, values, images->n, x, images->labels, 0, &nothing);
    free(values);
    free(x);
    return loss;
}

static void evaluations_agree(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network every = every_network(), *graph = graph_network();
    const struct nax_network *nets[] = {&every, graph};
    small_set_fill(&s);
    for (size_t i = 0; i < 2; i++) {
        struct nax_model *model;
        struct nax_score whole, steps, rounded;
        assert_int_equal(nax_model_alloc(&model, nets[i], 4, &err), 0);
        disturb(model);
        disturb_statistics(model);
        struct nax_tap tap = {look_away, NULL};
        struct nax_eval in_steps = {.tap = &tap}, in_bf16 = {.is_bf16 = true};
        assert_int_equal(nax_model_eval(model, &s.set.train, NULL, &whole, &err), 0);
        assert_int_equal(nax_model_eval(model, &s.set.train, &in_steps, &steps, &err), 0);
        assert_int_equal(nax_model_eval(model, &s.set.train, &in_bf16, &rounded, &err), 0);
        double want = defined_loss(model, &s.set.train);
        assert_true(fabs(whole.loss - want) < 1e-5 * want);
        assert_true(fabs(steps.loss - whole.loss) < 1e-5 * whole.loss);
        assert_true(fabs(rounded.loss - whole.loss) < 0.02 * whole.loss);
        assert_true(rounded.loss != whole.loss);
        nax_model_free(model);
    }
    nax_network_free(graph);
}

static void evaluation_agrees_with_itself(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_score whole, part;
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    disturb(model);
    assert_int_equal(nax_model_eval(model, &s.set.train, NULL, &whole, &err), 0);
    assert_int_equal(whole.n_images, N_IMAGES);
    double loss = 0, right = 0;
    for (size_t i = 0; i < N_IMAGES; i++) { /* one at a time: partial chunks */
        uint32_t index = (uint32_t)i;
        struct nax_eval one = {.index = &index, .n_images = 1};
        assert_int_equal(nax_model_eval(model, &s.set.train, &one, &part, &err), 0);
        loss += part.loss / N_IMAGES;
        right += part.accuracy / N_IMAGES;
    }
    assert_true(fabs(loss - whole.loss) < 1e-6 * fabs(loss));
    assert_true(fabs(right - whole.accuracy) < 1e-9);
    s.labels[11] = 7;
    assert_int_equal(nax_model_eval(model, &s.set.train, NULL, &whole, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "image 11 has label 7"));
    nax_model_free(model);
}

static int fail_from_image(const void *self, size_t n, const float *x, float *y, size_t image,
                           void *scratch)
{
    (void)n, (void)x, (void)y, (void)scratch;
    return image < *(const size_t *)self ? 0 : NAX_ERR_NUMERIC;
}

static void a_product_that_fails_names_its_layer(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_linop ops[sizeof every_layer / sizeof *every_layer] = {{.forward = NULL}};
    struct nax_eval options = {.linops = ops};
    struct nax_model *model;
    struct nax_score score;
    size_t first = 2 * NAX_CHUNK;
    small_set_fill(&s);
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    ops[1] = (struct nax_linop){.forward = fail_from_image, .self = &first};
    assert_int_equal(nax_model_eval(model, &s.set.train, &options, &score, &err), NAX_ERR_NUMERIC);
    assert_string_equal(err.text, "product failed: 'layer a1'");
    nax_model_free(model);
}

struct seen {
    size_t n_pixels;
    size_t n[256]; /* images by the value of their first pixel */
};

static void see(void *self, size_t l, size_t image, size_t n, const float *x, const float *z)
{
    struct seen *seen = self;
    (void)image, (void)z;
    for (size_t b = 0; l == 0 && b < n; b++)
        seen->n[lrint((double)x[b * seen->n_pixels] * 255)]++;
}

static void part_of_a_set_has_every_class(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    struct nax_network net = every_network();
    struct nax_model *model;
    struct nax_score score;
    struct seen seen = {.n_pixels = SIDE * SIDE * 3};
    small_set_fill(&s);
    for (size_t i = 0; i < N_IMAGES; i++) { /* one class after another, as folders give them */
        s.labels[i] = (int32_t)(i * 7 / N_IMAGES);
        memset(s.pixels + i * seen.n_pixels, s.labels[i], seen.n_pixels);
    }
    assert_int_equal(nax_model_alloc(&model, &net, 4, &err), 0);
    for (size_t c = 0; c < 3; c++) {
        model->pixel_mean[c] = 0;
        model->pixel_sd[c] = 1;
    }
    struct nax_tap tap = {see, &seen};
    struct nax_eval options = {.tap = &tap, .n_images = 21};
    nax_threads_set(1); /* the tap counts without a lock */
    assert_int_equal(nax_model_eval(model, &s.set.train, &options, &score, &err), 0);
    assert_int_equal(score.n_images, 21);
    for (size_t k = 0; k < 7; k++)
        assert_in_range(seen.n[k], 2, 4);
    options.n_images = 2 * N_IMAGES; /* more than there are: all, each once */
    assert_int_equal(nax_model_eval(model, &s.set.train, &options, &score, &err), 0);
    assert_int_equal(score.n_images, N_IMAGES);
    nax_threads_set(0);
    nax_model_free(model);
}

static void split_is_fixed_and_fair(void **state)
{
    (void)state;
    static struct small_set s;
    struct nax_err err;
    uint32_t train_a[N_IMAGES], train_b[N_IMAGES], val_a[N_IMAGES], val_b[N_IMAGES];
    size_t n_train, n_val, n_train_b, n_val_b;
    small_set_fill(&s);
    assert_int_equal(nax_split(&s.set.train, NAX_SPLIT_VALIDATION, 0.3, 1, train_a, &n_train, val_a,
                               &n_val, &err),
                     0);
    assert_int_equal(nax_split(&s.set.train, NAX_SPLIT_VALIDATION, 0.3, 1, train_b, &n_train_b,
                               val_b, &n_val_b, &err),
                     0);
    assert_int_equal(n_train + n_val, N_IMAGES);
    assert_memory_equal(val_a, val_b, n_val * sizeof *val_a);
    assert_int_equal(nax_split(&s.set.train, NAX_SPLIT_VALIDATION, 0.3, 2, train_b, &n_train_b,
                               val_b, &n_val_b, &err),
                     0);
    assert_memory_not_equal(val_a, val_b, n_val * sizeof *val_a);
    size_t in_class[7] = {0}, in_validation[7] = {0};
    for (size_t i = 0; i < N_IMAGES; i++)
        in_class[s.labels[i]]++;
    for (size_t i = 0; i < n_val; i++)
        in_validation[s.labels[val_a[i]]]++;
    assert_int_equal(n_val, (size_t)(N_IMAGES * 0.3 + 0.5));
    for (size_t k = 0; k < 7; k++)
        assert_true(fabs((double)in_validation[k] - (double)in_class[k] * 0.3) < 1);
}

/* For every processor, which this one need not be: engines that can by its instructions, and floats
 * in place of bf16 only where there is none. */
static void engines_of_the_table_can(void **state)
{
    (void)state;
    enum { N_SHAPES = sizeof conv_shapes / sizeof *conv_shapes, N_CASES = N_SHAPES * 2 };
    for (int isa = 0; isa < NAX_ISA_COUNT; isa++)
        for (int d = 0; d < CONV_DIRECTIONS; d++)
            for (size_t i = 0; i < N_CASES; i++) {
                const struct nax_layer *l = &conv_shapes[i / 2];
                bool is_bf16 = i % 2, is_widened;
                struct conv_choice choice =
                    nax_conv_choose_for((enum nax_isa)isa, l, (enum conv_direction)d, is_bf16);
                is_widened = choice.engine == &nax_conv_engine_widened;
                assert_int_equal(is_widened, choice.inner != NULL);
                assert_true(is_bf16 || !is_widened);
                const struct conv_engine *engine = is_widened ? choice.inner : choice.engine;
                assert_true(engine->can(l, is_bf16 && !is_widened, (enum nax_isa)isa));
                assert_false(is_widened && engine->can(l, true, (enum nax_isa)isa));
            }
}

/* What DECISIONS.md says was measured, of processors that this one need not be. */
static void engines_are_those_that_were_measured(void **state)
{
    (void)state;
    const struct conv_engine *winograd = &nax_conv_engine_winograd, *blas = &nax_conv_engine_blas;
#ifdef NAX_HAS_DNNL
    const struct conv_engine *onednn = &nax_conv_engine_dnnl, *strided = onednn;
#else
    const struct conv_engine *onednn = winograd, *strided = blas;
#endif
    const struct {
        enum nax_isa isa;
        bool is_bf16;
        size_t kernel, stride, c;
        const struct conv_engine *engine[CONV_DIRECTIONS];
    } cases[] = {
        {NAX_ISA_AMX, true, 3, 1, 16, {onednn, onednn, onednn}},
        {NAX_ISA_AMX, true, 3, 1, 32, {onednn, onednn, winograd}},
        {NAX_ISA_AMX, true, 5, 1, 16, {onednn, onednn, winograd}},
        {NAX_ISA_AMX, true, 7, 1, 512, {onednn, onednn, winograd}},
        {NAX_ISA_AMX, false, 3, 1, 16, {winograd, winograd, winograd}},
        {NAX_ISA_AVX512_BF16, true, 3, 1, 16, {winograd, winograd, winograd}},
        {NAX_ISA_AVX512_BF16, true, 3, 1, 64, {winograd, winograd, winograd}},
        {NAX_ISA_AVX512_BF16, true, 3, 1, 256, {onednn, onednn, onednn}},
        {NAX_ISA_AVX512_BF16, true, 5, 1, 16, {winograd, winograd, winograd}},
        {NAX_ISA_AVX512, false, 3, 1, 512, {winograd, winograd, winograd}},
        {NAX_ISA_AVX512, false, 3, 2, 64, {strided, strided, blas}},
        {NAX_ISA_AVX512, false, 3, 2, 32, {strided, strided, strided}},
        {NAX_ISA_AVX512, false, 1, 2, 64, {strided, strided, strided}},
        {NAX_ISA_AVX2, false, 3, 2, 64, {strided, strided, blas}},
        {NAX_ISA_AVX2, false, 3, 2, 32, {strided, strided, strided}},
        {NAX_ISA_BASELINE, false, 3, 2, 64, {strided, strided, strided}},
        {NAX_ISA_AVX2, false, 7, 1, 64, {winograd, winograd, winograd}},
        {NAX_ISA_BASELINE, true, 3, 1, 16, {winograd, winograd, winograd}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int d = 0; d < CONV_DIRECTIONS; d++) {
            size_t k = cases[i].kernel, stride = cases[i].stride, c = cases[i].c;
            const struct nax_layer l = {.kernel = {k, k},
                                        .stride = {stride, stride},
                                        .dilation = {1, 1},
                                        .groups = 1,
                                        .pad = {k / 2, k / 2, k / 2, k / 2},
                                        .h_in = 8,
                                        .w_in = 8,
                                        .h_out = 8 / stride,
                                        .w_out = 8 / stride,
                                        .c_in = c,
                                        .c_out = c};
            struct conv_choice choice =
                nax_conv_choose_for(cases[i].isa, &l, (enum conv_direction)d, cases[i].is_bf16);
            if (choice.engine != cases[i].engine[d])
                fail_msg("case %zu, direction %d: %s", i, d, choice.engine->name);
        }
}

#define CHILD "of-another-instruction-set"

/* Each lower instruction set runs this program anew, for what depends on it. */
static void every_instruction_set_does_the_same(void **state)
{
    (void)state;
    for (int isa = NAX_ISA_BASELINE; isa < (int)nax_isa(); isa++) {
        pid_t child = fork();
        if (!child) {
            setenv("NAX_ISA", nax_isa_name((enum nax_isa)isa), 1);
            setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1); /* one plan a run of TAP */
            execl("/proc/self/exe", "nn", CHILD, (char *)NULL);
            _exit(127);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(muon_moves_singular_values_alone),
        cmocka_unit_test(convolutions_match_the_definition),
#ifdef NAX_HAS_DNNL
        cmocka_unit_test(dilated_groups_in_bf16_are_not_for_onednn),
#endif
        cmocka_unit_test(directions_have_engines_of_their_own),
        cmocka_unit_test(training_does_not_depend_on_threads_or_stops),
        cmocka_unit_test(kernels_match_the_definition),
        cmocka_unit_test(bf16_is_rounded_to_nearest),
        cmocka_unit_test(mixed_labels_weigh_losses_and_gradients),
        cmocka_unit_test(gradients_match_finite_differences),
        cmocka_unit_test(gradients_by_substituted_weights_match_finite_differences),
        cmocka_unit_test(gradients_go_straight_through_to_a_layers_own_weights),
        cmocka_unit_test(gradients_in_bf16_agree_with_fp32),
        cmocka_unit_test(gates_match_finite_differences),
        cmocka_unit_test(muon_follows_its_definition),
        cmocka_unit_test(sums_are_a_tree),
        cmocka_unit_test(ranks_share_the_tree),
        cmocka_unit_test(chunks_add_up_for_any_number_of_threads),
        cmocka_unit_test(statistics_are_kept_and_used),
        cmocka_unit_test(split_is_fixed_and_fair),
        cmocka_unit_test(evaluations_agree),
        cmocka_unit_test(evaluation_agrees_with_itself),
        cmocka_unit_test(a_product_that_fails_names_its_layer),
        cmocka_unit_test(part_of_a_set_has_every_class),
        cmocka_unit_test(statistics_are_renewed),
        cmocka_unit_test(statistics_are_means_of_batches),
        cmocka_unit_test(statistics_of_many_models_are_taken_in_turn),
        cmocka_unit_test(weights_are_a_mean_over_steps),
        cmocka_unit_test(a_mean_may_start_late),
        cmocka_unit_test(every_field_of_a_recipe_has_a_row),
        cmocka_unit_test(every_row_of_a_recipe_decides_the_run),
        cmocka_unit_test(checkpoint_of_another_run_is_refused),
        cmocka_unit_test(what_is_no_number_is_no_weight),
        cmocka_unit_test(engines_of_the_table_can),
        cmocka_unit_test(engines_are_those_that_were_measured),
        cmocka_unit_test(every_instruction_set_does_the_same),
    };
    const struct CMUnitTest child[] = {tests[0], tests[1], tests[2]};
    if (argc == 2 && !strcmp(argv[1], CHILD))
        return _cmocka_run_group_tests("nn", child, 3, NULL, NULL);
    return cmocka_run_group_tests_name("nn", tests, NULL, NULL);
}
