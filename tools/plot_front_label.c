/* Labels of a front's points. */
#include "plot_front.h"
#include "plot_label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where a point is in the panel, px. */
static void place(const struct front *f, const struct plot_labels *labels,
                  const struct front_point *p, double *x, double *y)
{
    *x = plot_axis_place(&f->axis[1], front_shown(f, 1, p->x)) * labels->width;
    *y = plot_axis_place(&f->axis[0], front_shown(f, 0, p->y)) * labels->height;
}

/* Marks and bars are not to be covered, the line of the front if it can be helped. */
static int list_boxes(const struct front *f, struct plot_labels *labels, struct nax_err *err)
{
    const double mark = 0.36 * f->plot->page.em;
    double x, y, before[2] = {0, 0};
    bool has_before = false;
    int status = 0;
    for (size_t i = 0; i < f->n && !status; i++) {
        const struct front_point *p = &f->points[i];
        place(f, labels, p, &x, &y);
        status = plot_labels_avoid(
            labels, (struct plot_box){x - mark, y - mark, x + mark, y + mark, 1}, err);
        double half = p->dy * f->axis[0].scale, value = front_shown(f, 0, p->y);
        double ends[2] = {plot_axis_place(&f->axis[0], value > half ? value - half : value),
                          plot_axis_place(&f->axis[0], value + half)};
        if (!status && half > 0)
            status = plot_labels_avoid(labels,
                                       (struct plot_box){x - 1, ends[0] * labels->height, x + 1,
                                                         ends[1] * labels->height, 0.4},
                                       err);
        if (!p->is_on_front)
            continue;
        if (has_before && !status) /* right, then up */
            status = plot_labels_avoid(
                labels, (struct plot_box){before[0], before[1] - 1, x, before[1] + 1, 0.3}, err);
        if (has_before && !status)
            status = plot_labels_avoid(
                labels,
                (struct plot_box){x - 1, fmin(before[1], y), x + 1, fmax(before[1], y), 0.3}, err);
        before[0] = x;
        before[1] = y;
        has_before = true;
    }
    return status;
}

static void text_of(const struct front *f, const struct front_point *p, char *text, size_t size)
{
    const struct nax_record *r = f->plot->records.at[p->record];
    const char *field = f->plot->label;
    const struct nax_value *value = field ? nax_record_get(r, field) : NULL;
    *text = 0;
    if (!field && p->baseline)
        snprintf(text, size, "%lld", (long long)p->baseline);
    else if (field && !value && !strcmp(field, "name"))
        plot_design_name(f->plot, p->record, text);
    else if (value && value->type == NAX_STRING)
        snprintf(text, size, "%s", value->string.s);
    else if (value && value->type == NAX_INT)
        snprintf(text, size, "%lld", (long long)value->i);
    else if (value && value->type == NAX_FLOAT)
        snprintf(text, size, "%.4g", value->f);
}

int front_labels(const struct front *f, struct nax_err *err)
{
    struct plot *plot = f->plot;
    struct plot_labels labels = {.width = f->width, .height = f->height};
    char text[NAX_CANDIDATE_NAME_SIZE], position[64];
    size_t n_texts = 0;
    int status = list_boxes(f, &labels, err);
    for (int turn = 0; turn < 3 && !status; turn++)
        for (size_t i = 0; i < f->n && !status; i++) {
            const struct front_point *p = &f->points[i];
            double x, y;
            if ((p->baseline ? 0 : p->is_on_front ? 1 : 2) != turn)
                continue;
            text_of(f, p, text, sizeof text);
            if (!*text)
                continue;
            n_texts++;
            place(f, &labels, p, &x, &y);
            snprintf(position, sizeof position, "%.9g,%.9g", front_shown(f, 1, p->x),
                     front_shown(f, 0, p->y));
            status = plot_labels_put(plot, &labels, x, y, position, text, err);
        }
    free(labels.boxes);
    if (!status && plot->label && !n_texts)
        status = nax_err_set(err, NAX_ERR_VALUE, "no record has the field of --label: '%s'",
                             plot->label);
    if (!status && labels.n_left_out)
        tool_say(plot->tool, "no place for %zu of %zu labels: a larger --size has more",
                 labels.n_left_out, n_texts);
    return status;
}
