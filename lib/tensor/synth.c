/* The synthetic data set: ten classes told apart by shape and texture, never by colour. */
#include "dataset.h"

#include <math.h>
#include <string.h>

#include "nax/rng.h"

/* An image is a background (two colours blended across, cloudy), clutter behind, one object,
 * clutter before, and noise. The object's colours, place, size, angle and proportions are random.
 * Only
 * + - * / and sqrt are used, which every machine rounds the same: a seed means the same bytes
 * everywhere. */

enum { SIDE = 32, N_CLASSES = 10, CLOUD = 5 };

enum shape { DISC, RING, SQUARE, TRIANGLE, CROSS, CRESCENT, STRIPES, CHECKER, DOTS, TARGET };

static const char *const names[N_CLASSES] = {
    "disc",     "ring",    "square",  "triangle", "cross",
    "crescent", "stripes", "checker", "dots",     "target",
};

enum use { USE_SCENE, USE_NOISE }; /* the last word of an image's key */

struct colour {
    float v[3]; /* red, green, blue; 0–1 */
};

struct canvas {
    float v[SIDE][SIDE][3];
};

static float between(struct nax_rng *rng, float low, float high)
{
    return low + (high - low) * (float)nax_rng_uniform(rng);
}

static struct colour any_colour(struct nax_rng *rng)
{
    struct colour c;
    for (int k = 0; k < 3; k++)
        c.v[k] = between(rng, 0, 1);
    return c;
}

static float contrast(const struct colour *a, const struct colour *b)
{
    float sum = 0;
    for (int k = 0; k < 3; k++)
        sum += (a->v[k] - b->v[k]) * (a->v[k] - b->v[k]);
    return sqrtf(sum);
}

/* A colour well apart from each of two others. */
static struct colour other_colour(struct nax_rng *rng, const struct colour *a,
                                  const struct colour *b)
{
    struct colour c = any_colour(rng);
    for (int tries = 0; tries < 20; tries++) {
        if (contrast(&c, a) > 0.45f && contrast(&c, b) > 0.45f)
            break;
        c = any_colour(rng);
    }
    return c;
}

/* A uniformly random direction, by rejection. */
static void direction(struct nax_rng *rng, float *x, float *y)
{
    float square;
    do {
        *x = between(rng, -1, 1);
        *y = between(rng, -1, 1);
        square = *x * *x + *y * *y;
    } while (square > 1 || square < 0.01f);
    *x /= sqrtf(square);
    *y /= sqrtf(square);
}

static float clamp01(float x)
{
    return NAX_MIN(NAX_MAX(x, 0.0f), 1.0f);
}

/* Distance from the nearest whole number, 0–0.5. */
static float from_whole(float x)
{
    return fabsf(x - (float)(int)(x + 64.5f) + 64.0f); /* x > -64: the cast rounds down */
}

/* Signed distance (pixels, < 0 inside, near the edge) to the outline of a shape of radius r. */
static float distance(enum shape shape, float x, float y, float r)
{
    float ax = fabsf(x), ay = fabsf(y);
    switch (shape) {
    case RING:
        return fabsf(sqrtf(x * x + y * y) - 0.78f * r) - 0.22f * r;
    case SQUARE:
        return NAX_MAX(ax, ay) - 0.84f * r;
    case TRIANGLE: /* equilateral: sqrt(3)/2 = 0.866 */
        return NAX_MAX(0.8660254f * ax - 0.5f * y, y) - 0.56f * r;
    case CROSS:
        return NAX_MIN(NAX_MAX(ax - r, ay - 0.3f * r), NAX_MAX(ay - r, ax - 0.3f * r));
    case CRESCENT: {
        float dx = x - 0.5f * r;
        return NAX_MAX(sqrtf(x * x + y * y) - r, 0.8f * r - sqrtf(dx * dx + y * y));
    }
    case DISC:
    case STRIPES: /* of textures the outline is a disc */
    case CHECKER:
    case DOTS:
    case TARGET:
        break;
    }
    return sqrtf(x * x + y * y) - r;
}

