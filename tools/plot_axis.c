/* Axes: fields as people read them, ranges that fit, tics. */
#include "plot.h"

#include <math.h>
#include <string.h>

static const char *title_of(const char *field, bool is_brief)
{
    static const char *const titles[][3] = {
        {"accuracy", "accuracy on the hardware", "accuracy"},
        {"accuracy_calibrated", "accuracy on the hardware, calibrated", "calibrated accuracy"},
        {"accuracy_hardware_validation", "accuracy on the hardware, validation",
         "validation accuracy"},
        {"accuracy_ideal", "accuracy in floating point", "ideal accuracy"},
        {"area_mm2", "area", "area"},
        {"edap_pj_ns_mm2", "energy · delay · area", "EDAP"},
        {"energy_pj", "energy of an image", "energy"},
        {"latency_ns", "latency of an image", "latency"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (!strcmp(titles[i][0], field))
            return titles[i][is_brief ? 2 : 1];
    return field;
}

static void write_title(char title[160], const char *name, const char *unit)
{
    int n = snprintf(title, 160, "%.120s%s%s%s", name, *unit ? " (" : "", unit, *unit ? ")" : "");
    for (int i = 0; i < n && i < 160; i++)
        if (title[i] == '_')
            title[i] = ' ';
}

/* A unit as it is set in print: "uJ" has a Greek letter, "mm2" a small two. */
static void typeset(char text[64], const char *unit)
{
    const char *rest = unit + (*unit == 'u');
    const char *square = strstr(rest, "mm2");
    const int n = square ? (int)(square - rest) : (int)strlen(rest);
    snprintf(text, 64, "%s%.*s%s%s", rest > unit ? "µ" : "", n, rest, square ? "mm²" : "",
             square ? square + strlen("mm2") : "");
}

struct plot_axis plot_axis(const char *field, double largest)
{
    const struct nax_field *known = nax_field_find(field);
    const char *unit = known ? known->unit : "";
    struct nax_scale scale = {.factor = 100, .unit = "%"};
    if (strcmp(unit, "fraction") != 0)
        nax_scale_choose(&scale, unit, largest);
    struct plot_axis axis = {.scale = scale.factor};
    typeset(axis.unit, scale.unit);
    write_title(axis.title, title_of(field, false), axis.unit);
    write_title(axis.brief, title_of(field, true), axis.unit);
    return axis;
}

void plot_axis_fit(const struct plot *plot, struct plot_axis *axis, double least, double largest,
                   const double asked[2])
{
    static const double margin = 0.06;
    double low = isfinite(asked[0]) ? asked[0] * axis->scale : least;
    double high = isfinite(asked[1]) ? asked[1] * axis->scale : largest;
    struct nax_err err;
    if (low > high) {
        nax_err_set(&err, NAX_ERR_VALUE, "no value is in the range that was asked for: '%s'",
                    axis->title);
        tool_fail(plot->tool, &err);
    }
    axis->is_log = !axis->is_linear && low > 0 && high >= 10 * low;
    double pad = axis->is_log ? margin * log(high / low)
                 : high > low ? margin * (high - low)
                 : low != 0   ? fabs(low) / 20
                              : 1;
    axis->low = isfinite(asked[0]) ? low : axis->is_log ? low / exp(pad) : low - pad;
    axis->high = isfinite(asked[1]) ? high : axis->is_log ? high * exp(pad) : high + pad;
}

double plot_axis_place(const struct plot_axis *axis, double value)
{
    return axis->is_log ? log(value / axis->low) / log(axis->high / axis->low)
                        : (value - axis->low) / (axis->high - axis->low);
}

/* Of every decade as many numbers as stand `apart` from each other. */
static void write_log_tics(const struct plot *plot, const char *which, const struct plot_axis *axis,
                           double length, double apart)
{
    static const struct {
        const char *digits;
        double ratio; /* of the nearest two */
    } choices[] = {{"12357", 1.4}, {"125", 2}, {"1", 10}};
    const double unit = length / log(axis->high / axis->low); /* of the logarithm */
    size_t choice = 0;
    while (choice < 2 && log(choices[choice].ratio) * unit < apart)
        choice++;
    const char *comma = "";
    FILE *f = plot->script;
    int step = (int)fmax(1, ceil(apart / (log(10) * unit))); /* decades, of the last choice */
    fprintf(f, "set logscale %s\nset %stics (", which, which);
    for (int e = (int)floor(log10(axis->low)); e <= (int)ceil(log10(axis->high)); e += step)
        for (const char *digit = choices[choice].digits; *digit; digit++) {
            double at = (*digit - '0') * pow(10, e);
            if (at < axis->low || at > axis->high)
                continue;
            fprintf(f, "%s'%.6g' %.17g", comma, at, at);
            comma = ", ";
        }
    fputs(")\n", f);
}

void plot_axis_write(const struct plot *plot, const char *which, const struct plot_axis *axis,
                     double length)
{
    FILE *f = plot->script;
    const double em = plot->page.em;
    const bool is_x = *which == 'x';
    bool is_long = 0.58 * em * (double)plot_letters(axis->title) > length + 2 * em;
    fprintf(f, "set label %d ", is_x ? 2 : 3); /* numbers do not push it off the page */
    plot_text(plot, is_long ? axis->brief : axis->title);
    if (is_x)
        fprintf(f, " at graph 0.5, screen %.6g center\n", 0.9 * em / plot->page.height);
    else
        fprintf(f, " at screen %.6g, graph 0.5 center rotate by 90\n", em / plot->page.width);
    fprintf(f, "set %srange [%.9g:%.9g]\n", which, axis->low, axis->high);
    if (axis->is_log)
        write_log_tics(plot, which, axis, length, (is_x ? 2.8 : 1.6) * em);
}

void plot_axis_whole(const struct plot *plot, const struct plot_axis *axis, size_t most)
{
    static const double steps[] = {1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500};
    double span = axis->high - axis->low, step = steps[0];
    for (size_t i = 0; i < sizeof steps / sizeof *steps && span / step > (double)most; i++)
        step = steps[i];
    while (span / step > (double)most)
        step *= 2;
    fprintf(plot->script, "set xtics %.9g,%.9g\n", ceil(axis->low / step) * step, step);
}
