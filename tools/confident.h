/* The front of records whose numbers have errors. */
#ifndef NAX_TOOLS_CONFIDENT_H
#define NAX_TOOLS_CONFIDENT_H

#include "nax/search.h"
#include "records.h"

/* nax_front_confident of the records: fields NAME_se are the standard errors of the objectives, and
 * what has none is exact. confidence: the chance, by the normal distribution, that a difference
 * which counts has its sign; 0.5: errors do not count. points: [n][m], filled; is_front: [n]. */
int confident_front(const struct records *records, const struct nax_objective *objectives, size_t m,
                    double confidence, double *points, bool *is_front,
                    struct nax_err *err) NAX_MUST_USE;

#endif
