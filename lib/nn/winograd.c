/* Winograd's kernels for this processor, and its forms. */
#include "winograd.h"

#include "nax/simd.h"

NAX_SIMD_SETS(winograd_kernels, nax_winograd_kernels);

const struct winograd_kernels *nax_winograd_kernels(void)
{
    return nax_winograd_kernels_sets[nax_isa()];
}

struct winograd_form nax_winograd_form(size_t k)
{
    static const double points[] = {0, 1, -1, 2, -2, 0.5, -0.5};
    struct winograd_form f = {.k = k, .r = k == 7 ? 4 : k, .n_parts = k == 7 ? 2 : 1};
    f.a = WINOGRAD_M + f.r - 1;
    for (size_t i = 0; i + 1 < f.a; i++) {
        double entry = 1; /* p_i^0 / Π (p_i - p_l), then the next power */
        for (size_t l = 0; l + 1 < f.a; l++)
            entry /= l == i ? 1 : points[i] - points[l];
        for (size_t j = 0; j < f.r; j++, entry *= points[i])
            f.g[i][j] = (float)entry;
    }
    f.g[f.a - 1][f.r - 1] = 1; /* infinity */
    return f;
}
