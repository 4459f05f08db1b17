/* The front of designs in two objectives, each input file a series of its own. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nax/search.h"

struct point {
    double x, y;   /* minimised */
    double dx, dy; /* standard errors; 0 where the record has none */
    size_t series;
    int64_t baseline; /* crossbar size, where all layers have this one and one kernel, and neither
                         widths nor converters of their own; or 0 */
    bool is_on_front;
};

struct front {
    struct plot *plot;
    struct nax_objective objectives[2]; /* y, x */
    struct plot_axis axis[2];
    struct point *points;
    size_t n, n_series;
};

static int64_t baseline_of(const struct nax_record *r)
{
    struct nax_candidate c;
    struct nax_err err;
    if (nax_candidate_read(&c, r, &err) || !c.n_slots || c.n_stages || c.has_adc_bits ||
        c.has_adc_range)
        return 0;
    for (size_t s = 0; s < c.n_slots; s++)
        if (c.kernel[s] != c.kernel[0] || c.crossbar[s] != c.crossbar[0])
            return 0;
    return c.crossbar[0];
}

static void read_points(struct front *f)
{
    struct plot *plot = f->plot;
    struct nax_err err;
    double value[2], error[2];
    for (size_t i = 0; i < plot->records.n; i++) {
        const struct nax_record *r = plot->records.at[i];
        if (!i || !plot_is_same_file(plot, i, i - 1))
            f->n_series++;
        if (!strcmp(plot_string(plot, i, "status"), "diverged") &&
            !(nax_record_has(r, f->objectives[0].name) && nax_record_has(r, f->objectives[1].name)))
            continue;
        if (nax_objectives_read(f->objectives, 2, r, value, &err) ||
            nax_objectives_read_errors(f->objectives, 2, r, error, &err))
            plot_fail(plot, i, &err);
        f->points[f->n++] = (struct point){.x = value[1],
                                           .y = value[0],
                                           .dx = error[1],
                                           .dy = error[0],
                                           .series = f->n_series - 1,
                                           .baseline = baseline_of(r)};
    }
}

static int compare(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

static double shown(const struct front *f, size_t objective, double value)
{
    return (f->objectives[objective].is_max ? -value : value) * f->axis[objective].scale;
}

static bool has_error(const struct point *p, size_t series)
{
    (void)series;
    return p->dx > 0 || p->dy > 0;
}

static void write_block(const struct front *f, const char *name,
                        bool (*is_in)(const struct point *, size_t), size_t series)
{
    FILE *gp = f->plot->script;
    fprintf(gp, "$%s%zu << EOD\n", name, series);
    for (size_t i = 0; i < f->n; i++)
        if (is_in(&f->points[i], series))
            fprintf(gp, "%.9g %.9g %lld\n", shown(f, 1, f->points[i].x),
                    shown(f, 0, f->points[i].y), (long long)f->points[i].baseline);
    fputs("EOD\n", gp);
}

/* Ends of the bars of one standard error, x then y. An axis may be logarithmic: a bar that would
 * reach 0 has its upper half only. */
static void write_errors(const struct front *f)
{
    FILE *gp = f->plot->script;
    fputs("$errors0 << EOD\n", gp);
    for (size_t i = 0; i < f->n; i++) {
        const struct point *p = &f->points[i];
        if (!has_error(p, 0))
            continue;
        const double error[2] = {p->dy, p->dx};
        const double value[2] = {shown(f, 0, p->y), shown(f, 1, p->x)};
        fprintf(gp, "%.9g %.9g", value[1], value[0]);
        for (size_t j = 2; j-- > 0;) {
            double half = error[j] * f->axis[j].scale;
            double low = value[j] > 0 && value[j] <= half ? value[j] : value[j] - half;
            fprintf(gp, " %.9g %.9g", low, value[j] + half);
        }
        fputs("\n", gp);
    }
    fputs("EOD\n", gp);
}

static bool is_of_series(const struct point *p, size_t series)
{
    return p->series == series && !p->baseline;
}

static bool is_baseline(const struct point *p, size_t series)
{
    (void)series;
    return p->baseline > 0;
}

static bool is_on_front(const struct point *p, size_t series)
{
    (void)series;
    return p->is_on_front;
}

static size_t count(const struct front *f, bool (*is_in)(const struct point *, size_t),
                    size_t series)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += is_in(&f->points[i], series);
    return n;
}

