/* Unit tests of lib/tensor: import of images and of CIFAR-10's binary version. */
#include "nax/rng.h"
#include "nax/tensor.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <gif_lib.h>
#include <jpeglib.h>
#include <math.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>

/* largest difference of a JPEG of quality 100 from what went in */
static const int jpeg_tolerance = 4;
/* of a scaled image from the definition in double: weights are rounded to a 64th of a pixel */
static const double fit_tolerance = 2.5;

enum { H = 5, W = 7 }; /* of the test images */

static char folder[] = "/tmp/nax-import-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A path under the test's folder; valid until the eighth call from here. */
static const char *at(const char *name)
{
    static char paths[8][256];
    static int i;
    char *path = paths[i = (i + 1) % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* The folders on the way to a file are made. */
static FILE *create(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s", at(name));
    for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')); *p++ = '/') {
        *p = 0;
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    return f;
}

static void write_bytes(const char *name, const void *bytes, size_t n)
{
    FILE *f = create(name);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static size_t read_bytes(const char *name, unsigned char *bytes, size_t max)
{
    FILE *f = fopen(at(name), "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, max, f);
    fclose(f);
    assert_true(n < max);
    return n;
}

/* An EXIF block, little-endian, of one entry: the orientation. */
enum { N_EXIF = 32 };
static void make_exif(unsigned turn, uint8_t block[N_EXIF])
{
    static const uint8_t head[] = "Exif\0\0II*\0\010\0\0\0\1\0\022\1\3\0\1\0\0\0";
    memset(block, 0, N_EXIF);
    memcpy(block, head, sizeof head - 1);
    block[24] = (uint8_t)turn;
}

static unsigned exif_of_png; /* the turn that the next PNGs say, or 0 */
static bool is_exif_behind;  /* their pixels */

static void set_png_exif(png_structp png, png_infop info)
{
    uint8_t block[N_EXIF];
    make_exif(exif_of_png, block);
    png_set_eXIf_1(png, info, N_EXIF - 6, block + 6);
}

/* rows: [H], packed as the colour type and depth say. */
static void write_png(const char *name, int type, int depth, bool is_interlaced, png_bytepp rows)
{
    FILE *f = create(name);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, W, H, depth, type, is_interlaced ? PNG_INTERLACE_ADAM7 : 0, 0, 0);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        const png_color palette[] = {{0, 1, 2}, {255, 128, 3}, {9, 8, 7}, {77, 66, 55}};
        png_byte alpha[] = {0, 128, 255};
        png_set_PLTE(png, info, palette, 4);
        png_set_tRNS(png, info, alpha, 3, NULL);
    }
    if (exif_of_png && !is_exif_behind)
        set_png_exif(png, info);
    png_write_info(png, info);
    if (exif_of_png && is_exif_behind)
        set_png_exif(png, info);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    assert_int_equal(fclose(f), 0);
}

/* An RGB image of random pixels. */
static void write_rgb(const char *name, uint64_t seed, uint8_t pixels[H][W][3])
{
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_TEST, 4, 0, 0);
    png_bytep rows[H];
    for (int y = 0; y < H; y++) {
        rows[y] = pixels[y][0];
        for (int x = 0; x < W * 3; x++)
            rows[y][x] = (uint8_t)nax_rng_below(&rng, 256);
    }
    write_png(name, PNG_COLOR_TYPE_RGB, 8, seed % 2, rows);
}

static unsigned exif_of_jpeg;

static void write_jpeg(const char *name, J_COLOR_SPACE space, bool is_progressive, uint8_t *pixels)
{
    FILE *f = create(name);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr handler;
    jpeg.err = jpeg_std_error(&handler);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, f);
    jpeg.image_width = W;
    jpeg.image_height = H;
    jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_RGB ? 3 : 4;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
    if (is_progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (exif_of_jpeg) {
        uint8_t block[N_EXIF];
        make_exif(exif_of_jpeg, block);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, block, N_EXIF);
    }
    for (int y = 0; y < H; y++) {
        JSAMPROW row = pixels + y * W * jpeg.input_components;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_int_equal(fclose(f), 0);
}

static int import(struct nax_dataset **set, const char *name, struct nax_err *err)
{
    return nax_import_folder(set, at(name), &(const struct nax_import){0}, err);
}

/* Imports a folder of one image and compares it with what it should be. */
static void check_image(const char *name, uint8_t want[H][W][3], int tolerance)
{
    struct nax_err err;
    struct nax_dataset *set;
    if (import(&set, name, &err))
        fail_msg("%s", err.text);
    assert_int_equal(set->train.n, 1);
    assert_int_equal(set->train.height, H);
    assert_int_equal(set->train.width, W);
    for (int i = 0; i < H * W * 3; i++)
        if (abs(set->train.pixels[i] - (&want[0][0][0])[i]) > tolerance)
            fail_msg("%s: byte %d is %d, should be %d", name, i, set->train.pixels[i],
                     (&want[0][0][0])[i]);
    nax_dataset_free(set);
}

static void every_kind_of_png_becomes_rgb(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int type, depth, n_samples;
    } kinds[] = {
        {"g1", PNG_COLOR_TYPE_GRAY, 1, 1},           {"g2", PNG_COLOR_TYPE_GRAY, 2, 1},
        {"g4", PNG_COLOR_TYPE_GRAY, 4, 1},           {"g8", PNG_COLOR_TYPE_GRAY, 8, 1},
        {"g16", PNG_COLOR_TYPE_GRAY, 16, 1},         {"ga8", PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2},
        {"ga16", PNG_COLOR_TYPE_GRAY_ALPHA, 16, 2},  {"p2", PNG_COLOR_TYPE_PALETTE, 2, 1},
        {"p8", PNG_COLOR_TYPE_PALETTE, 8, 1},        {"rgb8", PNG_COLOR_TYPE_RGB, 8, 3},
        {"rgb16", PNG_COLOR_TYPE_RGB, 16, 3},        {"rgba8", PNG_COLOR_TYPE_RGB_ALPHA, 8, 4},
        {"rgba16", PNG_COLOR_TYPE_RGB_ALPHA, 16, 4},
    };
    static const uint8_t palette[4][3] = {{0, 1, 2}, {255, 128, 3}, {9, 8, 7}, {77, 66, 55}};
    struct nax_rng rng = nax_rng_at(3, NAX_RNG_TEST, 5, 0, 0);
    for (size_t k = 0; k < 2 * sizeof kinds / sizeof kinds[0]; k++) {
        int type = kinds[k / 2].type, depth = kinds[k / 2].depth, n = kinds[k / 2].n_samples;
        uint8_t packed[H][W * 8] = {{0}}, want[H][W][3];
        png_bytep rows[H];
        char name[64];
        bool is_palette = type == PNG_COLOR_TYPE_PALETTE;
        for (int y = 0; y < H; y++) {
            rows[y] = packed[y];
            for (int x = 0; x < W; x++)
                for (int s = 0; s < n; s++) {
                    unsigned max = is_palette ? 3 : (1u << depth) - 1;
                    unsigned v = (unsigned)nax_rng_below(&rng, max + 1);
                    int i = x * n + s;
                    if (depth == 16) {
                        packed[y][2 * i] = (uint8_t)(v >> 8);
                        packed[y][2 * i + 1] = (uint8_t)v;
                    } else {
                        packed[y][i * depth / 8] |= (uint8_t)(v << (8 - depth - i * depth % 8));
                    }
                    uint8_t byte =
                        (uint8_t)((v * 255 + max / 2) / max); /* rounded, as libpng does */
                    for (int c = 0; c < 3; c++)
                        if (is_palette)
                            want[y][x][c] = palette[v][c];
                        else if (n >= 3 ? s == c : s == 0)
                            want[y][x][c] = byte;
                }
        }
        snprintf(name, sizeof name, "png-%s-%zu/class/x.png", kinds[k / 2].name, k % 2);
        write_png(name, type, depth, k % 2, rows);
        *strchr(name, '/') = 0;
        check_image(name, want, 0);
    }
}

