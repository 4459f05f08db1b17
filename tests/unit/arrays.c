/* Unit tests of lib/tensor: import of sets that lie in arrays: CIFAR-100, MNIST's files, NumPy's.
 */
#include "nax/rng.h"
#include "nax/tensor.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <minizip/zip.h>
#include <zlib.h>

enum { N = 7, H = 4, W = 5 }; /* of the test images */

static char folder[] = "/tmp/nax-arrays-XXXXXX";
static const struct nax_import as_it_is;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
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
    return chdir("/") || nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_bytes(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void draw(uint64_t seed, uint8_t *bytes, size_t n)
{
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_TEST, 8, 0, 0);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)nax_rng_below(&rng, 256);
}

static void cifar100_takes_the_fine_labels(void **state)
{
    (void)state;
    enum { RECORD = 2 + 3072 };
    static uint8_t train[3 * RECORD], test[2 * RECORD];
    struct nax_err err;
    struct nax_dataset *set;
    draw(1, train, sizeof train);
    draw(2, test, sizeof test);
    const uint8_t fine[] = {99, 0, 57};
    for (size_t i = 0; i < 3; i++)
        train[i * RECORD + 1] = fine[i];
    test[1] = 3;
    test[RECORD + 1] = 4;
    assert_int_equal(mkdir("c", 0700), 0);
    assert_int_equal(mkdir("c/cifar-100-binary", 0700), 0);
    write_bytes("c/cifar-100-binary/train.bin", train, sizeof train);
    write_bytes("c/cifar-100-binary/test.bin", test, sizeof test);
    assert_int_equal(nax_import_cifar100(&set, "c", &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "fine_label_names.txt'"));
    FILE *names = fopen("c/cifar-100-binary/fine_label_names.txt", "w");
    for (int i = 0; i < 100; i++)
        fprintf(names, "class %d\n", i);
    assert_int_equal(fclose(names), 0);
    assert_int_equal(nax_import_cifar100(&set, "c", &err), 0);
    assert_string_equal(set->name, "cifar100");
    assert_string_equal(set->class_names[57], "class 57");
    assert_int_equal(set->train.n, 3);
    assert_int_equal(set->test.n, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(set->train.labels[i], fine[i]);
        for (size_t p = 0; p < 1024; p++)
            for (size_t c = 0; c < 3; c++)
                assert_int_equal(set->train.pixels[(i * 1024 + p) * 3 + c],
                                 train[i * RECORD + 2 + c * 1024 + p]);
    }
    assert_int_equal(set->test.labels[1], 4);
    nax_dataset_free(set);
    test[1] = 100;
    write_bytes("c/cifar-100-binary/test.bin", test, sizeof test);
    assert_int_equal(nax_import_cifar100(&set, "c/cifar-100-binary", &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "label 100 of record 1 is no class: '"));
    write_bytes("c/cifar-100-binary/test.bin", test, sizeof test - 1);
    assert_int_equal(nax_import_cifar100(&set, "c", &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "truncated, or not CIFAR-100"));
}

/* An IDX file of bytes, compressed or not. */
static void write_idx(const char *name, const size_t *dims, size_t n_dims, const uint8_t *bytes,
                      bool is_packed)
{
    gzFile f = gzopen(name, is_packed ? "wb" : "wbT");
    const uint8_t head[] = {0, 0, 8, (uint8_t)n_dims};
    size_t n = 1;
    assert_non_null(f);
    gzwrite(f, head, sizeof head);
    for (size_t i = 0; i < n_dims; n *= dims[i++])
        for (int shift = 24; shift >= 0; shift -= 8)
            gzputc(f, (int)(dims[i] >> shift & 255));
    gzwrite(f, bytes, (unsigned)n);
    assert_int_equal(gzclose(f), Z_OK);
}

