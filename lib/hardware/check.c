/* Ranges of the numbers in a hardware file, and what must hold between them. */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key as it stands in "key=value", where an entry of the list goes by its name. */
static void key_of_set(const struct hardware_source *source, const char *key, char out[96])
{
    char *rest;
    snprintf(out, 96, "%s", key);
    if (strncmp(key, "components.", 11))
        return;
    size_t i = strtoul(key + 11, &rest, 10);
    if (i < source->hardware->n_components)
        snprintf(out, 96, "components.%s%s", source->hardware->components[i].name, rest);
}

int nax_hardware_fail(const struct hardware_source *source, const char *key, const char *format,
                      ...)
{
    char message[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    char set_key[96];
    key_of_set(source, key, set_key);
    size_t n = strlen(set_key);
    for (size_t i = source->n_sets; i-- > 0;) /* the last one holds */
        if (!strncmp(source->sets[i], set_key, n) && source->sets[i][n] == '=')
            return nax_err_set(source->err, NAX_ERR_VALUE, "%s: '%s'", message, source->sets[i]);
    return nax_yaml_err_set(source->err, source->path, source->text, source->size, key, "%s",
                            message);
}

struct range {
    const char *key;
    double value, min, max;
};

static int check_ranges(const struct hardware_source *source, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct range *r = &ranges[i];
        if (!(r->value >= r->min && r->value <= r->max))
            return nax_hardware_fail(source, r->key, "%g is not between %g and %g", r->value,
                                     r->min, r->max);
    }
    return 0;
}

/* Resistances from a thousandth of an ohm to a teraohm; wires may have none. */
static const double ohm_min = 1e-3, ohm_max = 1e12, tiny = 1e-12, huge = 1e12;

static int check_numbers(const struct hardware_source *source, const struct nax_hardware *h)
{
    const struct nax_device *d = &h->device;
    const struct nax_programming *g = &d->programming;
    const struct nax_precision *p = &h->precision;
    const struct nax_adc *a = &h->adc;
    const struct range ranges[] = {
        {"device.r_on_ohm", d->r_on_ohm, ohm_min, ohm_max},
        {"device.r_off_ohm", d->r_off_ohm, ohm_min, ohm_max},
        {"device.v_read_v", d->v_read_v, 1e-6, 1e3},
        {"device.r_wire_row_ohm", d->r_wire_row_ohm, 0, ohm_max},
        {"device.r_wire_col_ohm", d->r_wire_col_ohm, 0, ohm_max},
        {"device.r_source_ohm", d->r_source_ohm, 0, ohm_max},
        {"device.r_sink_ohm", d->r_sink_ohm, 0, ohm_max},
        {"device.v0_v", d->v0_v, 0, 1e3},
        {"device.programming.error_frac", g->error_frac, 0, 10},
        {"device.programming.range_siemens", g->range_siemens, 0, 1e3},
        {"device.programming.levels", g->levels, 0, 1 << 20},
        {"device.programming.stuck_on_frac", g->stuck_on_frac, 0, 1},
        {"device.programming.stuck_off_frac", g->stuck_off_frac, 0, 1},
        {"device.programming.drift_nu", g->drift_nu, -10, 10},
        {"device.programming.drift_nu_sd", g->drift_nu_sd, 0, 10},
        {"device.programming.drift_start_seconds", g->drift_start_seconds, 0, huge},
        {"device.programming.time_seconds", g->time_seconds, 0, huge},
        {"device.programming.read_noise_frac", g->read_noise_frac, 0, 10},
        {"precision.weight_bits", p->weight_bits, 1, 24},
        {"precision.weight_fraction_bits", p->weight_fraction_bits, 0, 24},
        {"precision.input_bits", p->input_bits, 1, 24},
        {"precision.input_fraction_bits", p->input_fraction_bits, 0, 24},
        {"precision.slice_bits", p->slice_bits, 1, NAX_MIN(8, p->weight_bits)},
        {"precision.stream_bits", p->stream_bits, 1, NAX_MIN(8, p->input_bits)},
        {"adc.energy_pj", a->energy_pj, 0, huge},
        {"adc.area_mm2", a->area_mm2, 0, huge},
        {"adc.leakage_frac", a->leakage_frac, 0, 1},
        {"adc.sample_rate_ghz", a->sample_rate_ghz, 1e-6, 1e3},
        {"adc.technology_nm", a->technology_nm, 1, 1e4},
        {"adc.latency_per_bit_ns", a->latency_per_bit_ns, 0, huge},
        {"adc.latency_per_col_ns", a->latency_per_col_ns, 0, huge},
        {"adc.arrays_per_adc", a->arrays_per_adc, 1, 64},
        {"adc.adcs_per_array", a->adcs_per_array, 1, 65536},
        {"hierarchy.units_per_core", h->hierarchy.units_per_core, 1, 1 << 20},
        {"hierarchy.units_crossbar", h->hierarchy.units_crossbar, 0, 65536},
        {"hierarchy.cores_per_tile", h->hierarchy.cores_per_tile, 1, 1 << 20},
        {"hierarchy.tiles_per_node", h->hierarchy.tiles_per_node, 1, 1 << 20},
        {"hierarchy.replicate_mm2", h->hierarchy.replicate_mm2, 0, 1e5},
        {"timing.clock_ghz", h->timing.clock_ghz, 1e-6, 1e3},
        {"timing.pipeline_stages", h->timing.pipeline_stages, 1, 64},
        {"movement.edram_bits", h->movement.edram_bits, 1, 1 << 20},
        {"movement.bus_bits", h->movement.bus_bits, 1, 1 << 20},
        {"movement.flit_bits", h->movement.flit_bits, 1, 1 << 20},
        {"movement.noc_hops", h->movement.noc_hops, 0, 1 << 20},
    };
    return check_ranges(source, ranges, sizeof ranges / sizeof *ranges);
}

