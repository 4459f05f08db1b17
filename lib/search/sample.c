/* Designs of a space by number: enumerated, at random, or the same for every convolution. */
#include "nax/search.h"

#include <stdio.h>
#include <string.h>

/* What the third word of a random key under NAX_RNG_SAMPLE is for; from REDRAW on: attempts. */
enum { KEY_SLOT, KEY_PERMUTATION, KEY_REDRAW };

static void start(const struct nax_space *space, uint64_t seed, struct nax_candidate *c)
{
    memcpy(c->space, space->name, sizeof space->name);
    memcpy(c->network, space->network, sizeof c->network);
    c->seed = seed;
    c->crossbar_fixed = space->crossbar_fixed;
    c->n_slots = space->n_slots;
}

static uint64_t slot_choices(const struct nax_space *space, size_t s)
{
    return space->n_kernels * space->n_crossbars + space->can_skip[s];
}

static void choose(const struct nax_space *space, size_t s, uint64_t choice,
                   struct nax_candidate *c)
{
    if (space->can_skip[s] && choice-- == 0) {
        c->kernel[s] = c->crossbar[s] = 0;
        return;
    }
    c->kernel[s] = space->kernels[choice / space->n_crossbars];
    c->crossbar[s] = space->crossbars[choice % space->n_crossbars];
}

void nax_space_design(const struct nax_space *space, uint64_t i, uint64_t seed,
                      struct nax_candidate *c)
{
    start(space, seed, c);
    i += space->is_empty_left_out; /* skipping all comes first */
    for (size_t s = space->n_slots; s-- > 0;) {
        uint64_t n = slot_choices(space, s);
        choose(space, s, i % n, c);
        i /= n;
    }
    nax_candidate_set_id(c);
}

/* A pseudorandom permutation of 0 … n-1: a balanced Feistel network (Luby and Rackoff, SIAM J.
 * Comput. 1988) over the next even number of bits, applied again while it leads outside (cycle
 * walking; Black and Rogaway, CT-RSA 2002). Less than 4n numbers are permuted, so 4 turns do on
 * average. */
static uint64_t permute(uint64_t i, uint64_t n, uint64_t seed)
{
    enum { n_rounds = 8 };
    unsigned half_bits = 1;
    while (half_bits < 32 && (n - 1) >> 2 * half_bits)
        half_bits++;
    const uint64_t mask = ((uint64_t)1 << half_bits) - 1;
    do {
        uint64_t left = i >> half_bits, right = i & mask;
        for (uint64_t round = 0; round < n_rounds; round++) {
            uint64_t word[4];
            nax_rng_block(seed, NAX_RNG_SAMPLE, right, round, KEY_PERMUTATION, n, word);
            uint64_t next = left ^ (word[0] & mask);
            left = right;
            right = next;
        }
        i = left << half_bits | right;
    } while (i >= n);
    return i;
}

void nax_space_random(const struct nax_space *space, uint64_t i, uint64_t seed,
                      struct nax_candidate *c)
{
    if (space->n_designs) {
        nax_space_design(space, permute(i, space->n_designs, seed), seed, c);
        return;
    }
    start(space, seed, c);
    uint64_t purpose = KEY_SLOT;
    bool is_empty;
    do {
        is_empty = space->is_empty_left_out;
        for (size_t s = 0; s < space->n_slots; s++) {
            struct nax_rng rng = nax_rng_at(seed, NAX_RNG_SAMPLE, i, s, purpose);
            choose(space, s, nax_rng_below(&rng, slot_choices(space, s)), c);
            is_empty &= c->kernel[s] == 0;
        }
        purpose = purpose == KEY_SLOT ? KEY_REDRAW : purpose + 1;
    } while (is_empty);
    nax_candidate_set_id(c);
}

void nax_space_homogeneous(const struct nax_space *space, size_t i, uint64_t seed,
                           struct nax_candidate *c)
{
    start(space, seed, c);
    for (size_t s = 0; s < space->n_slots; s++) {
        c->kernel[s] = space->kernel_own[s];
        c->crossbar[s] = space->crossbars[i];
    }
    nax_candidate_set_id(c);
}
