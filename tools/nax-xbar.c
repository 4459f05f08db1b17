/* nax-xbar: solves crossbar circuits; makes random arrays, netlists, pictures, tables of cells. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"

static const char usage[] =
    "nax-xbar [--matrix] [--node-voltages] [--method method] [--tolerance t] [--heatmap file]\n"
    "         [--hardware name] [--format format] [-j n] [-q] [file ...]\n"
    "nax-xbar --random n [--cols n] [--count n] [--hardware name] [--seed n] [--format format]\n"
    "nax-xbar --spice [--hardware name] [file ...]\n"
    "nax-xbar --import-cells seconds [--format format]\n"
    "\n"
    "  -m, --matrix          add w_eff_siemens, the effective conductances\n"
    "      --node-voltages   add word_v and bit_v, the voltages of all nodes\n"
    "      --method NAME     auto, relax or block (auto)\n"
    "      --tolerance T     relative accuracy (1e-9)\n"
    "      --heatmap FILE    draw the first array's cell voltages as SVG\n"
    "      --hardware NAME   device of fields that are missing, and of random arrays (nax-reram)\n"
    "      --random N        make arrays of N rows with random levels and 1 bit inputs\n"
    "      --cols N          columns of random arrays (as rows)\n"
    "      --count N         how many (1)\n"
    "      --spice           print the first array as a netlist for ngspice instead\n"
    "      --import-cells T  from measurements on standard input to a table of cells T seconds\n"
    "                        after programming\n" TOOL_USAGE;

enum {
    OPT_NODES = TOOL_OPT_OWN,
    OPT_METHOD,
    OPT_TOLERANCE,
    OPT_HEATMAP,
    OPT_HARDWARE,
    OPT_RANDOM,
    OPT_COLS,
    OPT_COUNT,
    OPT_SPICE,
    OPT_IMPORT
};

static const struct option long_options[] = {
    {"matrix", no_argument, NULL, 'm'},
    {"node-voltages", no_argument, NULL, OPT_NODES},
    {"method", required_argument, NULL, OPT_METHOD},
    {"tolerance", required_argument, NULL, OPT_TOLERANCE},
    {"heatmap", required_argument, NULL, OPT_HEATMAP},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"random", required_argument, NULL, OPT_RANDOM},
    {"cols", required_argument, NULL, OPT_COLS},
    {"count", required_argument, NULL, OPT_COUNT},
    {"spice", no_argument, NULL, OPT_SPICE},
    {"import-cells", required_argument, NULL, OPT_IMPORT},
    TOOL_LONG,
};

struct job {
    struct nax_xbar_options options;
    struct nax_hardware *hardware;
    const char *hardware_name, *heatmap;
    bool has_matrix, has_nodes, is_spice, is_import;
    int64_t n_rows, n_cols, count;
    double import_seconds;
};

static struct job parse(struct tool *tool)
{
    struct job job = {.hardware_name = "nax-reram", .count = 1};
    struct nax_err err;
    int opt;
    while ((opt = getopt_long(tool->argc, tool->argv, TOOL_SHORT "m", long_options, NULL)) != -1)
        switch (opt) {
        case 'm':
            job.has_matrix = true;
            break;
        case OPT_NODES:
            job.has_nodes = true;
            break;
        case OPT_METHOD:
            job.options.method = nax_xbar_method_parse(optarg);
            if (job.options.method == NAX_XBAR_METHOD_COUNT)
                tool_misuse(tool, "no such method: '%s'", optarg);
            break;
        case OPT_TOLERANCE:
            job.options.tolerance = tool_float(tool, "tolerance", optarg, 1e-13, 0.1);
            break;
        case OPT_HEATMAP:
            job.heatmap = optarg;
            break;
        case OPT_HARDWARE:
            job.hardware_name = optarg;
            break;
        case OPT_RANDOM:
            job.n_rows = tool_int(tool, "random", optarg, 1, NAX_XBAR_SIDE_MAX);
            break;
        case OPT_COLS:
            job.n_cols = tool_int(tool, "cols", optarg, 1, NAX_XBAR_SIDE_MAX);
            break;
        case OPT_COUNT:
            job.count = tool_int(tool, "count", optarg, 0, 1000000000);
            break;
        case OPT_SPICE:
            job.is_spice = true;
            break;
        case OPT_IMPORT:
            job.is_import = true;
            job.import_seconds = tool_float(tool, "import-cells", optarg, 0, 1e12);
            break;
        default:
            tool_option(tool, opt);
        }
    if (job.is_spice + job.is_import + (job.n_rows > 0) > 1)
        tool_misuse(tool, "--random, --spice and --import-cells exclude each other");
    if ((job.n_rows > 0 || job.is_import) && optind < tool->argc)
        tool_misuse(tool, "takes no files: '%s'", tool->argv[optind]);
    if (nax_hardware_load(&job.hardware, job.hardware_name, &err))
        tool_fail(tool, &err);
    return job;
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
static int solve(const struct job *job, struct nax_record *r, struct nax_xbar x, const double *v_v,
                 double *room, bool is_first, struct nax_err *err)
{
    size_t n = x.n_rows * x.n_cols;
    double *g = room, *w = g + n, *u = w + n, *bit = u + n, *v = bit + n, *i = v + x.n_rows;
    bool has_nodes = job->has_nodes || (job->heatmap && is_first);
    bool has_vector = v_v && (!job->has_matrix || x.v0_v > 0 || has_nodes);
    bool has_matrix = job->has_matrix || !v_v;
    struct nax_xbar_report report = {0};
    struct nax_xbar_nodes nodes = {i, u, bit};
    memcpy(g, x.g_siemens, n * sizeof *g);
    x.g_siemens = g;
    for (size_t k = 0; k < x.n_rows; k++)
        v[k] = v_v ? v_v[k] : 1;
    if (has_nodes && !v_v)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'v_v': missing, so there are no voltages");
    int status = 0;
    if (has_matrix)
        status = nax_xbar_matrix(&x, &job->options, w, &report, err);
    for (size_t c = 0; !status && c < x.n_cols; c++)
        for (size_t k = i[c] = 0; k < x.n_rows; k++)
            i[c] += w[k * x.n_cols + c] * v[k];
    if (!status && has_vector)
        status = nax_xbar_solve(&x, &job->options, v, &nodes, &report, err);
    if (!status && job->heatmap && is_first)
        status = array_draw(job->heatmap, &x, v, &nodes, err);
    if (status)
        return status;
    bool is_full = (v_v && nax_record_set_floats(r, "i_a", i, x.n_cols)) ||
                   (job->has_matrix && nax_record_set_floats(r, "w_eff_siemens", w, n)) ||
                   (job->has_nodes && (nax_record_set_floats(r, "word_v", u, n) ||
                                       nax_record_set_floats(r, "bit_v", bit, n)));
    is_full = is_full || array_set_nf(r, &x, v, i, err) ||
              (isnan(report.residual) ? nax_record_set_null(r, "residual")
                                      : nax_record_set_float(r, "residual", report.residual)) ||
              nax_record_set_int(r, "iterations", (int64_t)report.iterations) ||
              nax_record_set_string(r, "method", nax_xbar_method_name(report.method));
    return is_full ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'results'") : 0;
}

static void solve_all(struct tool *tool, const struct job *job)
{
    struct nax_record *r = alloc_record(tool);
    struct nax_err err;
    double *room = NULL;
    size_t capacity = 0;
    tool->kind = "array";
    tool_read_open(tool);
    for (bool is_first = true; tool_read(tool, r); is_first = false) {
        struct nax_xbar x;
        const double *v_v;
        if (array_read(r, &job->hardware->device, &x, &v_v, &err))
            tool_fail_record(tool, &err);
        size_t size = 4 * x.n_rows * x.n_cols + x.n_rows + x.n_cols;
        if (size > capacity) {
            free(room);
            room = alloc_floats(tool, capacity = size);
        }
        if (solve(job, r, x, v_v, room, is_first, &err))
            tool_fail_record(tool, &err);
        tool_write(tool, r);
    }
    free(room);
    nax_record_free(r);
    tool_finish(tool);
}

static void make_random(struct tool *tool, const struct job *job)
{
    struct nax_record *r = alloc_record(tool);
    size_t n_rows = (size_t)job->n_rows, n_cols = (size_t)(job->n_cols ? job->n_cols : job->n_rows);
    double *room = alloc_floats(tool, n_rows * n_cols + n_rows);
    struct nax_err err;
    tool_write_open(tool, "array");
    for (int64_t k = 0; k < job->count; k++) {
        need(tool,
             array_random(r, job->hardware, tool->seed, (uint64_t)k, n_rows, n_cols, room, &err),
             &err);
        tool_write(tool, r);
    }
    nax_record_free(r);
    free(room);
    tool_finish(tool);
}

/* Netlists are text: no stream of records is opened for writing. */
static void print_netlist(struct tool *tool, const struct job *job)
{
    struct nax_record *r = alloc_record(tool);
    struct nax_err err;
    struct nax_xbar x;
    const double *v_v;
    tool_read_open(tool);
    int status = nax_reader_next(tool->reader, r, &err);
    if (!status)
        status = nax_err_set(&err, NAX_ERR_VALUE, "no record: 'input'");
    need(tool, NAX_MIN(status, 0), &err);
    if (array_read(r, &job->hardware->device, &x, &v_v, &err))
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

static void import_cells(struct tool *tool, const struct job *job)
{
    struct import import = {tool, alloc_record(tool)};
    struct nax_err err;
    if (tool->format == NAX_FORMAT_AUTO)
        tool->format = NAX_FORMAT_CSV; /* which is what programming reads */
    tool_write_open(tool, "cell");
    need(tool,
         nax_cells_import(stdin, "standard input", job->import_seconds, take_cell, &import, &err),
         &err);
    nax_record_free(import.record);
    tool_finish(tool);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-xbar", usage, argc, argv);
    struct job job = parse(&tool);
    if (job.n_rows)
        make_random(&tool, &job);
    if (job.is_spice)
        print_netlist(&tool, &job);
    if (job.is_import)
        import_cells(&tool, &job);
    solve_all(&tool, &job);
}
