/* nax-train: trains each candidate and measures its accuracy. */
#include "design.h"
#include "recipe.h"
#include "tool.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nax/mapping.h"

static const char usage[] =
    "nax-train [-q] [--data file] [--epochs n] [--checkpoint dir] [--resume] "
    "[--hardware name] [--fidelity name] [options] [file ...]\n"
    "\n"
    "      --data FILE       data set (the built-in synthetic one)\n" RECIPE_USAGE
    "      --checkpoint DIR  keep the weights of each candidate in DIR/ID.safetensors\n"
    "      --save-every X    minutes between checkpoints within an epoch (10)\n"
    "      --resume          continue from the checkpoints in DIR\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --fidelity NAME   ideal, quantized, linear or full (quantized)\n"
    "      --images N        test images to measure on, 0: all (0)\n" TOOL_USAGE;

enum {
    OPT_DATA = TOOL_OPT_OWN,
    OPT_CHECKPOINT,
    OPT_SAVE_EVERY,
    OPT_RESUME,
    OPT_HARDWARE,
    OPT_FIDELITY,
    OPT_IMAGES
};

static const struct option options[] = {{"data", required_argument, NULL, OPT_DATA},
                                        RECIPE_LONG,
                                        {"checkpoint", required_argument, NULL, OPT_CHECKPOINT},
                                        {"save-every", required_argument, NULL, OPT_SAVE_EVERY},
                                        {"resume", no_argument, NULL, OPT_RESUME},
                                        {"hardware", required_argument, NULL, OPT_HARDWARE},
                                        {"fidelity", required_argument, NULL, OPT_FIDELITY},
                                        {"images", required_argument, NULL, OPT_IMAGES},
                                        TOOL_LONG};

struct training {
    struct tool tool;
    struct nax_recipe recipe;
    const char *data, *folder; /* of the checkpoints, or NULL */
    const char *hardware_name;
    enum nax_fidelity fidelity;
    double save_seconds; /* at most, between checkpoints */
    bool is_resumed;
    size_t n_test;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct design design;
};

