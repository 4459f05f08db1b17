/* Training curves: fields of records that have an epoch, a panel for each first word of a name. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVES_MAX = 32, RUNS_MAX = 256, NAMED_MAX = 12 };

struct range {
    double least, largest;
};

struct curves {
    size_t n_fields, n_runs, n_panels;
    char fields[CURVES_MAX][256];
    size_t panel[CURVES_MAX]; /* of each field */
    size_t runs[RUNS_MAX];    /* a record of each file and id */
    bool has_rows[CURVES_MAX][RUNS_MAX];
    struct range epochs, values[CURVES_MAX]; /* of all panels, of each */
};

static size_t word_length(const char *field)
{
    return strcspn(field, "_");
}

static bool is_same_panel(const char *a, const char *b)
{
    return word_length(a) == word_length(b) && !memcmp(a, b, word_length(a));
}

static void add_field(struct plot *plot, struct curves *c, const char *name, size_t n)
{
    for (size_t k = 0; k < c->n_fields; k++)
        if (strlen(c->fields[k]) == n && !memcmp(c->fields[k], name, n))
            return;
    if (c->n_fields == CURVES_MAX || !n || n >= sizeof *c->fields)
        tool_misuse(plot->tool, "not 1 to %d names of fields: '%s'", CURVES_MAX, name);
    memcpy(c->fields[c->n_fields], name, n);
    c->fields[c->n_fields++][n] = 0;
}

static void list_fields(struct plot *plot, struct curves *c)
{
    for (size_t i = 0; i < plot->records.n; i++) {
        const struct nax_record *chosen = fields_choose(plot->tool, plot->records.at[i]);
        for (size_t k = 0; chosen && k < nax_record_n(chosen); k++) {
            const char *name = nax_record_name(chosen, k);
            if (plot->tool->fields || is_same_panel(name, "loss") ||
                is_same_panel(name, "accuracy"))
                add_field(plot, c, name, strlen(name));
        }
    }
    fields_check(plot->tool); /* before anything is replaced */
}

static bool is_of_run(const struct plot *plot, const struct curves *c, size_t run, size_t i)
{
    return plot_is_same_file(plot, c->runs[run], i) &&
           !strcmp(plot_string(plot, c->runs[run], "id"), plot_string(plot, i, "id"));
}

static void list_runs(struct plot *plot, struct curves *c)
{
    struct nax_err err;
    for (size_t i = 0; i < plot->records.n; i++) {
        size_t k = 0;
        while (k < c->n_runs && !is_of_run(plot, c, k, i))
            k++;
        if (k < c->n_runs)
            continue;
        if (c->n_runs == RUNS_MAX) {
            nax_err_set(&err, NAX_ERR_VALUE, "more than %d runs", RUNS_MAX);
            plot_fail(plot, i, &err);
        }
        c->runs[c->n_runs++] = i;
    }
}

static void extend(struct range *range, double value)
{
    range->least = fmin(range->least, value);
    range->largest = fmax(range->largest, value);
}

static double scale_of(const char *field)
{
    return is_same_panel(field, "accuracy") ? 100 : plot_axis(field, 1).scale;
}

/* Rows "epoch value" of a run, those that are finite. */
static void write_block(struct plot *plot, struct curves *c, size_t field, size_t run)
{
    struct nax_err err;
    double epoch, value;
    fprintf(plot->script, "$f%zur%zu << EOD\n", field, run);
    for (size_t i = 0; i < plot->records.n; i++) {
        const struct nax_record *r = plot->records.at[i];
        if (!is_of_run(plot, c, run, i) || !nax_record_has(r, c->fields[field]))
            continue;
        if (nax_record_float(r, "epoch", &epoch, &err) ||
            nax_record_float(r, c->fields[field], &value, &err))
            plot_fail(plot, i, &err);
        if (!isfinite(value)) /* diverged */
            continue;
        value *= scale_of(c->fields[field]);
        fprintf(plot->script, "%.9g %.9g\n", epoch, value);
        extend(&c->epochs, epoch);
        extend(&c->values[c->panel[field]], value);
        c->has_rows[field][run] = true;
    }
    fputs("EOD\n", plot->script);
}

