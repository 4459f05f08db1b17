/* nax-search: searches designs, by gradients, which prints a policy, or by evolution in a supernet.
 */
#include "nax/ranks.h"
#include "products.h"
#include "provenance.h"
#include "ranks.h"
#include "search.h"
#include "search_records.h"

#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-search [-q] [--space name] [--data file] [--hardware name] [--set key=value] "
    "[--init file] [--noise dir] [--edap x] [--latency-area x] [--energy x] [--ideal] "
    "[--calibrated] "
    "[--epochs n] [--checkpoint dir] [--resume] [--log file] [options]\n"
    "nax-search --evolve [--designs n] [--population n] [--images n] [--statistics n] "
    "[--channels] [--inherit dir] [options]\n"
    "nax-search --evolve --judge [options] [file ...]\n";

#define FIELD(name) NAX_OPTION_FIELD(struct searching, name)

static const struct nax_option rows[] = {
    {"init", "FILE", "start from the weights of a trained network, or of another search",
     FIELD(options.init)},
    {"noise", "DIR", "keep what conversions do, and do not measure what is there",
     FIELD(options.noise_folder)},
    {"ideal", NULL, "the same as --fidelity ideal", FIELD(is_ideal)},
    {"checkpoint", "DIR", "keep the search in DIR/search.safetensors", FIELD(folder)},
    {"resume", NULL, "continue from the checkpoint in DIR", FIELD(is_resumed),
     .needs = "checkpoint"},
    {"log", "FILE", "a record of every epoch", FIELD(log.path)},
    {"evolve", NULL, "evolve designs in one supernet, and write those that none dominates",
     FIELD(is_evolved)},
    {"judge", NULL, "look at the designs of the input alone, and write each", FIELD(is_judging),
     .needs = "evolve"},
    {"inherit", "DIR", "write the weights of these designs there, for --init of nax-train",
     FIELD(inherit), .needs = "evolve"},
    {.name = NULL}};

static void parse(struct searching *s)
{
    const struct option_group groups[] = {{space_rows, &s->space_options},
                                          {data_rows, &s->data},
                                          {hardware_rows, &s->hardware_options},
                                          {nax_cosearch_rows, &s->options},
                                          {nax_recipe_options, &s->options.recipe},
                                          {rows, s},
                                          {nax_evolution_rows, &s->evolution_options}};
    struct tool *tool = &s->tool;
    tool_options(tool, groups, sizeof groups / sizeof *groups);
    if (s->is_ideal)
        s->options.fidelity = NAX_FIDELITY_IDEAL;
    if (s->is_evolved)
        search_evolve_check(s);
    else if (!s->options.recipe.epochs)
        tool_misuse(tool, "--epochs must be 1 or more");
    if (s->options.noise_folder && s->options.fidelity != NAX_FIDELITY_ADC)
        tool_misuse(tool, "--noise keeps what the fidelity adc measures: 'fidelity %s'",
                    nax_fidelity_name(s->options.fidelity));
    if (s->options.is_nested && s->options.recipe.average > 0)
        tool_misuse(tool,
                    "--average takes no mean over kernels that are parts of others: '--nested'");
    ranks_refuse(tool, "noise", "each measures all conversions");
    if (!s->is_evolved)
        ranks_tell_idle(tool, s->options.recipe.batch);
    s->log.path = nax_ranks_own() ? NULL : s->log.path;
    if (s->is_judging)
        tool_read_open(tool);
    else
        tool_no_files(tool);
    tool->on_stop = s->folder ? "the epoch under way is lost; to continue, add --resume"
                              : "nothing kept without --checkpoint";
    bool is_read_again = tool->format == NAX_FORMAT_MSGPACK || tool->format == NAX_FORMAT_JSON;
    s->log.format = is_read_again ? tool->format : NAX_FORMAT_CSV; /* by --resume */
}

/* Supernets mix kernels and crossbars of layers, and have the network's own widths and the
 * hardware's converters. */
