/* Kernels of the one-vector solver for one instruction set. A vector holds 8 rows of one column:
 * word lines are lanes, each with its own running sum; a bit line goes through the lanes, and what
 * has been summed of it so far goes from vector to vector as a number, `carry`. vector.h has the
 * equations.
 */
#include "nax/simd.h"
#include "vector.h"

#include <stdint.h>
#include <string.h>

typedef nax_vdouble vec; /* 8 lanes */

#define INLINE static inline __attribute__((always_inline))

INLINE double sum(const vec *at)
{
    vec x = *at;
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
}

/* Running sums over the lanes, from the first or from the last: with shuffles, distances of 1, 2
 * and 4 lanes one after the other, zeros moving in. */
INLINE void scan_up(vec *at)
{
#if NAX_SIMD_BYTES == 64
    const vec zero = {};
    vec x = *at;
    x += __builtin_shufflevector(zero, x, 0, 8, 9, 10, 11, 12, 13, 14);
    x += __builtin_shufflevector(zero, x, 0, 0, 8, 9, 10, 11, 12, 13);
    *at = x + __builtin_shufflevector(zero, x, 0, 0, 0, 0, 8, 9, 10, 11);
#else
    for (int i = 1; i < 8; i++)
        (*at)[i] += (*at)[i - 1];
#endif
}

INLINE void scan_down(vec *at)
{
#if NAX_SIMD_BYTES == 64
    const vec zero = {};
    vec x = *at;
    x += __builtin_shufflevector(x, zero, 1, 2, 3, 4, 5, 6, 7, 8);
    x += __builtin_shufflevector(x, zero, 2, 3, 4, 5, 6, 7, 8, 8);
    *at = x + __builtin_shufflevector(x, zero, 4, 5, 6, 7, 8, 8, 8, 8);
#else
    for (int i = 6; i >= 0; i--)
        (*at)[i] += (*at)[i + 1];
#endif
}

static void transpose(const double *from, size_t n_rows, size_t n_cols, double *to, size_t m)
{
    for (size_t r0 = 0; r0 < m; r0 += 8)
        for (size_t c = 0; c < n_cols; c++) {
            double *at = to + c * m + r0;
            for (size_t r = 0; r < 8; r++)
                at[r] = r0 + r < n_rows ? from[(r0 + r) * n_cols + c] : 0;
        }
}

/* Bit lines: t and f in the array's own order, all columns side by side. The formulas are those of
 * lines_down in relax.simd.c. */
static void factor_bits(const struct circuit *a, double *t, double *f)
{
    size_t n = a->n_cols, end = a->n_rows - 1;
    memset(t, 0, n * sizeof *t);
    for (size_t i = 0; i <= end; i++) {
        double r = i < end ? a->r_wire_col : a->r_sink;
        const double *g = a->g + i * n;
        double *above = t + (i ? i - 1 : 0) * n, *here = t + i * n, *ratio = f + i * n;
        for (size_t c = 0; c < n; c++) { /* t: conductance seen through the wire below the node */
            double all = g[c] + above[c];
            ratio[c] = 1 + r * all;
            here[c] = all / ratio[c];
        }
    }
    /* from the sink up: t is the product of 1/ratio, and its inverse that of ratio */
    double *inverse = t + (end + 1) * n;
    for (size_t c = 0; c < n; c++)
        inverse[c] = 1;
    for (size_t i = end + 1; i-- > 0;) {
        double r = i < end ? a->r_wire_col : a->r_sink;
        for (size_t c = 0; c < n; c++) {
            double below = inverse[c], here = below * f[i * n + c];
            inverse[c] = here;
            f[i * n + c] = r * here * below;
            t[i * n + c] = 1 / here;
        }
    }
}

