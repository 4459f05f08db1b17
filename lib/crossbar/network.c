/* The inner nodes of two networks are those that they share and those of sides that are not kept; a
 * network of both is had by adding up, and by taking them out, which leaves between the others,
 *
 *     C_RR + C_RK (diag(sums of rows K) - C_KK)^-1 C_KR
 *
 * (K: inner nodes): star-mesh transformation by blocks. Sums and C are positive, and so is the
 * inverse, which is had without subtracting either.
 */
#include "network.h"

#include <omp.h>
#include <string.h>

/* One of the threads that share a network out. */
struct hand {
    size_t i, n;
};

static void wait_for_all(struct hand hand)
{
    if (hand.n > 1) {
#pragma omp barrier
    }
}

/* What a merger is worked on with. */
struct work {
    const struct dense_kernels *kernels;
    double *c;       /* [n][ld] */
    double *left;    /* [n / DENSE_ROWS][n_inner][DENSE_ROWS] */
    double *right;   /* [strips][n_inner][DENSE_STRIP] */
    double *inverse; /* [blocks][DENSE_BLOCK][DENSE_BLOCK] */
    double *excess;  /* [n_inner]: of an inner node to all that are not */
};

/* Rows and columns of c, the upper triangle, += left · right of nodes k_from … k_to - 1; columns
 * are of one strip. */
static void update(const struct merger *m, const struct work *w, size_t row_from, size_t row_to,
                   size_t strip, size_t col_from, size_t col_to, size_t k_from, size_t k_to)
{
    size_t first = strip * DENSE_STRIP, ld = m->out.ld;
    for (size_t i = row_from; i < NAX_MIN(row_to, col_to); i += DENSE_ROWS) {
        size_t col = NAX_MAX(col_from, i);
        w->kernels->update(w->c + i * ld + col, ld, w->left + i * m->n_inner + k_from * DENSE_ROWS,
                           w->right + (strip * m->n_inner + k_from) * DENSE_STRIP + col - first,
                           k_to - k_from, col_to - col);
    }
}

/* The inverse of the admittance matrix of nodes k … k + n - 1, those before being out; and what
 * they add to the excess of those after. */
static void invert(const struct merger *m, const struct work *w, size_t k, size_t n)
{
    double *inverse = w->inverse + k * DENSE_BLOCK, excess[DENSE_BLOCK], through[DENSE_BLOCK] = {0};
    const double *rows = w->c + k * m->out.ld;
    memset(inverse, 0, DENSE_BLOCK * DENSE_BLOCK * sizeof *inverse);
    for (size_t q = 0; q < n; q++) {
        excess[q] =
            w->excess[k + q] + w->kernels->sum(rows + q * m->out.ld + k + n, m->n_inner - k - n);
        for (size_t p = q + 1; p < n; p++)
            inverse[q * DENSE_BLOCK + p] = inverse[p * DENSE_BLOCK + q] =
                rows[q * m->out.ld + k + p];
    }
    w->kernels->invert(inverse, excess, n);
    for (size_t q = 0; q < n; q++)
        for (size_t p = 0; p < n; p++)
            through[p] += inverse[q * DENSE_BLOCK + p] * w->excess[k + q];
    for (size_t q = 0; q < n; q++)
        for (size_t i = k + n; i < m->n_inner; i++)
            w->excess[i] += rows[q * m->out.ld + i] * through[q];
}

/* right's rows of n nodes from k on, columns of one strip. */
static void make_right(const struct merger *m, const struct work *w, size_t k, size_t n,
                       size_t strip, size_t col_from, size_t col_to)
{
    size_t ld = m->out.ld;
    w->kernels->panel(w->inverse + k * DENSE_BLOCK, n, w->c + k * ld + col_from, ld,
                      w->right + (strip * m->n_inner + k) * DENSE_STRIP + col_from -
                          strip * DENSE_STRIP,
                      col_to - col_from);
}

