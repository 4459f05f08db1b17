/* Pages of pictures: formats, sizes, fonts, legends. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct plot_format {
    const char *suffix, *terminal;
    bool has_pixels; /* else one that is printed at any resolution */
} formats[] = {{".svg", "svg", false},
               {".png", "pngcairo", true},
               {".pdf", "pdfcairo", false},
               {".eps", "epscairo", false},
               {".gp", NULL, false}};

enum { N_FORMATS = sizeof formats / sizeof *formats };

static const double inch = 96, point = 96. / 72, narrow = 480, side_min = 96, side_max = 9600;
/* letters are so wide, by their height, on the average; with what stands before them in a legend */
static const double letter = 0.53, key_sample = 3.2, key_line = 1.35;

bool plot_page_is_drawn(const struct plot_page *page)
{
    return page->format->terminal != NULL;
}

static const struct plot_format *format_of(const struct tool *tool, const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < N_FORMATS; i++)
        if (!strcmp(dot, formats[i].suffix))
            return &formats[i];
    tool_misuse(tool,
                "a picture's name ends in .svg, .png, .pdf, .eps, or .gp for the script: "
                "'%s'",
                path);
}

/* "8.5cm" at *text, which moves behind it; its unit, or 0 where it names none. */
static double length(const char **text, double *unit, double px)
{
    const struct {
        const char *name;
        double px;
    } units[] = {{"cm", inch / 2.54}, {"mm", inch / 25.4}, {"in", inch}, {"px", px}};
    char *end;
    double value = strtod(*text, &end);
    *unit = 0;
    if (end == *text)
        return NAN;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strncmp(end, units[i].name, 2)) {
            *unit = units[i].px;
            end += 2;
            break;
        }
    *text = end;
    return value;
}

static void parse_size(struct plot *plot, const char *size)
{
    struct plot_page *page = &plot->page;
    const char *text = size;
    double unit[2], px = inch / page->dpi, value[2] = {length(&text, &unit[0], px), NAN};
    bool is_whole = !*text;
    if (*text == 'x') {
        text++;
        value[1] = length(&text, &unit[1], px);
        is_whole = !*text && isfinite(value[1]);
        if (!unit[0])
            unit[0] = unit[1];
        value[1] *= unit[1] > 0 ? unit[1] : unit[0] > 0 ? unit[0] : px;
    }
    value[0] *= unit[0] > 0 ? unit[0] : px;
    if (!is_whole || !isfinite(value[0]))
        tool_misuse(plot->tool, "--size takes WIDTH or WIDTHxHEIGHT, with cm, mm, in or px: '%s'",
                    size);
    for (size_t i = 0; i < 2; i++)
        if (value[i] < side_min || value[i] > side_max)
            tool_misuse(plot->tool, "--size takes sides from 1 to 100 inches (%g px here): '%s'",
                        page->dpi, size);
    page->width = value[0];
    page->height = isfinite(value[1]) ? value[1] : 0;
}

/* "Times,9", "Times" or ",9" */
static void parse_font(struct plot *plot, const char *font)
{
    struct plot_page *page = &plot->page;
    size_t n = strcspn(font, ",");
    char *end = NULL;
    double points = font[n] ? strtod(font + n + 1, &end) : 0;
    bool is_sized = !font[n] || (end != font + n + 1 && !*end && points >= 3 && points <= 72);
    if (!*font || !is_sized || n >= sizeof page->font || strpbrk(font, "'\"\\`\n"))
        tool_misuse(plot->tool, "--font takes NAME,POINTS, either may be left out, 3 to 72: '%s'",
                    font);
    snprintf(page->font, sizeof page->font, "%.*s", (int)n, n ? font : "Helvetica");
    if (!n)
        snprintf(page->font, sizeof page->font, "Helvetica");
    page->em = points * point;
}

/* "0.8:0.95"; either end may be left out. */
static void parse_range(const struct tool *tool, const char *option, const char *text,
                        double range[2])
{
    range[0] = range[1] = NAN;
    if (!text)
        return;
    const char *at = text;
    char *end;
    bool is_good = strchr(text, ':') && strlen(text) > 1;
    for (size_t i = 0; i < 2 && is_good; i++) {
        char stop = i ? 0 : ':';
        if (*at != stop) {
            range[i] = strtod(at, &end);
            is_good = end != at && *end == stop && isfinite(range[i]);
            at = end;
        }
        at += !i;
    }
    if (!is_good || range[0] >= range[1])
        tool_misuse(tool, "--%s takes FROM:TO in the field's unit, either may be left out: '%s'",
                    option, text);
}

