/* The commands that made a stream: its programs form a tree, the leaves of which read files. */
#include "rerun.h"
#include "pages.h"
#include "quote.h"

#include <stdlib.h>
#include <string.h>

/* Commands in a script: a stream made to be hostile names each of its programs twice. */
enum { IDS_MAX = 1024, COMMANDS_MAX = 4096 };

/* Programs, by what others call them. */
struct ids {
    uint64_t at[IDS_MAX];
    size_t n;
};

struct rerun {
    const struct nax_reader *reader;
    struct ids roots; /* that wrote the stream's segments */
    struct rerun_inputs inputs;
    size_t n_commands, depth;
    char ***kept; /* [n_kept]: words that inputs point into */
    size_t n_kept;
    FILE *files; /* statements that make files */
    struct nax_err *err;
};

struct rerun *rerun_alloc(const struct nax_reader *reader)
{
    struct rerun *r = nax_calloc(1, sizeof *r);
    if (r)
        r->reader = reader;
    return r;
}

void rerun_free(struct rerun *r)
{
    for (size_t i = 0; r && i < r->n_kept; i++)
        free(r->kept[i]);
    free(r ? r->kept : NULL);
    free(r);
}

const struct rerun_inputs *rerun_inputs(const struct rerun *r)
{
    return &r->inputs;
}

static int add_id(struct ids *ids, uint64_t id, struct nax_err *err)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->at[i] == id)
            return 0;
    if (ids->n == IDS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "made by more than %d programs", IDS_MAX);
    ids->at[ids->n++] = id;
    return 0;
}

int rerun_check(const struct rerun *r, struct nax_err *err)
{
    if (nax_reader_maker(r->reader))
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE, "no provenance, which CSV and JSON do not hold: '%s'",
                       nax_reader_path(r->reader));
}

/* NULL, and an error, where there is none. */
static const struct nax_prog *find(const struct rerun *r, uint64_t id)
{
    for (size_t i = 0; i < nax_reader_n_prog(r->reader); i++)
        if (nax_prog_id(nax_reader_prog(r->reader, i)) == id)
            return nax_reader_prog(r->reader, i);
    nax_err_set(r->err, NAX_ERR_VALUE, "made by a program that the stream does not name");
    return NULL;
}

/* A command of this suite alone is run, whatever a stream says: by its name, not by a path. */
static bool is_tool(const char *name)
{
    const struct page *p = nax_pages;
    while (p->name && (strcmp(p->name, name) != 0 || p->section != 1))
        p++;
    return p->name && strcmp(name, "nax") != 0;
}

static int split(struct rerun *r, const char *line, char ***words, size_t *n)
{
    char ***kept = nax_grow(r->kept, r->n_kept, sizeof *kept);
    if (!kept)
        return nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: 'command'");
    r->kept = kept;
    if (!quote_split(line, words, n))
        return nax_err_set(r->err, NAX_ERR_FORMAT, "no command line: '%.200s'", line);
    r->kept[r->n_kept++] = *words;
    return 0;
}

/* What a command read, put together from the segments that it wrote. */
struct reading {
    struct pair {
        const char *what, *path;
    } * pairs; /* [n] */
    size_t n;
};

/* The pairs of the segments before, then these. */
static int gather(struct rerun *r, const struct nax_prog *prog, struct reading *reading)
{
    char **words;
    size_t n;
    if (!prog->inputs)
        return nax_err_set(r->err, NAX_ERR_VALUE,
                           "made by a version that did not say what it read: '%s %s'", prog->name,
                           prog->version);
    int status = split(r, prog->inputs, &words, &n);
    if (!status && n % 2)
        status = nax_err_set(r->err, NAX_ERR_FORMAT, "inputs that are no pairs: '%s'", prog->name);
    size_t i = 0;
    if (!status && n && words[0][0] == '+') {
        const struct nax_prog *before = find(r, strtoull(words[0] + 1, NULL, 16));
        if (!before)
            return NAX_ERR_VALUE;
        if (++r->depth > IDS_MAX)
            return nax_err_set(r->err, NAX_ERR_VALUE, "programs in a circle: '%s'", prog->name);
        status = gather(r, before, reading);
        r->depth--;
        i = 2;
    }
    if (status)
        return status;
    struct pair *pairs = nax_realloc(reading->pairs, reading->n + n / 2 + 1, sizeof *pairs);
    if (!pairs)
        return nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: 'command'");
    reading->pairs = pairs;
    for (; i < n; i += 2)
        pairs[reading->n++] = (struct pair){words[i], words[i + 1]};
    return 0;
}

/* The programs that wrote what is read from there. */
static int makers_of(struct rerun *r, const struct reading *reading, const char *path,
                     struct ids *ids)
{
    int status = 0;
    ids->n = 0;
    for (size_t i = 0; !status && i < reading->n; i++)
        if (reading->pairs[i].what[0] == '@' && !strcmp(reading->pairs[i].path, path))
            status = add_id(ids, strtoull(reading->pairs[i].what + 1, NULL, 16), r->err);
    return status;
}

/* One program has an entry for each segment that it wrote: the last one stands for all. */
static int drop_continued(struct rerun *r, struct ids *ids)
{
    for (size_t i = 0; i < ids->n; i++) {
        const struct nax_prog *prog = find(r, ids->at[i]);
        if (!prog)
            return NAX_ERR_VALUE;
        if (!prog->inputs || prog->inputs[0] != '+')
            continue;
        uint64_t before = strtoull(prog->inputs + 1, NULL, 16);
        size_t n = 0;
        for (size_t k = 0; k < ids->n; k++)
            if (ids->at[k] != before || k >= i)
                ids->at[n++] = ids->at[k];
        i -= ids->n - n;
        ids->n = n;
    }
    return 0;
}

