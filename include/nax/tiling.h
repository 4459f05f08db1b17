/* How a layer is cut up for crossbars of one size: counts, before any conductance is set.
 *
 * The weights of a convolution are a matrix of k·k·c_in rows, in the order (ky, kx, c_in), and
 * c_out columns, cut into submatrices of N rows and N columns. A submatrix takes one matrix-vector
 * unit: one N×N array for every bit slice, times two with differential signs (Ankit et al., ASPLOS
 * 2019). Of g groups there are g such matrices, of k·k·c_in / g rows and c_out / g columns; as many
 * as fit lie in one submatrix, corner to corner, with cells that hold no weight around them.
 */
#ifndef NAX_TILING_H
#define NAX_TILING_H

#include "nax/base.h"
#include "nax/hardware.h"
#include "nax/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A matrix-vector unit of one crossbar size: all that follows from the hardware's description.
 * Made once and handed on. */
struct nax_unit {
    size_t crossbar;     /* N */
    int n_slices;        /* bit slices of a weight */
    int n_streams;       /* bit streams of an input that is not negative */
    int n_signed_passes; /* of all streams, for inputs that may be */
    size_t n_signs;  /* arrays that a slice takes: for W+ and W−, or one of weights + offset */
    size_t n_arrays; /* n_slices · n_signs */
    size_t arrays_per_plane; /* whose columns are converted together: two where their difference is
                                (signs differential-analog), or one */
    size_t n_planes;         /* conversions that a column takes in a stream */
    bool has_reference;      /* a column of G_off cells beside every array gives the ADC's zero */
    size_t array_cols;       /* N, and the reference */
    bool is_adc_signed;      /* codes below zero: adc.zero signed, or differences converted */
    int adc_bits; /* adc.bits, or what the codes 0 … L of the largest current of N ideal cells need,
                     ceil(log2(L + 1)) with L = N (2^slice_bits − 1) (2^stream_bits − 1) (Negi et
                     al., DAC 2022: ceil(log2(3N)), the same for 2 bit slices; Shafiee et al., ISCA
                     2016, section IV: log2(N) + 1 for cells and streams of 1 bit), one more where
                     the ADC is signed */
};

/* Error: crossbar below 1 or above NAX_CROSSBAR_MAX, as in a space; fewer columns than ADCs. */
enum { NAX_CROSSBAR_MAX = 4096 };
int nax_unit_make(const struct nax_hardware *hardware, int64_t crossbar, struct nax_unit *unit,
                  struct nax_err *err) NAX_MUST_USE;
/* The same with other bits than adc.bits, a layer's; 0: what ideal cells need. */
int nax_unit_make_bits(const struct nax_hardware *hardware, int64_t crossbar, int bits,
                       struct nax_unit *unit, struct nax_err *err) NAX_MUST_USE;

/* All zeros for a pool. */
struct nax_layer_map {
    size_t crossbar; /* N */
    /* Of all groups' matrices, one below and beside the other: rows in the order (group, ky, kx,
     * c_in / groups). */
    size_t n_rows, n_cols;
    size_t group_rows, group_cols;           /* of one group's */
    size_t n_together;                       /* groups in a submatrix; 1: one, or a part of one */
    size_t row_submatrices, col_submatrices; /* of a group, or of those that lie together */
    size_t n_units, n_arrays;
    int n_passes;      /* in which inputs are streamed: positive parts, and then negative ones */
    int n_streams;     /* of an input, of all passes; of two's complement at least 2 */
    size_t positions;  /* of the output, products of each unit for one image */
    size_t products;   /* n_units · positions */
    size_t n_cells;    /* N² of all arrays */
    size_t used_cells; /* those that hold a weight's slice */
    size_t used_area;  /* of one array of each unit: rows · columns that submatrices span */
};

/* Where the weight in this row and column of the matrix stands among the layer's own [group_rows]
 * [n_cols]; SIZE_MAX: row and column are of different groups, and there is none. */
static inline size_t nax_map_weight_at(const struct nax_layer_map *map, size_t row, size_t col)
{
    if (map->group_rows == map->n_rows)
        return row * map->n_cols + col;
    return row / map->group_rows == col / map->group_cols
               ? row % map->group_rows * map->n_cols + col
               : SIZE_MAX;
}

struct nax_layer_map nax_layer_map(const struct nax_unit *unit, const struct nax_layer *layer);

/* Whether the network has every layer that the hardware has converters of its own for; those that a
 * design leaves out count. NAX_ERR_VALUE names the layer and the nearest one. */
int nax_adc_layers_check(const struct nax_hardware *hardware, const struct nax_network *net,
                         struct nax_err *err) NAX_MUST_USE;

/* The part of a layer's matrix that one unit holds. */
struct nax_submatrix {
    size_t row, n_rows, col, n_cols;
};

/* Submatrix i of n_units, group by group; columns vary fastest. The first is the largest. */
struct nax_submatrix nax_submatrix_at(const struct nax_layer_map *map, size_t i);
/* Which one it is. */
size_t nax_submatrix_index(const struct nax_layer_map *map, const struct nax_submatrix *submatrix);

/* Sums over all layers; crossbar: [n_layers] of nax_network_crossbars. Errors: as nax_unit_make,
 * for a layer that multiplies; more than 2^63 − 1 products. */
struct nax_network_map {
    int64_t n_units, n_arrays, products, n_cells, used_cells;
};
int nax_network_map(const struct nax_hardware *hardware, const struct nax_network *net,
                    const int64_t *crossbar, struct nax_network_map *map,
                    struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
