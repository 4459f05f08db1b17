/* The picture of a front: its points, between those who draw them and who label them. */
#ifndef NAX_TOOLS_PLOT_FRONT_H
#define NAX_TOOLS_PLOT_FRONT_H

#include "plot.h"

#define FRONT_BOTTOM 3.6 /* em below the panel: numbers, and what they are of */

struct front_point {
    double x, y;   /* minimised */
    double dx, dy; /* standard errors; 0 where the record has none */
    size_t series, record;
    int64_t baseline; /* crossbar size of a uniform design, or 0 */
    bool is_on_front;
};

struct front {
    struct plot *plot;
    struct nax_objective objectives[2]; /* y, x */
    struct plot_axis axis[2];
    double width, height; /* of the panel, px */
    struct front_point *points;
    size_t n, n_series;
};

/* A value of an objective, as read, on its axis. */
double front_shown(const struct front *f, size_t objective, double value);
/* Labels: of --label, or the crossbar sizes of baselines; those of baselines and of the front
 * first, while they fit. */
int front_labels(const struct front *f, struct nax_err *err) NAX_MUST_USE;

#endif
