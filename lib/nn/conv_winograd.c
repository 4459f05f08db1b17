/* Convolutions by Winograd's minimal filtering: 4, 6.25 and 4 times fewer products for kernels of
 * 3, 5 and 7 than their definition has. winograd.h has the equations; here is what goes in and out.
 *
 * A chunk's tiles of outputs are numbered through, image by image, row by row, and taken n_at_once
 * at a time (a range), so that what they become stays in the cache:
 *
 *     inputs   → left  [a·a][n_at_once][part][c_in]    each tile Bᵀ d B: transform_inputs
 *     left × weight [a·a][part][c_in][c_out]
 *              → right [a·a][n_at_once][c_out]         a · a products of matrices
 *     right    → outputs                               each tile Aᵀ z A: make_outputs
 *
 * The sum over `part` is that over the parts of a 7 × 7 kernel: it is as if there were more
 * channels. Each image is first copied into one of floats that its tiles cover as a whole, with
 * zeros around. Channels that are no whole vectors get zeros behind them: c_in and c_out above are
 * those with the zeros.
 */
#include "conv.h"
#include "kernels.h"
#include "layers.h"
#include "winograd.h"

#include "nax/simd.h"

#include <stdlib.h>
#include <string.h>

enum {
    TILE_STEP = 16,         /* tiles are taken in multiples of it */
    TILES_SIZE = 512 << 10, /* what they become at a time, in bytes */
};

/* Of one side: the layer's own, and as many as are computed with. */
struct channels {
    size_t n, padded;
};

struct winograd_conv {
    struct conv base;
    struct winograd_form form;
    struct channels in, out;
    size_t n_places, n_parts;  /* a × a; of the kernel, together */
    size_t n_down, n_across;   /* tiles of an image */
    size_t n_tiles, n_at_once; /* of a chunk; taken together */
    /* G g Gᵀ of the weights [a][a][part][c_in][c_out], and of those transposed by half a circle
     * [a][a][part][c_out][c_in]; each place's values are `plane` floats behind those of the one
     * before */
    float *weight[2];
    size_t plane;
    float *taps;                 /* [part][r][r][c_in][c_out], or transposed */
    float *scale, *offset, *one; /* [c_out] with finish, else NULL */
    bool is_added, has_relu;
};

/* A thread's scratch; c is that of the side with more channels. */
struct workspace {
    float *left;  /* transformed tiles of inputs [a][a][n_at_once][part][c], a plane each place */
    float *right; /* and of outputs [a][a][n_at_once][c] */
    float *sum;   /* of their products, as the weights */
    float *taps;  /* [r][r][c_in][c_out] */
    float *image; /* a copy of an image with its margin */
    float *tiled; /* a copy without, of whole tiles */
    float *row;   /* of an image */
};

/* Planes' distances are no powers of two, which would meet in few sets of a cache. */
static size_t plane_of(size_t n)
{
    return n + NAX_LANES;
}

/* Rows or columns of a copy with a margin: n_tiles outputs of 4, and what a kernel of n_parts
 * parts, 4 apart, reaches beyond. */
static size_t with_margin(const struct winograd_conv *w, size_t n_tiles)
{
    return (n_tiles + w->form.n_parts - 1) * WINOGRAD_M + w->form.r - 1;
}

/* Cuts a thread's scratch up (NULL: only counts). Returns its size in bytes. */
static size_t lay_out(const struct winograd_conv *w, float *scratch, struct workspace *workspace)
{
    size_t c = NAX_MAX(w->in.padded, w->out.padded), n_columns = w->n_across * WINOGRAD_M, used = 0;
    const struct {
        float **piece;
        size_t n;
    } pieces[] = {{&workspace->left, w->n_places * plane_of(w->n_at_once * w->n_parts * c)},
                  {&workspace->right, w->n_places * plane_of(w->n_at_once * c)},
                  {&workspace->sum, w->n_places * w->plane},
                  {&workspace->taps, w->form.r * w->form.r * w->in.padded * w->out.padded},
                  {&workspace->image, with_margin(w, w->n_down) * with_margin(w, w->n_across) * c},
                  {&workspace->tiled, w->n_down * WINOGRAD_M * n_columns * c},
                  {&workspace->row, n_columns * c}};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        *pieces[i].piece = scratch ? scratch + used : NULL;
        used += pieces[i].n;
    }
    return used * sizeof(float);
}

