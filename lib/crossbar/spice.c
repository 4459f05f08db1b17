/* The circuit as a netlist for ngspice. */
#include "nax/crossbar.h"

#include <stdio.h>

/* Node names. A resistance of 0 makes one node of its two ends, since simulators want none. */
struct name {
    char text[48];
};

static struct name word_node(const struct nax_xbar *x, size_t r, size_t c)
{
    struct name n;
    if (!(x->r_wire_row_ohm > 0))
        c = 0;
    if (c == 0 && !(x->r_source_ohm > 0))
        snprintf(n.text, sizeof n.text, "d%zu", r);
    else
        snprintf(n.text, sizeof n.text, "u%zu_%zu", r, c);
    return n;
}

static struct name bit_node(const struct nax_xbar *x, size_t r, size_t c)
{
    struct name n;
    if (!(x->r_wire_col_ohm > 0))
        r = x->n_rows - 1;
    if (r == x->n_rows - 1 && !(x->r_sink_ohm > 0))
        snprintf(n.text, sizeof n.text, "s%zu", c);
    else
        snprintf(n.text, sizeof n.text, "v%zu_%zu", r, c);
    return n;
}

static void put_cell(const struct nax_xbar *x, size_t r, size_t c, FILE *file)
{
    double g = x->g_siemens[r * x->n_cols + c];
    struct name u = word_node(x, r, c), v = bit_node(x, r, c);
    if (!(g > 0))
        return;
    if (x->v0_v > 0)
        fprintf(file, "Bcell%zu_%zu %s %s I=%.17g*sinh(V(%s,%s)/%.17g)\n", r, c, u.text, v.text,
                g * x->v0_v, u.text, v.text, x->v0_v);
    else
        fprintf(file, "Rcell%zu_%zu %s %s %.17g\n", r, c, u.text, v.text, 1 / g);
}

static void put_row(const struct nax_xbar *x, size_t r, double v_v, FILE *file)
{
    fprintf(file, "Vdriver%zu d%zu 0 DC %.17g\n", r, r, v_v);
    if (x->r_source_ohm > 0)
        fprintf(file, "Rsource%zu d%zu %s %.17g\n", r, r, word_node(x, r, 0).text, x->r_source_ohm);
    for (size_t c = 0; x->r_wire_row_ohm > 0 && c + 1 < x->n_cols; c++)
        fprintf(file, "Rrow%zu_%zu %s %s %.17g\n", r, c, word_node(x, r, c).text,
                word_node(x, r, c + 1).text, x->r_wire_row_ohm);
}

static void put_column(const struct nax_xbar *x, size_t c, FILE *file)
{
    for (size_t r = 0; x->r_wire_col_ohm > 0 && r + 1 < x->n_rows; r++)
        fprintf(file, "Rcol%zu_%zu %s %s %.17g\n", r, c, bit_node(x, r, c).text,
                bit_node(x, r + 1, c).text, x->r_wire_col_ohm);
    if (x->r_sink_ohm > 0)
        fprintf(file, "Rsink%zu %s s%zu %.17g\n", c, bit_node(x, x->n_rows - 1, c).text, c,
                x->r_sink_ohm);
    fprintf(file, "Vsense%zu s%zu 0 DC 0\n", c, c);
}

int nax_xbar_spice(const struct nax_xbar *x, const double *v_v, FILE *file, const char *subject,
                   struct nax_err *err)
{
    int status = nax_xbar_check(x, err);
    if (status)
        return status;
    fprintf(file, "* crossbar of %zu rows and %zu columns\n", x->n_rows, x->n_cols);
    for (size_t r = 0; r < x->n_rows; r++)
        put_row(x, r, v_v[r], file);
    for (size_t c = 0; c < x->n_cols; c++)
        put_column(x, c, file);
    for (size_t r = 0; r < x->n_rows; r++)
        for (size_t c = 0; c < x->n_cols; c++)
            put_cell(x, r, c, file);
    /* operating points are iterated until voltages change by less than these */
    fprintf(file, ".options reltol=1e-10 abstol=1e-20 vntol=1e-16 gmin=1e-30 itl1=1000\n"
                  ".control\nset numdgt=15\nop\n");
    for (size_t c = 0; c < x->n_cols; c++)
        fprintf(file, "print i(Vsense%zu)\n", c);
    for (size_t r = 0; r < x->n_rows; r++)
        fprintf(file, "print i(Vdriver%zu)\n", r);
    fprintf(file, "quit\n.endc\n.end\n");
    return ferror(file) ? nax_err_io(err, "cannot write: '%s'", subject) : 0;
}
