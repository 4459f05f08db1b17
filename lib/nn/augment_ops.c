/* TrivialAugment's operations on the bytes of one image, as the Python Imaging Library defines
 * them, save that turning and shearing are about the middle and what moves in is one colour. */
#include "augment.h"

#include <math.h>
#include <string.h>

struct image {
    const uint8_t *pixels;
    size_t h, w, channels;
    const uint8_t *fill;
};

static uint8_t to_byte(double value)
{
    return (uint8_t)lrint(fmin(fmax(value, 0), 255));
}

/* The nearest pixel of what lies at matrix · (y, x) + shift, from the middle. */
static void move(const struct image *from, const double matrix[2][2], const double shift[2],
                 uint8_t *to)
{
    double y0 = ((double)from->h - 1) / 2, x0 = ((double)from->w - 1) / 2;
    for (size_t i = 0; i < from->h; i++)
        for (size_t j = 0; j < from->w; j++, to += from->channels) {
            double y = (double)i - y0, x = (double)j - x0;
            double at_y = floor(matrix[0][0] * y + matrix[0][1] * x + shift[0] + y0 + 0.5);
            double at_x = floor(matrix[1][0] * y + matrix[1][1] * x + shift[1] + x0 + 0.5);
            bool is_inside =
                at_y >= 0 && at_y < (double)from->h && at_x >= 0 && at_x < (double)from->w;
            const uint8_t *source =
                is_inside ? from->pixels + ((size_t)at_y * from->w + (size_t)at_x) * from->channels
                          : from->fill;
            memcpy(to, source, from->channels);
        }
}

/* Luminance of ITU-R BT.601, in 0 … 255; the mean where there are not three channels. */
static double luminance(const uint8_t *pixel, size_t channels)
{
    if (channels == 3)
        return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    double sum = 0;
    for (size_t c = 0; c < channels; c++)
        sum += pixel[c];
    return sum / (double)channels;
}

static double mean_luminance(const struct image *from)
{
    double sum = 0;
    for (size_t i = 0; i < from->h * from->w; i++)
        sum += luminance(from->pixels + i * from->channels, from->channels);
    return sum / (double)(from->h * from->w);
}

/* Mean of the 3 × 3 pixels around, the middle one counting five times; borders stay. */
static double smoothed(const struct image *from, size_t i, size_t j, size_t c)
{
    size_t row = from->w * from->channels;
    const uint8_t *at = from->pixels + i * row + j * from->channels + c;
    if (!i || !j || i + 1 == from->h || j + 1 == from->w)
        return *at;
    double sum = 4.0 * *at;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            sum += at[dy * (ptrdiff_t)row + dx * (ptrdiff_t)from->channels];
    return sum / 13;
}

/* base + factor · (pixel − base) */
static void blend(const struct image *from, enum augment_op op, double factor, uint8_t *to)
{
    double mean = op == AUGMENT_CONTRAST ? mean_luminance(from) : 0;
    const uint8_t *pixel = from->pixels;
    for (size_t i = 0; i < from->h; i++)
        for (size_t j = 0; j < from->w; j++, pixel += from->channels)
            for (size_t c = 0; c < from->channels; c++) {
                double base = op == AUGMENT_COLOUR      ? luminance(pixel, from->channels)
                              : op == AUGMENT_SHARPNESS ? smoothed(from, i, j, c)
                                                        : mean;
                *to++ = to_byte(base + factor * (pixel[c] - base));
            }
}

/* How often each value comes in a channel. */
static void count(const struct image *from, size_t c, size_t histogram[256])
{
    memset(histogram, 0, 256 * sizeof *histogram);
    for (size_t i = 0; i < from->h * from->w; i++)
        histogram[from->pixels[i * from->channels + c]]++;
}

