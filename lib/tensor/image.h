/* Decoding image files to 8-bit RGB or grey, turned as they should be looked at, and scaled. */
#ifndef NAX_TENSOR_IMAGE_H
#define NAX_TENSOR_IMAGE_H

#include "files.h"

enum {
    NAX_IMAGE_SIDE_MAX = 4096,    /* of an image of a set */
    NAX_IMAGE_SOURCE_MAX = 16384, /* of one that is scaled */
    NAX_IMAGE_PIXELS_MAX = 1 << 27
};

struct nax_image_size {
    size_t height, width;
};

/* What an image becomes. */
struct nax_image_form {
    struct nax_image_size size;
    size_t channels; /* 3, or 1: luminance */
    bool is_fitted;  /* scaled to cover the size, and cut to it around the middle; otherwise the
                        image must have it */
    bool is_given;   /* no other size can be asked for: no message offers one */
};

/* The form takes the size of the image in bytes, turned upright; path names it in messages. The
 * kind is told by its first bytes. */
int nax_image_measure(const struct nax_buffer *file, const char *path, struct nax_image_form *form,
                      struct nax_err *err) NAX_MUST_USE;
/* Its pixels: out [height][width][channels]. Greyscale is repeated, 16 bits are scaled to 8,
 * palettes are looked up, transparency is dropped. An image of another size, where none is fitted,
 * is NAX_ERR_VALUE. */
int nax_image_decode(const struct nax_buffer *file, const char *path,
                     const struct nax_image_form *form, uint8_t *out,
                     struct nax_err *err) NAX_MUST_USE;

/* From pixels [size][channels], of 1 or 3 channels, to out [form]. NAX_ERR_MEMORY. */
int nax_image_convert(const uint8_t *in, struct nax_image_size size, size_t channels,
                      const struct nax_image_form *form, uint8_t *out) NAX_MUST_USE;

/* --- decoders --- rgb is NULL, then only *head is set, or [head->size] pixels, and head is what
 * came of the first call. why is set on failure. path is for the one that reads no memory. */
struct nax_image_head {
    struct nax_image_size size; /* as stored */
    unsigned turn;              /* EXIF's orientation, 1 … 8; 1: upright */
};

enum { NAX_IMAGE_WHY = 200 };
typedef bool nax_image_decoder(const struct nax_buffer *file, const char *path,
                               struct nax_image_head *head, uint8_t *rgb, char why[NAX_IMAGE_WHY]);

nax_image_decoder nax_png_read, nax_jpeg_read, nax_webp_read, nax_gif_read, nax_bmp_read;

/* Orientation by an EXIF block; 1 where it says none. In a JPEG it begins with "Exif\0\0",
 * elsewhere it need not. */
enum { NAX_EXIF_PREFIX = 6 };
unsigned nax_exif_turn(const uint8_t *bytes, size_t n);
bool nax_is_exif(const uint8_t *bytes, size_t n); /* whether it begins so */

/* The part of rgb [from] that covers to's shape in the middle, scaled to out [to][3] by triangles
 * as wide as a pixel of the coarser image. */
int nax_image_fit(const uint8_t *rgb, struct nax_image_size from, uint8_t *out,
                  struct nax_image_size to) NAX_MUST_USE;

#endif
