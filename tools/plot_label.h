/* Labels beside points, where they cover nothing. */
#ifndef NAX_TOOLS_PLOT_LABEL_H
#define NAX_TOOLS_PLOT_LABEL_H

#include "plot.h"

/* A rectangle of a panel, in px from its lower left corner. */
struct plot_box {
    double left, bottom, right, top;
    double cost; /* of covering it: 1 and more, never */
};

struct plot_labels {
    double width, height; /* of the panel */
    size_t n, cap;
    struct plot_box *boxes; /* that labels are kept away from */
    size_t n_left_out;
};

int plot_labels_avoid(struct plot_labels *labels, struct plot_box box,
                      struct nax_err *err) NAX_MUST_USE;
/* Writes the label of the point at x, y px, shown at "X,Y" of the axes, to the script where there
 * is a place for it. */
int plot_labels_put(struct plot *plot, struct plot_labels *labels, double x, double y,
                    const char *position, const char *text, struct nax_err *err) NAX_MUST_USE;

#endif
