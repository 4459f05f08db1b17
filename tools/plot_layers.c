/* Kernel, crossbar size and bits of ADCs of every searched layer, a panel for each design. */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "nax/network.h"

enum { PANELS_MAX = 12, SIZES_MAX = 32, PANEL_HEIGHT = 170 };

/* Of all designs together. */
struct layers {
    size_t n_sizes;
    int64_t sizes[SIZES_MAX]; /* of crossbars, rising */
    int64_t kernel;           /* the largest */
    bool has_bits, is_one_network;
};

static void add_size(struct plot *plot, size_t i, struct layers *all, int64_t size)
{
    struct nax_err err;
    size_t at = 0;
    while (at < all->n_sizes && all->sizes[at] < size)
        at++;
    if (at < all->n_sizes && all->sizes[at] == size)
        return;
    if (all->n_sizes == SIZES_MAX) {
        nax_err_set(&err, NAX_ERR_VALUE, "more than %d crossbar sizes", SIZES_MAX);
        plot_fail(plot, i, &err);
    }
    memmove(all->sizes + at + 1, all->sizes + at, (all->n_sizes++ - at) * sizeof *all->sizes);
    all->sizes[at] = size;
}

static struct layers look_at_all(struct plot *plot)
{
    struct layers all = {.is_one_network = true};
    struct nax_candidate c;
    struct nax_err err;
    for (size_t i = 0; i < plot->records.n; i++) {
        if (nax_candidate_read(&c, plot->records.at[i], &err))
            plot_fail(plot, i, &err);
        for (size_t s = 0; s < c.n_slots; s++) {
            all.kernel = NAX_MAX(all.kernel, c.kernel[s]);
            if (c.crossbar[s])
                add_size(plot, i, &all, c.crossbar[s]);
        }
        all.has_bits = all.has_bits || c.has_adc_bits;
        all.is_one_network = all.is_one_network && !strcmp(plot_string(plot, i, "network"),
                                                           plot_string(plot, 0, "network"));
    }
    return all;
}

/* Appends where the whole stays within a line; the length then. */
static size_t append(char *title, size_t size, size_t n, size_t line, const char *text)
{
    if (plot_letters(title) + plot_letters(text) > line || n + strlen(text) >= size)
        return n;
    memcpy(title + n, text, strlen(text) + 1);
    return n + strlen(text);
}

/* "3-7 on 16-64 #5f0c  resnet20 24-64-64, accuracy 91.2 %, …", of what the record has, widths and
 * bits, as much as a line holds; its file's name where there are several. */
static void write_title(struct plot *plot, size_t i, const struct nax_candidate *c)
{
    static const char *const fields[][2] = {{"accuracy", "accuracy"},
                                            {"accuracy_hardware_validation", "validation"},
                                            {"edap_pj_ns_mm2", "EDAP"},
                                            {"energy_pj", "energy"},
                                            {"area_mm2", "area"}};
    char title[400] = "", text[300];
    size_t line = (size_t)fmax(24, plot_page_inner(&plot->page) / (0.5 * plot->page.em)), n = 0;
    if (plot_is_same_file(plot, 0, plot->records.n - 1))
        plot_design_name(plot, i, text);
    else
        plot_file_name(plot, i, text, 64);
    n = append(title, sizeof title, n, line, text);
    snprintf(text, sizeof text, "  %.60s", c->network);
    n = append(title, sizeof title, n, line, text);
    for (size_t s = 0; s < c->n_stages; s++) {
        snprintf(text, sizeof text, "%s%lld", s ? "-" : " ", (long long)c->width[s]);
        n = append(title, sizeof title, n, line, text);
    }
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        if (c->bits[k]) {
            snprintf(text, sizeof text, ", %s of %lld bits", nax_bits_rows[k].noun,
                     (long long)c->bits[k]);
            n = append(title, sizeof title, n, line, text);
        }
    for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
        double value;
        struct nax_err err;
        if (nax_record_float(plot->records.at[i], fields[k][0], &value, &err))
            continue;
        struct plot_axis axis = plot_axis(fields[k][0], value);
        snprintf(text, sizeof text, ", %s %.4g %s", fields[k][1], value * axis.scale, axis.unit);
        n = append(title, sizeof title, n, line, text);
    }
    fputs("set title ", plot->script);
    plot_text(plot, title);
    fputs(" offset 0,-0.6 ", plot->script);
    plot_page_font(plot, 0.92);
    fputc('\n', plot->script);
}

static void write_tics(struct plot *plot, const struct nax_network_file *file, bool is_named)
{
    FILE *gp = plot->script;
    fputs("set xtics (", gp);
    for (size_t s = 0; s < nax_network_file_n_slots(file); s++) {
        fputs(s ? ", " : "", gp);
        plot_text(plot, is_named ? nax_network_file_slot_name(file, s) : "");
        fprintf(gp, " %zu", s + 1);
    }
    fputs(") rotate by 45 right scale 0 ", gp);
    plot_page_font(plot, 0.85);
    fprintf(gp, "\nset xrange [0.3:%zu.7]\n", nax_network_file_n_slots(file));
}

