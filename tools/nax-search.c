/* nax-search: searches kernels and crossbar sizes by gradients, and prints a policy. */
#include "log.h"
#include "recipe.h"
#include "search_records.h"
#include "space.h"
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "nax-search [-q] [--space name] [--data file] [--hardware name] [--set key=value] "
    "[--init file] [--edap x] [--latency-area x] [--energy x] [--ideal] [--calibrated] "
    "[--epochs n] [--checkpoint dir] [--resume] [--log file] [options]\n"
    "\n"
    "      --space NAME      built in (cifar10, tiny-imagenet) or a file (cifar10)\n"
    "      --network NAME    instead of the space's network\n"
    "      --data FILE       data set (the built-in synthetic one)\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n"
    "      --init FILE       start from the weights of another search's checkpoint\n"
    "      --edap X          weight of log EDAP in the loss (0)\n"
    "      --latency-area X  weight of latency times area, in units of a random design's (0)\n"
    "      --energy X        weight of energy, in units of a random design's (0)\n"
    "      --fidelity NAME   what choices are weighed on: ideal, linear or adc (adc)\n"
    "      --ideal           the same as --fidelity ideal\n"
    "      --calibrated      on hardware whose gains and offsets are made good\n"
    "      --nested          smaller kernels are the middles of larger ones\n"
    "      --warm-epochs N   epochs before choices are weighed (4)\n"
    "      --alpha-every N   training steps to a step of the choices (2)\n"
    "      --alpha-rate X    learning rate of the choices (0.01)\n"
    "      --refresh N       steps of the choices between solutions of the circuits "
    "(100)\n" RECIPE_USAGE "      --checkpoint DIR  keep the search in DIR/search.safetensors\n"
    "      --resume          continue from the checkpoint in DIR\n"
    "      --log FILE        a record of every epoch\n" TOOL_USAGE;

enum {
    OPT_SPACE = TOOL_OPT_OWN,
    OPT_NETWORK,
    OPT_DATA,
    OPT_HARDWARE,
    OPT_SET,
    OPT_INIT,
    OPT_EDAP,
    OPT_LATENCY_AREA,
    OPT_ENERGY,
    OPT_FIDELITY,
    OPT_IDEAL,
    OPT_CALIBRATED,
    OPT_NESTED,
    OPT_WARM_EPOCHS,
    OPT_ALPHA_EVERY,
    OPT_ALPHA_RATE,
    OPT_REFRESH,
    OPT_CHECKPOINT,
    OPT_RESUME,
    OPT_LOG,
    SETS_MAX = 64
};

static const struct option options[] = {{"space", required_argument, NULL, OPT_SPACE},
                                        {"network", required_argument, NULL, OPT_NETWORK},
                                        {"data", required_argument, NULL, OPT_DATA},
                                        {"hardware", required_argument, NULL, OPT_HARDWARE},
                                        {"set", required_argument, NULL, OPT_SET},
                                        {"init", required_argument, NULL, OPT_INIT},
                                        {"edap", required_argument, NULL, OPT_EDAP},
                                        {"latency-area", required_argument, NULL, OPT_LATENCY_AREA},
                                        {"energy", required_argument, NULL, OPT_ENERGY},
                                        {"ideal", no_argument, NULL, OPT_IDEAL},
                                        {"fidelity", required_argument, NULL, OPT_FIDELITY},
                                        {"calibrated", no_argument, NULL, OPT_CALIBRATED},
                                        {"nested", no_argument, NULL, OPT_NESTED},
                                        {"warm-epochs", required_argument, NULL, OPT_WARM_EPOCHS},
                                        {"alpha-every", required_argument, NULL, OPT_ALPHA_EVERY},
                                        {"alpha-rate", required_argument, NULL, OPT_ALPHA_RATE},
                                        {"refresh", required_argument, NULL, OPT_REFRESH},
                                        RECIPE_LONG,
                                        {"checkpoint", required_argument, NULL, OPT_CHECKPOINT},
                                        {"resume", no_argument, NULL, OPT_RESUME},
                                        {"log", required_argument, NULL, OPT_LOG},
                                        TOOL_LONG};