static void jpegs_become_rgb(void **state)
{
    (void)state;
    uint8_t grey[H][W], rgb[H][W][3], want[H][W][3], cmyk[H][W][4];
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            grey[y][x] = (uint8_t)(23 * y + 17 * x);
            for (int c = 0; c < 3; c++) {
                want[y][x][c] = grey[y][x];
                rgb[y][x][c] = (uint8_t)(40 + 20 * y + 11 * x + 13 * c);
            }
        }
    memset(cmyk, 99, sizeof cmyk);
    write_jpeg("jpeg-grey/class/x.jpg", JCS_GRAYSCALE, false, grey[0]);
    check_image("jpeg-grey", want, jpeg_tolerance);
    write_jpeg("jpeg-rgb/class/x.JPEG", JCS_RGB, false, rgb[0][0]);
    check_image("jpeg-rgb", rgb, jpeg_tolerance);
    write_jpeg("jpeg-progressive/class/x", JCS_RGB, true, rgb[0][0]);
    check_image("jpeg-progressive", rgb, jpeg_tolerance);

    /* as Adobe's files: 255 is no ink */
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 4; c++) {
                cmyk[y][x][c] = (uint8_t)(c < 3 ? 255 - 20 * y - 10 * x - 13 * c : 200);
                if (c < 3)
                    want[y][x][c] = (uint8_t)(cmyk[y][x][c] * 200 / 255);
            }
    write_jpeg("jpeg-cmyk/class/x.jpg", JCS_CMYK, false, cmyk[0][0]);
    check_image("jpeg-cmyk", want, jpeg_tolerance);
}