static void mnist_is_read_packed_and_not(void **state)
{
    (void)state;
    static uint8_t images[N][H][W], labels[N] = {3, 1, 4, 1, 5, 9, 2}, bytes[4096];
    const size_t dims[] = {N, H, W}, test_dims[] = {2, H, W};
    struct nax_err err;
    struct nax_dataset *set, *again;
    draw(3, images[0][0], sizeof images);
    assert_int_equal(mkdir("digits", 0700), 0);
    assert_int_equal(nax_import_mnist(&set, "digits", &as_it_is, &err), NAX_ERR_IO);
    assert_non_null(strstr(err.text, "'digits/train-images-idx3-ubyte'"));
    write_idx("digits/train-images-idx3-ubyte.gz", dims, 3, images[0][0], true);
    write_idx("digits/train-labels-idx1-ubyte", dims, 1, labels, false);
    write_idx("digits/t10k-images.idx3-ubyte", test_dims, 3, images[3][0], false);
    write_idx("digits/t10k-labels.idx1-ubyte.gz", test_dims, 1, labels + 3, true);
    assert_int_equal(nax_import_mnist(&set, "digits/", &as_it_is, &err), 0);
    assert_string_equal(set->name, "digits");
    assert_int_equal(set->n_classes, 10);
    assert_string_equal(set->class_names[9], "9");
    assert_int_equal(set->train.n, N);
    assert_int_equal(set->train.channels, 1);
    assert_memory_equal(set->train.pixels, images, sizeof images);
    assert_int_equal(set->test.n, 2);
    assert_memory_equal(set->test.pixels, images[3], 2 * H * W);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(set->train.labels[i], labels[i]);

    const struct nax_import colour = {.channels = 3}, large = {.height = 8, .width = 10};
    assert_int_equal(nax_import_mnist(&again, "digits", &colour, &err), 0);
    for (size_t i = 0; i < sizeof images * 3; i++)
        assert_int_equal(again->train.pixels[i], set->train.pixels[i / 3]);
    nax_dataset_free(again);
    assert_int_equal(nax_import_mnist(&again, "digits", &large, &err), 0);
    assert_int_equal(again->test.height, 8);
    assert_int_equal(again->test.width, 10);
    assert_int_equal(again->test.channels, 1);
    nax_dataset_free(again);
    nax_dataset_free(set);

    FILE *f = fopen("digits/train-images-idx3-ubyte.gz", "rb");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t cut = 1; cut < n; cut += 3) {
        write_bytes("digits/train-images-idx3-ubyte.gz", bytes, n - cut);
        assert_true(nax_import_mnist(&set, "digits", &as_it_is, &err) == NAX_ERR_FORMAT);
        assert_non_null(strstr(err.text, "'digits/train-images-idx3-ubyte.gz'"));
    }
    write_bytes("digits/train-images-idx3-ubyte.gz", bytes, n);
    write_idx("digits/train-labels-idx1-ubyte", dims, 2, images[0][0], false);
    assert_int_equal(nax_import_mnist(&set, "digits", &as_it_is, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "labels are not one for each of 7 images: 'digits'"));
}

static void put_file(zipFile zip, const char *name, const void *bytes, size_t n, bool is_packed)
{
    assert_int_equal(zipOpenNewFileInZip(zip, name, NULL, NULL, 0, NULL, 0, NULL,
                                         is_packed ? Z_DEFLATED : 0, Z_DEFAULT_COMPRESSION),
                     ZIP_OK);
    assert_int_equal(zipWriteInFileInZip(zip, bytes, (unsigned)n), ZIP_OK);
    assert_int_equal(zipCloseFileInZip(zip), ZIP_OK);
}

/* An array as NumPy saves it. */
struct saved {
    const char *name, *header; /* name NULL: the end */
    const void *bytes;
    size_t n;
};

static void write_npz(const char *file, const struct saved *arrays, bool is_packed)
{
    zipFile zip = zipOpen(file, APPEND_STATUS_CREATE);
    assert_non_null(zip);
    for (const struct saved *a = arrays; a->name; a++) {
        static uint8_t npy[4096] = "\x93NUMPY\1";
        uint16_t length = (uint16_t)strlen(a->header);
        assert_true(10 + length + a->n <= sizeof npy);
        memcpy(npy + 8, &length, 2);
        memcpy(npy + 10, a->header, length);
        memcpy(npy + 10 + length, a->bytes, a->n);
        put_file(zip, a->name, npy, 10 + length + a->n, is_packed);
    }
    assert_int_equal(zipClose(zip, NULL), ZIP_OK);
}

