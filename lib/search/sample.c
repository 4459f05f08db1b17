/* Designs of a space by number: enumerated, at random, or the same for every convolution. */
#include "choices.h"

/* What the third word of a random key under NAX_RNG_SAMPLE is for; from REDRAW on: attempts. */
enum { KEY_SLOT, KEY_PERMUTATION, KEY_REDRAW };

void nax_space_design(const struct nax_space *space, uint64_t i, uint64_t seed,
                      struct nax_candidate *c)
{
    const uint64_t n_conv = space->n_conv_designs; /* 0: beyond any i */
    uint64_t widths = n_conv ? i / n_conv : 0;
    nax_choices_begin(space, seed, c);
    i = n_conv ? i % n_conv : i;
    i += space->is_empty_left_out; /* skipping all comes first */
    for (size_t p = nax_places(space); p-- > space->n_slots;) {
        uint64_t n = nax_choices(space, p);
        nax_choices_take(space, p, widths % n, c);
        widths /= n;
    }
    for (size_t s = space->n_slots; s-- > 0;) {
        uint64_t n = nax_choices(space, s);
        nax_choices_take(space, s, i % n, c);
        i /= n;
    }
    nax_choices_end(space, c);
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
    nax_choices_begin(space, seed, c);
    uint64_t purpose = KEY_SLOT;
    do {
        for (size_t p = 0; p < nax_places(space); p++) {
            struct nax_rng rng = nax_rng_at(seed, NAX_RNG_SAMPLE, i, p, purpose);
            uint64_t n = nax_choices(space, p);
            nax_choices_take(space, p, n > 1 ? nax_rng_below(&rng, n) : 0, c);
        }
        purpose = purpose == KEY_SLOT ? KEY_REDRAW : purpose + 1;
    } while (!nax_choices_end(space, c));
}

void nax_space_homogeneous(const struct nax_space *space, size_t i, uint64_t seed,
                           struct nax_candidate *c)
{
    nax_choices_begin(space, seed, c);
    if (!space->n_slots)
        c->crossbar_fixed = space->crossbars[i];
    for (size_t s = 0; s < space->n_slots; s++) {
        c->kernel[s] = space->kernel_own[s];
        c->crossbar[s] = space->crossbars[i];
    }
    nax_candidate_set_id(c);
}
