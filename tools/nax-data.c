/* nax-data: makes data set files from images, or out of nothing, and tells what is in one. */
#include "provenance.h"
#include "verbs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nax/tensor.h"

static const char synopsis[] =
    "nax-data import cifar10 [-q] [-j n] -o file dir\n"
    "nax-data import cifar100 [-q] [-j n] -o file dir\n"
    "nax-data import folder [-q] [-j n] [--train name] [--test name] [--test-fraction x] [--seed "
    "n] "
    "[--size hxw] [--channels n] [--skip-bad] -o file dir\n"
    "nax-data import mnist [-q] [-j n] [--size hxw] [--channels n] -o file dir\n"
    "nax-data import npz [-q] [-j n] [--test-fraction x] [--seed n] [--size hxw] [--channels n] "
    "-o file npz\n"
    "nax-data import tiny-imagenet [-q] [-j n] -o file dir\n"
    "nax-data synth [-q] [-j n] [--n-train n] [--n-test n] [--seed n] -o file\n"
    "nax-data info [-j n] [--format format] file\n";

enum verb { CIFAR10, CIFAR100, FOLDER, MNIST, NPZ, TINY_IMAGENET, SYNTH, INFO, N_VERBS };

static const struct tool_verb verbs[N_VERBS] = {
    [CIFAR10] = {"import", "cifar10"}, [CIFAR100] = {"import", "cifar100"},
    [FOLDER] = {"import", "folder"},   [MNIST] = {"import", "mnist"},
    [NPZ] = {"import", "npz"},         [TINY_IMAGENET] = {"import", "tiny-imagenet"},
    [SYNTH] = {"synth", NULL},         [INFO] = {"info", NULL},
};

struct set_options {
    enum verb verb;
    const char *input; /* folder or file; NULL for synth */
    const char *output;
    const char *size; /* "HxW", or NULL */
    struct nax_import how;
    size_t n_train, n_test;
};

/* Options of some verbs alone. */
static const struct owned_option owned[] = {
    {"train", 1 << FOLDER},
    {"test", 1 << FOLDER},
    {"test-fraction", 1 << FOLDER | 1 << NPZ},
    {"size", 1 << FOLDER | 1 << MNIST | 1 << NPZ},
    {"channels", 1 << FOLDER | 1 << MNIST | 1 << NPZ},
    {"skip-bad", 1 << FOLDER},
    {"n-train", 1 << SYNTH},
    {"n-test", 1 << SYNTH},
};

#define FIELD(name) NAX_OPTION_FIELD(struct set_options, name)

static const struct nax_option rows[] = {
    {"output", "FILE", "data set to write", FIELD(output), .letter = 'o'},
    {"train", "NAME", "subfolder of training images (train, or the folder itself)",
     FIELD(how.train)},
    {"test", "NAME",
     "subfolder of test images (test, val, validation or valid, the first there is)",
     FIELD(how.test)},
    {"test-fraction", "X", "part of each class to hold back as test images, by --seed",
     FIELD(how.test_fraction), .max = 0.9},
    {"size", "HxW", "scale images to cover H x W pixels, and cut to it (all must have one size)",
     FIELD(size)},
    {"channels", "N", "1: images become grey, or 3 (of arrays what they have, else 3)",
     FIELD(how.channels), .min = 1, .max = 3, .value = NAN},
    {"skip-bad", NULL, "leave out what is no whole image, by name", FIELD(how.skips_bad)},
    {"n-train", "N", "training images to make", FIELD(n_train), .min = 1, .max = 10000000,
     .value = 20000},
    {"n-test", "N", "test images to make", FIELD(n_test), .max = 10000000, .value = 4000},
    {.name = NULL}};

/* The words that are not options: verb, format, input. */
static void parse_words(const struct tool *tool, struct set_options *o, char **word, int n)
{
    if (n < 1)
        tool_misuse(tool, "no verb: 'import', 'synth' or 'info'");
    bool is_import = !strcmp(word[0], "import");
    if (is_import && n < 2)
        tool_misuse(tool, "import what: 'cifar10', 'cifar100', 'folder', 'mnist', 'npz' or "
                          "'tiny-imagenet'");
    int v = 0;
    while (v < N_VERBS && (strcmp(word[0], verbs[v].word) ||
                           (verbs[v].format && strcmp(word[1], verbs[v].format))))
        v++;
    if (v == N_VERBS)
        tool_misuse(tool, is_import ? "no such format: '%s'" : "no such verb: '%s'",
                    word[is_import]);
    o->verb = (enum verb)v;
    int n_taken = is_import ? 2 : 1;
    if (o->verb != SYNTH) {
        if (n_taken == n)
            tool_misuse(tool, "no %s to read",
                        o->verb == INFO || o->verb == NPZ ? "file" : "folder");
        o->input = word[n_taken++];
    }
    if (n_taken < n)
        tool_misuse(tool, "one word too many: '%s'", word[n_taken]);
}

static void check_options(const struct tool *tool, const struct set_options *o)
{
    if (o->verb != INFO && tool->fields)
        tool_misuse(tool, "--fields is of 'info'");
    if (o->verb != INFO && !o->output)
        tool_misuse(tool, "no file to write: '-o'");
    if (o->verb == INFO && o->output)
        tool_misuse(tool, "info writes to standard output: '-o'");
    tool_check_owned(tool, verbs, N_VERBS, o->verb, owned, sizeof owned / sizeof *owned);
    if (o->how.channels == 2)
        tool_misuse(tool, "--channels takes 1 or 3: '2'");
}

