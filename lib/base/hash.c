/* Stable hashes: a short one for identifiers, a fast one for contents. */
#include "nax/base.h"

#include <string.h>

uint64_t nax_hash(uint64_t seed, const void *bytes, size_t size)
{
    static const uint64_t prime = 0x100000001b3u, prime_8 = 0x1efac7090aef4a21u; /* to the 8th */
    const unsigned char *p = bytes;
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (; size >= 8; p += 8, size -= 8) {
        uint64_t word = 0;
        for (int i = 0; i < 8; i++)
            word |= (uint64_t)p[i] << 8 * i;
        if (word < 256) { /* a small integer: bytes of 0 only multiply */
            h = (h ^ word) * prime_8;
            continue;
        }
        for (int i = 0; i < 8; i++)
            h = (h ^ p[i]) * prime;
    }
    for (size_t i = 0; i < size; i++)
        h = (h ^ p[i]) * prime;
    h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9u; /* finaliser of splitmix64 (Steele et al., 2014) */
    h = (h ^ h >> 27) * 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

enum { LANES = 8, WORD = sizeof(uint64_t) };

/* Lanes take words in turn, so that a processor multiplies several at once; a step is a bijection
 * of the lane for any word, and of the word for any lane: no single change can be lost. */
uint64_t nax_checksum(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t lane[LANES];
    size_t n = size / (LANES * WORD);
    for (int k = 0; k < LANES; k++)
        lane[k] = seed + (uint64_t)k * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++, p += LANES * WORD)
        for (int k = 0; k < LANES; k++) {
            uint64_t word;
            memcpy(&word, p + k * WORD, WORD);
            uint64_t h = (lane[k] ^ word) * 0xbf58476d1ce4e5b9u;
            lane[k] = h ^ h >> 29;
        }
    uint64_t h = nax_hash(size, lane, sizeof lane);
    return nax_hash(h, p, size - n * LANES * WORD);
}
