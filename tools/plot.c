/* What pictures share: colours, texts, names. */
#include "plot.h"

#include <ctype.h>
#include <string.h>

const char *plot_colour(size_t i)
{
    static const char *const colours[PLOT_COLOURS] = {"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                      "#CC79A7", "#56B4E9", "#F0E442", "#000000"};
    return colours[i % PLOT_COLOURS];
}

void plot_text(const struct plot *plot, const char *text)
{
    FILE *f = plot->script;
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'') /* gnuplot takes '' for one, but not in all places */
            fputs("’", f);
        else if (strchr("_^{}@&~\\", *text)) /* enhanced text would read these */
            fprintf(f, "\\%c", *text);
        else
            fputc((unsigned char)*text < ' ' || *text == '`' ? '?' : *text, f);
    fputc('\'', f);
}

size_t plot_letters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

const char *plot_string(const struct plot *plot, size_t i, const char *name)
{
    const struct nax_value *value = nax_record_get(plot->records.at[i], name);
    return value && value->type == NAX_STRING ? value->string.s : "";
}

/* "runs/random.csv" of "runs/random.csv: record 3": as many bytes. */
static size_t file_length(const char *where)
{
    const char *colon = strrchr(where, ':');
    return colon ? (size_t)(colon - where) : 0;
}

bool plot_is_same_file(const struct plot *plot, size_t i, size_t j)
{
    size_t n = file_length(plot->where[i]);
    return n == file_length(plot->where[j]) && !memcmp(plot->where[i], plot->where[j], n);
}

void plot_file_name(const struct plot *plot, size_t i, char *name, size_t size)
{
    const char *where = plot->where[i], *end = where + file_length(where);
    const char *slash = memrchr(where, '/', (size_t)(end - where));
    const char *start = slash ? slash + 1 : where;
    const char *dot = memrchr(start, '.', (size_t)(end - start));
    bool has_ending = dot && isalpha((unsigned char)dot[1]); /* not "edap-0.05" */
    snprintf(name, size, "%.*s", (int)((has_ending ? dot : end) - start), start);
}

void plot_design_name(const struct plot *plot, size_t i, char name[NAX_CANDIDATE_NAME_SIZE])
{
    struct nax_candidate c;
    struct nax_err err;
    const char *id = plot_string(plot, i, "id");
    bool is_hash = strlen(id) == 16 && strspn(id, "0123456789abcdef") == 16;
    if (nax_candidate_read(&c, plot->records.at[i], &err))
        snprintf(name, NAX_CANDIDATE_NAME_SIZE, "%.*s", is_hash ? 8 : 60, id);
    else
        nax_candidate_name(&c, name);
}

void plot_fail(struct plot *plot, size_t i, struct nax_err *err)
{
    nax_err_prefix(err, "%s", plot->where[i]);
    tool_fail(plot->tool, err);
}
