/* nax-search --evolve: a supernet trained, designs evolved in it, the front written. */
#include "nax/ranks.h"
#include "design.h"
#include "search.h"
#include "search_records.h"
#include "split.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void search_evolve_check(struct searching *s)
{
    struct tool *tool = &s->tool;
    for (const struct nax_option *row = nax_cosearch_rows; row->name; row++)
        if (strcmp(row->name, "fidelity") != 0 && tool_given(tool, row->name))
            tool_misuse(tool, "--%s is of the search by gradients: '--evolve'", row->name);
    static const char *const evolving[] = {"designs", "population", "channels"};
    for (size_t i = 0; s->is_judging && i < sizeof evolving / sizeof *evolving; i++)
        if (tool_given(tool, evolving[i]))
            tool_misuse(tool, "--%s is of designs that evolve: '--judge'", evolving[i]);
    if (tool_given(tool, "noise"))
        tool_misuse(tool, "--noise is of the search by gradients: '--evolve'");
    if (!s->options.recipe.epochs && !s->options.init)
        tool_misuse(tool, "--epochs 0 takes the weights of --init, which is missing");
    if (s->options.recipe.average > 0)
        tool_misuse(tool, "--average takes no mean over parts of a network: '--evolve'");
}

static void designs_path(const struct searching *s, char path[4096])
{
    *path = 0;
    if (s->folder)
        snprintf(path, 4096, "%s/designs.safetensors", s->folder);
}

static int resume(struct searching *s, struct nax_err *err)
{
    char path[4096];
    designs_path(s, path);
    int status = nax_evolution_resume(s->evolution, s->checkpoint, err);
    if (status == NAX_ERR_VALUE)
        search_hint_init(s, err);
    bool has_designs = !s->is_judging && !access(path, F_OK);
    nax_ranks_broadcast(&has_designs, sizeof has_designs);
    if (!status && has_designs) {
        status = nax_evolution_resume_designs(s->evolution, path, err);
        if (status == NAX_ERR_VALUE)
            tool_hint(err, "to evolve anew with the same supernet, remove the file");
    }
    return status;
}

int search_evolve_open(struct searching *s, struct nax_err *err)
{
    const struct nax_cosearch_options *from = &s->options;
    struct nax_evolution_options *o = &s->evolution_options;
    o->space = from->space;
    o->file = from->file;
    o->set = from->set;
    o->hardware = from->hardware;
    o->recipe = from->recipe;
    o->seed = from->seed;
    o->init = from->init;
    o->fidelity = from->fidelity;
    if (s->is_judging)
        o->n_designs = (size_t)nax_evolution_rows[0].max; /* which evolve: none */
    int status = s->inherit && !nax_ranks_own() ? nax_folder_make(s->inherit, err) : 0;
    if (!status)
        status = nax_evolution_alloc(&s->evolution, o, err);
    if (!status && search_has_checkpoint(s))
        status = resume(s, err);
    if (!status)
        log_forget(&s->log, NULL, nax_evolution_epochs_done(s->evolution));
    return status;
}

/* --- the supernet --- */

static int after_step(void *self, size_t step, double loss)
{
    struct searching *s = self;
    const size_t n_steps = nax_evolution_n_steps(s->evolution),
                 done = nax_evolution_epochs_done(s->evolution);
    tool_progress(&s->tool, "supernet: epoch %zu of %zu, step %zu of %zu, loss %.3f, %s left",
                  done + 1, s->options.recipe.epochs, step, n_steps, loss,
                  search_time_left(s, (double)done + (double)step / (double)n_steps));
    return 0;
}