static int check_space(const struct nax_space *space, struct nax_err *err)
{
    if (!space->n_slots)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "no searched layers: give some 'search: true', or take nax-sample "
                           "--grid, which lists the designs of network: '%s'",
                           space->network);
    for (size_t s = 0; s < space->n_stages; s++)
        if (space->n_widths[s])
            return nax_err_set(err, NAX_ERR_VALUE,
                               "widths are not searched by gradients; leave out the key 'stages', "
                               "or draw designs by nax-sample --evolve: '%s'",
                               space->name);
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        if (space->n_bits[k])
            return nax_err_set(err, NAX_ERR_VALUE,
                               "bits are not searched by gradients; leave out the key '%s', or add "
                               "--evolve: '%s'",
                               nax_bits_rows[k].name, space->name);
    if (space->n_adc_bits || space->n_adc_ranges)
        return nax_err_set(
            err, NAX_ERR_VALUE,
            "converters are not searched by gradients; leave out the keys 'adc_bits' "
            "and 'adc_ranges', or draw designs by nax-sample --evolve: '%s'",
            space->name);
    return 0;
}

static int open_search(struct searching *s, struct nax_err *err)
{
    tool_progress(&s->tool, "solving the crossbars of all choices, and measuring them");
    int status = nax_cosearch_alloc(&s->search, &s->options, err);
    if (!status && search_has_checkpoint(s)) {
        status = nax_cosearch_resume(s->search, s->checkpoint, err);
        if (status == NAX_ERR_VALUE)
            search_hint_init(s, err);
    }
    if (!status)
        log_forget(&s->log, NULL, nax_cosearch_epochs_done(s->search));
    return status;
}

static void open_files(struct searching *s)
{
    struct nax_err err;
    int status = nax_products_reserve((size_t)nax_threads(), &err);
    if (!status)
        status = space_open(&s->tool, &s->space, &s->space_options, &err);
    if (!status && !s->is_evolved)
        status = check_space(&s->space, &err);
    if (!status)
        status = nax_network_file_load(&s->file, s->space.network, &err);
    if (!status)
        status = data_open(&s->tool, &s->data, &s->set, &err);
    if (!status)
        status = hardware_open(&s->tool, &s->hardware_options, &s->hardware, &err);
    if (!status && s->folder && !nax_ranks_own())
        status = nax_folder_make(s->folder, &err);
    if (!status && s->options.noise_folder)
        status = search_check_noise_folder(s->options.noise_folder, &err);
    if (!status) /* before the log, which is another's while that has the folder */
        status = search_take_folder(s, &err);
    if (!status)
        status = log_open(&s->log, s->is_resumed, &err);
    if (!status) {
        char what[64];
        provenance_file(&s->tool, s->options.init);
        snprintf(what, sizeof what, "costs and the fidelity %s",
                 nax_fidelity_name(s->options.fidelity));
        const struct hardware_use use = {what,
                                         NAX_PART_COSTS | nax_fidelity_parts(s->options.fidelity)};
        hardware_check_use(&s->tool, &s->hardware_options, s->hardware, &use);
    }
    s->options.space = &s->space;
    s->options.file = s->file;
    s->options.set = s->set;
    s->options.hardware = s->hardware;
    s->options.seed = s->tool.seed;
    if (!status)
        status = s->is_evolved ? search_evolve_open(s, &err) : open_search(s, &err);
    if (status)
        tool_fail(&s->tool, &err);
    if (nax_ranks_own()) { /* rank 0 keeps what is kept */
        s->folder = NULL;
        *s->checkpoint = 0;
    }
}

const char *search_time_left(struct searching *s, double epochs_done)
{
    double done_here = epochs_done - (double)s->epochs_before;
    double seconds = (nax_clock_seconds() - s->start) / done_here;
    return progress_time(seconds * ((double)s->options.recipe.epochs - epochs_done), s->left);
}

static int after_step(void *self, size_t step, double loss)
{
    struct searching *s = self;
    size_t n_steps = nax_cosearch_n_steps(s->search), done = nax_cosearch_epochs_done(s->search);
    tool_progress(&s->tool, "epoch %zu of %zu, step %zu of %zu, loss %.3f, %s left", done + 1,
                  s->options.recipe.epochs, step, n_steps, loss,
                  search_time_left(s, (double)done + (double)step / (double)n_steps));
    return 0;
}

