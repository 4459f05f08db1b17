/* Random numbers keyed by what they are for. */
#include "nax/rng.h"

#include <Random123/philox.h>
#include <math.h>

void nax_rng_block(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d, uint64_t out[4])
{
    philox4x64_ctr_t counter = {{a, b, c, d}};
    philox4x64_key_t key = {{seed, (uint64_t)what}};
    philox4x64_ctr_t r = philox4x64(counter, key);
    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
}

struct nax_rng nax_rng_at(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c)
{
    return (struct nax_rng){.seed = seed, .what = (uint64_t)what, .a = a, .b = b, .c = c};
}

uint64_t nax_rng_u64(struct nax_rng *rng)
{
    if (!rng->n_left) {
        nax_rng_block(rng->seed, (enum nax_rng_what)rng->what, rng->a, rng->b, rng->c, rng->d++,
                      rng->word);
        rng->n_left = 4;
    }
    return rng->word[4 - rng->n_left--];
}

uint64_t nax_rng_below(struct nax_rng *rng, uint64_t n)
{
    for (;;) { /* below 2^64 mod n, which is below n, some results would come once more often */
        uint64_t x = nax_rng_u64(rng);
        if (x >= n || x >= -n % n)
            return x % n;
    }
}

double nax_rng_uniform(struct nax_rng *rng)
{
    return ((double)(nax_rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
}

double nax_rng_normal(struct nax_rng *rng)
{
    double radius = sqrt(-2.0 * log(nax_rng_uniform(rng)));
    return radius * cos(2.0 * M_PI * nax_rng_uniform(rng));
}
