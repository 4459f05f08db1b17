/* nax-plot: pictures of records, through gnuplot. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-plot front -o file [--objectives objectives] [--label field] [--x-range range] "
    "[--y-range range] [options] [file ...]\n"
    "nax-plot layers -o file [options] [file ...]\n"
    "nax-plot curves -o file [-f fields] [--x-range range] [--y-range range] [options] [file "
    "...]\n"
    "nax-plot costs -o file [options] [file ...]\n"
    "nax-plot policy -o file [options] [file ...]\n"
    "nax-plot report -o file [--objectives objectives] [--title text] folder|file ...\n";

#define FIELD(name) NAX_OPTION_FIELD(struct plot, name)

static const struct nax_option rows[] = {
    {"output", "FILE",
     "picture to write: .svg, .png, .pdf, .eps, or .gp for gnuplot's script itself; .html of "
     "report",
     FIELD(path), .letter = 'o'},
    {"objectives", "OBJ",
     "of front and report: the vertical and the horizontal axis, each with :min or :max",
     FIELD(objectives), .text = "accuracy:max,edap_pj_ns_mm2:min"},
    {"label", "FIELD", "of front: the field beside each point; name is a short one of its design",
     FIELD(label)},
    {"x-range", "FROM:TO", "of front and curves: ends of the axis, in the field's unit",
     FIELD(look.x_range)},
    {"y-range", "FROM:TO", "of front and of one panel of curves", FIELD(look.y_range)},
    {"size", "SIZE", "WIDTH or WIDTHxHEIGHT with cm, mm, in or px, as 8.5cm or 16x9cm",
     FIELD(look.size)},
    {"font", "FONT", "NAME,POINTS, either may be left out", FIELD(look.font)},
    {"title", "TEXT", "above the picture or page", FIELD(look.title)},
    {"dpi", "N", "of .png: pixels an inch (96)", FIELD(look.dpi), .min = 24, .max = 2400,
     .value = NAN},
    {.name = NULL}};

#define PICTURE "size font dpi "

static const struct chart {
    const char *name;
    void (*draw)(struct plot *plot);
    const char *takes; /* options that not all have, each followed by a space */
    bool is_page;      /* and no picture of gnuplot's */
} charts[] = {{"front", plot_front, "objectives label x-range y-range " PICTURE, false},
              {"layers", plot_layers, PICTURE, false},
              {"curves", plot_curves, "x-range y-range " PICTURE, false},
              {"costs", plot_costs, PICTURE, false},
              {"policy", plot_policy, PICTURE, false},
              {"report", plot_report, "objectives ", true}};

enum { N_CHARTS = sizeof charts / sizeof *charts };

static bool takes(const struct chart *chart, const char *option)
{
    char word[32];
    snprintf(word, sizeof word, "%s ", option);
    return strstr(chart->takes, word) != NULL;
}

/* An option of other charts cannot act here. */
static void check_options(const struct tool *tool, const struct chart *chart)
{
    for (const struct nax_option *row = rows; row->name; row++)
        for (size_t i = 0; i < N_CHARTS; i++)
            if (takes(&charts[i], row->name) && tool_given(tool, row->name) &&
                !takes(chart, row->name))
                tool_misuse(tool, "--%s is of %s: '%s'", row->name, charts[i].name, chart->name);
}

static const struct chart *find_chart(const char *name)
{
    for (size_t i = 0; i < N_CHARTS; i++)
        if (!strcmp(charts[i].name, name))
            return &charts[i];
    return NULL;
}

static const struct chart *parse(struct tool *tool, struct plot *plot)
{
    const struct option_group groups[] = {{rows, plot}, {share_rows, &tool->share}};
    const struct chart *chart;
    tool->idle = "format seed threads";
    tool_options(tool, groups, sizeof groups / sizeof *groups);
    if (optind == tool->argc || !(chart = find_chart(tool->argv[optind])))
        tool_misuse(tool, "front, layers, curves, costs, policy or report: '%s'",
                    optind < tool->argc ? tool->argv[optind] : "");
    optind++;
    if (tool->fields && chart->draw != plot_curves)
        tool_misuse(tool, "--fields is of curves: '%s'", chart->name);
    if (!plot->path)
        tool_misuse(tool, "-o takes the picture's name");
    check_options(tool, chart);
    if (chart->is_page)
        share_refuse(tool);
    if (!chart->is_page)
        plot_page_parse(plot);
    else if (strlen(plot->path) < 5 || strcmp(plot->path + strlen(plot->path) - 5, ".html") != 0)
        tool_misuse(tool, "a page's name ends in .html: '%s'", plot->path);
    return chart;
}

static void read_all(struct tool *tool, struct plot *plot)
{
    struct nax_record *record = nax_record_alloc();
    struct nax_err err;
    int status = record ? 1 : nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'records'");
    tool_read_open(tool);
    while (status > 0 && (status = share_next(tool, record, &err)) > 0) {
        if ((status = records_add(&plot->records, record, &err)))
            break;
        char **where = nax_grow(plot->where, plot->records.n - 1, sizeof *where);
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
    if (!plot_page_is_drawn(&plot->page))
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
    if (chart->is_page) {
        chart->draw(&plot);
        tool_finish(&tool);
    }
    read_all(&tool, &plot);
    draw(&plot, chart);
    for (size_t i = 0; i < plot.records.n; i++)
        free(plot.where[i]);
    free(plot.where);
    records_free(&plot.records);
    tool_finish(&tool);
}