/* What a line shows besides its panel: "validation" of accuracy_validation. */
static const char *kind_of(const char *field)
{
    return field[word_length(field)] ? field + word_length(field) + 1 : field;
}

static bool is_drawn(const struct curves *c, size_t field)
{
    return memchr(c->has_rows[field], 1, c->n_runs) != NULL;
}

/* Fields of one kind have one dash, in all panels. */
static size_t dash_of(const struct curves *c, size_t field)
{
    size_t dash = 1;
    for (size_t k = 0; k < c->n_fields; k++) {
        bool is_first = is_drawn(c, k);
        for (size_t j = 0; j < k; j++)
            is_first &=
                !is_drawn(c, j) || strcmp(kind_of(c->fields[j]), kind_of(c->fields[k])) != 0;
        if (!strcmp(kind_of(c->fields[k]), kind_of(c->fields[field])))
            return dash;
        dash += is_first;
    }
    return dash;
}

static void run_name(const struct plot *plot, const struct curves *c, size_t run,
                     char name[NAX_CANDIDATE_NAME_SIZE])
{
    bool is_alone = true; /* in its file, which then has a better name */
    for (size_t r = 0; r < c->n_runs; r++)
        is_alone &= r == run || !plot_is_same_file(plot, c->runs[run], c->runs[r]);
    if (is_alone && c->n_runs > 1)
        plot_file_name(plot, c->runs[run], name, NAX_CANDIDATE_NAME_SIZE);
    else
        plot_design_name(plot, c->runs[run], name);
}

/* One legend for all panels: what colours are, of several runs, and what dashes are. */
struct legend {
    size_t n, longest;
    FILE *lines; /* or NULL, to count */
};

static void entry(const struct plot *plot, struct legend *legend, const char *text, size_t dash,
                  const char *colour)
{
    legend->n++;
    legend->longest = NAX_MAX(legend->longest, plot_letters(text));
    if (!legend->lines)
        return;
    fprintf(legend->lines, "keyentry with lines linewidth 2 dashtype %zu linecolor '%s' title ",
            dash, colour);
    plot_text(plot, text);
    fputs(", \\\n     ", legend->lines);
}

static void write_legend(const struct plot *plot, const struct curves *c, struct legend *legend)
{
    char name[NAX_CANDIDATE_NAME_SIZE];
    for (size_t r = 0; r < NAX_MIN(c->n_runs, (size_t)NAMED_MAX) && c->n_runs > 1; r++) {
        run_name(plot, c, r, name);
        entry(plot, legend, name, 1, plot_colour(r));
    }
    if (c->n_runs > NAMED_MAX) {
        snprintf(name, sizeof name, "and %zu more", c->n_runs - NAMED_MAX);
        entry(plot, legend, name, 1, "#ffffff");
    }
    size_t n_dashes = 0, n_kinds = 0;
    for (size_t k = 0; k < c->n_fields; k++)
        n_kinds = NAX_MAX(n_kinds, is_drawn(c, k) ? dash_of(c, k) : 0);
    for (size_t k = 0; k < c->n_fields && (n_kinds > 1 || c->n_runs == 1); k++) {
        if (!is_drawn(c, k) || dash_of(c, k) <= n_dashes)
            continue;
        n_dashes = dash_of(c, k);
        snprintf(name, sizeof name, "%.60s", kind_of(c->fields[k]));
        for (char *s = name; *s; s++)
            *s = *s == '_' ? ' ' : *s;
        entry(plot, legend, name, c->n_runs > 1 ? n_dashes : 1,
              c->n_runs > 1 ? PLOT_GREY : plot_colour(n_dashes - 1));
    }
}