/* How much of the second colour a texture of this period (pixels) has here, 0–1. */
static float texture(enum shape shape, float x, float y, float period)
{
    float u = x / period, v = y / period;
    switch (shape) {
    case STRIPES:
        return clamp01((from_whole(u) - 0.25f) * period + 0.5f);
    case CHECKER: {
        float a = from_whole(u) - 0.25f, b = from_whole(v) - 0.25f;
        return clamp01(4 * a * b * period * 2 + 0.5f);
    }
    case DOTS: {
        float a = from_whole(u), b = from_whole(v);
        return clamp01((0.3f - sqrtf(a * a + b * b)) * period + 0.5f);
    }
    case TARGET:
        return clamp01((from_whole(sqrtf(x * x + y * y) / period) - 0.25f) * period + 0.5f);
    case DISC: /* shapes are plain */
    case RING:
    case SQUARE:
    case TRIANGLE:
    case CROSS:
    case CRESCENT:
        break;
    }
    return 0;
}

static void blend(float pixel[3], const struct colour *c, float amount)
{
    for (int k = 0; k < 3; k++)
        pixel[k] += amount * (c->v[k] - pixel[k]);
}

static void paint_background(struct canvas *canvas, struct nax_rng *rng, const struct colour *a,
                             const struct colour *b)
{
    float cloud[CLOUD][CLOUD], gx, gy;
    direction(rng, &gx, &gy);
    float amount = between(rng, 0, 0.25f);
    for (int i = 0; i < CLOUD; i++)
        for (int k = 0; k < CLOUD; k++)
            cloud[i][k] = between(rng, -amount, amount);
    const float step = (float)(CLOUD - 1) / SIDE;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float u = (float)x * step, v = (float)y * step;
            int i = (int)v, k = (int)u;
            u -= (float)k;
            v -= (float)i;
            float light = (1 - v) * ((1 - u) * cloud[i][k] + u * cloud[i][k + 1]) +
                          v * ((1 - u) * cloud[i + 1][k] + u * cloud[i + 1][k + 1]);
            float t =
                clamp01(0.5f + (gx * (float)(x - SIDE / 2) + gy * (float)(y - SIDE / 2)) / SIDE);
            for (int c = 0; c < 3; c++)
                canvas->v[y][x][c] = a->v[c] + t * (b->v[c] - a->v[c]) + light;
        }
}

/* A thick line or blob. */
static void paint_clutter(struct canvas *canvas, struct nax_rng *rng, float max_length)
{
    struct colour c = any_colour(rng);
    float px = between(rng, 0, SIDE), py = between(rng, 0, SIDE), dx, dy;
    direction(rng, &dx, &dy);
    float half = between(rng, 0, max_length / 2), width = between(rng, 0.4f, 1.5f);
    float reach = half + width + 1;
    int x0 = (int)NAX_MAX(px - reach, 0), x1 = (int)NAX_MIN(px + reach + 1, SIDE);
    int y0 = (int)NAX_MAX(py - reach, 0), y1 = (int)NAX_MIN(py + reach + 1, SIDE);
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            float ox = (float)x + 0.5f - px, oy = (float)y + 0.5f - py;
            float along = ox * dx + oy * dy;
            along = NAX_MIN(NAX_MAX(along, -half), half);
            ox -= along * dx;
            oy -= along * dy;
            blend(canvas->v[y][x], &c, clamp01(width + 0.5f - sqrtf(ox * ox + oy * oy)));
        }
}

