/* Sums over the chunks of a batch that ranks share. */
#include "across.h"
#include "tree.h"

#include "nax/ranks.h"
#include "nax/simd.h"

#include <string.h>

enum { BLOCK = 256 }; /* floats of a part at a time: a path down the tree stays in the cache */

/* The node of the chunks at … at + n. */
static size_t cut(size_t at, size_t n, size_t first, size_t end, struct part *part)
{
    if (at >= end || at + n <= first)
        return 0;
    if (at >= first && at + n <= end) {
        *part = (struct part){at, n};
        return 1;
    }
    size_t half = tree_half(n), n_left = cut(at, half, first, end, part);
    return n_left + cut(at + half, n - half, first, end, part + n_left);
}

size_t nax_across_cut(size_t n, size_t first, size_t end, struct part *part)
{
    return first < end ? cut(0, n, first, end, part) : 0;
}

size_t nax_across_first(const struct deal *deal, int rank)
{
    size_t n_units = deal->n_images / deal->n_unit;
    return n_units * (size_t)rank / (size_t)deal->n_ranks * deal->n_unit;
}

/* A rank's parts of chunks of n_chunk images. */
static size_t parts_of(const struct deal *deal, size_t n_chunk, int rank, struct part *part)
{
    return nax_across_cut(deal->n_images / n_chunk, nax_across_first(deal, rank) / n_chunk,
                          nax_across_first(deal, rank + 1) / n_chunk, part);
}

size_t nax_across_n_parts(const struct deal *deal, size_t n_chunk)
{
    struct part part[ACROSS_PARTS_MAX];
    size_t n = 0;
    for (int r = 0; r < deal->n_ranks; r++)
        n += parts_of(deal, n_chunk, r, part);
    return n;
}

/* --- few numbers, which all ranks add up --- */

/* Parts that ranks have, in the order of the tree, as it is gone through. */
struct walk {
    const struct deal *deal;
    size_t n_chunk;
    int rank;
    struct part part[ACROSS_PARTS_MAX]; /* the rank's: */
    size_t n, i, n_before;              /* how many, the next one, those of ranks before */
};

static const struct part *next_part(struct walk *w)
{
    while (w->i == w->n) {
        w->n_before += w->n;
        w->n = parts_of(w->deal, w->n_chunk, ++w->rank, w->part);
        w->i = 0;
    }
    return &w->part[w->i];
}

static struct walk start_walk(const struct deal *deal, size_t n_chunk)
{
    return (struct walk){.deal = deal, .n_chunk = n_chunk, .rank = -1};
}

/* The node of n chunks that the walk has come to: to [n_values], at most BLOCK, is its sum. sums:
 * [parts][w] */
static void add_doubles(struct walk *walk, size_t n, size_t n_values, size_t w, const double *sums,
                        double *to)
{
    if (next_part(walk)->n == n) {
        memcpy(to, sums + (walk->n_before + walk->i++) * w, n_values * sizeof *to);
        return;
    }
    double rest[BLOCK];
    size_t half = tree_half(n);
    add_doubles(walk, half, n_values, w, sums, to);
    add_doubles(walk, n - half, n_values, w, sums, rest);
    for (size_t k = 0; k < n_values; k++)
        to[k] += rest[k];
}

void nax_across_sum(const struct deal *deal, size_t n_chunk, size_t w, const float *sums,
                    double *space, double *total)
{
    struct part part[ACROSS_PARTS_MAX];
    size_t before = 0, n_chunks = deal->n_images / n_chunk;
    if (deal->n_ranks == 1) {
        for (size_t k = 0; k < w; k++)
            total[k] = tree_floats(n_chunks, sums + k, w);
        return;
    }
    for (int r = 0; r < deal->n_ranks; r++) {
        size_t n = parts_of(deal, n_chunk, r, part);
        deal->n_bytes[r] = n * w * sizeof *space;
        for (size_t i = 0; r == deal->rank && i < n; i++)
            for (size_t k = 0; k < w; k++)
                space[(before + i) * w + k] =
                    tree_floats(part[i].n, sums + (part[i].first - part[0].first) * w + k, w);
        before += n;
    }
    nax_ranks_gather(space, deal->n_bytes);
    for (size_t k = 0; k < w; k += BLOCK) {
        struct walk walk = start_walk(deal, n_chunk);
        add_doubles(&walk, n_chunks, NAX_MIN(w - k, (size_t)BLOCK), w, space + k, total + k);
    }
}

/* --- many, of which each rank adds a slice up --- */

