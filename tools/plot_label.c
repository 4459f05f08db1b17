/* Places labels: of eight places round a point the one that covers least. */
#include "plot_label.h"

#include <math.h>

static const double size = 0.85, letter = 0.6, apart = 0.62; /* of the page's font */

int plot_labels_avoid(struct plot_labels *labels, struct plot_box box, struct nax_err *err)
{
    if (labels->n == labels->cap) {
        size_t cap = labels->cap ? 2 * labels->cap : 256;
        struct plot_box *boxes = nax_realloc(labels->boxes, cap, sizeof *boxes);
        if (!boxes)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'labels'");
        labels->boxes = boxes;
        labels->cap = cap;
    }
    labels->boxes[labels->n++] = box;
    return 0;
}

static double cost_of(const struct plot_labels *labels, const struct plot_box *box)
{
    double cost =
        box->left < 0 || box->bottom < 0 || box->right > labels->width || box->top > labels->height;
    for (size_t i = 0; i < labels->n && cost < 1; i++) {
        const struct plot_box *other = &labels->boxes[i];
        if (box->left < other->right && other->left < box->right && box->bottom < other->top &&
            other->bottom < box->top)
            cost += other->cost;
    }
    return cost;
}

int plot_labels_put(struct plot *plot, struct plot_labels *labels, double x, double y,
                    const char *position, const char *text, struct nax_err *err)
{
    static const int sides[][2] = {{1, 0}, {0, 1},  {-1, 0}, {0, -1},
                                   {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
    const double em = plot->page.em * size;
    const double width = letter * em * (double)plot_letters(text), height = 1.1 * em;
    struct plot_box best = {.cost = 1};
    const int *side = NULL;
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        double is_both = sides[i][0] && sides[i][1] ? 0.75 : 1;
        double at[2] = {x + sides[i][0] * apart * plot->page.em * is_both,
                        y + sides[i][1] * (apart * is_both * plot->page.em + height / 2)};
        double left = at[0] - (1 - sides[i][0]) * width / 2;
        struct plot_box box = {.left = left,
                               .right = left + width,
                               .bottom = at[1] - height / 2,
                               .top = at[1] + height / 2};
        if ((box.cost = cost_of(labels, &box)) >= best.cost)
            continue;
        best = box;
        side = sides[i];
    }
    if (!side) {
        labels->n_left_out++;
        return 0;
    }
    FILE *f = plot->script;
    fputs("set label ", f);
    plot_text(plot, text);
    fprintf(f, " at %s %s offset screen %.5f,%.5f front ", position,
            side[0] > 0   ? "left"
            : side[0] < 0 ? "right"
                          : "center",
            ((side[0] > 0   ? best.left
              : side[0] < 0 ? best.right
                            : (best.left + best.right) / 2) -
             x) /
                plot->page.width,
            ((best.bottom + best.top) / 2 - y) / plot->page.height);
    plot_page_font(plot, size);
    fputc('\n', f);
    best.cost = 1;
    return plot_labels_avoid(labels, best, err);
}
