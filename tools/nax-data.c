/* nax-data: makes data set files from images, or out of nothing, and tells what is in one. */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "nax/tensor.h"

static const char usage[] =
    "nax-data import cifar10 [-q] [-j n] -o file dir\n"
    "nax-data import folder [-q] [-j n] [--train name] [--test name] -o file dir\n"
    "nax-data import tiny-imagenet [-q] [-j n] -o file dir\n"
    "nax-data synth [-q] [-j n] [--n-train n] [--n-test n] [--seed n] -o file\n"
    "nax-data info [-j n] [--format format] file\n"
    "\n"
    "  -o, --output FILE     data set to write\n"
    "      --train NAME      subfolder of training images (train, or the folder itself)\n"
    "      --test NAME       subfolder of test images (test or val, where they are)\n"
    "      --n-train N       training images to make (20000)\n"
    "      --n-test N        test images to make (4000)\n" TOOL_USAGE;

enum { OPT_TRAIN = TOOL_OPT_OWN, OPT_TEST, OPT_N_TRAIN, OPT_N_TEST };

enum { MAX_IMAGES = 10000000 };

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"train", required_argument, NULL, OPT_TRAIN},
    {"test", required_argument, NULL, OPT_TEST},
    {"n-train", required_argument, NULL, OPT_N_TRAIN},
    {"n-test", required_argument, NULL, OPT_N_TEST},
    TOOL_LONG,
};

enum verb { CIFAR10, FOLDER, TINY_IMAGENET, SYNTH, INFO, N_VERBS };

static const struct {
    const char *word, *format; /* format: of "import" */
} verbs[N_VERBS] = {
    [CIFAR10] = {"import", "cifar10"},
    [FOLDER] = {"import", "folder"},
    [TINY_IMAGENET] = {"import", "tiny-imagenet"},
    [SYNTH] = {"synth", NULL},
    [INFO] = {"info", NULL},
};

struct job {
    enum verb verb;
    const char *input; /* folder or file; NULL for synth */
    const char *output;
    const char *train, *test;
    size_t n_train, n_test;
    bool has_n;
};

/* The words that are not options: verb, format, input. */
static void parse_words(const struct tool *tool, struct job *job, char **word, int n)
{
    if (n < 1)
        tool_misuse(tool, "no verb: 'import', 'synth' or 'info'");
    bool is_import = !strcmp(word[0], "import");
    if (is_import && n < 2)
        tool_misuse(tool, "import what: 'cifar10', 'folder' or 'tiny-imagenet'");
    int v = 0;
    while (v < N_VERBS && (strcmp(word[0], verbs[v].word) ||
                           (verbs[v].format && strcmp(word[1], verbs[v].format))))
        v++;
    if (v == N_VERBS)
        tool_misuse(tool, is_import ? "no such format: '%s'" : "no such verb: '%s'",
                    word[is_import]);
    job->verb = (enum verb)v;
    int n_taken = is_import ? 2 : 1;
    if (job->verb != SYNTH) {
        if (n_taken == n)
            tool_misuse(tool, "no %s to read", job->verb == INFO ? "file" : "folder");
        job->input = word[n_taken++];
    }
    if (n_taken < n)
        tool_misuse(tool, "one word too many: '%s'", word[n_taken]);
}

static void check_options(const struct tool *tool, const struct job *job)
{
    if (job->verb != INFO && !job->output)
        tool_misuse(tool, "no file to write: '-o'");
    if (job->verb == INFO && job->output)
        tool_misuse(tool, "info writes to standard output: '-o'");
    if (job->verb != FOLDER && (job->train || job->test))
        tool_misuse(tool, "--train and --test belong to 'import folder'");
    if (job->verb != SYNTH && job->has_n)
        tool_misuse(tool, "--n-train and --n-test belong to 'synth'");
}

static int make_set(struct nax_dataset **set, const struct tool *tool, const struct job *job,
                    struct nax_err *err)
{
    struct nax_import_folder folder = {job->input, job->train, job->test};
    switch (job->verb) {
    case CIFAR10:
        return nax_import_cifar10(set, job->input, err);
    case FOLDER:
        return nax_import_folder(set, &folder, err);
    case TINY_IMAGENET:
        return nax_import_tiny_imagenet(set, job->input, err);
    case SYNTH:
    case INFO: /* which makes none */
    case N_VERBS:
        break;
    }
    return nax_synth(set, tool->seed, job->n_train, job->n_test, err);
}

static void write_set(struct tool *tool, const struct job *job)
{
    struct nax_err err;
    struct nax_dataset *set;
    double start = nax_clock_seconds();
    if (make_set(&set, tool, job, &err) || nax_dataset_write(set, job->output, &err))
        tool_fail(tool, &err);
    tool_say(tool, "%s: %zu training and %zu test images of %zu x %zu, %zu classes, %.1f s",
             set->name, set->train.n, set->test.n, set->train.width, set->train.height,
             set->n_classes, nax_clock_seconds() - start);
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
    double mean[3], sd[3];
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
        nax_record_set_floats(r, "mean", mean, 3) || nax_record_set_floats(r, "sd", sd, 3) ||
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

static void describe_set(struct tool *tool, const struct job *job)
{
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory"};
    struct nax_dataset *set;
    char hash[17];
    if (nax_dataset_open(&set, job->input, &err))
        tool_fail(tool, &err);
    struct nax_record *r = nax_record_alloc();
    if (!r)
        tool_fail(tool, &err);
    snprintf(hash, sizeof hash, "%016" PRIx64, nax_dataset_hash(set));
    tool_write_open(tool, "split");
    describe_split(tool, r, set, &set->train, "train", hash);
    describe_split(tool, r, set, &set->test, "test", hash);
    nax_record_free(r);
    nax_dataset_free(set);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-data", usage, argc, argv);
    struct job job = {.n_train = 20000, .n_test = 4000};
    int opt;
    while ((opt = getopt_long(argc, argv, "o:" TOOL_SHORT, long_options, NULL)) != -1)
        switch (opt) {
        case 'o':
            job.output = optarg;
            break;
        case OPT_TRAIN:
            job.train = optarg;
            break;
        case OPT_TEST:
            job.test = optarg;
            break;
        case OPT_N_TRAIN:
            job.n_train = (size_t)tool_int(&tool, "n-train", optarg, 1, MAX_IMAGES);
            job.has_n = true;
            break;
        case OPT_N_TEST:
            job.n_test = (size_t)tool_int(&tool, "n-test", optarg, 0, MAX_IMAGES);
            job.has_n = true;
            break;
        default:
            tool_option(&tool, opt);
        }
    parse_words(&tool, &job, argv + optind, argc - optind);
    check_options(&tool, &job);
    if (job.verb == INFO)
        describe_set(&tool, &job);
    else
        write_set(&tool, &job);
    tool_finish(&tool);
}