static int train_epoch(struct searching *s, struct nax_err *err)
{
    struct nax_cosearch_epoch epoch = {.search_loss = NAN,
                                       .cost = NAN,
                                       .energy_pj = NAN,
                                       .latency_ns = NAN,
                                       .area_mm2 = NAN,
                                       .edap_pj_ns_mm2 = NAN,
                                       .entropy = NAN};
    struct nax_epoch *e = &epoch.weights;
    int status = nax_evolution_epoch(s->evolution, after_step, s, e, err);
    if (status)
        return status;
    tool_say(
        &s->tool,
        "supernet: epoch %zu of %zu, loss %.4f, validation of the widest %.4f, %.0f s, %s left",
        e->epoch, s->options.recipe.epochs, e->train_loss, e->validation_accuracy, e->seconds,
        search_time_left(s, (double)e->epoch));
    struct nax_record *row = nax_record_alloc(); /* s->record may hold what is to be judged */
    status = !row || search_epoch_record(&epoch, s->id, row)
                 ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'log'")
                 : log_add(&s->log, row, err);
    nax_record_free(row);
    int saved =
        *s->checkpoint ? nax_evolution_save(s->evolution, s->checkpoint, status ? NULL : err) : 0;
    return status ? status : saved;
}

/* --- designs --- */

static void after_design(void *self, const struct nax_evolved *design)
{
    struct searching *s = self;
    char title[PROGRESS_TITLE_SIZE];
    progress_begin(&s->tool, &design->candidate, 1, title);
    progress_show(&s->tool, title, 1, "accuracy %.4f, EDAP %.4g pJ ns mm2", design->accuracy,
                  design->cost.edap_pj_ns_mm2);
}

static void say_generation(struct searching *s)
{
    const size_t n = nax_evolution_n(s->evolution);
    double best = 0;
    if (n == s->n_before) /* the rest of a generation, of which there is none */
        return;
    for (size_t i = 0; i < n; i++)
        best = fmax(best, nax_evolution_at(s->evolution, i)->accuracy);
    tool_say(&s->tool, "%zu designs of %zu, best accuracy %.4f, %.2f s each", n,
             s->evolution_options.n_designs, best,
             (nax_clock_seconds() - s->start) / (double)(n - s->n_before));
}

static int evolve(struct searching *s, struct nax_err *err)
{
    char path[4096];
    int status = 1;
    designs_path(s, path);
    s->start = nax_clock_seconds();
    s->n_before = nax_evolution_n(s->evolution);
    progress_expect(&s->tool, s->evolution_options.n_designs, s->n_before);
    while (status > 0) {
        status = nax_evolution_generation(s->evolution, after_design, s, err);
        if (status > 0)
            say_generation(s);
        if (status > 0 && *path) {
            int saved = nax_evolution_save_designs(s->evolution, path, err);
            status = saved ? saved : status;
        }
    }
    return status;
}

/* --- the front --- */

/* Its weights as a checkpoint that holds nothing of the run which they are from but its split. */
static int inherit(struct searching *s, const struct nax_evolved *d, struct nax_err *err)
{
    struct nax_network *net = NULL;
    struct nax_model *model = NULL;
    struct nax_trainer *trainer = NULL;
    char name[17], path[4096];
    int status = nax_evolution_cut(s->evolution, &d->candidate, &net, &model, err);
    if (status)
        return status;
    snprintf(name, sizeof name, "%016" PRIx64, nax_model_hash(model));
    snprintf(path, sizeof path, "%s/%s.safetensors", s->inherit, name);
    const struct nax_meta meta[] = {{"id", d->candidate.id}, {"weights", name}};
    status = nax_trainer_alloc(&trainer, model, s->set, &s->options.recipe, s->tool.seed, err);
    if (!status && !nax_ranks_own())
        status = nax_trainer_save(trainer, path, meta, sizeof meta / sizeof *meta, err);
    if (!status && (nax_record_set_string(s->record, "weights", name) ||
                    nax_record_set_string(s->record, "weights_hash", name) ||
                    nax_record_set_string(s->record, "checkpoint", path)))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_network_free(net);
    return status;
}

