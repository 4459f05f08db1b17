/* One right-hand side at a time: kernels of conjugate gradients with bit lines as preconditioner.
 *
 * With the word lines eliminated, the bit lines obey (T_col - G T_row^-1 G) v = f. In scaled
 * variables (README.md), u = s u^, v = t v^, currents into v as f^ = t f, and with K = s g t, this
 * is
 *
 *     (D - K S K) v^ = f^,   D: the bit lines, S: T_row^-1, both of them scaled
 *
 * where S is two running sums along a word line, and so is D^-1 along a bit line:
 *
 *     w_c = Σ_{c' >= c} i_c',  (S i)_c = Σ_{c' <= c} e_c' w_c'
 *     z_r = Σ_{r' <= r} f^_r', (D^-1 f^)_r = Σ_{r' >= r} f_r' z_r'
 *
 * Conjugate gradients preconditioned by D, of a residual r: y = D^-1 r, direction p = y + beta p.
 * As D y = r, D p is d = r + beta d, so D itself is never multiplied by.
 *
 * Everything is kept column by column with the rows side by side, so that word lines are worked on
 * in SIMD lanes and bit lines by scans over the lanes.
 */
#ifndef NAX_CROSSBAR_VECTOR_H
#define NAX_CROSSBAR_VECTOR_H

#include "circuit.h"

enum { VECTOR_ROWS = 8 }; /* rows are padded to a multiple */

struct vector_workspace {
    size_t n_rows, n_cols, m;      /* m: padded rows */
    double *g;                     /* [n_cols][m] conductance of the (linearised) cells */
    double *k, *e, *f, *s, *t;     /* [n_cols][m]: s g t, and factors of word and bit lines */
    double *p, *d, *w, *r, *x, *y; /* [n_cols][m] vectors of the iteration */
    double *scratch;               /* [2][n_rows + 1][n_cols] */
    double *line;                  /* [2][m] */
};

struct vector_kernels {
    /* k, e, f, s, t of the conductances [n_cols][m]; returns the smallest factor. */
    double (*factor)(const struct circuit *a, const struct vector_workspace *workspace);
    void (*transpose)(const double *from, size_t n_rows, size_t n_cols, double *to, size_t m);
    /* x = 0, y = D^-1 r; returns r y. */
    double (*start)(const struct vector_workspace *workspace);
    /* p = y + beta p, d = r + beta d, d - K S K p into w; returns its product with p. */
    double (*multiply)(const struct vector_workspace *workspace, double beta);
    /* x += alpha p, r -= alpha w, y = D^-1 r; returns r y. */
    double (*advance)(const struct vector_workspace *workspace, double alpha);
    /* Bit lines once more, for the word lines' voltages u^ in w: y and the currents i_a [n_cols].
     * Returns the sum of the currents that the word lines then miss: they were solved for x. */
    double (*finish)(const struct vector_workspace *workspace, double *i_a);
    /* u^ = line[r] + S w for word lines with scaled currents w and drivers at line; in place in w.
     */
    void (*words)(const struct vector_workspace *workspace);
};

#endif
