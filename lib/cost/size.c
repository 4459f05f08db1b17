/* What a crossbar size costs: sums over the components of a unit, a core, a tile, a node. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

/* A column of G_off cells beside every array, where it gives the ADC's zero. */
static int64_t nax_array_cols(const struct nax_hardware *h, int64_t crossbar)
{
    return crossbar + (h->adc.zero == NAX_ADC_ZERO_REFERENCE);
}

double nax_component_count(const struct nax_hardware *hardware,
                           const struct nax_component *component, int64_t crossbar)
{
    double n = (double)crossbar;
    switch (component->per) {
    case NAX_PER_ROW:
    case NAX_PER_COL:
        return component->count * n;
    case NAX_PER_CELL:
        return component->count * n * (double)nax_array_cols(hardware, crossbar);
    case NAX_PER_ONE:
        break;
    }
    return component->count;
}

struct nax_component nax_adc_component(const struct nax_hardware *hardware, int64_t crossbar)
{
    const struct nax_adc *adc = &hardware->adc;
    static const char *const sources[] = {"constant", "linear in the bits", "Saberi 2011",
                                          "Murmann's survey, Accelergy's fit"};
    struct nax_adc_cost cost = nax_adc_cost(adc, nax_adc_bits(hardware, crossbar));
    double power_mw = cost.energy_pj * adc->sample_rate_ghz;
    bool is_paired = hardware->signs == NAX_SIGNS_DIFFERENTIAL_ANALOG;
    struct nax_component c = {.name = "adc",
                              .level = NAX_LEVEL_ARRAY,
                              .event = NAX_EVENT_CONVERSION,
                              .count = (double)adc->adcs_per_array / adc->arrays_per_adc /
                                       (is_paired ? 2 : 1),
                              .n_values = 1};
    snprintf(c.source, sizeof c.source, "adc.law: %s", sources[adc->law]);
    c.values[0] =
        (struct nax_component_values){.area_mm2 = cost.area_mm2,
                                      .leakage_mw = power_mw * adc->leakage_frac,
                                      .energy_pj = cost.energy_pj * (1 - adc->leakage_frac),
                                      .power_mw = power_mw * (1 - adc->leakage_frac),
                                      .latency_ns = nax_cost_stage_ns(hardware, crossbar)};
    return c;
}

double nax_cost_stage_ns(const struct nax_hardware *h, int64_t crossbar)
{
    const struct nax_adc *adc = &h->adc;
    double array_ns = adc->latency_per_bit_ns * nax_adc_bits(h, crossbar) +
                      adc->latency_per_col_ns * (double)crossbar;
    return array_ns * adc->arrays_per_adc / adc->adcs_per_array;
}

static int64_t units_per_core(const struct nax_hierarchy *hierarchy, int64_t crossbar)
{
    int64_t reference = hierarchy->units_crossbar;
    if (!reference)
        return hierarchy->units_per_core;
    int64_t n = hierarchy->units_per_core * reference * reference / (crossbar * crossbar);
    return NAX_MAX(n, 1);
}

static int size_add(const struct nax_hardware *h, const struct nax_component *c,
                    struct nax_size_cost *size, struct nax_err *err)
{
    struct nax_component_values v;
    int status = nax_component_at(c, size->crossbar, &v, err);
    if (status)
        return status;
    double n = nax_component_count(h, c, size->crossbar);
    /* a cell's or a column's energy is part of one event of the whole array */
    bool is_part = c->event == NAX_EVENT_ARRAY_READ;
    size->event_pj[c->event] += is_part ? n * v.energy_pj : v.energy_pj;
    if (c->level == NAX_LEVEL_ARRAY)
        n *= nax_arrays_per_unit(h);
    if (c->level <= NAX_LEVEL_UNIT) {
        size->unit_mm2 += n * v.area_mm2;
        size->unit_leakage_mw += n * v.leakage_mw;
    } else if (c->level == NAX_LEVEL_CORE) {
        size->core_mm2 += n * v.area_mm2;
        size->core_leakage_mw += n * v.leakage_mw;
    }
    return 0;
}

int nax_cost_size_compute(const struct nax_hardware *h, int64_t crossbar,
                          struct nax_size_cost *size, struct nax_err *err)
{
    if (crossbar < 1 || crossbar > NAX_CROSSBAR_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "crossbar size %lld is not between 1 and %d",
                           (long long)crossbar, NAX_CROSSBAR_MAX);
    *size = (struct nax_size_cost){.crossbar = crossbar,
                                   .adc_bits = nax_adc_bits(h, crossbar),
                                   .units_per_core = units_per_core(&h->hierarchy, crossbar),
                                   .stage_ns = nax_cost_stage_ns(h, crossbar)};
    int n_steps = nax_n_streams(&h->precision) + h->timing.pipeline_stages - 1;
    size->product_ns = size->stage_ns * n_steps;
    struct nax_component adc = nax_adc_component(h, crossbar);
    int status = size_add(h, &adc, size, err);
    for (size_t i = 0; i < h->n_components && !status; i++)
        status = size_add(h, &h->components[i], size, err);
    return status;
}