static int write_command(struct rerun *r, uint64_t id, FILE *out);

/* Their output, one after the other: as one command, to be read or kept, or as lines of a script.
 */
static int write_makers(struct rerun *r, struct ids *ids, bool is_one, FILE *out)
{
    int status = drop_continued(r, ids);
    bool is_group = is_one && ids->n > 1;
    fputs(is_group ? "{ " : "", out);
    for (size_t i = 0; !status && i < ids->n; i++) {
        fputs(!i ? "" : is_group ? "; " : "\n", out);
        status = write_command(r, ids->at[i], out);
    }
    fputs(is_group ? "; }" : "", out);
    return status;
}

/* The statement that makes a file which a command reads, unless it is there. */
static int write_file(struct rerun *r, struct ids *ids, const char *path)
{
    char *name = quote_words(1, (char *[]){(char *)(uintptr_t)path}), *text = NULL;
    size_t size;
    FILE *memory = name ? open_memstream(&text, &size) : NULL;
    int status = memory ? write_makers(r, ids, true, memory)
                        : nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (memory && fclose(memory) && !status)
        status = nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status) /* what it reads has been written by now */
        fprintf(r->files, "[ -e %s ] || %s > %s\n", name, text, name);
    free(name);
    free(text);
    return status;
}

/* Looks at all that a command reads; *ids: what its standard input is of. */
static int take_inputs(struct rerun *r, const struct nax_prog *prog, struct ids *ids)
{
    struct reading reading = {NULL, 0};
    int status = gather(r, prog, &reading);
    for (size_t i = 0; !status && i < reading.n; i++) {
        const struct pair *p = &reading.pairs[i];
        if (p->what[0] == '@' || p->what[0] == '+')
            continue;
        status = makers_of(r, &reading, p->path, ids);
        if (status || (!strcmp(p->path, "-") && ids->n))
            continue;
        status = rerun_inputs_add(&r->inputs, p->path, p->what, prog->name, ids->n > 0, r->err);
        if (status > 0)
            status = ids->n && strcmp(p->what, "-") != 0 ? write_file(r, ids, p->path) : 0;
    }
    if (!status)
        status = makers_of(r, &reading, "-", ids);
    free(reading.pairs);
    return status;
}

/* The command, quoted anew: its words and no more. */
static int write_line(struct rerun *r, const struct nax_prog *prog, FILE *out)
{
    char **words = NULL, *line;
    size_t n = 0;
    int status = split(r, prog->argv, &words, &n);
    if (status)
        return status;
    if (!n || !is_tool(prog->name))
        return nax_err_set(r->err, NAX_ERR_VALUE, "made by no tool of nax: '%s'", prog->name);
    if (!(line = quote_words((int)n - 1, words + 1)))
        return nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: 'command'");
    fprintf(out, "%s%s%s", prog->name, *line ? " " : "", line);
    free(line);
    return 0;
}

/* The command, behind those whose output it reads. */
static int write_command(struct rerun *r, uint64_t id, FILE *out)
{
    const struct nax_prog *prog = find(r, id);
    if (!prog)
        return NAX_ERR_VALUE;
    if (++r->n_commands > COMMANDS_MAX || ++r->depth > IDS_MAX)
        return nax_err_set(r->err, NAX_ERR_VALUE, "more than %d commands", COMMANDS_MAX);
    struct ids *ids = nax_calloc(1, sizeof *ids);
    int status = ids ? take_inputs(r, prog, ids)
                     : nax_err_set(r->err, NAX_ERR_MEMORY, "out of memory: 'command'");
    if (!status && ids->n) {
        status = write_makers(r, ids, true, out);
        fputs(" |\n    ", out);
    }
    r->depth--;
    free(ids);
    return status ? status : write_line(r, prog, out);
}

/* A stream drops programs beyond its limits: whoever is near them may miss some. */
static bool is_full(const struct nax_reader *reader)
{
    size_t n = nax_reader_n_prog(reader), n_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const struct nax_prog *p = nax_reader_prog(reader, i);
        n_bytes += strlen(p->argv) + (p->inputs ? strlen(p->inputs) : 0);
    }
    return n >= IDS_MAX || n_bytes >= (7 << 17); /* of 1024, and of 1 MiB */
}

int rerun_script(struct rerun *r, char **script, struct nax_err *err)
{
    char *files = NULL, *text = NULL;
    size_t n_files, n_text;
    r->err = err;
    if (is_full(r->reader))
        return nax_err_set(err, NAX_ERR_VALUE, "made by more programs than a stream can name");
    r->files = open_memstream(&files, &n_files);
    FILE *out = open_memstream(&text, &n_text);
    int status = r->files && out ? 0 : NAX_ERR_MEMORY;
    for (size_t i = 0; !status && i < nax_reader_n_sources(r->reader); i++)
        status = add_id(&r->roots, nax_reader_source(r->reader, i)->maker, err);
    if (!status)
        status = write_makers(r, &r->roots, false, out);
    bool is_whole = r->files && !fclose(r->files);
    is_whole = out && !fclose(out) && is_whole;
    if (!is_whole || (!status && asprintf(script, "set -e\n%s%s\n", files, text) < 0))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'script'");
    free(files);
    free(text);
    return status;
}