static void release(struct conv *conv)
{
    struct winograd_conv *w = (struct winograd_conv *)conv;
    nax_aligned_free(w->weight[0]);
    nax_aligned_free(w->weight[1]);
    nax_aligned_free(w->taps);
    nax_aligned_free(w->scale);
    free(w);
}

static struct channels padded(size_t n)
{
    return (struct channels){n, NAX_ROUND_UP(n, NAX_LANES)};
}

/* Whether zeros are few beside the channels: a third as many as 24 or more. */
static bool is_worth(size_t n)
{
    return n % NAX_LANES == 0 || (n >= 24 && 3 * padded(n).padded <= 4 * n);
}

static bool can(const struct nax_layer *l, bool is_bf16, enum nax_isa isa)
{
    (void)is_bf16, (void)isa;
    size_t k = l->kernel[0];
    return (k == 3 || k == 5 || k == 7) && nax_layer_is_same(l) && l->groups == 1 &&
           l->stride[0] == 1 && l->stride[1] == 1 && l->h_out == l->h_in && l->w_out == l->w_in &&
           is_worth(l->c_in) && is_worth(l->c_out);
}

static void keep_finish(struct winograd_conv *w, const struct conv_finish *finish)
{
    size_t c = w->base.layer.c_out;
    w->is_added = finish->is_added;
    w->has_relu = finish->has_relu;
    w->offset = w->scale + c;
    w->one = w->offset + c;
    for (size_t o = 0; o < c; o++) {
        w->scale[o] = finish->scale[o];
        w->offset[o] = finish->offset[o];
        w->one[o] = 1;
    }
}

static int alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err)
{
    struct winograd_conv *w = nax_calloc(1, sizeof *w);
    if (!w)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    w->in = padded(layer->c_in);
    w->out = padded(layer->c_out);
    size_t n_pairs = w->in.padded * w->out.padded;
    w->form = nax_winograd_form(layer->kernel[0]);
    w->n_places = w->form.a * w->form.a;
    w->n_parts = w->form.n_parts * w->form.n_parts;
    w->n_down = NAX_CEIL_DIV(layer->h_out, WINOGRAD_M);
    w->n_across = NAX_CEIL_DIV(layer->w_out, WINOGRAD_M);
    w->n_tiles = n * w->n_down * w->n_across;
    w->plane = plane_of(w->n_parts * n_pairs);
    size_t tile = w->n_places * (w->n_parts * w->in.padded + w->out.padded) * sizeof(float);
    w->n_at_once = NAX_MAX(TILES_SIZE / tile / TILE_STEP, 1) * TILE_STEP;
    w->n_at_once = NAX_MIN(w->n_at_once, NAX_ROUND_UP(w->n_tiles, TILE_STEP));
    struct workspace workspace;
    w->base = (struct conv){.engine = &nax_conv_engine_winograd,
                            .layer = *layer,
                            .n = n,
                            .is_bf16 = options->is_bf16,
                            .is_finished = options->finish,
                            .gradient_size = nax_layer_n_weights(layer)};
    w->base.scratch_size = lay_out(w, NULL, &workspace);
    *conv = &w->base;

    const struct {
        float **piece;
        size_t n;
    } pieces[] = {{&w->weight[0], options->has[CONV_FORWARD] ? w->n_places * w->plane : 0},
                  {&w->weight[1], options->has[CONV_BACKWARD_DATA] ? w->n_places * w->plane : 0},
                  {&w->taps, w->n_parts * w->form.r * w->form.r * n_pairs},
                  {&w->scale, options->finish ? 3 * layer->c_out : 0}};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (pieces[i].n && !(*pieces[i].piece = nax_aligned_calloc(pieces[i].n, sizeof(float)))) {
            release(&w->base);
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
        }
    if (options->finish)
        keep_finish(w, options->finish);
    return 0;
}

