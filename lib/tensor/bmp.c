/* BMP images, through libjpeg-turbo's reader of them. */
#include "image.h"

#include <stdio.h>
#include <string.h>

#include <turbojpeg.h>

static uint32_t number(const uint8_t *at, size_t n_bytes)
{
    uint32_t value = 0;
    for (size_t i = n_bytes; i--;)
        value = value << 8 | at[i];
    return value;
}

/* The size by its header, of OS/2 (12 bytes) or Windows: the reader itself would first take memory
 * for all of it. */
static bool measure(const struct nax_buffer *file, struct nax_image_size *size,
                    char why[NAX_IMAGE_WHY])
{
    enum { AT_HEADER = 14, OS2_HEADER = 12, WINDOWS_HEADER = 40 };
    const uint8_t *header = file->bytes + AT_HEADER;
    size_t n = file->size < AT_HEADER + 4 ? 0 : number(header, 4);
    bool is_os2 = n == OS2_HEADER;
    if ((!is_os2 && n < WINDOWS_HEADER) || file->size - AT_HEADER < n) {
        snprintf(why, NAX_IMAGE_WHY, "no header");
        return false;
    }
    size->width = number(header + 4, is_os2 ? 2 : 4);
    size->height = is_os2 ? number(header + 6, 2) : number(header + 8, 4);
    /* stored from the top: the height is negative, which the reader does not take */
    if (!size->width || !size->height || size->width > INT32_MAX || size->height > INT32_MAX) {
        snprintf(why, NAX_IMAGE_WHY, "no size that is read");
        return false;
    }
    return true;
}

bool nax_bmp_read(const struct nax_buffer *file, const char *path, struct nax_image_head *head,
                  uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    head->turn = 1;
    if (!rgb)
        return measure(file, &head->size, why);
    int width, height, format = TJPF_RGB;
    uint8_t *pixels = tjLoadImage(path, &width, 1, &height, &format, 0);
    if (!pixels) {
        snprintf(why, NAX_IMAGE_WHY, "%s", tjGetErrorStr2(NULL));
        return false;
    }
    bool is_so = (size_t)width == head->size.width && (size_t)height == head->size.height;
    if (is_so)
        memcpy(rgb, pixels, 3 * head->size.width * head->size.height);
    else
        snprintf(why, NAX_IMAGE_WHY, "changed while it was read");
    tjFree(pixels);
    return is_so;
}