/* Word lines: s and e, 8 rows side by side; towards the driver, then back. */
static void factor_words(const struct circuit *a, const struct vector_workspace *x)
{
    size_t m = x->m, end = x->n_cols - 1;
    for (size_t r = 0; r < m; r += 8) {
        vec beyond = {};
        for (size_t c = end + 1; c-- > 0;) {
            vec all = *(const vec *)(x->g + c * m + r) + beyond;
            vec ratio = 1 + (c ? a->r_wire_row : a->r_source) * all;
            *(vec *)(x->e + c * m + r) = ratio;
            beyond = all / ratio;
        }
        vec before = 1 - (vec){};
        for (size_t c = 0; c <= end; c++) {
            vec here = before * *(vec *)(x->e + c * m + r);
            *(vec *)(x->s + c * m + r) = 1 / here;
            *(vec *)(x->e + c * m + r) = (c ? a->r_wire_row : a->r_source) * here * before;
            before = here;
        }
    }
}

static double factor(const struct circuit *a, const struct vector_workspace *x)
{
    size_t size = x->n_cols * x->m, own = x->n_rows * x->n_cols;
    double *t = x->scratch, *f = t + own + x->n_cols; /* t has a row more */
    factor_bits(a, t, f);
    transpose(t, x->n_rows, x->n_cols, x->t, x->m);
    transpose(f, x->n_rows, x->n_cols, x->f, x->m);
    factor_words(a, x);
    for (size_t i = 0; i < size; i++)
        x->k[i] = x->s[i] * x->g[i] * x->t[i];
    double least = 1;
    for (size_t c = 0; c < x->n_cols; c++) /* the least t stands in the first row */
        least = t[c] < least ? t[c] : least;
    for (size_t i = 0; i < x->m; i++) /* the least s in the last column */
        least = x->s[(x->n_cols - 1) * x->m + i] < least ? x->s[(x->n_cols - 1) * x->m + i] : least;
    return least;
}

enum { WIDE = 4 }; /* vectors of rows that go along the word lines together */

/* n vectors of rows from row r on. From the far end: p and d of the direction, w += K p. From the
 * driver: u += e w, what the product gives, d - K u, and its product with p. */
INLINE double multiply_rows(const struct vector_workspace *x, double beta, size_t r, const int n,
                            const bool is_first)
{
    size_t m = x->m;
    vec w[WIDE] = {}, u[WIDE] = {}, dot[WIDE] = {};
    for (size_t c = x->n_cols; c-- > 0;)
        for (int k = 0; k < n; k++) {
            size_t i = c * m + r + 8 * (size_t)k;
            vec p = *(vec *)(x->y + i), d = *(vec *)(x->r + i);
            if (!is_first) {
                p += beta * *(vec *)(x->p + i);
                d += beta * *(vec *)(x->d + i);
            }
            *(vec *)(x->p + i) = p;
            *(vec *)(x->d + i) = d;
            w[k] += *(vec *)(x->k + i) * p;
            *(vec *)(x->w + i) = w[k];
        }
    for (size_t c = 0; c < x->n_cols; c++)
        for (int k = 0; k < n; k++) {
            size_t i = c * m + r + 8 * (size_t)k;
            u[k] += *(vec *)(x->e + i) * *(vec *)(x->w + i);
            vec s = *(vec *)(x->d + i) - *(vec *)(x->k + i) * u[k];
            dot[k] += *(vec *)(x->p + i) * s;
            *(vec *)(x->w + i) = s;
        }
    vec all = {};
    for (int k = 0; k < n; k++)
        all += dot[k];
    return sum(&all);
}

INLINE double multiply_all(const struct vector_workspace *x, double beta, const bool is_first)
{
    double dot = 0;
    size_t r = 0;
    for (; r + 8 * WIDE <= x->m; r += 8 * WIDE)
        dot += multiply_rows(x, beta, r, WIDE, is_first);
    for (; r < x->m; r += 8)
        dot += multiply_rows(x, beta, r, 1, is_first);
    return dot;
}

static double multiply(const struct vector_workspace *x, double beta)
{
    return beta == 0 ? multiply_all(x, 0, true) : multiply_all(x, beta, false);
}

