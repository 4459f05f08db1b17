/* A picture of what an array's cells get: SVG. */
#include "nax/crossbar.h"

#include <math.h>
#include <stdlib.h>

/* Where things are, in pixels. */
enum { MARGIN_LEFT = 74, MARGIN_TOP = 64, PLOT = 480, BAR_GAP = 26, BAR = 18, MARGIN_BOTTOM = 74 };
enum { BLOCKS_MAX = 128, BAR_STEPS = 64 };

/* From dark blue (much is lost) over teal to pale yellow (nothing is): rising lightness throughout,
 * so it reads in grey and with colour-blind eyes. */
static const double colour_stop[][3] = {{35, 25, 75},   {52, 84, 142},  {38, 130, 142},
                                        {66, 170, 112}, {160, 208, 80}, {250, 240, 170}};

static void put_colour(FILE *f, double x)
{
    enum { n = sizeof colour_stop / sizeof *colour_stop };
    if (isnan(x)) {
        fputs("#dcdcdc", f);
        return;
    }
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    size_t k = NAX_MIN((size_t)(x * (n - 1)), n - 2);
    double t = x * (n - 1) - (double)k;
    fputc('#', f);
    for (int i = 0; i < 3; i++)
        fprintf(
            f, "%02x",
            (unsigned)lrint(colour_stop[k][i] + t * (colour_stop[k + 1][i] - colour_stop[k][i])));
}

/* Rows below this part of the largest input are not driven. */
static const double idle_frac = 1e-3;

/* A round step that divides a range into 4 to 10 parts. */
static double tick_step(double range)
{
    double step = pow(10, floor(log10(range / 4)));
    return range / step >= 20 ? 5 * step : range / step >= 10 ? 2 * step : step;
}

/* Mean over the driven cells of one block of the picture; NaN where there are none. */
static double mean_of(const double *value, size_t n_cols, size_t r0, size_t r1, size_t c0,
                      size_t c1)
{
    double sum = 0;
    size_t n = 0;
    for (size_t r = r0; r < r1; r++)
        for (size_t c = c0; c < c1; c++)
            if (!isnan(value[r * n_cols + c])) {
                sum += value[r * n_cols + c];
                n++;
            }
    return n ? sum / (double)n : NAN;
}

struct picture {
    FILE *f;
    size_t n_rows, n_cols;
    double width, height; /* of the cells' area */
    double low, high;     /* percent */
};

static void put_cells(const struct picture *p, const double *percent)
{
    size_t rows = NAX_MIN(p->n_rows, BLOCKS_MAX), cols = NAX_MIN(p->n_cols, BLOCKS_MAX);
    double w = p->width / (double)cols, h = p->height / (double)rows;
    fprintf(p->f, "<g shape-rendering=\"crispEdges\">\n");
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) {
            double x = mean_of(percent, p->n_cols, r * p->n_rows / rows, (r + 1) * p->n_rows / rows,
                               c * p->n_cols / cols, (c + 1) * p->n_cols / cols);
            fprintf(p->f, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"",
                    MARGIN_LEFT + (double)c * w, MARGIN_TOP + (double)r * h, w, h);
            put_colour(p->f, (x - p->low) / (p->high - p->low));
            fprintf(p->f, "\"/>\n");
        }
    fprintf(p->f, "</g>\n");
}

static void put_text(const struct picture *p, double x, double y, const char *anchor,
                     const char *text)
{
    fprintf(p->f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text);
}

static void put_axes(const struct picture *p)
{
    char text[64];
    double left = MARGIN_LEFT, top = MARGIN_TOP, bottom = top + p->height;
    size_t step = (size_t)fmax(1, tick_step((double)NAX_MAX(p->n_rows, p->n_cols)));
    fprintf(p->f,
            "<rect x=\"%g\" y=\"%g\" width=\"%.2f\" height=\"%.2f\" fill=\"none\" "
            "stroke=\"#444\"/>\n",
            left, top, p->width, p->height);
    for (size_t r = 0; r < p->n_rows; r += step) {
        double y = top + ((double)r + 0.5) * p->height / (double)p->n_rows;
        snprintf(text, sizeof text, "%zu", r);
        put_text(p, left - 8, y + 4, "end", text);
    }
    for (size_t c = 0; c < p->n_cols; c += step) {
        snprintf(text, sizeof text, "%zu", c);
        put_text(p, left + ((double)c + 0.5) * p->width / (double)p->n_cols, bottom + 17, "middle",
                 text);
    }
    put_text(p, left + p->width / 2, bottom + 38, "middle",
             "bit line &#8212; sensed at the bottom &#8595;");
    fprintf(p->f,
            "<text transform=\"translate(18 %.1f) rotate(-90)\" text-anchor=\"middle\">"
            "&#8595; word line &#8212; driven from the left</text>\n",
            top + p->height / 2);
}

