/* A layer in fixed point: integers of weights and inputs, their slices and streams. */
#ifndef NAX_MAPPING_FIXED_H
#define NAX_MAPPING_FIXED_H

#include "nax/tiling.h"

/* One layer's numbers: a matrix of integers, and what integers stand for. */
struct fixed_layer {
    const struct nax_layer *shape;
    const struct nax_hardware *hardware;
    struct nax_unit unit;
    struct nax_layer_map map; /* n_rows × n_cols: k·k·c_in × c_out */
    int32_t *weight;          /* [group_rows][n_cols], −weight_max … weight_max */
    int32_t weight_max;       /* 2^weight_bits − 1, offset signs: 2^(weight_bits − 1) − 1 */
    double weight_step;       /* weight = integer · weight_step */
    int32_t input_min, input_max;
    double input_step; /* input = integer · input_step */
    struct nax_layer_adc adc;
    double adc_lsb;  /* current of the ADC's LSB, in levels of ideal cells; 1 until nax_range_set */
    double adc_unit; /* levels that a code counts for, likewise */
    int32_t adc_min, adc_max; /* codes of the layer's ADCs */
};

/* How many conversions there are of streams that carry anything, and how many of them give the last
 * code, or the first, for a current beyond it. */
struct conversions {
    uint64_t n, n_clamped;
};

/* The layer without weights: an error where it cannot lie on such crossbars. */
int nax_fixed_layer_plan(struct fixed_layer *layer, const struct nax_layer *shape,
                         const struct nax_hardware *hardware, int64_t crossbar,
                         struct nax_err *err) NAX_MUST_USE;
/* weight: [group_rows][n_cols] of the model; input_range: the largest magnitude of the inputs,
 * whose signs the shape tells. */
int nax_fixed_layer_alloc(struct fixed_layer *layer, const struct nax_layer *shape,
                          const struct nax_hardware *hardware, int64_t crossbar,
                          const float *weight, double input_range,
                          struct nax_err *err) NAX_MUST_USE;
/* Other weights of the same layer, with a step of their own. */
void nax_fixed_layer_set_weights(struct fixed_layer *layer, const float *weight);
void nax_fixed_layer_free(struct fixed_layer *layer);

/* Level of the cell that holds slice s of the weight in row r and column c: of W+ (sign 0) or W−
 * (sign 1); with offset signs, of the weight plus nax_fixed_offset. Where the row is of another
 * group than the column: 0, with offset signs as well. */
int nax_fixed_level(const struct fixed_layer *layer, size_t r, size_t c, int slice, int sign);
/* The columns' group: whose inputs they multiply, group_rows of them from here on. */
size_t nax_fixed_first_row(const struct fixed_layer *layer, size_t c);
/* What is added to every weight before it is cut into slices: 2^(weight_bits − 1), or 0. */
int32_t nax_fixed_offset(const struct fixed_layer *layer);
/* What pass p of n_passes streams of an input x: its magnitude where it has the pass's sign, or 0;
 * of one pass x itself. */
int32_t nax_fixed_part(const struct fixed_layer *layer, int32_t x, int pass);
/* Number that stream t of an input x carries, and what a 1 in it counts for. A sign bit counts for
 * minus the power of two above all other streams' bits: two's complement goes on to where these
 * end, which is above input_bits where one stream has them all. */
int nax_fixed_digit(const struct fixed_layer *layer, int32_t x, int stream);
bool nax_fixed_any_digit(const struct fixed_layer *layer, const int32_t *x, size_t n, int stream);
int64_t nax_fixed_stream_weight(const struct fixed_layer *layer, int stream);

/* The layer's output in a column from the sum of its codes, each times what its slice and stream
 * count for, and the sum of its group's inputs. */
double nax_fixed_output(const struct fixed_layer *layer, double codes, double inputs);

/* Fixed point of n floats; NaN becomes the smallest number. */
void nax_fixed_inputs(const struct fixed_layer *layer, size_t n, const float *x, double *fixed);

/* Patches of one image x [h_in][w_in][c_in]: of n output positions from `first` on, in the order of
 * the rows of the matrix: [n][groups][k][k][c_in / groups]. */
void nax_patches_unfold(const struct nax_layer *layer, const double *x, size_t first, size_t n,
                        double *patches);

#endif
