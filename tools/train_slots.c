/* Candidates at work side by side: results leave in the order in which they came. */
#include "train_slots.h"
#include "design.h"
#include "nax/cosearch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct slot {
    pthread_t thread;
    bool is_busy;
    atomic_bool is_done; /* its thread need not be waited for */
    struct candidate_run run;
    struct nax_record *record;
    char where[TRAIN_WHERE_SIZE]; /* it came from, for messages */
    struct nax_err err;
    int status;
};

static void *work(void *self)
{
    struct slot *s = self;
    s->status = train_run(&s->run, s->record, &s->err);
    atomic_store(&s->is_done, true);
    return NULL;
}

static void join(struct slot *s)
{
    if (s->is_busy)
        pthread_join(s->thread, NULL);
    s->is_busy = false;
}

/* Waits for a slot, oldest first, and hands over its record. Where it has failed, the younger ones
 * end their step and keep a checkpoint before the tool ends. */
static void finish(struct training *t, const struct train_queue *queue, struct slot *slots,
                   size_t i)
{
    struct slot *s = &slots[i];
    if (!s->is_busy)
        return;
    join(s);
    nax_network_free(s->run.net);
    nax_hardware_convert_free(s->run.own);
    if (s->status)
        nax_err_prefix(&s->err, "%s", s->where);
    if (s->run.has_record || !s->status)
        queue->done(queue->self, &s->run, s->record);
    if (!s->status)
        return;
    if (s->run.has_record && queue->late) {
        if (!queue->late->status)
            *queue->late = s->err;
        return;
    }
    nax_stop();
    for (size_t k = 0; k < t->n_parallel; k++)
        join(&slots[k]);
    tool_fail(&t->tool, &s->err);
}

/* All slots, those from `oldest` on in the order of their candidates. */
struct slots {
    struct training *t;
    const struct train_queue *queue;
    struct slot *slot; /* [t->n_parallel] */
    size_t oldest;
};

static void finish_all(const struct slots *all)
{
    for (size_t k = 0; k < all->t->n_parallel; k++)
        finish(all->t, all->queue, all->slot, (all->oldest + k) % all->t->n_parallel);
}

/* While input is waited for: whether some are at work still. */
static bool hand_over(void *self)
{
    static const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    const struct slots *all = self;
    for (size_t k = 0; k < all->t->n_parallel; k++) {
        size_t at = (all->oldest + k) % all->t->n_parallel;
        if (!all->slot[at].is_busy)
            continue;
        if (!atomic_load(&all->slot[at].is_done)) {
            nanosleep(&pause, NULL);
            return true;
        }
        finish(all->t, all->queue, all->slot, at);
    }
    return false;
}

/* 1: a candidate is at work in the slot; 0: there is none left; negative: an error. */
static int begin(struct training *t, const struct train_queue *queue, struct design *design,
                 struct slot *s, struct nax_err *err)
{
    s->run = (struct candidate_run){.t = t, .target = t->recipe.epochs};
    int status = queue->next(queue->self, &s->run, s->record, s->where, err);
    if (status <= 0)
        return status;
    status = design_take(design, s->record, err);
    if (status >= 0)
        status = design_build(design, &s->run.net, s->run.crossbars, err);
    if (!status)
        status = nax_hardware_of(&s->run.own, &design->candidate, s->run.net, t->hardware, err);
    if (status) {
        nax_err_prefix(err, "%s", s->where);
        return status;
    }
    data_compare(&t->tool, t->set, s->run.net);
    s->run.candidate = design->candidate;
    atomic_store(&s->is_done, false);
    progress_begin(&t->tool, &design->candidate, t->n_parallel, s->run.title);
    if ((errno = pthread_create(&s->thread, NULL, work, s)))
        return nax_err_io(err, "out of memory: 'thread of candidate %s'", s->run.candidate.id);
    s->is_busy = true;
    return 1;
}

void train_work_through(struct training *t, const struct train_queue *queue)
{
    struct nax_err err = {.text = "out of memory"};
    struct design design = {.n_kept = 0};
    struct slot *slots = nax_calloc(t->n_parallel, sizeof *slots);
    if (!slots)
        tool_fail(&t->tool, &err);
    for (size_t k = 0; k < t->n_parallel; k++)
        if (!(slots[k].record = nax_record_alloc()))
            tool_fail(&t->tool, &err);
    struct slots all = {t, queue, slots, 0};
    int status = 1;
    for (; status > 0; all.oldest = (all.oldest + 1) % t->n_parallel) {
        finish(t, queue, slots, all.oldest);
        if (queue->reader) /* each time: at first the writer is opened, which sets its own */
            nax_reader_on_wait(queue->reader, hand_over, &all);
        status = begin(t, queue, &design, &slots[all.oldest], &err);
    }
    if (queue->reader)
        nax_reader_on_wait(queue->reader, NULL, NULL);
    finish_all(&all);
    if (status < 0)
        tool_fail(&t->tool, &err);
    for (size_t k = 0; k < t->n_parallel; k++)
        nax_record_free(slots[k].record);
    free(slots);
    design_close(&design);
}
