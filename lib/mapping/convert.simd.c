/* Bits, tables and conversions: what convert.h says, in vectors of a register: longer ones gcc
 * keeps in memory.
 *
 * Bits of inputs (planes, append, offsets): a vector is WORD_LANES streams of 64 bits, lane t the
 * words of stream t. Fixed-point inputs are taken apart into digits once, and stay side by side
 * from then on.
 *
 * Conversions (table, convert): a vector is 16 columns of two planes, 16 bits each, side by side.
 * Of an output position and a stream, the sum of 8 rows' cells is one load from the table of their
 * group, at the byte offset that the 8 bits are; a column's current is the sum over the groups.
 * With S the steps of 2^-shift LSB, B what keeps sums from being negative, both in `start`, a code
 * is
 *
 *     code = clamp(⌊(Σ_groups S + half an LSB) / LSB⌋ + B, low, high) - low,      16 bits
 *     acc  = Σ_t 2^(t · stream_bits) code_t          Horner's rule from the highest stream down
 *
 *     sum = Σ_planes ratio acc                       32 bits: one multiply-add of neighbours
 *
 * and what low and B stood for comes back in `restored`, once a position. y gets weight · sum:
 * whole numbers below 2^53, so exact.
 */
#include "convert.h"

#include "nax/simd.h"

#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum {
    WORD_LANES = NAX_SIMD_BYTES / 8, /* streams */
    ENTRY_BYTES = LANES * 2,
    TABLE_BYTES = GROUP_ENTRIES * ENTRY_BYTES,
    PIECES = ENTRY_BYTES / NAX_SIMD_BYTES
};
typedef uint64_t vu64 __attribute__((vector_size(NAX_SIMD_BYTES), aligned(8), may_alias));
typedef uint32_t vu32 __attribute__((vector_size(WORD_LANES * 4))); /* of as many streams */
typedef uint16_t vu16 __attribute__((vector_size(WORD_LANES * 2), aligned(2), may_alias));
typedef uint16_t piece __attribute__((vector_size(NAX_SIMD_BYTES), aligned(2), may_alias));
typedef uint32_t whole __attribute__((vector_size(NAX_SIMD_BYTES))); /* two's complement */

static const vu64 zero_words;

/* Input k's digit of stream t is its bits from t · stream_bits on: all streams at once by a vector
 * of shifts. It goes to bit k · stream_bits of the stream's string; where a digit crosses the end
 * of a word, the rest of it begins the next one. */
static void planes(const struct stream_format *f, size_t n, size_t c, const int32_t *x,
                   uint64_t *out)
{
    size_t n_words = NAX_CEIL_DIV(c * (size_t)f->stream_bits, 64);
    uint64_t digit = ((uint64_t)1 << f->stream_bits) - 1, all = UINT32_MAX;
    if (f->is_signed) /* two's complement, cut above the sign bit */
        all = ((uint64_t)1 << ((f->n_streams - 1) * f->stream_bits + 1)) - 1;
    for (size_t i = 0; i < n; i++, x += c)
        for (int first = 0; first < f->n_padded; first += WORD_LANES) {
            vu64 shift = zero_words, word = zero_words;
            for (int lane = 0; lane < WORD_LANES; lane++) {
                int bits = (first + lane) * f->stream_bits;
                shift[lane] = (uint64_t)(bits < 63 ? bits : 63);
            }
            size_t bit = 0, w = 0;
            uint64_t *to = out + i * n_words * (size_t)f->n_padded + first;
            for (size_t k = 0; k < c; k++) {
                vu64 value = ((zero_words + ((uint64_t)(int64_t)x[k] & all)) >> shift) & digit;
                word |= value << bit;
                bit += (size_t)f->stream_bits;
                if (bit < 64 && k + 1 < c)
                    continue;
                *(vu64 *)(to + w++ * (size_t)f->n_padded) = word;
                bit -= bit < 64 ? bit : 64;
                /* what of the digit did not fit; a shift by 64 would not be one */
                word = bit ? value >> ((uint64_t)f->stream_bits - bit) : zero_words;
            }
            if (w < n_words)
                *(vu64 *)(to + w * (size_t)f->n_padded) = word;
        }
}

