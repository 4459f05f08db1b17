/* nax-xbar: solves crossbar circuits; makes random arrays, netlists, pictures, tables of cells. */
#include "arrays.h"
#include "hardware.h"
#include "provenance.h"
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-xbar [--matrix] [--node-voltages] [--method method] [--tolerance t] [--heatmap file]\n"
    "         [--hardware name] [--set key=value] [--format format] [-j n] [-q] [file ...]\n"
    "nax-xbar --random n [--cols n] [--count n] [--hardware name] [--set key=value] [--seed n]\n"
    "         [--format format]\n"
    "nax-xbar --spice [--hardware name] [--set key=value] [file ...]\n"
    "nax-xbar --import-cells seconds [--format format]\n";

enum mode { SOLVE, RANDOM, SPICE, IMPORT };

struct array_options {
    struct nax_xbar_options solver;
    struct hardware_options hardware_options;
    struct nax_hardware *hardware;
    const char *heatmap;
    bool has_matrix, has_nodes;
    size_t n_rows, n_cols, count;
    double import_seconds;
};

#define FIELD(name) NAX_OPTION_FIELD(struct array_options, name)

static const struct nax_option rows[] = {
    {"matrix", NULL, "add w_eff_siemens, the effective conductances", FIELD(has_matrix),
     .letter = 'm'},
    {"node-voltages", NULL, "add word_v and bit_v, the voltages of all nodes", FIELD(has_nodes)},
    {"method", "WORD", NULL, FIELD(solver.method), .words = &nax_xbar_method_words,
     .allowed = ~(1u << NAX_XBAR_NEWTON)},
    {"tolerance", "T", "relative accuracy", FIELD(solver.tolerance), .min = 1e-13, .max = 0.1,
     .value = 1e-9},
    {"heatmap", "FILE", "draw the first array's cell voltages as SVG", FIELD(heatmap)},
    {"random", "N", "make arrays of N rows with random levels and 1 bit inputs", FIELD(n_rows),
     .min = 1, .max = NAX_XBAR_SIDE_MAX, .value = NAN, .mode = RANDOM},
    {"cols", "N", "columns of random arrays (as rows)", FIELD(n_cols), .min = 1,
     .max = NAX_XBAR_SIDE_MAX, .value = NAN, .needs = "random"},
    {"count", "N", "how many", FIELD(count), .max = 1000000000, .value = 1, .needs = "random"},
    {"spice", NULL, "print the first array as a netlist for ngspice instead", .mode = SPICE},
    {"import-cells", "T",
     "from measurements on standard input to a table of cells T seconds after programming",
     FIELD(import_seconds), .max = 1e12, .value = NAN, .mode = IMPORT},
    {.name = NULL}};

/* Records bring all of an array that is solved, but wires that they lack. */
static const struct hardware_use uses[] = {
    [SOLVE] = {"arrays of records", NAX_PART_WIRES | NAX_PART_NONLINEAR},
    [SPICE] = {"arrays of records", NAX_PART_WIRES | NAX_PART_NONLINEAR},
    [RANDOM] = {"random arrays", NAX_PART_LEVELS | NAX_PART_CELLS | NAX_PART_WIRES |
                                     NAX_PART_NONLINEAR | NAX_PART_VOLTAGE},
    [IMPORT] = {"measurements", 0},
};

/* Options that are of some modes. */
static void check_given(const struct tool *tool, enum mode mode)
{
    static const char *const names[] = {
        [RANDOM] = "random", [SPICE] = "spice", [IMPORT] = "import-cells"};
    static const char *const of_solving[] = {"matrix", "node-voltages", "method", "tolerance",
                                             "heatmap"};
    for (size_t i = 0; mode != SOLVE && i < sizeof of_solving / sizeof *of_solving; i++)
        if (tool_given(tool, of_solving[i]))
            tool_misuse(tool, "--%s is of arrays that are solved: '--%s'", of_solving[i],
                        names[mode]);
    if (mode == IMPORT && tool_given(tool, "hardware"))
        tool_misuse(tool, "--hardware has no effect on measurements: '--import-cells'");
}

