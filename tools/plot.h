/* Pictures by gnuplot: what the charts of nax-plot share. A chart writes a script; the program runs
 * it. */
#ifndef NAX_TOOLS_PLOT_H
#define NAX_TOOLS_PLOT_H

#include <stdio.h>

#include "records.h"
#include "tool.h"

struct plot {
    struct tool *tool;
    struct records records;
    char **where;           /* [records.n]: "file: record 3" */
    const char *path;       /* of the picture */
    const char *objectives; /* of front */
    const char *terminal;   /* svg, pngcairo, or NULL: the script itself is wanted */
    FILE *script;
};

/* Okabe and Ito's colours, which the colour-blind tell apart, and a grey. */
enum { PLOT_COLOURS = 8 };
const char *plot_colour(size_t i); /* i modulo PLOT_COLOURS */
#define PLOT_GREY "#999999"

/* The terminal of a picture of this many points, and what all pictures have in common. */
void plot_begin(struct plot *plot, int width, int height);
/* A string in gnuplot's quotes, in which nothing has a meaning. */
void plot_text(const struct plot *plot, const char *text);
/* A short string field of record i; "" where it has none. */
const char *plot_string(const struct plot *plot, size_t i, const char *name);
/* Whether two records came from the same file. */
bool plot_is_same_file(const struct plot *plot, size_t i, size_t j);
/* "random" of a record from runs/random.csv, cut to the size. */
void plot_file_name(const struct plot *plot, size_t i, char *name, size_t size);
/* Fails the program with the place of record i before the message. */
_Noreturn void plot_fail(struct plot *plot, size_t i, struct nax_err *err);

/* A field as people read it: 0.9 is 90 %, 2e9 pJ are 2 mJ. */
struct plot_axis {
    double scale;
    char title[160];
};
struct plot_axis plot_axis(const char *field, double largest);
/* Makes an axis logarithmic where its numbers differ much; axis: "x" or "y". */
void plot_axis_write(const struct plot *plot, const char *axis, const struct plot_axis *how,
                     double least, double largest);

/* Leaves an axis to gnuplot, save where all values are one, around which it would make up a range
 * with a warning. */
void plot_range_write(const struct plot *plot, const char *axis, double least, double largest);

/* A file in memory, for what a program reads or writes; NULL: errno tells why. */
FILE *plot_memory(void);
/* Runs gnuplot on the script; its output goes to the file, its warnings through tool_say. */
int plot_run(const struct plot *plot, const char *path, struct nax_err *err) NAX_MUST_USE;

void plot_front(struct plot *plot);
void plot_layers(struct plot *plot);
void plot_curves(struct plot *plot);
void plot_costs(struct plot *plot);
void plot_policy(struct plot *plot);

#endif
