/* The dense kernels of block elimination: symmetric inversion with right-hand sides, by blocks. */
#ifndef NAX_CROSSBAR_DENSE_H
#define NAX_CROSSBAR_DENSE_H

#include "nax/base.h"

enum {
    DENSE_BLOCK = 32, /* pivots that are eliminated together */
    DENSE_ROWS = 8    /* rows that a kernel takes; rows and columns are padded to a multiple */
};

struct dense_kernels {
    /* d: [DENSE_BLOCK][DENSE_BLOCK], the leading n × n of it, symmetric positive: its inverse. */
    void (*invert)(double *d, size_t n);
    /* out[n][...] = d[n][n] * in[n][...] for columns from … to; in and out have rows of ld. */
    void (*panel)(const double *d, size_t n, const double *in, double *out, size_t ld, size_t from,
                  size_t to);
    /* a[r][from … to] -= left[r][0 … n] * panel[n][from … to] for DENSE_ROWS rows r. left:
     * [n][DENSE_ROWS] */
    void (*update)(double *a, size_t ld, const double *left, size_t n, const double *panel,
                   size_t from, size_t to);
    /* row = scale * row + t * h, n long. */
    void (*add)(double *row, const double *h, double scale, double t, size_t n);
    /* h += row, row *= -r; returns the sum of what row was. */
    double (*series)(double *row, double *h, double r, size_t n);
    double (*sum)(const double *row, size_t n);
};

#endif
