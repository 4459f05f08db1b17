/* What the parts of the machine cost: energy and area by component, of each layer or each design.
 */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BARS_MAX = 1025, PARTS_MAX = 256, N_SHOWN = PLOT_COLOURS - 1, N_COSTS = 2 };
static const char *const costs[N_COSTS] = {"energy_pj", "area_mm2"};
static const char others[] = "others";

struct names {
    size_t n;
    const char **at;
};

struct breakdown {
    struct names bars, parts;
    bool is_by_design;
    double *value;                  /* [N_COSTS][BARS_MAX][PARTS_MAX] */
    size_t shown[N_SHOWN], n_shown; /* parts with the largest shares */
};

static double *value_of(const struct breakdown *b, size_t cost, size_t bar, size_t part)
{
    return &b->value[(cost * BARS_MAX + bar) * PARTS_MAX + part];
}

static size_t name_index(struct plot *plot, size_t i, struct names *names, const char *name,
                         size_t max)
{
    struct nax_err err;
    size_t k = 0;
    while (k < names->n && strcmp(names->at[k], name) != 0)
        k++;
    if (k < names->n)
        return k;
    if (k == max) {
        nax_err_set(&err, NAX_ERR_VALUE, "more than %zu bars or components: '%s'", max, name);
        plot_fail(plot, i, &err);
    }
    names->at[names->n++] = name;
    return k;
}

/* Costs of one machine alone are added up. */
static void check_machines(struct plot *plot)
{
    struct nax_err err;
    for (size_t i = 1; i < plot->records.n; i++)
        if (strcmp(plot_string(plot, i, "hardware"), plot_string(plot, 0, "hardware")) != 0) {
            nax_err_set(&err, NAX_ERR_VALUE, "costs of several machines: 'hardware %s'",
                        plot_string(plot, i, "hardware"));
            tool_hint(&err, "draw those of one, by nax-view --where 'hardware = %s'",
                      plot_string(plot, 0, "hardware"));
            plot_fail(plot, i, &err);
        }
}

/* One design: a bar each layer; several: a bar each design. */
static const char *bar_field(const struct plot *plot)
{
    for (size_t i = 1; i < plot->records.n; i++)
        if (strcmp(plot_string(plot, i, "id"), plot_string(plot, 0, "id")) != 0)
            return "id";
    return "layer";
}

static void read_breakdown(struct plot *plot, struct breakdown *b)
{
    const char *field = bar_field(plot), *bar, *part;
    struct nax_err err;
    double value;
    check_machines(plot);
    b->is_by_design = !strcmp(field, "id");
    for (size_t i = 0; i < plot->records.n; i++) {
        const struct nax_record *r = plot->records.at[i];
        if (nax_record_string(r, "component", &part, &err)) {
            tool_hint(&err, "costs are drawn of what nax-cost --breakdown writes");
            plot_fail(plot, i, &err);
        }
        if (nax_record_string(r, field, &bar, &err))
            plot_fail(plot, i, &err);
        size_t x = name_index(plot, i, &b->bars, bar, BARS_MAX);
        size_t k = name_index(plot, i, &b->parts, part, PARTS_MAX);
        for (size_t c = 0; c < N_COSTS; c++) {
            if (nax_record_float(r, costs[c], &value, &err))
                plot_fail(plot, i, &err);
            *value_of(b, c, x, k) += value;
        }
    }
}

/* The components with the largest shares of energy and area together. */
static void choose_parts(struct breakdown *b)
{
    double share[PARTS_MAX] = {0};
    for (size_t c = 0; c < N_COSTS; c++) {
        double sum[PARTS_MAX] = {0}, total = 0;
        for (size_t k = 0; k < b->parts.n; k++) {
            for (size_t x = 0; x < b->bars.n; x++)
                sum[k] += *value_of(b, c, x, k);
            total += sum[k];
        }
        for (size_t k = 0; k < b->parts.n && total > 0; k++)
            share[k] += sum[k] / total;
    }
    for (b->n_shown = 0; b->n_shown < NAX_MIN((size_t)N_SHOWN, b->parts.n); b->n_shown++) {
        size_t best = 0;
        for (size_t k = 1; k < b->parts.n; k++)
            if (share[k] > share[best])
                best = k;
        share[best] = -1;
        b->shown[b->n_shown] = best;
    }
}

static void write_panel(struct plot *plot, const struct breakdown *b, size_t cost)
{
    FILE *gp = plot->script;
    char title[64];
    double largest = 0;
    for (size_t x = 0; x < b->bars.n; x++) {
        double sum = 0;
        for (size_t k = 0; k < b->parts.n; k++)
            sum += *value_of(b, cost, x, k);
        largest = NAX_MAX(largest, sum);
    }
    struct plot_axis axis = plot_axis(costs[cost], largest);
    fprintf(gp, "$cost%zu << EOD\n", cost);
    for (size_t x = 0; x < b->bars.n; x++) {
        double rest = 0;
        for (size_t k = 0; k < b->parts.n; k++)
            rest += *value_of(b, cost, x, k) * axis.scale;
        for (size_t s = 0; s < b->n_shown; s++) {
            double value = *value_of(b, cost, x, b->shown[s]) * axis.scale;
            rest -= value;
            fprintf(gp, "%.9g ", value);
        }
        fprintf(gp, "%.9g\n", NAX_MAX(rest, 0));
    }
    axis.high = largest > 0 ? 1.05 * largest * axis.scale : 1;
    fputs("EOD\n", gp);
    plot_axis_write(plot, "y", &axis, plot->page.height / 2.5);
    fputs("plot ", gp);
    for (size_t s = 0; s < b->n_shown; s++) {
        fprintf(gp, "$cost%zu using %zu linecolor '%s' title ", cost, s + 1, plot_colour(s));
        snprintf(title, sizeof title, "%.60s", b->parts.at[b->shown[s]]);
        for (char *t = title; *t; t++)
            *t = *t == '_' ? ' ' : *t;
        plot_text(plot, title);
        fputs(", \\\n     ", gp);
    }
    fprintf(gp, "$cost%zu using %zu linecolor '" PLOT_GREY "' title '%s'\n", cost, b->n_shown + 1,
            others);
    fputs("unset key\nunset label 1\n", gp);
}

