/* A policy as a heat map: layers by choices. */
#include "plot.h"

#include "nax/network.h"

struct table {
    const int64_t *kernels, *crossbars;
    const double *p; /* [n_layers][n_choices] */
    size_t n_kernels, n_crossbars, n_layers, n_choices;
};

static void read_table(struct plot *plot, size_t i, struct nax_network_file **file, struct table *t)
{
    const struct nax_record *r = plot->records.at[i];
    const char *network;
    struct nax_err err;
    size_t n;
    if (nax_record_string(r, "network", &network, &err) ||
        nax_record_ints(r, "kernels", &t->kernels, &t->n_kernels, &err) ||
        nax_record_ints(r, "crossbars", &t->crossbars, &t->n_crossbars, &err) ||
        nax_record_floats(r, "policy", &t->p, &n, &err) ||
        nax_network_file_load(file, network, &err))
        plot_fail(plot, i, &err);
    t->n_layers = nax_network_file_n_slots(*file);
    t->n_choices = t->n_kernels * t->n_crossbars + 1;
    if (n != t->n_layers * t->n_choices) {
        nax_err_set(&err, NAX_ERR_VALUE, "field 'policy': %zu values for %zu layers of %zu choices",
                    n, t->n_layers, t->n_choices);
        plot_fail(plot, i, &err);
    }
}

static void write_tics(struct plot *plot, const struct nax_network_file *file,
                       const struct table *t)
{
    FILE *gp = plot->script;
    char name[NAX_LAYER_NAME_SIZE + 16];
    fputs("set xtics (", gp);
    for (size_t k = 0; k + 1 < t->n_choices; k++)
        fprintf(gp, "'%lld×%lld on %lld' %zu, ", (long long)t->kernels[k / t->n_crossbars],
                (long long)t->kernels[k / t->n_crossbars],
                (long long)t->crossbars[k % t->n_crossbars], k);
    fprintf(gp, "'skip' %zu) rotate by 45 right ", t->n_choices - 1);
    plot_page_font(plot, 0.85);
    fputs("\nset ytics (", gp);
    for (size_t l = 0; l < t->n_layers; l++) {
        fputs(l ? ", " : "", gp);
        snprintf(name, sizeof name, "%s%s", nax_network_file_slot_name(file, l),
                 nax_network_file_is_kernel_own(file, l) ? ", own kernel" : "");
        plot_text(plot, name);
        fprintf(gp, " %zu", l);
    }
    fputs(") ", gp);
    plot_page_font(plot, 0.85);
    fputc('\n', gp);
}

void plot_policy(struct plot *plot)
{
    struct nax_network_file *file = NULL;
    struct nax_err err;
    struct table t;
    FILE *gp = plot->script;
    if (plot->records.n > 1) {
        nax_err_set(&err, NAX_ERR_VALUE, "more than one policy");
        plot_fail(plot, 1, &err);
    }
    read_table(plot, 0, &file, &t);
    plot_page_begin(plot, 260 + 40 * (double)t.n_choices, 130 + 24 * (double)t.n_layers, false, 5,
                    7.5);
    plot_page_panel(plot, 5.4);
    fputs("$policy << EOD\n", gp);
    for (size_t l = 0; l < t.n_layers; l++)
        for (size_t k = 0; k < t.n_choices; k++)
            fprintf(gp, "%zu %zu %.6g\n", k, l, 100 * t.p[l * t.n_choices + k]);
    fputs("EOD\n", gp);
    write_tics(plot, file, &t);
    fprintf(gp,
            "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\nunset grid\nunset key\n"
            "set tics scale 0\nset cbrange [0:100]\n"
            "set label 2 'probability (%%)' at screen %.6g, graph 0.5 center rotate by 90\n"
            "set palette defined (0 '#ffffff', 0.3 '#9ecae1', 1 '#08306b')\n",
            t.n_choices - 1, t.n_layers - 1, 1 - plot->page.em / plot->page.width);
    for (size_t k = t.n_crossbars; k < t.n_choices; k += t.n_crossbars) /* kernels apart */
        fprintf(gp,
                "set arrow from %zu.5, graph 0 to %zu.5, graph 1 nohead front "
                "linecolor '#aaaaaa'\n",
                k - 1, k - 1);
    static const char *const ranges[][2] = {{"$3 >= 0.5 && $3 < 50", "#000000"},
                                            {"$3 >= 50", "#ffffff"}};
    fputs("plot $policy using 1:2:3 with image pixels", gp);
    for (size_t i = 0; i < 2; i++) {
        fprintf(gp,
                ", \\\n     '' using (%s ? $1 : NaN):2:(sprintf('%%.0f', $3)) with labels "
                "textcolor '%s' ",
                ranges[i][0], ranges[i][1]);
        plot_page_font(plot, 0.75);
    }
    fputc('\n', gp);
    nax_network_file_free(file);
}
