/* nax-plot: pictures of records, through gnuplot. */
#include "plot.h"

#include <stdlib.h>
#include <string.h>

static const char synopsis[] = "nax-plot front -o file [--objectives objectives] [-q] [file ...]\n"
                               "nax-plot layers -o file [-q] [file ...]\n"
                               "nax-plot curves -o file [-f fields] [-q] [file ...]\n"
                               "nax-plot costs -o file [-q] [file ...]\n"
                               "nax-plot policy -o file [-q] [file ...]\n";

#define FIELD(name) NAX_OPTION_FIELD(struct plot, name)

static const struct nax_option rows[] = {
    {"output", "FILE", "picture to write: .svg, .png, or .gp for gnuplot's script itself",
     FIELD(path), .letter = 'o'},
    {"objectives", "OBJ", "of front: the vertical and the horizontal axis, each with :min or :max",
     FIELD(objectives), .text = "accuracy:max,edap_pj_ns_mm2:min"},
    {.name = NULL}};

static const struct chart {
    const char *name;
    void (*draw)(struct plot *plot);
} charts[] = {{"front", plot_front},
              {"layers", plot_layers},
              {"curves", plot_curves},
              {"costs", plot_costs},
              {"policy", plot_policy}};

static const struct chart *find_chart(const char *name)
{
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        if (!strcmp(charts[i].name, name))
            return &charts[i];
    return NULL;
}

/* gnuplot's terminal for a file of this name. */
static const char *terminal_of(const struct tool *tool, const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot && !strcmp(dot, ".svg"))
        return "svg";
    if (dot && !strcmp(dot, ".png"))
        return "pngcairo";
    if (!dot || strcmp(dot, ".gp") != 0)
        tool_misuse(tool, "neither .svg, .png nor .gp: '%s'", path);
    return NULL;
}

static const struct chart *parse(struct tool *tool, struct plot *plot)
{
    const struct option_group group = {rows, plot};
    const struct chart *chart;
    tool_options(tool, &group, 1);
    if (optind == tool->argc || !(chart = find_chart(tool->argv[optind])))
        tool_misuse(tool, "front, layers, curves, costs or policy: '%s'",
                    optind < tool->argc ? tool->argv[optind] : "");
    optind++;
    if (tool->fields && chart->draw != plot_curves)
        tool_misuse(tool, "--fields is of curves: '%s'", chart->name);
    if (!plot->path)
        tool_misuse(tool, "-o takes the picture's name");
    plot->terminal = terminal_of(tool, plot->path);
    return chart;
}

static void read_all(struct tool *tool, struct plot *plot)
{
    struct nax_record *record = nax_record_alloc();
    struct nax_err err;
    int status = record ? 1 : nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
    tool_read_open(tool);
    while (status > 0 && (status = nax_reader_next(tool->reader, record, &err)) > 0) {
        if ((status = records_add(&plot->records, record, &err)))
            break;
        char **where = nax_realloc(plot->where, plot->records.n, sizeof *where);
        if (where)
            plot->where = where;
        if (!where || !(where[plot->records.n - 1] = nax_strdup(nax_reader_where(tool->reader))))
            status = nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
        else
            status = 1;
    }
    if (!status && !plot->records.n)
        status = nax_err_set(&err, NAX_ERR_VALUE, "nothing to draw: no records");
    if (status)
        tool_fail(tool, &err);
    nax_record_free(record);
}

/* The script into its own file, or into memory for gnuplot. */
static void draw(struct plot *plot, const struct chart *chart)
{
    struct nax_file *file = NULL;
    struct nax_err err;
    int status = 0;
    if (!plot->terminal)
        status = nax_file_begin(&file, plot->path, &err);
    else if (!(plot->script = plot_memory()))
        status = nax_err_io(&err, "out of memory: 'script for gnuplot'");
    if (status)
        tool_fail(plot->tool, &err);
    if (file)
        plot->script = nax_file_stream(file);
    chart->draw(plot);
    status = file ? nax_file_commit(file, &err) : plot_run(plot, plot->path, &err);
    if (status)
        tool_fail(plot->tool, &err);
    if (!file)
        fclose(plot->script);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-plot", synopsis, argc, argv);
    struct plot plot = {.tool = &tool};
    const struct chart *chart = parse(&tool, &plot);
    read_all(&tool, &plot);
    draw(&plot, chart);
    for (size_t i = 0; i < plot.records.n; i++)
        free(plot.where[i]);
    free(plot.where);
    records_free(&plot.records);
    tool_finish(&tool);
}
