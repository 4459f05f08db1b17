/* How often each event happens: conversions, memory accesses, data on the move. */
#include "nax/cost.h"

#include <math.h>

/* Rows or columns of n pixels that the windows of n_out outputs read, again for every window. */
static double reads_along(const struct nax_layer *layer, int axis, size_t n, size_t n_out)
{
    size_t count = 0;
    for (size_t i = 0; i < n_out; i++)
        for (size_t k = 0; k < layer->kernel[axis]; k++)
            count += nax_layer_under(layer, axis, i, k) < n;
    return (double)count;
}

/* The same, each once. */
static double pixels_along(const struct nax_layer *layer, int axis, size_t n, size_t n_out)
{
    size_t count = 0;
    for (size_t at = 0; at < n; at++) {
        bool is_read = false;
        for (size_t k = 0; k < layer->kernel[axis] && !is_read; k++) {
            size_t from =
                at + layer->pad[axis] - k * layer->dilation[axis]; /* wraps, if negative */
            is_read = from % layer->stride[axis] == 0 && from / layer->stride[axis] < n_out;
        }
        count += is_read;
    }
    return (double)count;
}

/* Pixels of the input that the windows of a layer touch: rows again for every row of windows,
 * columns once (the cores keep them while the window slides over them) or again for every window.
 * Padding is not read. */
static double window_pixels(const struct nax_hardware *h, const struct nax_layer *layer)
{
    double rows = reads_along(layer, 0, layer->h_in, layer->h_out);
    return rows * (nax_windows_row(h)->is_kept ? pixels_along(layer, 1, layer->w_in, layer->w_out)
                                               : reads_along(layer, 1, layer->w_in, layer->w_out));
}

/* Transfers of `width` bits that n pixels of c numbers take: a pixel starts a new one. */
static double transfers(const struct nax_hardware *h, double n_pixels, size_t channels, int width)
{
    return n_pixels * (double)NAX_CEIL_DIV((int64_t)channels * h->precision.input_bits, width);
}

/* n pixels of c numbers from another tile into this one's eDRAM. */
static void arrive(const struct nax_hardware *h, double n_pixels, size_t channels, double *n)
{
    double accesses = transfers(h, n_pixels, channels, h->movement.edram_bits);
    n[NAX_EVENT_NOC] +=
        transfers(h, n_pixels, channels, h->movement.flit_bits) * h->movement.noc_hops;
    n[NAX_EVENT_RECEIVE] += accesses;
    n[NAX_EVENT_COUNTER] += 2 * accesses;
    n[NAX_EVENT_EDRAM] += accesses;
}

/* n pixels of c numbers between eDRAM and cores, either way. */
static void move(const struct nax_hardware *h, double n_pixels, size_t channels, double *n)
{
    n[NAX_EVENT_EDRAM] += transfers(h, n_pixels, channels, h->movement.edram_bits);
    n[NAX_EVENT_BUS] += transfers(h, n_pixels, channels, h->movement.bus_bits);
    n[NAX_EVENT_DATA_MEMORY] += n_pixels * (double)channels;
}

static void compute(double n_ops, double *n)
{
    n[NAX_EVENT_ALU] += n_ops;
    n[NAX_EVENT_DATA_MEMORY] += 3 * n_ops; /* two operands, one result */
}

/* The analog part: what the units of a layer do for its products. */
static void multiply(const struct nax_hardware *h, const struct nax_layer_map *map,
                     const struct nax_unit *unit, double *n)
{
    double streams = map->n_streams, arrays = (double)unit->n_arrays;
    double converted = (double)unit->n_planes;
    /* rows and columns at work, summed over units and positions */
    double products = (double)map->products, size = (double)map->crossbar,
           positions = (double)map->positions;
    double rows = products * size, cols = rows, reads = products;
    if (nax_idle_row(h)->is_gated) {
        rows = positions * (double)map->col_submatrices * (double)map->n_rows;
        cols = positions * (double)map->row_submatrices * (double)map->n_cols;
        reads = positions * (double)map->used_area / (size * size);
    }
    n[NAX_EVENT_ARRAY_READ] = reads * streams * arrays;
    n[NAX_EVENT_DAC] = rows * streams;
    n[NAX_EVENT_CONVERSION] = cols * streams * converted;
    n[NAX_EVENT_SHIFT_ADD] = cols * streams * (converted + 1);
    n[NAX_EVENT_INPUT_READ] = products * streams;
    n[NAX_EVENT_INPUT_WRITE] = positions * (double)map->col_submatrices * (double)map->n_rows;
    n[NAX_EVENT_OUTPUT_ACCESS] = cols * (2 * streams + 1);
    n[NAX_EVENT_DATA_MEMORY] += n[NAX_EVENT_INPUT_WRITE];
}

/* By the device cells take what their own row and column give them: rows without an input nothing,
 * idle columns and cells between groups that of G_off. (Gated reads are counted by their cells,
 * those between groups among them.) */
