/* A picture's page: format, size, font, and what stands round its panels. Lengths are in px, of
 * which an inch has 96, whatever the picture is made of. */
#ifndef NAX_TOOLS_PLOT_PAGE_H
#define NAX_TOOLS_PLOT_PAGE_H

#include "tool.h"

struct plot;
struct plot_format;

/* As the command line says it; NULL or 0: as the chart has it. */
struct plot_options {
    const char *size, *font, *title, *x_range, *y_range;
    size_t dpi;
};

struct plot_page {
    const struct plot_format *format;
    double width, height; /* 0 until plot_page_begin where nobody asked for them */
    double dpi;           /* of what is made of pixels */
    char font[64];
    double em;          /* height of the font */
    double top;         /* what is above the panels so far: title, legend */
    double left, right; /* beside them */
};

/* Takes path and options, or ends in misuse. */
void plot_page_parse(struct plot *plot);
/* Whether gnuplot is to run: else its script is the picture. */
bool plot_page_is_drawn(const struct plot_page *page);

/* Terminal, title, and what all pictures have in common, of a page that is width × height where
 * nobody asks for another, with `left` and `right` em beside its panels. With keeps_shape a
 * narrower page is lower, too. */
void plot_page_begin(struct plot *plot, double width, double height, bool keeps_shape, double left,
                     double right);
/* Keeps a place for a legend of n entries of up to so many letters, above all panels. */
void plot_page_key(struct plot *plot, size_t n, size_t n_letters);
/* One panel, or n of them one above the other; em below the last, and between them. */
void plot_page_panel(const struct plot *plot, double bottom);
void plot_page_panels(const struct plot *plot, size_t n, double bottom, double between);
/* "font ',9'", so many times the page's. */
void plot_page_font(const struct plot *plot, double times);
/* Width of the panels. */
double plot_page_inner(const struct plot_page *page);

#endif
