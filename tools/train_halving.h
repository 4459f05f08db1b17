/* Successive halving: after some epochs only the best candidates go on. */
#ifndef NAX_TOOLS_TRAIN_HALVING_H
#define NAX_TOOLS_TRAIN_HALVING_H

#include "train.h"

/* Fills t->hurdles; misuse where --halving is none. */
void train_halving_parse(struct training *t);

/* Trains all of the input so, and writes the records in its order. A failure ends the tool.
 *
 * Candidates are trained to the first hurdle; then those among the best of a hurdle, of all that
 * have arrived there, go on to the next one, until nobody is left to go on; the rest is measured as
 * it is. From hurdle r to the next, R, go the best n r / R of n, at least one: each hurdle takes as
 * many epochs as the other (Jamieson and Talwalkar, AISTATS 2016). Whoever trains in the same
 * folder counts as soon as it has arrived, and nobody is waited for (Li et al., A System for
 * Massively Parallel Hyperparameter Tuning, MLSys 2020, algorithm 2). */
void train_halve(struct training *t);

/* Adds what halving tells of a record that is complete. */
int train_halving_tell(const struct candidate_run *run, struct nax_record *record,
                       struct nax_err *err) NAX_MUST_USE;

#endif
