/* Counter-based random numbers: Philox4x64-10 (Salmon et al., SC 2011) from Random123.
 *
 * A number is a pure function of (seed, what, a, b, c, d): the same for any thread count and order,
 * and drawing more of one kind never shifts another. `what` keeps the uses apart.
 */
#ifndef NAX_RNG_H
#define NAX_RNG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values are part of what a seed means: append, never renumber. */
enum nax_rng_what {
    NAX_RNG_INIT = 1,     /* initial weights: layer, index */
    NAX_RNG_SPLIT = 2,    /* which training images are held back: index, 0, for what */
    NAX_RNG_SHUFFLE = 3,  /* order of an epoch: epoch, index */
    NAX_RNG_AUGMENT = 4,  /* crop and flip: epoch, image */
    NAX_RNG_SYNTH = 5,    /* the synthetic data set: image, use */
    NAX_RNG_SAMPLE = 6,   /* candidates of a space: candidate, convolution */
    NAX_RNG_EVOLVE = 7,   /* offspring, or founders: population, candidate, attempt */
    NAX_RNG_PROGRAM = 8,  /* programming error: chip, layer, array, cell */
    NAX_RNG_FAULT = 9,    /* stuck cells: chip, layer, array, cell */
    NAX_RNG_DRIFT = 10,   /* drift exponents: chip, layer, array, cell */
    NAX_RNG_READ = 11,    /* normal numbers of a table that noise is read from: index */
    NAX_RNG_ARRAY = 12,   /* random arrays of nax-xbar: array, cell */
    NAX_RNG_GATE = 13,    /* path gates of a supernet: step, layer */
    NAX_RNG_POLICY = 14,  /* candidates of a policy: candidate, attempt */
    NAX_RNG_DESCENT = 15, /* how far designs descend in cost: candidate */
    NAX_RNG_TEST = 1000   /* tests */
};

/* Four independent 64-bit numbers of one counter. */
void nax_rng_block(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d, uint64_t out[4]);

/* A sequence under one key: words of counters (a, b, c, 0), (a, b, c, 1), … */
struct nax_rng {
    uint64_t seed, what, a, b, c, d;
    uint64_t word[4];
    unsigned n_left;
};

struct nax_rng nax_rng_at(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b,
                          uint64_t c);
uint64_t nax_rng_u64(struct nax_rng *rng);
uint64_t nax_rng_below(struct nax_rng *rng, uint64_t n); /* 0 … n-1 without bias; n > 0 */
double nax_rng_uniform(struct nax_rng *rng);             /* (0, 1), 52 bits, never 0 or 1 */
double nax_rng_normal(struct nax_rng *rng);              /* mean 0, deviation 1: Box–Muller */

/* Many at once under one key: number k = first, first + 1, … comes from word k % 4 of counter
 * (a, b, c, k / 4), so that any part of a series may be drawn alone. Normals: mean 0, deviation 1,
 * by inversion of the uniforms. */
void nax_rng_uniforms(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t first, size_t n, double *out);
void nax_rng_normals(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                     uint64_t first, size_t n, double *out);

/* A table of normal numbers for noise that is read rather than drawn, from a place that a hash of
 * what it belongs to chooses: NAX_NORMALS of them, and the first n_more again, so that a row of as
 * many need not wrap around. The caller frees it; NULL: no memory. */
enum { NAX_NORMALS = 1 << 16 };
float *nax_normals_alloc(uint64_t seed, size_t n_more);

/* Inverse of the normal distribution: p in (0, 1), relative error below 1e-15. */
double nax_normal_quantile(double p);

#ifdef __cplusplus
}
#endif

#endif