/* --- weights --- */

/* A tap [c_in][c_out] of the weights, scaled by batch norm where the options say so, between zeros
 */
static void take_tap(const struct winograd_conv *w, const float *tap, float *to)
{
    for (size_t i = 0; i < w->in.n; i++)
        for (size_t o = 0; o < w->out.n; o++)
            to[i * w->out.padded + o] = tap[i * w->out.n + o] * (w->scale ? w->scale[o] : 1);
}

/* or [c_out][c_in] */
static void turn_tap(const struct winograd_conv *w, const float *tap, float *to)
{
    for (size_t o = 0; o < w->out.n; o++)
        for (size_t i = 0; i < w->in.n; i++)
            to[o * w->in.padded + i] = tap[i * w->out.n + o];
}

/* Where tap i, (y, x) of [r][r], of a part stands in the kernel, or SIZE_MAX: outside. */
static size_t place_of_tap(const struct winograd_form *f, size_t part, size_t i)
{
    size_t y = part / f->n_parts * WINOGRAD_M + i / f->r;
    size_t x = part % f->n_parts * WINOGRAD_M + i % f->r;
    return y < f->k && x < f->k ? y * f->k + x : SIZE_MAX;
}

/* weight [k][k][c_in][c_out] to G g Gᵀ of every part, pair of channels by pair of channels.
 * is_transposed: for the gradient by the inputs, dx = dy ∗ g', whose kernel g' is turned by half a
 * circle, g'[ky][kx] = g[k-1-ky][k-1-kx], with the channels' roles exchanged. */
static void transform_weights(struct winograd_conv *w, const float *weight, bool is_transposed)
{
    const struct winograd_form *f = &w->form;
    size_t n = w->in.padded * w->out.padded, n_own = w->in.n * w->out.n;
    float *tap = w->taps;
    for (size_t part = 0; part < w->n_parts; part++) {
        for (size_t i = 0; i < f->r * f->r; i++, tap += n) {
            size_t place = place_of_tap(f, part, i);
            if (place == SIZE_MAX || n > n_own)
                memset(tap, 0, n * sizeof *tap);
            if (place == SIZE_MAX)
                continue;
            if (is_transposed)
                turn_tap(w, weight + (f->k * f->k - 1 - place) * n_own, tap);
            else
                take_tap(w, weight + place * n_own, tap);
        }
        nax_winograd_kernels()->congruence(f->a, f->r, f->g[0], WINOGRAD_A_MAX, 1, n,
                                           tap - f->r * f->r * n, n,
                                           w->weight[is_transposed] + part * n, w->plane);
    }
}

static void set_weights(struct conv *conv, const float *weight)
{
    struct winograd_conv *w = (struct winograd_conv *)conv;
    if (w->weight[0])
        transform_weights(w, weight, false);
    if (w->weight[1])
        transform_weights(w, weight, true);
}

/* dw [k][k][c_in][c_out] = Gᵀ sum G of every part, of the layer's own channels. The taps of a 7 × 7
 * kernel's last parts that are outside it are dropped. */
static void take_gradient(const struct winograd_conv *w, const struct workspace *workspace,
                          float *dw)
{
    const struct winograd_form *f = &w->form;
    size_t n = w->in.padded * w->out.padded, n_out = w->out.n;
    for (size_t part = 0; part < w->n_parts; part++) {
        nax_winograd_kernels()->congruence(f->r, f->a, f->g[0], 1, WINOGRAD_A_MAX, n,
                                           workspace->sum + part * n, w->plane, workspace->taps, n);
        for (size_t i = 0; i < f->r * f->r; i++) {
            size_t place = place_of_tap(f, part, i);
            for (size_t c = 0; place != SIZE_MAX && c < w->in.n; c++)
                memcpy(dw + (place * w->in.n + c) * n_out,
                       workspace->taps + i * n + c * w->out.padded, n_out * sizeof *dw);
        }
    }
}

