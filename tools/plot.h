/* Pictures by gnuplot: what the charts of nax-plot share. A chart writes a script; the program runs
 * it. */
#ifndef NAX_TOOLS_PLOT_H
#define NAX_TOOLS_PLOT_H

#include <stdio.h>

#include "nax/search.h"
#include "plot_page.h"
#include "records.h"
#include "tool.h"

struct plot {
    struct tool *tool;
    struct records records;
    char **where;                  /* [records.n]: "file: record 3" */
    const char *path;              /* of the picture */
    const char *objectives;        /* of front */
    const char *label;             /* of front: a field, or NULL */
    struct plot_options look;      /* as they were given */
    struct plot_page page;         /* what came of them */
    double x_range[2], y_range[2]; /* in the field's unit; NAN: as the data have it */
    FILE *script;
};

/* Okabe and Ito's colours, which the colour-blind tell apart, and a grey. */
enum { PLOT_COLOURS = 8 };
const char *plot_colour(size_t i); /* i modulo PLOT_COLOURS */
#define PLOT_GREY "#999999"

/* A string in gnuplot's quotes, in which nothing has a meaning. */
void plot_text(const struct plot *plot, const char *text);
/* Letters of a text: characters, not bytes. */
size_t plot_letters(const char *text);
/* A short string field of record i; "" where it has none. */
const char *plot_string(const struct plot *plot, size_t i, const char *name);
/* Whether two records came from the same file. */
bool plot_is_same_file(const struct plot *plot, size_t i, size_t j);
/* "random" of a record from runs/random.csv, cut to the size. */
void plot_file_name(const struct plot *plot, size_t i, char *name, size_t size);
/* The design of record i for people, else the beginning of its id; "" where it has neither. */
void plot_design_name(const struct plot *plot, size_t i, char name[NAX_CANDIDATE_NAME_SIZE]);
/* Fails the program with the place of record i before the message. */
_Noreturn void plot_fail(struct plot *plot, size_t i, struct nax_err *err);

/* A field as people read it: 0.9 is 90 %, 2e9 pJ are 2 mJ. */
struct plot_axis {
    double scale;
    char title[160], brief[160]; /* with its unit; where that is too long */
    char unit[64];               /* as shown; "" where there is none */
    double low, high;            /* as shown, once it is fitted */
    bool is_log, is_linear;      /* is_linear: never logarithmic */
};
struct plot_axis plot_axis(const char *field, double largest);
/* Takes the range of these values, as shown, and a margin, or what was asked for: two ends in the
 * field's unit, NAN where it was not; logarithmic where values span a decade. */
void plot_axis_fit(const struct plot *plot, struct plot_axis *axis, double least, double largest,
                   const double asked[2]);
/* Title, range and tics of axis "x" or "y", which is so long. */
void plot_axis_write(const struct plot *plot, const char *which, const struct plot_axis *axis,
                     double length);
/* Tics at whole numbers, up to `most` of them. */
void plot_axis_whole(const struct plot *plot, const struct plot_axis *axis, size_t most);
/* Where a value as shown is on the axis: 0 to 1. */
double plot_axis_place(const struct plot_axis *axis, double value);

/* A file in memory, for what a program reads or writes; NULL: errno tells why. */
FILE *plot_memory(void);
/* Runs gnuplot on the script; its output goes to the file, its warnings through tool_say. */
int plot_run(const struct plot *plot, const char *path, struct nax_err *err) NAX_MUST_USE;

void plot_front(struct plot *plot);
void plot_layers(struct plot *plot);
void plot_curves(struct plot *plot);
void plot_costs(struct plot *plot);
void plot_policy(struct plot *plot);

/* Reads what is named on the command line, and writes the page. */
void plot_report(struct plot *plot);

#endif