/* Random pixels of few colours, so that a palette holds them. */
static void draw_pixels(uint64_t seed, uint8_t index[H][W], uint8_t rgb[H][W][3])
{
    static const uint8_t palette[4][3] = {{0, 1, 2}, {255, 128, 3}, {9, 8, 7}, {77, 66, 55}};
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_TEST, 7, 0, 0);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            index[y][x] = (uint8_t)nax_rng_below(&rng, 4);
            memcpy(rgb[y][x], palette[index[y][x]], 3);
        }
}

/* index is the frame at row 1, column 2 of a larger screen, another frame follows. */
static void write_gif(const char *name, uint8_t index[H][W], bool is_interlaced)
{
    static const GifColorType palette[4] = {{0, 1, 2}, {255, 128, 3}, {9, 8, 7}, {77, 66, 55}};
    char path[256];
    int error;
    fclose(create(name));
    snprintf(path, sizeof path, "%s", at(name));
    ColorMapObject *map = GifMakeMapObject(4, palette);
    GifFileType *gif = EGifOpenFileName(path, false, &error);
    assert_non_null(gif);
    assert_int_equal(EGifPutScreenDesc(gif, W + 3, H + 1, 2, 3, map), GIF_OK);
    for (int frame = 0; frame < 2; frame++) {
        assert_int_equal(EGifPutImageDesc(gif, 2, 1, W, H, is_interlaced, NULL), GIF_OK);
        static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
        for (int pass = 0; pass < (is_interlaced ? 4 : 1); pass++)
            for (int y = is_interlaced ? first[pass] : 0; y < H;
                 y += is_interlaced ? step[pass] : 1)
                assert_int_equal(EGifPutLine(gif, index[y], W), GIF_OK);
        memset(index, frame, H * W);
    }
    assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
    GifFreeMapObject(map);
}

static void the_first_frame_of_a_gif_is_read(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct nax_err err;
        struct nax_dataset *set;
        uint8_t index[H][W], rgb[H][W][3];
        draw_pixels(11, index, rgb);
        write_gif(k ? "gif-1/class/x" : "gif-0/class/x", index, k);
        assert_int_equal(import(&set, k ? "gif-1" : "gif-0", &err), 0);
        assert_int_equal(set->train.height, H + 1);
        assert_int_equal(set->train.width, W + 3);
        for (int y = 0; y <= H; y++)
            for (int x = 0; x < W + 3; x++) {
                bool is_frame = y >= 1 && x >= 2 && x < W + 2;
                static const uint8_t background[] = {77, 66, 55};
                assert_memory_equal(set->train.pixels + (y * (W + 3) + x) * 3,
                                    is_frame ? rgb[y - 1][x - 2] : background, 3);
            }
        nax_dataset_free(set);
    }
}

static void put_chunk(FILE *f, const char *name, const void *bytes, size_t n)
{
    const uint32_t size = (uint32_t)n;
    fwrite(name, 4, 1, f);
    fwrite(&size, 4, 1, f);
    fwrite(bytes, n, 1, f);
    if (n % 2)
        putc(0, f);
}

/* The extended format: flags, and the canvas. */
static FILE *begin_webp(const char *name, uint8_t flags, uint8_t w, uint8_t h)
{
    const uint8_t extended[10] = {flags, 0, 0, 0, w - 1, 0, 0, h - 1, 0, 0};
    FILE *f = create(name);
    fwrite("RIFF\0\0\0\0WEBP", 12, 1, f);
    put_chunk(f, "VP8X", extended, sizeof extended);
    return f;
}

