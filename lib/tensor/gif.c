/* GIF images, the first frame of those that move, through giflib. */
#include "image.h"

#include <gif_lib.h>
#include <stdio.h>
#include <string.h>

struct source {
    const uint8_t *bytes; /* [n] */
    size_t n, at;
};

static int read_bytes(GifFileType *gif, GifByteType *out, int n)
{
    struct source *source = gif->UserData;
    size_t got = NAX_MIN((size_t)n, source->n - source->at);
    memcpy(out, source->bytes + source->at, got);
    source->at += got;
    return (int)got;
}

static bool fail(char why[NAX_IMAGE_WHY], const char *text)
{
    snprintf(why, NAX_IMAGE_WHY, "%s", text ? text : "no GIF");
    return false;
}

static void put(uint8_t *rgb, const ColorMapObject *map, int index)
{
    const GifColorType *colour = &map->Colors[index];
    rgb[0] = colour->Red;
    rgb[1] = colour->Green;
    rgb[2] = colour->Blue;
}

/* Row i in the file of an image of h rows: the passes of interlacing begin at rows 0, 4, 2 and 1.
 */
static int row_of(int i, int h, bool is_interlaced)
{
    static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
    for (int pass = 0; is_interlaced && pass < 4; pass++) {
        int n = h > first[pass] ? (h - first[pass] + step[pass] - 1) / step[pass] : 0;
        if (i < n)
            return first[pass] + i * step[pass];
        i -= n;
    }
    return i;
}

/* A frame need not fill the screen, whose rest has the background's colour. */
static bool decode_frame(GifFileType *gif, uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    const GifImageDesc *frame = &gif->Image;
    const ColorMapObject *map = frame->ColorMap ? frame->ColorMap : gif->SColorMap;
    int w = gif->SWidth, h = gif->SHeight;
    if (!map)
        return fail(why, "no colours");
    if (frame->Left + frame->Width > w || frame->Top + frame->Height > h || frame->Width < 1)
        return fail(why, "a frame outside the image");
    bool has_background = gif->SColorMap && gif->SBackGroundColor < gif->SColorMap->ColorCount;
    memset(rgb, 0, 3 * (size_t)w * (size_t)h);
    for (size_t i = 0; has_background && i < (size_t)w * (size_t)h; i++)
        put(rgb + 3 * i, gif->SColorMap, gif->SBackGroundColor);
    GifPixelType line[UINT16_MAX];
    for (int i = 0; i < frame->Height; i++) {
        if (DGifGetLine(gif, line, frame->Width) == GIF_ERROR)
            return fail(why, GifErrorString(gif->Error));
        size_t y = (size_t)(frame->Top + row_of(i, frame->Height, frame->Interlace));
        uint8_t *row = rgb + (y * (size_t)w + (size_t)frame->Left) * 3;
        for (int x = 0; x < frame->Width; x++) {
            if (line[x] >= map->ColorCount)
                return fail(why, "a colour that its table lacks");
            put(row + 3 * x, map, line[x]);
        }
    }
    return true;
}

static bool skip_frame(GifFileType *gif)
{
    GifByteType *block;
    int size;
    bool is_ok = DGifGetCode(gif, &size, &block) == GIF_OK;
    while (is_ok && block)
        is_ok = DGifGetCodeNext(gif, &block) == GIF_OK;
    return is_ok;
}

static bool skip_extension(GifFileType *gif)
{
    GifByteType *block;
    int code;
    bool is_ok = DGifGetExtension(gif, &code, &block) == GIF_OK;
    while (is_ok && block)
        is_ok = DGifGetExtensionNext(gif, &block) == GIF_OK;
    return is_ok;
}

/* To the file's last record: what is truncated behind the first frame is truncated, too. */
static bool decode_first(GifFileType *gif, uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    for (size_t n_frames = 0;;) {
        GifRecordType type;
        bool is_ok = DGifGetRecordType(gif, &type) == GIF_OK;
        if (is_ok && type == TERMINATE_RECORD_TYPE)
            return n_frames > 0 || fail(why, "no frame");
        if (is_ok && type == IMAGE_DESC_RECORD_TYPE) {
            is_ok = DGifGetImageDesc(gif) == GIF_OK;
            if (is_ok && n_frames++ == 0) {
                if (!decode_frame(gif, rgb, why))
                    return false;
            } else {
                is_ok = is_ok && skip_frame(gif);
            }
        } else if (is_ok && type == EXTENSION_RECORD_TYPE) {
            is_ok = skip_extension(gif);
        }
        if (!is_ok)
            return fail(why, GifErrorString(gif->Error));
    }
}

bool nax_gif_read(const struct nax_buffer *file, const char *path, struct nax_image_head *head,
                  uint8_t *rgb, char why[NAX_IMAGE_WHY])
{
    (void)path;
    struct source source = {file->bytes, file->size, 0};
    int error = 0;
    GifFileType *gif = DGifOpen(&source, read_bytes, &error);
    if (!gif)
        return fail(why, GifErrorString(error));
    *head = (struct nax_image_head){{(size_t)gif->SHeight, (size_t)gif->SWidth}, 1};
    bool is_ok = head->size.height && head->size.width;
    if (!is_ok)
        fail(why, "no size");
    else if (rgb)
        is_ok = decode_first(gif, rgb, why);
    DGifCloseFile(gif, NULL);
    return is_ok;
}
