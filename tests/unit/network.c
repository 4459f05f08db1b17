/* Unit tests of lib/network: shipped networks, skipping, crossbar sizes, broken files. */
#include "nax/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct nax_network_file *load(const char *name)
{
    struct nax_network_file *file;
    struct nax_err err;
    if (nax_network_file_load(&file, name, &err))
        fail_msg("%s", err.text);
    return file;
}

static struct nax_network *build(const struct nax_network_file *file, const int64_t *kernel)
{
    struct nax_network *net;
    struct nax_err err;
    if (nax_network_build(&net, file, kernel, &err))
        fail_msg("%s", err.text);
    return net;
}

static const struct nax_layer *find(const struct nax_network *net, const char *name)
{
    for (size_t l = 0; l < net->n_layers; l++)
        if (!strcmp(net->layers[l].name, name))
            return &net->layers[l];
    return NULL;
}

static int index_of(const struct nax_network *net, const char *name)
{
    const struct nax_layer *layer = find(net, name);
    assert_non_null(layer);
    return (int)(layer - net->layers);
}

/* Loads a network from this text; the message starts behind the name of the file. */
static int load_text(const char *text, struct nax_network_file **file, char message[512])
{
    const char *dir = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/nax-network-XXXXXX.yaml", dir ? dir : P_tmpdir);
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    size_t size = strlen(text);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
    struct nax_err err = {.status = NAX_OK};
    int status = nax_network_file_load(file, path, &err);
    unlink(path);
    if (status) {
        assert_int_equal(status, err.status);
        if (strncmp(err.text, path, strlen(path)) != 0)
            fail_msg("'%s' does not name the file", err.text);
        snprintf(message, 512, "%s", err.text + strlen(path));
    }
    return status;
}

/* --- what every network must satisfy --- */

static void check_layers(const struct nax_network *net)
{
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        assert_true(layer->input >= NAX_FROM_IMAGE && layer->input < (int)l);
        assert_true(layer->residual >= NAX_FROM_NONE && layer->residual < (int)l);
        assert_true(layer->h_out && layer->w_out && layer->c_out && layer->kernel[0] &&
                    layer->kernel[1]);
        size_t h = net->height, w = net->width, c = net->channels;
        if (layer->input >= 0) {
            h = net->layers[layer->input].h_out;
            w = net->layers[layer->input].w_out;
            c = net->layers[layer->input].c_out;
        }
        if (layer->kind == NAX_LAYER_LINEAR) {
            assert_int_equal(layer->c_in, h * w * c);
            assert_int_equal(layer->h_in * layer->w_in * layer->h_out * layer->w_out, 1);
        } else {
            assert_int_equal(layer->h_in, h);
            assert_int_equal(layer->w_in, w);
            assert_int_equal(layer->c_in, c);
        }
        if (layer->kind == NAX_LAYER_CONV) {
            assert_int_equal(layer->h_out, (h + layer->stride[0] - 1) / layer->stride[0]);
            assert_true(nax_layer_is_same(layer));
        }
        if (layer->residual != NAX_FROM_NONE) {
            bool is_image = layer->residual == NAX_FROM_IMAGE;
            const struct nax_layer *from = is_image ? NULL : &net->layers[layer->residual];
            size_t h_res = is_image ? net->height : from->h_out;
            assert_int_equal(h_res % layer->h_out, 0);
            assert_true((is_image ? net->channels : from->c_out) <= layer->c_out);
        }
        for (size_t i = 0; i < l; i++)
            assert_string_not_equal(layer->name, net->layers[i].name);
    }
    const struct nax_layer *last = &net->layers[net->n_layers - 1];
    assert_int_equal(last->role, NAX_ROLE_CLASSIFIER);
    assert_int_equal(last->c_out, net->n_classes);
    assert_false(last->has_relu);
}

static void shipped_networks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n_layers, n_slots, n_classes, n_skip;
        uint64_t macs; /* sums of h·w·k²·c_in·c_out by hand */
    } expected[] = {
        /* 1024·27·16 + 6·1024·144·16 + (256·144 + 5·256·288)·32 + (64·288 + 5·64·576)·64 + 640 */
        {"resnet20", 21, 18, 10, 16, 40551040},
        {"resnet32", 33, 30, 10, 28, 68862592},
        /* 4096·27·64 + 4·4096·576·64, and for c = 128, 256, 512, s = 1024, 256, 64:
         * s·(c/2·c (9 + 1) + 3·9·c²); 512·200 */
        {"resnet18-tiny", 22, 16, 200, 13, 2221772800},
        /* the same with s = 1024 in the stem and for c = 64, a quarter of it for each next c */
        {"resnet18-tiny-s2", 22, 16, 200, 13, 555520000},
        {"vgg8", 11, 5, 10, 3, 615917568},
        /* 1024·75·6 + 256·150·16 + 1024·120 + 120·84 + 840 */
        {"lenet", 7, 2, 10, 0, 1209000},
        /* 784·25·6 + 196·150·16 + 784·120 + 120·84 + 840 */
        {"lenet-mnist", 7, 2, 10, 0, 693000},
        {"mlp-mnist", 3, 3, 10, 0, 784 * 300 + 300 * 100 + 1000},
        /* torchvision 0.20, table of weights: 7.61 and 15.47 G */
        {"vgg11", 16, 7, 1000, 4, 7609090048},
        {"vgg16", 21, 12, 1000, 9, 15470264320}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct nax_network_file *file = load(expected[i].name);
        struct nax_network *net = build(file, NULL);
        check_layers(net);
        uint64_t macs = 0;
        size_t n_skip = 0;
        for (size_t l = 0; l < net->n_layers; l++)
            macs += nax_layer_macs(&net->layers[l]);
        for (size_t s = 0; s < net->n_slots; s++)
            n_skip += nax_network_file_can_skip(file, s);
        assert_string_equal(nax_network_file_name(file), expected[i].name);
        assert_int_equal(net->n_layers, expected[i].n_layers);
        assert_int_equal(net->n_slots, expected[i].n_slots);
        assert_int_equal(nax_network_file_n_slots(file), expected[i].n_slots);
        assert_int_equal(net->n_classes, expected[i].n_classes);
        assert_int_equal(n_skip, expected[i].n_skip);
        assert_true(macs == expected[i].macs);
        nax_network_free(net);
        nax_network_file_free(file);
    }
    for (size_t i = 0; nax_config_builtin("networks", i); i++)
        nax_network_file_free(load(nax_config_builtin("networks", i)));
}

