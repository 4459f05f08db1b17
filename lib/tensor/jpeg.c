/* JPEG images, through libjpeg-turbo. */
#include "image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

_Static_assert(JMSG_LENGTH_MAX <= NAX_IMAGE_WHY, "a message fits");

struct handler {
    struct jpeg_error_mgr base;
    jmp_buf jump;
    char *why;
};

static _Noreturn void on_error(j_common_ptr jpeg)
{
    struct handler *handler = (struct handler *)jpeg->err;
    jpeg->err->format_message(jpeg, handler->why);
    longjmp(handler->jump, 1);
}

/* Level -1 is damaged data that the decoder would make up for: here it is an error. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0)
        on_error(jpeg);
}

bool nax_jpeg_read(const uint8_t *bytes, size_t n, struct nax_image_size *size, uint8_t *rgb,
                   char why[NAX_IMAGE_WHY])
{
    struct jpeg_decompress_struct jpeg;
    struct handler handler = {.why = why};
    jpeg.err = jpeg_std_error(&handler.base);
    handler.base.error_exit = on_error;
    handler.base.emit_message = on_message;
    if (setjmp(handler.jump)) {
        jpeg_destroy_decompress(&jpeg);
        return false;
    }
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes, n);
    jpeg_read_header(&jpeg, TRUE);
    struct nax_image_size own = {jpeg.image_height, jpeg.image_width};
    if (rgb && own.height == size->height && own.width == size->width) {
        jpeg.out_color_space = JCS_RGB;
        jpeg_start_decompress(&jpeg);
        while (jpeg.output_scanline < jpeg.output_height) {
            JSAMPROW row = rgb + (size_t)jpeg.output_scanline * 3 * own.width;
            jpeg_read_scanlines(&jpeg, &row, 1);
        }
        jpeg_finish_decompress(&jpeg);
    }
    *size = own;
    jpeg_destroy_decompress(&jpeg);
    return true;
}