/* Takes the inner nodes out, DENSE_BLOCK nodes P at a time: their rows get what the blocks before
 * them add, and become, as they are, left's columns, and, times the inverse of P's admittance
 * matrix, right's rows. First what is between inner nodes; then, strip by strip of columns, which
 * threads share out, what they have to others; and these then get left · right at once. */
static void eliminate(const struct merger *m, const struct work *w, struct hand hand)
{
    enum { DEPTH = 128 }; /* of left · right, a strip of which is to stay in the first cache */
    size_t n_strips = NAX_CEIL_DIV(m->n, DENSE_STRIP), ld = m->out.ld, n_inner = m->n_inner;
    for (size_t i = hand.i; i < n_inner; i += hand.n)
        w->excess[i] = w->kernels->sum(w->c + i * ld + n_inner, m->n - n_inner);
    wait_for_all(hand);
    for (size_t k = 0; hand.i == 0 && k < n_inner; k += DENSE_BLOCK) {
        size_t n = NAX_MIN((size_t)DENSE_BLOCK, n_inner - k), next = k + n;
        for (size_t j = k / DENSE_STRIP; k && j * DENSE_STRIP < n_inner; j++)
            update(m, w, k, next, j, j * DENSE_STRIP, NAX_MIN((j + 1) * DENSE_STRIP, n_inner), 0,
                   k);
        invert(m, w, k, n);
        for (size_t j = next / DENSE_STRIP; j * DENSE_STRIP < n_inner; j++)
            make_right(m, w, k, n, j, NAX_MAX(j * DENSE_STRIP, next),
                       NAX_MIN((j + 1) * DENSE_STRIP, n_inner));
        for (size_t i = next; i < n_inner; i += DENSE_ROWS)
            w->kernels->copy(w->left + i * n_inner + k * DENSE_ROWS, DENSE_ROWS, w->c + k * ld + i,
                             ld, n, DENSE_ROWS, false);
    }
    wait_for_all(hand);
    for (size_t j = n_inner / DENSE_STRIP + hand.i; j < n_strips; j += hand.n) {
        size_t from = NAX_MAX(j * DENSE_STRIP, n_inner), to = NAX_MIN((j + 1) * DENSE_STRIP, m->n);
        for (size_t k = 0; k < n_inner; k += DENSE_BLOCK) {
            size_t n = NAX_MIN((size_t)DENSE_BLOCK, n_inner - k);
            if (k)
                update(m, w, k, k + n, j, from, to, 0, k);
            make_right(m, w, k, n, j, from, to);
        }
        for (size_t i = from; i < to; i += DENSE_ROWS)
            w->kernels->copy(w->left + i * n_inner, DENSE_ROWS, w->c + i, ld, n_inner, DENSE_ROWS,
                             false);
    }
    wait_for_all(hand);
    for (size_t k = 0; k < n_inner; k += DEPTH)
        for (size_t j = m->col_begin / DENSE_STRIP + hand.i; j < n_strips; j += hand.n)
            update(m, w, n_inner, m->row_end, j, NAX_MAX(j * DENSE_STRIP, m->col_begin),
                   NAX_MIN((j + 1) * DENSE_STRIP, m->n), k, NAX_MIN(k + DEPTH, n_inner));
}

struct merger nax_merger_of(const struct network part[2], const int shared[2],
                            const bool keep[N_SIDES], bool is_whole, size_t unit)
{
    struct merger m = {.part = {part[0], part[1]}, .unit = unit};
    size_t from[2][N_SIDES];
    for (int k = 0; k < 2; k++)
        for (size_t side = 0, all = 0; side < N_SIDES; all += part[k].n[side++])
            from[k][side] = all;
    if (shared[0] != NO_SIDE) {
        m.n = part[0].n[shared[0]];
        m.groups[m.n_groups++] =
            (struct nodes){0, m.n, {true, true}, {from[0][shared[0]], from[1][shared[1]]}};
    }
    for (int is_kept = 0; is_kept < 2; is_kept++) {
        m.n_inner = is_kept ? m.n : 0;
        for (int side = 0; side < N_SIDES; side++)
            for (int k = 0; k < 2; k++) {
                size_t n = part[k].n[side];
                if (side == shared[k] || keep[side] != is_kept || !n)
                    continue;
                m.groups[m.n_groups++] =
                    (struct nodes){m.n, n, {k == 0, k == 1}, {from[k][side], from[k][side]}};
                m.n += n;
                m.out.n[side] += is_kept ? n : 0;
            }
    }
    m.row_end = is_whole ? m.n_inner + m.out.n[SIDE_LEFT] : m.n;
    m.col_begin = is_whole ? m.row_end : m.n_inner;
    /* rows that a kernel takes together must not share a cache set */
    m.out.ld = unit > 1 || m.n % 64 ? m.n : m.n + DENSE_ROWS;
    return m;
}

