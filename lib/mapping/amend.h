/* What is done to a layer's output after its product: gains, offsets, noise. */
#ifndef NAX_MAPPING_AMEND_H
#define NAX_MAPPING_AMEND_H

#include "nax/base.h"

/* A table of normal numbers that noise is read from, from a place that depends on image and layer;
 * the table is longer than NORMALS by the longest row, so that rows need not wrap around. */
enum { NORMALS = 1 << 16 };

struct amend {
    size_t layer, n_positions, n_cols;
    float *gain, *offset, *sd; /* [n_cols] */
    float noise;               /* of how many sd, 0: none */
    uint64_t seed;
    const float *normals; /* [NORMALS + n_cols]; not owned */
};

int amend_alloc(struct amend *amend, size_t layer, size_t n_positions, size_t n_cols,
                struct nax_err *err) NAX_MUST_USE;
void amend_free(struct amend *amend);

/* y ← gain · (what the output was after the amendments so far) + offset, in column c */
void amend_add(struct amend *amend, size_t c, double gain, double offset);

/* struct nax_linop's amend: y [n][n_positions][n_cols] */
void amend_apply(const void *self, size_t n, float *y, size_t image);

float *normals_alloc(uint64_t seed, size_t n_cols_max) NAX_MUST_USE; /* or NULL */

#endif
