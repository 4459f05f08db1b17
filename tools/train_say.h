/* What nax-train tells people while it works on a candidate. */
#ifndef NAX_TOOLS_TRAIN_SAY_H
#define NAX_TOOLS_TRAIN_SAY_H

#include "train.h"

/* The line on a terminal: a step of an epoch; what comes after training. */
void train_show_step(const struct candidate_run *run, size_t epochs_done, size_t step, double loss);
void train_show_measuring(const struct candidate_run *run);
/* Lines that stay. */
void train_say_epoch(const struct candidate_run *run, const struct nax_epoch *e);
void train_say(const struct candidate_run *run, const char *what, const char *detail);

#endif
