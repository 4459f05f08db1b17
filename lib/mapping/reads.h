/* Products with every conversion made, of cells whose every read is noisy. */
#ifndef NAX_MAPPING_READS_H
#define NAX_MAPPING_READS_H

#include "effective.h"

/* One submatrix: what its columns count, and the squares of what its cells conduct. */
struct noisy_submatrix {
    struct nax_submatrix submatrix;
    float *cells;   /* [n_rows][n_planes][n_cols], LSBs that a digit 1 adds, zero subtracted */
    float *squares; /* [n_rows][n_arrays][n_cols, and the reference] variance that it adds */
};

struct reads {
    const struct fixed_layer *layer;
    struct chip chip;
    struct noisy_submatrix *submatrix; /* [n_units] */
    float *normals;                    /* nax_normals_alloc's, for rows of a product */
};

/* Programs and solves the arrays. to: where effective weights go; its weight NULL: nowhere. */
int nax_reads_alloc(struct reads *reads, struct solved_unit *solved, const struct effective *to,
                    struct nax_err *err) NAX_MUST_USE;
void nax_reads_free(struct reads *reads);

/* struct nax_linop's forward; self is a struct reads. A function of seed, chip, layer and image. */
int nax_reads_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                      void *scratch);
size_t nax_reads_scratch_size(const struct reads *reads);

/* Adds the conversions of one input vector x [n_rows], without the noise. */
void nax_reads_count(const struct reads *reads, const int32_t *x, struct conversions *conversions);

#endif
