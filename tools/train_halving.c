/* Successive halving over the candidates of a stream. */
#include "train_halving.h"
#include "design.h"
#include "train_pool.h"
#include "train_slots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A candidate of the input. */
struct entrant {
    char *where;
    char weights[WEIGHTS_NAME_SIZE];
    size_t hurdle;  /* that it has arrived at, or is to arrive at next */
    double seconds; /* of its training so far */
    bool is_due, is_stopped;
    struct nax_record *result; /* once it is known */
};

struct halving {
    struct training *t;
    struct train_pool pool;
    struct nax_store *input;
    struct entrant *entrants; /* [n] */
    size_t n, at, back;       /* at, back: the next to begin, and to come back, of those due */
    struct nax_err late;      /* of a result that could not be kept: told when all are written */
};

void train_halving_parse(struct training *t)
{
    const char *text = t->halving_text;
    size_t before = 0;
    while (text && t->n_hurdles < TRAIN_HURDLES_MAX) {
        char *rest;
        size_t hurdle = isdigit((unsigned char)*text) ? (size_t)strtoull(text, &rest, 10) : 0;
        if (hurdle <= before || hurdle >= t->recipe.epochs || (*rest && *rest != ','))
            break;
        t->hurdles[t->n_hurdles++] = before = hurdle;
        text = *rest ? rest + 1 : NULL;
    }
    if (text)
        tool_misuse(&t->tool, "--halving takes rising numbers below the %zu of --epochs: '%s'",
                    t->recipe.epochs, t->halving_text);
    if (t->n_hurdles && !(t->recipe.validation > 0))
        tool_misuse(&t->tool, "--halving needs images held out: --validation above 0");
}

int train_halving_tell(const struct candidate_run *run, struct nax_record *record,
                       struct nax_err *err)
{
    int64_t epochs = 0;
    int status = run->is_stopped ? nax_record_int(record, "epochs", &epochs, err) : 0;
    bool is_short = epochs < (int64_t)run->t->recipe.epochs; /* else others have gone on with it */
    if (!status && nax_record_set_int(record, "epochs_stopped", is_short ? epochs : 0))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    return status;
}

/* Epochs of a hurdle; of the one past the last all. */
static size_t epochs_of(const struct training *t, size_t hurdle)
{
    return hurdle < t->n_hurdles ? t->hurdles[hurdle] : t->recipe.epochs;
}

/* --- visits --- */

static struct entrant *next_due(struct halving *h, size_t *at)
{
    while (*at < h->n && !h->entrants[*at].is_due)
        ++*at;
    return *at < h->n ? &h->entrants[(*at)++] : NULL;
}

static int begin(void *self, struct candidate_run *run, struct nax_record *record,
                 char where[TRAIN_WHERE_SIZE], struct nax_err *err)
{
    struct halving *h = self;
    const struct entrant *e = next_due(h, &h->at);
    if (!e)
        return 0;
    snprintf(where, TRAIN_WHERE_SIZE, "%s", e->where);
    run->target = epochs_of(h->t, e->hurdle);
    run->is_stopped = e->is_stopped;
    run->seconds = e->seconds;
    int status = nax_store_get(h->input, (size_t)(e - h->entrants), record, err);
    return status ? status : 1;
}

/* Which hurdle it has arrived at: an interrupted run may have left it beyond the one asked for. */
static void arrive(struct halving *h, struct entrant *e, size_t epochs, double accuracy)
{
    struct nax_err err;
    while (epochs_of(h->t, e->hurdle + 1) <= epochs)
        e->hurdle++;
    if (train_pool_arrive(&h->pool, e->weights, epochs_of(h->t, e->hurdle), accuracy, &err))
        tool_fail(&h->t->tool, &err);
}

static void come_back(void *self, const struct candidate_run *run, const struct nax_record *record)
{
    struct halving *h = self;
    struct entrant *e = next_due(h, &h->back);
    snprintf(e->weights, sizeof e->weights, "%s", run->weights);
    e->seconds = run->seconds;
    if (run->is_paused) {
        arrive(h, e, run->epochs, run->validation);
        return;
    }
    if (design_has_diverged(record) && *e->weights && /* here, and is beaten by all others */
        e->hurdle < h->t->n_hurdles)
        arrive(h, e, 0, 0);
    if (!(e->result = nax_record_copy(record))) {
        struct nax_err err;
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
        tool_fail(&h->t->tool, &err);
    }
}

