/* WebP images, the first frame of those that move, through libwebp. */
#include "image.h"

#include <stdio.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static unsigned find_turn(const WebPDemuxer *demuxer)
{
    WebPChunkIterator chunk;
    if (!WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk))
        return 1;
    unsigned turn = nax_exif_turn(chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
    return turn;
}

/* background: blue in the lowest byte, then green and red. */
static bool decode(const WebPIterator *frame, const struct nax_image_size *size,
                   uint32_t background, uint8_t *rgb)
{
    size_t width = (size_t)frame->width, height = (size_t)frame->height;
    size_t x = (size_t)frame->x_offset, y = (size_t)frame->y_offset;
    if (x + width > size->width || y + height > size->height)
        return false;
    /* a frame need not fill the canvas */
    for (size_t i = 0; i < size->width * size->height; i++)
        for (int c = 0; c < 3; c++)
            rgb[3 * i + c] = (uint8_t)(background >> (16 - 8 * c));
    uint8_t *at = rgb + (y * size->width + x) * 3;
    return WebPDecodeRGBInto(frame->fragment.bytes, frame->fragment.size, at,
                             ((height - 1) * size->width + width) * 3, (int)size->width * 3);
}

bool nax_webp_read(const struct nax_buffer *file, const char *path, struct nax_image_head *head,
                   uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    (void)path;
    const WebPData data = {file->bytes, file->size};
    WebPDemuxer *demuxer = WebPDemux(&data); /* which takes whole files only */
    WebPIterator frame;
    if (!demuxer || !WebPDemuxGetFrame(demuxer, 1, &frame)) {
        snprintf(why, NAX_IMAGE_WHY, "not a whole file");
        WebPDemuxDelete(demuxer);
        return false;
    }
    head->size = (struct nax_image_size){WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT),
                                         WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH)};
    head->turn = find_turn(demuxer);
    const uint32_t background = WebPDemuxGetI(demuxer, WEBP_FF_BACKGROUND_COLOR);
    bool is_ok = !rgb || decode(&frame, &head->size, background, rgb);
    if (!is_ok)
        snprintf(why, NAX_IMAGE_WHY, "its data cannot be decoded");
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(demuxer);
    return is_ok;
}
