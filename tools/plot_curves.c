/* Training curves: fields of records that have an epoch, a panel for each first word of a name. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVES_MAX = 32, RUNS_MAX = 256 };

struct curves {
    size_t n_fields, n_runs;
    char fields[CURVES_MAX][256];
    const char *runs[RUNS_MAX]; /* ids */
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
}

static void list_runs(struct plot *plot, struct curves *c)
{
    struct nax_err err;
    for (size_t i = 0; i < plot->records.n; i++) {
        const char *id = plot_string(plot, i, "id");
        size_t k = 0;
        while (k < c->n_runs && strcmp(c->runs[k], id) != 0)
            k++;
        if (k < c->n_runs)
            continue;
        if (c->n_runs == RUNS_MAX) {
            nax_err_set(&err, NAX_ERR_VALUE, "more than %d runs", RUNS_MAX);
            plot_fail(plot, i, &err);
        }
        c->runs[c->n_runs++] = id;
    }
}

struct range {
    double least, largest;
};

static void extend(struct range *range, double value)
{
    range->least = fmin(range->least, value);
    range->largest = fmax(range->largest, value);
}

/* Rows "epoch value" of a run, those that are finite; how many. */
static size_t write_block(struct plot *plot, const struct curves *c, size_t field, size_t run,
                          double scale, struct range range[2])
{
    struct nax_err err;
    double epoch, value;
    size_t n = 0;
    fprintf(plot->script, "$f%zur%zu << EOD\n", field, run);
    for (size_t i = 0; i < plot->records.n; i++) {
        const struct nax_record *r = plot->records.at[i];
        if (strcmp(plot_string(plot, i, "id"), c->runs[run]) != 0 ||
            !nax_record_has(r, c->fields[field]))
            continue;
        if (nax_record_float(r, "epoch", &epoch, &err) ||
            nax_record_float(r, c->fields[field], &value, &err))
            plot_fail(plot, i, &err);
        if (!isfinite(value)) /* diverged */
            continue;
        fprintf(plot->script, "%.9g %.9g\n", epoch, value * scale);
        extend(&range[0], epoch);
        extend(&range[1], value * scale);
        n++;
    }
    fputs("EOD\n", plot->script);
    return n;
}

/* Whether there is anything in the panel. */
static bool write_panel(struct plot *plot, const struct curves *c, size_t first)
{
    FILE *gp = plot->script;
    struct plot_axis axis = plot_axis(c->fields[first], 1);
    bool is_fraction = is_same_panel(c->fields[first], "accuracy");
    char has_rows[CURVES_MAX][RUNS_MAX] = {{0}};
    struct range range[2] = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}}; /* x, y */
    if (is_fraction)
        axis = (struct plot_axis){.scale = 100, .title = "accuracy (%)"};
    for (size_t k = first; k < c->n_fields; k++)
        for (size_t r = 0; r < c->n_runs && is_same_panel(c->fields[first], c->fields[k]); r++)
            has_rows[k][r] = write_block(plot, c, k, r, axis.scale, range) > 0;
    if (range[0].least > range[0].largest)
        return false;
    plot_axis_write(plot, "y", &axis, 0, 0);
    plot_range_write(plot, "x", range[0].least, range[0].largest);
    plot_range_write(plot, "y", range[1].least, range[1].largest);
    const char *before = "plot ";
    for (size_t k = first, dash = 1; k < c->n_fields; k++) {
        bool is_drawn = false;
        for (size_t r = 0; r < c->n_runs; r++) {
            if (!has_rows[k][r])
                continue;
            char title[512];
            snprintf(title, sizeof title, "%s%s%s", c->fields[k], c->n_runs > 1 ? " " : "",
                     c->n_runs > 1 ? c->runs[r] : "");
            fprintf(gp,
                    "%s$f%zur%zu using 1:2 with linespoints pointtype 7 pointsize 0.4 linewidth 2 "
                    "dashtype %zu linecolor '%s' title ",
                    before, k, r, c->n_runs > 1 ? dash : 1,
                    plot_colour(c->n_runs > 1 ? r : k - first));
            plot_text(plot, title);
            before = ", \\\n     ";
            is_drawn = true;
        }
        dash += is_drawn;
    }
    fputs("\n", gp);
    return true;
}

void plot_curves(struct plot *plot)
{
    struct curves c = {.n_fields = 0};
    struct nax_err err;
    size_t n_panels = 0;
    list_fields(plot, &c);
    list_runs(plot, &c);
    bool is_first[CURVES_MAX]; /* of its panel */
    for (size_t k = 0; k < c.n_fields; k++) {
        is_first[k] = true;
        for (size_t j = 0; j < k; j++)
            is_first[k] &= !is_same_panel(c.fields[j], c.fields[k]);
        n_panels += is_first[k];
    }
    if (!n_panels) {
        nax_err_set(&err, NAX_ERR_VALUE, "no field that begins with loss or accuracy");
        plot_fail(plot, 0, &err);
    }
    plot_begin(plot, 900, 40 + 330 * (int)n_panels);
    fprintf(plot->script,
            "set multiplot layout %zu,1\nset xlabel 'epoch'\nset lmargin 10\nset rmargin %d\n"
            "set key outside right top reverse Left\n",
            n_panels, c.n_runs > 1 ? 46 : 29);
    bool is_drawn = false;
    for (size_t k = 0; k < c.n_fields; k++)
        if (is_first[k])
            is_drawn |= write_panel(plot, &c, k);
    if (!is_drawn) {
        nax_err_set(&err, NAX_ERR_VALUE, "nothing to draw: no finite value of '%s'", c.fields[0]);
        tool_fail(plot->tool, &err);
    }
    fputs("unset multiplot\n", plot->script);
}