static void numpys_arrays_are_read(void **state)
{
    (void)state;
    static uint8_t rgb[N][3][H][W], bytes[8192];
    const int64_t wide[N] = {2, 0, 1, 2, 0, 1, 2};
    const uint8_t narrow[] = {1, 0};
    const struct saved planar[] = {
        {"x_train.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (7, 3, 4, 5), }\n", rgb,
         sizeof rgb},
        {"y_train.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (7, 1), }\n", wide,
         sizeof wide},
        {"x_test.npy", "{'shape': (2,3,4,5), 'fortran_order': False, 'descr': '|u1'}", rgb[2],
         sizeof rgb[0] * 2},
        {"y_test.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", narrow, 2},
        {0},
    };
    struct nax_err err;
    struct nax_dataset *set, *again;
    draw(4, rgb[0][0][0], sizeof rgb);
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        write_npz("planar.npz", planar, is_packed);
        assert_int_equal(nax_import_npz(&set, "planar.npz", &as_it_is, &err), 0);
        assert_string_equal(set->name, "planar");
        assert_int_equal(set->n_classes, 3);
        assert_int_equal(set->train.n, N);
        assert_int_equal(set->train.height, H);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(set->train.labels[i], wide[i]);
            for (size_t p = 0; p < H * W; p++)
                for (size_t c = 0; c < 3; c++)
                    assert_int_equal(set->train.pixels[(i * H * W + p) * 3 + c],
                                     rgb[i][c][p / W][p % W]);
        }
        assert_memory_equal(set->test.pixels, set->train.pixels + 2 * H * W * 3, 2 * H * W * 3);
        assert_int_equal(set->test.labels[0], 1);
        nax_dataset_free(set);
    }
    const struct saved last[] = {
        {"images.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (7, 4, 5, 3), }\n", rgb,
         sizeof rgb},
        {"labels.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (7,), }\n", wide,
         sizeof wide},
        {0},
    };
    const struct nax_import part = {.test_fraction = 0.4, .seed = 5};
    const struct nax_import tiny = {.test_fraction = 0.05, .seed = 5};
    write_npz("last.npz", last, true);
    assert_int_equal(nax_import_npz(&set, "last.npz", &as_it_is, &err), 0);
    assert_memory_equal(set->train.pixels, rgb, sizeof rgb);
    assert_int_equal(set->test.n, 0);
    assert_int_equal(nax_import_npz(&again, "last.npz", &part, &err), 0);
    assert_int_equal(again->train.n, 4);
    assert_int_equal(again->test.n, 3);
    for (size_t i = 0, k = 0; i < N; i++, k++) { /* in order, but for what is held back */
        size_t size = H * W * 3, n_held = 0;
        for (size_t t = 0; t < 3; t++)
            n_held += !memcmp(again->test.pixels + t * size, set->train.pixels + i * size, size);
        assert_true(n_held < 2);
        if (n_held)
            k--;
        else
            assert_memory_equal(again->train.pixels + k * size, set->train.pixels + i * size, size);
    }
    nax_dataset_free(again);
    assert_int_equal(nax_import_npz(&again, "last.npz", &tiny, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "--test-fraction 0.05 holds none of 7 images back"));
    assert_int_equal(nax_import_npz(&again, "planar.npz", &part, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "--test-fraction, but there are test images"));

    FILE *f = fopen("last.npz", "rb");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n < sizeof bytes);
    /* without bytes of its last record, 22 long, an archive may still be whole, by its checksums */
    for (size_t cut = 1; cut < n; cut += 5) {
        write_bytes("cut.npz", bytes, n - cut);
        int status = nax_import_npz(&again, "cut.npz", &as_it_is, &err);
        assert_int_equal(status, status || cut >= 22 ? NAX_ERR_FORMAT : 0);
        if (status == 0) {
            assert_true(nax_dataset_hash(again) == nax_dataset_hash(set));
            nax_dataset_free(again);
        }
    }
    nax_dataset_free(set);
    bytes[200] ^= 1; /* of the images, which their checksum tells */
    write_bytes("cut.npz", bytes, n);
    assert_int_equal(nax_import_npz(&set, "cut.npz", &as_it_is, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "cut.npz: "));
}