void plot_page_parse(struct plot *plot)
{
    const struct plot_options *look = &plot->look;
    struct plot_page *page = &plot->page;
    page->format = format_of(plot->tool, plot->path);
    if (look->dpi && !page->format->has_pixels)
        tool_misuse(plot->tool, "--dpi is of .png, others have no pixels: '%s'", plot->path);
    page->dpi = look->dpi ? (double)look->dpi : inch;
    snprintf(page->font, sizeof page->font, "Helvetica");
    if (look->size)
        parse_size(plot, look->size);
    if (look->font)
        parse_font(plot, look->font);
    parse_range(plot->tool, "x-range", look->x_range, plot->x_range);
    parse_range(plot->tool, "y-range", look->y_range, plot->y_range);
}

/* gnuplot's sizes of fonts by ours: cairo's are points, SVG's px. */
static double font_unit(const struct plot_page *page)
{
    const char *terminal = page->format->terminal;
    return terminal && strcmp(terminal, "svg") != 0 ? 1 / point : 1;
}

void plot_page_font(const struct plot *plot, double times)
{
    fprintf(plot->script, "font ',%.3g'", times * plot->page.em * font_unit(&plot->page));
}

static void write_terminal(const struct plot *plot)
{
    const struct plot_page *page = &plot->page;
    const char *terminal = page->format->terminal;
    FILE *f = plot->script;
    if (!terminal)
        return;
    fprintf(f, "set terminal %s font '%s,%.4g' background '#ffffff' size ", terminal, page->font,
            page->em * font_unit(page));
    if (page->format->has_pixels) {
        double scale = page->dpi / inch;
        fprintf(f, "%.0f,%.0f fontscale %.4g linewidth %.4g pointscale %.4g\n", page->width * scale,
                page->height * scale, scale, scale, scale);
    } else if (!strcmp(terminal, "svg")) {
        fprintf(f, "%.0f,%.0f %s\n", page->width, page->height,
                plot->look.size ? "fixed" : "dynamic");
    } else {
        fprintf(f, "%.4gin,%.4gin fontscale 0.75 linewidth 1.5 pointscale 0.9\n",
                page->width / inch, page->height / inch);
    }
}

void plot_page_begin(struct plot *plot, double width, double height, bool keeps_shape, double left,
                     double right)
{
    struct plot_page *page = &plot->page;
    FILE *f = plot->script;
    double natural = 13; /* em of charts that are as large as they like */
    if (!(page->width > 0))
        page->width = width;
    if (!(page->em > 0))
        page->em = page->width < narrow ? 8 * point : natural;
    if (!(page->height > 0))
        page->height = height * (keeps_shape ? page->width / width : page->em / natural);
    page->height = fmin(page->height, 2 * side_max);
    page->left = left * page->em;
    page->right = right * page->em;
    page->top = 0.7 * page->em;
    write_terminal(plot);
    fputs("set encoding utf8\n"
          "set border linecolor '#444444'\n"
          "set tics textcolor '#000000'\n"
          "set grid linetype 1 linewidth 0.7 linecolor '#dddddd'\n",
          f);
    if (!plot->look.title)
        return;
    fputs("set label 1 ", f);
    plot_text(plot, plot->look.title);
    fprintf(f, " at screen 0.5, screen %.6g center front ",
            1 - (page->top + 0.5 * page->em) / page->height);
    plot_page_font(plot, 1.15);
    fputc('\n', f);
    page->top += 1.7 * page->em;
}

double plot_page_inner(const struct plot_page *page)
{
    return fmax(page->width - page->left - page->right, page->em);
}

void plot_page_key(struct plot *plot, size_t n, size_t n_letters)
{
    struct plot_page *page = &plot->page;
    double entry = (letter * (double)n_letters + key_sample) * page->em;
    size_t n_cols = (size_t)fmax(1, fmin(floor(plot_page_inner(page) / entry), (double)n));
    size_t n_rows = (n + n_cols - 1) / n_cols;
    fprintf(plot->script,
            "set key at screen %.6g, screen %.6g center top horizontal reverse Left "
            "samplen 1.6 spacing 1.1 maxcols %zu ",
            (page->left + plot_page_inner(page) / 2) / page->width, 1 - page->top / page->height,
            n_cols);
    plot_page_font(plot, 0.92);
    fputc('\n', plot->script);
    page->top += key_line * page->em * (double)n_rows;
}

void plot_page_panel(const struct plot *plot, double bottom)
{
    const struct plot_page *page = &plot->page;
    fprintf(plot->script,
            "set lmargin at screen %.6g\nset rmargin at screen %.6g\n"
            "set bmargin at screen %.6g\nset tmargin at screen %.6g\n",
            page->left / page->width, 1 - page->right / page->width,
            bottom * page->em / page->height, 1 - page->top / page->height);
}

void plot_page_panels(const struct plot *plot, size_t n, double bottom, double between)
{
    const struct plot_page *page = &plot->page;
    fprintf(plot->script,
            "set multiplot layout %zu,1 margins screen %.6g,%.6g,%.6g,%.6g spacing screen "
            "0,%.6g\n",
            n, page->left / page->width, 1 - page->right / page->width,
            bottom * page->em / page->height, 1 - page->top / page->height,
            between * page->em / page->height);
}
