/* Components at a crossbar size. */
#include "nax/hardware.h"

#include <math.h>

/* Between two sizes of the table: the power law through both, or a line where one of them is 0. */
static double between(double a, double b, double size, double size_a, double size_b)
{
    if (a > 0 && b > 0)
        return a * pow(b / a, log(size / size_a) / log(size_b / size_a));
    return a + (b - a) * (size - size_a) / (size_b - size_a);
}

int nax_component_at(const struct nax_component *component, int64_t crossbar,
                     struct nax_component_values *values, struct nax_err *err)
{
    const struct nax_component_values *v = component->values;
    size_t n = component->n_values, k = 0;
    while (k < n && v[k].crossbar < crossbar)
        k++;
    if (!v[0].crossbar || (k < n && v[k].crossbar == crossbar)) {
        *values = v[v[0].crossbar ? k : 0];
        return 0;
    }
    if (k == 0 || k == n)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "component '%s' has no values for crossbar size %lld, only %d to %d",
                           component->name, (long long)crossbar, v[0].crossbar, v[n - 1].crossbar);
    const struct nax_component_values *a = &v[k - 1], *b = &v[k];
    double size = (double)crossbar;
    *values = (struct nax_component_values){
        .crossbar = (int)crossbar,
        .area_mm2 = between(a->area_mm2, b->area_mm2, size, a->crossbar, b->crossbar),
        .leakage_mw = between(a->leakage_mw, b->leakage_mw, size, a->crossbar, b->crossbar),
        .energy_pj = between(a->energy_pj, b->energy_pj, size, a->crossbar, b->crossbar),
        .power_mw = between(a->power_mw, b->power_mw, size, a->crossbar, b->crossbar),
        .latency_ns = between(a->latency_ns, b->latency_ns, size, a->crossbar, b->crossbar)};
    return 0;
}
