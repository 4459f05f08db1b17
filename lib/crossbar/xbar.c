/* One array: made of a device, checked; and what was computed of it. */
#include "crossbar.h"

#include <math.h>

struct nax_xbar nax_xbar_of_device(const struct nax_device *device, size_t n_rows, size_t n_cols,
                                   const double *g_siemens)
{
    return (struct nax_xbar){n_rows,
                             n_cols,
                             g_siemens,
                             device->r_wire_row_ohm,
                             device->r_wire_col_ohm,
                             device->r_source_ohm,
                             device->r_sink_ohm,
                             device->v0_v};
}

int nax_xbar_check(const struct nax_xbar *x, struct nax_err *err)
{
    const struct {
        const char *name;
        double value;
    } field[] = {{"r_wire_row_ohm", x->r_wire_row_ohm},
                 {"r_wire_col_ohm", x->r_wire_col_ohm},
                 {"r_source_ohm", x->r_source_ohm},
                 {"r_sink_ohm", x->r_sink_ohm},
                 {"v0_v", x->v0_v}};
    if (x->n_rows < 1 || x->n_rows > NAX_XBAR_SIDE_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'rows': not from 1 to %d: %zu",
                           NAX_XBAR_SIDE_MAX, x->n_rows);
    if (x->n_cols < 1 || x->n_cols > NAX_XBAR_SIDE_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'cols': not from 1 to %d: %zu",
                           NAX_XBAR_SIDE_MAX, x->n_cols);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++)
        if (!(field[i].value >= 0 && field[i].value <= 1e12))
            return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not from 0 to 1e12: %g",
                               field[i].name, field[i].value);
    for (size_t i = 0; i < x->n_rows * x->n_cols; i++)
        if (!(x->g_siemens[i] >= 0 && x->g_siemens[i] <= 1e12))
            return nax_err_set(
                err, NAX_ERR_VALUE,
                "field 'g_siemens': cell at row %zu, column %zu: not from 0 to 1e12: %g",
                i / x->n_cols, i % x->n_cols, x->g_siemens[i]);
    return 0;
}

int nax_xbar_check_results(const char *what, const double *x, size_t n_rows, size_t n_cols,
                           struct nax_err *err)
{
    for (size_t i = 0; i < n_rows * n_cols; i++)
        if (!isfinite(x[i]))
            return nax_err_set(err, NAX_ERR_NUMERIC,
                               "beyond the range of doubles: '%s', row %zu, column %zu: lessen the "
                               "conductances or the wires' resistances",
                               what, i / n_cols, i % n_cols);
    return 0;
}
