/* nax-train: trains each candidate and measures its accuracy. */
#include "design.h"
#include "recipe.h"
#include "train.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "nax-train [-q] [--data file] [--epochs n] [--init path] [--noise-aware n] [--checkpoint dir] "
    "[--resume] [--cache dir] [--hardware name] [--fidelity name] [--parallel n] [options] "
    "[file ...]\n"
    "\n"
    "      --data FILE       data set (the built-in synthetic one)\n" RECIPE_USAGE
    "      --init PATH       start from a checkpoint, or from ID.safetensors in a folder\n"
    "      --noise-aware N   train the last N epochs on the hardware (0)\n"
    "      --refresh N       steps until it is programmed anew (32)\n"
    "      --gradient NAME   of these epochs: straight, or adjoint: through the wires (straight)\n"
    "      --checkpoint DIR  keep the weights of each candidate in DIR/ID.safetensors\n"
    "      --save-every X    minutes between checkpoints within an epoch (10)\n"
    "      --resume          continue from the checkpoints in DIR\n"
    "      --cache DIR       keep finished results, and do not train what is there\n"
    "      --log FILE        one record an epoch, as CSV\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n"
    "      --fidelity NAME   ideal, quantized, linear, adc or full (adc)\n"
    "      --images N        test images to measure on, 0: all (0)\n"
    "      --parallel N      candidates at a time, which share the threads (1)\n" TOOL_USAGE;

enum {
    OPT_DATA = TOOL_OPT_OWN,
    OPT_INIT,
    OPT_NOISE_AWARE,
    OPT_REFRESH,
    OPT_GRADIENT,
    OPT_CHECKPOINT,
    OPT_SAVE_EVERY,
    OPT_RESUME,
    OPT_CACHE,
    OPT_LOG,
    OPT_HARDWARE,
    OPT_SET,
    OPT_FIDELITY,
    OPT_IMAGES,
    OPT_PARALLEL,
    PARALLEL_MAX = 256
};

static const struct option options[] = {{"data", required_argument, NULL, OPT_DATA},
                                        RECIPE_LONG,
                                        {"init", required_argument, NULL, OPT_INIT},
                                        {"noise-aware", required_argument, NULL, OPT_NOISE_AWARE},
                                        {"refresh", required_argument, NULL, OPT_REFRESH},
                                        {"gradient", required_argument, NULL, OPT_GRADIENT},
                                        {"checkpoint", required_argument, NULL, OPT_CHECKPOINT},
                                        {"save-every", required_argument, NULL, OPT_SAVE_EVERY},
                                        {"resume", no_argument, NULL, OPT_RESUME},
                                        {"cache", required_argument, NULL, OPT_CACHE},
                                        {"log", required_argument, NULL, OPT_LOG},
                                        {"hardware", required_argument, NULL, OPT_HARDWARE},
                                        {"set", required_argument, NULL, OPT_SET},
                                        {"fidelity", required_argument, NULL, OPT_FIDELITY},
                                        {"images", required_argument, NULL, OPT_IMAGES},
                                        {"parallel", required_argument, NULL, OPT_PARALLEL},
                                        TOOL_LONG};

static void add_set(struct training *t, const char *set)
{
    if (t->n_sets == TRAIN_SETS_MAX)
        tool_misuse(&t->tool, "--set more than %d times", TRAIN_SETS_MAX);
    t->sets[t->n_sets++] = set;
}

/* Where an option that is a word goes, or NULL. */
static const char **word_of(struct training *t, int opt)
{
    return opt == OPT_DATA         ? &t->data
           : opt == OPT_INIT       ? &t->init
           : opt == OPT_CHECKPOINT ? &t->folder
           : opt == OPT_CACHE      ? &t->cache
           : opt == OPT_LOG        ? &t->log_path
           : opt == OPT_HARDWARE   ? &t->hardware_name
                                   : NULL;
}

static enum nax_gradient gradient_of(const struct training *t, const char *name)
{
    if (strcmp(name, "straight") && strcmp(name, "adjoint"))
        tool_misuse(&t->tool, "no such gradient: '%s'", name);
    return strcmp(name, "adjoint") ? NAX_GRADIENT_STRAIGHT : NAX_GRADIENT_ADJOINT;
}

static void parse_option(struct training *t, int opt)
{
    struct tool *tool = &t->tool;
    const char **word = word_of(t, opt);
    if (word) {
        *word = optarg;
    } else if (opt == OPT_NOISE_AWARE) {
        t->n_noise_epochs = (size_t)tool_int(tool, "noise-aware", optarg, 0, 100000);
    } else if (opt == OPT_REFRESH) {
        t->n_refresh = (size_t)tool_int(tool, "refresh", optarg, 1, INT32_MAX);
    } else if (opt == OPT_GRADIENT) {
        t->gradient = gradient_of(t, optarg);
    } else if (opt == OPT_SAVE_EVERY) {
        t->save_seconds = 60 * tool_float(tool, "save-every", optarg, 0, 1e6);
    } else if (opt == OPT_RESUME) {
        t->is_resumed = true;
    } else if (opt == OPT_SET) {
        add_set(t, optarg);
    } else if (opt == OPT_FIDELITY) {
        t->fidelity = nax_fidelity_parse(optarg);
        if (t->fidelity == NAX_FIDELITY_COUNT)
            tool_misuse(tool, "no such fidelity: '%s'", optarg);
    } else if (opt == OPT_IMAGES) {
        t->n_test = (size_t)tool_int(tool, "images", optarg, 0, INT32_MAX);
    } else if (opt == OPT_PARALLEL) {
        t->n_parallel = (size_t)tool_int(tool, "parallel", optarg, 1, PARALLEL_MAX);
    } else if (!recipe_option(tool, &t->recipe, opt)) {
        tool_option(tool, opt);
    }
}