/* Which side of rows and columns channels are on, and that each comes to its place. */
static void channels_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        size_t height, width, channels;
        bool is_planar;
    } cases[] = {
        {"2, 20, 18, 5", 20, 18, 5, false}, {"2, 5, 20, 18", 20, 18, 5, true},
        {"2, 19, 6, 16", 19, 6, 16, false}, {"2, 16, 6, 17", 6, 17, 16, true},
        {"2, 8, 8, 5", 8, 8, 5, false},     {"2, 5, 8, 8", 8, 8, 5, true},
        {"2, 8, 8, 8", 8, 8, 8, false},     {"2, 6, 8, 5", 6, 8, 5, false},
        {"2, 3, 16, 16", 16, 16, 3, true},  {"2, 5, 5, 3", 5, 5, 3, false},
        {"2, 1, 9, 2", 9, 2, 1, true},      {"2, 3, 7, 1", 3, 7, 1, false},
        {"2, 2, 2, 2", 2, 2, 2, false},
    };
    static uint8_t bytes[4096];
    const uint8_t label[] = {0, 1};
    struct nax_err err;
    draw(9, bytes, sizeof bytes);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const size_t n_pixels = cases[k].height * cases[k].width, channels = cases[k].channels;
        char header[128];
        assert_true(2 * n_pixels * channels <= sizeof bytes);
        snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }",
                 cases[k].shape);
        const struct saved arrays[] = {
            {"x.npy", header, bytes, 2 * n_pixels * channels},
            {"y.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", label, 2},
            {0}};
        struct nax_dataset *set;
        write_npz("channels.npz", arrays, true);
        assert_int_equal(nax_import_npz(&set, "channels.npz", &as_it_is, &err), 0);
        assert_int_equal(set->train.height, cases[k].height);
        assert_int_equal(set->train.width, cases[k].width);
        assert_int_equal(set->train.channels, channels);
        for (size_t i = 0; i < 2 * n_pixels; i++)
            for (size_t c = 0; c < channels; c++) {
                const size_t planar = (i / n_pixels * channels + c) * n_pixels + i % n_pixels;
                assert_int_equal(set->train.pixels[i * channels + c],
                                 bytes[cases[k].is_planar ? planar : i * channels + c]);
            }
        nax_dataset_free(set);
    }
}

static void other_arrays_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[1156];
    static const struct {
        const char *images, *labels, *message;
        size_t n_images, n_labels;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 2), }", "", "astype('uint8')",
         32, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }", "",
         "array longer than it says", 9, 0},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2, 2), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "images are not bytes", 16,
         2},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }", "", "C's order", 8, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2", "", "no shape", 8, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2, 2), }", "", "no shape", 8, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 1, 8), }", "", "no shape", 8,
         0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }", "", "array truncated", 7,
         0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999, 99999999999, "
         "2), "
         "}",
         "", "array truncated", 8, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 17, 2, 17), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "1 to 16 channels", 1156, 2},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 5, 5, 17), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "1 to 16 channels", 850, 2},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 0, 2, 17), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "1 to 16 channels", 0, 2},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2, 2), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }", "0 images of 2 x 2", 0, 0},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }",
         "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", "one for each of 2", 8, 3},
    };
    struct nax_err err;
    struct nax_dataset *set;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct saved arrays[] = {{"x.npy", cases[i].images, zeros, cases[i].n_images},
                                       {"y.npy", cases[i].labels, zeros, cases[i].n_labels},
                                       {0}};
        write_npz("bad.npz", arrays, false);
        assert_int_not_equal(nax_import_npz(&set, "bad.npz", &as_it_is, &err), 0);
        if (!strstr(err.text, cases[i].message) || !strstr(err.text, "bad.npz"))
            fail_msg("case %zu: %s", i, err.text);
    }
    const int16_t negative[] = {0, -1};
    const struct saved labels[] = {
        {"x.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }", zeros, 8},
        {"y.npy", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", negative, 4},
        {0}};
    write_npz("bad.npz", labels, false);
    assert_int_equal(nax_import_npz(&set, "bad.npz", &as_it_is, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "label of image 1 is not from 0"));
    const struct saved alone[] = {labels[0], {0}}, none[] = {labels[1], {0}};
    write_npz("bad.npz", alone, false);
    assert_int_equal(nax_import_npz(&set, "bad.npz", &as_it_is, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "bad.npz: no array: 'y'"));
    write_npz("bad.npz", none, false);
    assert_int_equal(nax_import_npz(&set, "bad.npz", &as_it_is, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "in: 'bad.npz'"));
    assert_int_equal(nax_import_npz(&set, "none.npz", &as_it_is, &err), NAX_ERR_IO);
    assert_int_equal(mkfifo("pipe.npz", 0600), 0);
    assert_int_equal(nax_import_npz(&set, "pipe.npz", &as_it_is, &err), NAX_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cifar100_takes_the_fine_labels),
        cmocka_unit_test(mnist_is_read_packed_and_not),
        cmocka_unit_test(numpys_arrays_are_read),
        cmocka_unit_test(channels_are_found),
        cmocka_unit_test(other_arrays_are_refused),
    };
    return cmocka_run_group_tests_name("arrays", tests, make_folder, remove_folder);
}
