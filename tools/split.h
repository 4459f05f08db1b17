/* The option --split: which images an accuracy is of, and what its fields are called. */
#ifndef NAX_TOOLS_SPLIT_H
#define NAX_TOOLS_SPLIT_H

#include "nax/nn.h"
#include "nax/option.h"
#include "nax/record.h"

enum split { SPLIT_TEST, SPLIT_VALIDATION, SPLIT_COUNT };
extern const struct nax_words split_words;

/* Field of the network in floating point, and of the same on the hardware. */
const char *split_ideal_field(enum split split);
const char *split_hardware_field(enum split split);

/* Sets the field that is called as that of the hardware, and ending: "_sd" or the like. */
int split_set(struct nax_record *record, enum split split, const char *ending,
              double value) NAX_MUST_USE;
/* And the standard error over images and chips, whose sample deviation is sd: of a fraction of
 * n_images that are the same for all chips. */
int split_set_se(struct nax_record *record, enum split split, double accuracy, size_t n_images,
                 double sd, size_t n_chips) NAX_MUST_USE;
/* Before a measurement: takes out what an earlier one, of other weights or hardware, has left, and
 * with validation what was measured on test images, so that nothing ranks by it unawares. */
void split_clear(struct nax_record *record, enum split split);
/* Before a record gets other weights: takes out all that it says of those that it had, every
 * accuracy among it, joined ones and their differences too. */
void split_forget_weights(struct nax_record *record);

#endif
