/* Records of one design, trained from several seeds, as one. */
#ifndef NAX_TOOLS_JOIN_H
#define NAX_TOOLS_JOIN_H

#include "nax/record.h"

/* Replaces *records by one for every id, in the order of the first of each. Its accuracies,
 * numbers whose names begin so, are means over the seeds; NAME_se becomes the standard error over
 * images, chips and seeds; n_seeds is their number; other fields stay where all records agree, and
 * are left out where they do not. baseline: the id of the design that accuracies are compared with
 * seed by seed, in NAME_difference and NAME_difference_se, or NULL. NAX_ERR_VALUE: a record without
 * an id, one seed of a design twice, no such baseline, an accuracy that only some of the records
 * have. */
int records_join(struct nax_store **records, const char *baseline,
                 struct nax_err *err) NAX_MUST_USE;

#endif