static void say(struct searching *s, const struct nax_cosearch_epoch *e)
{
    tool_say(&s->tool,
             "epoch %zu of %zu, loss %.4f, validation %.4f, EDAP %.4g pJ ns mm2, entropy %.3f, "
             "%.0f s, %s left",
             e->weights.epoch, s->options.recipe.epochs, e->weights.train_loss,
             e->weights.validation_accuracy, e->edap_pj_ns_mm2, e->entropy, e->weights.seconds,
             search_time_left(s, (double)e->weights.epoch));
}

/* An epoch is told, logged (resuming forgets what is too new) and, come what may, saved. */
static int keep_epoch(struct searching *s, struct nax_record *record,
                      const struct nax_cosearch_epoch *epoch, struct nax_err *err)
{
    say(s, epoch);
    int status = search_epoch_record(epoch, s->id, record)
                     ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'log'")
                     : log_add(&s->log, record, err);
    int saved =
        *s->checkpoint ? nax_cosearch_save(s->search, s->checkpoint, status ? NULL : err) : 0;
    return status ? status : saved;
}

/* Choices that were weighed and not decided are no design: what to do about it. */
static void say_unsettled(struct searching *s)
{
    const struct nax_cosearch_options *o = &s->options;
    double entropy = nax_cosearch_entropy(s->search);
    if (entropy > NAX_SETTLED_NATS && o->recipe.epochs > o->warmup_epochs)
        tool_say(
            &s->tool,
            "not settled: entropy is %.3f, not %g; raise --epochs (%zu)%s or --alpha-rate (%g)",
            entropy, NAX_SETTLED_NATS, o->recipe.epochs,
            o->alpha_every > 1 ? ", lower --alpha-every" : "", o->alpha_rate);
}

static int describe(const struct searching *s, struct nax_record *r, struct nax_err *err)
{
    if (search_policy_record(&s->space, s->search, r) ||
        nax_record_set_int(r, "seed", (int64_t)s->tool.seed) ||
        nax_record_set_int(r, "epochs", (int64_t)s->options.recipe.epochs) ||
        nax_record_set_string(r, "data", s->set->name) ||
        nax_record_set_string(r, "hardware", s->hardware_options.name) ||
        (*s->checkpoint && nax_record_set_string(r, "checkpoint", s->checkpoint)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'policy'");
    return 0;
}

static int search(struct searching *s, struct nax_err *err)
{
    struct nax_cosearch_epoch epoch;
    int status = 0;
    s->start = nax_clock_seconds();
    s->epochs_before = nax_cosearch_epochs_done(s->search);
    while (!status && nax_cosearch_epochs_done(s->search) < s->options.recipe.epochs) {
        status = nax_cosearch_epoch(s->search, after_step, s, &epoch, err);
        if (!status)
            status = keep_epoch(s, s->record, &epoch, err);
    }
    if (!status)
        status = describe(s, s->record, err);
    if (status)
        return status;
    say_unsettled(s);
    tool_write_open(&s->tool, "policy");
    tool_write(&s->tool, s->record);
    return 0;
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct searching s = {.tool = ranks_start("nax-search", synopsis, argc, argv),
                          .record = nax_record_alloc()};
    struct nax_err err = {.text = "out of memory"};
    if (!s.record)
        tool_fail(&s.tool, &err);
    parse(&s);
    open_files(&s);
    snprintf(s.id, sizeof s.id, "%016llx",
             (unsigned long long)nax_hash(s.tool.seed, s.space_options.name,
                                          strlen(s.space_options.name)));
    if (s.is_evolved ? search_evolve(&s, &err) : search(&s, &err))
        tool_fail(&s.tool, &err);
    search_leave_folder(&s);
    nax_record_free(s.record);
    if (log_close(&s.log, &err))
        tool_fail(&s.tool, &err);
    nax_evolution_free(s.evolution);
    nax_cosearch_free(s.search);
    nax_dataset_free(s.set);
    nax_hardware_free(s.hardware);
    nax_network_file_free(s.file);
    tool_finish(&s.tool);
}
