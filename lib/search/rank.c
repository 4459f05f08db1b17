/* Non-dominated sorting by divide and conquer. */
#include "nax/search.h"
#include "order.h"

#include <stdlib.h>
#include <string.h>

/* Unique points 0 … in lexicographic order: a point can only be dominated by earlier ones, and an
 * earlier one dominates it where it is not larger in any objective from the second on. */
struct sorter {
    size_t m;
    uint32_t *const *key; /* [m][n_unique] */
    uint32_t *rank;       /* [n_unique], rising until final */
    bool is_front_only;   /* ranks stop at 1, and points that reached it are put aside */
    /* memory for one sweep at a time: [n_unique], pairs and scratch twice that */
    struct order_pair *pairs, *scratch;
    uint32_t *ids, *place, *tree;
};

static void raise_rank(struct sorter *s, uint32_t id, uint32_t rank)
{
    if (s->rank[id] < rank)
        s->rank[id] = s->is_front_only ? 1 : rank;
}

static bool is_not_larger(const struct sorter *s, uint32_t a, uint32_t b, size_t first)
{
    for (size_t j = first; j < s->m; j++)
        if (s->key[j][a] > s->key[j][b])
            return false;
    return true;
}

static void sort_ids(struct sorter *s, const uint32_t *ids, size_t n, size_t objective,
                     struct order_pair *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct order_pair){s->key[objective][ids[i]], ids[i]};
    nax_order_sort(out, s->scratch, n);
}

/* How many of the sorted pairs have keys up to this one. */
static size_t count_up_to(const struct order_pair *pairs, size_t n, uint64_t key)
{
    size_t lo = 0;
    while (n) {
        size_t half = n / 2;
        if (pairs[lo + half].key <= key) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return lo;
}

/* The last two objectives: a sweep over the first of them, with a tree of running maxima (Fenwick,
 * 1994) over the other. */
static void sweep(struct sorter *s, const uint32_t *left, size_t n_left, const uint32_t *right,
                  size_t n_right)
{
    const size_t a = s->m - 2, b = s->m - 1;
    struct order_pair *by_b = s->pairs, *by_a = s->pairs + n_left, *of_right = by_a + n_left;
    sort_ids(s, left, n_left, b, by_b);
    for (size_t i = 0; i < n_left; i++)
        s->place[by_b[i].id] = (uint32_t)i;
    sort_ids(s, left, n_left, a, by_a);
    sort_ids(s, right, n_right, a, of_right);
    memset(s->tree, 0, (n_left + 1) * sizeof *s->tree);
    size_t n_in = 0;
    for (size_t i = 0; i < n_right; i++) {
        uint32_t r = of_right[i].id;
        for (; n_in < n_left && by_a[n_in].key <= of_right[i].key; n_in++) {
            uint32_t l = by_a[n_in].id, value = s->rank[l] + 1;
            for (size_t k = s->place[l] + 1; k <= n_left; k += k & -k)
                s->tree[k] = NAX_MAX(s->tree[k], value);
        }
        uint32_t most = 0;
        for (size_t k = count_up_to(by_b, n_left, s->key[b][r]); k; k &= k - 1)
            most = NAX_MAX(most, s->tree[k]);
        raise_rank(s, r, most);
    }
}

/* Moves ids with keys up to pivot to the front; how many. */
static size_t split(const struct sorter *s, uint32_t *ids, size_t n, size_t objective,
                    uint32_t pivot)
{
    size_t n_low = 0;
    for (size_t i = 0; i < n; i++)
        if (s->key[objective][ids[i]] <= pivot) {
            uint32_t id = ids[i];
            ids[i] = ids[n_low];
            ids[n_low++] = id;
        }
    return n_low;
}

static void widen(const struct sorter *s, const uint32_t *ids, size_t n, size_t objective,
                  uint32_t *min, uint32_t *max)
{
    for (size_t i = 0; i < n; i++) {
        *min = NAX_MIN(*min, s->key[objective][ids[i]]);
        *max = NAX_MAX(*max, s->key[objective][ids[i]]);
    }
}

/* Raises the ranks of right above those points of left, all final, that are not larger in the
 * objectives from k on. Both are reordered. */
static void raise_from(struct sorter *s, uint32_t *left, size_t n_left, uint32_t *right,
                       size_t n_right, size_t k)
{
    if (!n_left || !n_right)
        return;
    if (n_left <= 8 || n_right <= 8) {
        for (size_t r = 0; r < n_right; r++)
            for (size_t l = 0; l < n_left; l++)
                if (s->rank[right[r]] <= s->rank[left[l]] && is_not_larger(s, left[l], right[r], k))
                    raise_rank(s, right[r], s->rank[left[l]] + 1);
        return;
    }
    if (k + 2 >= s->m) {
        sweep(s, left, n_left, right, n_right);
        return;
    }
    uint32_t min = UINT32_MAX, max = 0;
    widen(s, left, n_left, k, &min, &max);
    widen(s, right, n_right, k, &min, &max);
    if (min == max) {
        raise_from(s, left, n_left, right, n_right, k + 1);
        return;
    }
    uint32_t pivot = min + (max - min) / 2; /* halves the range: at most 32 levels */
    size_t n_left_low = split(s, left, n_left, k, pivot);
    size_t n_right_low = split(s, right, n_right, k, pivot);
    raise_from(s, left, n_left_low, right, n_right_low, k);
    raise_from(s, left + n_left_low, n_left - n_left_low, right + n_right_low,
               n_right - n_right_low, k);
    raise_from(s, left, n_left_low, right + n_right_low, n_right - n_right_low, k + 1);
}

/* Keeps the ids that may be on the front, in order; how many. */
static size_t keep_front(const struct sorter *s, uint32_t *ids, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!s->is_front_only || !s->rank[ids[i]])
            ids[n_kept++] = ids[i];
    return n_kept;
}