static void series_title(const struct front *f, size_t series)
{
    char name[64] = "designs";
    size_t s = 0, i = 0;
    for (size_t k = 1; k < f->plot->records.n && s < series; k++)
        if (!plot_is_same_file(f->plot, k - 1, k)) {
            s++;
            i = k;
        }
    if (f->n_series > 1)
        plot_file_name(f->plot, i, name, sizeof name);
    plot_text(f->plot, name);
}

static void write_plot(const struct front *f)
{
    static const int marks[] = {7, 9, 5, 11, 13};
    FILE *gp = f->plot->script;
    size_t n_baselines = count(f, is_baseline, 0);
    fprintf(gp, "plot $front0 using 1:2 with %s linewidth 2 linecolor '#000000' title 'front'",
            f->objectives[1].is_max ? "fsteps" : "steps");
    if (count(f, has_error, 0))
        fprintf(gp,
                ", \\\n     $errors0 using 1:2:3:4:5:6 with xyerrorbars pointtype 0 linewidth 1.5 "
                "linecolor '%s' title 'one standard error'",
                PLOT_GREY);
    for (size_t s = 0; s < f->n_series; s++) {
        if (!count(f, is_of_series, s))
            continue;
        fprintf(gp,
                ", \\\n     $series%zu using 1:2 with points pointtype %d pointsize 1 "
                "linecolor '%s' title ",
                s, marks[s % 5], plot_colour(s));
        series_title(f, s);
    }
    if (n_baselines)
        fputs(", \\\n     $baselines0 using 1:2 with points pointtype 4 pointsize 1.6 linewidth 2 "
              "linecolor '#000000' title 'baselines: one crossbar size', \\\n"
              "     $baselines0 using 1:2:(sprintf('%d', $3)) with labels offset 0,1.1 "
              "textcolor '#000000' notitle",
              gp);
    fputs("\n", gp);
}

void plot_front(struct plot *plot)
{
    struct front f = {.plot = plot};
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    struct nax_err err;
    size_t n_objectives;
    if (nax_objectives_parse(plot->objectives, objectives, &n_objectives, &err))
        tool_misuse(plot->tool, "%s", err.text);
    if (n_objectives != 2)
        tool_misuse(plot->tool, "two objectives, for two axes: '%s'", plot->objectives);
    memcpy(f.objectives, objectives, sizeof f.objectives);
    if (!(f.points = nax_calloc(plot->records.n, sizeof *f.points))) {
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
        tool_fail(plot->tool, &err);
    }
    read_points(&f);
    if (!f.n) {
        nax_err_set(&err, NAX_ERR_VALUE, "nothing to draw: all candidates diverged");
        tool_fail(plot->tool, &err);
    }
    qsort(f.points, f.n, sizeof *f.points, compare);
    double best = INFINITY, least[2] = {INFINITY, INFINITY}, largest[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < f.n; i++) {
        f.points[i].is_on_front = f.points[i].y < best;
        best = fmin(best, f.points[i].y);
        const double value[2] = {f.points[i].y, f.points[i].x};
        for (size_t j = 0; j < 2; j++) {
            double own = f.objectives[j].is_max ? -value[j] : value[j];
            least[j] = fmin(least[j], own);
            largest[j] = fmax(largest[j], own);
        }
    }
    plot_begin(plot, 820, 560);
    for (size_t j = 0; j < 2; j++) {
        f.axis[j] = plot_axis(f.objectives[j].name, largest[j]);
        plot_axis_write(plot, j ? "x" : "y", &f.axis[j], least[j], largest[j]);
        plot_range_write(plot, j ? "x" : "y", least[j] * f.axis[j].scale,
                         largest[j] * f.axis[j].scale);
    }
    fputs("set offsets graph 0.05, graph 0.05, graph 0.08, graph 0.05\n"
          "set errorbars 0.7\nset rmargin 5\nset key tmargin center horizontal\n",
          plot->script);
    write_block(&f, "front", is_on_front, 0);
    if (count(&f, has_error, 0))
        write_errors(&f);
    write_block(&f, "baselines", is_baseline, 0);
    for (size_t s = 0; s < f.n_series; s++)
        write_block(&f, "series", is_of_series, s);
    write_plot(&f);
    free(f.points);
}
