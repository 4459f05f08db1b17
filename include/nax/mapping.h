/* How a layer's weights are cut into crossbars: the counts, before any conductance is set.
 *
 * The weights of a convolution are a matrix of k·k·c_in rows, in the order (ky, kx, c_in), and
 * c_out columns, cut into chunks of N rows and N columns. A chunk takes one matrix-vector unit: one
 * N×N array for every bit slice, times two with differential signs (Ankit et al., ASPLOS 2019).
 */
#ifndef NAX_MAPPING_H
#define NAX_MAPPING_H

#include "nax/base.h"
#include "nax/hardware.h"
#include "nax/network.h"

/* Bit slices of a weight, and input streams of a product. */
int nax_n_slices(const struct nax_precision *precision);
int nax_n_streams(const struct nax_precision *precision);
/* Arrays of a matrix-vector unit: slices, times two for W+ and W− in arrays of their own. */
int nax_arrays_per_unit(const struct nax_hardware *hardware);

/* Bits of the ADCs at crossbar size N: adc.bits, or what the largest current of N ideal cells
 * needs, ceil(log2(N (2^slice_bits − 1) (2^stream_bits − 1))) (Negi et al., DAC 2022: 3N), one more
 * where the ADC is signed (adc.zero, or the difference of two currents is converted). */
int nax_adc_bits(const struct nax_hardware *hardware, int64_t crossbar);

struct nax_layer_map {
    int64_t crossbar;             /* N; 0 for a pool, and then every count is 0 */
    int64_t rows, cols;           /* of the layer's matrix */
    int64_t row_tiles, col_tiles; /* ceil(rows / N), ceil(cols / N) */
    int64_t n_units, n_arrays;
    int64_t positions;  /* of the output, products of each unit for one image */
    int64_t products;   /* n_units · positions */
    int64_t n_cells;    /* N² of all arrays */
    int64_t used_cells; /* those that hold a weight's slice */
};

/* Error: crossbar below 1 for a layer that multiplies, or above NAX_CROSSBAR_MAX. */
enum { NAX_CROSSBAR_MAX = 65536 };
int nax_layer_map(const struct nax_hardware *hardware, const struct nax_layer *layer,
                  int64_t crossbar, struct nax_layer_map *map, struct nax_err *err) NAX_MUST_USE;

/* Sums over all layers; crossbar: [n_layers] of nax_network_crossbars. */
struct nax_network_map {
    int64_t n_units, n_arrays, products, n_cells, used_cells;
};
int nax_network_map(const struct nax_hardware *hardware, const struct nax_network *net,
                    const int64_t *crossbar, struct nax_network_map *map,
                    struct nax_err *err) NAX_MUST_USE;

#endif
