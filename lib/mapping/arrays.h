/* The arrays of a matrix-vector unit: programmed, solved, and what their columns count. */
#ifndef NAX_MAPPING_ARRAYS_H
#define NAX_MAPPING_ARRAYS_H

#include "mapped.h"
#include "nax/crossbar.h"

/* A plane is what one conversion per column and stream is made of: a slice of W+, of W−, of their
 * difference (differential-analog), or of the weights with their offset. */
size_t planes_n(const struct fixed_layer *layer);
/* What a code of the plane counts for: ±2^(slice · slice_bits). */
double plane_weight(const struct fixed_layer *layer, size_t plane);

/* One chunk of a layer's matrix. */
struct tile {
    size_t row, n_rows, col, n_cols;
};

size_t tiles_n(const struct fixed_layer *layer);
struct tile tile_at(const struct fixed_layer *layer, size_t i); /* columns vary fastest */

/* Which cells a layer is programmed into. */
struct chip {
    const struct nax_cells *cells; /* measured deviations, or NULL */
    uint64_t seed, chip, layer;
};

/* Of a unit: 24 slices of one bit, twice. */
enum { ARRAYS_MAX = 48 };

/* What array `a` of a unit holds: a slice, of W+ (0) or W− (1). */
int array_slice(const struct fixed_layer *layer, size_t a);
int array_sign(const struct fixed_layer *layer, size_t a);
/* Columns of an array: N, with adc.zero reference one more of G_off cells. */
size_t array_cols(const struct fixed_layer *layer);
/* Fills g [N][array_cols] with what the chip holds in array `a` of a tile: levels, and unused cells
 * beside and below. *is_off: without levels and without errors, so like all others that are. */
int array_program(const struct fixed_layer *layer, const struct chip *chip, const struct tile *tile,
                  size_t a, double *g_siemens, bool *is_off, struct nax_err *err) NAX_MUST_USE;

/* What is kept between tiles. */
struct arrays {
    const struct fixed_layer *layer;
    struct chip chip;
    double *g_siemens;                /* [n_arrays][N][array_cols] */
    double *w_siemens;                /* the same, effective */
    double *off_siemens;              /* [N][array_cols] effective, of an array without levels */
    struct tile off_tile;             /* that it was solved for; n_rows 0: none yet */
    const double *solved[ARRAYS_MAX]; /* [N][array_cols] effective, of the tile solved last */
};

int arrays_alloc(struct arrays *arrays, const struct fixed_layer *layer, const struct chip *chip,
                 struct nax_err *err) NAX_MUST_USE;
void arrays_free(struct arrays *arrays);

/* The ADC's LSB, by the voltage of a digit 1. */
double lsb_siemens(const struct fixed_layer *layer);

/* cells [planes_n][tile->n_rows][tile->n_cols]: LSBs of the ADC that a digit 1 on the row adds to
 * the column's current, what stands for zero subtracted. Of ideal arrays: the levels. */
void tile_cells_ideal(const struct fixed_layer *layer, const struct tile *tile, double *cells);
/* Of programmed arrays with wires: every array solved, those that are alike (no levels) once. */
int tile_cells(struct arrays *arrays, const struct tile *tile, double *cells,
               struct nax_err *err) NAX_MUST_USE;
/* Where adc.range is calibrated: sets the LSB of the layer, the arrays', so that its cells count
 * for their levels, by least squares. */
int range_calibrate(struct fixed_layer *layer, struct arrays *arrays,
                    struct nax_err *err) NAX_MUST_USE;

#endif
