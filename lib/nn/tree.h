/* Sums over the chunks of a batch, as a fixed binary tree: n terms are the first half of them, the
 * largest power of two that is less than n, and the rest, each summed likewise. The order depends
 * on n alone, rounding grows with the tree's height alone, and whoever has a half of the terms can
 * sum them elsewhere, to the same bits. Arrays of floats are summed by nn_kernels' add_up. */
#ifndef NAX_NN_TREE_H
#define NAX_NN_TREE_H

#include <stddef.h>

/* n > 1 */
static inline size_t tree_half(size_t n)
{
    size_t half = 1;
    while (2 * half < n)
        half *= 2;
    return half;
}

/* n > 0 floats, `step` from one to the next */
static inline double tree_floats(size_t n, const float *values, size_t step)
{
    if (n == 1)
        return (double)*values;
    size_t half = tree_half(n);
    return tree_floats(half, values, step) + tree_floats(n - half, values + half * step, step);
}

static inline double tree_doubles(size_t n, const double *values)
{
    if (n == 1)
        return *values;
    size_t half = tree_half(n);
    return tree_doubles(half, values) + tree_doubles(n - half, values + half);
}

#endif
