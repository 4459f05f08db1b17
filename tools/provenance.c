/* What a stream says of its making. */
#include "provenance.h"
#include "quote.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void lack_memory(struct tool *tool)
{
    struct nax_err err;
    nax_err_set(&err, NAX_ERR_MEMORY, "out of memory: 'command line'");
    tool_fail(tool, &err);
}

/* A pair of words: what was read, and where. */
static void add_pair(struct tool *tool, const char *what, const char *path)
{
    struct provenance *p = &tool->provenance;
    char *pair = quote_words(2, (char *[]){(char *)(uintptr_t)what, (char *)(uintptr_t)path}), *all;
    if (!pair ||
        asprintf(&all, "%s%s%s", p->inputs ? p->inputs : "", p->inputs ? " " : "", pair) < 0)
        lack_memory(tool);
    free(pair);
    free(p->inputs);
    p->inputs = all;
}

static void add_sum(struct tool *tool, uint64_t sum, const char *path)
{
    char what[17];
    snprintf(what, sizeof what, "%016" PRIx64, sum);
    add_pair(tool, what, path);
}

/* The program that made what is read from there. */
static void add_maker(struct tool *tool, char sign, uint64_t id, const char *path)
{
    char what[18];
    snprintf(what, sizeof what, "%c%016" PRIx64, sign, id);
    add_pair(tool, what, path);
}

/* Other formats than msgpack hold no provenance; what an input decides is not known yet. */
static bool is_kept(const struct tool *tool)
{
    return tool->format == NAX_FORMAT_MSGPACK ||
           (tool->format == NAX_FORMAT_AUTO && !isatty(STDOUT_FILENO));
}

void provenance_file(struct tool *tool, const char *path)
{
    uint64_t sum;
    if (path && is_kept(tool) && !nax_file_checksum(path, &sum, NULL))
        add_sum(tool, sum, path);
}

void provenance_config(struct tool *tool, const char *kind, const char *name)
{
    char *text, path[256];
    size_t size;
    if (!is_kept(tool) || nax_config_read(kind, name, &text, &size, path, NULL))
        return;
    if (!nax_config_is_builtin(kind, name, text))
        add_sum(tool, nax_checksum(0, text, size), path);
    free(text);
}

void provenance_streams(struct tool *tool)
{
    if (!is_kept(tool))
        return;
    if (optind == tool->argc)
        add_pair(tool, "-", "-");
    for (int i = optind; i < tool->argc; i++) {
        uint64_t sum;
        const char *path = tool->argv[i];
        if (strcmp(path, "-") != 0 && !nax_file_checksum(path, &sum, NULL))
            add_sum(tool, sum, path);
        else
            add_pair(tool, "-", path);
    }
}

bool provenance_has_grown(const struct tool *tool)
{
    const struct provenance *p = &tool->provenance;
    return nax_reader_n_prog(tool->reader) > p->n_prog ||
           nax_reader_n_sources(tool->reader) > p->n_sources;
}

/* The command line, of the tool's name: where it lies decides nothing. */
static char *command_line(const struct tool *tool)
{
    char *words = quote_words(tool->argc - 1, tool->argv + 1), *line;
    if (!words || asprintf(&line, "%s%s%s", tool->name, *words ? " " : "", words) < 0)
        return NULL;
    free(words);
    return line;
}

void provenance_write(struct tool *tool)
{
    struct provenance *p = &tool->provenance;
    struct nax_err err;
    p->n_prog = tool->reader ? nax_reader_n_prog(tool->reader) : 0;
    for (size_t i = 0; i < p->n_prog; i++)
        if (nax_writer_add_prog(tool->writer, nax_reader_prog(tool->reader, i), &err))
            tool_fail(tool, &err);
    if (p->is_out) { /* what the segment before says, which others have read, goes on */
        free(p->inputs);
        p->inputs = NULL;
        add_maker(tool, '+', p->self, "-");
    }
    for (; tool->reader && p->n_sources < nax_reader_n_sources(tool->reader); p->n_sources++) {
        const struct nax_source *source = nax_reader_source(tool->reader, p->n_sources);
        add_maker(tool, '@', source->maker, source->path);
    }
    char *line = command_line(tool);
    if (!line)
        lack_memory(tool);
    struct nax_prog self = {tool->name, NAX_VERSION, line, tool->seed, p->inputs ? p->inputs : ""};
    int status = nax_writer_add_prog(tool->writer, &self, &err);
    p->self = nax_prog_id(&self);
    p->is_out = false;
    free(line);
    if (status)
        tool_fail(tool, &err);
}
