/* Bits, tables and conversions, in lanes of 8 streams and of 32 columns. */
#include "convert.h"

#include "nax/simd.h"

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

typedef uint64_t vu64 __attribute__((vector_size(64), aligned(8), may_alias)); /* 8 streams */
typedef uint16_t vu16 __attribute__((vector_size(64), aligned(2), may_alias)); /* 32 columns */
typedef uint16_t vu16_short __attribute__((vector_size(16), aligned(2), may_alias));
typedef int32_t vi32 __attribute__((vector_size(64), aligned(4), may_alias));

enum { WORD_LANES = 8, ENTRY_BYTES = LANES * 2, TABLE_BYTES = GROUP_ENTRIES * ENTRY_BYTES };

static const vu64 zero_words;

static void planes(const struct stream_format *f, size_t n, size_t c, const int32_t *x,
                   uint64_t *out)
{
    size_t n_words = (c * (size_t)f->stream_bits + 63) / 64;
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

static void append(const struct stream_format *f, size_t n_bits, const uint64_t *from, size_t at,
                   uint64_t *strings)
{
    size_t n_padded = (size_t)f->n_padded, n_words = (n_bits + 63) / 64;
    uint64_t shift = at % 64;
    uint64_t *to = strings + at / 64 * n_padded;
    for (size_t i = 0; i < n_words * n_padded; i += WORD_LANES) {
        vu64 word = *(const vu64 *)(from + i);
        *(vu64 *)(to + i) |= word << shift;
        if (shift)
            *(vu64 *)(to + n_padded + i) |= word >> (64 - shift);
    }
}

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
                *(vu16_short *)(out + g * n_padded + lane) =
                    __builtin_convertvector(entry, vu16_short);
                word >>= GROUP_BITS;
            }
        }
        for (int k = 0; k < WORD_LANES; k++)
            if (any[k])
                n_streams = (int)lane + k + 1;
    }
    return n_streams;
}

/* Group g of every word ends with it: the last one of a word has 4 bits. */
static size_t group_bits(size_t g, size_t n_bits, size_t *first)
{
    *first = g / WORD_GROUPS * 64 + g % WORD_GROUPS * GROUP_BITS;
    size_t end = g % WORD_GROUPS == WORD_GROUPS - 1 ? *first + 4 : *first + GROUP_BITS;
    return (end < n_bits ? end : n_bits) - *first;
}

static void table(const struct lane_vector *v, size_t n_bits, uint16_t *out)
{
    for (size_t g = 0; g < groups_n(n_bits); g++, out += GROUP_ENTRIES * LANES) {
        size_t first, n = group_bits(g, n_bits, &first);
        *(vu16 *)out = (vu16){0};
        for (size_t bit = 0; bit < n; bit++) {
            vu16 cells = *(const vu16 *)(v->cells + (first + bit) * LANES);
            for (size_t e = 0; e < (size_t)1 << bit; e++)
                *(vu16 *)(out + (((size_t)1 << bit) + e) * LANES) =
                    *(const vu16 *)(out + e * LANES) + cells;
        }
    }
}

#ifdef __AVX512BW__
#define CLAMP(a, low, high)                                                                        \
    (a = (vu16)_mm512_min_epu16(_mm512_max_epu16((__m512i)a, (__m512i)low), (__m512i)high))
#else /* compilers do not see that these are two instructions */
#define CLAMP(a, low, high)                                                                        \
    do {                                                                                           \
        vu16 is_low = (vu16)(a < low), is_high = (vu16)(a > high);                                 \
        a = (a & ~is_low) | (low & is_low);                                                        \
        a = (a & ~is_high) | (high & is_high);                                                     \
    } while (0)
#endif

/* What the compiler may know beforehand. */
struct shape {
    size_t n_groups;
    int n_padded, stream_bits;
};

#define ENTRY(at, g, offset) (*(const vu16 *)((at) + (g)*TABLE_BYTES + (offset)))