/* --- images --- */

/* in bytes */
static size_t image_size(const struct winograd_conv *w, const struct channels *c)
{
    return w->base.layer.h_out * w->base.layer.w_out * c->n * nax_nn_kernels(w->base.is_bf16)->size;
}

/* Pixels of a row, from where they lie one behind the other to where zeros are behind each. */
static void spread(const struct channels *c, size_t n_pixels, float *row)
{
    for (size_t p = n_pixels; c->n < c->padded && p-- > 0;) {
        memmove(row + p * c->padded, row + p * c->n, c->n * sizeof *row);
        memset(row + p * c->padded + c->n, 0, (c->padded - c->n) * sizeof *row);
    }
}

/* and back */
static void gather(const struct channels *c, size_t n_pixels, float *row)
{
    for (size_t p = 1; c->n < c->padded && p < n_pixels; p++)
        memmove(row + p * c->n, row + p * c->padded, c->n * sizeof *row);
}

/* One image as floats [height][width][c], zeros around it and `margin` of them in front. */
static void copy_in(const struct winograd_conv *w, const struct channels *c, size_t margin,
                    size_t height, size_t width, const char *image, float *copy)
{
    const struct nn_kernels *kernel = nax_nn_kernels(w->base.is_bf16);
    size_t h = w->base.layer.h_out, n_pixels = w->base.layer.w_out;
    size_t front = margin * c->padded, n = n_pixels * c->padded;
    for (size_t i = 0; i < height; i++, copy += width * c->padded) {
        if (i < margin || i >= margin + h) {
            memset(copy, 0, width * c->padded * sizeof *copy);
            continue;
        }
        memset(copy, 0, front * sizeof *copy);
        kernel->widen(n_pixels * c->n, image, copy + front);
        spread(c, n_pixels, copy + front);
        memset(copy + front + n, 0, (width * c->padded - front - n) * sizeof *copy);
        image += n_pixels * c->n * kernel->size;
    }
}

/* Whether images are what copies without a margin would be. */
static bool is_tiled(const struct winograd_conv *w, const struct channels *c)
{
    return !w->base.is_bf16 && c->n == c->padded && w->n_down * WINOGRAD_M == w->base.layer.h_out &&
           w->n_across * WINOGRAD_M == w->base.layer.w_out;
}

/* From a copy without a margin, whose values may be lost; row: NULL, or memory for one to do what
 * the options want done. */
static void copy_out(const struct winograd_conv *w, const struct channels *c, float *tiled,
                     float *row, char *image)
{
    const struct nn_kernels *kernel = nax_nn_kernels(w->base.is_bf16);
    size_t n_columns = w->base.layer.w_out, n = n_columns * c->n;
    for (size_t i = 0; i < w->base.layer.h_out; i++, image += n * kernel->size) {
        gather(c, n_columns, tiled);
        if (row) {
            const float *residual = w->is_added ? nn_widen(kernel, n, image, row) : NULL;
            nax_nn_kernels(false)->normalise(n_columns, c->n, tiled, w->one, w->offset, residual,
                                             w->has_relu, tiled);
        }
        kernel->narrow(n, tiled, image);
        tiled += w->n_across * WINOGRAD_M * c->padded;
    }
}

/* --- tiles --- */

/* Tiles first .. first + n of a chunk's outputs. */
struct range {
    size_t first, n;
};

static struct range range_at(const struct winograd_conv *w, size_t first)
{
    return (struct range){first, NAX_MIN(w->n_at_once, w->n_tiles - first)};
}

/* Where the tile of inputs (down, across) of an image is wanted, as to: once where the kernel is
 * one part. Part (pi, pj) of a 7 × 7 kernel is 4 pi, 4 pj pixels, pi, pj tiles, from the first one,
 * so for the outputs at (i, j) it reads the inputs at (i + pi, j + pj): the tile (down, across)
 * serves the outputs at (down - pi, across - pj), one for each part, as far as these are in the
 * range. */