static enum mode parse(struct tool *tool, struct array_options *o)
{
    const struct option_group groups[] = {
        {rows, o}, {hardware_rows, &o->hardware_options}, {share_rows, &tool->share}};
    struct nax_err err;
    enum mode mode = (enum mode)tool_options(tool, groups, sizeof groups / sizeof *groups);
    check_given(tool, mode);
    if (mode == RANDOM || mode == IMPORT)
        tool_no_files(tool);
    if (hardware_open(tool, &o->hardware_options, &o->hardware, &err))
        tool_fail(tool, &err);
    hardware_check_use(tool, &o->hardware_options, o->hardware, &uses[mode]);
    return mode;
}

static void need(struct tool *tool, int status, const struct nax_err *err)
{
    if (status)
        tool_fail(tool, err);
}

static double *alloc_floats(struct tool *tool, size_t n)
{
    double *x = nax_calloc(NAX_MAX(n, 1), sizeof *x);
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'cells'"};
    need(tool, x ? 0 : NAX_ERR_MEMORY, &err);
    return x;
}

static struct nax_record *alloc_record(struct tool *tool)
{
    struct nax_record *r = nax_record_alloc();
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'record'"};
    need(tool, r ? 0 : NAX_ERR_MEMORY, &err);
    return r;
}

/* Adds the results to the record. g_siemens and v_v belong to it: copies outlive what is set. */
static int solve(const struct array_options *o, struct nax_record *r, struct nax_xbar x,
                 const double *v_v, double *workspace, bool is_first, struct nax_err *err)
{
    size_t n = x.n_rows * x.n_cols;
    double *g = workspace, *w = g + n, *u = w + n, *bit = u + n, *v = bit + n, *i = v + x.n_rows;
    bool has_nodes = o->has_nodes || (o->heatmap && is_first);
    bool has_vector = v_v && (!o->has_matrix || x.v0_v > 0 || has_nodes);
    bool has_matrix = o->has_matrix || !v_v;
    struct nax_xbar_report report = {0};
    double power_mw = 0;
    struct nax_xbar_nodes nodes = {i, u, bit, &power_mw};
    memcpy(g, x.g_siemens, n * sizeof *g);
    x.g_siemens = g;
    for (size_t k = 0; k < x.n_rows; k++)
        v[k] = v_v ? v_v[k] : 1;
    if (has_nodes && !v_v)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'v_v': missing, so there are no voltages");
    int status = 0;
    if (has_matrix)
        status = nax_xbar_matrix(&x, &o->solver, w, &report, err);
    for (size_t c = 0; !status && c < x.n_cols; c++)
        for (size_t k = i[c] = 0; k < x.n_rows; k++)
            i[c] += w[k * x.n_cols + c] * v[k];
    if (!status && has_vector)
        status = nax_xbar_solve(&x, &o->solver, v, &nodes, &report, err);
    if (!status && o->heatmap && is_first)
        status = array_draw(o->heatmap, &x, v, &nodes, err);
    if (status)
        return status;
    bool is_full = (v_v && nax_record_set_floats(r, "i_a", i, x.n_cols)) ||
                   (o->has_matrix && nax_record_set_floats(r, "w_eff_siemens", w, n)) ||
                   (has_vector && nax_record_set_float(r, "read_power_mw", power_mw)) ||
                   (o->has_nodes && (nax_record_set_floats(r, "word_v", u, n) ||
                                     nax_record_set_floats(r, "bit_v", bit, n)));
    is_full = is_full || array_set_nf(r, &x, v, i, err) ||
              (isnan(report.residual) ? nax_record_set_null(r, "residual")
                                      : nax_record_set_float(r, "residual", report.residual)) ||
              nax_record_set_int(r, "iterations", (int64_t)report.iterations) ||
              nax_record_set_string(r, "method", nax_xbar_method_name(report.method));
    return is_full ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'results'") : 0;
}

