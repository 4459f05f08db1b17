/* What decides a candidate's weights, and its results. */
#ifndef NAX_TOOLS_TRAIN_IDENTITY_H
#define NAX_TOOLS_TRAIN_IDENTITY_H

#include "train.h"

/* Where a candidate starts from: t->init, or its file in that folder. */
void train_init_path(const struct training *t, const char *id, char path[TRAIN_PATH_SIZE]);

/* Makes run->identity: what decides the weights besides what nax_training_identify names. */
int train_identify(struct candidate_run *run, struct nax_err *err) NAX_MUST_USE;

/* Of all that decides the results of a run that train_identify has been called for. */
int train_result_hash(const struct candidate_run *run, uint64_t *hash,
                      struct nax_err *err) NAX_MUST_USE;

#endif
