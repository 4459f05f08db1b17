/* nax-train: trains each candidate and measures its accuracy. */
#include "explain.h"
#include "products.h"
#include "ranks.h"
#include "train_halving.h"
#include "train_noise.h"
#include "train_slots.h"

static const char synopsis[] =
    "nax-train [-q] [--data file] [--epochs n] [--init path] [--noise-aware n] [--checkpoint dir] "
    "[--resume] [--cache dir] [--hardware name] [--fidelity name] [--parallel n] [options] "
    "[file ...]\n"
    "nax-train --explain [-q] [--precision name] [file ...]\n";

#define FIELD(name) NAX_OPTION_FIELD(struct training, name)

static const struct nax_option rows[] = {
    {"init", "PATH", "start from a checkpoint, or from the record's weights in a folder",
     FIELD(init)},
    {"extend", NULL, "go on from them: their momentum, and the rest of more epochs",
     FIELD(is_extended), .needs = "init"},
    {"checkpoint", "DIR", "keep weights in DIR/WEIGHTS.safetensors, a file for each",
     FIELD(folder)},
    {"save-every", "X", "minutes between checkpoints within an epoch", FIELD(save_minutes),
     .max = 1e6, .value = 10, .needs = "checkpoint"},
    {"resume", NULL, "continue from the checkpoints in DIR", FIELD(is_resumed),
     .needs = "checkpoint"},
    {"halving", "LIST", "epochs after which only the best go on, such as 1,3,9",
     FIELD(halving_text), .needs = "resume"},
    {"cache", "DIR", "keep finished results, and do not train what is there", FIELD(cache)},
    {"log", "FILE", "one record an epoch, as CSV", FIELD(log_path)},
    {"parallel", "N", "candidates at a time, which share the threads", FIELD(n_parallel), .min = 1,
     .max = 256, .value = 1},
    {"explain", NULL, "one record a convolution: what computes it; nothing is trained",
     FIELD(is_explained)},
    {.name = NULL}};

static void parse(struct training *t)
{
    const struct option_group groups[] = {{data_rows, &t->data},
                                          {nax_recipe_options, &t->recipe},
                                          {hardware_rows, &t->hardware_options},
                                          {noise_rows, &t->noise},
                                          {measure_rows, &t->measure},
                                          {rows, t},
                                          {share_rows, &t->tool.share}};
    tool_options(&t->tool, groups, sizeof groups / sizeof *groups);
    if (t->is_explained)
        explain_check(&t->tool);
    if (!t->recipe.epochs && !t->init)
        tool_misuse(&t->tool, "--epochs 0 needs --init");
    if (t->noise.n_epochs > t->recipe.epochs)
        tool_misuse(&t->tool, "--noise-aware takes at most the %zu of --epochs: '%zu'",
                    t->recipe.epochs, t->noise.n_epochs);
    if (t->measure.split == SPLIT_VALIDATION && !(t->recipe.validation > 0))
        tool_misuse(&t->tool, "--split validation needs images held out: --validation above 0");
    ranks_refuse(&t->tool, "parallel", "--part deals designs to processes");
    ranks_refuse(&t->tool, "halving", "processes on one --checkpoint folder compare designs");
    ranks_tell_idle(&t->tool, t->recipe.batch);
    train_halving_parse(t);
    nax_threads_set((int)NAX_MAX((size_t)nax_threads() / t->n_parallel, 1));
}

static int next(void *self, struct candidate_run *run, struct nax_record *record,
                char where[TRAIN_WHERE_SIZE], struct nax_err *err)
{
    struct tool *tool = self;
    int status = tool_read_status(tool, record, err);
    (void)run;
    snprintf(where, TRAIN_WHERE_SIZE, "%s", nax_reader_where(tool->reader));
    return status;
}

static void done(void *self, const struct candidate_run *run, const struct nax_record *record)
{
    (void)run;
    tool_write(self, record);
    tool_flush(self);
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct training t = {.tool = ranks_start("nax-train", synopsis, argc, argv)};
    parse(&t);
    tool_read_open(&t.tool);
    if (t.is_explained) {
        explain(&t.tool, t.recipe.precision);
        tool_finish(&t.tool);
    }
    train_open(&t);
    if (t.halving_text)
        train_halve(&t);
    else
        train_work_through(&t, &(struct train_queue){&t.tool, next, done, NULL, t.tool.reader});
    train_close(&t);
    tool_finish(&t.tool);
}