static void end_webp(FILE *f)
{
    const uint32_t size = (uint32_t)ftell(f) - 8;
    fseek(f, 4, SEEK_SET);
    fwrite(&size, 4, 1, f);
    assert_int_equal(fclose(f), 0);
}

/* Without loss, in a file of its own. */
enum { N_WEBP_HEAD = 20 };
static uint8_t *encode_webp(uint8_t rgb[H][W][3], uint32_t *n_image)
{
    uint8_t *bytes;
    assert_true(WebPEncodeLosslessRGB(rgb[0][0], W, H, 3 * W, &bytes) > N_WEBP_HEAD);
    memcpy(n_image, bytes + 16, 4);
    return bytes;
}

/* With an EXIF block. */
static void write_webp(const char *name, uint8_t rgb[H][W][3], unsigned turn)
{
    enum { EXIF_FLAG = 8 };
    uint32_t n_image;
    uint8_t *bytes = encode_webp(rgb, &n_image), block[N_EXIF];
    make_exif(turn, block);
    FILE *f = begin_webp(name, EXIF_FLAG, W, H);
    put_chunk(f, "VP8L", bytes + N_WEBP_HEAD, n_image);
    put_chunk(f, "EXIF", block, N_EXIF);
    end_webp(f);
    WebPFree(bytes);
}

/* Its first frame at (2, 4) of a canvas that is larger by 5 and 6, on a background. */
static void write_moving_webp(const char *name, uint8_t rgb[H][W][3])
{
    enum { MOVES = 2, N_FRAME = 16 };
    static const uint8_t move[6] = {30, 20, 10, 255}; /* blue, green, red */
    uint8_t frame[1024] = {1, 0, 0, 2, 0, 0, W - 1, 0, 0, H - 1, 0, 0, 100, 0, 0, 0};
    uint32_t n_image;
    uint8_t *bytes = encode_webp(rgb, &n_image);
    const size_t n = 8 + n_image + n_image % 2;
    assert_true(N_FRAME + n <= sizeof frame);
    memcpy(frame + N_FRAME, bytes + N_WEBP_HEAD - 8, n);
    FILE *f = begin_webp(name, MOVES, W + 5, H + 6);
    put_chunk(f, "ANIM", move, sizeof move);
    put_chunk(f, "ANMF", frame, N_FRAME + n);
    end_webp(f);
    WebPFree(bytes);
}

static void a_moving_webp_has_its_background(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    uint8_t index[H][W], rgb[H][W][3];
    static const uint8_t background[3] = {10, 20, 30};
    draw_pixels(13, index, rgb);
    write_moving_webp("webp-moves/class/x.webp", rgb);
    assert_int_equal(import(&set, "webp-moves", &err), 0);
    assert_int_equal(set->train.height, H + 6);
    assert_int_equal(set->train.width, W + 5);
    const uint8_t *pixel = set->train.pixels;
    for (int y = -4; y < H + 2; y++)
        for (int x = -2; x < W + 3; x++, pixel += 3) {
            const bool is_in = y >= 0 && y < H && x >= 0 && x < W;
            assert_memory_equal(pixel, is_in ? rgb[y][x] : background, 3);
        }
    nax_dataset_free(set);
}

static void webp_and_bmp_become_rgb(void **state)
{
    (void)state;
    uint8_t index[H][W], rgb[H][W][3], grey[H][W], want[H][W][3];
    draw_pixels(12, index, rgb);
    write_webp("webp/class/x.webp", rgb, 1);
    check_image("webp", rgb, 0);

    fclose(create("bmp/class/x.bmp"));
    assert_int_equal(tjSaveImage(at("bmp/class/x.bmp"), rgb[0][0], W, 0, H, TJPF_RGB, 0), 0);
    check_image("bmp", rgb, 0);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            memset(want[y][x], grey[y][x] = (uint8_t)(50 * y + x), 3);
    fclose(create("bmp-grey/class/x.bmp"));
    assert_int_equal(tjSaveImage(at("bmp-grey/class/x.bmp"), grey[0], W, 0, H, TJPF_GRAY, 0), 0);
    check_image("bmp-grey", want, 0);

    struct nax_err err;
    struct nax_dataset *set;
    uint8_t header[54] = "BM";
    header[14] = 40;
    header[18] = header[22] = 2;
    header[26] = 1;
    header[28] = 16; /* bits a pixel */
    write_bytes("bmp-16/class/x.bmp", header, sizeof header);
    assert_int_equal(import(&set, "bmp-16", &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "unsupported BMP image"));
    memset(header + 22, 0xff, 4); /* height: -1, from the top */
    write_bytes("bmp-16/class/x.bmp", header, sizeof header);
    assert_int_equal(import(&set, "bmp-16", &err), NAX_ERR_FORMAT);
}

