/* Scaling images, through pixman. */
#include "image.h"

#include <math.h>
#include <pixman.h>
#include <stdlib.h>
#include <string.h>

/* A pixel of pixman's, padded to 32 bits; which of the colours is which does not matter to it. */
static void pack(const uint8_t *rgb, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++, rgb += 3)
        out[i] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static void unpack(const uint32_t *in, uint8_t *rgb, size_t n)
{
    for (size_t i = 0; i < n; i++, rgb += 3) {
        rgb[0] = (uint8_t)(in[i] >> 16);
        rgb[1] = (uint8_t)(in[i] >> 8);
        rgb[2] = (uint8_t)in[i];
    }
}

static void cut(const uint8_t *rgb, struct nax_image_size from, uint8_t *out,
                struct nax_image_size to)
{
    size_t y0 = (from.height - to.height) / 2, x0 = (from.width - to.width) / 2;
    for (size_t y = 0; y < to.height; y++)
        memcpy(out + y * to.width * 3, rgb + ((y0 + y) * from.width + x0) * 3, to.width * 3);
}

/* step: pixels of the source a pixel of the result, along both sides. */
static bool scale(pixman_image_t *source, struct nax_image_size from, pixman_image_t *result,
                  struct nax_image_size to, double step)
{
    enum { PHASE_BITS = 6 };
    pixman_fixed_t fixed = pixman_double_to_fixed(step);
    /* smaller: a triangle over the source's pixels; larger: between the source's pixels */
    pixman_kernel_t between = step > 1 ? PIXMAN_KERNEL_IMPULSE : PIXMAN_KERNEL_LINEAR;
    pixman_kernel_t over = step > 1 ? PIXMAN_KERNEL_LINEAR : PIXMAN_KERNEL_IMPULSE;
    int n_values;
    pixman_fixed_t *filter = pixman_filter_create_separable_convolution(
        &n_values, fixed, fixed, between, between, over, over, PHASE_BITS, PHASE_BITS);
    pixman_transform_t transform = {
        {{fixed, 0, pixman_double_to_fixed(((double)from.width - step * (double)to.width) / 2)},
         {0, fixed, pixman_double_to_fixed(((double)from.height - step * (double)to.height) / 2)},
         {0, 0, pixman_fixed_1}}};
    bool is_ok =
        filter && pixman_image_set_transform(source, &transform) &&
        pixman_image_set_filter(source, PIXMAN_FILTER_SEPARABLE_CONVOLUTION, filter, n_values);
    free(filter);
    if (!is_ok)
        return false;
    pixman_image_set_repeat(source, PIXMAN_REPEAT_PAD);
    pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, result, 0, 0, 0, 0, 0, 0, (int)to.width,
                             (int)to.height);
    return true;
}

int nax_image_fit(const uint8_t *rgb, struct nax_image_size from, uint8_t *out,
                  struct nax_image_size to)
{
    double step =
        fmin((double)from.height / (double)to.height, (double)from.width / (double)to.width);
    if (!(step < 1) && !(step > 1)) {
        cut(rgb, from, out, to);
        return 0;
    }
    size_t n_from = from.height * from.width, n_to = to.height * to.width;
    uint32_t *in = nax_calloc(n_from, sizeof *in), *scaled = nax_calloc(n_to, sizeof *scaled);
    pixman_image_t *source = NULL, *result = NULL;
    if (in && scaled) {
        pack(rgb, in, n_from);
        source = pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)from.width, (int)from.height, in,
                                          (int)(from.width * sizeof *in));
        result = pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)to.width, (int)to.height, scaled,
                                          (int)(to.width * sizeof *scaled));
    }
    bool is_ok = source && result && scale(source, from, result, to, step);
    if (is_ok)
        unpack(scaled, out, n_to);
    if (source)
        pixman_image_unref(source);
    if (result)
        pixman_image_unref(result);
    free(in);
    free(scaled);
    return is_ok ? 0 : NAX_ERR_MEMORY;
}