static void write_panel(struct plot *plot, const struct curves *c, size_t panel, double height,
                        bool is_last)
{
    FILE *gp = plot->script;
    size_t first = 0;
    while (c->panel[first] != panel)
        first++;
    struct plot_axis axis = plot_axis(c->fields[first], 1);
    axis.scale = scale_of(c->fields[first]);
    snprintf(axis.title, sizeof axis.title, "%.*s%s%s%s", (int)word_length(c->fields[first]),
             c->fields[first], *axis.unit ? " (" : "", axis.unit, *axis.unit ? ")" : "");
    memcpy(axis.brief, axis.title, sizeof axis.brief);
    plot_axis_fit(plot, &axis, c->values[panel].least, c->values[panel].largest, plot->y_range);
    fputs("unset logscale y\nset ytics autofreq\n", gp);
    plot_axis_write(plot, "y", &axis, height);
    if (is_last)
        fprintf(gp, "set label 2 'epoch' at graph 0.5, screen %.6g center\n",
                0.9 * plot->page.em / plot->page.height);
    fprintf(gp, "set format x '%s'\nplot ", is_last ? "%g" : "");
    if (!panel)
        write_legend(plot, c, &(struct legend){.lines = gp});
    for (size_t k = first; k < c->n_fields; k++)
        for (size_t r = 0; r < c->n_runs; r++) {
            size_t dash = dash_of(c, k);
            if (c->panel[k] != panel || !c->has_rows[k][r])
                continue;
            fprintf(gp,
                    "$f%zur%zu using 1:2 with linespoints pointtype 7 pointsize %.3g linewidth 1.8 "
                    "dashtype %zu linecolor '%s' notitle, \\\n     ",
                    k, r, 0.3 * plot->page.em / 13, c->n_runs > 1 ? dash : 1,
                    plot_colour(c->n_runs > 1 ? r : dash - 1));
        }
    fputs("\nunset key\nunset label 1\n", gp);
}

/* A panel for each first word, in their order. */
static void list_panels(struct curves *c)
{
    for (size_t k = 0; k < c->n_fields; k++) {
        size_t j = 0;
        while (!is_same_panel(c->fields[j], c->fields[k]))
            j++;
        c->panel[k] = j < k ? c->panel[j] : c->n_panels++;
    }
    for (size_t p = 0; p < c->n_panels; p++)
        c->values[p] = (struct range){INFINITY, -INFINITY};
}

static void write_epochs(struct plot *plot, const struct curves *c)
{
    struct plot_axis axis = {.scale = 1, .is_linear = true};
    plot_axis_fit(plot, &axis, c->epochs.least, c->epochs.largest, plot->x_range);
    fprintf(plot->script, "set xrange [%.9g:%.9g]\n", axis.low, axis.high);
    plot_axis_whole(plot, &axis, (size_t)fmax(2, plot_page_inner(&plot->page) / plot->page.em / 4));
}

void plot_curves(struct plot *plot)
{
    static struct curves c = {.epochs = {INFINITY, -INFINITY}};
    struct legend legend = {.n = 0};
    struct nax_err err;
    list_fields(plot, &c);
    list_runs(plot, &c);
    list_panels(&c);
    if (!c.n_panels) {
        nax_err_set(&err, NAX_ERR_VALUE, "no field that begins with loss or accuracy");
        plot_fail(plot, 0, &err);
    }
    if (c.n_panels > 1 && plot->look.y_range)
        tool_misuse(plot->tool, "--y-range is of one panel, and --fields chooses it: '%s'",
                    plot->look.y_range);
    plot_page_begin(plot, 900, 60 + 260 * (double)c.n_panels, false, 5.2, 1.2);
    for (size_t k = 0; k < c.n_fields; k++)
        for (size_t r = 0; r < c.n_runs; r++)
            write_block(plot, &c, k, r);
    size_t n_drawn = 0;
    for (size_t p = 0; p < c.n_panels; p++)
        n_drawn += c.values[p].least <= c.values[p].largest;
    if (!n_drawn) {
        nax_err_set(&err, NAX_ERR_VALUE, "nothing to draw: no finite value of '%s'", c.fields[0]);
        tool_fail(plot->tool, &err);
    }
    write_legend(plot, &c, &legend);
    plot_page_key(plot, legend.n, legend.longest);
    plot_page_panels(plot, n_drawn, 3.4, 1);
    write_epochs(plot, &c);
    double height =
        (plot->page.height - plot->page.top - (n_drawn + 2.4) * plot->page.em) / n_drawn;
    for (size_t p = 0; p < c.n_panels; p++)
        if (c.values[p].least <= c.values[p].largest)
            write_panel(plot, &c, p, height, !--n_drawn);
    fputs("unset multiplot\n", plot->script);
}