static int check_values(const struct hardware_source *source, const struct nax_component *c,
                        size_t i, size_t k)
{
    const struct nax_component_values *v = &c->values[k];
    const struct {
        const char *name;
        double value;
    } values[] = {{"area_mm2", v->area_mm2},
                  {"leakage_mw", v->leakage_mw},
                  {"energy_pj", v->energy_pj},
                  {"power_mw", v->power_mw},
                  {"latency_ns", v->latency_ns}};
    char table[32] = "", key[96];
    if (c->values[0].crossbar)
        snprintf(table, sizeof table, "table.%zu.", k);
    for (size_t f = 0; f < sizeof values / sizeof *values; f++)
        if (!(values[f].value >= 0 && values[f].value <= huge)) {
            snprintf(key, sizeof key, "components.%zu.%s%s", i, table, values[f].name);
            return nax_hardware_fail(source, key, "%g is not between 0 and %g", values[f].value,
                                     huge);
        }
    return 0;
}

static int check_component(const struct hardware_source *source, const struct nax_hardware *h,
                           size_t i)
{
    const struct nax_component *c = &h->components[i];
    char key[96];
    snprintf(key, sizeof key, "components.%zu.count", i);
    if (!(c->count >= tiny && c->count <= huge))
        return nax_hardware_fail(source, key, "%g is not between %g and %g", c->count, tiny, huge);
    snprintf(key, sizeof key, "components.%zu.per", i);
    if (c->per != NAX_PER_ONE && c->level > NAX_LEVEL_UNIT)
        return nax_hardware_fail(source, key,
                                 "only an array or a unit has rows, columns and cells");
    snprintf(key, sizeof key, "components.%zu.event", i);
    if (c->event == NAX_EVENT_LINK && c->level != NAX_LEVEL_NODE)
        return nax_hardware_fail(source, key, "the link is of level node");
    snprintf(key, sizeof key, "components.%zu.name", i);
    if (!strcmp(c->name, "adc"))
        return nax_hardware_fail(source, key, "the section 'adc' describes the ADC");
    for (size_t k = 0; k < i; k++)
        if (!strcmp(c->name, h->components[k].name))
            return nax_hardware_fail(source, key, "'%s' is there twice", c->name);
    snprintf(key, sizeof key, "components.%zu.table", i);
    if (c->values[0].crossbar && c->level > NAX_LEVEL_CORE)
        return nax_hardware_fail(source, key, "tiles and nodes hold crossbars of any size");
    for (size_t k = 0; k < c->n_values; k++) {
        int status = check_values(source, c, i, k);
        if (status)
            return status;
        bool is_rising = !k || c->values[k].crossbar > c->values[k - 1].crossbar;
        if (c->n_values > 1 && (c->values[k].crossbar < 1 || !is_rising))
            return nax_hardware_fail(source, key, "crossbar sizes do not rise from 1 on");
    }
    return 0;
}

static int check_programming(const struct hardware_source *source, const struct nax_programming *g)
{
    if (g->stuck_on_frac + g->stuck_off_frac > 1)
        return nax_hardware_fail(source, "device.programming.stuck_off_frac",
                                 "more than all cells are stuck: %g on and %g off",
                                 g->stuck_on_frac, g->stuck_off_frac);
    if (g->error == NAX_PROGRAM_MEASURED && !*g->table)
        return nax_hardware_fail(source, "device.programming.error", "'measured' needs a table");
    if (g->drift == NAX_DRIFT_POWER && !(g->drift_start_seconds > 0))
        return nax_hardware_fail(source, "device.programming.drift",
                                 "'power' needs drift_start_seconds above 0");
    return 0;
}

int nax_hardware_check(const struct hardware_source *source, const struct nax_hardware *h)
{
    int status = check_numbers(source, h);
    if (status)
        return status;
    if (h->device.r_off_ohm <= h->device.r_on_ohm)
        return nax_hardware_fail(source, "device.r_off_ohm", "%g is not above r_on_ohm, %g",
                                 h->device.r_off_ohm, h->device.r_on_ohm);
    if ((status = check_programming(source, &h->device.programming)))
        return status;
    for (size_t i = 0; i < h->n_components; i++)
        if ((status = check_component(source, h, i)))
            return status;
    return 0;
}

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
