/* What pictures share: colours, texts and axes. */
#include "plot.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const char *plot_colour(size_t i)
{
    static const char *const colours[PLOT_COLOURS] = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                      "#CC79A7", "#56B4E9", "#F0E442", "#000000"};
    return colours[i % PLOT_COLOURS];
}

void plot_begin(struct plot *plot, int width, int height)
{
    FILE *f = plot->script;
    if (plot->terminal)
        fprintf(f, "set terminal %s size %d,%d font 'Helvetica,13' background '#ffffff'%s\n",
                plot->terminal, width, height, strcmp(plot->terminal, "svg") ? "" : " dynamic");
    fputs("set encoding utf8\n"
          "set border linecolor '#444444'\n"
          "set tics textcolor '#000000'\n"
          "set grid linetype 1 linewidth 0.7 linecolor '#dddddd'\n",
          f);
}

void plot_text(const struct plot *plot, const char *text)
{
    FILE *f = plot->script;
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("''", f);
        else if (strchr("_^{}@&~\\", *text)) /* enhanced text would read these */
            fprintf(f, "\\%c", *text);
        else
            fputc((unsigned char)*text < ' ' || *text == '`' ? '?' : *text, f);
    fputc('\'', f);
}

const char *plot_string(const struct plot *plot, size_t i, const char *name)
{
    const struct nax_value *value = nax_record_get(plot->records.at[i], name);
    return value && value->type == NAX_STRING ? value->string.s : "";
}

/* "runs/random.csv" of "runs/random.csv: record 3": as many bytes. */
static size_t file_length(const char *where)
{
    const char *colon = strrchr(where, ':');
    return colon ? (size_t)(colon - where) : 0;
}

bool plot_is_same_file(const struct plot *plot, size_t i, size_t j)
{
    size_t n = file_length(plot->where[i]);
    return n == file_length(plot->where[j]) && !memcmp(plot->where[i], plot->where[j], n);
}

void plot_file_name(const struct plot *plot, size_t i, char *name, size_t size)
{
    const char *where = plot->where[i], *end = where + file_length(where);
    const char *slash = memrchr(where, '/', (size_t)(end - where));
    const char *start = slash ? slash + 1 : where;
    const char *dot = memrchr(start, '.', (size_t)(end - start));
    bool has_ending = dot && isalpha((unsigned char)dot[1]); /* not "edap-0.05" */
    snprintf(name, size, "%.*s", (int)((has_ending ? dot : end) - start), start);
}

void plot_fail(struct plot *plot, size_t i, struct nax_err *err)
{
    nax_err_prefix(err, "%s", plot->where[i]);
    tool_fail(plot->tool, err);
}

static const char *title_of(const char *field)
{
    static const char *const titles[][2] = {
        {"accuracy", "accuracy on the hardware"},
        {"accuracy_hardware_validation", "accuracy on the hardware, validation"},
        {"accuracy_ideal", "accuracy in floating point"},
        {"area_mm2", "area"},
        {"edap_pj_ns_mm2", "energy · delay · area"},
        {"energy_pj", "energy of an image"},
        {"latency_ns", "latency of an image"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (!strcmp(titles[i][0], field))
            return titles[i][1];
    return field;
}

struct plot_axis plot_axis(const char *field, double largest)
{
    static const struct {
        const char *unit, *shown;
        double from, scale; /* for values from this on */
    } units[] = {
        {"fraction", "%", 0, 1e2}, {"pJ", "mJ", 1e9, 1e-9},
        {"pJ", "µJ", 1e6, 1e-6},   {"pJ", "nJ", 1e3, 1e-3},
        {"ns", "s", 1e9, 1e-9},    {"ns", "ms", 1e6, 1e-6},
        {"ns", "µs", 1e3, 1e-3},   {"pJ ns mm2", "mJ ms mm²", 1e12, 1e-15},
        {"mm2", "mm²", 0, 1},
    };
    const struct nax_field *known = nax_field_find(field);
    const char *unit = known ? known->unit : "", *shown = unit;
    struct plot_axis axis = {.scale = 1};
    for (size_t i = 0; i < sizeof units / sizeof *units && shown == unit; i++)
        if (!strcmp(units[i].unit, unit) && largest >= units[i].from) {
            shown = units[i].shown;
            axis.scale = units[i].scale;
        }
    int n = snprintf(axis.title, sizeof axis.title, "%.120s%s%s%s", title_of(field),
                     *shown ? " (" : "", shown, *shown ? ")" : "");
    for (int i = 0; i < n && i < (int)sizeof axis.title; i++)
        if (axis.title[i] == '_')
            axis.title[i] = ' ';
    return axis;
}

void plot_axis_write(const struct plot *plot, const char *axis, const struct plot_axis *how,
                     double least, double largest)
{
    FILE *f = plot->script;
    fprintf(f, "set %slabel ", axis);
    plot_text(plot, how->title);
    fputc('\n', f);
    if (!(least > 0) || largest < 8 * least)
        return;
    double decades = log10(largest / least);
    fprintf(f, "set logscale %s\nset %stics (", axis, axis);
    const char *comma = "";
    for (int e = (int)floor(log10(least * how->scale)) - 1;
         e <= (int)ceil(log10(largest * how->scale)) + 1; e++)
        for (int digit = 1; digit <= (decades < 3 ? 5 : 1); digit += digit == 1 ? 1 : 3) {
            double at = digit * pow(10, e);
            fprintf(f, "%s'%.6g' %.17g", comma, at, at);
            comma = ", ";
        }
    fputs(")\n", f);
}

void plot_range_write(const struct plot *plot, const char *axis, double least, double largest)
{
    if (least < largest) {
        fprintf(plot->script, "set %srange [*:*]\n", axis);
        return;
    }
    double margin = least != 0 ? fabs(least) / 2 : 1;
    fprintf(plot->script, "set %srange [%.9g:%.9g]\n", axis, least - margin, least + margin);
}
