/* Laws of programming: how far a cell is off its target, and how it drifts from there. */
#include "cells.h"
#include "nax/rng.h"
#include "words.h"

#include <math.h>

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

/* --- programming error: what a cell holds where its error is at quantile p of the law --- */

/* Largest conductances of the published laws; Milo's begins at 50 uS. */
static const double pcm_max_siemens = 25e-6, milo_max_siemens = 225e-6, wan_max_siemens = 39.26e-6;

static double normal_held(const struct nax_device *d, double target, double p)
{
    return target + d->programming.error_frac / d->r_on_ohm * nax_normal_quantile(p);
}

static double lognormal_held(const struct nax_device *d, double target, double p)
{
    return target * exp(d->programming.error_frac * nax_normal_quantile(p));
}

/* The papers give a normal error whose deviation, in uS, is a polynomial of the conductance. */
static double pcm_held(const struct nax_device *d, double target, double p)
{
    double scale = law_scale(d, pcm_max_siemens), g = target * scale / pcm_max_siemens;
    double sd = 1e-6 * fmax(0.26348 + 1.9650 * g - 1.1731 * g * g, 0);
    return target + sd / scale * nax_normal_quantile(p);
}

static double milo_held(const struct nax_device *d, double target, double p)
{
    double scale = law_scale(d, milo_max_siemens), x = clamp(target * scale * 1e6, 50, 225);
    double sd = 1e-6 * fmax(-0.009107 * x + 4.782321, 0);
    return target + sd / scale * nax_normal_quantile(p);
}

static double wan_held(const struct nax_device *d, double target, double p)
{
    double scale = law_scale(d, wan_max_siemens), x = clamp(target * scale * 1e6, 0, 39.26);
    double sd = 1e-6 * fmax(1.536e-4 * x * x * x - 1.167e-2 * x * x + 0.2374 * x + 1.053, 0);
    return target + sd / scale * nax_normal_quantile(p);
}

static double measured_held(const struct nax_device *d, double target, double p)
{
    const struct nax_cells *cells = d->programming.cells;
    double scale = law_scale(d, cells->target_max);
    size_t n, first = nax_cells_near(cells, target * scale, &n);
    return target + cells->deviation[first + (size_t)(p * (double)n)] / scale;
}

static const struct nax_program_law program_laws[] = {
    {{NAX_PROGRAM_EXACT, "exact", "cells hold their targets", NULL, NULL}, NULL},
    {{NAX_PROGRAM_NORMAL, "normal", "with deviation error_frac of the conductance of r_on_ohm",
      NULL, NULL},
     normal_held},
    {{NAX_PROGRAM_LOGNORMAL, "lognormal",
      "with deviation error_frac of the conductance's logarithm, its median on target", NULL, NULL},
     lognormal_held},
    {{NAX_PROGRAM_PCM, "pcm", "phase-change cells",
      "Joshi et al., Nature Communications 11, 2473 (2020)", NULL},
     pcm_held},
    {{NAX_PROGRAM_RRAM_MILO, "rram-milo", "filamentary cells", "Milo et al., IRPS 2021", NULL},
     milo_held},
    {{NAX_PROGRAM_RRAM_WAN, "rram-wan", "filamentary cells", "Wan et al., Nature 608, 504 (2022)",
      NULL},
     wan_held},
    {{NAX_PROGRAM_MEASURED, "measured", "deviations drawn from the cells of table", NULL,
      "device.programming.table"},
     measured_held},
};
NAX_WORDS(nax_program_words, program_laws, NAX_PROGRAM_COUNT);

const struct nax_program_law *nax_program_law(const struct nax_device *device)
{
    return &program_laws[device->programming.error];
}

/* --- drift: what is left of a conductance --- */

static double left(const struct nax_programming *q, double start_seconds, double nu)
{
    return pow(q->time_seconds / start_seconds, -nu);
}

static double power_left(const struct nax_device *d, double target, double normal)
{
    const struct nax_programming *q = &d->programming;
    if (!(q->time_seconds > q->drift_start_seconds) || !(target > 0))
        return 1;
    return left(q, q->drift_start_seconds, q->drift_nu + q->drift_nu_sd * normal);
}

static const double pcm_start_seconds = 20;

/* The paper has the exponent by the target, and drifts what was programmed. */
static double pcm_left(const struct nax_device *d, double target, double normal)
{
    if (!(d->programming.time_seconds > pcm_start_seconds) || !(target > 0))
        return 1;
    double x = target * law_scale(d, pcm_max_siemens) / pcm_max_siemens;
    double nu = clamp(-0.0155 * log(x) + 0.0244, 0.049, 0.1);
    double sd = clamp(-0.0125 * log(x) - 0.0059, 0.008, 0.045);
    return left(&d->programming, pcm_start_seconds, nu + sd * normal);
}

