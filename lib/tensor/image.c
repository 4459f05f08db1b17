/* Which decoder an image needs, and what is said when it fails. */
#include "image.h"

#include <string.h>

typedef bool decoder(const uint8_t *, size_t, struct nax_image_size *, uint8_t *, char *);

static decoder *find_decoder(const struct nax_buffer *file, const char **kind)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G'}, jpeg[] = {0xff, 0xd8, 0xff};
    if (file->size >= sizeof png && !memcmp(file->bytes, png, sizeof png)) {
        *kind = "PNG";
        return nax_png_read;
    }
    if (file->size >= sizeof jpeg && !memcmp(file->bytes, jpeg, sizeof jpeg)) {
        *kind = "JPEG";
        return nax_jpeg_read;
    }
    return NULL;
}

static int run_decoder(const struct nax_buffer *file, const char *path, struct nax_image_size *size,
                       uint8_t *rgb, struct nax_err *err)
{
    const char *kind;
    char why[NAX_IMAGE_WHY];
    decoder *decode = find_decoder(file, &kind);
    if (!decode)
        return nax_err_set(err, NAX_ERR_FORMAT, "neither a PNG nor a JPEG image: '%s'", path);
    if (!decode(file->bytes, file->size, size, rgb, why))
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "corrupt, truncated or unsupported %s image (%s): '%s'", kind, why,
                           path);
    return 0;
}

int nax_image_measure(const struct nax_buffer *file, const char *path, struct nax_image_size *size,
                      struct nax_err *err)
{
    int status = run_decoder(file, path, size, NULL, err);
    if (status == 0 && (size->height > NAX_IMAGE_SIDE_MAX || size->width > NAX_IMAGE_SIDE_MAX))
        return nax_err_set(err, NAX_ERR_VALUE, "image larger than %d x %d: '%s'",
                           NAX_IMAGE_SIDE_MAX, NAX_IMAGE_SIDE_MAX, path);
    return status;
}

int nax_image_decode(const struct nax_buffer *file, const char *path, struct nax_image_size size,
                     uint8_t *rgb, struct nax_err *err)
{
    struct nax_image_size own = size;
    int status = run_decoder(file, path, &own, rgb, err);
    if (status == 0 && (own.height != size.height || own.width != size.width))
        return nax_err_set(err, NAX_ERR_VALUE, "%zu x %zu image among images of %zu x %zu: '%s'",
                           own.width, own.height, size.width, size.height, path);
    return status;
}