/* The design of these records, by what they say of its layers; one that is left out has none. */
static void design_name(const struct plot *plot, const char *id, char name[NAX_CANDIDATE_NAME_SIZE])
{
    static struct nax_candidate c;
    const char *before = "";
    struct nax_err err;
    c.n_slots = 0;
    snprintf(c.id, sizeof c.id, "%.16s", id);
    for (size_t i = 0; i < plot->records.n && c.n_slots < NAX_SLOTS_MAX; i++) {
        const struct nax_record *r = plot->records.at[i];
        const char *layer = plot_string(plot, i, "layer");
        if (strcmp(plot_string(plot, i, "id"), id) != 0 || !strcmp(layer, before) ||
            strcmp(plot_string(plot, i, "role"), "body") != 0)
            continue;
        before = layer;
        if (!nax_record_int(r, "kernel_size", &c.kernel[c.n_slots], &err) &&
            !nax_record_int(r, "array_size", &c.crossbar[c.n_slots], &err))
            c.n_slots++;
    }
    if (c.n_slots)
        nax_candidate_name(&c, name);
    else
        snprintf(name, NAX_CANDIDATE_NAME_SIZE, "%.60s", *id ? id : "(none)");
}

static void bar_name(const struct plot *plot, const struct breakdown *b, size_t bar,
                     char name[NAX_CANDIDATE_NAME_SIZE])
{
    if (b->is_by_design)
        design_name(plot, b->bars.at[bar], name);
    else
        snprintf(name, NAX_CANDIDATE_NAME_SIZE, "%.60s",
                 *b->bars.at[bar] ? b->bars.at[bar] : "(none)");
}

/* Names below the lowest panel, as many as fit. */
static void write_tics(struct plot *plot, const struct breakdown *b, bool has_names)
{
    FILE *gp = plot->script;
    char name[NAX_CANDIDATE_NAME_SIZE];
    double most = plot_page_inner(&plot->page) / (1.15 * plot->page.em);
    size_t step = (size_t)fmax(1, ceil((double)b->bars.n / most));
    fputs("set xtics (", gp);
    for (size_t x = 0; x < b->bars.n; x += step) {
        bar_name(plot, b, x, name);
        fputs(x ? ", " : "", gp);
        plot_text(plot, has_names ? name : "");
        fprintf(gp, " %zu", x);
    }
    fputs(") rotate by 45 right scale 0 ", gp);
    plot_page_font(plot, 0.85);
    fputc('\n', gp);
}

static void write_page(struct plot *plot, const struct breakdown *b)
{
    size_t longest_part = strlen(others), longest_bar = 0;
    char name[NAX_CANDIDATE_NAME_SIZE];
    for (size_t s = 0; s < b->n_shown; s++)
        longest_part = NAX_MAX(longest_part, plot_letters(b->parts.at[b->shown[s]]));
    for (size_t x = 0; x < b->bars.n; x++) {
        bar_name(plot, b, x, name);
        longest_bar = NAX_MAX(longest_bar, plot_letters(name));
    }
    double below = 1.4 + 0.36 * (double)NAX_MIN(longest_bar, (size_t)40);
    plot_page_begin(plot, NAX_MAX(760, NAX_MIN(300 + 24 * (double)b->bars.n, 4000)), 700, false,
                    NAX_MAX(5, b->is_by_design ? below : 5), 1.2);
    plot_page_key(plot, b->n_shown + 1, longest_part);
    plot_page_panels(plot, N_COSTS, below, 1);
    fputs("set style data histograms\nset style histogram rowstacked\n"
          "set style fill solid 0.9 border linecolor '#ffffff'\nset boxwidth 0.8\n"
          "set grid ytics noxtics\n",
          plot->script);
    fprintf(plot->script, "set xrange [-0.7:%zu.7]\n", b->bars.n - 1);
}

void plot_costs(struct plot *plot)
{
    struct breakdown b = {.n_shown = 0};
    struct nax_err err;
    b.value = nax_calloc((size_t)N_COSTS * BARS_MAX * PARTS_MAX, sizeof *b.value);
    b.bars.at = nax_calloc(BARS_MAX, sizeof *b.bars.at);
    b.parts.at = nax_calloc(PARTS_MAX, sizeof *b.parts.at);
    if (!b.value || !b.bars.at || !b.parts.at) {
        nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'breakdown'");
        tool_fail(plot->tool, &err);
    }
    read_breakdown(plot, &b);
    choose_parts(&b);
    write_page(plot, &b);
    for (size_t c = 0; c < N_COSTS; c++) {
        write_tics(plot, &b, c + 1 == N_COSTS);
        write_panel(plot, &b, c);
    }
    fputs("unset multiplot\n", plot->script);
    free(b.value);
    free(b.bars.at);
    free(b.parts.at);
}
