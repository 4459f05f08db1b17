/* What a crossbar size costs: sums over the components of a unit, a core, a tile, a node. */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double nax_component_count(const struct nax_component *component, const struct nax_unit *unit)
{
    double n = (double)unit->crossbar;
    switch (component->per) {
    case NAX_PER_ROW:
    case NAX_PER_COL:
        return component->count * n;
    case NAX_PER_CELL:
        return component->count * n * (double)unit->array_cols;
    case NAX_PER_ONE:
        break;
    }
    return component->count;
}

/* A component's values in units of this size, by the laws of what it is. */
int nax_cost_values_at(const struct nax_hardware *h, const struct nax_component *c,
                       const struct nax_unit *unit, struct nax_component_values *v,
                       struct nax_err *err)
{
    int status = nax_component_at(c, (int64_t)unit->crossbar, v, err);
    if (status)
        return status;
    if (c->event == NAX_EVENT_DAC) {
        double n = nax_dac_elements(h);
        v->energy_pj *= n;
        v->power_mw *= n;
        v->leakage_mw *= n;
        v->area_mm2 *= n;
    } else if (c->event == NAX_EVENT_ARRAY_READ) {
        v->latency_ns =
            nax_array_read_ns(h, v->latency_ns, (int64_t)unit->crossbar, unit->adc_bits);
        if (nax_array_energy_row(h)->is_of_device) {
            double size = (double)unit->crossbar;
            v->energy_pj =
                nax_cells_read_pj(h, v->latency_ns, size * size, unit->has_reference ? size : 0) /
                nax_component_count(c, unit);
            v->power_mw = v->latency_ns > 0 ? v->energy_pj / v->latency_ns : 0;
        }
    }
    return 0;
}

/* Time to convert the columns of all arrays that share an ADC. */
static double conversion_ns(const struct nax_hardware *h, const struct nax_unit *unit)
{
    const struct nax_adc *adc = &h->adc;
    double array_ns =
        adc->latency_per_bit_ns * unit->adc_bits + adc->latency_per_col_ns * (double)unit->crossbar;
    return array_ns * adc->arrays_per_adc / adc->adcs_per_array;
}

struct nax_component nax_adc_component(const struct nax_hardware *hardware,
                                       const struct nax_unit *unit)
{
    const struct nax_adc *adc = &hardware->adc;
    struct nax_adc_cost cost = nax_adc_cost(adc, unit->adc_bits);
    double power_mw = cost.energy_pj * adc->sample_rate_ghz;
    struct nax_component c = {.name = "adc",
                              .level = NAX_LEVEL_ARRAY,
                              .event = NAX_EVENT_CONVERSION,
                              .count = (double)adc->adcs_per_array / adc->arrays_per_adc /
                                       (double)unit->arrays_per_plane,
                              .n_values = 1};
    snprintf(c.source, sizeof c.source, "adc.law: %s", nax_adc_law_row(adc)->word.source);
    c.values[0] =
        (struct nax_component_values){.area_mm2 = cost.area_mm2,
                                      .leakage_mw = power_mw * adc->leakage_frac,
                                      .energy_pj = cost.energy_pj * (1 - adc->leakage_frac),
                                      .power_mw = power_mw * (1 - adc->leakage_frac),
                                      .latency_ns = conversion_ns(hardware, unit)};
    return c;
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
    int status = nax_cost_values_at(h, c, &size->unit, &v, err);
    if (status)
        return status;
    if (nax_event_is_stage(c->event))
        size->stage_ns = fmax(size->stage_ns, v.latency_ns);
    double n = nax_component_count(c, &size->unit);
    /* a cell's or a column's energy is part of one event of the whole array */
    bool is_part = c->event == NAX_EVENT_ARRAY_READ;
    size->event_pj[c->event] += is_part ? n * v.energy_pj : v.energy_pj;
    if (c->level == NAX_LEVEL_ARRAY)
        n *= (double)size->unit.n_arrays;
    if (c->level <= NAX_LEVEL_UNIT) {
        size->unit_mm2 += n * v.area_mm2;
        size->unit_leakage_mw += n * v.leakage_mw;
    } else if (c->level == NAX_LEVEL_CORE) {
        size->core_mm2 += n * v.area_mm2;
        size->core_leakage_mw += n * v.leakage_mw;
    }
    return 0;
}

int nax_cost_size_compute(const struct nax_hardware *h, const struct nax_unit *unit,
                          struct nax_size_cost *size, struct nax_err *err)
{
    const int64_t crossbar = (int64_t)unit->crossbar;
    const struct nax_adc_law_row *law = nax_adc_law_row(&h->adc);
    if (unit->adc_bits < law->min_bits)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "law '%s' is of %d bits and more, an ADC has %d at crossbar size %lld; "
                           "set adc.law or adc.bits",
                           law->word.word, law->min_bits, unit->adc_bits, (long long)crossbar);
    *size = (struct nax_size_cost){.unit = *unit,
                                   .units_per_core = units_per_core(&h->hierarchy, crossbar)};
    struct nax_component adc = nax_adc_component(h, unit);
    int status = size_add(h, &adc, size, err);
    for (size_t i = 0; i < h->n_components && !status; i++)
        status = size_add(h, &h->components[i], size, err);
    size->product_ns = size->stage_ns * (unit->n_streams + h->timing.pipeline_stages - 1);
    return status;
}