/* Makes the ranks of ids [n], in lexicographic order, final among themselves; how many are kept. */
static size_t rank_ids(struct sorter *s, uint32_t *ids, size_t n)
{
    if (n <= 8) {
        for (size_t r = 1; r < n; r++)
            for (size_t l = 0; l < r; l++)
                if (s->rank[ids[r]] <= s->rank[ids[l]] && is_not_larger(s, ids[l], ids[r], 1))
                    raise_rank(s, ids[r], s->rank[ids[l]] + 1);
        return keep_front(s, ids, n);
    }
    uint32_t *right = ids + n / 2;
    size_t n_left = rank_ids(s, ids, n / 2), n_right = n - n / 2;
    memcpy(s->ids, ids, n_left * sizeof *ids); /* copies: the order is needed afterwards */
    memcpy(s->ids + n_left, right, n_right * sizeof *ids);
    raise_from(s, s->ids, n_left, s->ids + n_left, n_right, 1);
    n_right = rank_ids(s, right, keep_front(s, right, n_right));
    memmove(ids + n_left, right, n_right * sizeof *ids);
    return n_left + n_right;
}

/* Two objectives: a point belongs behind the last front that has a smaller second objective; the
 * smallest ones of the fronts rise with their number. least: [n_unique]. */
static void rank_two(struct sorter *s, size_t n, uint32_t *least)
{
    uint32_t n_fronts = 0;
    for (size_t u = 0; u < n; u++) {
        uint32_t lo = 0, hi = n_fronts, key = s->key[1][u];
        while (lo < hi) {
            uint32_t middle = lo + (hi - lo) / 2;
            if (least[middle] <= key)
                lo = middle + 1;
            else
                hi = middle;
        }
        least[lo] = key;
        n_fronts += lo == n_fronts;
        raise_rank(s, (uint32_t)u, lo);
    }
}

static int rank_unique(struct sorter *s, size_t n, struct nax_err *err)
{
    int status = 0;
    s->ids = nax_calloc(n, sizeof *s->ids);
    s->place = nax_calloc(n, sizeof *s->place);
    s->tree = nax_calloc(n + 1, sizeof *s->tree);
    s->pairs = nax_calloc(s->m > 2 ? 2 * n : 1, sizeof *s->pairs);
    s->scratch = nax_calloc(s->m > 2 ? n : 1, sizeof *s->scratch);
    uint32_t *ids = nax_calloc(n, sizeof *ids);
    if (!s->ids || !s->place || !s->tree || !s->pairs || !s->scratch || !ids) {
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%zu points'", n);
    } else if (s->m == 1) {
        for (size_t u = 0; u < n; u++)
            raise_rank(s, (uint32_t)u, (uint32_t)u);
    } else if (s->m == 2) {
        rank_two(s, n, s->place);
    } else {
        for (size_t u = 0; u < n; u++)
            ids[u] = (uint32_t)u;
        rank_ids(s, ids, n);
    }
    free(s->ids);
    free(s->place);
    free(s->tree);
    free(s->pairs);
    free(s->scratch);
    free(ids);
    return status;
}

static int rank_points(const double *points, size_t n, size_t m, bool is_front_only, uint32_t *rank,
                       struct nax_err *err)
{
    struct order order;
    if (m < 1 || m > NAX_OBJECTIVES_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "number of objectives: '%zu'", m);
    int status = nax_order_make(&order, points, n, m, err);
    if (status)
        return status;
    struct sorter s = {.m = m, .key = order.key, .is_front_only = is_front_only};
    s.rank = nax_calloc(order.n_unique, sizeof *s.rank);
    if (!s.rank)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%zu points'", n);
    else
        status = rank_unique(&s, order.n_unique, err);
    for (size_t i = 0; i < n && !status; i++)
        rank[i] = s.rank[order.unique_of[i]];
    free(s.rank);
    nax_order_free(&order);
    return status;
}

int nax_rank(const double *points, size_t n, size_t m, uint32_t *rank, struct nax_err *err)
{
    return rank_points(points, n, m, false, rank, err);
}

int nax_rank_front(const double *points, size_t n, size_t m, uint32_t *rank, struct nax_err *err)
{
    return rank_points(points, n, m, true, rank, err);
}