static void stretch(const size_t histogram[256], uint8_t table[256])
{
    int low = 0, high = 255;
    while (low < high && !histogram[low])
        low++;
    while (high > low && !histogram[high])
        high--;
    for (int v = 0; v < 256; v++)
        table[v] = high > low ? to_byte((v - low) * 255.0 / (high - low)) : (uint8_t)v;
}

static void flatten(const size_t histogram[256], uint8_t table[256])
{
    size_t n = 0, last = 0, sum;
    for (size_t v = 0; v < 256; v++)
        if (histogram[v])
            n += last = histogram[v];
    size_t step = (n - last) / 255; /* pixels a value, the highest value's not counted */
    sum = step / 2;
    for (size_t v = 0; v < 256; v++) {
        table[v] = step ? (uint8_t)NAX_MIN(sum / step, 255) : (uint8_t)v;
        sum += histogram[v];
    }
}

static void look_up(const struct image *from, enum augment_op op, double strength, uint8_t *to)
{
    int bits = 8 - (int)lrint(6 * strength), threshold = (int)lrint(256 * (1 - strength));
    for (size_t c = 0; c < from->channels; c++) {
        size_t histogram[256];
        uint8_t table[256];
        count(from, c, histogram);
        for (int v = 0; v < 256; v++)
            table[v] = (uint8_t)(op == AUGMENT_POSTERIZE ? v >> (8 - bits) << (8 - bits)
                                 : v < threshold         ? v
                                                         : 255 - v);
        if (op == AUGMENT_AUTO_CONTRAST)
            stretch(histogram, table);
        if (op == AUGMENT_EQUALIZE)
            flatten(histogram, table);
        for (size_t i = c; i < from->h * from->w * from->channels; i += from->channels)
            to[i] = table[from->pixels[i]];
    }
}

enum augment_op nax_augment_draw(size_t channels, struct nax_rng *rng)
{
    static const enum augment_op moves[] = {AUGMENT_IDENTITY,    AUGMENT_ROTATE,
                                            AUGMENT_SHEAR_X,     AUGMENT_SHEAR_Y,
                                            AUGMENT_TRANSLATE_X, AUGMENT_TRANSLATE_Y};
    if (channels == 1 || channels == 3)
        return (enum augment_op)nax_rng_below(rng, AUGMENT_OP_COUNT);
    return moves[nax_rng_below(rng, sizeof moves / sizeof *moves)];
}

void nax_augment_apply(enum augment_op op, double strength, const uint8_t *from, size_t h, size_t w,
                       size_t channels, const uint8_t *fill, uint8_t *to)
{
    const struct image image = {from, h, w, channels, fill};
    double matrix[2][2] = {{1, 0}, {0, 1}}, shift[2] = {0, 0}, angle = strength * 0.75 * M_PI;
    switch (op) {
    case AUGMENT_IDENTITY:
    case AUGMENT_OP_COUNT:
        memcpy(to, from, h * w * channels);
        return;
    case AUGMENT_AUTO_CONTRAST:
    case AUGMENT_EQUALIZE:
    case AUGMENT_POSTERIZE:
    case AUGMENT_SOLARIZE:
        look_up(&image, op, fabs(strength), to);
        return;
    case AUGMENT_BRIGHTNESS:
    case AUGMENT_COLOUR:
    case AUGMENT_CONTRAST:
    case AUGMENT_SHARPNESS:
        blend(&image, op, 1 + 0.99 * strength, to);
        return;
    case AUGMENT_ROTATE:
        matrix[0][0] = matrix[1][1] = cos(angle);
        matrix[0][1] = -(matrix[1][0] = sin(angle));
        break;
    case AUGMENT_SHEAR_X:
        matrix[1][0] = 0.99 * strength;
        break;
    case AUGMENT_SHEAR_Y:
        matrix[0][1] = 0.99 * strength;
        break;
    case AUGMENT_TRANSLATE_X:
        shift[1] = 32 * strength;
        break;
    case AUGMENT_TRANSLATE_Y:
        shift[0] = 32 * strength;
        break;
    }
    move(&image, matrix, shift, to);
}