size_t nax_merger_size(const struct merger *m)
{
    return m->n * m->out.ld * m->unit;
}

size_t nax_merger_scratch_size(const struct merger *m)
{
    size_t per_node = m->n + NAX_ROUND_UP(m->n, (size_t)DENSE_STRIP) + 1;
    return m->unit > 1 ? 0
                       : m->n_inner * per_node +
                             NAX_ROUND_UP(m->n_inner, (size_t)DENSE_BLOCK) * DENSE_BLOCK;
}

/* What parts have between two groups, g's first; where they have nothing, 0. */
static void assemble(const struct merger *m, const struct work *w, const struct nodes *g,
                     const struct nodes *h)
{
    const struct dense_kernels *kernels = w->kernels;
    size_t unit = m->unit, ld = m->out.ld;
    double *to = w->c + (g->at * ld + h->at) * unit;
    bool is_triangle = g == h && unit == 1;
    int k = g->is_of[0] && h->is_of[0] ? 0 : 1;
    const struct network *part = &m->part[k], *second = &m->part[1];
    size_t row = g->from[k], col = h->from[k];
    if (!g->is_of[k] || !h->is_of[k])
        kernels->copy(to, ld * unit, NULL, 0, g->n, h->n * unit, false);
    else if (row <= col)
        kernels->copy(to, ld * unit, part->c + (row * part->ld + col) * unit, part->ld * unit, g->n,
                      h->n * unit, is_triangle);
    else
        kernels->copy_turned(to, ld, part->c + (col * part->ld + row) * unit, part->ld, g->n, h->n,
                             unit);
    if (g == h && g->is_of[0] && g->is_of[1])
        kernels->add(to, ld * unit, second->c + g->from[1] * (second->ld + 1) * unit,
                     second->ld * unit, g->n, g->n * unit, is_triangle);
}

/* One thread's share. */
static void merge(const struct merger *m, const struct work *w, struct hand hand)
{
    for (size_t g = 0, pair = 0; g < m->n_groups; g++)
        for (size_t h = g; h < m->n_groups; h++, pair++)
            if (pair % hand.n == hand.i)
                assemble(m, w, &m->groups[g], &m->groups[h]);
    wait_for_all(hand);
    if (m->unit > 1)
        w->kernels->star_mesh(w->c, m->n, m->n_inner);
    else
        eliminate(m, w, hand);
}

struct network nax_merge(const struct merger *m, const struct dense_kernels *kernels, double *c,
                         double *scratch, int n_threads)
{
    enum { N_SHARED_MIN = 8 * DENSE_STRIP };
    struct network out = m->out;
    struct work w = {.kernels = kernels, .c = c, .left = scratch};
    w.right = w.left + m->n * m->n_inner;
    w.inverse = w.right + NAX_ROUND_UP(m->n, (size_t)DENSE_STRIP) * m->n_inner;
    w.excess = w.inverse + NAX_ROUND_UP(m->n_inner, (size_t)DENSE_BLOCK) * DENSE_BLOCK;
    if (n_threads > 1 && m->n >= N_SHARED_MIN) {
#pragma omp parallel num_threads(n_threads)
        merge(m, &w, (struct hand){(size_t)omp_get_thread_num(), (size_t)omp_get_num_threads()});
    } else {
        merge(m, &w, (struct hand){0, 1});
    }
    out.c = c + (m->n_inner * out.ld + m->n_inner) * m->unit;
    return out;
}
