/* What is done to a layer's output after its product: gains, offsets, noise. */
#ifndef NAX_MAPPING_CORRECTION_H
#define NAX_MAPPING_CORRECTION_H

#include "nax/base.h"

struct correction {
    size_t layer, n_positions, n_cols;
    float *gain, *offset, *sd; /* [n_cols] */
    float noise;               /* of how many sd, 0: none */
    uint64_t seed;
    const float *normals; /* nax_normals_alloc's, for rows of n_cols; not owned */
};

int nax_correction_alloc(struct correction *correct, size_t layer, size_t n_positions,
                         size_t n_cols, struct nax_err *err) NAX_MUST_USE;
void nax_correction_free(struct correction *correct);

/* y ← gain · (what the output was after the correction so far) + offset, in column c */
void nax_correction_add(struct correction *correct, size_t c, double gain, double offset);

/* y [n][n_positions][n_cols]; image: of the first of the n. */
void nax_correction_apply(const struct correction *correct, size_t n, float *y, size_t image);
/* The same where the gains are in the weights. */
void nax_correction_apply_offsets(const struct correction *correct, size_t n, float *y,
                                  size_t image);

#endif
