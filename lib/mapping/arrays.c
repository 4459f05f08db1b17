/* Arrays of a layer: conductances from levels, as a chip holds them. */
#include "arrays.h"

#include <math.h>

double nax_plane_weight(const struct fixed_layer *layer, size_t plane)
{
    const struct nax_unit *unit = &layer->unit;
    size_t first = plane * unit->arrays_per_plane;
    double weight = ldexp(1, nax_array_slice(unit, first) * layer->hardware->precision.slice_bits);
    return nax_array_sign(unit, first) ? -weight : weight;
}

double nax_level_step_siemens(const struct nax_hardware *h)
{
    double on = 1 / h->device.r_on_ohm, off = 1 / h->device.r_off_ohm;
    return (on - off) / ((1 << h->precision.slice_bits) - 1);
}

/* Fills g [N][array_cols] with the conductances that one array of a submatrix is to hold. Returns
 * whether every cell is at level 0. */
static bool set_levels(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                       int slice, int sign, double *g_siemens)
{
    const struct nax_hardware *h = layer->hardware;
    size_t n_cols = layer->unit.array_cols, n = layer->unit.crossbar;
    double off = 1 / h->device.r_off_ohm, step = nax_level_step_siemens(h);
    double unused = nax_unused_row(h)->is_open ? 0 : off;
    bool is_off = true;
    for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < n_cols; c++) {
            double *g = &g_siemens[r * n_cols + c];
            bool is_row_used = r < submatrix->n_rows;
            if (is_row_used && c < submatrix->n_cols) {
                int level =
                    nax_fixed_level(layer, submatrix->row + r, submatrix->col + c, slice, sign);
                is_off = is_off && !level;
                *g = off + level * step;
            } else {
                *g = is_row_used && c == n ? off : unused;
            }
        }
    return is_off;
}

void nax_array_targets(const struct fixed_layer *layer, const struct nax_submatrix *submatrix,
                       size_t a, double *g_siemens)
{
    const struct nax_unit *unit = &layer->unit;
    set_levels(layer, submatrix, nax_array_slice(unit, a), nax_array_sign(unit, a), g_siemens);
    for (size_t i = 0; i < unit->crossbar * unit->array_cols; i++)
        g_siemens[i] = nax_programmable_siemens(&layer->hardware->device, g_siemens[i]);
}

bool nax_array_program(const struct fixed_layer *layer, const struct chip *chip,
                       const struct nax_submatrix *submatrix, size_t a, double *g_siemens)
{
    const struct nax_unit *unit = &layer->unit;
    const struct nax_device *device = &layer->hardware->device;
    /* where the array stands among all of the layer keys its draws */
    size_t array = nax_submatrix_index(&layer->map, submatrix) * unit->n_arrays + a;
    struct nax_program_key key = {chip->seed, chip->chip, chip->layer, array};
    bool is_off =
        set_levels(layer, submatrix, nax_array_slice(unit, a), nax_array_sign(unit, a), g_siemens);
    nax_program(device, &key, unit->crossbar * unit->array_cols, g_siemens, g_siemens);
    return is_off && nax_programs_exactly(device);
}
