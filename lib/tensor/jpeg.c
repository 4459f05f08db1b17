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

static unsigned find_turn(const struct jpeg_decompress_struct *jpeg)
{
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next)
        if (nax_is_exif(m->data, m->data_length))
            return nax_exif_turn(m->data, m->data_length);
    return 1;
}

/* in: [n][4] of cyan, magenta, yellow and black, out: [n][3]. Adobe's files hold what an ink leaves
 * of the light, not the ink. */
static void inks_to_rgb(const JSAMPLE *in, size_t n, bool is_inverted, uint8_t *out)
{
    for (size_t i = 0; i < n; i++, in += 4, out += 3)
        for (size_t c = 0; c < 3; c++) {
            unsigned light = is_inverted ? in[c] : 255u - in[c];
            unsigned by_black = is_inverted ? in[3] : 255u - in[3];
            out[c] = (uint8_t)((light * by_black + 127) / 255);
        }
}

bool nax_jpeg_read(const struct nax_buffer *file, const char *path, struct nax_image_head *head,
                   uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    (void)path;
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
    jpeg_mem_src(&jpeg, file->bytes, file->size);
    if (!rgb)
        jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&jpeg, TRUE);
    if (rgb) {
        bool has_inks = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
        jpeg.out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
        jpeg_start_decompress(&jpeg);
        /* freed with the decoder, on failure too */
        JSAMPARRAY inks =
            (*jpeg.mem->alloc_sarray)((j_common_ptr)&jpeg, JPOOL_IMAGE, jpeg.output_width * 4, 1);
        while (jpeg.output_scanline < jpeg.output_height) {
            uint8_t *out = rgb + (size_t)jpeg.output_scanline * 3 * jpeg.output_width;
            JSAMPROW row = has_inks ? inks[0] : out;
            jpeg_read_scanlines(&jpeg, &row, 1);
            if (has_inks)
                inks_to_rgb(row, jpeg.output_width, jpeg.saw_Adobe_marker, out);
        }
        jpeg_finish_decompress(&jpeg);
    } else {
        head->size = (struct nax_image_size){jpeg.image_height, jpeg.image_width};
        head->turn = find_turn(&jpeg);
    }
    jpeg_destroy_decompress(&jpeg);
    return true;
}
