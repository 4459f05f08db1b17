/* Images: what has a size is decoded to so many pixels, or refused. */
#include "../../lib/tensor/image.h"

#include "input.h"

/* Of pixels: larger images take the same ways, for longer. */
static const size_t max_pixels = 1 << 16;

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_buffer file = {0};
    struct nax_image_size size;
    struct nax_err err;
    bool is_taken = false;
    must(!nax_buffer_read(&file, input_path(bytes, n), &err));
    if (!nax_image_measure(&file, "image", &size, &err)) {
        must(size.height && size.width && size.height <= NAX_IMAGE_SIDE_MAX &&
             size.width <= NAX_IMAGE_SIDE_MAX);
        uint8_t *rgb =
            size.height * size.width > max_pixels ? NULL : malloc(size.height * size.width * 3);
        is_taken = rgb && !nax_image_decode(&file, "image", size, rgb, &err);
        free(rgb);
    }
    nax_buffer_free(&file);
    return is_taken;
}