static void paint_object(struct canvas *canvas, struct nax_rng *rng, enum shape shape,
                         const struct colour *a, const struct colour *b)
{
    struct colour c1 = other_colour(rng, a, b), c2 = other_colour(rng, &c1, &c1);
    float r = between(rng, 7.5f, 12.5f), dx, dy;
    float cx = between(rng, r - 1, SIDE - r + 1), cy = between(rng, r - 1, SIDE - r + 1);
    float stretch = between(rng, 0.85f, 1.18f), shade = between(rng, -0.15f, 0.15f);
    float period = between(rng, 4.2f, 6.5f), shift_x = between(rng, 0, 8),
          shift_y = between(rng, 0, 8);
    direction(rng, &dx, &dy);
    /* textures come in the outlines of shapes, so that an outline does not give them away */
    static const enum shape outlines[] = {DISC, SQUARE, TRIANGLE};
    enum shape outline = shape < STRIPES ? shape : outlines[nax_rng_below(rng, 3)];
    bool is_texture = shape >= STRIPES;
    if (shape == TARGET)
        shift_x = shift_y = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float ox = (float)x + 0.5f - cx, oy = (float)y + 0.5f - cy;
            float u = (dx * ox + dy * oy) * stretch, v = (dx * oy - dy * ox) / stretch;
            float cover = clamp01(0.5f - distance(outline, u, v, r));
            if (cover <= 0)
                continue;
            float mix = is_texture ? texture(shape, u + shift_x, v + shift_y, period) : 0;
            struct colour c;
            for (int k = 0; k < 3; k++)
                c.v[k] = c1.v[k] + mix * (c2.v[k] - c1.v[k]) + shade * u / r;
            blend(canvas->v[y][x], &c, cover);
        }
}

/* Noise close to normal: four bytes added, deviation 147.8. */
static void finish(const struct canvas *canvas, struct nax_rng *rng, float deviation, uint8_t *out)
{
    const float *in = &canvas->v[0][0][0];
    const float scale = deviation * 255 / 147.8f;
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i += 2) {
        uint64_t word = nax_rng_u64(rng);
        for (size_t k = 0; k < 2; k++, word >>= 32) {
            int sum = (int)(word & 255) + (int)(word >> 8 & 255) + (int)(word >> 16 & 255) +
                      (int)(word >> 24 & 255);
            float value = in[i + k] * 255 + scale * (float)(sum - 510) + 0.5f;
            out[i + k] = (uint8_t)NAX_MIN(NAX_MAX(value, 0.0f), 255.0f);
        }
    }
}

/* Image number i of a split (0 train, 1 test); out: [SIDE][SIDE][3]. */
static void paint(uint64_t seed, uint64_t split, uint64_t i, enum shape shape, uint8_t *out)
{
    struct canvas canvas;
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_SYNTH, i, split, USE_SCENE);
    struct nax_rng noise = nax_rng_at(seed, NAX_RNG_SYNTH, i, split, USE_NOISE);
    struct colour a = any_colour(&rng), b = any_colour(&rng);
    paint_background(&canvas, &rng, &a, &b);
    for (uint64_t n = 1 + nax_rng_below(&rng, 4); n; n--)
        paint_clutter(&canvas, &rng, 20);
    paint_object(&canvas, &rng, shape, &a, &b);
    for (uint64_t n = nax_rng_below(&rng, 3); n; n--)
        paint_clutter(&canvas, &rng, 8);
    finish(&canvas, &noise, between(&rng, 0.02f, 0.1f), out);
}

static void fill(struct nax_images *images, uint64_t seed, uint64_t split)
{
    uint8_t *pixels = nax_pixels_of(images);
    int32_t *labels = nax_labels_of(images);
#pragma omp parallel for schedule(static) num_threads(nax_threads())
    for (size_t i = 0; i < images->n; i++) {
        labels[i] = (int32_t)(i % N_CLASSES);
        paint(seed, split, i, (enum shape)labels[i], pixels + i * SIDE * SIDE * 3);
    }
}

int nax_synth(struct nax_dataset **out, uint64_t seed, size_t n_train, size_t n_test,
              struct nax_err *err)
{
    struct nax_dataset *set;
    if (n_train < 1)
        return nax_err_set(err, NAX_ERR_VALUE, "no training image: 'synth'");
    int status =
        nax_dataset_make(&set, "synth", names, N_CLASSES, n_train, n_test, SIDE, SIDE, 3, err);
    if (status)
        return status;
    fill(&set->train, seed, 0);
    fill(&set->test, seed, 1);
    *out = set;
    return 0;
}
