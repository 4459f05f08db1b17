/* What decides a candidate's weights, and its results. */
#ifndef NAX_TOOLS_TRAIN_IDENTITY_H
#define NAX_TOOLS_TRAIN_IDENTITY_H

#include "train.h"

/* Whether t->init is a folder that cannot have the record's weights: they have diverged. */
bool train_has_no_start(const struct candidate_run *run, const struct nax_record *record);

/* Sets run->start_path: t->init, or in that folder the file of the weights that the record names.
 */
int train_find_start(struct candidate_run *run, const struct nax_record *record,
                     struct nax_err *err) NAX_MUST_USE;

/* Makes run->identity, what decides the weights besides what nax_training_identify names, and of
 * all of it run->weights, their name. */
int train_identify(struct candidate_run *run, struct nax_err *err) NAX_MUST_USE;

/* Whether there is nothing of another run of this design in the folder, which --resume might have
 * meant: an error that says what differs. */
int train_resume_check(const struct candidate_run *run, struct nax_err *err) NAX_MUST_USE;

/* Of all that decides the results of a run that train_identify has been called for. */
int train_result_hash(const struct candidate_run *run, uint64_t *hash,
                      struct nax_err *err) NAX_MUST_USE;

#endif
