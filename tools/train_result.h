/* What a trained candidate comes to. */
#ifndef NAX_TOOLS_TRAIN_RESULT_H
#define NAX_TOOLS_TRAIN_RESULT_H

#include "train.h"

/* Measures run->model on test images, ideal and on the hardware, and fills the record with all that
 * nax-train adds but the path of the weights. */
int train_describe(const struct candidate_run *run, struct nax_record *record,
                   const struct weights_state *state, struct nax_err *err) NAX_MUST_USE;

/* What can be known before the network is trained: that it can be measured, and its weights kept.
 */
int train_look_ahead(const struct candidate_run *run, struct nax_err *err) NAX_MUST_USE;

#endif