static size_t wanted(const struct winograd_conv *w, const struct range *range, size_t image,
                     size_t down, size_t across, size_t c, float *left,
                     float *to[WINOGRAD_PARTS_MAX])
{
    size_t n = 0;
    for (size_t part = 0; part < w->n_parts; part++) {
        size_t i = down - part / w->form.n_parts, j = across - part % w->form.n_parts;
        size_t tile = (image * w->n_down + i) * w->n_across + j - range->first;
        if (i < w->n_down && j < w->n_across && tile < range->n) /* what is negative is huge */
            to[n++] = left + (tile * w->n_parts + part) * c;
    }
    return n;
}

/* left = Bᵀ d B of all inputs that the range's outputs need. x: [n] images of c channels. Where
 * tiles of inputs serve several tiles of outputs, each is transformed once and written several
 * times. */
static void transform_inputs(const struct winograd_conv *w, const struct range *range,
                             const struct channels *side, const char *x,
                             const struct workspace *workspace)
{
    size_t c = side->padded;
    size_t n_each = w->n_down * w->n_across, n_extra = w->form.n_parts - 1;
    size_t height = with_margin(w, w->n_down), width = with_margin(w, w->n_across);
    size_t last = (range->first + range->n - 1) / n_each; /* image */
    for (size_t image = range->first / n_each; image <= last; image++) {
        /* a range may begin within an image: its copy is there from the range before */
        if (image * n_each >= range->first)
            copy_in(w, side, w->base.layer.pad[0], height, width, x + image * image_size(w, side),
                    workspace->image);
        for (size_t i = 0; i < w->n_down + n_extra; i++)
            for (size_t j = 0; j < w->n_across + n_extra; j++) {
                float *to[WINOGRAD_PARTS_MAX];
                size_t n_to = wanted(w, range, image, i, j, c, workspace->left, to);
                if (n_to)
                    nax_winograd_kernels()->input(
                        w->form.a, c, workspace->image + (i * width + j) * WINOGRAD_M * c,
                        width * c, n_to, to, plane_of(w->n_at_once * w->n_parts * c));
            }
    }
}

/* A tile of outputs: its image, and where it begins in a copy without a margin. */
struct place {
    size_t image, at;
    bool is_first, is_last; /* of the image */
};

static struct place place_of(const struct winograd_conv *w, size_t tile, size_t c)
{
    size_t n_each = w->n_down * w->n_across, in_image = tile % n_each;
    size_t down = in_image / w->n_across, across = in_image % w->n_across;
    return (struct place){.image = tile / n_each,
                          .at = (down * w->n_across * WINOGRAD_M + across) * WINOGRAD_M * c,
                          .is_first = in_image == 0,
                          .is_last = in_image == n_each - 1};
}

/* y = Aᵀ z A of the range's tiles, into the images themselves where whole tiles cover them, else
 * into a copy, which is written out after an image's last tile: in this range or a later one. row:
 * as in copy_out. */
static void make_outputs(const struct winograd_conv *w, const struct range *range,
                         const struct channels *side, const struct workspace *workspace, float *row,
                         char *y)
{
    size_t c = side->padded;
    bool is_direct = is_tiled(w, side) && !row;
    for (size_t t = 0; t < range->n; t++) {
        struct place place = place_of(w, range->first + t, c);
        char *image = y + place.image * image_size(w, side);
        float *tiled = is_direct ? (float *)image : workspace->tiled;
        nax_winograd_kernels()->output(w->form.a, c, workspace->right + t * c,
                                       plane_of(w->n_at_once * c), tiled + place.at,
                                       w->n_across * WINOGRAD_M * c);
        if (place.is_last && !is_direct)
            copy_out(w, side, tiled, row, image);
    }
}

