/* Block elimination: nested dissection (George, SIAM Journal on Numerical Analysis 10, 1973) of the
 * array into rectangles of cells.
 *
 * What the rest of the array sees of a rectangle is a network of conductances between the nodes on
 * its four sides, its ports. A cell, with the wires to its left and below it, is three resistors in
 * a row, and all its nodes are ports:
 *
 *     left --wire-- right --cell-- above --wire-- below
 *
 * Two rectangles side by side share ports (one's right, the other's left; or below and above). The
 * sum of their networks, without these nodes, is that of both; ports at the array's right and upper
 * edge, where lines end, go at once. What the whole array has left are drivers and sinks, and W
 * between them.
 *
 * Only conductances are kept, no diagonals: all numbers are positive and nothing is ever
 * subtracted, so that each has as many right digits as the cells, whatever their ratios. So a
 * resistance of 0 ohm may be one that is next to nothing beside all others.
 *
 * A square of side s has 4 s ports: 33 N^3 operations in all, half of them in the last two cuts.
 * Rectangles of up to 8 squares of 8 × 8 cells begin as 8 networks that ride in the lanes of
 * vectors. Arrays are made multiples of 8 by cells without conductance at the far ends of lines.
 */
#include "circuit.h"
#include "crossbar.h"
#include "network.h"

#include "nax/simd.h"

#include <stdlib.h>
#include <string.h>

NAX_SIMD_SETS(dense_kernels, nax_dense_kernels);

enum { LEAF = DENSE_ROWS, LEAF_PORTS = 4 * LEAF, LEAF_LD = LEAF_PORTS + DENSE_ROWS };

struct rectangle {
    size_t row, col, n_rows, n_cols;
};

/* What was put on last goes first. base NULL: only measured. */
struct stack {
    double *base;
    size_t top, most;
};

/* Room to solve a rectangle. Its network is on the stack of its depth, odd or even, those that it
 * is made of on the other; and as many for networks in lanes. */
struct room {
    struct stack stacks[4];
    struct rectangle squares[DENSE_LANES]; /* that ride in lanes */
    double *leaves;                        /* [DENSE_LANES][LEAF_PORTS][LEAF_LD]: their networks */
    double *scratch;                       /* of mergers */
    size_t n_scratch;
    int n_threads;
};

/* Where there are threads, rectangles of one depth, two a thread or more, are each one thread's
 * work, and all threads work together on what these make: there threads wait for each other, the
 * longer the more else the processors have to do, so that it shall be little. */
enum { SHARED_DEPTH_MIN = 2, SHARED_DEPTH_MAX = 4, SHARES_MAX = 1 << SHARED_DEPTH_MAX };
enum { SHARED_CELLS_MIN = 192 * 192 };

struct block_solver {
    bool is_transposed;
    const struct dense_kernels *kernels;
    size_t n_rows, n_cols, n_above; /* padded; rows of padding, above the first one */
    struct circuit a;
    double source, wire_row, wire_col, sink; /* conductances */
    struct room top, shares[SHARES_MAX];
    struct rectangle rectangles[SHARES_MAX];
    struct network networks[SHARES_MAX];
    size_t shared_depth, n_shares;
    double *transposed; /* [n_rows*n_cols] */
    double *memory;
};

static double *put(struct stack *s, size_t n)
{
    double *at = s->base ? s->base + s->top : NULL;
    s->top += NAX_ROUND_UP(n, DENSE_ROWS);
    s->most = NAX_MAX(s->most, s->top);
    return at;
}

static struct stack *stack_of(struct room *room, size_t depth, size_t unit)
{
    return &room->stacks[(unit > 1 ? 2 : 0) + depth % 2];
}

/* The network of two rectangles on the stack of its depth. */
static struct network merge(const struct block_solver *s, struct room *room, size_t depth,
                            size_t unit, const struct network part[2], const int shared[2],
                            const bool keep[N_SIDES])
{
    struct merger m = nax_merger_of(part, shared, keep, depth == 0, unit);
    double *c = put(stack_of(room, depth, unit), nax_merger_size(&m));
    room->n_scratch = NAX_MAX(room->n_scratch, nax_merger_scratch_size(&m));
    return c ? nax_merge(&m, s->kernels, c, room->scratch, room->n_threads) : m.out;
}