/* Shifted to where the strings end, each word goes to two. */
static void append(const struct stream_format *f, size_t n_bits, const uint64_t *from, size_t at,
                   uint64_t *strings)
{
    size_t n_padded = (size_t)f->n_padded, n_words = NAX_CEIL_DIV(n_bits, 64);
    uint64_t shift = at % 64;
    uint64_t *to = strings + at / 64 * n_padded;
    for (size_t i = 0; i < n_words * n_padded; i += WORD_LANES) {
        vu64 word = *(const vu64 *)(from + i);
        *(vu64 *)(to + i) |= word << shift;
        if (shift)
            *(vu64 *)(to + n_padded + i) |= word >> (64 - shift);
    }
}

/* 64 bits of 8 streams, from bit `first` on, wherever words begin; 8 groups of them are cut off
 * from below, and stored as 16 bits: a table has GROUP_ENTRIES · ENTRY_BYTES = 2^14 bytes. `any`:
 * what of a stream is not 0. */
static int offsets(const struct stream_format *f, const uint64_t *strings, size_t first,
                   size_t n_bits, uint16_t *out)
{
    size_t n_padded = (size_t)f->n_padded, n_groups = groups_n(n_bits);
    uint64_t shift = first % 64;
    int n_streams = 0;
    for (size_t lane = 0; lane < n_padded; lane += WORD_LANES) {
        vu64 any = zero_words;
        for (size_t bit = 0, g = 0; bit < n_bits; bit += 64) {
            const uint64_t *from = strings + (first + bit) / 64 * n_padded + lane;
            vu64 word = *(const vu64 *)from >> shift;
            if (shift)
                word |= *(const vu64 *)(from + n_padded) << (64 - shift);
            if (n_bits - bit < 64)
                word &= ((uint64_t)1 << (n_bits - bit)) - 1;
            any |= word;
            for (int k = 0; k < WORD_GROUPS && g < n_groups; k++, g++) {
                vu64 entry = (word & (GROUP_ENTRIES - 1)) * ENTRY_BYTES;
                *(vu16 *)(out + g * n_padded + lane) = /* by halves, or gcc goes lane by lane */
                    __builtin_convertvector(__builtin_convertvector(entry, vu32), vu16);
                word >>= GROUP_BITS;
            }
        }
        for (int k = 0; k < WORD_LANES; k++)
            if (any[k])
                n_streams = (int)lane + k + 1;
    }
    return n_streams;
}

/* Entry e of a group is the sum of the cells on e's bits: that of e without its highest bit, and
 * one cell more, so that the entries of n bits give those of n + 1. */
static void table(const struct lane_vector *v, size_t n_bits, uint16_t *out)
{
    for (size_t g = 0; g < groups_n(n_bits); g++, out += GROUP_ENTRIES * LANES) {
        size_t first = g * GROUP_BITS;
        size_t n = n_bits - first < GROUP_BITS ? n_bits - first : GROUP_BITS;
        for (size_t k = 0; k < PIECES; k++) /* every sum has one of these */
            ((piece *)out)[k] = (piece){0} + (uint16_t)(g ? 0 : v->start);
        for (size_t bit = 0; bit < n; bit++) {
            const piece *cells = (const piece *)(v->cells + (first + bit) * LANES);
            const piece *from = (const piece *)out;
            piece *to = (piece *)(out + ((size_t)LANES << bit));
            for (size_t e = 0; e < (size_t)PIECES << bit; e += PIECES)
                for (size_t k = 0; k < PIECES; k++)
                    to[e + k] = from[e + k] + cells[k];
        }
    }
}

struct lanes { /* 16 columns of 2 planes */
    piece part[PIECES];
};

