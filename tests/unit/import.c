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
#include <jpeglib.h>
#include <png.h>

/* largest difference of a JPEG of quality 100 from what went in */
static const int jpeg_tolerance = 4;

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
    png_write_info(png, info);
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
    const struct nax_import_folder options = {at(name), NULL, NULL};
    return nax_import_folder(set, &options, err);
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

    struct nax_err err;
    struct nax_dataset *set;
    write_jpeg("jpeg-cmyk/class/x.jpg", JCS_CMYK, false, cmyk[0][0]);
    assert_int_equal(import(&set, "jpeg-cmyk", &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "/jpeg-cmyk/class/x.jpg'"));
}

/* Cut at every byte: always an error that names the file. Bytes changed: never a crash. */
static void damaged_images_are_refused(void **state)
{
    (void)state;
    static const char *const originals[] = {"png-rgb8-0/class/x.png", "png-p2-1/class/x.png",
                                            "jpeg-rgb/class/x.JPEG", "jpeg-progressive/class/x"};
    static unsigned char bytes[1 << 16];
    struct nax_rng rng = nax_rng_at(4, NAX_RNG_TEST, 6, 0, 0);
    nax_threads_set(1); /* for one image each they only cost time */
    for (int i = 0; i < 4; i++) {
        struct nax_err err;
        struct nax_dataset *set;
        size_t n = read_bytes(originals[i], bytes, sizeof bytes);
        for (size_t length = 0; length < n; length += i < 2 ? 1 : 3) {
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
    const struct nax_import_folder named = {at("order"), "train", "val"};
    assert_int_equal(nax_import_folder(&again, &named, &err), 0);
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
        cmocka_unit_test(damaged_images_are_refused),
        cmocka_unit_test(order_is_by_names),
        cmocka_unit_test(the_first_bad_file_is_named),
        cmocka_unit_test(cifar10_batches_survive_a_round_trip),
    };
    return cmocka_run_group_tests_name("import", tests, make_folder, remove_folder);
}