static void put_bar(const struct picture *p)
{
    double x = MARGIN_LEFT + p->width + BAR_GAP, step = tick_step(p->high - p->low);
    char text[64];
    for (int k = 0; k < BAR_STEPS; k++) {
        fprintf(p->f, "<rect x=\"%.1f\" y=\"%.2f\" width=\"%d\" height=\"%.2f\" fill=\"", x,
                MARGIN_TOP + p->height * k / BAR_STEPS, BAR, p->height / BAR_STEPS + 0.5);
        put_colour(p->f, 1 - (k + 0.5) / BAR_STEPS);
        fprintf(p->f, "\"/>\n");
    }
    for (double value = ceil(p->low / step - 1e-9) * step; value <= p->high + 1e-9 * step;
         value += step) {
        snprintf(text, sizeof text, "%.*f %%", step < 1 ? (int)ceil(-log10(step) - 1e-9) : 0,
                 fabs(value) < 1e-9 * step ? 0.0 : value);
        put_text(p, x + BAR + 6,
                 MARGIN_TOP + p->height * (p->high - value) / (p->high - p->low) + 4, "start",
                 text);
    }
}

int nax_xbar_heatmap(const struct nax_xbar *x, const double *v_v,
                     const struct nax_xbar_nodes *nodes, FILE *file, const char *subject,
                     struct nax_err *err)
{
    size_t n = x->n_rows * x->n_cols;
    struct picture p = {.f = file, .n_rows = x->n_rows, .n_cols = x->n_cols};
    double scale = 0, side = (double)NAX_MAX(x->n_rows, x->n_cols);
    for (size_t r = 0; r < x->n_rows; r++)
        scale = fmax(scale, fabs(v_v[r]));
    if (!(scale > 0))
        return nax_err_set(err, NAX_ERR_VALUE, "no row is driven: '%s'", subject);
    double *percent = nax_calloc(n, sizeof *percent);
    if (!percent)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", subject);
    p.low = INFINITY;
    p.high = -INFINITY;
    bool has_idle = false;
    for (size_t i = 0; i < n; i++) {
        double input = v_v[i / x->n_cols];
        bool is_idle = fabs(input) < idle_frac * scale;
        has_idle = has_idle || is_idle;
        percent[i] = is_idle ? NAN : 100 * (nodes->u_v[i] - nodes->v_v[i]) / input;
        p.low = is_idle ? p.low : fmin(p.low, percent[i]);
        p.high = is_idle ? p.high : fmax(p.high, percent[i]);
    }
    double least = p.low, most = p.high, step = tick_step(fmax(p.high - p.low, 1e-6));
    p.low = floor(p.low / step) * step;
    p.high = fmax(ceil(p.high / step) * step, p.low + step);
    p.width = PLOT * fmax((double)x->n_cols / side, 0.15);
    p.height = PLOT * fmax((double)x->n_rows / side, 0.15);
    double width = fmax(MARGIN_LEFT + p.width + BAR_GAP + BAR + 90, 470);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
            "<text x=\"%d\" y=\"26\" font-size=\"16\">Part of the input voltage that each cell "
            "gets</text>\n"
            "<text x=\"%d\" y=\"46\" fill=\"#666\">%zu &#215; %zu cells, input %.4g V, cells get "
            "%.1f&#8211;%.1f %%%s</text>\n",
            width, MARGIN_TOP + p.height + MARGIN_BOTTOM, MARGIN_LEFT, MARGIN_LEFT, x->n_rows,
            x->n_cols, scale, least, most, has_idle ? "; grey: rows at 0 V" : "");
    put_cells(&p, percent);
    put_axes(&p);
    put_bar(&p);
    fprintf(file, "</svg>\n");
    free(percent);
    return 0;
}
