/* Images: what has a size is decoded to so many pixels, or refused. */
#include "../../lib/tensor/image.h"

#include "input.h"

/* Of pixels: larger images take the same ways, for longer. */
static const size_t max_pixels = 1 << 16;

/* As it is, and scaled: what the one takes, the other takes. */
static bool decode(const struct nax_buffer *file, const char *path, struct nax_image_size size)
{
    struct nax_err err;
    const struct nax_image_form whole = {.size = size, .channels = 3};
    const struct nax_image_form fitted = {.size = {5, 7}, .channels = 1, .is_fitted = true};
    uint8_t *rgb = malloc(size.height * size.width * 3), grey[5 * 7];
    must(rgb != NULL);
    bool is_taken = !nax_image_decode(file, path, &whole, rgb, &err);
    must(is_taken == !nax_image_decode(file, path, &fitted, grey, &err));
    free(rgb);
    return is_taken;
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_buffer file = {0};
    struct nax_image_form form = {.channels = 3};
    const struct nax_image_size *size = &form.size;
    struct nax_err err;
    bool is_taken = false;
    const char *path = input_path(bytes, n);
    must(!nax_buffer_read(&file, path, &err));
    if (!nax_image_measure(&file, path, &form, &err)) {
        must(size->height && size->width && size->height <= NAX_IMAGE_SIDE_MAX &&
             size->width <= NAX_IMAGE_SIDE_MAX);
        if (size->height * size->width <= max_pixels)
            is_taken = decode(&file, path, *size);
    }
    nax_buffer_free(&file);
    return is_taken;
}
