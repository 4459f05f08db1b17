/* Epochs trained on the hardware. */
#ifndef NAX_TOOLS_TRAIN_NOISE_H
#define NAX_TOOLS_TRAIN_NOISE_H

#include "train.h"

extern const struct nax_option noise_rows[]; /* of struct noise_options */

/* Chips that batch norm's statistics are the mean of, a batch each, when an epoch is over: the
 * running ones are of the last chip, and as wrong on others as its errors are its own. */
enum { NOISE_CHIPS = 16 };

struct noise_epochs;

/* The fidelity that epochs are trained on: linear where results are measured on it, else adc. */
enum nax_fidelity rehearsal_fidelity(const struct training *t);

/* At the start of an epoch: input ranges and what conversions add are measured with the weights as
 * they are, and the trainer multiplies on the hardware from now on. *noise_epochs: NULL, or of the
 * epoch before. */
int noise_epochs_begin(struct noise_epochs **noise_epochs, struct candidate_run *run,
                       struct nax_err *err) NAX_MUST_USE;
/* After step `step`, from 1, of the epoch: effective weights follow the weights; where that is due,
 * they are programmed into another chip; when the epoch is over, batch norm's statistics are taken.
 */
int noise_epochs_step(struct noise_epochs *noise_epochs, size_t step,
                      struct nax_err *err) NAX_MUST_USE;
void noise_epochs_free(struct noise_epochs *noise_epochs);

#endif
