/* The cells of a submatrix, rounded and laid out for the kernels of the full product. */
#ifndef NAX_MAPPING_PACKED_H
#define NAX_MAPPING_PACKED_H

#include "convert.h"
#include "fixed.h"

/* Of each pass. */
struct stream_format nax_stream_format_of(const struct fixed_layer *layer);

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
/* Adds those of one input vector x [n_rows] of the layer. Columns whose code is always 0 never
 * clamp. */
void nax_packed_submatrix_count(const struct packed_submatrix *packed,
                                const struct fixed_layer *layer, const int32_t *x,
                                struct conversions *conversions);
void nax_packed_submatrix_free(struct packed_submatrix *packed);

#endif