static const struct nax_drift_law drift_laws[] = {
    {{NAX_DRIFT_NONE, "none", "conductances stay", NULL, NULL}, NULL},
    {{NAX_DRIFT_POWER, "power", "G (t / drift_start)^-nu with nu normal among the cells", NULL,
      "device.programming.drift_start_seconds"},
     power_left},
    {{NAX_DRIFT_PCM, "pcm", "the same from 20 s on, with a nu of each cell by its target",
      "Joshi et al., Nature Communications 11, 2473 (2020)", NULL},
     pcm_left},
};
NAX_WORDS(nax_drift_words, drift_laws, NAX_DRIFT_COUNT);

const struct nax_drift_law *nax_drift_law(const struct nax_device *device)
{
    return &drift_laws[device->programming.drift];
}

/* --- read noise: what a read strays by --- */

static double fraction_sd(const struct nax_device *d, double target, double held)
{
    (void)target;
    return d->programming.read_noise_frac * held;
}

/* Of 1/f noise, between the rate of reads and the time since programming: what the papers call
 * ln((t + t_read) / (2 t_read)), t_read being the length of a read. The laws begin where cells are
 * first measured. */
static double octaves_root(const struct nax_device *d, double start_seconds, double read_seconds)
{
    double t = fmax(d->programming.time_seconds, start_seconds);
    return sqrt(log((t + read_seconds) / (2 * read_seconds)));
}

/* Joshi et al. 2020, methods: the factor Q by the target, of what has drifted. */
static double pcm_sd(const struct nax_device *d, double target, double held)
{
    double x = target * law_scale(d, pcm_max_siemens) / pcm_max_siemens;
    double q = fmin(0.0088 / pow(x, 0.65), 0.2);
    return held * q * octaves_root(d, pcm_start_seconds, 250e-9);
}

/* Conductive metal oxide on HfOx, reads of 1 us: Lombardo et al., DRC 2024, with the coefficient
 * that IBM's analog hardware acceleration kit has for it (ReRamCMONoiseModel): of what the cell
 * holds, 0.0277 uS a decade above 1 uS. Their cells relax from 1 s on. */
static const double cmo_min_siemens = 9e-6, cmo_max_siemens = 88.19e-6;

static double cmo_sd(const struct nax_device *d, double target, double held)
{
    (void)target;
    double scale = law_scale(d, cmo_max_siemens);
    double x = clamp(held * scale, cmo_min_siemens, cmo_max_siemens) * 1e6;
    return 1e-6 / scale * 0.0277316483 * log10(x) * octaves_root(d, 1, 1e-6);
}

static const struct nax_read_noise_law read_noise_laws[] = {
    {{NAX_READ_NOISE_FRACTION, "fraction", "with deviation read_noise_frac of itself", NULL, NULL},
     fraction_sd},
    {{NAX_READ_NOISE_PCM, "pcm",
      "phase-change cells, 1/f noise that grows with the time since programming",
      "Joshi et al., Nature Communications 11, 2473 (2020)", NULL},
     pcm_sd},
    {{NAX_READ_NOISE_RRAM_CMO, "rram-cmo", "filamentary cells, likewise",
      "Lombardo et al., DRC 2024", NULL},
     cmo_sd},
};
NAX_WORDS(nax_read_noise_words, read_noise_laws, NAX_READ_NOISE_COUNT);

const struct nax_read_noise_law *nax_read_noise_law(const struct nax_device *device)
{
    return &read_noise_laws[device->programming.read_noise];
}

bool nax_reads_exactly(const struct nax_device *device)
{
    double g = 1 / device->r_on_ohm;
    return !(nax_read_noise_law(device)->sd_siemens(device, g, g) > 0);
}

void nax_device_silence(struct nax_device *device)
{
    device->programming.read_noise = NAX_READ_NOISE_FRACTION;
    device->programming.read_noise_frac = 0;
}

/* --- levels --- */

double nax_level_siemens(const struct nax_device *device, int slice_bits, int level)
{
    double g_off = 1 / device->r_off_ohm, g_on = 1 / device->r_on_ohm;
    return g_off + level * (g_on - g_off) / ((1 << slice_bits) - 1);
}

double nax_programmable_siemens(const struct nax_device *device, double target)
{
    int levels = device->programming.levels;
    double g_off = 1 / device->r_off_ohm, g_on = 1 / device->r_on_ohm;
    if (levels < 1 || !(target > 0))
        return target;
    if (levels == 1)
        return g_off;
    double step = (g_on - g_off) / (levels - 1);
    return g_off + step * clamp(rint((target - g_off) / step), 0, levels - 1);
}

bool nax_programs_exactly(const struct nax_device *device)
{
    const struct nax_programming *p = &device->programming;
    return !nax_program_law(device)->held_siemens && !nax_drift_law(device)->left_frac &&
           p->stuck_on_frac + p->stuck_off_frac == 0;
}
