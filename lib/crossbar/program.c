/* From targets to the conductances that a chip really holds. */
#include "nax/crossbar.h"
#include "nax/rng.h"

#include <math.h>

enum { DRAWS = 256 }; /* cells whose draws are made together */

static void program_cells(const struct nax_device *d, const struct nax_program_key *k, size_t first,
                          size_t n, const double *target, double *g)
{
    const struct nax_programming *q = &d->programming;
    const struct nax_program_law *law = nax_program_law(d);
    const struct nax_drift_law *drift_law = nax_drift_law(d);
    double error[DRAWS], fault[DRAWS], drift[DRAWS];
    bool has_faults = q->stuck_on_frac + q->stuck_off_frac > 0;
    if (law->held_siemens)
        nax_rng_uniforms(k->seed, NAX_RNG_PROGRAM, k->chip, k->layer, k->array, first, n, error);
    if (has_faults)
        nax_rng_uniforms(k->seed, NAX_RNG_FAULT, k->chip, k->layer, k->array, first, n, fault);
    if (drift_law->left_frac)
        nax_rng_normals(k->seed, NAX_RNG_DRIFT, k->chip, k->layer, k->array, first, n, drift);
    for (size_t i = 0; i < n; i++) {
        double x = nax_programmable_siemens(d, target[i]);
        bool is_stuck = has_faults && fault[i] < q->stuck_on_frac + q->stuck_off_frac;
        if (!(x > 0)) {
            g[i] = 0;
        } else if (is_stuck) {
            g[i] = 1 / (fault[i] < q->stuck_on_frac ? d->r_on_ohm : d->r_off_ohm);
        } else {
            g[i] = law->held_siemens ? fmax(law->held_siemens(d, x, error[i]), 0) : x;
            if (drift_law->left_frac)
                g[i] *= drift_law->left_frac(d, x, drift[i]);
        }
    }
}

void nax_program(const struct nax_device *device, const struct nax_program_key *key, size_t n,
                 const double *target, double *g)
{
    for (size_t i = 0; i < n; i += DRAWS)
        program_cells(device, key, i, NAX_MIN(n - i, DRAWS), target + i, g + i);
}
