/* Unit tests of lib/tensor: safetensors files, data sets, the synthetic set. */
#include "nax/rng.h"
#include "nax/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/nax-tensor-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    snprintf(other, sizeof other, "%s/b.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder); /* fails when a temporary file was left behind */
}

static void tensors_survive_a_round_trip(void **state)
{
    (void)state;
    struct nax_err err;
    const uint8_t bytes[] = {2, 38, 5};
    const float floats[2][3] = {{2.385f, -0.0f, INFINITY}, {1e-40f, NAN, 3.25f}};
    const double doubles[] = {-7.125};
    const int64_t longs[] = {INT64_MIN, INT64_MAX};
    const int32_t ints[] = {-5};
    const uint16_t bf16[] = {0x3f80, 0x4049};
    const struct nax_tensor in[] = {
        {"bytes", NAX_U8, 1, {3}, bytes},
        {"floats \"quoted\" µ", NAX_F32, 2, {2, 3}, floats},
        {"bf16", NAX_BF16, 1, {2}, bf16},
        {"scalar", NAX_F64, 0, {0}, doubles},
        {"longs", NAX_I64, 3, {1, 2, 1}, longs},
        {"ints", NAX_I32, 1, {1}, ints},
        {"empty", NAX_F32, 2, {0, 7}, NULL},
    };
    const size_t sizes[] = {3, 24, 4, 8, 16, 4, 0};
    enum { n = sizeof in / sizeof in[0] };
    const struct nax_meta meta[] = {{"epoch", "17"}, {"note", "a\nb"}};
    struct nax_tensors *file;
    assert_int_equal(nax_tensors_write(path, in, n, meta, 2, &err), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_int_equal(nax_tensors_n(file), n);
    for (size_t i = 0; i < n; i++) {
        const struct nax_tensor *t = nax_tensors_find(file, in[i].name);
        assert_non_null(t);
        assert_string_equal(t->name, in[i].name);
        assert_int_equal(t->dtype, in[i].dtype);
        assert_int_equal(t->n_dims, in[i].n_dims);
        for (size_t k = 0; k < t->n_dims; k++)
            assert_int_equal(t->dims[k], in[i].dims[k]);
        assert_int_equal((uintptr_t)t->data % nax_dtype_size(t->dtype), 0);
        if (sizes[i])
            assert_memory_equal(t->data, in[i].data, sizes[i]);
    }
    assert_int_equal((uintptr_t)nax_tensors_at(file, 0)->data % 64, 0);
    assert_string_equal(nax_tensors_meta(file, "epoch"), "17");
    assert_string_equal(nax_tensors_meta(file, "note"), "a\nb");
    assert_null(nax_tensors_meta(file, "none"));
    assert_null(nax_tensors_find(file, "none"));
    nax_tensors_close(file);
    nax_tensors_close(NULL);
}

/* A file of this header and n zero bytes of data. */
static void write_raw(const char *header, uint64_t length, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(&length, 8, 1, f);
    fputs(header, f);
    for (size_t i = 0; i < n; i++)
        putc(0, f);
    assert_int_equal(fclose(f), 0);
}

static void hostile_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header, *message; /* what the message must contain */
        size_t n;                     /* bytes of data */
    } cases[] = {
        {"", "not a JSON object", 0},
        {"[1]", "not a JSON object", 0},
        {"{\"a\":", "not a JSON object", 0},
        {"{\"a\":1}", "needs dtype", 0},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "needs dtype", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", "needs dtype", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4.0]}}", "needs dtype", 4},
        {"{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", "needs dtype", 4},
        {"{\"a\":{\"dtype\":\"F23\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         "unknown dtype F23 of tensor: 'a'", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "whole number", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}}", "whole number", 4},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}",
         "more than 8 dimensions in tensor: 'a'", 1},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
         "outside the file of tensor: 'a'", 7},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "outside the file", 4},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],"
         "\"data_offsets\":[0,9223372036854775807]}}",
         "outside the file", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "differ in size", 4},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
         "differ in size", 0},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
         "differ in size", 0},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}",
         "overlapping data of tensor: 'b'", 7},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[5,9]}}",
         "unused bytes before tensor: 'b'", 9},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
         "unused bytes at the end", 5},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
         "not a JSON object", 0},
        {"{\"__metadata__\":{\"a\":1}}", "metadata is not a string: 'a'", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nax_err err = {0};
        struct nax_tensors *file;
        write_raw(cases[i].header, strlen(cases[i].header), cases[i].n);
        assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_FORMAT);
        if (!strstr(err.text, cases[i].message) || !strstr(err.text, path))
            fail_msg("case %zu: %s", i, err.text);
    }
}

