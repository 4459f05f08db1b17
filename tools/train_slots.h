/* Candidates at work side by side, each on a thread of its own. */
#ifndef NAX_TOOLS_TRAIN_SLOTS_H
#define NAX_TOOLS_TRAIN_SLOTS_H

#include "train.h"

enum { TRAIN_WHERE_SIZE = 512 };

/* Where candidates come from, and where they go. */
struct train_queue {
    void *self;
    /* Fills the record, where it came from, and of the run what only its maker knows. 1; 0: there
     * is none left; or an error. */
    int (*next)(void *self, struct candidate_run *run, struct nax_record *record,
                char where[TRAIN_WHERE_SIZE], struct nax_err *err);
    /* In the order of next; of one that failed only where its record was complete before. */
    void (*done)(void *self, const struct candidate_run *run, const struct nax_record *record);
    /* Gets the first failure that loses no record, for who writes them all later; NULL: it ends the
     * tool like others, when the record is done. */
    struct nax_err *late;
    /* Where next may wait for input, or NULL: what is done meanwhile is handed over. */
    struct nax_reader *reader;
};

/* Works through the queue; a failure ends the tool. */
void train_work_through(struct training *t, const struct train_queue *queue);

#endif