static void parse(struct training *t, int argc, char **argv)
{
    for (int opt; (opt = getopt_long(argc, argv, TOOL_SHORT, options, NULL)) != -1;)
        parse_option(t, opt);
    if (t->is_resumed && !t->folder)
        tool_misuse(&t->tool, "--resume needs --checkpoint");
    if (!t->recipe.epochs && !t->init)
        tool_misuse(&t->tool, "--epochs 0 needs --init");
    if (t->n_noise_epochs > t->recipe.epochs)
        tool_misuse(&t->tool, "--noise-aware takes at most the %zu of --epochs: '%zu'",
                    t->recipe.epochs, t->n_noise_epochs);
    nax_threads_set((int)NAX_MAX((size_t)nax_threads() / t->n_parallel, 1));
}

/* A candidate at work on a thread of its own; results leave in the order of the input. */
struct slot {
    pthread_t thread;
    bool is_busy;
    struct job job;
    struct nax_record *record;
    char where[512]; /* it came from, for messages */
    struct nax_err err;
    int status;
};

static void *work(void *self)
{
    struct slot *s = self;
    s->status = train_run(&s->job, s->record, &s->err);
    return NULL;
}

static void join(struct slot *s)
{
    if (s->is_busy)
        pthread_join(s->thread, NULL);
    s->is_busy = false;
}

/* Waits for a slot, oldest first, and writes its record. When it has failed, the younger ones end
 * their step and keep a checkpoint before the tool ends. */
static void finish(struct training *t, struct slot *slots, size_t i)
{
    struct slot *s = &slots[i];
    if (!s->is_busy)
        return;
    join(s);
    nax_network_free(s->job.net);
    if (!s->status) {
        tool_write(&t->tool, s->record);
        s->status = nax_writer_flush(t->tool.writer, &s->err);
    } else {
        nax_err_prefix(&s->err, "%s", s->where);
    }
    if (!s->status)
        return;
    train_interrupt();
    for (size_t k = 0; k < t->n_parallel; k++)
        join(&slots[k]);
    tool_fail(&t->tool, &s->err);
}

static void finish_all(struct training *t, struct slot *slots, size_t oldest)
{
    for (size_t k = 0; k < t->n_parallel; k++)
        finish(t, slots, (oldest + k) % t->n_parallel);
}

/* 1: a candidate is at work in the slot; 0: there is none left; negative: an error. */
static int begin(struct training *t, struct design *design, struct slot *s, struct nax_err *err)
{
    int status = tool_read_status(&t->tool, s->record, err);
    if (status <= 0)
        return status;
    snprintf(s->where, sizeof s->where, "%s", nax_reader_where(t->tool.reader));
    s->job = (struct job){.t = t};
    status = design_take(design, s->record, err);
    if (status >= 0)
        status = design_build(design, &s->job.net, s->job.crossbars, err);
    if (status) {
        nax_err_prefix(err, "%s", s->where);
        return status;
    }
    s->job.candidate = design->candidate;
    if (pthread_create(&s->thread, NULL, work, s))
        return nax_err_io(err, "cannot make a thread: 'candidate %s'", s->job.candidate.id);
    s->is_busy = true;
    return 1;
}

static void run(struct training *t)
{
    struct nax_err err = {.text = "out of memory"};
    struct design design = {.file = NULL};
    struct slot *slots = nax_calloc(t->n_parallel, sizeof *slots);
    if (!slots)
        tool_fail(&t->tool, &err);
    for (size_t k = 0; k < t->n_parallel; k++)
        if (!(slots[k].record = nax_record_alloc()))
            tool_fail(&t->tool, &err);
    int status = 1;
    size_t at = 0;
    for (; status > 0; at = (at + 1) % t->n_parallel) {
        finish(t, slots, at);
        status = begin(t, &design, &slots[at], &err);
    }
    finish_all(t, slots, at);
    if (status < 0)
        tool_fail(&t->tool, &err);
    for (size_t k = 0; k < t->n_parallel; k++)
        nax_record_free(slots[k].record);
    free(slots);
    design_close(&design);
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct training t = {.tool = tool_start("nax-train", usage, argc, argv),
                         .save_seconds = 600,
                         .hardware_name = "nax-reram",
                         .fidelity = NAX_FIDELITY_ADC,
                         .n_refresh = 32,
                         .n_parallel = 1,
                         .recipe = nax_recipe_default()};
    parse(&t, argc, argv);
    tool_read_open(&t.tool);
    train_open(&t);
    train_catch_signals();
    run(&t);
    train_close(&t);
    tool_finish(&t.tool);
}