/* acc = acc · 2^stream_bits + the clamped code of one stream, less `low`. */
static inline __attribute__((always_inline)) void add_code(const struct lane_vector *v,
                                                           struct shape s, const uint16_t *o,
                                                           const uint16_t *from, vu16 *acc)
{
    const char *at = (const char *)from;
    size_t stride = (size_t)s.n_padded, n_groups = s.n_groups;
    vu16 a = (vu16){0} + v->start, b = {0};
    for (; n_groups >= 4; n_groups -= 4, o += 4 * stride, at += 4 * TABLE_BYTES) {
        a += ENTRY(at, 0, o[0]);
        b += ENTRY(at, 1, o[stride]);
        a += ENTRY(at, 2, o[2 * stride]);
        b += ENTRY(at, 3, o[3 * stride]);
    }
    for (; n_groups; n_groups--, o += stride, at += TABLE_BYTES)
        a += ENTRY(at, 0, *o);
    a = (a + b) >> (uint16_t)v->shift;
    vu16 low = (vu16){0} + v->low, high = (vu16){0} + v->high;
    CLAMP(a, low, high);
    *acc = (*acc << (uint16_t)s.stream_bits) + (a - low);
}

/* sum [2] = sum · 2^bits ± the 32 columns */
static inline __attribute__((always_inline)) void add_part(vi32 *sum, int bits, const vu16 *part,
                                                           bool is_negative)
{
    vi32 low = __builtin_convertvector(
        __builtin_shufflevector(*part, *part, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        vi32);
    vi32 high =
        __builtin_convertvector(__builtin_shufflevector(*part, *part, 16, 17, 18, 19, 20, 21, 22,
                                                        23, 24, 25, 26, 27, 28, 29, 30, 31),
                                vi32);
    sum[0] = (sum[0] << bits) + (is_negative ? -low : low);
    sum[1] = (sum[1] << bits) + (is_negative ? -high : high);
}

/* to += weight · (sum + restored) in 16 columns */
static inline __attribute__((always_inline)) void add_half(const vi32 *sum, double weight,
                                                           double restored, double *to)
{
    nax_vdouble low = __builtin_convertvector(
        __builtin_shufflevector(*sum, *sum, 0, 1, 2, 3, 4, 5, 6, 7), nax_vdouble);
    nax_vdouble high = __builtin_convertvector(
        __builtin_shufflevector(*sum, *sum, 8, 9, 10, 11, 12, 13, 14, 15), nax_vdouble);
    *(nax_vdouble *)to += (low + restored) * weight;
    *(nax_vdouble *)(to + 8) += (high + restored) * weight;
}

static inline __attribute__((always_inline)) void
convert_shape(const struct stream_format *f, const struct lane_vector *v, struct shape s, size_t n,
              const uint16_t *o, const uint8_t *n_streams, const uint16_t *from, size_t stride,
              double *y)
{
    for (size_t p = 0; p < n; p++, o += s.n_groups * (size_t)s.n_padded, y += stride) {
        int t = n_streams[p];
        if (!t)
            continue;
        vi32 sum[2] = {{0}, {0}};
        if (f->is_signed && t == f->n_streams) {
            vu16 top = {0};
            add_code(v, s, o + --t, from, &top);
            add_part(sum, 0, &top, true);
        }
        while (t) {
            int m = t < v->part ? t : v->part;
            vu16 acc = {0};
            for (int k = 0; k < m; k++)
                add_code(v, s, o + --t, from, &acc);
            add_part(sum, m * s.stream_bits, &acc, false);
        }
        add_half(&sum[0], v->weight[0], v->restored[n_streams[p]], y + v->col[0]);
        add_half(&sum[1], v->weight[1], v->restored[n_streams[p]], y + v->col[1]);
    }
}

static void convert(const struct stream_format *f, const struct lane_vector *v, size_t n,
                    size_t n_groups, const uint16_t *o, const uint8_t *n_streams,
                    const uint16_t *from, size_t stride, double *y)
{
#define WITH_GROUPS(g)                                                                             \
    case g:                                                                                        \
        convert_shape(f, v, (struct shape){g, 16, 1}, n, o, n_streams, from, stride, y);           \
        return
    if (f->n_padded == 16 && f->stream_bits == 1)
        switch (n_groups) { /* of whole crossbars of 16, 32, 64 and 128 rows */
            WITH_GROUPS(4);
            WITH_GROUPS(7);
            WITH_GROUPS(13);
            WITH_GROUPS(26);
        }
    struct shape s = {n_groups, f->n_padded, f->stream_bits};
    convert_shape(f, v, s, n, o, n_streams, from, stride, y);
#undef WITH_GROUPS
}

const struct convert_kernels NAX_SIMD(convert_kernels) = {
    .planes = planes,
    .append = append,
    .offsets = offsets,
    .table = table,
    .convert = convert,
};
