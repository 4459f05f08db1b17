/* Units of a hardware, and a layer's matrix cut into submatrices of the crossbar's size. */
#include "nax/tiling.h"

#include <string.h>

static int adc_bits(const struct nax_hardware *hardware, int64_t crossbar, int own, bool is_signed)
{
    const struct nax_precision *p = &hardware->precision;
    if (own)
        return own;
    int64_t largest =
        crossbar * (((int64_t)1 << p->slice_bits) - 1) * (((int64_t)1 << p->stream_bits) - 1);
    int bits = 0;
    while ((int64_t)1 << bits <= largest) /* so many codes, of 0 … largest */
        bits++;
    return NAX_MAX(bits + is_signed, 1);
}

int nax_unit_make_bits(const struct nax_hardware *hardware, int64_t crossbar, int bits,
                       struct nax_unit *unit, struct nax_err *err)
{
    const struct nax_precision *p = &hardware->precision;
    if (crossbar < 1 || crossbar > NAX_CROSSBAR_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "crossbar size %lld is not between 1 and %d",
                           (long long)crossbar, NAX_CROSSBAR_MAX);
    const struct nax_signs_row *signs = nax_signs_row(hardware);
    const struct nax_adc_zero_row *zero = nax_adc_zero_row(hardware);
    struct nax_unit u = {.crossbar = (size_t)crossbar,
                         .n_slices = NAX_CEIL_DIV(p->weight_bits, p->slice_bits),
                         .n_streams = NAX_CEIL_DIV(p->input_bits, p->stream_bits),
                         .n_signed_passes = nax_input_signs_row(hardware)->n_passes,
                         .n_signs = (size_t)signs->n_arrays,
                         .arrays_per_plane = signs->is_difference ? (size_t)signs->n_arrays : 1,
                         .has_reference = zero->has_column,
                         .is_adc_signed = zero->is_signed || signs->is_difference};
    u.n_arrays = (size_t)u.n_slices * u.n_signs;
    u.n_planes = u.n_arrays / u.arrays_per_plane;
    u.array_cols = u.crossbar + u.has_reference;
    u.adc_bits = adc_bits(hardware, crossbar, bits, u.is_adc_signed);
    if ((size_t)hardware->adc.adcs_per_array > u.array_cols)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "adc.adcs_per_array is %d, and an array of crossbar size %lld has %zu "
                           "columns",
                           hardware->adc.adcs_per_array, (long long)crossbar, u.array_cols);
    *unit = u;
    return 0;
}

int nax_unit_make(const struct nax_hardware *hardware, int64_t crossbar, struct nax_unit *unit,
                  struct nax_err *err)
{
    return nax_unit_make_bits(hardware, crossbar, hardware->adc.bits, unit, err);
}

/* How many groups fit into a submatrix corner to corner, and what all of them span. */
static void lay_groups(struct nax_layer_map *m, size_t n_groups)
{
    size_t fitting = NAX_MIN(m->crossbar / m->group_rows, m->crossbar / m->group_cols);
    m->n_together = NAX_MIN(NAX_MAX(fitting, (size_t)1), n_groups);
    size_t n_whole = n_groups / m->n_together, rest = n_groups % m->n_together;
    m->used_area =
        (n_whole * m->n_together * m->n_together + rest * rest) * m->group_rows * m->group_cols;
    m->row_submatrices = NAX_CEIL_DIV(m->n_together * m->group_rows, m->crossbar);
    m->col_submatrices = NAX_CEIL_DIV(m->n_together * m->group_cols, m->crossbar);
    m->n_units = NAX_CEIL_DIV(n_groups, m->n_together) * m->row_submatrices * m->col_submatrices;
}

