/* The kernels of elimination: networks of conductances from which nodes are taken out, one large
 * network by blocks of nodes, or DENSE_LANES small ones at a time. Networks are upper triangles,
 * [n][ld]; diagonals and what is below them mean nothing.
 */
#ifndef NAX_CROSSBAR_DENSE_H
#define NAX_CROSSBAR_DENSE_H

#include "nax/base.h"

enum {
    DENSE_BLOCK = 32, /* nodes that are taken out together */
    DENSE_ROWS = 8,   /* rows that a kernel takes; numbers of nodes are multiples */
    DENSE_STRIP = 24, /* columns that it takes */
    DENSE_LANES = 8   /* small networks that are worked on together */
};

struct dense_kernels {
    /* d: [DENSE_BLOCK][DENSE_BLOCK], of which n × n hold conductances between n nodes, both
     * triangles; excess [n]: of each node to all others. d becomes the inverse of the nodes'
     * admittance matrix. n: a multiple of DENSE_ROWS */
    void (*invert)(double *d, double *excess, size_t n);
    /* out [n][DENSE_STRIP] = d · in, in [n][ld], of which n_cols columns, a multiple of DENSE_ROWS,
     * are there. */
    void (*panel)(const double *d, size_t n, const double *in, size_t ld, double *out,
                  size_t n_cols);
    /* c [DENSE_ROWS][n_cols of ld] += left^T · right, left [n][DENSE_ROWS],
     * right [n][DENSE_STRIP] */
    void (*update)(double *c, size_t ld, const double *left, const double *right, size_t n,
                   size_t n_cols);
    double (*sum)(const double *row, size_t n);
    /* to [n_rows][n_cols] = from, or 0 where from is NULL; n_cols: a multiple of DENSE_ROWS. Of a
     * triangle, rows begin at the last multiple of DENSE_ROWS before the diagonal. */
    void (*copy)(double *to, size_t ld_to, const double *from, size_t ld_from, size_t n_rows,
                 size_t n_cols, bool is_triangle);
    /* to [n_rows][n_cols] = transpose of from, elements being unit doubles: 1 or DENSE_LANES. */
    void (*copy_turned)(double *to, size_t ld_to, const double *from, size_t ld_from, size_t n_rows,
                        size_t n_cols, size_t unit);
    void (*add)(double *to, size_t ld_to, const double *from, size_t ld_from, size_t n_rows,
                size_t n_cols, bool is_triangle);
    /* Takes the first n_inner of n nodes out of DENSE_LANES networks c [n][n][DENSE_LANES]. */
    void (*star_mesh)(double *c, size_t n, size_t n_inner);
};

#endif