/* Peng et al. count 900 vectors where padding makes 1024; padded is what the hardware does. */
static void vgg8_input_vectors(void **state)
{
    (void)state;
    static const size_t expected[] = {1024, 1024, 256, 256, 64, 64, 1, 1};
    struct nax_network_file *file = load("vgg8");
    struct nax_network *net = build(file, NULL);
    size_t n = 0;
    for (size_t l = 0; l < net->n_layers; l++)
        if (net->layers[l].role != NAX_ROLE_POOL)
            assert_int_equal(net->layers[l].h_out * net->layers[l].w_out, expected[n++]);
    assert_int_equal(n, 8);
    nax_network_free(net);
    nax_network_file_free(file);
}

static void any_kernels_keep_shapes(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    struct nax_network *own = build(file, NULL);
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    for (size_t s = 0; s < own->n_slots; s++)
        kernel[s] = (int64_t)(2 * (s % 5) + 1);
    struct nax_network *net = build(file, kernel);
    check_layers(net);
    assert_int_equal(net->n_layers, own->n_layers);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        assert_int_equal(layer->h_out, own->layers[l].h_out);
        assert_string_equal(layer->name, own->layers[l].name);
        if (layer->slot >= 0) {
            assert_int_equal(layer->kernel[0], kernel[layer->slot]);
            assert_string_equal(layer->name, nax_network_file_slot_name(file, (size_t)layer->slot));
        }
    }
    nax_network_free(own);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* --- skipping --- */

enum { S1B2C1 = 2, S1B2C2 = 3, S2B1C1 = 6, S2B1C2 = 7 }; /* slots of resnet20 */

static struct nax_network *build_without(const struct nax_network_file *file, int a, int b)
{
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    for (size_t s = 0; s < nax_network_file_n_slots(file); s++)
        kernel[s] = (int)s == a || (int)s == b ? 0 : nax_network_file_kernel(file, s);
    struct nax_network *net = build(file, kernel);
    check_layers(net);
    assert_int_equal(net->n_slots, nax_network_file_n_slots(file));
    return net;
}

static void skipped_first_convolution(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    struct nax_network *net = build_without(file, S1B2C1, -1);
    assert_null(find(net, "s1b2c1"));
    const struct nax_layer *c2 = find(net, "s1b2c2");
    assert_int_equal(c2->input, index_of(net, "s1b1c2"));
    assert_int_equal(c2->residual, index_of(net, "s1b1c2"));
    assert_true(c2->has_relu);
    assert_int_equal(c2->slot, S1B2C2);
    nax_network_free(net);
    nax_network_file_free(file);
}

static void skipped_second_convolution(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    struct nax_network *net = build_without(file, S1B2C2, S2B1C2);
    assert_null(find(net, "s1b2c2"));
    const struct nax_layer *c1 = find(net, "s1b2c1");
    assert_int_equal(c1->residual, index_of(net, "s1b1c2"));
    assert_true(c1->has_relu);
    assert_int_equal(find(net, "s1b3c1")->input, index_of(net, "s1b2c1"));
    /* the shape changes here: shortcut of 32×32×16 onto 16×16×32 */
    c1 = find(net, "s2b1c1");
    assert_int_equal(c1->residual, index_of(net, "s1b3c2"));
    assert_int_equal(c1->stride[0], 2);
    nax_network_free(net);
    nax_network_file_free(file);
}

static void skipped_block(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    struct nax_network *net = build_without(file, S1B2C1, S1B2C2);
    assert_int_equal(net->n_layers, 19);
    const struct nax_layer *next = find(net, "s1b3c1");
    assert_int_equal(next->input, index_of(net, "s1b1c2"));
    assert_int_equal(find(net, "s1b3c2")->residual, index_of(net, "s1b1c2"));
    nax_network_free(net);
    nax_network_file_free(file);
}

static void skipped_everything(void **state)
{
    (void)state;
    static const char *const names[] = {"resnet20", "resnet18-tiny", "vgg8"};
    for (size_t i = 0; i < 3; i++) {
        struct nax_network_file *file = load(names[i]);
        int64_t kernel[NAX_NETWORK_SLOTS_MAX];
        for (size_t s = 0; s < nax_network_file_n_slots(file); s++)
            kernel[s] = nax_network_file_can_skip(file, s) ? 0 : 5;
        struct nax_network *net = build(file, kernel);
        check_layers(net);
        nax_network_free(net);
        nax_network_file_free(file);
    }
}