struct sums { /* [HALF] */
    whole part[PIECES];
};

#ifdef __SSE2__
#if NAX_SIMD_BYTES == 64
typedef __m512i machine;
#define MACHINE(op) _mm512_##op
#elif NAX_SIMD_BYTES == 32
typedef __m256i machine;
#define MACHINE(op) _mm256_##op
#else
typedef __m128i machine;
#define MACHINE(op) _mm_##op
#endif

/* min(max(a − low, 0), span) */
static inline __attribute__((always_inline)) void clamp(piece *a, uint16_t low, uint16_t span)
{
    machine code = MACHINE(subs_epu16)((machine)*a, MACHINE(set1_epi16)((short)low));
#ifdef __SSE4_1__
    *a = (piece)MACHINE(min_epu16)(code, MACHINE(set1_epi16)((short)span));
#else
    *a = (piece)MACHINE(subs_epu16)(code,
                                    MACHINE(subs_epu16)(code, MACHINE(set1_epi16)((short)span)));
#endif
}

/* Sums of neighbours, each times its ratio, of signed numbers. */
static inline __attribute__((always_inline)) whole weigh(piece a, const int16_t *ratio)
{
    uint32_t both = (uint32_t)(uint16_t)ratio[1] << 16 | (uint16_t)ratio[0];
    return (whole)MACHINE(madd_epi16)((machine)a, MACHINE(set1_epi32)((int)both));
}
#else
static inline void clamp(piece *a, uint16_t low, uint16_t span)
{
    for (size_t k = 0; k < sizeof *a / sizeof low; k++) {
        uint16_t code = (uint16_t)((*a)[k] > low ? (*a)[k] - low : 0);
        (*a)[k] = code < span ? code : span;
    }
}

static inline whole weigh(piece a, const int16_t *ratio)
{
    whole sum = {0};
    for (size_t k = 0; k < sizeof sum / sizeof sum[0]; k++)
        sum[k] = (uint32_t)((int16_t)a[2 * k] * ratio[0] + (int16_t)a[2 * k + 1] * ratio[1]);
    return sum;
}
#endif

/* What the compiler may know beforehand. */
struct shape {
    size_t n_groups;
    int n_padded, stream_bits;
    bool is_clamped;
};

/* Of a vector, where stores to y do not reach. */
struct codes {
    uint16_t shift, low, span;
    int16_t ratio[2];
};

/* sum += the entry at this address */
static inline __attribute__((always_inline)) void add_entry(struct lanes *sum, const char *entry)
{
    for (size_t k = 0; k < PIECES; k++)
        sum->part[k] += *(const piece *)(entry + k * sizeof(piece));
}

/* acc = acc · 2^stream_bits + the clamped code of one stream, less `low`. o: the stream's offsets,
 * one every n_padded; from: the tables. In registers: two sums, of even and odd groups, and acc.
 * What cannot be clamped has low 0. */
static inline __attribute__((always_inline)) void
add_code(struct codes v, struct shape s, const uint16_t *o, const uint16_t *from, struct lanes *acc)
{
    const char *at = (const char *)from;
    size_t stride = (size_t)s.n_padded, n_groups = s.n_groups;
    struct lanes a = {{{0}}}, b = {{{0}}};
    for (; n_groups >= 2; n_groups -= 2, o += 2 * stride, at += 2 * TABLE_BYTES) {
        add_entry(&a, at + o[0]);
        add_entry(&b, at + TABLE_BYTES + o[stride]);
    }
    if (n_groups)
        add_entry(&a, at + o[0]);
    for (size_t k = 0; k < PIECES; k++) {
        piece code = (a.part[k] + b.part[k]) >> v.shift;
        if (s.is_clamped)
            clamp(&code, v.low, v.span);
        acc->part[k] = (acc->part[k] << (uint16_t)s.stream_bits) + code;
    }
}