/* Where the stored image's first row and first column are seen, by EXIF's table. */
static const struct {
    char row, column;
} turns[] = {{'t', 'l'}, {'t', 'r'}, {'b', 'r'}, {'b', 'l'},
             {'l', 't'}, {'r', 't'}, {'r', 'b'}, {'l', 'b'}};

static void check_turned(const char *name, uint8_t stored[H][W][3], unsigned turn, int tolerance)
{
    struct nax_err err;
    struct nax_dataset *set;
    if (import(&set, name, &err))
        fail_msg("%s", err.text);
    size_t height = turn < 5 ? H : W, width = turn < 5 ? W : H;
    assert_int_equal(set->train.height, height);
    assert_int_equal(set->train.width, width);
    for (size_t r = 0; r < H; r++)
        for (size_t c = 0; c < W; c++) {
            size_t y = 0, x = 0;
            const size_t steps[] = {r, c};
            const char sides[] = {turns[turn - 1].row, turns[turn - 1].column};
            for (int i = 0; i < 2; i++)
                switch (sides[i]) {
                case 't':
                    y = steps[i];
                    break;
                case 'b':
                    y = height - 1 - steps[i];
                    break;
                case 'l':
                    x = steps[i];
                    break;
                default:
                    x = width - 1 - steps[i];
                }
            const uint8_t *pixel = set->train.pixels + (y * width + x) * 3;
            for (int k = 0; k < 3; k++)
                assert_true(abs(pixel[k] - stored[r][c][k]) <= tolerance);
        }
    nax_dataset_free(set);
}

static void images_are_turned_as_exif_says(void **state)
{
    (void)state;
    uint8_t index[H][W], rgb[H][W][3];
    png_bytep rows[H];
    for (unsigned turn = 1; turn <= 8; turn++) {
        draw_pixels(turn, index, rgb);
        for (int y = 0; y < H; y++)
            rows[y] = rgb[y][0];
        exif_of_png = turn;
        for (int k = 0; k < 2; k++) {
            is_exif_behind = k;
            write_png("exif-png/class/x", PNG_COLOR_TYPE_RGB, 8, false, rows);
            check_turned("exif-png", rgb, turn, 0);
        }
        exif_of_png = 0;
        write_webp("exif-webp/class/x", rgb, turn);
        check_turned("exif-webp", rgb, turn, 0);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 3; c++)
                    rgb[y][x][c] = (uint8_t)(40 + 20 * y + 11 * x + 13 * c);
        exif_of_jpeg = turn;
        write_jpeg("exif-jpeg/class/x", JCS_RGB, false, rgb[0][0]);
        exif_of_jpeg = 0;
        check_turned("exif-jpeg", rgb, turn, jpeg_tolerance);
    }
}

/* One value of the scaled image by the definition: a triangle around the place in the source, as
 * wide as a pixel of the coarser image, beyond the edge the edge's pixels. */
static double fitted(uint8_t source[H][W][3], double step, double y, double x, int c)
{
    double sum = 0, weights = 0, reach = fmax(step, 1);
    for (int r = (int)floor(y - reach); r <= y + reach + 1; r++)
        for (int k = (int)floor(x - reach); k <= x + reach + 1; k++) {
            double wy = 1 - fabs(r + 0.5 - y) / reach, wx = 1 - fabs(k + 0.5 - x) / reach;
            if (wy <= 0 || wx <= 0)
                continue;
            int from_r = r < 0 ? 0 : r >= H ? H - 1 : r, from_k = k < 0 ? 0 : k >= W ? W - 1 : k;
            sum += wy * wx * source[from_r][from_k][c];
            weights += wy * wx;
        }
    return sum / weights;
}