static void conv_shortcut_with_second_skipped(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet18-tiny");
    struct nax_network *net = build_without(file, 5, -1); /* s2b1c2 */
    const struct nax_layer *c1 = find(net, "s2b1c1");
    assert_int_equal(c1->residual, index_of(net, "s2b1sc"));
    assert_int_equal(c1->input, index_of(net, "s1b2c2"));
    assert_int_equal(find(net, "s2b1sc")->input, index_of(net, "s1b2c2"));
    assert_false(find(net, "s2b1sc")->has_relu);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* --- widths --- */

static struct nax_network_file *widen(const struct nax_network_file *file, const int64_t *width)
{
    struct nax_network_file *wide;
    struct nax_err err;
    if (nax_network_file_widen(&wide, file, width, &err))
        fail_msg("%s", err.text);
    return wide;
}

/* The same layers, but for the channels of some. */
static void assert_same_layers(const struct nax_network *a, const struct nax_network *b)
{
    assert_int_equal(a->n_layers, b->n_layers);
    for (size_t l = 0; l < a->n_layers; l++) {
        struct nax_layer x = a->layers[l], y = b->layers[l];
        assert_string_equal(x.name, y.name);
        assert_int_equal(x.input, y.input);
        assert_int_equal(x.residual, y.residual);
        assert_int_equal(x.h_out, y.h_out);
        assert_memory_equal(x.kernel, y.kernel, sizeof x.kernel);
    }
}

static void widths_of_stages(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    static const int64_t width[] = {24, 64, 65};
    assert_int_equal(nax_network_file_n_stages(file), 3);
    assert_int_equal(nax_network_file_width(file, 1), 32);
    assert_string_equal(nax_network_file_stage_name(file, 2), "s3");
    struct nax_network_file *wide = widen(file, width);
    struct nax_network *net = build(wide, NULL), *own = build(file, NULL);
    check_layers(net);
    assert_same_layers(net, own);
    assert_int_equal(find(net, "stem")->c_out, 24); /* as wide as its stage */
    assert_int_equal(find(net, "s1b1c1")->c_in, 24);
    assert_int_equal(find(net, "s1b3c2")->c_out, 24);
    assert_int_equal(find(net, "s2b1c1")->c_in, 24);
    assert_int_equal(find(net, "s2b1c2")->c_in, 64);
    assert_int_equal(find(net, "s3b3c2")->c_out, 65);
    assert_int_equal(find(net, "fc")->c_in, 65);
    assert_int_equal(find(net, "fc")->c_out, 10);
    assert_int_equal(find(own, "stem")->c_out, 16); /* the file is as it was */
    for (size_t s = 0; s < 18; s++)
        assert_int_equal(nax_network_file_can_skip(wide, s), nax_network_file_can_skip(file, s));
    nax_network_free(net);
    net = build_without(wide, 1, 3); /* one convolution in a block */
    check_layers(net);
    nax_network_free(net);
    nax_network_free(own);
    nax_network_file_free(wide);
    nax_network_file_free(file);
}

static void widths_with_convolutions_for_shortcuts(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet18-tiny");
    static const int64_t width[] = {48, 40, 72, 64}; /* such shortcuts may lose channels */
    struct nax_network_file *wide = widen(file, width);
    struct nax_network *net = build(wide, NULL);
    check_layers(net);
    assert_int_equal(find(net, "stem")->c_out, 48);
    assert_int_equal(find(net, "s2b1sc")->c_in, 48);
    assert_int_equal(find(net, "s2b1sc")->c_out, 40);
    assert_int_equal(find(net, "s4b1sc")->c_out, 64);
    nax_network_free(net);
    nax_network_file_free(wide);
    nax_network_file_free(file);
}

/* A chain, where convolutions are stages of their own; what cannot be skipped follows from widths.
 */
static void widths_of_single_convolutions(void **state)
{
    (void)state;
    static const char text[] =
        "name: chain\ninput: {height: 9, width: 7, channels: 2}\nclasses: 3\n"
        "layers:\n  - conv: {out: 6, kernel: 3, role: stem}\n"
        "  - conv: {out: 5, kernel: 3}\n  - conv: {out: 4, kernel: 1, search: false}\n"
        "  - pool: {kind: max, kernel: 2}\n"
        "  - conv: {out: 4, kernel: 3}\n  - conv: {out: 4, kernel: 3}\n"
        "  - linear: {role: classifier}\n";
    static const int64_t width[] = {7, 9, 8};
    struct nax_network_file *file;
    char message[512];
    assert_int_equal(load_text(text, &file, message), 0);
    assert_int_equal(nax_network_file_n_stages(file), 3);
    assert_string_equal(nax_network_file_stage_name(file, 0), "conv1");
    assert_true(nax_network_file_can_skip(file, 2));
    struct nax_network_file *wide = widen(file, width);
    assert_false(nax_network_file_can_skip(wide, 2));
    struct nax_network *net = build(wide, NULL);
    check_layers(net);
    assert_int_equal(find(net, "stem")->c_out, 6); /* another number than its stage's in the file */
    assert_int_equal(find(net, "conv1")->c_out, 7);
    assert_int_equal(find(net, "conv2")->c_out, 9); /* not searched: as the stage after it */
    assert_int_equal(find(net, "conv3")->c_out, 9);
    assert_int_equal(find(net, "conv4")->c_out, 8);
    nax_network_free(net);
    nax_network_file_free(wide);
    nax_network_file_free(file);
}

static void refused_widths(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    static const struct {
        int64_t width[3];
        const char *message;
    } bad[] = {
        {{16, 0, 64}, "width 0 of stage 's2' is not between 1 and 65536"},
        {{16, 32, INT64_MIN},
         "width -9223372036854775808 of stage 's3' is not between 1 and 65536"},
        {{65537, 32, 64}, "width 65537 of stage 's1' is not between 1 and 65536"},
        {{33, 32, 64}, "a padded shortcut cannot lose channels: 's2b1' of network 'resnet20'"},
        {{16, 65, 64}, "a padded shortcut cannot lose channels: 's3b1' of network 'resnet20'"},
        {{16, 32, 65536}, "more than 2^30 weights: 's3b1c2' of network 'resnet20'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct nax_network_file *wide;
        struct nax_err err;
        assert_int_equal(nax_network_file_widen(&wide, file, bad[i].width, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, bad[i].message);
    }
    nax_network_file_free(file);
}

static void refused_kernels(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet20");
    static const struct {
        int slot;
        int64_t kernel;
    } bad[] = {{S2B1C1, 0}, {0, 4}, {17, -3}, {5, 33}, {5, INT64_MIN}, {5, INT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t kernel[NAX_NETWORK_SLOTS_MAX];
        struct nax_network *net;
        struct nax_err err;
        for (size_t s = 0; s < 18; s++)
            kernel[s] = (int)s == bad[i].slot ? bad[i].kernel : 3;
        assert_int_equal(nax_network_build(&net, file, kernel, &err), NAX_ERR_VALUE);
        assert_non_null(strstr(err.text, "'resnet20'"));
        assert_non_null(strstr(err.text, nax_network_file_slot_name(file, (size_t)bad[i].slot)));
    }
    nax_network_file_free(file);
}

/* --- crossbars --- */

static void crossbars_of_unsearched_layers(void **state)
{
    (void)state;
    struct nax_network_file *file = load("resnet18-tiny");
    struct nax_network *net = build_without(file, 0, 15); /* first and last convolution absent */
    int64_t crossbar[16], out[NAX_NETWORK_LAYERS_MAX];
    struct nax_err err;
    for (int s = 0; s < 16; s++)
        crossbar[s] = s == 0 || s == 15 ? 0 : 100 + s;
    assert_int_equal(nax_network_crossbars(net, crossbar, 0, out, &err), 0);
    assert_int_equal(out[index_of(net, "stem")], 101);
    assert_int_equal(out[index_of(net, "s1b1c2")], 101);
    assert_int_equal(out[index_of(net, "s3b1sc")], 108); /* conv1 of its block, not 107 before it */
    assert_int_equal(out[index_of(net, "pool")], 0);
    assert_int_equal(out[index_of(net, "fc")], 114);
    assert_int_equal(nax_network_crossbars(net, crossbar, 64, out, &err), 0);
    assert_int_equal(out[index_of(net, "stem")], 64);
    assert_int_equal(out[index_of(net, "s3b1sc")], 64);
    assert_int_equal(out[index_of(net, "s3b1c1")], 108);
    assert_int_equal(out[index_of(net, "fc")], 64);
    crossbar[3] = -16;
    assert_int_equal(nax_network_crossbars(net, crossbar, 64, out, &err), NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "'s1b2c2'"));
    nax_network_free(net);
    nax_network_file_free(file);
}

static void nothing_to_follow(void **state)
{
    (void)state;
    struct nax_network_file *file;
    char message[512];
    int64_t out[4];
    struct nax_err err;
    assert_int_equal(
        load_text("name: flat\ninput: {height: 3, width: 5, channels: 7}\nclasses: 11\n"
                  "layers: [linear: {role: classifier}]\n",
                  &file, message),
        0);
    struct nax_network *net = build(file, NULL);
    check_layers(net);
    assert_int_equal(net->layers[0].c_in, 105);
    assert_int_equal(nax_network_crossbars(net, NULL, 16, out, &err), 0);
    assert_int_equal(out[0], 16);
    assert_int_equal(nax_network_crossbars(net, NULL, 0, out, &err), NAX_ERR_VALUE);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* Layers that keep their kernel: their crossbar alone is theirs, and they are always there. */
static void linear_layers_may_be_searched(void **state)
{
    (void)state;
    struct nax_network_file *file = load("mlp-mnist");
    struct nax_network *net = build(file, NULL);
    int64_t out[3];
    struct nax_err err;
    check_layers(net);
    assert_int_equal(net->n_slots, 3);
    for (size_t s = 0; s < 3; s++) {
        assert_int_equal(net->layers[s].slot, s);
        assert_int_equal(nax_network_file_kernel(file, s), 1);
        assert_true(nax_network_file_is_kernel_own(file, s));
        assert_false(nax_network_file_can_skip(file, s));
        assert_string_equal(nax_network_file_slot_name(file, s), net->layers[s].name);
    }
    assert_int_equal(nax_network_file_n_stages(file), 0);
    assert_int_equal(nax_network_crossbars(net, (const int64_t[]){32, 128, 64}, 16, out, &err), 0);
    assert_int_equal(out[0], 32);
    assert_int_equal(out[1], 128);
    assert_int_equal(out[2], 64);
    nax_network_free(net);
    assert_int_equal(nax_network_build(&net, file, (const int64_t[]){1, 3, 1}, &err),
                     NAX_ERR_VALUE);
    assert_string_equal(err.text, "kernel is not 1, its own: 'fc2' of network 'mlp-mnist'");
    assert_int_equal(nax_network_build(&net, file, (const int64_t[]){1, 1, 0}, &err),
                     NAX_ERR_VALUE);
    assert_non_null(strstr(err.text, "'fc3'"));
    nax_network_file_free(file);
}

/* --- the language --- */

#define HEAD      "name: net\ninput: {height: 9, width: 6, channels: 3}\nclasses: 5\nlayers:\n"
#define LAST      "  - linear: {role: classifier}\n"
#define ENTRIES   "conv, stage, pool, linear, add, concat, batch_norm, activation"
#define CONV(opt) HEAD "  - conv: {" opt "}\n" LAST

/* The key is the entry behind: all but the name is the same; without it, layers are what they were.
 */
static void linear_layers_may_have_batch_norm(void **state)
{
    (void)state;
    static const char by_key[] = HEAD
        "  - linear: {name: a, out: 7, batch_norm: true, search: true}\n"
        "  - linear: {name: b, out: 4, batch_norm: true, epsilon: 0.25, activation: leaky-relu}\n"
        "  - linear: {name: c, out: 6, batch_norm: true, relu: false, from: a}\n"
        "  - concat: {from: [b, c]}\n" LAST;
    static const char by_entry[] =
        HEAD "  - linear: {name: a, out: 7, bias: false, relu: false, search: true}\n"
             "  - batch_norm: {name: abn, relu: true}\n"
             "  - linear: {name: b, out: 4, bias: false, relu: false}\n"
             "  - batch_norm: {name: bbn, epsilon: 0.25, activation: leaky-relu}\n"
             "  - linear: {name: c, out: 6, bias: false, relu: false, from: abn}\n"
             "  - batch_norm: {name: cbn}\n"
             "  - concat: {from: [bbn, cbn]}\n" LAST;
    static const char *const names[] = {"a", "a.bn", "b",      "b.bn", "b.act",
                                        "c", "c.bn", "concat", "fc4"};
    struct nax_network_file *files[2];
    struct nax_network *nets[2];
    char message[512];
    for (int i = 0; i < 2; i++) {
        if (load_text(i ? by_entry : by_key, &files[i], message))
            fail_msg("%s", message);
        nets[i] = build(files[i], NULL);
        check_layers(nets[i]);
        assert_int_equal(nets[i]->n_layers, sizeof names / sizeof *names);
    }
    for (size_t l = 0; l < nets[0]->n_layers; l++) {
        const struct nax_layer *key = &nets[0]->layers[l], *entry = &nets[1]->layers[l];
        assert_string_equal(key->name, names[l]);
        assert_int_equal(key->kind, entry->kind);
        assert_int_equal(key->role, entry->role);
        assert_int_equal(key->slot, entry->slot);
        assert_int_equal(key->input, entry->input);
        assert_int_equal(key->residual, entry->residual);
        assert_int_equal(key->has_relu, entry->has_relu);
        assert_int_equal(key->activation, entry->activation);
        assert_int_equal(key->has_bias, entry->has_bias);
        assert_int_equal(key->has_batch_norm, entry->has_batch_norm);
        assert_true(key->epsilon == entry->epsilon);
        assert_int_equal(key->is_input_signed, entry->is_input_signed);
        assert_int_equal(key->is_output_signed, entry->is_output_signed);
        assert_int_equal(key->c_out, entry->c_out);
    }
    assert_true(nets[0]->layers[1].has_batch_norm && nets[0]->layers[1].has_relu);
    assert_true(nets[0]->layers[3].epsilon == 0.25);
    for (int i = 0; i < 2; i++) {
        nax_network_free(nets[i]);
        nax_network_file_free(files[i]);
    }
}

/* Each of what a convolution may say, by hand; numbers are lists of one. */
static void geometry_of_either_axis(void **state)
{
    (void)state;
    const char *text = HEAD /* 9 × 6 × 3 */
        "  - conv: {kernel: 3, groups: 3, stride: [2, 1]} # as many as it reads: depthwise\n"
        "  - conv: {out: 8, kernel: [1, 4], pad: [0, 1, 2, 3], batch_norm: false, bias: true}\n"
        "  - conv:\n      out: 6\n      kernel: [3]\n      dilation: [2, 1]\n      pad: 2\n"
        "      groups: 2\n      epsilon: 0.001\n"
        "  - pool: {kind: max, kernel: [3, 2], stride: [2, 4]}\n"
        "  - pool: {kind: mean}\n" LAST;
    struct nax_network_file *file;
    char message[512];
    assert_int_equal(load_text(text, &file, message), 0);
    struct nax_network *net = build(file, NULL);
    const struct nax_layer *depthwise = &net->layers[0], *row = &net->layers[1],
                           *dilated = &net->layers[2], *max = &net->layers[3],
                           *mean = &net->layers[4];
    assert_int_equal(depthwise->groups, 3);
    assert_int_equal(depthwise->c_out, 3);
    assert_int_equal(depthwise->h_out, 5);
    assert_int_equal(depthwise->w_out, 6);
    assert_true(depthwise->has_batch_norm);
    assert_int_equal(nax_layer_macs(depthwise), 5 * 6 * 9 * 3);
    assert_int_equal(row->h_out, 5 + 2);
    assert_int_equal(row->w_out, 6 + 1 + 3 - 3);
    assert_false(row->has_batch_norm);
    assert_true(row->has_bias);
    assert_int_equal(nax_layer_macs(row), 7 * 7 * 4 * 3 * 8);
    assert_int_equal(dilated->h_out, 7 + 4 - 4);
    assert_int_equal(dilated->w_out, 7 + 4 - 2);
    assert_true(dilated->epsilon == 0.001);
    assert_int_equal(nax_layer_macs(dilated), 7 * 9 * 9 * 4 * 6);
    assert_int_equal(max->h_out, 3);
    assert_int_equal(max->w_out, 2);
    assert_int_equal(mean->kernel[0], 3);
    assert_int_equal(mean->kernel[1], 2);
    for (size_t s = 0; s < 3; s++) /* kernels that are not square, odd and padded by half stay */
        assert_int_equal(nax_network_file_is_kernel_own(file, s), s > 0);
    nax_network_free(net);
    const int64_t kernel[3] = {5, 1, 3};
    net = build(file, kernel);
    assert_int_equal(net->layers[0].kernel[1], 5);
    assert_int_equal(net->layers[0].pad[3], 2);
    nax_network_free(net);
    nax_network_file_free(file);
}

static void options_of_layers(void **state)
{
    (void)state;
    struct nax_network_file *file;
    char message[512];
    const char *text = HEAD "  - conv: {out: 4, kernel: 1, stride: 2, relu: false, role: stem}\n"
                            "  - conv: {out: 4, kernel: 3, search: false}\n"
                            "  - stage: {blocks: 1, out: 4, kernel: 3}\n"
                            "  - pool: {kind: max, kernel: 2, stride: 1}\n"
                            "  - conv: {out: 8, kernel: 3, stride: 3, role: body, search: true}\n"
                            "  - pool: {kind: mean}\n"
                            "  - linear: {out: 6, relu: false, role: body}\n"
                            "  - linear: {out: 5, relu: false, role: classifier}\n";
    if (load_text(text, &file, message))
        fail_msg("%s", message);
    struct nax_network *net = build(file, NULL);
    check_layers(net);
    assert_int_equal(net->n_layers, 9);
    assert_int_equal(net->n_slots, 3);
    assert_int_equal(net->layers[0].role, NAX_ROLE_STEM);
    assert_false(net->layers[0].has_relu);
    assert_int_equal(net->layers[0].h_out, 5); /* ceil(9 / 2) */
    assert_int_equal(net->layers[0].w_out, 3);
    assert_string_equal(net->layers[1].name, "conv1");
    assert_int_equal(net->layers[1].slot, -1);
    assert_int_equal(net->layers[4].h_out, 4); /* pooled: (5 - 2) + 1 */
    assert_int_equal(net->layers[4].w_out, 2);
    assert_string_equal(net->layers[5].name, "conv2");
    assert_int_equal(net->layers[5].slot, 2);
    assert_int_equal(net->layers[5].h_out, 2);
    assert_true(net->layers[6].is_global);
    assert_int_equal(net->layers[6].h_out * net->layers[6].w_out, 1);
    assert_false(net->layers[7].has_relu);
    /* the image, a stem without a ReLU, then none but the linear layer's */
    static const bool is_signed[] = {true, true, false, false, false, false, false, false, true};
    for (size_t l = 0; l < net->n_layers; l++)
        assert_int_equal(net->layers[l].is_input_signed, is_signed[l]);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* By hand, (in + padding - kernel) / stride + 1 down or up, but no window that begins behind the
 * image. */
static void pools_at_margins(void **state)
{
    (void)state;
    static const struct {
        const char *pool;
        size_t h, w; /* of 9 × 6 */
    } expected[] = {{"kernel: 3, stride: 2, pad: 1", 5, 3},
                    {"kernel: 3, stride: 2, pad: 1, ceil: true", 5, 4},
                    {"kernel: 2, ceil: true", 5, 3},
                    {"kernel: 2, stride: 5, ceil: true", 2, 2},
                    {"kernel: 2, stride: 8, ceil: true", 2, 1},
                    {"kernel: [4, 1], stride: [3, 1], pad: [1, 0, 2, 0]", 3, 6},
                    {"kernel: [1, 3], stride: [1, 2], pad: [0, 2, 0, 1]", 9, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct nax_network_file *file;
        char message[512], text[512];
        snprintf(text, sizeof text, HEAD "  - pool: {kind: max, %s}\n" LAST, expected[i].pool);
        if (load_text(text, &file, message))
            fail_msg("%s", message);
        struct nax_network *net = build(file, NULL);
        assert_int_equal(net->layers[0].h_out, expected[i].h);
        assert_int_equal(net->layers[0].w_out, expected[i].w);
        nax_network_free(net);
        nax_network_file_free(file);
    }
}

/* Names, sources and signs of a graph; what is skipped is passed by. */
static void entries_read_any_before_them(void **state)
{
    (void)state;
    struct nax_network_file *file;
    char message[512];
    const char *text =
        HEAD "  - conv: {out: 3, kernel: 3}\n"
             "  - conv: {name: b, out: 3, kernel: 3, activation: silu}\n"
             "  - concat: {name: concat, from: [conv1, b, image]}\n"
             "  - conv: {out: 9, kernel: 3, from: conv1, search: false, add: concat}\n"
             "  - add: {name: sum, from: [conv3, concat, conv3], activation: relu6}\n"
             "  - batch_norm: {}\n"
             "  - activation: {kind: relu}\n"
             "  - concat: {name: all, from: [act, conv3, sum]}\n" LAST;
    if (load_text(text, &file, message))
        fail_msg("%s", message);
    struct nax_network *net = build(file, NULL);
    static const struct {
        const char *name;
        enum nax_layer_kind kind;
        int input, residual;
        size_t c_out;
        bool is_signed; /* output */
    } expected[] = {{"conv1", NAX_LAYER_CONV, -1, -2, 3, false},
                    {"b", NAX_LAYER_CONV, 0, -2, 3, true},
                    {"b.act", NAX_LAYER_ACTIVATION, 1, -2, 3, true},
                    {"concat.1", NAX_LAYER_CONCAT, 0, 2, 6, true},
                    {"concat", NAX_LAYER_CONCAT, 3, -1, 9, true},
                    {"conv3", NAX_LAYER_CONV, 0, 4, 9, false},
                    {"sum.1", NAX_LAYER_ADD, 5, 4, 9, true},
                    {"sum", NAX_LAYER_ADD, 6, 5, 9, true},
                    {"sum.act", NAX_LAYER_ACTIVATION, 7, -2, 9, false},
                    {"bn", NAX_LAYER_BATCH_NORM, 8, -2, 9, true},
                    {"act", NAX_LAYER_ACTIVATION, 9, -2, 9, false},
                    {"all.1", NAX_LAYER_CONCAT, 10, 5, 18, false},
                    {"all", NAX_LAYER_CONCAT, 11, 8, 27, false},
                    {"fc", NAX_LAYER_LINEAR, 12, -2, 5, true}};
    assert_int_equal(net->n_layers, sizeof expected / sizeof *expected);
    for (size_t l = 0; l < net->n_layers; l++) {
        const struct nax_layer *layer = &net->layers[l];
        assert_string_equal(layer->name, expected[l].name);
        assert_int_equal(layer->kind, expected[l].kind);
        assert_int_equal(layer->input, expected[l].input);
        assert_int_equal(layer->residual, expected[l].residual);
        assert_int_equal(layer->c_out, expected[l].c_out);
        assert_int_equal(layer->is_output_signed, expected[l].is_signed);
    }
    assert_true(nax_network_file_can_skip(file, 0));
    assert_false(nax_network_file_can_skip(file, 1)); /* its activation would stay */
    nax_network_free(net);
    net = build_without(file, 0, -1);
    assert_int_equal(find(net, "b")->input, NAX_FROM_IMAGE);
    assert_int_equal(find(net, "concat.1")->input, NAX_FROM_IMAGE);
    assert_int_equal(find(net, "conv3")->input, NAX_FROM_IMAGE);
    nax_network_free(net);
    nax_network_file_free(file);
}

/* Who is left first reads the image, through pools. */
static void skipping_changes_signs_of_inputs(void **state)
{
    (void)state;
    struct nax_network_file *file;
    char message[512];
    const char *text = HEAD "  - conv: {out: 3, kernel: 3}\n"
                            "  - pool: {kind: max, kernel: 2, stride: 1}\n"
                            "  - conv: {out: 3, kernel: 3}\n" LAST;
    if (load_text(text, &file, message))
        fail_msg("%s", message);
    const int64_t kernel[3][2] = {{0, 3}, {3, 0}, {0, 0}};
    for (size_t k = 0; k < 3; k++) {
        struct nax_network *net = build(file, kernel[k]);
        for (size_t l = 0; l < net->n_layers; l++) {
            bool is_after = l > (size_t)(k == 0) && k < 2; /* one that is there */
            assert_int_equal(net->layers[l].is_input_signed, !is_after);
        }
        nax_network_free(net);
    }
    nax_network_file_free(file);
}

static void stage_on_the_image(void **state)
{
    (void)state;
    struct nax_network_file *file;
    char message[512];
    assert_int_equal(
        load_text(HEAD "  - stage: {blocks: 2, out: 3, kernel: 3}\n" LAST, &file, message), 0);
    struct nax_network *net = build_without(file, 0, -1);
    assert_int_equal(net->layers[0].input, NAX_FROM_IMAGE);
    assert_int_equal(net->layers[0].residual, NAX_FROM_IMAGE);
    nax_network_free(net);
    nax_network_file_free(file);
}

static void broken_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"", ": empty"},
        {"# nothing\n", ": empty"},
        {"- 1\n", ":1: expecting MAPPING, got event: SEQUENCE_START"},
        {"name: [\n", ":2: did not find expected node content"},
        {"\xff\xfe\x01", ":1: incomplete UTF-16 character"},
        {CONV("out: 4, kernel: 3") "---\nname: second\n", ":7: more than one document"},
        {HEAD LAST "colour: red\n", ":6: key 'colour': unexpected key"},
        {HEAD LAST "clases: 3\n", ":6: key 'clases': unexpected key; did you mean 'classes'?"},
        {HEAD "  - pol: {kind: max}\n" LAST, ":5: key 'pol': unexpected key; did you mean 'pool'?"},
        {CONV("out: 4, kernel: 3,\n    kernle: 3"), ":6: key 'kernle': unexpected key; did you "
                                                    "mean 'kernel'?"},
        {CONV("out: 4"), ":5: key 'kernel': missing required mapping field"},
        {CONV("out: four, kernel: 3"), ":5: key 'out': not an integer: 'four'"},
        {CONV("out: 2.385, kernel: 3"), ":5: key 'out': not an integer: '2.385'"},
        {CONV("out: 99999999999999999999, kernel: 3"),
         ":5: key 'out': invalid INT value: '99999999999999999999'"},
        {CONV("out: 0, kernel: 3"), ":5: key 'out': 0 is not between 1 and 65536"},
        {CONV("kernel: 3"), ":5: key 'conv': 'out' is missing"},
        {CONV("out: 4,\n    kernel: [3, 3, 3]"),
         ":6: key 'kernel': excessive entries (2 max) in sequence"},
        {CONV("out: 4, kernel: []"),
         ":5: key 'kernel': insufficient entries (0 of 1 min) in sequence"},
        {CONV("out: 4, kernel: [3, -1]"), ":5: key 'kernel': -1 is not between 1 and 31"},
        {CONV("out: 4, kernel: three"), ":5: key 'kernel': not an integer: 'three'"},
        {CONV("out: 4, kernel: 3, stride: [2, 1099511627776]"),
         ":5: key 'stride': 1099511627776 is not between 1 and 64"},
        {CONV("out: 4, kernel: 3, dilation: 0"), ":5: key 'dilation': 0 is not between 1 and 64"},
        {CONV("out: 4, kernel: 3, pad: -1"), ":5: key 'pad': -1 is not between 0 and 64"},
        {CONV("out: 4, kernel: 3, pad: [1, 1]"),
         ":5: key 'pad': neither one number nor four, for top, left, bottom, right"},
        {CONV("out: 4, kernel: [3, 7], pad: 0"),
         ":5: key 'layers.0': window larger than the image: 'conv' of network 'net'"},
        {CONV("out: 4, kernel: 3, dilation: 9"),
         ":5: key 'layers.0': window larger than the image: 'conv' of network 'net'"},
        {CONV("out: 4, kernel: 3, groups: 0"), ":5: key 'groups': 0 is not between 1 and 65536"},
        {CONV("out: 4, kernel: 3, groups: 2"),
         ":5: key 'layers.0': 2 groups do not divide 3 channels and 4 outputs: 'conv' of network "
         "'net'"},
        {CONV("kernel: 3, groups: 1"),
         ":5: key 'layers.0': 1 groups of 3 channels need 'out': 'conv' of network 'net'"},
        {CONV("out: 4, kernel: 3, bias: true"),
         ":5: key 'bias': batch norm takes it away again: 'batch_norm: false', or no bias"},
        {CONV("out: 4, kernel: 3, batch_norm: false, epsilon: 0.1"),
         ":5: key 'epsilon': without batch norm it does nothing"},
        {CONV("out: 4, kernel: 3, epsilon: 0"), ":5: key 'epsilon': is not above 0 and at most 1"},
        {HEAD "  - stage: {blocks: 1, out: 4, kernel: 6}\n" LAST, ":5: key 'kernel': an even size"},
        {HEAD "  - pool: {kind: max, kernel: [0, 2]}\n" LAST,
         ":5: key 'kernel': 0, the whole image, goes for both"},
        {CONV("out: 4, kernel: 33"), ":5: key 'kernel': 33 is not between 1 and 31"},
        {CONV("out: 4, kernel: 3, stride: 0"), ":5: key 'stride': 0 is not between 1 and 64"},
        {CONV("out: 4, kernel: 3, relu: perhaps"), ":5: key 'relu': invalid ENUM value: perhaps"},
        {CONV("out: 4, kernel: 3, activation: rellu"),
         ":5: key 'activation': invalid ENUM value: rellu; did you mean 'relu'?"},
        {CONV("out: 4, kernel: 3, role: head"), ":5: key 'role': invalid ENUM value: head"},
        {CONV("out: 4, kernel: 3, role: stem, search: true"),
         ":5: key 'search': a stem is not searched"},
        {HEAD "  - pool: {kind: max}\n  - conv: {out: 4, kernel: 3, role: stem}\n" LAST,
         ":6: key 'role': a stem comes first"},
        {HEAD "  - stage: {blocks: 1000000000, out: 4, kernel: 3}\n" LAST,
         ":5: key 'blocks': 1000000000 is not between 1 and 128"},
        {HEAD "  - stage: {blocks: 1, out: 2, kernel: 3}\n" LAST,
         ":5: key 'layers.0': a padded shortcut cannot lose channels: 's1b1' of network 'net'"},
        {HEAD "  - stage: {blocks: 1, out: 4, kernel: 3, stride: 2}\n" LAST,
         ":5: key 'layers.0': a padded shortcut needs a size that the stride divides: 's1b1' of "
         "network 'net'"},
        {HEAD "  - conv: {out: 3, kernel: 3, add: image, shortcut: conv}\n" LAST,
         ":5: key 'shortcut': invalid ENUM value: conv"},
        {HEAD "  - conv: {out: 3, kernel: 3, shortcut: pad}\n" LAST,
         ":5: key 'shortcut': nothing is added: 'add'"},
        {HEAD "  - conv: {out: 2, kernel: 3, add: image, shortcut: pad}\n" LAST,
         ":5: key 'layers.0': a padded shortcut cannot lose channels: 'conv' of network 'net'"},
        {HEAD "  - conv: {out: 4, kernel: 3, stride: 2, add: image, shortcut: pad}\n" LAST,
         ":5: key 'layers.0': a padded shortcut needs a size that the stride divides: 'conv' of "
         "network 'net'"},
        {HEAD "  - conv: {out: 4, kernel: 3, add: image}\n" LAST,
         ":5: key 'layers.0': what is added has another shape: 'conv' of network 'net'"},
        {HEAD "  - stage: {blocks: 128, out: 3, kernel: 1}\n"
              "  - stage: {blocks: 1, out: 3, kernel: 1}\n" LAST,
         ":6: key 'layers.1': more than 256 searched layers: 's2b1c1' of network 'net'"},
        {HEAD "  - conv: {out: 65536, kernel: 31}\n  - conv: {out: 65536, kernel: 31}\n" LAST,
         ":6: key 'layers.1': more than 2^30 weights: 'conv2' of network 'net'"},
        {"name: big\ninput: {height: 1024, width: 1024, channels: 1024}\nclasses: 2\nlayers:\n"
         "  - conv: {out: 1025, kernel: 1}\n" LAST,
         ":5: key 'layers.0': more than 2^30 outputs: 'conv' of network 'big'"},
        {HEAD "  - pool: {kind: max, kernel: 7}\n" LAST,
         ":5: key 'layers.0': window larger than the image: 'pool' of network 'net'"},
        {HEAD "  - pool: {kind: median}\n" LAST,
         ":5: key 'kind': invalid ENUM value: median; did you mean 'mean'?"},
        {HEAD "  - pool: {kind: mean, stride: 2}\n" LAST,
         ":5: key 'stride': a pool over the whole image has no stride"},
        {HEAD "  - linear: {out: 5}\n", ":5: key 'linear': the last layer is not a classifier"},
        {HEAD "  - pool: {kind: mean}\n", ":5: key 'layers.0': the last layer is not a classifier"},
        {HEAD LAST LAST, ":5: key 'role': a classifier comes last"},
        {HEAD "  - linear: {relu: true}\n" LAST, ":5: key 'linear': 'out' is missing"},
        {HEAD "  - linear: {out: 6, role: classifier}\n",
         ":5: key 'out': a classifier has one output a class"},
        {HEAD "  - linear: {out: 5}\n    pool: {kind: max}\n" LAST,
         ":5: key 'layers.0': an entry is one of " ENTRIES},
        {HEAD "  - {}\n" LAST, ":5: key 'layers.0': an entry is one of " ENTRIES},
        {CONV("out: 4, kernel: 3, name: a.b"),
         ":5: key 'name': not letters, digits, _ and - alone, or 'image'"},
        {CONV("out: 4, kernel: 3, name: image"),
         ":5: key 'name': not letters, digits, _ and - alone, or 'image'"},
        {CONV("out: 4, kernel: 3, from: imag"), ":5: key 'from': no entry of this name comes "
                                                "before 'conv'; the nearest is 'image': 'imag'"},
        {CONV("out: 4, kernel: 3, from: fc"), ":5: key 'from': 'fc' does not come before 'conv'"},
        {CONV("out: 4, kernel: 3, name: fc"), ":6: key 'linear': two entries are called 'fc'"},
        {HEAD "  - conv: {out: 4, kernel: 3, name: s1b1c1}\n  - stage: {blocks: 1, out: 4, kernel: "
              "3}\n" LAST,
         ":6: key 'layers.1': two layers have one name: 's1b1c1' of network 'net'"},
        {HEAD "  - conv: {out: 4, kernel: 3}\n  - linear: {role: classifier, from: image}\n",
         ":5: key 'layers.0': nothing reads the layer: 'conv' of network 'net'"},
        {CONV("out: 4, kernel: 3, add: image"),
         ":5: key 'layers.0': what is added has another shape: 'conv' of network 'net'"},
        {HEAD "  - conv: {out: 4, kernel: 3}\n  - add: {from: [conv, image]}\n" LAST,
         ":6: key 'layers.1': what is added has another shape: 'image' of network 'net'"},
        {HEAD "  - pool: {kind: max, kernel: 2}\n  - concat: {from: [pool, image]}\n" LAST,
         ":6: key 'layers.1': what is joined has another height or width: 'image' of network "
         "'net'"},
        {HEAD "  - add: {from: [image]}\n" LAST,
         ":5: key 'from': insufficient entries (1 of 2 min) in sequence"},
        {CONV("out: 4, kernel: 3, relu: true, activation: silu"),
         ":5: key 'relu': 'activation' says it already"},
        {CONV("out: 4, kernel: 3, slope: 0.2"), ":5: key 'slope': is that of leaky-relu alone"},
        {CONV("out: 4, kernel: 3, activation: leaky-relu, slope: 1.2"),
         ":5: key 'slope': is not between 0 and 1"},
        {HEAD "  - activation: {kind: none}\n" LAST,
         ":5: key 'kind': 'none' does nothing, leave the entry out"},
        {HEAD "  - batch_norm: {epsilon: 0}\n" LAST,
         ":5: key 'epsilon': is not above 0 and at most 1"},
        {HEAD "  - linear: {out: 4, batch_norm: true, bias: true}\n" LAST,
         ":5: key 'bias': batch norm takes it away again: 'batch_norm: false', or no bias"},
        {HEAD "  - linear: {out: 4, epsilon: 0.1}\n" LAST,
         ":5: key 'epsilon': without batch norm it does nothing"},
        {HEAD "  - linear: {out: 4, batch_norm: true, epsilon: 2}\n" LAST,
         ":5: key 'epsilon': is not above 0 and at most 1"},
        {HEAD "  - linear: {role: classifier, batch_norm: true}\n",
         ":5: key 'batch_norm': a classifier has none: what it gives are logits"},
        {HEAD "  - linear: {role: classifier, activation: tanh}\n",
         ":5: key 'activation': a classifier has none: what it gives are logits"},
        {HEAD "  - pool: {kind: max, kernel: 2, pad: 2}\n" LAST,
         ":5: key 'pad': as large as the window: some would see no pixel"},
        {HEAD "  - pool: {kind: mean, ceil: true}\n" LAST,
         ":5: key 'ceil': a pool over the whole image has one window"},
        {HEAD "  - pool: {kind: max, kernel: 2, pad: 1, count_pad: false}\n" LAST,
         ":5: key 'count_pad': is for means of padded windows"},
        {HEAD "  - stage: {blocks: 1, out: 4, kernel: 3, expand: 2}\n" LAST,
         ":5: key 'expand': a basic block has as many channels inside as outside"},
        {HEAD "  - stage: {blocks: 1, out: 6, kernel: 3, block: bottleneck}\n" LAST,
         ":5: key 'out': is no multiple of 'expand'"},
        {HEAD "  - stage: {blocks: 1, out: 6, kernel: 3, block: inverted, shortcut: conv}\n" LAST,
         ":5: key 'shortcut': an inverted block has none where it changes the shape"},
        {HEAD "  []\n", ":5: key 'layers': insufficient entries (0 of 1 min) in sequence"},
        {"name: net\ninput: {height: 9, width: 6,\n  channels: -3}\nclasses: 5\nlayers:\n" LAST,
         ":3: key 'channels': -3 is not between 1 and 1024"},
        {HEAD "  - conv: {\n      }\n" LAST, ":5: key 'kernel': missing required mapping field"},
        {"name: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
         ":1: brackets nested deeper than 64"},
        {"name: net\nname: net\n", ":2: key 'name': mapping field already seen: name"},
        {"name: &n net\ninput: *n\n", ":2: key 'input': YAML alias unsupported"},
        {"name: net\n", ":1: key 'input': missing required mapping field"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct nax_network_file *file;
        char message[512];
        if (!load_text(broken[i].text, &file, message))
            fail_msg("accepted: %s", broken[i].text);
        assert_string_equal(message, broken[i].message);
    }
}

static void missing_files(void **state)
{
    (void)state;
    struct nax_network_file *file;
    struct nax_err err;
    assert_int_equal(nax_network_file_load(&file, "resnet21", &err), NAX_ERR_VALUE);
    static const char begin[] = "no such file among networks: 'resnet21'; did you mean 'resnet20'? "
                                "there are densenet-40, lenet";
    assert_memory_equal(err.text, begin, sizeof begin - 1);
    assert_int_equal(nax_network_file_load(&file, "./resnet21.yaml", &err), NAX_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_networks),
        cmocka_unit_test(vgg8_input_vectors),
        cmocka_unit_test(any_kernels_keep_shapes),
        cmocka_unit_test(skipped_first_convolution),
        cmocka_unit_test(skipped_second_convolution),
        cmocka_unit_test(skipped_block),
        cmocka_unit_test(skipped_everything),
        cmocka_unit_test(conv_shortcut_with_second_skipped),
        cmocka_unit_test(widths_of_stages),
        cmocka_unit_test(widths_with_convolutions_for_shortcuts),
        cmocka_unit_test(widths_of_single_convolutions),
        cmocka_unit_test(refused_widths),
        cmocka_unit_test(refused_kernels),
        cmocka_unit_test(crossbars_of_unsearched_layers),
        cmocka_unit_test(nothing_to_follow),
        cmocka_unit_test(linear_layers_may_be_searched),
        cmocka_unit_test(linear_layers_may_have_batch_norm),
        cmocka_unit_test(geometry_of_either_axis),
        cmocka_unit_test(options_of_layers),
        cmocka_unit_test(pools_at_margins),
        cmocka_unit_test(entries_read_any_before_them),
        cmocka_unit_test(skipping_changes_signs_of_inputs),
        cmocka_unit_test(stage_on_the_image),
        cmocka_unit_test(broken_files),
        cmocka_unit_test(missing_files),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
