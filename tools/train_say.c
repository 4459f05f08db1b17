/* What nax-train tells people while it works on a candidate. */
#include "train_say.h"

#include <pthread.h>

static pthread_mutex_t talking = PTHREAD_MUTEX_INITIALIZER;

/* Of the candidate's training, as the epochs of this run went so far. */
static const char *time_left(const struct candidate_run *run, double epochs_done,
                             char text[PROGRESS_TIME_SIZE])
{
    double all = (double)run->t->recipe.epochs, before = (double)run->epochs_before;
    double seconds = nax_clock_seconds() - run->start;
    return progress_time(seconds / (epochs_done - before) * (all - epochs_done), text);
}

void train_show_step(const struct candidate_run *run, size_t epochs_done, size_t step, double loss)
{
    const size_t n_steps = nax_trainer_n_steps(run->trainer), n = run->t->recipe.epochs;
    const double done = (double)epochs_done + (double)step / (double)n_steps;
    char left[PROGRESS_TIME_SIZE];
    pthread_mutex_lock(&talking);
    progress_show(&run->t->tool, run->title, done / (double)n,
                  "epoch %zu of %zu, step %zu of %zu, loss %.3f, %s left", epochs_done + 1, n, step,
                  n_steps, loss, time_left(run, done, left));
    pthread_mutex_unlock(&talking);
}

void train_show_measuring(const struct candidate_run *run)
{
    pthread_mutex_lock(&talking);
    run->t->tool.progress_shown = 0; /* at once: it stands for long */
    progress_show(&run->t->tool, run->title, 1, "solving its crossbars and measuring, fidelity %s",
                  nax_fidelity_name(run->t->measure.fidelity));
    pthread_mutex_unlock(&talking);
}

/* What the epoch took among ranks, with its validation. */
static void say_traffic(const struct candidate_run *run)
{
    static struct nax_ranks_traffic before;
    static double told;
    const struct nax_ranks_traffic now = nax_ranks_traffic();
    if (nax_ranks() == 1)
        return;
    if (told < run->start) { /* an evaluation has come between */
        told = run->start;
        before = run->traffic;
    }
    tool_say(&run->t->tool,
             "%s: %d ranks, %.3g MB a step sent by rank 0, %.0f %% of the time in it and waiting",
             run->title, nax_ranks(),
             (now.bytes - before.bytes) / 1e6 / (double)nax_trainer_n_steps(run->trainer),
             100 * (now.seconds - before.seconds) / (nax_clock_seconds() - told));
    before = now;
    told = nax_clock_seconds();
}

void train_say_epoch(const struct candidate_run *run, const struct nax_epoch *e)
{
    char left[PROGRESS_TIME_SIZE];
    pthread_mutex_lock(&talking);
    tool_say(&run->t->tool,
             "%s: epoch %zu of %zu, loss %.4f, train %.4f, validation %.4f, %.0f images/s, %s left",
             run->title, e->epoch, run->t->recipe.epochs, e->train_loss, e->train_accuracy,
             e->validation_accuracy, e->images_per_second, time_left(run, (double)e->epoch, left));
    say_traffic(run);
    pthread_mutex_unlock(&talking);
}

void train_say(const struct candidate_run *run, const char *what, const char *detail)
{
    pthread_mutex_lock(&talking);
    tool_say(&run->t->tool, "%s: %s%s", run->title, what, detail);
    pthread_mutex_unlock(&talking);
}