/* The format does not ask for aligned data; whoever reads it through the library gets them so. */
static void unaligned_data_is_read(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_tensors *file;
    const char *header = "{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
                         "\"f\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]},"
                         "\"l\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[11,19]}}";
    const float f[] = {2.385f, -0.5f};
    const int64_t l = -77777777777;
    uint64_t length = strlen(header);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fwrite(&length, sizeof length, 1, out);
    fputs(header, out);
    fwrite("abc", 3, 1, out);
    fwrite(f, sizeof f, 1, out);
    fwrite(&l, sizeof l, 1, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_memory_equal(nax_tensors_find(file, "b")->data, "abc", 3);
    const struct nax_tensor *tensors[] = {nax_tensors_find(file, "f"), nax_tensors_find(file, "l")};
    assert_memory_equal(tensors[0]->data, f, sizeof f);
    assert_memory_equal(tensors[1]->data, &l, sizeof l);
    for (int i = 0; i < 2; i++)
        assert_int_equal((uintptr_t)tensors[i]->data % nax_dtype_size(tensors[i]->dtype), 0);
    nax_tensors_close(file);
}

static void broken_files_are_refused(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_tensors *file;
    const uint64_t lengths[] = {UINT64_MAX, INT64_MAX, (uint64_t)1 << 30, 3};
    for (size_t i = 0; i < 4; i++) {
        write_raw("{}", lengths[i], 0);
        assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_FORMAT);
        assert_non_null(strstr(err.text, "truncated"));
    }
    write_raw("{}", 2, 0);
    assert_int_equal(truncate(path, 7), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_FORMAT);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_FORMAT);
    write_raw("", (17u << 20) - 8, 0);
    assert_int_equal(truncate(path, 17 << 20), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "larger than 16 MiB"));
    assert_int_equal(nax_tensors_open(&file, "/nowhere/at/all", &err), NAX_ERR_IO);
    assert_int_equal(nax_tensors_open(&file, folder, &err), NAX_ERR_IO);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), NAX_ERR_IO); /* and does not wait */
    assert_int_equal(unlink(path), 0);
}

