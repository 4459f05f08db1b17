/* A layer in fixed point: integers of weights and inputs, their slices and streams. */
#include "fixed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int32_t rounded(double v, int32_t min, int32_t max)
{
    return v >= max ? max : v > min ? (int32_t)nearbyint(v) : min;
}

static bool is_twos_complement(const struct fixed_layer *layer)
{
    return layer->shape->is_input_signed && layer->map.n_passes == 1;
}

static void set_input_format(struct fixed_layer *layer, double range)
{
    const struct nax_precision *p = &layer->hardware->precision;
    int bits = p->input_bits;
    if (is_twos_complement(layer)) {
        bits = NAX_MIN(p->input_bits - 1, (layer->map.n_streams - 1) * p->stream_bits);
        bits = NAX_MAX(bits, 1);
        layer->input_min = -((int32_t)1 << bits);
    }
    layer->input_max = ((int32_t)1 << bits) - 1;
    if (layer->map.n_passes > 1)
        layer->input_min = -layer->input_max;
    layer->input_step = range / layer->input_max;
}

static void set_adc(struct fixed_layer *layer)
{
    int bits = NAX_MIN(layer->unit.adc_bits, 30);
    layer->adc_max = ((int32_t)1 << bits) - 1;
    if (layer->unit.is_adc_signed) {
        layer->adc_min = -((int32_t)1 << (bits - 1));
        layer->adc_max = ((int32_t)1 << (bits - 1)) - 1;
    }
}

void nax_fixed_layer_set_weights(struct fixed_layer *layer, const float *weight)
{
    size_t n = layer->map.group_rows * layer->map.n_cols;
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = NAX_MAX(fabs((double)weight[i]), largest); /* fmax ends gcc 12 on arm64 */
    layer->weight_step = largest > 0 ? largest / layer->weight_max : 1;
    for (size_t i = 0; i < n; i++)
        layer->weight[i] =
            rounded((double)weight[i] / layer->weight_step, -layer->weight_max, layer->weight_max);
}

int nax_fixed_layer_plan(struct fixed_layer *layer, const struct nax_layer *shape,
                         const struct nax_hardware *hardware, int64_t crossbar, struct nax_err *err)
{
    struct nax_unit unit;
    const struct nax_layer_adc adc = nax_layer_adc_of(hardware, shape->name);
    if (nax_unit_make_bits(hardware, crossbar, adc.bits, &unit, err))
        return nax_err_prefix(err, "layer '%s'", shape->name);
    *layer = (struct fixed_layer){.shape = shape,
                                  .hardware = hardware,
                                  .unit = unit,
                                  .map = nax_layer_map(&unit, shape),
                                  .adc = adc};
    const struct nax_precision *p = &hardware->precision;
    if (ldexp((double)layer->map.group_rows, p->weight_bits + p->input_bits) > 0x1p53)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "weights of %d bits and inputs of %d, summed over %zu rows, take more "
                           "than 53 bits: 'layer %s'",
                           p->weight_bits, p->input_bits, layer->map.group_rows, shape->name);
    return 0;
}

int nax_fixed_layer_alloc(struct fixed_layer *layer, const struct nax_layer *shape,
                          const struct nax_hardware *hardware, int64_t crossbar,
                          const float *weight, double input_range, struct nax_err *err)
{
    int status = nax_fixed_layer_plan(layer, shape, hardware, crossbar, err);
    if (status)
        return status;
    const struct nax_precision *p = &hardware->precision;
    const size_t n_weights = layer->map.group_rows * layer->map.n_cols;
    for (size_t i = 0; i < n_weights; i++)
        if (!isfinite(weight[i]))
            return nax_err_set(
                err, NAX_ERR_VALUE, "weight in row %zu, column %zu is %g: 'layer %s'",
                i / layer->map.n_cols, i % layer->map.n_cols, (double)weight[i], shape->name);
    layer->weight = nax_calloc(n_weights, sizeof *layer->weight);
    if (!layer->weight)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", shape->name);

    int bits = p->weight_bits - nax_signs_row(hardware)->is_offset;
    layer->weight_max = NAX_MAX(((int32_t)1 << bits) - 1, 1);
    nax_fixed_layer_set_weights(layer, weight);
    layer->adc_lsb = layer->adc_unit = 1;
    set_input_format(layer, input_range);
    set_adc(layer);
    return 0;
}

