/* A space in memory, and what must be true of designs. */
#ifndef NAX_FUZZ_DESIGNS_H
#define NAX_FUZZ_DESIGNS_H

#include "nax/search.h"

#include "input.h"

/* Tells a space of three convolutions: whether it takes them. */
static inline bool space_bind(struct nax_space *space)
{
    static const int64_t own[] = {3, 5, 1};
    static const bool can_skip[] = {false, true, true};
    static const int64_t widths[] = {8, 16, 4};
    struct nax_err err;
    space->n_stages = 3;
    memcpy(space->width_own, widths, sizeof widths);
    return !nax_space_bind(space, 3, own, can_skip, &err);
}

/* The record of a design is of the same design. */
static inline void must_be_record_of(struct nax_candidate *c)
{
    static struct nax_candidate back;
    struct nax_err err;
    struct nax_record *r = nax_record_alloc();
    must(r && !nax_candidate_write(c, r, &err) && !nax_candidate_read(&back, r, &err));
    must(back.n_slots == c->n_slots && back.n_stages == c->n_stages &&
         back.has_adc_bits == c->has_adc_bits && back.has_adc_range == c->has_adc_range &&
         !memcmp(back.bits, c->bits, sizeof c->bits) &&
         !memcmp(back.width, c->width, c->n_stages * sizeof *c->width) && !strcmp(back.id, c->id) &&
         back.seed == c->seed && !memcmp(back.kernel, c->kernel, c->n_slots * sizeof *c->kernel) &&
         !memcmp(back.crossbar, c->crossbar, c->n_slots * sizeof *c->crossbar));
    nax_record_free(r);
}

#endif