/* A cell of each lane's square. */
static struct network cell(const struct block_solver *s, const struct room *room,
                           struct stack *stack, size_t row, size_t col)
{
    struct network out = {put(stack, N_SIDES * N_SIDES * DENSE_LANES), N_SIDES, {1, 1, 1, 1}};
    if (!out.c)
        return out;
    memset(out.c, 0, N_SIDES * N_SIDES * DENSE_LANES * sizeof *out.c);
    for (size_t x = 0; x < DENSE_LANES; x++) {
        size_t r = room->squares[x].row + row, c = room->squares[x].col + col;
        out.c[(SIDE_LEFT * N_SIDES + SIDE_RIGHT) * DENSE_LANES + x] = c ? s->wire_row : s->source;
        out.c[(SIDE_BELOW * N_SIDES + SIDE_ABOVE) * DENSE_LANES + x] =
            r + 1 < s->n_rows ? s->wire_col : s->sink;
        if (r >= s->n_above && c < s->a.n_cols)
            out.c[(SIDE_RIGHT * N_SIDES + SIDE_ABOVE) * DENSE_LANES + x] =
                s->a.g[(r - s->n_above) * s->a.n_cols + c];
    }
    return out;
}

/* Halves, cut across the longer side at a multiple of step: side by side, or one above the other.
 */
static const int *cut(const struct rectangle *r, size_t step, struct rectangle half[2])
{
    static const int side_by_side[2] = {SIDE_RIGHT, SIDE_LEFT},
                     one_above[2] = {SIDE_BELOW, SIDE_ABOVE};
    half[0] = half[1] = *r;
    if (r->n_rows > r->n_cols) {
        half[0].n_rows = r->n_rows / 2 / step * step;
        half[1].row += half[0].n_rows;
        half[1].n_rows -= half[0].n_rows;
        return one_above;
    }
    half[0].n_cols = r->n_cols / 2 / step * step;
    half[1].col += half[0].n_cols;
    half[1].n_cols -= half[0].n_cols;
    return side_by_side;
}

/* Cells of the squares in lanes. */
static struct network dissect_lanes(const struct block_solver *s, struct room *room,
                                    struct rectangle r, size_t depth)
{
    static const bool keep[N_SIDES] = {true, true, true, true};
    struct stack *other = stack_of(room, depth + 1, DENSE_LANES);
    if (r.n_rows * r.n_cols == 1)
        return cell(s, room, stack_of(room, depth, DENSE_LANES), r.row, r.col);
    struct rectangle half[2];
    struct network part[2];
    size_t top = other->top;
    const int *shared = cut(&r, 1, half);
    for (int k = 0; k < 2; k++)
        part[k] = dissect_lanes(s, room, half[k], depth + 1);
    struct network out = merge(s, room, depth, DENSE_LANES, part, shared, keep);
    other->top = top;
    return out;
}

/* The rectangles that cutting depth times, and no further than to squares, leaves, in order. */
static size_t list_parts(struct rectangle r, size_t depth, struct rectangle *parts)
{
    if (!depth || r.n_rows * r.n_cols == LEAF * LEAF) {
        *parts = r;
        return 1;
    }
    struct rectangle half[2];
    cut(&r, LEAF, half);
    size_t n = list_parts(half[0], depth - 1, parts);
    return n + list_parts(half[1], depth - 1, parts + n);
}

/* The squares of a rectangle, all at a time. */
static void make_leaves(const struct block_solver *s, struct room *room, struct rectangle r)
{
    size_t n = list_parts(r, DENSE_LANES, room->squares), top = room->stacks[2].top;
    for (size_t x = n; x < DENSE_LANES; x++)
        room->squares[x] = room->squares[0];
    struct network all = dissect_lanes(s, room, (struct rectangle){0, 0, LEAF, LEAF}, 0);
    room->stacks[2].top = top;
    for (size_t i = 0; all.c && i < LEAF_PORTS; i++)
        for (size_t j = i + 1; j < LEAF_PORTS; j++)
            for (size_t x = 0; x < n; x++)
                room->leaves[(x * LEAF_PORTS + i) * LEAF_LD + j] =
                    all.c[(i * all.ld + j) * DENSE_LANES + x];
}

/* leaf: the next of those made; NULL: they are still to be made. share: the next of the networks
 * that threads have made; NULL: none are. */
static struct network dissect(const struct block_solver *s, struct room *room, struct rectangle r,
                              size_t depth, size_t *leaf, const struct network **share)
{
    if (share && depth == s->shared_depth)
        return *(*share)++;
    struct stack *other = stack_of(room, depth + 1, 1);
    size_t top = other->top, first = 0;
    if (!leaf && r.n_rows * r.n_cols <= DENSE_LANES * LEAF * LEAF) {
        make_leaves(s, room, r);
        leaf = &first;
    }
    static const int none[2] = {NO_SIDE, NO_SIDE};
    const int *shared = none;
    struct network part[2] = {{0}};
    if (r.n_rows * r.n_cols == LEAF * LEAF) {
        double *c = room->leaves ? room->leaves + (*leaf)++ * LEAF_PORTS * LEAF_LD : NULL;
        part[0] = (struct network){c, LEAF_LD, {LEAF, LEAF, LEAF, LEAF}};
        if (depth)
            return part[0];
    } else {
        struct rectangle half[2];
        shared = cut(&r, LEAF, half);
        for (int k = 0; k < 2; k++)
            part[k] = dissect(s, room, half[k], depth + 1, leaf, share);
    }
    const bool keep[N_SIDES] = {true, true, r.col + r.n_cols != s->n_cols, r.row != 0};
    struct network out = merge(s, room, depth, 1, part, shared, keep);
    other->top = top;
    return out;
}

