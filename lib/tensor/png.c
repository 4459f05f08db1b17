/* PNG images, through libpng. */
#include "image.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const uint8_t *bytes; /* [n] */
    size_t n, at;
    char *why;
};

static void read_bytes(png_structp png, png_bytep out, size_t n)
{
    struct source *source = png_get_io_ptr(png);
    if (n > source->n - source->at)
        png_error(png, "truncated");
    memcpy(out, source->bytes + source->at, n);
    source->at += n;
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    struct source *source = png_get_error_ptr(png);
    snprintf(source->why, NAX_IMAGE_WHY, "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Whatever the file holds, as 8-bit RGB. Returns the number of passes. */
static int ask_for_rgb(png_structp png)
{
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    return png_set_interlace_handling(png);
}

/* By the first whole eXIf chunk: libpng would tell of one behind the pixels only after these. A
 * chunk is its length, four letters, and as many bytes and their checksum. */
static unsigned find_turn(const struct nax_buffer *file)
{
    enum { SIGNATURE = 8, TYPE = 4, DATA = 8, AROUND = 12 };
    size_t n;
    for (size_t at = SIGNATURE; file->size - at >= AROUND; at += AROUND + n) {
        const uint8_t *chunk = file->bytes + at;
        n = png_get_uint_32(chunk);
        if (n > file->size - at - AROUND)
            break;
        if (!memcmp(chunk + TYPE, "eXIf", 4) &&
            nax_crc32(chunk + TYPE, 4 + n) == png_get_uint_32(chunk + DATA + n))
            return nax_exif_turn(chunk + DATA, n);
    }
    return 1;
}

bool nax_png_read(const struct nax_buffer *file, const char *path, struct nax_image_head *head,
                  uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    (void)path;
    struct source source = {file->bytes, file->size, 0, why};
    png_infop info = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, on_error, on_warning);
    if (png)
        info = png_create_info_struct(png);
    if (!info) {
        snprintf(why, NAX_IMAGE_WHY, "out of memory");
        png_destroy_read_struct(&png, NULL, NULL);
        return false;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    png_set_read_fn(png, &source, read_bytes);
    png_read_info(png, info);
    struct nax_image_size own = {png_get_image_height(png, info), png_get_image_width(png, info)};
    if (rgb) {
        int n_passes = ask_for_rgb(png);
        png_read_update_info(png, info);
        if (png_get_rowbytes(png, info) != 3 * own.width)
            png_error(png, "not RGB");
        for (int pass = 0; pass < n_passes; pass++)
            for (size_t y = 0; y < own.height; y++)
                png_read_row(png, rgb + y * 3 * own.width, NULL);
        png_read_end(png, NULL);
    } else {
        head->size = own;
        head->turn = find_turn(file);
    }
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}
