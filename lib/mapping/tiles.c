/* Cutting a layer's matrix into chunks of the crossbar's size, counted. */
#include "nax/mapping.h"

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

int nax_n_slices(const struct nax_precision *precision)
{
    return (int)ceil_div(precision->weight_bits, precision->slice_bits);
}

int nax_n_streams(const struct nax_precision *precision)
{
    return (int)ceil_div(precision->input_bits, precision->stream_bits);
}

int nax_arrays_per_unit(const struct nax_hardware *hardware)
{
    int n = nax_n_slices(&hardware->precision);
    return hardware->signs == NAX_SIGNS_OFFSET ? n : 2 * n;
}

int nax_adc_bits(const struct nax_hardware *hardware, int64_t crossbar)
{
    const struct nax_precision *p = &hardware->precision;
    if (hardware->adc.bits)
        return hardware->adc.bits;
    int64_t largest =
        crossbar * (((int64_t)1 << p->slice_bits) - 1) * (((int64_t)1 << p->stream_bits) - 1);
    int bits = 0;
    while ((int64_t)1 << bits < largest)
        bits++;
    bool is_signed = hardware->adc.zero == NAX_ADC_ZERO_SIGNED ||
                     hardware->signs == NAX_SIGNS_DIFFERENTIAL_ANALOG;
    return NAX_MAX(bits + is_signed, 1);
}

int nax_layer_map(const struct nax_hardware *hardware, const struct nax_layer *layer,
                  int64_t crossbar, struct nax_layer_map *map, struct nax_err *err)
{
    if (layer->role == NAX_ROLE_POOL) {
        *map = (struct nax_layer_map){.crossbar = 0};
        return 0;
    }
    if (crossbar < 1 || crossbar > NAX_CROSSBAR_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "crossbar size %lld is not between 1 and %d: '%s'",
                           (long long)crossbar, NAX_CROSSBAR_MAX, layer->name);
    int64_t n_arrays = nax_arrays_per_unit(hardware);
    struct nax_layer_map m = {.crossbar = crossbar,
                              .rows = (int64_t)(layer->kernel * layer->kernel * layer->c_in),
                              .cols = (int64_t)layer->c_out,
                              .positions = (int64_t)(layer->h_out * layer->w_out)};
    m.row_submatrices = ceil_div(m.rows, crossbar);
    m.col_submatrices = ceil_div(m.cols, crossbar);
    m.n_units = m.row_submatrices * m.col_submatrices;
    m.n_arrays = m.n_units * n_arrays;
    m.products = m.n_units * m.positions;
    m.n_cells = m.n_arrays * crossbar * crossbar;
    m.used_cells = m.rows * m.cols * n_arrays;
    *map = m;
    return 0;
}

int nax_network_map(const struct nax_hardware *hardware, const struct nax_network *net,
                    const int64_t *crossbar, struct nax_network_map *map, struct nax_err *err)
{
    struct nax_network_map sum = {.n_units = 0};
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_layer_map m;
        int status = nax_layer_map(hardware, &net->layers[l], crossbar[l], &m, err);
        if (status)
            return status;
        sum.n_units += m.n_units;
        sum.n_arrays += m.n_arrays;
        if (__builtin_add_overflow(sum.products, m.products, &sum.products))
            return nax_err_set(err, NAX_ERR_VALUE, "too many products to count: '%s'", net->name);
        sum.n_cells += m.n_cells;
        sum.used_cells += m.used_cells;
    }
    *map = sum;
    return 0;
}
