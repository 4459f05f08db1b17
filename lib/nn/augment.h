/* Training images as an epoch sees them. */
#ifndef NAX_NN_AUGMENT_H
#define NAX_NN_AUGMENT_H

#include "layers.h"

#include "nax/rng.h"

/* TrivialAugment's operations (Müller and Hutter, ICCV 2021), one of which every image goes
 * through, at a random strength of its widest ranges. */
enum augment_op {
    AUGMENT_IDENTITY,
    AUGMENT_AUTO_CONTRAST, /* each channel stretched to 0 … 255 */
    AUGMENT_EQUALIZE,      /* each channel's histogram made flat */
    AUGMENT_ROTATE,        /* by up to 135 degrees */
    AUGMENT_SHEAR_X,       /* by up to 0.99 */
    AUGMENT_SHEAR_Y,
    AUGMENT_TRANSLATE_X, /* by up to 32 pixels */
    AUGMENT_TRANSLATE_Y,
    AUGMENT_BRIGHTNESS, /* factors from 0.01 to 1.99, of what differs from black, */
    AUGMENT_COLOUR,     /* from the pixel's luminance, */
    AUGMENT_CONTRAST,   /* from the mean luminance, */
    AUGMENT_SHARPNESS,  /* from the smoothed image */
    AUGMENT_POSTERIZE,  /* 8 to 2 bits are kept */
    AUGMENT_SOLARIZE,   /* values from 256 down to 0 on are inverted */
    AUGMENT_OP_COUNT
};

/* One of the operations; of images that are neither grey nor of three colours, one of those that
 * move pixels or nothing: brightness, contrast and the like are laws of what a camera sees. */
enum augment_op nax_augment_draw(size_t channels, struct nax_rng *rng);

/* One image of h × w pixels through an operation; to: another place than from.
 * strength: -1 … 1, whose sign counts where there are two ways; operations without a strength do
 * not look at it. fill: [channels] what moves in. */
void nax_augment_apply(enum augment_op op, double strength, const uint8_t *from, size_t h, size_t w,
                       size_t channels, const uint8_t *fill, uint8_t *to);

struct augment {
    const struct nax_images *images;
    const struct nax_recipe *recipe;
    const struct pixel_table *table;
    uint64_t seed;
    uint8_t fill[NAX_MAX_CHANNELS]; /* the mean colour */
    size_t n_pixels;                /* values of an image */
    float *other;                   /* [threads][n_pixels] */
    uint8_t *bytes;                 /* [threads][n_pixels] */
};

/* images, recipe and table must outlive it. */
int nax_augment_init(struct augment *a, const struct nax_images *images,
                     const struct nax_recipe *recipe, const struct pixel_table *table,
                     uint64_t seed, struct nax_err *err) NAX_MUST_USE;
void nax_augment_release(struct augment *a);
/* The mean colour of a pixel table made anew. */
void nax_augment_set_mean(struct augment *a, const double *mean);

/* How much of an image is its own in an epoch, the rest being another's: 1 without mixup and
 * cutmix. */
double nax_augment_share(const struct augment *a, size_t epoch, size_t image);
/* The image as the epoch sees it, mixed with another by its share; out: [h][w][channels]. */
void nax_augment_load(const struct augment *a, size_t epoch, size_t image, size_t other,
                      float *out);

#endif