/* right = A dy Aᵀ of the range's tiles of outputs */
static void transform_gradient(const struct winograd_conv *w, const struct range *range,
                               const char *dy, const struct workspace *workspace)
{
    const bool is_direct = is_tiled(w, &w->out);
    size_t c = w->out.padded, width = w->n_across * WINOGRAD_M;
    for (size_t t = 0; t < range->n; t++) {
        struct place place = place_of(w, range->first + t, c);
        const char *image = dy + place.image * image_size(w, &w->out);
        if (place.is_first && !is_direct)
            copy_in(w, &w->out, 0, w->n_down * WINOGRAD_M, width, image, workspace->tiled);
        const float *tiled = is_direct ? (const float *)image : workspace->tiled;
        nax_winograd_kernels()->output_back(w->form.a, c, tiled + place.at, width * c,
                                            workspace->right + t * c, plane_of(w->n_at_once * c));
    }
}

/* --- the three products --- */

/* y [n][h][w][n_out] from x [n][h][w][n_in]: right [tiles][n_out] = left [tiles][n_inner] · weight
 * [n_inner][n_out] at every place. The last range's rows beyond its tiles are old values, whose
 * products nobody reads. */
static void convolve(const struct winograd_conv *w, const float *weight, const struct channels *in,
                     const struct channels *out, const char *x, const struct workspace *workspace,
                     float *row, char *y)
{
    size_t n_inner = w->n_parts * in->padded, n_out = out->padded;
    size_t n_sum = w->n_parts == 1 ? in->n : n_inner; /* without the zeros at the end */
    for (size_t first = 0; first < w->n_tiles; first += w->n_at_once) {
        struct range range = range_at(w, first);
        transform_inputs(w, &range, in, x, workspace);
        for (size_t p = 0; p < w->n_places; p++)
            nax_winograd_kernels()->multiply(NAX_ROUND_UP(range.n, TILE_STEP), n_out, n_sum,
                                             workspace->left + p * plane_of(w->n_at_once * n_inner),
                                             n_inner, 1, weight + p * w->plane,
                                             workspace->right + p * plane_of(w->n_at_once * n_out),
                                             false);
        make_outputs(w, &range, out, workspace, row, y);
    }
}

static int forward(const struct conv *conv, const void *x, void *y, void *scratch)
{
    const struct winograd_conv *w = (const struct winograd_conv *)conv;
    struct workspace workspace;
    lay_out(w, scratch, &workspace);
    convolve(w, w->weight[0], &w->in, &w->out, x, &workspace,
             conv->is_finished ? workspace.row : NULL, y);
    return 0;
}

static int backward_data(const struct conv *conv, const void *dy, void *dx, void *scratch)
{
    const struct winograd_conv *w = (const struct winograd_conv *)conv;
    struct workspace workspace;
    lay_out(w, scratch, &workspace);
    convolve(w, w->weight[1], &w->out, &w->in, dy, &workspace, NULL, dx);
    return 0;
}

/* sum [n_left][n_out] += leftᵀ [n_left][tiles] · right [tiles][n_out] at every place, over all
 * ranges of the chunk, then back through G. */
static int backward_weights(const struct conv *conv, const void *x, const void *dy, float *dw,
                            void *scratch)
{
    const struct winograd_conv *w = (const struct winograd_conv *)conv;
    size_t n_out = w->out.padded, n_left = w->n_parts * w->in.padded;
    struct workspace workspace;
    lay_out(w, scratch, &workspace);
    for (size_t first = 0; first < w->n_tiles; first += w->n_at_once) {
        struct range range = range_at(w, first);
        transform_inputs(w, &range, &w->in, x, &workspace);
        transform_gradient(w, &range, dy, &workspace);
        for (size_t p = 0; p < w->n_places; p++)
            nax_winograd_kernels()->multiply(
                n_left, n_out, range.n, workspace.left + p * plane_of(w->n_at_once * n_left), 1,
                n_left, workspace.right + p * plane_of(w->n_at_once * n_out),
                workspace.sum + p * w->plane, first > 0);
    }
    take_gradient(w, &workspace, dw);
    return 0;
}

static void plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    memcpy(weight, dw, conv->gradient_size * sizeof *dw);
}

const struct conv_engine nax_conv_engine_winograd = {
    .name = "winograd",
    .can = can,
    .alloc = alloc,
    .release = release,
    .set_weights = set_weights,
    .forward = forward,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .plain_gradient = plain_gradient,
};