static void visit(struct halving *h)
{
    h->at = h->back = 0;
    train_work_through(h->t, &(struct train_queue){h, begin, come_back, &h->late, NULL});
    for (size_t i = 0; i < h->n; i++)
        h->entrants[i].is_due = false;
}

/* --- who goes on --- */

static bool is_among_best(const struct train_arrivals *arrivals, size_t n_best, const char *weights)
{
    for (size_t i = 0; i < arrivals->n && i < n_best; i++)
        if (!strcmp(arrivals->at[i].weights, weights))
            return true;
    return false;
}

/* Those of a hurdle who go on, and whoever was on the way already: how many. */
static int send_from(struct halving *h, size_t hurdle, size_t *n_due, struct nax_err *err)
{
    const size_t here = epochs_of(h->t, hurdle), there = epochs_of(h->t, hurdle + 1);
    struct train_arrivals arrivals;
    int status = train_pool_list(&h->pool, here, &arrivals, err);
    if (status)
        return status;
    const size_t n_best = NAX_MAX(arrivals.n * here / there, 1);
    for (size_t i = 0; i < h->n && !status; i++) {
        struct entrant *e = &h->entrants[i];
        if (e->result || e->is_due || e->hurdle != hurdle ||
            !(is_among_best(&arrivals, n_best, e->weights) ||
              train_pool_is_sent(&h->pool, e->weights, there)))
            continue;
        status = train_pool_send(&h->pool, e->weights, there, err);
        e->hurdle++;
        e->is_due = true;
        ++*n_due;
    }
    free(arrivals.at);
    return status;
}

/* From the last hurdle to the first, so that nobody is sent twice at a time. */
static size_t send(struct halving *h)
{
    struct nax_err err;
    size_t n_due = 0;
    for (size_t hurdle = h->t->n_hurdles; hurdle-- > 0;)
        if (send_from(h, hurdle, &n_due, &err))
            tool_fail(&h->t->tool, &err);
    return n_due;
}

/* --- the whole --- */

static void read_all(struct halving *h)
{
    struct tool *tool = &h->t->tool;
    struct nax_record *record = nax_record_alloc();
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'records'"};
    int status = record && (h->input = nax_store_alloc()) ? 1 : NAX_ERR_MEMORY;
    while (status > 0 && (status = tool_read_status(tool, record, &err)) > 0) {
        struct entrant *grown = nax_grow(h->entrants, h->n, sizeof *grown);
        char *where = grown ? nax_strdup(nax_reader_where(tool->reader)) : NULL;
        h->entrants = grown ? grown : h->entrants;
        if (!where)
            status = nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
        else if (!(status = nax_store_add(h->input, record, &err)))
            status = 1;
        if (where)
            grown[h->n++] = (struct entrant){.where = where, .is_due = true};
    }
    if (status)
        tool_fail(tool, &err);
    nax_record_free(record);
}

static void write_all(struct halving *h)
{
    for (size_t i = 0; i < h->n; i++) {
        tool_write(&h->t->tool, h->entrants[i].result);
        nax_record_free(h->entrants[i].result);
        free(h->entrants[i].where);
    }
    free(h->entrants);
    nax_store_free(h->input);
    if (h->late.status)
        tool_fail(&h->t->tool, &h->late);
}

void train_halve(struct training *t)
{
    struct halving h = {.t = t};
    struct nax_err err;
    if (train_pool_open(&h.pool, t, &err))
        tool_fail(&t->tool, &err);
    read_all(&h);
    do
        visit(&h);
    while (send(&h));
    for (size_t i = 0; i < h.n; i++)
        h.entrants[i].is_due = h.entrants[i].is_stopped = !h.entrants[i].result;
    visit(&h);
    write_all(&h);
}