static _Noreturn void solve_all(struct tool *tool, const struct array_options *o)
{
    struct nax_record *r = alloc_record(tool);
    struct nax_err err;
    double *workspace = NULL;
    size_t capacity = 0;
    tool->kind = "array";
    tool_read_open(tool);
    for (bool is_first = true; tool_read(tool, r); is_first = false) {
        struct nax_xbar x;
        const double *v_v;
        if (array_read(r, &o->hardware->device, &x, &v_v, &err))
            tool_fail_record(tool, &err);
        size_t size = 4 * x.n_rows * x.n_cols + x.n_rows + x.n_cols;
        if (size > capacity) {
            free(workspace);
            workspace = alloc_floats(tool, capacity = size);
        }
        if (solve(o, r, x, v_v, workspace, is_first, &err))
            tool_fail_record(tool, &err);
        tool_write(tool, r);
    }
    free(workspace);
    nax_record_free(r);
    tool_finish(tool);
}

static _Noreturn void make_random(struct tool *tool, const struct array_options *o)
{
    struct nax_record *r = alloc_record(tool);
    size_t n_rows = o->n_rows, n_cols = o->n_cols ? o->n_cols : o->n_rows;
    double *workspace = alloc_floats(tool, n_rows * n_cols + n_rows);
    struct nax_err err;
    tool_write_open(tool, "array");
    for (size_t k = 0; k < o->count; k++) {
        need(tool, array_random(r, o->hardware, tool->seed, k, n_rows, n_cols, workspace, &err),
             &err);
        tool_write(tool, r);
    }
    nax_record_free(r);
    free(workspace);
    tool_finish(tool);
}

/* Netlists are text: no stream of records is opened for writing. */
static _Noreturn void print_netlist(struct tool *tool, const struct array_options *o)
{
    struct nax_record *r = alloc_record(tool);
    struct nax_err err;
    struct nax_xbar x;
    const double *v_v;
    tool_read_open(tool);
    int status = share_next(tool, r, &err);
    if (!status)
        status = nax_err_set(&err, NAX_ERR_VALUE, "no record: 'input'");
    need(tool, NAX_MIN(status, 0), &err);
    if (array_read(r, &o->hardware->device, &x, &v_v, &err))
        tool_fail_record(tool, &err);
    if (!v_v) {
        nax_err_set(&err, NAX_ERR_VALUE, "field 'v_v': missing");
        tool_fail_record(tool, &err);
    }
    need(tool, nax_xbar_spice(&x, v_v, stdout, "standard output", &err), &err);
    nax_record_free(r);
    tool_finish(tool);
}

struct import {
    struct tool *tool;
    struct nax_record *record;
};

static int take_cell(void *self, double target, double g, struct nax_err *err)
{
    struct import *import = self;
    struct nax_record *r = import->record;
    if (nax_record_set_float(r, "target_siemens", target) ||
        nax_record_set_float(r, "g_siemens", g))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'cell'");
    tool_write(import->tool, r);
    return 0;
}

static _Noreturn void import_cells(struct tool *tool, const struct array_options *o)
{
    struct import import = {tool, alloc_record(tool)};
    struct nax_err err;
    if (tool->format == NAX_FORMAT_AUTO)
        tool->format = NAX_FORMAT_CSV; /* which is what programming reads */
    provenance_streams(tool);
    tool_write_open(tool, "cell");
    need(tool,
         nax_cells_import(stdin, "standard input", o->import_seconds, take_cell, &import, &err),
         &err);
    nax_record_free(import.record);
    tool_finish(tool);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-xbar", synopsis, argc, argv);
    struct array_options o = {.hardware = NULL};
    switch (parse(&tool, &o)) {
    case RANDOM:
        make_random(&tool, &o);
    case SPICE:
        print_netlist(&tool, &o);
    case IMPORT:
        import_cells(&tool, &o);
    case SOLVE:
        break;
    }
    solve_all(&tool, &o);
}
