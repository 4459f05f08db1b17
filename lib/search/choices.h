/* The choices of a convolution, numbered: skip (where allowed), then rising kernels with rising
 * crossbars within each; and designs put together from them. */
#ifndef NAX_SEARCH_CHOICES_H
#define NAX_SEARCH_CHOICES_H

#include "nax/search.h"

uint64_t nax_choices(const struct nax_space *space, size_t slot);
/* A design begins with all but kernels and crossbars, takes a choice for every slot, and ends with
 * its id; false where it is the empty one that the space leaves out. */
void nax_choices_begin(const struct nax_space *space, uint64_t seed, struct nax_candidate *c);
void nax_choices_take(const struct nax_space *space, size_t slot, uint64_t choice,
                      struct nax_candidate *c);
bool nax_choices_end(const struct nax_space *space, struct nax_candidate *c);
/* The number of a choice; one that the space lacks is an error that names the layer. */
int nax_choices_find(const struct nax_space *space, size_t slot, int64_t kernel, int64_t crossbar,
                     size_t *choice, struct nax_err *err) NAX_MUST_USE;

/* A set of designs by their ids. */
struct seen {
    size_t n, cap;
    uint64_t *ids; /* [cap], 0: free */
};
/* 1 when the design is new, and then it is in the set; 0; or NAX_ERR_MEMORY. */
int nax_seen_add(struct seen *seen, const struct nax_candidate *c,
                 struct nax_err *err) NAX_MUST_USE;

#endif
