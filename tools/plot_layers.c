/* Kernel, crossbar size and bits of ADCs of every searched layer, a panel for each design. */
#include "plot.h"

#include <string.h>

#include "nax/network.h"
#include "nax/search.h"

enum { PANELS_MAX = 12, SIZES_MAX = 32, PANEL_HEIGHT = 215 };

/* The crossbar sizes of all designs, rising. */
static size_t list_sizes(struct plot *plot, int64_t sizes[SIZES_MAX])
{
    struct nax_candidate c;
    struct nax_err err;
    size_t n = 0;
    for (size_t i = 0; i < plot->records.n; i++) {
        if (nax_candidate_read(&c, plot->records.at[i], &err))
            plot_fail(plot, i, &err);
        for (size_t s = 0; s < c.n_slots; s++) {
            size_t at = 0;
            while (at < n && sizes[at] < c.crossbar[s])
                at++;
            if (!c.crossbar[s] || (at < n && sizes[at] == c.crossbar[s]))
                continue;
            if (n == SIZES_MAX) {
                nax_err_set(&err, NAX_ERR_VALUE, "more than %d crossbar sizes", SIZES_MAX);
                plot_fail(plot, i, &err);
            }
            memmove(sizes + at + 1, sizes + at, (n++ - at) * sizeof *sizes);
            sizes[at] = c.crossbar[s];
        }
    }
    return n;
}

/* "5f0c…  resnet20 24-64-64, accuracy 91.2 %, …", of what the record has, and widths; its file's
 * name where there are several. */
static void write_title(struct plot *plot, size_t i, const struct nax_candidate *c)
{
    static const char *const fields[] = {"accuracy", "energy_pj", "area_mm2", "edap_pj_ns_mm2"};
    static const char *const names[] = {"accuracy", "energy", "area", "EDAP"};
    char title[400], name[64];
    bool has_file = !plot_is_same_file(plot, 0, plot->records.n - 1);
    plot_file_name(plot, i, name, sizeof name);
    int n = snprintf(title, sizeof title, "%s  %.60s", has_file ? name : c->id, c->network);
    for (size_t s = 0; s < c->n_stages && n < 200; s++)
        n += snprintf(title + n, sizeof title - (size_t)n, "%s%lld", s ? "-" : " ",
                      (long long)c->width[s]);
    if (n >= 200)
        n += snprintf(title + n, sizeof title - (size_t)n, "…");
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
        double value;
        struct nax_err err;
        if (nax_record_float(plot->records.at[i], fields[k], &value, &err))
            continue;
        struct plot_axis axis = plot_axis(fields[k], value);
        const char *unit = strrchr(axis.title, '(');
        n += snprintf(title + n, sizeof title - (size_t)n, ", %s %.4g %.*s", names[k],
                      value * axis.scale, unit ? (int)strcspn(unit + 1, ")") : 0, unit + 1);
    }
    fputs("set title ", plot->script);
    plot_text(plot, title);
    fputs(" offset 0,-0.5 font ',11'\n", plot->script);
}

static void write_panel(struct plot *plot, size_t i, const int64_t *sizes, size_t n_sizes)
{
    FILE *gp = plot->script;
    struct nax_candidate c;
    struct nax_network_file *file;
    struct nax_err err;
    if (nax_candidate_read(&c, plot->records.at[i], &err) ||
        nax_network_file_load(&file, c.network, &err))
        plot_fail(plot, i, &err);
    if (nax_network_file_n_slots(file) != c.n_slots) {
        nax_err_set(&err, NAX_ERR_VALUE, "field 'kernel': %zu values for %zu layers of '%s'",
                    c.n_slots, nax_network_file_n_slots(file), c.network);
        plot_fail(plot, i, &err);
    }
    size_t n_of[SIZES_MAX + 1] = {0};
    for (size_t k = 0; k <= n_sizes; k++) { /* the last: skipped layers */
        fprintf(gp, "$p%zus%zu << EOD\n", i, k);
        for (size_t s = 0; s < c.n_slots; s++)
            if (c.crossbar[s] == (k < n_sizes ? sizes[k] : 0)) {
                fprintf(gp, "%zu %lld\n", s + 1, (long long)c.kernel[s]);
                n_of[k]++;
            }
        fputs("EOD\n", gp);
    }
    fprintf(gp, "$p%zua << EOD\n", i); /* bits of ADCs, of those that say them */
    for (size_t s = 0; c.has_adc_bits && s < c.n_slots; s++)
        if (c.adc_bits[s])
            fprintf(gp, "%zu %lld %lld\n", s + 1, (long long)c.kernel[s], (long long)c.adc_bits[s]);
    fputs("EOD\n", gp);
    write_title(plot, i, &c);
    fputs("set xtics (", gp);
    for (size_t s = 0; s < c.n_slots; s++) {
        fputs(s ? ", " : "", gp);
        plot_text(plot, nax_network_file_slot_name(file, s));
        fprintf(gp, " %zu", s + 1);
    }
    fprintf(gp, ") rotate by 45 right\nset xrange [0.3:%zu.7]\nplot ", c.n_slots);
    for (size_t k = 0; k < n_sizes; k++) {
        const char *colour = plot_colour(k);
        fprintf(gp, "keyentry with boxes linecolor '%s' title '%lld', \\\n     ", colour,
                (long long)sizes[k]);
        if (n_of[k])
            fprintf(gp,
                    "$p%zus%zu using 1:2 with boxes linecolor '%s' notitle, \\\n     "
                    "'' using 1:2:('%lld') with labels offset 0,0.6 font ',10' notitle, \\\n     ",
                    i, k, colour, (long long)sizes[k]);
    }
    if (c.has_adc_bits)
        fprintf(gp,
                "$p%zua using 1:2:(sprintf('%%d b', $3)) with labels offset 0,1.5 font ',9' "
                "textcolor '#666666' notitle, \\\n     ",
                i);
    if (n_of[n_sizes])
        fprintf(gp, "$p%zus%zu using 1:(0.5):('×') with labels textcolor '#666666' notitle", i,
                n_sizes);
    fputs("\n", gp);
    nax_network_file_free(file);
}

void plot_layers(struct plot *plot)
{
    int64_t sizes[SIZES_MAX];
    struct nax_err err;
    FILE *gp = plot->script;
    const size_t n = plot->records.n, n_sizes = list_sizes(plot, sizes);
    if (n > PANELS_MAX) {
        nax_err_set(&err, NAX_ERR_VALUE, "more than %d designs to draw: %zu", PANELS_MAX, n);
        tool_fail(plot->tool, &err);
    }
    plot_begin(plot, 940, (int)n * PANEL_HEIGHT + 60);
    fprintf(gp,
            "set multiplot layout %zu,1\nset style fill solid 0.9 noborder\nset boxwidth 0.75\n"
            "set yrange [0:*]\nset offsets 0, 0, 1.5, 0\nset ytics 1,2\nset grid ytics noxtics\n"
            "set ylabel 'kernel (px)'\nset lmargin 8\nset rmargin 14\n"
            "set key outside right top title 'crossbar (cells)' font ',11'\n",
            n);
    for (size_t i = 0; i < n; i++)
        write_panel(plot, i, sizes, n_sizes);
    fputs("unset multiplot\n", gp);
}