/* One candidate at work. */
struct job {
    struct training *t;
    const struct nax_candidate *candidate;
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    char checkpoint[4096]; /* path, or "" */
    size_t epochs_before;  /* of this run: those resumed from */
    double start, saved;   /* when training and when the last checkpoint was, in seconds */
    int save_status;       /* of a checkpoint within an epoch */
    struct nax_err *err;   /* where it tells why */
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

static void parse(struct training *t, int argc, char **argv)
{
    struct tool *tool = &t->tool;
    for (int opt; (opt = getopt_long(argc, argv, TOOL_SHORT, options, NULL)) != -1;)
        if (opt == OPT_DATA) {
            t->data = optarg;
        } else if (opt == OPT_CHECKPOINT) {
            t->folder = optarg;
        } else if (opt == OPT_SAVE_EVERY) {
            t->save_seconds = 60 * tool_float(tool, "save-every", optarg, 0, 1e6);
        } else if (opt == OPT_RESUME) {
            t->is_resumed = true;
        } else if (opt == OPT_HARDWARE) {
            t->hardware_name = optarg;
        } else if (opt == OPT_FIDELITY) {
            t->fidelity = nax_fidelity_parse(optarg);
            if (t->fidelity == NAX_FIDELITY_COUNT)
                tool_misuse(tool, "no such fidelity: '%s'", optarg);
        } else if (opt == OPT_IMAGES) {
            t->n_test = (size_t)tool_int(tool, "images", optarg, 0, INT32_MAX);
        } else if (!recipe_option(tool, &t->recipe, opt)) {
            tool_option(tool, opt);
        }
    if (t->is_resumed && !t->folder)
        tool_misuse(tool, "--resume needs --checkpoint");
}

static void open_data(struct training *t)
{
    struct nax_err err;
    int status = t->data ? nax_dataset_open(&t->set, t->data, &err)
                         : nax_synth(&t->set, 0, 4000, 1000, &err);
    if (!status && !t->set->test.n)
        status = nax_err_set(&err, NAX_ERR_VALUE, "no test images: '%s'", t->data);
    if (!status)
        status = nax_hardware_load(&t->hardware, t->hardware_name, &err);
    if (!status && t->folder && mkdir(t->folder, 0777) && errno != EEXIST)
        status = nax_err_io(&err, "cannot make folder: '%s'", t->folder);
    if (status)
        tool_fail(&t->tool, &err);
}

static int save(struct job *job, struct nax_err *err)
{
    if (!job->t->folder)
        return 0;
    job->saved = nax_clock_seconds();
    const struct nax_meta meta[] = {{"id", job->candidate->id}};
    return nax_trainer_save(job->trainer, job->checkpoint, meta, 1, err);
}

static double seconds_left(const struct job *job, double epochs_done)
{
    double all = (double)job->t->recipe.epochs, before = (double)job->epochs_before;
    return (nax_clock_seconds() - job->start) / (epochs_done - before) * (all - epochs_done);
}

static int after_step(void *self, size_t step, double loss)
{
    struct job *job = self;
    size_t n_steps = nax_trainer_n_steps(job->trainer);
    size_t done = nax_trainer_epochs_done(job->trainer);
    tool_progress(&job->t->tool, "%s: epoch %zu of %zu, step %zu of %zu, loss %.3f, %.0f s left",
                  job->candidate->id, done + 1, job->t->recipe.epochs, step, n_steps, loss,
                  seconds_left(job, (double)done + (double)step / (double)n_steps));
    bool is_due = nax_clock_seconds() - job->saved > job->t->save_seconds;
    if (is_due || is_interrupted)
        job->save_status = save(job, job->err);
    return is_interrupted || job->save_status;
}

static void say_epoch(const struct job *job, const struct nax_epoch *e)
{
    tool_say(&job->t->tool,
             "%s: epoch %zu of %zu, loss %.4f, train %.4f, validation %.4f, %.0f images/s, "
             "%.0f s left",
             job->candidate->id, e->epoch, job->t->recipe.epochs, e->train_loss, e->train_accuracy,
             e->validation_accuracy, e->images_per_second, seconds_left(job, (double)e->epoch));
}

static int prepare(struct job *job, struct nax_err *err)
{
    struct training *t = job->t;
    uint64_t seed = t->tool.seed;
    int status = design_build(&t->design, &job->net, job->crossbars, err);
    if (!status)
        status = nax_model_alloc(&job->model, job->net, seed, err);
    if (!status)
        status = nax_trainer_alloc(&job->trainer, job->model, t->set, &t->recipe, seed, err);
    if (status || !t->folder)
        return status;
    snprintf(job->checkpoint, sizeof job->checkpoint, "%s/%s.safetensors", t->folder,
             job->candidate->id);
    if (t->is_resumed && !access(job->checkpoint, F_OK))
        status = nax_trainer_resume(job->trainer, job->checkpoint, err);
    return status;
}

/* 0, NAX_ERR_NUMERIC when it diverged, or another error */
static int train(struct job *job, double *seconds, struct nax_err *err)
{
    int status = 0;
    job->start = job->saved = nax_clock_seconds();
    job->epochs_before = nax_trainer_epochs_done(job->trainer);
    while (!status && nax_trainer_epochs_done(job->trainer) < job->t->recipe.epochs) {
        struct nax_epoch epoch;
        status = nax_trainer_epoch(job->trainer, after_step, job, &epoch, err);
        if (job->save_status)
            return job->save_status;
        if (!status && !epoch.epoch)
            return nax_err_set(err, NAX_ERR_IO,
                               job->t->folder ? "interrupted: to continue, add --resume"
                                              : "interrupted: nothing kept without --checkpoint");
        if (!status) {
            say_epoch(job, &epoch);
            status = save(job, err);
        }
    }
    *seconds = nax_clock_seconds() - job->start;
    return status;
}

static int measure(const struct job *job, struct nax_record *record, struct nax_err *err)
{
    const struct training *t = job->t;
    struct nax_score ideal = {0}, hardware = {0}, validation = {0};
    struct nax_eval options_test = {.n_images = t->n_test};
    struct nax_mapping mapping = {
        .hardware = t->hardware, .crossbars = job->crossbars, .fidelity = t->fidelity};
    bool has_validation = t->recipe.validation > 0;
    int status = nax_model_eval(job->model, &t->set->test, &options_test, &ideal, err);
    if (!status)
        status = nax_mapped_score(job->model, &mapping, t->set, t->n_test, &hardware, err);
    if (!status && has_validation)
        status = nax_trainer_validate(job->trainer, &validation, err);
    if (!status)
        status = nax_record_set_float(record, "accuracy", hardware.accuracy);
    if (!status)
        status = nax_record_set_float(record, "accuracy_ideal", ideal.accuracy);
    if (!status && has_validation)
        status = nax_record_set_float(record, "accuracy_validation", validation.accuracy);
    if (!status)
        status = nax_record_set_string(record, "fidelity", nax_fidelity_name(t->fidelity));
    return status;
}

static int describe(const struct job *job, struct nax_record *record, double seconds,
                    bool has_diverged, struct nax_err *err)
{
    int status = has_diverged ? nax_record_set_null(record, "accuracy") : measure(job, record, err);
    if (!status)
        status =
            nax_record_set_int(record, "epochs", (int64_t)nax_trainer_epochs_done(job->trainer));
    if (!status)
        status = nax_record_set_float(record, "train_seconds", seconds);
    if (!status)
        status = nax_record_set_string(record, "data", job->t->set->name);
    if (!status && *job->checkpoint)
        status = nax_record_set_string(record, "checkpoint", job->checkpoint);
    if (!status)
        status = nax_record_set_string(record, "status", has_diverged ? "diverged" : "ok");
    return status;
}

static void run(struct training *t, struct nax_record *record)
{
    struct nax_err err = {.text = "out of memory"};
    struct job job = {.t = t, .candidate = &t->design.candidate, .err = &err};
    double seconds = 0;
    design_read(&t->design, &t->tool, record);
    int status = prepare(&job, &err);
    if (!status)
        status = train(&job, &seconds, &err);
    bool has_diverged = status == NAX_ERR_NUMERIC;
    if (has_diverged)
        tool_say(&t->tool, "%s: diverged: %s", job.candidate->id, err.text);
    if (!status || has_diverged)
        status = describe(&job, record, seconds, has_diverged, &err);
    nax_trainer_free(job.trainer);
    nax_model_free(job.model);
    nax_network_free(job.net);
    if (status)
        tool_fail_record(&t->tool, &err);
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct training t = {.tool = tool_start("nax-train", usage, argc, argv),
                         .save_seconds = 600,
                         .hardware_name = "nax-reram",
                         .fidelity = NAX_FIDELITY_QUANTIZED,
                         .recipe = nax_recipe_default()};
    parse(&t, argc, argv);
    tool_read_open(&t.tool);
    open_data(&t);
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);

    struct nax_err err = {.text = "out of memory"};
    struct nax_record *record = nax_record_alloc();
    if (!record)
        tool_fail(&t.tool, &err);
    while (tool_read(&t.tool, record)) {
        run(&t, record);
        tool_write(&t.tool, record);
        if (nax_writer_flush(t.tool.writer, &err))
            tool_fail(&t.tool, &err);
    }
    nax_record_free(record);
    nax_dataset_free(t.set);
    nax_hardware_free(t.hardware);
    design_close(&t.design);
    tool_finish(&t.tool);
}
