/* Products with every conversion made: cells of any current, slice by slice, stream by stream. */
#ifndef NAX_MAPPING_FULL_H
#define NAX_MAPPING_FULL_H

#include "packed.h"

struct full {
    const struct fixed_layer *layer;
    struct stream_format format;
    struct packed_submatrix *submatrix; /* [n_units] */
};

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

/* Adds the conversions of one input vector x [n_rows]. */
void nax_full_count(const struct full *full, const int32_t *x, struct conversions *conversions);

#endif