void nax_fixed_layer_free(struct fixed_layer *layer)
{
    free(layer->weight);
    layer->weight = NULL;
}

size_t nax_fixed_first_row(const struct fixed_layer *layer, size_t c)
{
    return c / layer->map.group_cols * layer->map.group_rows;
}

int32_t nax_fixed_offset(const struct fixed_layer *layer)
{
    if (!nax_signs_row(layer->hardware)->is_offset)
        return 0;
    return (int32_t)1 << (layer->hardware->precision.weight_bits - 1);
}

int nax_fixed_level(const struct fixed_layer *layer, size_t r, size_t c, int slice, int sign)
{
    const struct nax_precision *p = &layer->hardware->precision;
    size_t at = nax_map_weight_at(&layer->map, r, c);
    if (at == SIZE_MAX)
        return 0;
    int32_t w = layer->weight[at] + nax_fixed_offset(layer);
    int32_t magnitude = sign ? NAX_MAX(-w, 0) : NAX_MAX(w, 0);
    return (magnitude >> (slice * p->slice_bits)) & (((int32_t)1 << p->slice_bits) - 1);
}

int32_t nax_fixed_part(const struct fixed_layer *layer, int32_t x, int pass)
{
    if (layer->map.n_passes == 1)
        return x;
    return pass ? NAX_MAX(-x, 0) : NAX_MAX(x, 0);
}

int nax_fixed_digit(const struct fixed_layer *layer, int32_t x, int stream)
{
    int bits = layer->hardware->precision.stream_bits, n = layer->map.n_streams;
    if (is_twos_complement(layer)) {
        if (stream == n - 1)
            return x < 0;
        x = x < 0 ? x - (int32_t)nax_fixed_stream_weight(layer, n - 1) : x;
    }
    n /= layer->map.n_passes;
    return (nax_fixed_part(layer, x, stream / n) >> (stream % n * bits)) &
           (((int32_t)1 << bits) - 1);
}

bool nax_fixed_any_digit(const struct fixed_layer *layer, const int32_t *x, size_t n, int stream)
{
    bool any = false;
    for (size_t i = 0; i < n && !any; i++)
        any = nax_fixed_digit(layer, x[i], stream);
    return any;
}

int64_t nax_fixed_stream_weight(const struct fixed_layer *layer, int stream)
{
    int n = layer->map.n_streams / layer->map.n_passes;
    int64_t weight = (int64_t)1 << (stream % n * layer->hardware->precision.stream_bits);
    bool is_negative = stream >= n || (is_twos_complement(layer) && stream == n - 1);
    return is_negative ? -weight : weight;
}

double nax_fixed_output(const struct fixed_layer *layer, double codes, double inputs)
{
    double sum = codes * layer->adc_unit - (double)nax_fixed_offset(layer) * inputs;
    return sum * (layer->weight_step * layer->input_step);
}

void nax_fixed_inputs(const struct fixed_layer *layer, size_t n, const float *x, double *fixed)
{
    double step = 1 / layer->input_step, min = layer->input_min, max = layer->input_max;
    for (size_t i = 0; i < n; i++) {
        double v = nearbyint((double)x[i] * step);
        v = v < max ? v : max;
        fixed[i] = v > min ? v : min;
    }
}

/* One of a group: its channels, `first` and on, c of them. */
static double *unfold(const struct nax_layer *l, const double *x, size_t position, size_t first,
                      size_t c, double *patch)
{
    for (size_t ky = 0; ky < l->kernel[0]; ky++)
        for (size_t kx = 0; kx < l->kernel[1]; kx++, patch += c) {
            size_t row = nax_layer_under(l, 0, position / l->w_out, ky);
            size_t col = nax_layer_under(l, 1, position % l->w_out, kx);
            if (row < l->h_in && col < l->w_in)
                memcpy(patch, x + (row * l->w_in + col) * l->c_in + first, c * sizeof *x);
            else
                memset(patch, 0, c * sizeof *x);
        }
    return patch;
}

void nax_patches_unfold(const struct nax_layer *l, const double *x, size_t first, size_t n,
                        double *patches)
{
    size_t c = l->c_in / l->groups;
    for (size_t p = first; p < first + n; p++)
        for (size_t g = 0; g < l->groups; g++)
            patches = unfold(l, x, p, g * c, c, patches);
}