static int describe(struct searching *s, const struct nax_evolved *d, struct nax_err *err)
{
    const struct {
        const char *name;
        double value;
    } costs[] = {{"energy_pj", d->cost.energy_pj},
                 {"latency_ns", d->cost.latency_ns},
                 {"area_mm2", d->cost.area_mm2},
                 {"edap_pj_ns_mm2", d->cost.edap_pj_ns_mm2}};
    struct nax_record *r = s->record;
    int status = nax_candidate_write(&d->candidate, r, err);
    if (status)
        return status;
    status = split_set(r, SPLIT_VALIDATION, "", d->accuracy) ||
             split_set_se(r, SPLIT_VALIDATION, d->accuracy, d->n_images, 0, 1);
    for (size_t i = 0; !status && i < sizeof costs / sizeof *costs; i++)
        status = nax_record_set_float(r, costs[i].name, costs[i].value);
    if (!status)
        status = nax_record_set_int(r, "channel_products", (int64_t)d->cost.n_channel_products) ||
                 nax_record_set_string(r, "fidelity", nax_fidelity_name(s->options.fidelity)) ||
                 nax_record_set_string(r, "data", s->set->name) ||
                 nax_record_set_string(r, "hardware", s->hardware_options.name);
    if (status)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    return s->inherit ? inherit(s, d, err) : 0;
}

static int write_front(struct searching *s, struct nax_err *err)
{
    size_t n, *front = nax_calloc(nax_evolution_n(s->evolution), sizeof *front);
    int status = front ? nax_evolution_front(s->evolution, front, &n, err)
                       : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'front'");
    if (!status)
        tool_write_open(&s->tool, "candidate");
    for (size_t i = 0; !status && i < n; i++) {
        nax_record_clear(s->record);
        status = describe(s, nax_evolution_at(s->evolution, front[i]), err);
        if (!status)
            tool_write(&s->tool, s->record);
    }
    free(front);
    return status;
}

/* The next design of the input, which the supernet has; false at its end. */
static bool next_design(struct searching *s, struct design *design)
{
    struct nax_err err;
    if (!tool_read(&s->tool, s->record))
        return false;
    design_read(design, &s->tool, s->record);
    if (nax_evolution_check(s->evolution, &design->candidate, &err))
        tool_fail_record(&s->tool, &err);
    return true;
}

/* The designs of the input, the first of which is read, each with what is known of it now. */
static void judge(struct searching *s, struct design *design)
{
    struct nax_evolved judged;
    struct nax_err err;
    char title[PROGRESS_TITLE_SIZE];
    s->tool.on_stop = NULL;
    do {
        progress_begin(&s->tool, &design->candidate, 1, title);
        int status = nax_evolution_judge(s->evolution, &design->candidate, &judged, &err);
        split_forget_weights(s->record); /* it is judged by others */
        if (!status)
            status = describe(s, &judged, &err);
        if (status)
            tool_fail_record(&s->tool, &err);
        progress_show(&s->tool, title, 1, "accuracy %.4f", judged.accuracy);
        tool_write(&s->tool, s->record);
        tool_flush(&s->tool);
    } while (next_design(s, design));
}

int search_evolve(struct searching *s, struct nax_err *err)
{
    struct design design = {.n_kept = 0};
    /* before the epochs: they would be lost on what is not of the space */
    bool is_there = s->is_judging && next_design(s, &design);
    int status = 0;
    if (!s->options.recipe.epochs && *s->checkpoint) /* what designs are resumed with */
        status = nax_evolution_save(s->evolution, s->checkpoint, err);
    s->start = nax_clock_seconds();
    s->epochs_before = nax_evolution_epochs_done(s->evolution);
    while (!status && nax_evolution_epochs_done(s->evolution) < s->options.recipe.epochs)
        status = train_epoch(s, err);
    if (!status && is_there)
        judge(s, &design);
    design_close(&design);
    if (!status && !s->is_judging)
        status = evolve(s, err);
    return status || s->is_judging ? status : write_front(s, err);
}