/* sum = sum · 2^bits ± the weighed codes, which are taken for signed numbers, 2^15 below them. */
static inline __attribute__((always_inline)) void
add_part(struct codes v, int bits, const struct lanes *part, bool is_minus, struct sums *sum)
{
    uint32_t taken = (uint32_t)(v.ratio[0] + v.ratio[1]) << 15;
    for (size_t k = 0; k < PIECES; k++) {
        whole codes = weigh(part->part[k] ^ (uint16_t)0x8000, v.ratio) + taken;
        sum->part[k] = (sum->part[k] << (uint32_t)bits) + (is_minus ? -codes : codes);
    }
}

/* to [HALF] += weight · (sum + restored) */
static inline __attribute__((always_inline)) void add_sums(double weight, const struct sums *sum,
                                                           int32_t restored, double *to)
{
    struct sums all = *sum;
    for (size_t k = 0; k < PIECES; k++)
        all.part[k] += (uint32_t)restored;
    int32_t codes[HALF] __attribute__((aligned(64)));
    memcpy(codes, &all, sizeof codes);
    for (int k = 0; k < HALF; k++)
        to[k] += codes[k] * weight;
}

/* n positions p of one vector of columns, stream by stream from the highest that is not 0 down: the
 * sign's alone, subtracted; then as many as fit into 16 bits at a time (v->part), which are weighed
 * and added to sums of 32 bits; then these in double to y. Streams that are 0 have code 0 and are
 * left out. */
static inline __attribute__((always_inline)) void
convert_shape(const struct stream_format *f, const struct lane_vector *v, struct shape s, size_t n,
              const uint16_t *o, const uint8_t *n_streams, const uint16_t *from, size_t stride,
              double *y)
{
    const struct codes of = {
        (uint16_t)v->shift, v->low, (uint16_t)(v->high - v->low), {v->ratio[0], v->ratio[1]}};
    int part = v->part;
    double weight = v->weight;
    y += v->col;
    for (size_t p = 0; p < n; p++, o += s.n_groups * (size_t)s.n_padded, y += stride) {
        int t = n_streams[p];
        if (!t)
            continue;
        struct sums sum = {{{0}}};
        if (f->is_signed && t == f->n_streams) {
            struct lanes top = {{{0}}};
            add_code(of, s, o + --t, from, &top);
            add_part(of, 0, &top, true, &sum);
        }
        while (t) {
            int m = t < part ? t : part;
            struct lanes acc = {{{0}}};
            for (int k = 0; k < m; k++)
                add_code(of, s, o + --t, from, &acc);
            add_part(of, m * s.stream_bits, &acc, false, &sum);
        }
        add_sums(weight, &sum, v->restored[n_streams[p]], y);
    }
}

static void convert(const struct stream_format *f, const struct lane_vector *v, size_t n,
                    size_t n_groups, const uint16_t *o, const uint8_t *n_streams,
                    const uint16_t *from, size_t stride, double *y)
{
#define WITH_GROUPS(g)                                                                             \
    case g:                                                                                        \
        if (v->is_clamped)                                                                         \
            convert_shape(f, v, (struct shape){g, 16, 1, true}, n, o, n_streams, from, stride, y); \
        else                                                                                       \
            convert_shape(f, v, (struct shape){g, 16, 1, false}, n, o, n_streams, from, stride,    \
                          y);                                                                      \
        return
    if (f->n_padded == 16 && f->stream_bits == 1)
        switch (n_groups) { /* of whole crossbars of 16, 32, 64 and 128 rows */
            WITH_GROUPS(2);
            WITH_GROUPS(4);
            WITH_GROUPS(8);
            WITH_GROUPS(16);
        }
    struct shape s = {n_groups, f->n_padded, f->stream_bits, v->is_clamped};
    convert_shape(f, v, s, n, o, n_streams, from, stride, y);
#undef WITH_GROUPS
}

const struct convert_kernels NAX_SIMD(nax_convert_kernels) = {
    .planes = planes,
    .append = append,
    .offsets = offsets,
    .table = table,
    .convert = convert,
};
