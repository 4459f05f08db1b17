/* The front of designs in two objectives, each input file a series of its own. */
#include "plot_front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t baseline_of(const struct nax_record *r)
{
    struct nax_candidate c;
    struct nax_err err;
    return !nax_candidate_read(&c, r, &err) && nax_candidate_is_uniform(&c) ? c.crossbar[0] : 0;
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
        f->points[f->n++] = (struct front_point){.x = value[1],
                                                 .y = value[0],
                                                 .dx = error[1],
                                                 .dy = error[0],
                                                 .series = f->n_series - 1,
                                                 .record = i,
                                                 .baseline = baseline_of(r)};
    }
}

static int compare(const void *a, const void *b)
{
    const struct front_point *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

double front_shown(const struct front *f, size_t objective, double value)
{
    return (f->objectives[objective].is_max ? -value : value) * f->axis[objective].scale;
}

static bool has_error(const struct front_point *p, size_t series)
{
    (void)series;
    return p->dx > 0 || p->dy > 0;
}

static void write_block(const struct front *f, const char *name,
                        bool (*is_in)(const struct front_point *, size_t), size_t series)
{
    FILE *gp = f->plot->script;
    fprintf(gp, "$%s%zu << EOD\n", name, series);
    for (size_t i = 0; i < f->n; i++)
        if (is_in(&f->points[i], series))
            fprintf(gp, "%.9g %.9g %lld\n", front_shown(f, 1, f->points[i].x),
                    front_shown(f, 0, f->points[i].y), (long long)f->points[i].baseline);
    fputs("EOD\n", gp);
}

/* Ends of the bars of one standard error, x then y. An axis may be logarithmic: a bar that would
 * reach 0 has its upper half only. */
static void write_errors(const struct front *f)
{
    FILE *gp = f->plot->script;
    fputs("$errors0 << EOD\n", gp);
    for (size_t i = 0; i < f->n; i++) {
        const struct front_point *p = &f->points[i];
        if (!has_error(p, 0))
            continue;
        const double error[2] = {p->dy, p->dx};
        const double value[2] = {front_shown(f, 0, p->y), front_shown(f, 1, p->x)};
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

static bool is_of_series(const struct front_point *p, size_t series)
{
    return p->series == series && !p->baseline;
}

static bool is_baseline(const struct front_point *p, size_t series)
{
    (void)series;
    return p->baseline > 0;
}

static bool is_on_front(const struct front_point *p, size_t series)
{
    (void)series;
    return p->is_on_front;
}

static size_t count(const struct front *f, bool (*is_in)(const struct front_point *, size_t),
                    size_t series)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += is_in(&f->points[i], series);
    return n;
}

static void series_title(const struct front *f, size_t series, char *name, size_t size)
{
    size_t s = 0, i = 0;
    for (size_t k = 1; k < f->plot->records.n && s < series; k++)
        if (!plot_is_same_file(f->plot, k - 1, k)) {
            s++;
            i = k;
        }
    snprintf(name, size, "designs");
    if (f->n_series > 1)
        plot_file_name(f->plot, i, name, size);
}

/* Each series has marks of its own shape, smaller than those before it and with a white rim: of
 * points that coincide all are seen. */
static void write_series(const struct front *f, size_t s, size_t at, size_t n)
{
    static const int marks[] = {7, 9, 5, 11, 13};
    FILE *gp = f->plot->script;
    char name[64];
    double size =
        (n > 1 ? 1.2 - 0.42 * (double)at / (double)(n - 1) : 0.95) * f->plot->page.em / 13;
    series_title(f, s, name, sizeof name);
    fprintf(
        gp,
        ", \\\n     $series%zu using 1:2 with points pointtype %d pointsize %.3g linecolor "
        "'#ffffff' notitle"
        ", \\\n     $series%zu using 1:2 with points pointtype %d pointsize %.3g linecolor '%s' "
        "title ",
        s, marks[at % 5], 1.3 * size, s, marks[at % 5], size, plot_colour(s));
    plot_text(f->plot, name);
}

static const char front_title[] = "front", errors_title[] = "standard error",
                  baselines_title[] = "baselines";

static void write_key(const struct front *f)
{
    char name[64];
    size_t n = 1, longest = strlen(front_title);
    if (count(f, has_error, 0) && n++)
        longest = NAX_MAX(longest, strlen(errors_title));
    if (count(f, is_baseline, 0) && n++)
        longest = NAX_MAX(longest, strlen(baselines_title));
    for (size_t s = 0; s < f->n_series; s++) {
        if (!count(f, is_of_series, s))
            continue;
        series_title(f, s, name, sizeof name);
        longest = NAX_MAX(longest, plot_letters(name));
        n++;
    }
    plot_page_key(f->plot, n, longest);
}

static void write_plot(const struct front *f)
{
    FILE *gp = f->plot->script;
    size_t n_drawn = 0, at = 0;
    fprintf(gp, "plot $front0 using 1:2 with %s linewidth 1.5 linecolor '#000000' title '%s'",
            f->objectives[1].is_max ? "fsteps" : "steps", front_title);
    if (count(f, has_error, 0))
        fprintf(gp,
                ", \\\n     $errors0 using 1:2:3:4:5:6 with xyerrorbars pointtype 0 linewidth 1 "
                "linecolor '%s' title '%s'",
                PLOT_GREY, errors_title);
    for (size_t s = 0; s < f->n_series; s++)
        n_drawn += count(f, is_of_series, s) > 0;
    for (size_t s = 0; s < f->n_series; s++)
        if (count(f, is_of_series, s))
            write_series(f, s, at++, n_drawn);
    if (count(f, is_baseline, 0))
        fprintf(gp,
                ", \\\n     $baselines0 using 1:2 with points pointtype 4 pointsize %.3g linewidth "
                "1.5 linecolor '#000000' title '%s'",
                1.3 * f->plot->page.em / 13, baselines_title);
    fputs("\n", gp);
}

/* The range of an objective over all points and their bars. */
static void range_of(const struct front *f, size_t j, double *least, double *largest)
{
    *least = INFINITY;
    *largest = -INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        const struct front_point *p = &f->points[i];
        double value = front_shown(f, j, j ? p->x : p->y);
        double half = (j ? p->dx : p->dy) * f->axis[j].scale;
        *least = fmin(*least, value > 0 && value <= half ? value : value - half);
        *largest = fmax(*largest, value + half);
    }
}

static void parse_objectives(struct front *f)
{
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    struct nax_err err;
    size_t n;
    if (nax_objectives_parse(f->plot->objectives, objectives, &n, &err))
        tool_misuse(f->plot->tool, "%s", err.text);
    if (n != 2)
        tool_misuse(f->plot->tool, "two objectives, for two axes: '%s'", f->plot->objectives);
    memcpy(f->objectives, objectives, sizeof f->objectives);
}

static void find_front(struct front *f)
{
    double best = INFINITY;
    qsort(f->points, f->n, sizeof *f->points, compare);
    for (size_t i = 0; i < f->n; i++) {
        f->points[i].is_on_front = f->points[i].y < best;
        best = fmin(best, f->points[i].y);
    }
}

static void fit_axes(struct front *f)
{
    struct plot *plot = f->plot;
    for (size_t j = 0; j < 2; j++) {
        double least, largest;
        f->axis[j].scale = 1;
        range_of(f, j, &least, &largest);
        f->axis[j] = plot_axis(f->objectives[j].name, largest);
        range_of(f, j, &least, &largest);
        plot_axis_fit(plot, &f->axis[j], least, largest, j ? plot->x_range : plot->y_range);
    }
}

/* Once it is known what the legend takes. */
static void write_axes(struct front *f)
{
    const struct plot_page *page = &f->plot->page;
    f->width = plot_page_inner(page);
    f->height = fmax(page->height - page->top - FRONT_BOTTOM * page->em, 1);
    plot_axis_write(f->plot, "y", &f->axis[0], f->height);
    plot_axis_write(f->plot, "x", &f->axis[1], f->width);
}

void plot_front(struct plot *plot)
{
    struct front f = {.plot = plot};
    struct nax_err err;
    parse_objectives(&f);
    if (!(f.points = nax_calloc(plot->records.n, sizeof *f.points))) {
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
        tool_fail(plot->tool, &err);
    }
    read_points(&f);
    if (!f.n) {
        nax_err_set(&err, NAX_ERR_VALUE, "nothing to draw: all candidates diverged");
        tool_fail(plot->tool, &err);
    }
    find_front(&f);
    plot_page_begin(plot, 820, 560, true, 5.2, 1.6);
    fit_axes(&f);
    write_key(&f);
    write_axes(&f);
    plot_page_panel(plot, FRONT_BOTTOM);
    fputs("set errorbars 0.7\n", plot->script);
    if (front_labels(&f, &err))
        tool_fail(plot->tool, &err);
    write_block(&f, "front", is_on_front, 0);
    if (count(&f, has_error, 0))
        write_errors(&f);
    write_block(&f, "baselines", is_baseline, 0);
    for (size_t s = 0; s < f.n_series; s++)
        write_block(&f, "series", is_of_series, s);
    write_plot(&f);
    free(f.points);
}