/* 8 rows of the first of a bit line's running sums, z, times f, into y; f^ becomes z without the
 * carry from the rows above. Returns the carry to the next rows. (Vectors go by address, since they
 * are not passed by value where registers are short.) */
INLINE double bit_line_down(const struct vector_workspace *x, size_t i, vec *f, double carry)
{
    scan_up(f);
    *(vec *)(x->y + i) = *(vec *)(x->f + i) * (*f + carry);
    return carry + (*f)[7];
}

/* 8 rows of the second one, from the sink up: y is what bit_line_down has left summed from below.
 */
INLINE double bit_line_up(const struct vector_workspace *x, size_t i, vec *y, double carry)
{
    *y = *(vec *)(x->y + i);
    scan_down(y);
    double all = (*y)[0];
    *y += carry;
    *(vec *)(x->y + i) = *y;
    return carry + all;
}

INLINE double advance_all(const struct vector_workspace *x, double alpha, const bool is_first)
{
    size_t m = x->m;
    vec dot = {}, y;
    for (size_t c = 0; c < x->n_cols; c++) {
        size_t at = c * m;
        double carry = 0;
        for (size_t i = at; i < at + m; i += 8) {
            vec r = *(vec *)(x->r + i);
            if (is_first) {
                *(vec *)(x->x + i) = (vec){};
            } else {
                *(vec *)(x->x + i) += alpha * *(vec *)(x->p + i);
                r -= alpha * *(vec *)(x->w + i);
                *(vec *)(x->r + i) = r;
            }
            carry = bit_line_down(x, i, &r, carry);
        }
        carry = 0;
        for (size_t i = at + m; i > at;) {
            i -= 8;
            carry = bit_line_up(x, i, &y, carry);
            dot += *(vec *)(x->r + i) * y;
        }
    }
    return sum(&dot);
}

static double start(const struct vector_workspace *x)
{
    return advance_all(x, 0, true);
}

static double advance(const struct vector_workspace *x, double alpha)
{
    return advance_all(x, alpha, false);
}

static double finish(const struct vector_workspace *x, double *i_a)
{
    typedef long long bits __attribute__((vector_size(64), aligned(8), may_alias));
    const bits magnitude = INT64_MAX - (bits){};
    size_t m = x->m;
    vec off = {}, y;
    for (size_t c = 0; c < x->n_cols; c++) {
        size_t at = c * m;
        double carry = 0;
        for (size_t i = at; i < at + m; i += 8) {
            vec f = *(vec *)(x->k + i) * *(vec *)(x->w + i);
            carry = bit_line_down(x, i, &f, carry);
        }
        i_a[c] = carry;
        carry = 0;
        for (size_t i = at + m; i > at;) {
            i -= 8;
            carry = bit_line_up(x, i, &y, carry);
            vec step = y - *(vec *)(x->x + i);
            off += *(vec *)(x->g + i) * *(vec *)(x->t + i) * (vec)((bits)step & magnitude);
        }
    }
    return sum(&off);
}

static void words(const struct vector_workspace *x)
{
    size_t m = x->m;
    for (size_t r = 0; r < m; r += 8) {
        vec w = {}, u = *(vec *)(x->line + r);
        for (size_t c = x->n_cols; c-- > 0;) {
            w += *(vec *)(x->w + c * m + r);
            *(vec *)(x->w + c * m + r) = w;
        }
        for (size_t c = 0; c < x->n_cols; c++) {
            u += *(vec *)(x->e + c * m + r) * *(vec *)(x->w + c * m + r);
            *(vec *)(x->w + c * m + r) = u;
        }
    }
}

const struct vector_kernels NAX_SIMD(nax_vector_kernels) = {.factor = factor,
                                                            .transpose = transpose,
                                                            .start = start,
                                                            .multiply = multiply,
                                                            .advance = advance,
                                                            .words = words,
                                                            .finish = finish};