static void a_failed_write_keeps_the_old_file(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_tensors *file;
    static const uint8_t big[1 << 16];
    const struct nax_tensor old = {"old", NAX_U8, 1, {3}, "abc"};
    const struct nax_tensor fresh = {"fresh", NAX_U8, 1, {sizeof big}, big};
    const struct nax_tensor twice[] = {old, old};
    const struct nax_tensor huge = {"huge", NAX_F32, 2, {SIZE_MAX / 2, 4}, big};
    const struct nax_tensor latin = {"\xe4", NAX_U8, 1, {3}, "abc"};
    assert_int_equal(nax_tensors_write(path, &old, 1, NULL, 0, &err), 0);

    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = nax_tensors_write(path, &fresh, 1, NULL, 0, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, NAX_ERR_IO);
    assert_non_null(strstr(err.text, "cannot write"));

    assert_int_equal(nax_tensors_write(path, twice, 2, NULL, 0, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_tensors_write(path, &huge, 1, NULL, 0, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_tensors_write(path, &latin, 1, NULL, 0, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_tensors_write("/nowhere/a", &old, 1, NULL, 0, &err), NAX_ERR_IO);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_memory_equal(nax_tensors_find(file, "old")->data, "abc", 3);
    nax_tensors_close(file);
}

/* A bit of the data turned over on the disk; what others write has no checksum. */
static void damaged_content_is_told(void **state)
{
    (void)state;
    const float values[] = {1, 2, 3};
    const struct nax_tensor t = {
        .name = "a", .dtype = NAX_F32, .n_dims = 1, .dims = {3}, .data = values};
    struct nax_tensors *file;
    struct nax_err err;
    assert_int_equal(nax_tensors_write(path, &t, 1, NULL, 0, &err), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_int_equal(nax_tensors_verify(file, path, &err), 0);
    nax_tensors_close(file);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -5, SEEK_END), 0);
    int byte = fgetc(f);
    assert_int_equal(fseek(f, -5, SEEK_END), 0);
    fputc(byte ^ 4, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_int_equal(nax_tensors_verify(file, path, &err), NAX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "damaged"));
    nax_tensors_close(file);
    static const char header[] =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  ";
    write_raw(header, sizeof header - 1, 4);
    assert_int_equal(nax_tensors_open(&file, path, &err), 0);
    assert_int_equal(nax_tensors_verify(file, path, &err), 0);
    nax_tensors_close(file);
}

static void data_sets_survive_a_round_trip(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *made, *read;
    assert_int_equal(nax_synth(&made, 3, 37, 11, &err), 0);
    assert_int_equal(nax_dataset_write(made, path, &err), 0);
    assert_int_equal(nax_dataset_open(&read, path, &err), 0);
    assert_string_equal(read->name, "synth");
    assert_int_equal(read->n_classes, 10);
    assert_string_equal(read->class_names[9], made->class_names[9]);
    assert_int_equal(read->train.n, 37);
    assert_int_equal(read->test.n, 11);
    assert_int_equal(read->train.height, 32);
    assert_int_equal(read->train.channels, 3);
    assert_memory_equal(read->train.pixels, made->train.pixels, 37 * 3072);
    assert_memory_equal(read->test.labels, made->test.labels, 11 * 4);
    assert_true(nax_dataset_hash(read) == nax_dataset_hash(made));
    nax_dataset_free(made);
    nax_dataset_free(read);
    nax_dataset_free(NULL);
}

static void broken_data_sets_are_refused(void **state)
{
    (void)state;
    static const uint8_t pixels[2 * 4 * 5 * 3];
    int32_t labels[] = {0, 1};
    struct nax_tensor t[] = {
        {"train_images", NAX_U8, 4, {2, 4, 5, 3}, pixels},
        {"train_labels", NAX_I32, 1, {2}, labels},
        {"test_images", NAX_U8, 4, {0, 4, 5, 3}, pixels},
        {"test_labels", NAX_I32, 1, {0}, labels},
    };
    struct nax_meta meta = {"classes", "[\"a\",\"b\"]"};
    struct nax_err err;
    struct nax_dataset *set;
    assert_int_equal(nax_tensors_write(path, t, 4, &meta, 1, &err), 0);
    assert_int_equal(nax_dataset_open(&set, path, &err), 0);
    assert_string_equal(set->name, "");
    nax_dataset_free(set);

    const int32_t wrong[] = {2, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        labels[1] = wrong[i];
        assert_int_equal(nax_tensors_write(path, t, 4, &meta, 1, &err), 0);
        assert_int_equal(nax_dataset_open(&set, path, &err), NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, "of image 1 is no class: 'train_labels'"));
    }
    labels[1] = 1;
    const char *classes[] = {"", "{}", "[]", "[1]", "[\"a\""};
    for (int i = 0; i < 5; i++) {
        meta.value = classes[i];
        assert_int_equal(nax_tensors_write(path, t, 4, &meta, 1, &err), 0);
        assert_int_equal(nax_dataset_open(&set, path, &err), NAX_ERR_FORMAT);
    }
    meta.value = "[\"a\",\"b\"]";
    for (int i = 0; i < 4; i++) { /* each tensor missing */
        struct nax_tensor three[3];
        for (int k = 0, at = 0; k < 4; k++)
            if (k != i)
                three[at++] = t[k];
        assert_int_equal(nax_tensors_write(path, three, 3, &meta, 1, &err), 0);
        assert_int_equal(nax_dataset_open(&set, path, &err), NAX_ERR_FORMAT);
        assert_non_null(strstr(err.text, t[i].name));
    }
    t[2].dims[1] = 7; /* another size of test images */
    assert_int_equal(nax_tensors_write(path, t, 4, &meta, 1, &err), 0);
    assert_int_equal(nax_dataset_open(&set, path, &err), NAX_ERR_FORMAT);
    t[2].dims[1] = 4;
    t[0].dims[0] = t[1].dims[0] = 0; /* nothing to train on */
    assert_int_equal(nax_tensors_write(path, t, 4, &meta, 1, &err), 0);
    assert_int_equal(nax_dataset_open(&set, path, &err), NAX_ERR_VALUE);
}

static void moments_match_the_definition(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    assert_int_equal(nax_synth(&set, 5, 23, 0, &err), 0);
    double mean[NAX_MAX_CHANNELS], sd[NAX_MAX_CHANNELS];
    nax_images_moments(&set->train, mean, sd);
    size_t n = 23 * 1024;
    for (int c = 0; c < 3; c++) {
        double m = 0, v = 0;
        for (size_t i = 0; i < n; i++)
            m += set->train.pixels[i * 3 + (size_t)c] / 255.0;
        m /= (double)n;
        for (size_t i = 0; i < n; i++)
            v += pow(set->train.pixels[i * 3 + (size_t)c] / 255.0 - m, 2);
        assert_true(fabs(mean[c] - m) < 1e-12);
        assert_true(fabs(sd[c] - sqrt(v / (double)n)) < 1e-12);
    }
    nax_images_moments(&set->test, mean, sd);
    assert_true(mean[0] == 0 && sd[2] == 0);
    nax_dataset_free(set);
}

/* The same bytes for any number of threads, and for any number of other images. */
static void synth_is_deterministic(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *a, *b, *c;
    nax_threads_set(1);
    assert_int_equal(nax_synth(&a, 7, 101, 20, &err), 0);
    nax_threads_set(3);
    assert_int_equal(nax_synth(&b, 7, 59, 20, &err), 0);
    nax_threads_set(0);
    assert_int_equal(nax_synth(&c, 8, 101, 20, &err), 0);
    assert_memory_equal(a->train.pixels, b->train.pixels, 59 * 3072);
    assert_memory_equal(a->test.pixels, b->test.pixels, 20 * 3072);
    assert_true(memcmp(a->train.pixels, c->train.pixels, 3072));
    assert_true(memcmp(a->train.pixels, a->test.pixels, 3072));
    assert_true(nax_dataset_hash(a) != nax_dataset_hash(c));
    /* golden: the bytes of a seed are promised, on every machine */
    assert_true(nax_dataset_hash(a) == 0x22b85be50d4b205fu);
    nax_dataset_free(a);
    nax_dataset_free(b);
    nax_dataset_free(c);
    assert_int_equal(nax_synth(&a, 7, 0, 20, &err), NAX_ERR_VALUE);
    assert_int_equal(nax_synth(&a, 7, SIZE_MAX / 3072 + 2, 1, &err), NAX_ERR_MEMORY);
}

/* Softmax regression on the pixels by stochastic gradient descent: shapes of random colour, place
 * and angle have no mean image that tells them apart. Returns the accuracy on the test images. */
static double linear_accuracy(const struct nax_dataset *set, int n_epochs, double *train_accuracy)
{
    enum { D = 3072, K = 10 };
    static float w[K][D + 1];
    memset(w, 0, sizeof w);
    struct nax_rng rng = nax_rng_at(1, NAX_RNG_TEST, 0, 0, 0);
    for (int epoch = 0; epoch < n_epochs; epoch++) {
        float rate = 0.002f * (1 - (float)epoch / (float)n_epochs);
        for (size_t step = 0; step < set->train.n; step++) {
            size_t i = nax_rng_below(&rng, set->train.n);
            const uint8_t *x = set->train.pixels + i * D;
            float z[K], max = -INFINITY, sum = 0;
            for (int k = 0; k < K; k++) {
                float s = 0;
#pragma omp simd reduction(+ : s)
                for (int d = 0; d < D; d++)
                    s += w[k][d] * ((float)x[d] - 127.5f);
                z[k] = s / 127.5f + w[k][D];
                max = fmaxf(max, z[k]);
            }
            for (int k = 0; k < K; k++)
                sum += z[k] = expf(z[k] - max);
            for (int k = 0; k < K; k++) {
                float g = rate * (z[k] / sum - (set->train.labels[i] == k));
                for (int d = 0; d < D; d++)
                    w[k][d] -= g / 127.5f * ((float)x[d] - 127.5f);
                w[k][D] -= g;
            }
        }
    }
    double accuracy[2];
    for (int split = 0; split < 2; split++) {
        const struct nax_images *m = split ? &set->test : &set->train;
        size_t n_right = 0;
        for (size_t i = 0; i < m->n; i++) {
            int best = 0;
            float top = -INFINITY;
            for (int k = 0; k < K; k++) {
                float s = 0;
                for (int d = 0; d < D; d++)
                    s += w[k][d] * ((float)m->pixels[i * D + (size_t)d] - 127.5f);
                s = s / 127.5f + w[k][D];
                if (s > top)
                    top = s, best = k;
            }
            n_right += best == m->labels[i];
        }
        accuracy[split] = (double)n_right / (double)m->n;
    }
    *train_accuracy = accuracy[0];
    return accuracy[1];
}

static void a_linear_classifier_fails_on_synth(void **state)
{
    (void)state;
    struct nax_err err;
    struct nax_dataset *set;
    assert_int_equal(nax_synth(&set, 0, 4000, 2000, &err), 0);
    double train, test = linear_accuracy(set, 8, &train);
    print_message("# linear classifier: %.3f of training, %.3f of test images\n", train, test);
    assert_true(train > 0.2); /* it did learn something, if only by heart */
    assert_true(test < 0.35);
    nax_dataset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_survive_a_round_trip),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(unaligned_data_is_read),
        cmocka_unit_test(broken_files_are_refused),
        cmocka_unit_test(a_failed_write_keeps_the_old_file),
        cmocka_unit_test(damaged_content_is_told),
        cmocka_unit_test(data_sets_survive_a_round_trip),
        cmocka_unit_test(broken_data_sets_are_refused),
        cmocka_unit_test(moments_match_the_definition),
        cmocka_unit_test(synth_is_deterministic),
        cmocka_unit_test(a_linear_classifier_fails_on_synth),
    };
    return cmocka_run_group_tests_name("tensor", tests, make_folder, remove_folder);
}