struct nax_layer_map nax_layer_map(const struct nax_unit *unit, const struct nax_layer *layer)
{
    if (!nax_layer_kind_row(layer)->has_weights)
        return (struct nax_layer_map){.crossbar = 0};
    struct nax_layer_map m = {.crossbar = unit->crossbar,
                              .group_rows = nax_layer_n_rows(layer),
                              .group_cols = layer->c_out / layer->groups,
                              .positions = layer->h_out * layer->w_out};
    m.n_rows = layer->groups * m.group_rows;
    m.n_cols = layer->c_out;
    lay_groups(&m, layer->groups);
    m.n_arrays = m.n_units * unit->n_arrays;
    m.n_passes = layer->is_input_signed ? unit->n_signed_passes : 1;
    m.n_streams = m.n_passes * unit->n_streams;
    if (layer->is_input_signed)
        m.n_streams = NAX_MAX(m.n_streams, 2); /* the sign bit's is its own */
    m.products = m.n_units * m.positions;
    m.n_cells = m.n_arrays * m.crossbar * m.crossbar;
    m.used_cells = m.group_rows * m.n_cols * unit->n_arrays;
    return m;
}

/* Units of a group, or of those that lie together. */
static size_t units_together(const struct nax_layer_map *map)
{
    return map->row_submatrices * map->col_submatrices;
}

struct nax_submatrix nax_submatrix_at(const struct nax_layer_map *map, size_t i)
{
    size_t rows = map->n_together * map->group_rows, cols = map->n_together * map->group_cols;
    size_t together = i / units_together(map), part = i % units_together(map);
    struct nax_submatrix s = {.row = together * rows + part / map->col_submatrices * map->crossbar,
                              .col = together * cols + part % map->col_submatrices * map->crossbar};
    s.n_rows = NAX_MIN(NAX_MIN((together + 1) * rows, map->n_rows) - s.row, map->crossbar);
    s.n_cols = NAX_MIN(NAX_MIN((together + 1) * cols, map->n_cols) - s.col, map->crossbar);
    return s;
}

size_t nax_submatrix_index(const struct nax_layer_map *map, const struct nax_submatrix *submatrix)
{
    size_t rows = map->n_together * map->group_rows, cols = map->n_together * map->group_cols;
    return submatrix->row / rows * units_together(map) +
           submatrix->row % rows / map->crossbar * map->col_submatrices +
           submatrix->col % cols / map->crossbar;
}

static int check_layer(const struct nax_network *net, const char *name, struct nax_err *err)
{
    struct nax_nearest nearest = {.word = name};
    for (size_t s = 0; s < net->n_skipped; s++)
        if (!strcmp(net->skipped[s], name))
            return 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        if (!nax_layer_kind_row(&net->layers[l])->has_weights)
            continue;
        if (!strcmp(net->layers[l].name, name))
            return 0;
        nax_nearest_try(&nearest, net->layers[l].name);
    }
    char near[NAX_NEAREST_TEXT];
    return nax_err_set(err, NAX_ERR_VALUE,
                       "adc.layers: network '%s' has no layer that multiplies of this name: '%s'%s",
                       net->name, name, nax_nearest_text(&nearest, near));
}

int nax_adc_layers_check(const struct nax_hardware *hardware, const struct nax_network *net,
                         struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; i < hardware->adc.n_layers && !status; i++)
        status = check_layer(net, hardware->adc.layers[i].name, err);
    return status;
}

int nax_network_map(const struct nax_hardware *hardware, const struct nax_network *net,
                    const int64_t *crossbar, struct nax_network_map *map, struct nax_err *err)
{
    struct nax_network_map sum = {.n_units = 0};
    for (size_t l = 0; l < net->n_layers; l++) {
        struct nax_unit unit;
        if (!nax_layer_kind_row(&net->layers[l])->has_weights)
            continue;
        int status = nax_unit_make(hardware, crossbar[l], &unit, err);
        if (status)
            return nax_err_prefix(err, "layer '%s'", net->layers[l].name);
        struct nax_layer_map m = nax_layer_map(&unit, &net->layers[l]);
        sum.n_units += (int64_t)m.n_units;
        sum.n_arrays += (int64_t)m.n_arrays;
        if (__builtin_add_overflow(sum.products, m.products, &sum.products))
            return nax_err_set(err, NAX_ERR_VALUE, "too many products to count: '%s'", net->name);
        sum.n_cells += (int64_t)m.n_cells;
        sum.used_cells += (int64_t)m.used_cells;
    }
    *map = sum;
    return 0;
}