static void parse_size(const struct tool *tool, struct set_options *o)
{
    enum { SIDE_MAX = 4096 };
    char rest;
    struct nax_import *how = &o->how;
    if (o->size &&
        (sscanf(o->size, "%5zux%5zu%c", &how->height, &how->width, &rest) != 2 || how->height < 1 ||
         how->height > SIDE_MAX || how->width < 1 || how->width > SIDE_MAX))
        tool_misuse(tool, "--size takes height x width, as 32x32, each from 1 to %d: '%s'",
                    SIDE_MAX, o->size);
}

static void say_line(void *tool, const char *line)
{
    tool_say(tool, "%s", line);
}

static int make_set(struct nax_dataset **set, struct tool *tool, const struct set_options *o,
                    struct nax_err *err)
{
    struct nax_import how = o->how;
    how.seed = tool->seed;
    how.tell = say_line;
    how.who = tool;
    switch (o->verb) {
    case CIFAR10:
        return nax_import_cifar10(set, o->input, err);
    case CIFAR100:
        return nax_import_cifar100(set, o->input, err);
    case MNIST:
        return nax_import_mnist(set, o->input, &how, err);
    case NPZ:
        return nax_import_npz(set, o->input, &how, err);
    case FOLDER:
        return nax_import_folder(set, o->input, &how, err);
    case TINY_IMAGENET:
        return nax_import_tiny_imagenet(set, o->input, err);
    case SYNTH:
    case INFO: /* which makes none */
    case N_VERBS:
        break;
    }
    return nax_synth(set, tool->seed, o->n_train, o->n_test, err);
}

static void write_set(struct tool *tool, const struct set_options *o)
{
    struct nax_err err;
    struct nax_dataset *set;
    double start = nax_clock_seconds();
    if (make_set(&set, tool, o, &err)) {
        if (o->verb == FOLDER && err.status == NAX_ERR_FORMAT && !o->how.skips_bad)
            tool_hint(&err, "--skip-bad leaves such files out");
        tool_fail(tool, &err);
    }
    if (nax_dataset_write(set, o->output, &err))
        tool_fail(tool, &err);
    tool_say(tool, "%s: %zu training and %zu test images of %zu x %zu, %zu classes, %.1f s",
             set->name, set->train.n, set->test.n, set->train.width, set->train.height,
             set->n_classes, nax_clock_seconds() - start);
    if (o->verb != SYNTH && !set->test.n)
        tool_say(tool,
                 "no test images, which accuracy is measured on: --test-fraction 0.1 holds some "
                 "back, a folder 'test' beside 'train' may have them");
    nax_dataset_free(set);
}

/* Class names, separated by commas. Freed by the caller with free. */
static char *join_classes(const struct nax_dataset *set)
{
    size_t size = 1;
    for (size_t k = 0; k < set->n_classes; k++)
        size += strlen(set->class_names[k]) + 1;
    char *text = nax_calloc(size, 1), *out = text;
    for (size_t k = 0; text && k < set->n_classes; k++) {
        if (k)
            *out++ = ',';
        out = stpcpy(out, set->class_names[k]);
    }
    return text;
}

static void describe_split(struct tool *tool, struct nax_record *r, const struct nax_dataset *set,
                           const struct nax_images *images, const char *split, const char *hash)
{
    double mean[NAX_MAX_CHANNELS], sd[NAX_MAX_CHANNELS];
    nax_images_moments(images, mean, sd);
    int64_t *count = nax_calloc(set->n_classes, sizeof *count);
    char *classes = join_classes(set);
    for (size_t i = 0; count && i < images->n; i++)
        count[images->labels[i]]++;
    nax_record_clear(r);
    if (!count || !classes || nax_record_set_string(r, "data", set->name) ||
        nax_record_set_string(r, "data_hash", hash) || nax_record_set_string(r, "split", split) ||
        nax_record_set_int(r, "n_images", (int64_t)images->n) ||
        nax_record_set_int(r, "height", (int64_t)images->height) ||
        nax_record_set_int(r, "width", (int64_t)images->width) ||
        nax_record_set_int(r, "channels", (int64_t)images->channels) ||
        nax_record_set_int(r, "n_classes", (int64_t)set->n_classes) ||
        nax_record_set_floats(r, "mean", mean, images->channels) ||
        nax_record_set_floats(r, "sd", sd, images->channels) ||
        nax_record_set_ints(r, "n_images_class", count, set->n_classes) ||
        nax_record_set_string(r, "classes", classes)) {
        struct nax_err err;
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: '%s'", set->name);
        tool_fail(tool, &err);
    }
    tool_write(tool, r);
    free(classes);
    free(count);
}

static void describe_set(struct tool *tool, const struct set_options *o)
{
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory"};
    struct nax_dataset *set;
    char hash[17];
    if (nax_dataset_open(&set, o->input, &err))
        tool_fail(tool, &err);
    struct nax_record *r = nax_record_alloc();
    if (!r)
        tool_fail(tool, &err);
    snprintf(hash, sizeof hash, "%016" PRIx64, nax_dataset_hash(set));
    provenance_file(tool, o->input);
    tool_write_open(tool, "split");
    describe_split(tool, r, set, &set->train, "train", hash);
    describe_split(tool, r, set, &set->test, "test", hash);
    nax_record_free(r);
    nax_dataset_free(set);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-data", synopsis, argc, argv);
    struct set_options o = {.input = NULL};
    const struct option_group group = {rows, &o};
    tool.idle = "max-record";
    tool_options(&tool, &group, 1);
    parse_words(&tool, &o, argv + optind, argc - optind);
    check_options(&tool, &o);
    parse_size(&tool, &o);
    nax_file_guard(o.output); /* what is written replaces nothing that is read */
    if (o.verb == INFO)
        describe_set(&tool, &o);
    else
        write_set(&tool, &o);
    tool_finish(&tool);
}
