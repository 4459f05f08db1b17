/* Units of fields, and the prefix by which a column of numbers is printed. */
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What names end with; the longer ones first. */
static const struct {
    const char *suffix, *unit;
} suffixes[] = {{"_pj_ns_mm2", "pJ ns mm2"},
                {"_siemens", "S"},
                {"_ohm", "ohm"},
                {"_mm2", "mm2"},
                {"_pj", "pJ"},
                {"_ns", "ns"},
                {"_mw", "mW"},
                {"_db", "dB"},
                {"_v", "V"},
                {"_a", "A"}};

const char *nax_field_unit(const char *name, size_t *n_stem)
{
    const struct nax_field *field = nax_field_find(name);
    const size_t n = *n_stem = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const size_t n_suffix = strlen(suffixes[i].suffix);
        if (n <= n_suffix || strcmp(name + n - n_suffix, suffixes[i].suffix) != 0)
            continue;
        if (field && strcmp(field->unit, suffixes[i].unit) != 0)
            break;
        *n_stem = n - n_suffix;
        return suffixes[i].unit;
    }
    return field && strcmp(field->unit, "fraction") != 0 ? field->unit : "";
}

/* Units that take a prefix: the power of ten that they are of the one without. */
static const struct {
    const char *unit, *base;
    int power, power_max; /* the largest that is in use by itself: nobody says kiloseconds */
} prefixed[] = {{"pJ", "J", -12, 0}, {"ns", "s", -9, 0}, {"mW", "W", -3, 3},  {"V", "V", 0, 3},
                {"A", "A", 0, 0},    {"S", "S", 0, 0},   {"ohm", "ohm", 0, 9}};

/* Products, of which each factor has a prefix of its own, for values from this on. */
static const struct {
    const char *unit, *shown;
    double from, factor;
} products[] = {{"pJ ns mm2", "mJ ms mm2", 1e12, 1e-15}};

enum { POWER_MIN = -18 };
static const char *const prefixes[] = {"a", "f", "p", "n", "u", "m", "", "k", "M", "G"};

void nax_scale_choose(struct nax_scale *scale, const char *unit, double largest)
{
    *scale = (struct nax_scale){.factor = 1};
    snprintf(scale->unit, sizeof scale->unit, "%s", unit);
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (!strcmp(unit, products[i].unit) && largest >= products[i].from) {
            scale->factor = products[i].factor;
            snprintf(scale->unit, sizeof scale->unit, "%s", products[i].shown);
        }
    for (size_t i = 0; i < sizeof prefixed / sizeof *prefixed && largest > 0; i++) {
        if (strcmp(unit, prefixed[i].unit) != 0)
            continue;
        int power = 3 * (int)floor((log10(largest) + prefixed[i].power) / 3);
        power = NAX_MAX(NAX_MIN(power, prefixed[i].power_max), POWER_MIN);
        scale->factor = pow(10, prefixed[i].power - power);
        snprintf(scale->unit, sizeof scale->unit, "%s%s", prefixes[(power - POWER_MIN) / 3],
                 prefixed[i].base);
    }
}

/* 4 digits, without an exponent as far as that is short. */
void nax_scale_print(char text[NAX_SCALE_TEXT], double value)
{
    const double size = fabs(value);
    if (!isfinite(value))
        snprintf(text, NAX_SCALE_TEXT, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    else if (size < 1e5 && value == trunc(value))
        snprintf(text, NAX_SCALE_TEXT, "%.0f", value + 0.0);
    else if (size >= 1e5 || size < 1e-4)
        snprintf(text, NAX_SCALE_TEXT, "%.3e", value);
    else {
        snprintf(text, NAX_SCALE_TEXT, "%.3e", value); /* the exponent after rounding */
        const int exponent = atoi(strchr(text, 'e') + 1);
        snprintf(text, NAX_SCALE_TEXT, "%.*f", NAX_MAX(3 - exponent, 0), value);
    }
}
