/* nax-train: trains each candidate and measures its accuracy. */
#include "nax/cosearch.h"
#include "design.h"
#include "explain.h"
#include "products.h"
#include "train.h"
#include "train_noise.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
    nax_threads_set((int)NAX_MAX((size_t)nax_threads() / t->n_parallel, 1));
}

/* A candidate at work on a thread of its own; results leave in the order of the input. */
struct slot {
    pthread_t thread;
    bool is_busy;
    struct candidate_run run;
    struct nax_record *record;
    char where[512]; /* it came from, for messages */
    struct nax_err err;
    int status;
};

static void *work(void *self)
{
    struct slot *s = self;
    s->status = train_run(&s->run, s->record, &s->err);
    return NULL;
}

static void join(struct slot *s)
{
    if (s->is_busy)
        pthread_join(s->thread, NULL);
    s->is_busy = false;
}

/* Waits for a slot, oldest first, and writes its record. Where it has failed, the younger ones end
 * their step and keep a checkpoint before the tool ends. */
static void finish(struct training *t, struct slot *slots, size_t i)
{
    struct slot *s = &slots[i];
    if (!s->is_busy)
        return;
    join(s);
    nax_network_free(s->run.net);
    nax_hardware_convert_free(s->run.own);
    if (s->status)
        nax_err_prefix(&s->err, "%s", s->where);
    if (s->run.has_record) {
        tool_write(&t->tool, s->record);
        tool_flush(&t->tool);
    }
    if (!s->status)
        return;
    nax_stop();
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
    s->run = (struct candidate_run){.t = t};
    status = design_take(design, s->record, err);
    if (status >= 0)
        status = design_build(design, &s->run.net, s->run.crossbars, err);
    if (!status)
        status = nax_adcs_of(&s->run.own, &design->candidate, s->run.net, t->hardware, err);
    if (status) {
        nax_err_prefix(err, "%s", s->where);
        return status;
    }
    data_compare(&t->tool, t->set, s->run.net);
    s->run.candidate = design->candidate;
    progress_begin(&t->tool, &design->candidate, t->n_parallel, s->run.title);
    if ((errno = pthread_create(&s->thread, NULL, work, s)))
        return nax_err_io(err, "out of memory: 'thread of candidate %s'", s->run.candidate.id);
    s->is_busy = true;
    return 1;
}

static void run(struct training *t)
{
    struct nax_err err = {.text = "out of memory"};
    struct design design = {.n_kept = 0};
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
    struct training t = {.tool = tool_start("nax-train", synopsis, argc, argv)};
    parse(&t);
    tool_read_open(&t.tool);
    if (t.is_explained) {
        explain(&t.tool, t.recipe.precision);
        tool_finish(&t.tool);
    }
    train_open(&t);
    run(&t);
    train_close(&t);
    tool_finish(&t.tool);
}
