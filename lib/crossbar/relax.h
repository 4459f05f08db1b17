/* The kernels of line relaxation: passes over all word and bit lines of one array, 16 right-hand
 * sides at a time. README.md has the equations; relax.c drives them.
 */
#ifndef NAX_CROSSBAR_RELAX_H
#define NAX_CROSSBAR_RELAX_H

#include "circuit.h"

enum {
    RELAX_LANES = 16, /* right-hand sides that ride together */
    RELAX_ROWS = 4    /* word lines that a kernel takes at a time: rows are padded to a multiple */
};

/* Coefficients of a pass, packed in the order of the traversal, one precision. relax_pass.h has
 * what they multiply. */
struct relax_coef {
    const void *forward;  /* [n_blocks][n_cols][2][RELAX_ROWS]: K and F of the direction before */
    const void *backward; /* [n_blocks][n_cols][2][RELAX_ROWS]: E, K of its own direction */
};

struct relax_pass {
    size_t n_blocks, n_cols;
    struct relax_coef coef;
    void *z;             /* first traversed row of [rows][n_cols][RELAX_LANES], same precision */
    ptrdiff_t z_step;    /* elements from a row to the one traversed next */
    void *carry;         /* [2][n_cols][RELAX_LANES] scratch, same precision */
    double *w;           /* first traversed row of [rows][RELAX_LANES]: currents into drivers */
    ptrdiff_t w_step;    /* elements from a row to the one traversed next */
    const double *start; /* first traversed row of [rows][RELAX_LANES]; relax_start only */
    size_t first_column; /* column of lane 0; relax_start only */
    double w_sum[RELAX_LANES], s_sum[RELAX_LANES]; /* out: currents into all drivers, all sinks */
};

struct relax_factors {
    double *forward[2], *backward[2]; /* down, up */
    float *forward_f[2], *backward_f[2];
    double *transfer; /* [n_padded][n_cols]: K of the way down */
    double *inflow;   /* [n_cols]: current into a bit line at 1 V with grounded word lines */
    double *scratch;  /* [5][n_padded][n_cols] */
    double scale_min; /* smallest transfer factor that is not 0 */
};

struct relax_kernels {
    void (*coefficients)(const struct circuit *a, size_t n_padded, struct relax_factors *factors);
    void (*narrow)(const double *from, float *to, size_t n);
    void (*start)(struct relax_pass *pass);  /* double, downwards */
    void (*full[2][2])(struct relax_pass *); /* [double, float][down, up] */
    void (*last[2])(struct relax_pass *);    /* [double, float]: word lines only */
};

#endif
