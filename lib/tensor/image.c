/* Which decoder an image needs, what is said when it fails, and from its pixels to those of a set.
 */
#include "image.h"

#include <stdlib.h>
#include <string.h>

static const struct kind {
    const char *word, *magic; /* how such files begin; '?' is any byte */
    size_t n_magic;
    nax_image_decoder *decode;
} kinds[] = {
    {"PNG", "\x89PNG", 4, nax_png_read},
    {"JPEG", "\xff\xd8\xff", 3, nax_jpeg_read},
    {"WebP", "RIFF????WEBP", 12, nax_webp_read},
    {"GIF", "GIF8", 4, nax_gif_read},
    {"BMP", "BM", 2, nax_bmp_read},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static bool begins_so(const struct kind *kind, const struct nax_buffer *file)
{
    bool is_so = file->size >= kind->n_magic;
    for (size_t i = 0; is_so && i < kind->n_magic; i++)
        is_so = kind->magic[i] == '?' || (uint8_t)kind->magic[i] == file->bytes[i];
    return is_so;
}

static const struct kind *find_kind(const struct nax_buffer *file)
{
    size_t k = 0;
    while (k < N_KINDS && !begins_so(&kinds[k], file))
        k++;
    return k < N_KINDS ? &kinds[k] : NULL;
}

/* kind may be NULL. */
static int run_decoder(const struct kind *kind, const struct nax_buffer *file, const char *path,
                       struct nax_image_head *head, uint8_t *rgb, struct nax_err *err)
{
    char why[NAX_IMAGE_WHY];
    if (!kind)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "neither a PNG, JPEG, WebP, GIF nor BMP image: '%s'", path);
    if (kind->decode(file, path, head, rgb, why))
        return 0;
    return nax_err_set(err, NAX_ERR_FORMAT, "corrupt, truncated or unsupported %s image (%s): '%s'",
                       kind->word, why, path);
}

/* --- turning --- */

static bool is_transposed(unsigned turn)
{
    return turn >= 5;
}

static struct nax_image_size upright_size(const struct nax_image_head *head)
{
    struct nax_image_size size = head->size;
    return is_transposed(head->turn) ? (struct nax_image_size){size.width, size.height} : size;
}

/* out [upright_size][3]. By the EXIF standard (CIPA DC-008, tag 274): which row and column of the
 * stored image the first ones of the upright image are. */
static void turn_upright(const uint8_t *rgb, const struct nax_image_head *head, uint8_t *out)
{
    size_t h = head->size.height, w = head->size.width;
    struct nax_image_size to = upright_size(head);
    unsigned turn = head->turn;
    bool is_row_flipped = turn == 3 || turn == 4 || turn == 6 || turn == 7;
    bool is_col_flipped = turn == 2 || turn == 3 || turn == 7 || turn == 8;
    for (size_t y = 0; y < to.height; y++)
        for (size_t x = 0; x < to.width; x++, out += 3) {
            size_t r = is_transposed(turn) ? x : y, c = is_transposed(turn) ? y : x;
            r = is_row_flipped ? h - 1 - r : r;
            c = is_col_flipped ? w - 1 - c : c;
            memcpy(out, rgb + (r * w + c) * 3, 3);
        }
}

/* --- from a file to pixels of a set --- */

static int check_size(struct nax_image_size size, const struct nax_image_form *form,
                      const char *path, struct nax_err *err)
{
    size_t max = form->is_fitted ? NAX_IMAGE_SOURCE_MAX : NAX_IMAGE_SIDE_MAX;
    if (size.height > max || size.width > max)
        return nax_err_set(err, NAX_ERR_VALUE, "image larger than %zu x %zu%s: '%s'", max, max,
                           form->is_fitted || form->is_given ? "" : ", which --size scales", path);
    if (size.height * size.width > NAX_IMAGE_PIXELS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "image of more than %d pixels: '%s'",
                           NAX_IMAGE_PIXELS_MAX, path);
    if (!form->is_fitted && (size.height != form->size.height || size.width != form->size.width))
        return nax_err_set(err, NAX_ERR_VALUE, "%zu x %zu image among images of %zu x %zu%s: '%s'",
                           size.width, size.height, form->size.width, form->size.height,
                           form->is_given ? "" : ", --size makes them one size", path);
    return 0;
}

int nax_image_measure(const struct nax_buffer *file, const char *path, struct nax_image_form *form,
                      struct nax_err *err)
{
    struct nax_image_head head;
    int status = run_decoder(find_kind(file), file, path, &head, NULL, err);
    if (status)
        return status;
    form->size = upright_size(&head);
    return check_size(form->size, form, path, err);
}

/* Luminance of ITU-R BT.601 in units of 2⁻¹⁶; equal channels stay what they are. */
static void make_grey(const uint8_t *rgb, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++, rgb += 3)
        out[i] = (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

static void repeat_grey(const uint8_t *grey, size_t n, uint8_t *rgb)
{
    for (size_t i = 0; i < n; i++, rgb += 3)
        rgb[0] = rgb[1] = rgb[2] = grey[i];
}

int nax_image_convert(const uint8_t *in, struct nax_image_size size, size_t channels,
                      const struct nax_image_form *form, uint8_t *out)
{
    size_t n_from = size.height * size.width, n_to = form->size.height * form->size.width;
    if (channels == form->channels && !form->is_fitted) {
        memcpy(out, in, n_from * channels);
        return 0;
    }
    /* each step into memory of its own, the last one into out */
    uint8_t *repeated = channels == 1 ? nax_calloc(n_from, 3) : NULL;
    uint8_t *fitted = form->channels == 1 ? nax_calloc(n_to, 3) : NULL;
    const uint8_t *rgb = channels == 1 ? repeated : in;
    int status =
        (channels == 1 && !repeated) || (form->channels == 1 && !fitted) ? NAX_ERR_MEMORY : 0;
    if (status == 0 && repeated)
        repeat_grey(in, n_from, repeated);
    if (status == 0)
        status = nax_image_fit(rgb, size, fitted ? fitted : out, form->size);
    if (status == 0 && fitted)
        make_grey(fitted, n_to, out);
    free(repeated);
    free(fitted);
    return status;
}

int nax_image_decode(const struct nax_buffer *file, const char *path,
                     const struct nax_image_form *form, uint8_t *out, struct nax_err *err)
{
    const struct kind *kind = find_kind(file);
    struct nax_image_head head;
    int status = run_decoder(kind, file, path, &head, NULL, err);
    if (status)
        return status;
    struct nax_image_size size = upright_size(&head);
    status = check_size(size, form, path, err);
    bool is_turned = head.turn != 1, is_as_it_is = form->channels == 3 && !form->is_fitted;
    if (status || (!is_turned && is_as_it_is))
        return status ? status : run_decoder(kind, file, path, &head, out, err);

    uint8_t *stored = nax_calloc(size.height * size.width, 3), *upright = NULL, *rgb = stored;
    if (is_turned)
        rgb = upright = nax_calloc(size.height * size.width, 3);
    if (!stored || !rgb)
        status = NAX_ERR_MEMORY;
    if (status == 0)
        status = run_decoder(kind, file, path, &head, stored, err);
    if (status == 0 && is_turned)
        turn_upright(stored, &head, upright);
    if (status == 0)
        status = nax_image_convert(rgb, size, 3, form, out);
    if (status == NAX_ERR_MEMORY)
        nax_err_set(err, status, "out of memory for %zu x %zu pixels: '%s'", size.width,
                    size.height, path);
    free(stored);
    free(upright);
    return status;
}
