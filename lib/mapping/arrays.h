/* The arrays of a matrix-vector unit: programmed, solved, and what their columns count. */
#ifndef NAX_MAPPING_ARRAYS_H
#define NAX_MAPPING_ARRAYS_H

#include "mapped.h"
#include "nax/crossbar.h"

/* A plane is what one conversion per column and stream is made of: a slice of W+, of W−, of their
 * difference (differential-analog), or of the weights with their offset. */
size_t nax_planes_n(const struct fixed_layer *layer);
/* What a code of the plane counts for: ±2^(slice · slice_bits). */
double nax_plane_weight(const struct fixed_layer *layer, size_t plane);

/* One chunk of a layer's matrix. */
struct submatrix {
    size_t row, n_rows, col, n_cols;
};

size_t nax_submatrices_n(const struct fixed_layer *layer);
struct submatrix nax_submatrix_at(const struct fixed_layer *layer,
                                  size_t i); /* columns vary fastest */

/* Which cells a layer is programmed into. */
struct chip {
    const struct nax_cells *cells; /* measured deviations, or NULL */
    uint64_t seed, chip, layer;
};

/* Of a unit: 24 slices of one bit, twice. */
enum { ARRAYS_MAX = 48 };

/* What array `a` of a unit holds: a slice, of W+ (0) or W− (1). */
int nax_array_slice(const struct fixed_layer *layer, size_t a);
int nax_array_sign(const struct fixed_layer *layer, size_t a);
/* Columns of an array: N, with adc.zero reference one more of G_off cells. */
size_t nax_array_cols(const struct fixed_layer *layer);
/* Fills g [N][nax_array_cols] with what the chip holds in array `a` of a submatrix: levels, and
 * unused cells beside and below. *is_off: without levels and without errors, so like all others
 * that are. */
int nax_array_program(const struct fixed_layer *layer, const struct chip *chip,
                      const struct submatrix *submatrix, size_t a, double *g_siemens, bool *is_off,
                      struct nax_err *err) NAX_MUST_USE;

/* What is kept between submatrices. */
struct arrays {
    const struct fixed_layer *layer;
    struct chip chip;
    double *g_siemens;              /* [n_arrays][N][nax_array_cols] */
    double *w_siemens;              /* the same, effective */
    double *off_siemens;            /* [N][nax_array_cols] effective, of an array without levels */
    struct submatrix off_submatrix; /* that it was solved for; n_rows 0: none yet */
    const double
        *solved[ARRAYS_MAX]; /* [N][nax_array_cols] effective, of the submatrix solved last */
};

int nax_arrays_alloc(struct arrays *arrays, const struct fixed_layer *layer,
                     const struct chip *chip, struct nax_err *err) NAX_MUST_USE;
void nax_arrays_free(struct arrays *arrays);

/* The ADC's LSB, by the voltage of a digit 1. */
double nax_lsb_siemens(const struct fixed_layer *layer);

/* cells [nax_planes_n][submatrix->n_rows][submatrix->n_cols]: LSBs of the ADC that a digit 1 on the
 * row adds to the column's current, what stands for zero subtracted. Of ideal arrays: the levels.
 */
void nax_submatrix_cells_ideal(const struct fixed_layer *layer, const struct submatrix *submatrix,
                               double *cells);
/* Of programmed arrays with wires: every array solved, those that are alike (no levels) once. */
int nax_submatrix_cells(struct arrays *arrays, const struct submatrix *submatrix, double *cells,
                        struct nax_err *err) NAX_MUST_USE;
/* Where adc.range is calibrated: sets the LSB of the layer, the arrays', so that its cells count
 * for their levels, by least squares. */
int nax_range_calibrate(struct fixed_layer *layer, struct arrays *arrays,
                        struct nax_err *err) NAX_MUST_USE;

#endif