static void images_are_scaled_and_cut_around_the_middle(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{5, 7}, {5, 5}, {3, 3},   {2, 4},
                                      {4, 2}, {1, 1}, {10, 14}, {9, 31}};
    uint8_t rgb[H][W][3];
    write_rgb("fit/class/x", 9, rgb);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct nax_err err;
        struct nax_dataset *set, *grey;
        size_t h = sizes[i][0], w = sizes[i][1];
        struct nax_import how = {.height = h, .width = w};
        assert_int_equal(nax_import_folder(&set, at("fit"), &how, &err), 0);
        how.channels = 1;
        assert_int_equal(nax_import_folder(&grey, at("fit"), &how, &err), 0);
        assert_int_equal(set->train.height, h);
        assert_int_equal(set->train.width, w);
        assert_int_equal(grey->train.channels, 1);
        double step = fmin((double)H / (double)h, (double)W / (double)w);
        bool is_cut_only = step <= 1 && step >= 1;
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++) {
                const uint8_t *pixel = set->train.pixels + (y * w + x) * 3;
                double from_y = (H - step * (double)h) / 2 + step * ((double)y + 0.5);
                double from_x = (W - step * (double)w) / 2 + step * ((double)x + 0.5);
                for (int c = 0; c < 3; c++) {
                    double want = fitted(rgb, step, from_y, from_x, c);
                    if (fabs(pixel[c] - want) > (is_cut_only ? 0.001 : fit_tolerance))
                        fail_msg("%zux%zu, row %zu, column %zu: %d, should be %g", h, w, y, x,
                                 pixel[c], want);
                }
                double light = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
                assert_true(fabs(grey->train.pixels[y * w + x] - light) < 0.51);
            }
        nax_dataset_free(set);
        nax_dataset_free(grey);
    }
}

/* Cut at every byte: always an error that names the file. Bytes changed: never a crash. */
static void damaged_images_are_refused(void **state)
{
    (void)state;
    static const char *const originals[] = {"png-rgb8-0/class/x.png",  "png-p2-1/class/x.png",
                                            "webp/class/x.webp",       "gif-1/class/x",
                                            "bmp/class/x.bmp",         "jpeg-rgb/class/x.JPEG",
                                            "jpeg-progressive/class/x"};
    enum { N_ORIGINALS = sizeof originals / sizeof originals[0] };
    static unsigned char bytes[1 << 16];
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 6, 0, 0);
    nax_threads_set(1); /* for one image each they only cost time */
    for (int i = 0; i < N_ORIGINALS; i++) {
        struct nax_err err;
        struct nax_dataset *set;
        size_t n = read_bytes(originals[i], bytes, sizeof bytes);
        for (size_t length = 0; length < n; length += i < 5 ? 1 : 3) {
            write_bytes("cut/class/x", bytes, length);
            assert_int_equal(import(&set, "cut", &err), NAX_ERR_FORMAT);
            assert_non_null(strstr(err.text, "/cut/class/x'"));
        }
        write_bytes("cut/class/x", bytes, n - 1);
        assert_int_equal(import(&set, "cut", &err), NAX_ERR_FORMAT);
        for (int round = 0; round < 100; round++) {
            size_t place = nax_rng_below(&rng, n);
            unsigned char old = bytes[place];
            bytes[place] = (unsigned char)nax_rng_below(&rng, 256);
            write_bytes("cut/class/x", bytes, n);
            if (import(&set, "cut", &err) == 0)
                nax_dataset_free(set);
            bytes[place] = old;
        }
    }
    nax_threads_set(0);
}

static void order_is_by_names(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set, *again;
    uint8_t pixels[6][H][W][3];
    static const char *const train[] = {"order/train/Z/a.png", "order/train/a/10.png",
                                        "order/train/a/9.png"};
    static const char *const test[] = {"order/val/a/x.png"};
    for (int i = 0; i < 3; i++)
        write_rgb(train[i], (uint64_t)i, pixels[i]);
    write_rgb(test[0], 3, pixels[3]);
    write_bytes("order/train/a/.hidden", "no image", 8);
    write_bytes("order/train/notes.txt", "no folder", 9);
    assert_int_equal(import(&set, "order", &err), 0);
    assert_string_equal(set->name, "order");
    assert_int_equal(set->n_classes, 2);
    assert_string_equal(set->class_names[0], "Z"); /* bytewise: capitals first */
    assert_string_equal(set->class_names[1], "a");
    assert_int_equal(set->train.n, 3);
    assert_memory_equal(set->train.pixels, pixels[0], 3 * H * W * 3);
    assert_memory_equal(set->train.labels, ((const int32_t[]){0, 1, 1}), 12);
    assert_int_equal(set->test.n, 1);
    assert_int_equal(set->test.labels[0], 1);
    assert_memory_equal(set->test.pixels, pixels[3], H * W * 3);

    nax_threads_set(3);
    const struct nax_import named = {.train = "train", .test = "val"};
    assert_int_equal(nax_import_folder(&again, at("order"), &named, &err), 0);
    nax_threads_set(0);
    assert_true(nax_dataset_hash(set) == nax_dataset_hash(again));
    nax_dataset_free(set);
    nax_dataset_free(again);
}