/* The first value of a rank's slice; of n_ranks: n_values. */
static size_t slice_of(const struct across *a, int rank)
{
    return a->n_values / NAX_LANES * (size_t)rank / (size_t)a->deal->n_ranks * NAX_LANES;
}

static size_t own_slice(const struct across *a)
{
    return slice_of(a, a->deal->rank + 1) - slice_of(a, a->deal->rank);
}

size_t nax_across_n_others(const struct across *a)
{
    struct part part[ACROSS_PARTS_MAX];
    return (nax_across_n_parts(a->deal, a->n_chunk) -
            parts_of(a->deal, a->n_chunk, a->deal->rank, part)) *
           own_slice(a);
}

/* The rank's own, and where each one's sum is among the values; returns how many. */
static size_t own_parts(const struct across *a, struct part *part, float **values)
{
    size_t n = parts_of(a->deal, a->n_chunk, a->deal->rank, part);
    for (size_t i = 0; i < n; i++)
        values[i] = a->values + (part[i].first - part[0].first) * a->n_values;
    return n;
}

void nax_across_add_own(const struct across *a, const struct nn_kernels *kernel, size_t at,
                        size_t n)
{
    struct part part[ACROSS_PARTS_MAX];
    float *values[ACROSS_PARTS_MAX];
    size_t n_parts = own_parts(a, part, values);
    for (size_t i = 0; i < n_parts; i++)
        kernel->add_up(part[i].n, n, a->n_values, values[i] + at, values[i] + at);
}

void nax_across_send(const struct across *a)
{
    struct part part[ACROSS_PARTS_MAX];
    float *values[ACROSS_PARTS_MAX], *others = a->others;
    size_t n = own_parts(a, part, values), slice = own_slice(a);
    for (int r = 0; r < a->deal->n_ranks; r++) {
        size_t first = slice_of(a, r), size = (slice_of(a, r + 1) - first) * sizeof(float);
        struct part of_rank[ACROSS_PARTS_MAX];
        if (r == a->deal->rank)
            continue;
        for (size_t i = 0; i < n; i++)
            nax_ranks_send(r, values[i] + first, size, a->group);
        for (size_t k = parts_of(a->deal, a->n_chunk, r, of_rank); k-- > 0; others += slice)
            nax_ranks_receive(r, others, slice * sizeof(float), a->group);
    }
}

/* The sums of parts, of this rank's slice, in the order of the tree. */
struct slices {
    struct walk walk;
    const struct across *a;
    const float *others; /* the next */
};

static const float *next_slice(struct slices *s)
{
    const struct across *a = s->a;
    const struct walk *walk = &s->walk;
    const float *at = s->others;
    if (walk->rank == a->deal->rank)
        return a->values + slice_of(a, walk->rank) +
               (walk->part[walk->i].first - walk->part[0].first) * a->n_values;
    s->others += own_slice(a);
    return at;
}

/* As add_doubles, of n floats, at most BLOCK, of the slice from `at` on. */
static void add_floats(struct slices *s, const struct nn_kernels *kernel, size_t n_chunks,
                       size_t at, size_t n, float *to)
{
    if (next_part(&s->walk)->n == n_chunks) {
        memcpy(to, next_slice(s) + at, n * sizeof *to);
        s->walk.i++;
        return;
    }
    float rest[BLOCK];
    size_t half = tree_half(n_chunks);
    add_floats(s, kernel, half, at, n, to);
    add_floats(s, kernel, n_chunks - half, at, n, rest);
    kernel->add(n, to, rest);
}

void nax_across_finish(const struct across *a, const struct nn_kernels *kernel)
{
    const struct deal *deal = a->deal;
    const size_t slice = own_slice(a), first = slice_of(a, deal->rank);
    float sum[BLOCK];
    if (deal->n_ranks == 1)
        return;
    nax_ranks_wait(a->group);
    for (size_t at = 0; at < slice; at += BLOCK) {
        struct slices slices = {start_walk(deal, a->n_chunk), a, a->others};
        size_t n = NAX_MIN(slice - at, (size_t)BLOCK);
        add_floats(&slices, kernel, deal->n_images / a->n_chunk, at, n, sum);
        memcpy(a->values + first + at, sum, n * sizeof *sum); /* over a part that has been added */
    }
    for (int r = 0; r < deal->n_ranks; r++) {
        size_t from = slice_of(a, r), size = (slice_of(a, r + 1) - from) * sizeof(float);
        if (r == deal->rank)
            continue;
        nax_ranks_send(r, a->values + first, slice * sizeof(float), a->group + 1);
        nax_ranks_receive(r, a->values + from, size, a->group + 1);
    }
}

void nax_across_wait(const struct across *a)
{
    nax_ranks_wait(a->group + 1);
}