static double read_frac(const struct nax_hardware *h, const struct nax_layer_map *map,
                        const struct nax_unit *unit)
{
    if (!nax_array_energy_row(h)->is_of_device)
        return 1;
    double size = (double)map->crossbar, rows = (double)map->n_rows,
           n_col = (double)map->col_submatrices, area = (double)map->used_area;
    double weights = (double)(map->group_rows * map->n_cols);
    double whole_pj = nax_cells_read_pj(h, 1, size * size, unit->has_reference ? size : 0);
    if (nax_idle_row(h)->is_gated) {
        double reference = unit->has_reference ? area / size : 0; /* their share of it */
        return nax_cells_read_pj(h, 1, weights, area - weights + reference) /
               (whole_pj * area / (size * size));
    }
    double idle = nax_unused_row(h)->is_open ? 0 : rows * n_col * size - area;
    double off = area - weights + idle + (unit->has_reference ? rows * n_col : 0);
    return nax_cells_read_pj(h, 1, weights, off) / (whole_pj * (double)map->n_units);
}

static void layer_units(const struct nax_hardware *h, const struct nax_layer *layer,
                        const struct nax_layer_map *map, const struct nax_size_cost *size,
                        struct nax_activity *a)
{
    double *n = a->n, positions = (double)map->positions;
    a->n_units = (int64_t)map->n_units;
    a->n_cores = NAX_CEIL_DIV(a->n_units, size->units_per_core);
    a->n_tiles = NAX_CEIL_DIV(a->n_cores, h->hierarchy.cores_per_tile);
    multiply(h, map, &size->unit, n);
    a->read_frac = read_frac(h, map, &size->unit);

    /* units of a row of submatrices lie side by side: inputs go to every tile that they reach */
    int64_t n_col_cores = NAX_CEIL_DIV((int64_t)map->col_submatrices, size->units_per_core),
            n_col_tiles = NAX_CEIL_DIV(n_col_cores, h->hierarchy.cores_per_tile);
    double copies = (double)NAX_MIN(a->n_tiles, n_col_tiles);
    arrive(h, copies * (double)(layer->h_in * layer->w_in), layer->c_in, n);
    move(h, copies * window_pixels(h, layer), layer->c_in, n);
    double loads = n[NAX_EVENT_BUS];

    /* partial sums of a column's submatrices: those in other cores come over the bus */
    double n_values = positions * (double)layer->c_out;
    compute((double)(map->row_submatrices - 1) * n_values, n);
    move(h, 2 * positions * (double)(NAX_MIN((int64_t)map->row_submatrices, a->n_cores) - 1),
         layer->c_out, n);
    compute(n_values * (layer->has_batch_norm ? nax_batch_norm_row(h)->n_ops : layer->has_bias), n);

    double product_ns = size->product_ns + (map->n_streams - size->unit.n_streams) * size->stage_ns;
    a->latency_ns = fmax(positions * product_ns, loads / (double)a->n_tiles / h->timing.clock_ghz);
    n[NAX_EVENT_CORE_INSTRUCTION] = 6 * positions * (double)a->n_cores;
    n[NAX_EVENT_TILE_INSTRUCTION] = 2 * positions * (double)a->n_tiles;
    n[NAX_EVENT_CORE_CYCLE] = a->latency_ns * h->timing.clock_ghz * (double)a->n_cores;
    n[NAX_EVENT_TILE_CYCLE] = a->latency_ns * h->timing.clock_ghz * (double)a->n_tiles;
}

/* What has no weights, as a pool, works on its input as it arrives: it takes energy, but no time
 * and no place of its own. */
static void layer_digital(const struct nax_hardware *h, const struct nax_layer *layer, double *n)
{
    double window = (double)(layer->kernel[0] * layer->kernel[1]);
    double n_values = (double)(layer->h_out * layer->w_out * layer->c_out);
    arrive(h, (double)(layer->h_in * layer->w_in), layer->c_in, n);
    move(h, window_pixels(h, layer), layer->c_in, n);
    compute(n_values * (window + nax_layer_kind_row(layer)->extra_ops), n);
    if (layer->has_batch_norm) /* a product and a sum: there are no weights to hold the scale */
        compute(n_values * 2, n);
}

void nax_layer_activity(const struct nax_hardware *hardware, const struct nax_layer *layer,
                        const struct nax_layer_map *map, const struct nax_size_cost *size,
                        struct nax_activity *activity)
{
    *activity = (struct nax_activity){.n_units = 0};
    double *n = activity->n, positions = (double)(layer->h_out * layer->w_out);
    const struct nax_activation_row *activation = nax_activation_row(layer->activation);
    if (nax_layer_kind_row(layer)->has_weights)
        layer_units(hardware, layer, map, size, activity);
    else if (!nax_layer_kind_row(layer)->is_in_place)
        layer_digital(hardware, layer, n);
    if (!nax_layer_kind_row(layer)->is_in_place && layer->residual != NAX_FROM_NONE) {
        arrive(hardware, positions, layer->c_out, n);
        move(hardware, positions, layer->c_out, n);
        compute(positions * (double)layer->c_out, n);
    }
    const double n_lookups =
        (layer->has_relu + activation->n_lookups) * positions * (double)layer->c_out;
    n[NAX_EVENT_ACTIVATION] += n_lookups;
    n[NAX_EVENT_DATA_MEMORY] += 2 * n_lookups;
    compute(activation->n_ops * positions * (double)layer->c_out, n);
    if (nax_layer_kind_row(layer)->is_in_place)
        return;
    /* results to the eDRAM, and from there to the next layer or out */
    move(hardware, positions, layer->c_out, n);
    n[NAX_EVENT_EDRAM] +=
        transfers(hardware, positions, layer->c_out, hardware->movement.edram_bits);
}