/* Of several bad files the first by name is told, whatever the threads do. */
static void the_first_bad_file_is_named(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    uint8_t pixels[H][W][3];
    char name[64];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "bad/class/%03d.png", i);
        if (i % 100 == 77)
            write_bytes(name, "\x89PNG nonsense", 13);
        else
            write_rgb(name, (uint64_t)i, pixels);
    }
    for (int threads = 1; threads < 5; threads++) {
        nax_threads_set(threads);
        assert_int_equal(import(&set, "bad", &err), NAX_ERR_FORMAT);
        assert_non_null(strstr(err.text, "/bad/class/077.png'"));
    }
    nax_threads_set(0);
}

/* Writes a part of a split as a batch of CIFAR-10's binary version. */
static void write_batch(const char *name, const struct nax_images *m, size_t begin, size_t end)
{
    FILE *f = create(name);
    for (size_t i = begin; i < end; i++) {
        putc(m->labels[i], f);
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < 1024; p++)
                putc(m->pixels[(i * 1024 + p) * 3 + c], f);
    }
    assert_int_equal(fclose(f), 0);
}

static void cifar10_batches_survive_a_round_trip(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set, *read;
    assert_int_equal(nax_synth(&set, 2, 53, 17, &err), 0);
    const size_t ends[] = {0, 1, 11, 30, 31, 53};
    char name[64];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "cifar/cifar-10-batches-bin/data_batch_%d.bin", i + 1);
        write_batch(name, &set->train, ends[i], ends[i + 1]);
    }
    write_batch("cifar/cifar-10-batches-bin/test_batch.bin", &set->test, 0, 17);
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), 0);
    assert_true(nax_dataset_hash(read) == nax_dataset_hash(set));
    assert_memory_equal(read->train.pixels, set->train.pixels, 53 * 3072);
    assert_string_equal(read->name, "cifar10");
    assert_string_equal(read->class_names[3], "cat");
    nax_dataset_free(read);

    const char *meta = "cifar/cifar-10-batches-bin/batches.meta.txt";
    const char *lines = "a\nb\nc\nd e\r\nf\ng\nh\ni\nj\nk\n\n";
    write_bytes(meta, lines, strlen(lines));
    assert_int_equal(nax_import_cifar10(&read, at("cifar/cifar-10-batches-bin"), &err), 0);
    assert_string_equal(read->class_names[3], "d e");
    nax_dataset_free(read);
    write_bytes(meta, "a\nb\n", 4);
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "2 class names"));
    unlink(at(meta));

    const char *batch = "cifar/cifar-10-batches-bin/data_batch_3.bin";
    assert_int_equal(truncate(at(batch), 3 * 3073 - 1), 0);
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "truncated"));
    assert_non_null(strstr(err.text, "data_batch_3.bin'"));
    static unsigned char record[2 * 3073];
    record[3073] = 10;
    write_bytes(batch, record, sizeof record);
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "label 10 of record 2"));
    write_bytes(batch, record, 0);
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), NAX_ERR_FORMAT);
    unlink(at(batch));
    assert_int_equal(nax_import_cifar10(&read, at("cifar"), &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "data_batch_3.bin'"));
    nax_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_png_becomes_rgb),
        cmocka_unit_test(jpegs_become_rgb),
        cmocka_unit_test(the_first_frame_of_a_gif_is_read),
        cmocka_unit_test(a_moving_webp_has_its_background),
        cmocka_unit_test(webp_and_bmp_become_rgb),
        cmocka_unit_test(images_are_turned_as_exif_says),
        cmocka_unit_test(images_are_scaled_and_cut_around_the_middle),
        cmocka_unit_test(damaged_images_are_refused),
        cmocka_unit_test(order_is_by_names),
        cmocka_unit_test(the_first_bad_file_is_named),
        cmocka_unit_test(cifar10_batches_survive_a_round_trip),
    };
    return cmocka_run_group_tests_name("import", tests, make_folder, remove_folder);
}
