/* From weights' slices to the conductances that a chip really holds. */
#include "cells.h"
#include "nax/rng.h"

#include <math.h>

enum { DRAWS = 256 }; /* cells whose draws are made together */

/* Largest conductances of the published laws; Milo's begins at 50 uS. */
static const double pcm_max_siemens = 25e-6, milo_max_siemens = 225e-6, wan_max_siemens = 39.26e-6;
static const double pcm_start_seconds = 20;

double nax_level_siemens(const struct nax_device *device, int slice_bits, int level)
{
    double g_off = 1 / device->r_off_ohm, g_on = 1 / device->r_on_ohm;
    return g_off + level * (g_on - g_off) / ((1 << slice_bits) - 1);
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Conductance in a law that ends at max_siemens, for one of the device. */
static double law_scale(const struct nax_device *d, double max_siemens)
{
    double range = d->programming.range_siemens;
    return (range > 0 ? range : max_siemens) * d->r_on_ohm;
}

/* Deviation at a conductance; the papers give both in uS. */
static double law_sd(enum nax_program_error error, double g_siemens)
{
    double x = g_siemens * 1e6, g;
    switch (error) {
    case NAX_PROGRAM_PCM: /* Joshi et al., Nature Communications 11, 2473 (2020) */
        g = g_siemens / pcm_max_siemens;
        return 1e-6 * fmax(0.26348 + 1.9650 * g - 1.1731 * g * g, 0);
    case NAX_PROGRAM_RRAM_MILO: /* Milo et al., IRPS 2021 */
        return 1e-6 * fmax(-0.009107 * clamp(x, 50, 225) + 4.782321, 0);
    default: /* NAX_PROGRAM_RRAM_WAN: Wan et al., Nature 608, 504 (2022) */
        x = clamp(x, 0, 39.26);
        return 1e-6 * fmax(1.536e-4 * x * x * x - 1.167e-2 * x * x + 0.2374 * x + 1.053, 0);
    }
}

static double law_max_siemens(enum nax_program_error error)
{
    return error == NAX_PROGRAM_PCM         ? pcm_max_siemens
           : error == NAX_PROGRAM_RRAM_MILO ? milo_max_siemens
                                            : wan_max_siemens;
}

/* Device siemens → the table's. */
static double table_scale(const struct nax_device *d, const struct nax_cells *cells)
{
    double range = d->programming.range_siemens;
    return (range > 0 ? range : cells->target_max) * d->r_on_ohm;
}

static double with_error(const struct nax_device *d, const struct nax_cells *cells, double target,
                         double p)
{
    enum nax_program_error error = d->programming.error;
    double scale;
    switch (error) {
    case NAX_PROGRAM_EXACT:
        return target;
    case NAX_PROGRAM_NORMAL:
        return target + d->programming.error_frac / d->r_on_ohm * nax_normal_quantile(p);
    case NAX_PROGRAM_LOGNORMAL:
        return target * exp(d->programming.error_frac * nax_normal_quantile(p));
    case NAX_PROGRAM_MEASURED: {
        size_t n, first;
        scale = table_scale(d, cells);
        first = nax_cells_near(cells, target * scale, &n);
        return target + cells->deviation[first + (size_t)(p * (double)n)] / scale;
    }
    default:
        scale = law_scale(d, law_max_siemens(error));
        return target + law_sd(error, target * scale) / scale * nax_normal_quantile(p);
    }
}

static double to_level(const struct nax_device *d, double target)
{
    int levels = d->programming.levels;
    double g_off = 1 / d->r_off_ohm, g_on = 1 / d->r_on_ohm;
    if (levels < 1 || !(target > 0))
        return target;
    if (levels == 1)
        return g_off;
    double step = (g_on - g_off) / (levels - 1);
    return g_off + step * clamp(rint((target - g_off) / step), 0, levels - 1);
}

static double drift_factor(const struct nax_device *d, double g, double normal)
{
    const struct nax_programming *q = &d->programming;
    double start = q->drift == NAX_DRIFT_PCM ? pcm_start_seconds : q->drift_start_seconds;
    double nu = q->drift_nu, sd = q->drift_nu_sd;
    if (!(q->time_seconds > start) || !(g > 0))
        return 1;
    if (q->drift == NAX_DRIFT_PCM) { /* Joshi et al. 2020 */
        double x = g * law_scale(d, pcm_max_siemens) / pcm_max_siemens;
        nu = clamp(-0.0155 * log(x) + 0.0244, 0.049, 0.1);
        sd = clamp(-0.0125 * log(x) - 0.0059, 0.008, 0.045);
    }
    return pow(q->time_seconds / start, -(nu + sd * normal));
}

static void program_cells(const struct nax_device *d, const struct nax_cells *cells,
                          const struct nax_program_key *k, size_t first, size_t n,
                          const double *target, double *g)
{
    const struct nax_programming *q = &d->programming;
    double error[DRAWS], fault[DRAWS], drift[DRAWS];
    bool has_faults = q->stuck_on_frac + q->stuck_off_frac > 0;
    if (q->error != NAX_PROGRAM_EXACT)
        nax_rng_uniforms(k->seed, NAX_RNG_PROGRAM, k->chip, k->layer, k->array, first, n, error);
    if (has_faults)
        nax_rng_uniforms(k->seed, NAX_RNG_FAULT, k->chip, k->layer, k->array, first, n, fault);
    if (q->drift != NAX_DRIFT_NONE)
        nax_rng_normals(k->seed, NAX_RNG_DRIFT, k->chip, k->layer, k->array, first, n, drift);
    for (size_t i = 0; i < n; i++) {
        double x = to_level(d, target[i]);
        bool is_stuck = has_faults && fault[i] < q->stuck_on_frac + q->stuck_off_frac;
        if (!(x > 0)) {
            g[i] = 0;
        } else if (is_stuck) {
            g[i] = 1 / (fault[i] < q->stuck_on_frac ? d->r_on_ohm : d->r_off_ohm);
        } else {
            if (q->error != NAX_PROGRAM_EXACT)
                x = fmax(with_error(d, cells, x, error[i]), 0);
            if (q->drift != NAX_DRIFT_NONE)
                x *= drift_factor(d, x, drift[i]);
            g[i] = x;
        }
    }
}

static int check_table(const struct nax_device *device, const struct nax_cells *cells,
                       struct nax_err *err)
{
    if (device->programming.error != NAX_PROGRAM_MEASURED || cells)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE, "no table of measured cells: '%s'",
                       device->programming.table);
}

int nax_program(const struct nax_device *device, const struct nax_cells *cells,
                const struct nax_program_key *key, size_t n, const double *target, double *g,
                struct nax_err *err)
{
    int status = check_table(device, cells, err);
    for (size_t i = 0; !status && i < n; i += DRAWS)
        program_cells(device, cells, key, i, NAX_MIN(n - i, DRAWS), target + i, g + i);
    return status;
}
