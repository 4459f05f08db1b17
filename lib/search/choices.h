/* What a design is put together from: places, which are its searched layers and then its stages,
 * and the choices of each, numbered. Of a searched layer they are skip (where allowed), then rising
 * kernels with rising crossbars within each, and bits and ranges of ADCs within these; of a stage
 * its widths. A network without searched layers has one place more, unless the space fixes it: the
 * crossbar size of all layers. Then come the numbers of bits that the space leaves open. */
#ifndef NAX_SEARCH_CHOICES_H
#define NAX_SEARCH_CHOICES_H

#include "nax/search.h"

size_t nax_places(const struct nax_space *space);
/* Kernels that the searched layer at a place may have: the space's, or its own alone. */
size_t nax_kernels(const struct nax_space *space, size_t place);
/* How many converters each crossbar may have. */
size_t nax_converters(const struct nax_space *space);
/* Which bits a place is the number of; NAX_BITS_COUNT: of none. */
enum nax_bits nax_place_bits(const struct nax_space *space, size_t place);
/* Combinations of bits that a design may have, and the number of its own; an error where the space
 * lacks it. */
size_t nax_formats(const struct nax_space *space);
int nax_format_find(const struct nax_space *space, const struct nax_candidate *c, size_t *format,
                    struct nax_err *err) NAX_MUST_USE;
/* Those of a combination. */
void nax_format_take(const struct nax_space *space, size_t format, struct nax_candidate *c);
uint64_t nax_choices(const struct nax_space *space, size_t place);
/* What is decided at a place among several: of a searched layer its kernel or to skip it, its
 * crossbar, and bits and range of its ADCs; elsewhere one thing. */
size_t nax_place_decisions(const struct nax_space *space, size_t place);
/* The choice with each of its decisions drawn anew at this rate, alternatives alike likely: so
 * skipping has the chance of a kernel, however many crossbars and converters kernels have. A layer
 * that is no longer skipped draws all. */
uint64_t nax_choices_mutate(const struct nax_space *space, size_t place, uint64_t choice,
                            double rate, struct nax_rng *rng);
/* That a design is of the space's network, with as many choices as it has, and bits of the space.
 */
int nax_choices_check(const struct nax_space *space, const struct nax_candidate *c,
                      struct nax_err *err) NAX_MUST_USE;
/* A design begins with all but its choices, takes one for every place, and ends in its canonical
 * form with its id; false where it is the empty one that the space leaves out. */
void nax_choices_begin(const struct nax_space *space, uint64_t seed, struct nax_candidate *c);
void nax_choices_take(const struct nax_space *space, size_t place, uint64_t choice,
                      struct nax_candidate *c);
bool nax_choices_end(const struct nax_space *space, struct nax_candidate *c);
/* The number of the choice that a design has taken; one that the space lacks is an error that names
 * the layer or stage. */
int nax_choices_find(const struct nax_space *space, size_t place, const struct nax_candidate *c,
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
