/* How a camera was held, through libexif. */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include <libexif/exif-data.h>

static unsigned find_turn(const uint8_t *bytes, size_t n)
{
    ExifData *data = n <= UINT32_MAX ? exif_data_new_from_data(bytes, (unsigned)n) : NULL;
    if (!data)
        return 1;
    unsigned turn = 1;
    const ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
    if (entry && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2)
        turn = exif_get_short(entry->data, exif_data_get_byte_order(data));
    exif_data_unref(data);
    return turn >= 1 && turn <= 8 ? turn : 1;
}

unsigned nax_exif_turn(const uint8_t *bytes, size_t n)
{
    if (nax_is_exif(bytes, n))
        return find_turn(bytes, n);
    uint8_t *whole = nax_calloc(NAX_EXIF_PREFIX + n, 1);
    if (!whole)
        return 1;
    memcpy(whole, "Exif\0", NAX_EXIF_PREFIX);
    memcpy(whole + NAX_EXIF_PREFIX, bytes, n);
    unsigned turn = find_turn(whole, NAX_EXIF_PREFIX + n);
    free(whole);
    return turn;
}

bool nax_is_exif(const uint8_t *bytes, size_t n)
{
    return n >= NAX_EXIF_PREFIX && !memcmp(bytes, "Exif\0", NAX_EXIF_PREFIX);
}
