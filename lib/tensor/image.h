/* Decoding PNG and JPEG images to 8-bit RGB. */
#ifndef NAX_TENSOR_IMAGE_H
#define NAX_TENSOR_IMAGE_H

#include "files.h"

enum { NAX_IMAGE_SIDE_MAX = 4096 };

struct nax_image_size {
    size_t height, width;
};

/* Size of the image in bytes; path names it in messages. The kind is told by its first bytes. */
int nax_image_measure(const struct nax_buffer *file, const char *path, struct nax_image_size *size,
                      struct nax_err *err) NAX_MUST_USE;
/* Its pixels, which must have this size: rgb [height][width][3]. Greyscale is repeated, 16 bits are
 * scaled to 8, palettes are looked up, transparency is dropped. */
int nax_image_decode(const struct nax_buffer *file, const char *path, struct nax_image_size size,
                     uint8_t *rgb, struct nax_err *err) NAX_MUST_USE;

/* The two decoders: rgb may be NULL, then only *size is set; otherwise *size is what is expected.
 * why is set on failure. */
enum { NAX_IMAGE_WHY = 200 };
bool nax_png_read(const uint8_t *bytes, size_t n, struct nax_image_size *size, uint8_t *rgb,
                  char why[NAX_IMAGE_WHY]);
bool nax_jpeg_read(const uint8_t *bytes, size_t n, struct nax_image_size *size, uint8_t *rgb,
                   char why[NAX_IMAGE_WHY]);

#endif