/* Doubles that a room takes; hands them out where there is memory. */
static size_t furnish(struct room *room, double *memory)
{
    struct stack *stacks = room->stacks;
    const struct {
        double **at;
        size_t n;
    } parts[] = {{&stacks[0].base, stacks[0].most},
                 {&stacks[1].base, stacks[1].most},
                 {&stacks[2].base, stacks[2].most},
                 {&stacks[3].base, stacks[3].most},
                 {&room->leaves, DENSE_LANES * LEAF_PORTS * LEAF_LD},
                 {&room->scratch, room->n_scratch}};
    size_t total = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (memory)
            *parts[i].at = memory + total;
        total += NAX_ROUND_UP(parts[i].n, DENSE_ROWS);
    }
    return total;
}

static void clear(struct room *room)
{
    for (size_t k = 0; k < sizeof room->stacks / sizeof *room->stacks; k++)
        room->stacks[k].top = 0;
}

static struct network dissect_whole(struct block_solver *s)
{
    const struct network *share = s->networks;
    clear(&s->top);
#pragma omp parallel for num_threads(s->top.n_threads) schedule(dynamic) if (s->n_shares)
    for (size_t k = 0; k < s->n_shares; k++) {
        clear(&s->shares[k]);
        s->networks[k] = dissect(s, &s->shares[k], s->rectangles[k], s->shared_depth, NULL, NULL);
    }
    return dissect(s, &s->top, (struct rectangle){0, 0, s->n_rows, s->n_cols}, 0, NULL,
                   s->n_shares ? &share : NULL);
}

struct block_solver *nax_block_alloc(size_t n_rows, size_t n_cols, bool is_transposed,
                                     int n_threads)
{
    struct block_solver *s = nax_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->kernels = nax_dense_kernels_sets[nax_isa()];
    s->is_transposed = is_transposed;
    s->n_rows = NAX_ROUND_UP(is_transposed ? n_cols : n_rows, LEAF);
    s->n_cols = NAX_ROUND_UP(is_transposed ? n_rows : n_cols, LEAF);
    s->n_above = s->n_rows - (is_transposed ? n_cols : n_rows);
    s->top.n_threads = n_threads;
    struct rectangle whole = {0, 0, s->n_rows, s->n_cols};
    s->shared_depth = SHARED_DEPTH_MIN;
    while (s->shared_depth < SHARED_DEPTH_MAX && 1 << s->shared_depth < 2 * n_threads)
        s->shared_depth++;
    if (n_threads > 1 && s->n_rows * s->n_cols >= SHARED_CELLS_MIN)
        s->n_shares = list_parts(whole, s->shared_depth, s->rectangles);
    for (size_t k = 0; k < s->n_shares; k++)
        s->shares[k].n_threads = 1;
    dissect_whole(s); /* without memory: measures what it takes */
    size_t total = n_rows * n_cols;
    total = NAX_ROUND_UP(total, DENSE_ROWS) + furnish(&s->top, NULL);
    for (size_t k = 0; k < s->n_shares; k++)
        total += furnish(&s->shares[k], NULL);
    s->memory = nax_aligned_calloc(total, sizeof *s->memory);
    if (!s->memory) {
        free(s);
        return NULL;
    }
    s->transposed = s->memory;
    double *at = s->memory + NAX_ROUND_UP(n_rows * n_cols, DENSE_ROWS);
    at += furnish(&s->top, at);
    for (size_t k = 0; k < s->n_shares; k++)
        at += furnish(&s->shares[k], at);
    return s;
}

void nax_block_free(struct block_solver *s)
{
    if (s)
        nax_aligned_free(s->memory);
    free(s);
}

/* 0 ohm is so little beside 1 / G, which is at least 1e-12, that no digit of a result changes. */
static double conductance(double ohm)
{
    const double next_to_nothing = 1e-60;
    return 1 / NAX_MAX(ohm, next_to_nothing);
}

void nax_block_matrix(struct block_solver *s, const struct nax_xbar *x, double *w_eff)
{
    s->a = nax_circuit_of(x, s->is_transposed, s->transposed);
    s->source = conductance(s->a.r_source);
    s->wire_row = conductance(s->a.r_wire_row);
    s->wire_col = conductance(s->a.r_wire_col);
    s->sink = conductance(s->a.r_sink);
    struct network w = dissect_whole(s);
    for (size_t r = 0; r < s->a.n_rows; r++)
        for (size_t c = 0; c < s->a.n_cols; c++)
            w_eff[nax_circuit_index(&s->a, s->is_transposed, r, c)] =
                w.c[(s->n_above + r) * w.ld + s->n_rows + c];
}
