/* The definitions of a product with ADCs, in a few plain loops: on ideal arrays, and on any cells.
 */
#include "reference.h"
#include "arrays.h"

#include <math.h>

static int64_t clamped(const struct fixed_layer *layer, int64_t current)
{
    return NAX_MAX(layer->adc_min, NAX_MIN(current, layer->adc_max));
}

/* Σ level · digit over the rows from r0 to r1, in LSBs of the ADC */
static int64_t current_of(const struct fixed_layer *layer, const int32_t *x, size_t r0, size_t r1,
                          size_t c, int slice, int sign, int stream)
{
    int64_t sum = 0;
    for (size_t r = r0; r < r1; r++)
        sum += (int64_t)nax_fixed_level(layer, r, c, slice, sign) *
               nax_fixed_digit(layer, x[r], stream);
    return sum;
}

void nax_product_reference(const struct fixed_layer *layer, const int32_t *x, int64_t *y)
{
    int slice_bits = layer->hardware->precision.slice_bits;
    bool is_analog = layer->unit.arrays_per_plane > 1;
    for (size_t c = 0; c < layer->map.n_cols; c++)
        y[c] = 0;
    for (size_t i = 0; i < layer->map.n_units; i++) {
        struct nax_submatrix m = nax_submatrix_at(&layer->map, i);
        size_t end = m.row + m.n_rows;
        for (size_t c = m.col; c < m.col + m.n_cols; c++)
            for (int s = 0; s < layer->unit.n_slices; s++)
                for (int t = 0; t < layer->map.n_streams; t++) {
                    int64_t plus = current_of(layer, x, m.row, end, c, s, 0, t);
                    int64_t minus = current_of(layer, x, m.row, end, c, s, 1, t);
                    int64_t code = is_analog ? clamped(layer, plus - minus)
                                             : clamped(layer, plus) - clamped(layer, minus);
                    y[c] +=
                        code * nax_fixed_stream_weight(layer, t) * ((int64_t)1 << (s * slice_bits));
                }
    }
    /* the offset of the weights goes digitally: the inputs are known */
    for (size_t c = 0; c < layer->map.n_cols; c++)
        for (size_t r = 0; r < layer->map.group_rows; r++)
            y[c] -= (int64_t)nax_fixed_offset(layer) * x[nax_fixed_first_row(layer, c) + r];
}

void nax_submatrix_reference(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                             const double *cells, const int32_t *x, double *y)
{
    for (size_t plane = 0; plane < layer->unit.n_planes; plane++)
        for (size_t c = 0; c < submatrix->n_cols; c++)
            for (int t = 0; t < layer->map.n_streams; t++) {
                double current = 0;
                for (size_t r = 0; r < submatrix->n_rows; r++)
                    current += cells[(plane * submatrix->n_rows + r) * submatrix->n_cols + c] *
                               nax_fixed_digit(layer, x[submatrix->row + r], t);
                double code = fmin(fmax(floor(current + 0.5), layer->adc_min), layer->adc_max);
                y[submatrix->col + c] += nax_plane_weight(layer, plane) *
                                         (double)nax_fixed_stream_weight(layer, t) * code;
            }
}
