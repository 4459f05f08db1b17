/* Kernels of the full product: bits of inputs, look-up tables of bit groups, conversions.
 *
 * An input vector of one stream is a string of bits (a row's digit is stream_bits of them). Groups
 * of GROUP_BITS bits select an entry of a table that holds the sum of the cells on the rows that
 * are 1, in LANES columns at once: a column's current is one addition a group. Sums are integers of
 * 16 bits that wrap around, in steps of 2^−shift LSB, offset so that what they stand for fits.
 */
#ifndef NAX_MAPPING_CONVERT_H
#define NAX_MAPPING_CONVERT_H

#include "nax/base.h"

enum {
    GROUP_BITS = 8, /* measured on whole networks: fewer additions outweigh tables beyond L1 */
    GROUP_ENTRIES = 1 << GROUP_BITS,
    WORD_GROUPS = 64 / GROUP_BITS,
    LANES = 32, /* columns of a vector: HALF of one plane, and the same ones of another */
    HALF = 16,
    STREAMS_MAX = 32 /* streams are padded to whole vectors of 8 */
};

/* Bits and streams of a layer's inputs, or of those parts of them that one pass streams. */
struct stream_format {
    int n_streams, n_padded; /* n_padded: a multiple of 8 */
    int stream_bits;
    bool is_signed; /* the top stream is the sign bit and counts negative */
};

/* Up to 16 columns of one submatrix in two planes: lane 2 c + k holds column c of plane k. */
struct lane_vector {
    uint16_t *cells;    /* [n_bits][LANES], steps that a 1 in the bit adds */
    int shift;          /* steps are 2^−shift LSB */
    uint16_t start;     /* of every sum: half an LSB, and what keeps it from being negative */
    bool is_clamped;    /* whether codes can be beyond low and high at all; if not, low is 0 */
    uint16_t low, high; /* codes are clamped to these; low is then subtracted */
    int part;           /* streams whose weighted codes fit 16 bits */
    int16_t ratio[2];   /* what each plane's codes count for, in weights; 0: none */
    double weight;
    int32_t restored[STREAMS_MAX + 1]; /* what the subtracted lows of n streams come to, weighed
                                        * by the ratios */
    size_t col;                        /* where the columns start in y */
};

struct convert_kernels {
    /* planes [n][n_words][n_padded]: bits of every stream of n pixels x [n][c], the c-th channel's
     * from bit c · stream_bits on; n_words = ceil(c · stream_bits / 64) */
    void (*planes)(const struct stream_format *f, size_t n, size_t c, const int32_t *x,
                   uint64_t *planes);
    /* appends n_bits bits (n_words words of each stream) to strings at bit `at`; there the strings
     * are 0, and there is a word more than the bits need */
    void (*append)(const struct stream_format *f, size_t n_bits, const uint64_t *planes, size_t at,
                   uint64_t *strings);
    /* offsets [n_groups][n_padded]: for bits first … first + n_bits of the strings, the byte offset
     * of each group's entry in its table; returns the number of streams up to the highest one that
     * is not 0 */
    int (*offsets)(const struct stream_format *f, const uint64_t *strings, size_t first,
                   size_t n_bits, uint16_t *offsets);
    /* table [n_groups][GROUP_ENTRIES][LANES], start in the entries of the first group */
    void (*table)(const struct lane_vector *v, size_t n_bits, uint16_t *table);
    /* y [n][stride] += the weighted codes of n positions; offsets [n][n_groups][n_padded];
     * n_streams [n] as returned by offsets */
    void (*convert)(const struct stream_format *f, const struct lane_vector *v, size_t n,
                    size_t n_groups, const uint16_t *offsets, const uint8_t *n_streams,
                    const uint16_t *table, size_t stride, double *y);
};

const struct convert_kernels *nax_convert_kernels(void);

static inline size_t groups_n(size_t n_bits)
{
    return NAX_CEIL_DIV(n_bits, GROUP_BITS);
}

#endif
