/* Products with every conversion made: cells of any current, slice by slice, stream by stream. */
#ifndef NAX_MAPPING_FULL_H
#define NAX_MAPPING_FULL_H

#include "convert.h"
#include "solved.h"

/* One submatrix, ready for the kernels. */
struct packed_submatrix {
    struct nax_submatrix submatrix;
    size_t n_vectors;
    struct lane_vector *vector; /* [n_vectors] */
    uint16_t *cells;            /* behind the vectors' cells */
};

/* cells: [n_planes][n_rows][n_cols] of the submatrix, rounded to steps of 2^−shift LSB, with
 * shift as large as 16 bits allow: 9 where columns reach 100 LSBs. Columns that cannot but give
 * code 0 are left out. NAX_ERR_VALUE where columns reach so far that steps would be coarser than
 * 2^−5 LSB although the cells are not whole numbers, or sums would not fit. */
int nax_packed_submatrix_alloc(struct packed_submatrix *packed, const struct fixed_layer *layer,
                               const struct stream_format *format,
                               const struct nax_submatrix *submatrix, const double *cells,
                               struct nax_err *err) NAX_MUST_USE;
void nax_packed_submatrix_free(struct packed_submatrix *packed);

struct full {
    const struct fixed_layer *layer;
    struct stream_format format;
    size_t n_submatrices;
    struct packed_submatrix *submatrix; /* [n_submatrices] */
};

struct stream_format nax_stream_format_of(const struct fixed_layer *layer);

/* cells of submatrix i come from `cells_of`, into memory for the largest submatrix. */
int nax_full_alloc(struct full *full, const struct fixed_layer *layer,
                   int (*cells_of)(void *self, const struct nax_submatrix *submatrix, double *cells,
                                   struct nax_err *err),
                   void *self, struct nax_err *err) NAX_MUST_USE;
void nax_full_free(struct full *full);

/* struct nax_linop's forward; self is a struct full */
int nax_full_forward(const void *self, size_t n, const float *x, float *y, size_t image,
                     void *scratch);
size_t nax_full_scratch_size(const struct full *full);

/* The definition: y [n_cols] += what one input vector x [n_rows] gives on one submatrix, with
 * cells [n_planes][n_rows][n_cols]; codes are floor(current + 1/2), clamped. */
void nax_submatrix_reference(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                             const double *cells, const int32_t *x, double *y);

/* The weights that one submatrix multiplies by where nothing rounds: weight [layer's
 * n_rows][n_cols], of which the submatrix's are written. */
void nax_submatrix_fold(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                        const double *cells, float *weight);

#endif
