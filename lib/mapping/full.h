/* Products with every conversion made: cells of any current, slice by slice, stream by stream. */
#ifndef NAX_MAPPING_FULL_H
#define NAX_MAPPING_FULL_H

#include "arrays.h"
#include "convert.h"

/* One tile, ready for the kernels. */
struct packed_tile {
    struct tile tile;
    size_t n_vectors;
    struct lane_vector *vector; /* [n_vectors] */
    uint16_t *cells;            /* behind the vectors' cells */
};

/* cells: [planes_n][n_rows][n_cols] of the tile, rounded to steps of 2^−shift LSB, with shift as
 * large as 16 bits allow: 9 where columns reach 100 LSBs. Columns that cannot but give code 0 are
 * left out. NAX_ERR_VALUE where columns reach so far that steps would be coarser than 2^−5 LSB
 * although the cells are not whole numbers, or sums would not fit. */
int packed_tile_alloc(struct packed_tile *packed, const struct fixed_layer *layer,
                      const struct stream_format *format, const struct tile *tile,
                      const double *cells, struct nax_err *err) NAX_MUST_USE;
void packed_tile_free(struct packed_tile *packed);

struct full {
    const struct fixed_layer *layer;
    struct stream_format format;
    size_t n_tiles;
    struct packed_tile *tile; /* [n_tiles] */
};

struct stream_format stream_format_of(const struct fixed_layer *layer);

/* cells of tile i come from `cells_of`, into memory for the largest tile. */
int full_alloc(struct full *full, const struct fixed_layer *layer,
               int (*cells_of)(void *self, const struct tile *tile, double *cells,
                               struct nax_err *err),
               void *self, struct nax_err *err) NAX_MUST_USE;
void full_free(struct full *full);

/* struct nax_linop's forward; self is a struct full */
int full_forward(const void *self, size_t n, const float *x, float *y, size_t image, void *scratch);
size_t full_scratch_size(const struct full *full);

/* The definition: y [n_cols] += what one input vector x [n_rows] gives on one tile, with
 * cells [planes_n][n_rows][n_cols]; codes are floor(current + 1/2), clamped. */
void tile_reference(const struct fixed_layer *layer, const struct tile *tile, const double *cells,
                    const int32_t *x, double *y);

/* The weights that one tile multiplies by where nothing rounds: weight [layer's n_rows][n_cols], of
 * which the tile's are written. */
void tile_fold(const struct fixed_layer *layer, const struct tile *tile, const double *cells,
               float *weight);

#endif