struct searching {
    struct tool tool;
    struct nax_cosearch_options options;
    const char *space_name, *network, *data, *hardware_name, *folder;
    const char *sets[SETS_MAX];
    size_t n_sets, epochs_before; /* the latter: of this run, those resumed from */
    bool is_resumed;
    struct nax_space space;
    struct nax_network_file *file;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct nax_cosearch *search;
    struct log log;
    char checkpoint[4096]; /* path, or "" */
    char id[20];           /* of the run, in the log */
    double start;          /* of this run, in seconds */
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

static void parse(struct searching *s, int argc, char **argv)
{
    struct tool *tool = &s->tool;
    struct nax_cosearch_options *o = &s->options;
    for (int opt; (opt = getopt_long(argc, argv, TOOL_SHORT, options, NULL)) != -1;)
        if (opt == OPT_SPACE) {
            s->space_name = optarg;
        } else if (opt == OPT_NETWORK) {
            s->network = optarg;
        } else if (opt == OPT_DATA) {
            s->data = optarg;
        } else if (opt == OPT_HARDWARE) {
            s->hardware_name = optarg;
        } else if (opt == OPT_SET) {
            if (s->n_sets == SETS_MAX)
                tool_misuse(tool, "more than %d changes of the hardware", SETS_MAX);
            s->sets[s->n_sets++] = optarg;
        } else if (opt == OPT_INIT) {
            o->init = optarg;
        } else if (opt == OPT_EDAP) {
            o->edap = tool_float(tool, "edap", optarg, 0, 1e6);
        } else if (opt == OPT_LATENCY_AREA) {
            o->latency_area = tool_float(tool, "latency-area", optarg, 0, 1e6);
        } else if (opt == OPT_ENERGY) {
            o->energy = tool_float(tool, "energy", optarg, 0, 1e6);
        } else if (opt == OPT_IDEAL) {
            o->fidelity = NAX_FIDELITY_IDEAL;
        } else if (opt == OPT_FIDELITY) {
            o->fidelity = nax_fidelity_parse(optarg);
            if (o->fidelity != NAX_FIDELITY_IDEAL && o->fidelity != NAX_FIDELITY_LINEAR &&
                o->fidelity != NAX_FIDELITY_ADC)
                tool_misuse(tool, "--fidelity takes ideal, linear or adc: '%s'", optarg);
        } else if (opt == OPT_CALIBRATED) {
            o->is_calibrated = true;
        } else if (opt == OPT_NESTED) {
            o->is_nested = true;
        } else if (opt == OPT_WARM_EPOCHS) {
            o->warmup_epochs = (size_t)tool_int(tool, "warm-epochs", optarg, 0, 100000);
        } else if (opt == OPT_ALPHA_EVERY) {
            o->alpha_every = (size_t)tool_int(tool, "alpha-every", optarg, 1, 1000000);
        } else if (opt == OPT_ALPHA_RATE) {
            o->alpha_rate = tool_float(tool, "alpha-rate", optarg, 1e-9, 1e3);
        } else if (opt == OPT_REFRESH) {
            o->refresh = (size_t)tool_int(tool, "refresh", optarg, 1, INT32_MAX);
        } else if (opt == OPT_CHECKPOINT) {
            s->folder = optarg;
        } else if (opt == OPT_RESUME) {
            s->is_resumed = true;
        } else if (opt == OPT_LOG) {
            s->log.path = optarg;
        } else if (!recipe_option(tool, &o->recipe, opt)) {
            tool_option(tool, opt);
        }
    if (!o->recipe.epochs)
        tool_misuse(tool, "--epochs must be 1 or more");
    if (s->is_resumed && !s->folder)
        tool_misuse(tool, "--resume needs --checkpoint");
    if (optind < argc)
        tool_misuse(tool, "takes no files: '%s'", argv[optind]);
    if (tool->format != NAX_FORMAT_AUTO)
        s->log.format = tool->format;
}

static void open_files(struct searching *s)
{
    struct nax_err err;
    int status = space_load(&s->space, s->space_name, s->network, &err);
    if (!status)
        status = nax_network_file_load(&s->file, s->space.network, &err);
    if (!status)
        status = s->data ? nax_dataset_open(&s->set, s->data, &err)
                         : nax_synth(&s->set, 0, 4000, 1000, &err);
    if (!status)
        status = nax_hardware_load_set(&s->hardware, s->hardware_name, s->sets, s->n_sets, &err);
    if (!status && s->folder && mkdir(s->folder, 0777) && errno != EEXIST)
        status = nax_err_io(&err, "cannot make folder: '%s'", s->folder);
    s->options.space = &s->space;
    s->options.file = s->file;
    s->options.set = s->set;
    s->options.hardware = s->hardware;
    s->options.seed = s->tool.seed;
    if (!status)
        status = nax_cosearch_alloc(&s->search, &s->options, &err);
    if (s->folder)
        snprintf(s->checkpoint, sizeof s->checkpoint, "%s/search.safetensors", s->folder);
    if (!status && s->is_resumed && !access(s->checkpoint, F_OK)) {
        status = nax_cosearch_resume(s->search, s->checkpoint, &err);
        if (!status)
            log_read(&s->log, nax_cosearch_epochs_done(s->search));
    }
    if (status)
        tool_fail(&s->tool, &err);
}

static double seconds_left(const struct searching *s, double epochs_done)
{
    return (nax_clock_seconds() - s->start) / (epochs_done - (double)s->epochs_before) *
           ((double)s->options.recipe.epochs - epochs_done);
}

static int after_step(void *self, size_t step, double loss)
{
    struct searching *s = self;
    size_t n_steps = nax_cosearch_n_steps(s->search), done = nax_cosearch_epochs_done(s->search);
    tool_progress(&s->tool, "epoch %zu of %zu, step %zu of %zu, loss %.3f, %.0f s left", done + 1,
                  s->options.recipe.epochs, step, n_steps, loss,
                  seconds_left(s, (double)done + (double)step / (double)n_steps));
    return is_interrupted;
}

static void say(struct searching *s, const struct nax_cosearch_epoch *e)
{
    tool_say(&s->tool,
             "epoch %zu of %zu, loss %.4f, validation %.4f, EDAP %.4g pJ ns mm2, entropy %.3f, "
             "%.0f s, %.0f s left",
             e->weights.epoch, s->options.recipe.epochs, e->weights.train_loss,
             e->weights.validation_accuracy, e->edap_pj_ns_mm2, e->entropy, e->weights.seconds,
             seconds_left(s, (double)e->weights.epoch));
}

static int search(struct searching *s, struct nax_record *record, struct nax_cosearch_epoch *epoch,
                  struct nax_err *err)
{
    int status = 0;
    s->start = nax_clock_seconds();
    s->epochs_before = nax_cosearch_epochs_done(s->search);
    while (!status && nax_cosearch_epochs_done(s->search) < s->options.recipe.epochs) {
        status = nax_cosearch_epoch(s->search, after_step, s, epoch, err);
        if (!status && !epoch->weights.epoch)
            return nax_err_set(err, NAX_ERR_IO, "interrupted: the epoch under way is lost");
        if (!status) {
            say(s, epoch);
            status = search_epoch_record(epoch, s->id, record)
                         ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'log'")
                         : log_add(&s->log, record, err); /* resuming forgets what is too new */
        }
        if (!status && *s->checkpoint)
            status = nax_cosearch_save(s->search, s->checkpoint, err);
    }
    return status;
}

static int describe(const struct searching *s, struct nax_record *r, struct nax_err *err)
{
    if (search_policy_record(&s->space, nax_cosearch_policy(s->search), r) ||
        nax_record_set_int(r, "seed", (int64_t)s->tool.seed) ||
        nax_record_set_int(r, "epochs", (int64_t)s->options.recipe.epochs) ||
        nax_record_set_string(r, "data", s->set->name) ||
        nax_record_set_string(r, "hardware", s->hardware_name) ||
        (*s->checkpoint && nax_record_set_string(r, "checkpoint", s->checkpoint)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'policy'");
    return 0;
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct searching s = {.tool = tool_start("nax-search", usage, argc, argv),
                          .options = nax_cosearch_default(),
                          .space_name = "cifar10",
                          .hardware_name = "nax-reram",
                          .log = {.format = NAX_FORMAT_CSV}};
    struct nax_err err = {.text = "out of memory"};
    struct nax_cosearch_epoch epoch;
    parse(&s, argc, argv);
    open_files(&s);
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    snprintf(s.id, sizeof s.id, "%016llx",
             (unsigned long long)nax_hash(s.tool.seed, s.space_name, strlen(s.space_name)));
    struct nax_record *record = nax_record_alloc();
    int status = record ? search(&s, record, &epoch, &err) : NAX_ERR_MEMORY;
    if (!status)
        status = describe(&s, record, &err);
    if (status)
        tool_fail(&s.tool, &err);
    tool_write_open(&s.tool, "policy");
    tool_write(&s.tool, record);
    nax_record_free(record);
    log_free(&s.log);
    nax_cosearch_free(s.search);
    nax_dataset_free(s.set);
    nax_hardware_free(s.hardware);
    nax_network_file_free(s.file);
    tool_finish(&s.tool);
}
