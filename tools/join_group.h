/* The records of one design, and what they have in common. */
#ifndef NAX_TOOLS_JOIN_GROUP_H
#define NAX_TOOLS_JOIN_GROUP_H

#include "nax/record.h"

/* A record, and where it stood. */
struct member {
    struct nax_record *record; /* while its design, or the baseline, is at hand; or NULL */
    char *id;
    int64_t seed;
    size_t index, first; /* of its design */
};

/* The records of one design, by seed. */
struct group {
    struct member *at;
    size_t n;
};

/* An accuracy is a number in each or in none. */
int group_check(const struct group *d, struct nax_err *err) NAX_MUST_USE;
/* As records_join says. out: an empty record; values: [d->n]; baseline: a design, or NULL. 0 or
 * NAX_ERR_MEMORY. */
int group_join(const struct group *d, const struct group *baseline, double *values,
               struct nax_record *out) NAX_MUST_USE;

#endif