static void write_blocks(struct plot *plot, size_t i, const struct layers *all,
                         const struct nax_candidate *c)
{
    FILE *gp = plot->script;
    for (size_t k = 0; k <= all->n_sizes; k++) { /* the last: skipped layers */
        fprintf(gp, "$p%zus%zu << EOD\n", i, k);
        for (size_t s = 0; s < c->n_slots; s++)
            if (c->crossbar[s] == (k < all->n_sizes ? all->sizes[k] : 0))
                fprintf(gp, "%zu %lld\n", s + 1, (long long)c->kernel[s]);
        fputs("EOD\n", gp);
    }
    fprintf(gp, "$p%zua << EOD\n", i); /* bits of ADCs, of those that say them */
    for (size_t s = 0; c->has_adc_bits && s < c->n_slots; s++)
        if (c->adc_bits[s])
            fprintf(gp, "%zu %lld %lld\n", s + 1, (long long)c->kernel[s],
                    (long long)c->adc_bits[s]);
    fputs("EOD\n", gp);
}

static bool has_size(const struct nax_candidate *c, int64_t size)
{
    for (size_t s = 0; s < c->n_slots; s++)
        if (c->crossbar[s] == size)
            return true;
    return false;
}

static void write_plot(struct plot *plot, size_t i, const struct layers *all,
                       const struct nax_candidate *c)
{
    FILE *gp = plot->script;
    double bar = plot_page_inner(&plot->page) / plot->page.em / (double)(c->n_slots + 1); /* em */
    double digits = fmin(0.75, bar / 1.95); /* of three digits above it */
    fputs("plot ", gp);
    for (size_t k = 0; k < all->n_sizes; k++) {
        const char *colour = plot_colour(k);
        if (!i)
            fprintf(gp, "keyentry with boxes linecolor '%s' title 'crossbar %lld', \\\n     ",
                    colour, (long long)all->sizes[k]);
        if (!has_size(c, all->sizes[k]))
            continue;
        fprintf(gp,
                "$p%zus%zu using 1:2 with boxes linecolor '%s' notitle, \\\n     "
                "'' using 1:2:('%lld') with labels offset 0,0.6 ",
                i, k, colour, (long long)all->sizes[k]);
        plot_page_font(plot, digits);
        fputs(" notitle, \\\n     ", gp);
    }
    if (c->has_adc_bits) {
        fprintf(gp,
                "$p%zua using 1:2:(sprintf('%%d b', $3)) with labels offset 0,1.5 "
                "textcolor '#666666' ",
                i);
        plot_page_font(plot, 0.9 * digits);
        fputs(" notitle, \\\n     ", gp);
    }
    if (has_size(c, 0))
        fprintf(gp, "$p%zus%zu using 1:(0.6):('×') with labels textcolor '#666666' notitle", i,
                all->n_sizes);
    fputs("\n", gp);
}

static void write_panel(struct plot *plot, size_t i, const struct layers *all)
{
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
    write_blocks(plot, i, all, &c);
    write_title(plot, i, &c);
    write_tics(plot, file, !all->is_one_network || i + 1 == plot->records.n);
    write_plot(plot, i, all, &c);
    fputs("unset key\nunset label 1\n", plot->script);
    nax_network_file_free(file);
}

void plot_layers(struct plot *plot)
{
    struct nax_err err;
    const size_t n = plot->records.n;
    const struct layers all = look_at_all(plot);
    if (n > PANELS_MAX) {
        nax_err_set(&err, NAX_ERR_VALUE, "more than %d designs to draw: %zu", PANELS_MAX, n);
        tool_fail(plot->tool, &err);
    }
    plot_page_begin(plot, 940, (double)n * PANEL_HEIGHT + 90, false, 3.8, 1);
    fprintf(plot->script,
            "set style fill solid 0.9 noborder\nset boxwidth 0.75\nset yrange [0:%g]\n"
            "set ytics 1,2,%lld\nset grid ytics noxtics\nset ylabel 'kernel (px)' offset 1.2,0\n",
            1.05 * (double)all.kernel + (all.has_bits ? 2.8 : 1.6), (long long)all.kernel);
    plot_page_key(plot, all.n_sizes, strlen("crossbar 128"));
    plot->page.top += 1.4 * plot->page.em; /* the first title */
    plot_page_panels(plot, n, 3.2, all.is_one_network ? 2.3 : 4.6);
    for (size_t i = 0; i < n; i++)
        write_panel(plot, i, &all);
    fputs("unset multiplot\n", plot->script);
}
