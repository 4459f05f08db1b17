/* nax-rerun: the commands that made a stream, as a shell script, printed or run. */
#include "provenance.h"
#include "rerun.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char synopsis[] = "nax-rerun [-q] [--force] [--run file] [file]\n";

struct rerunning {
    struct tool *tool;
    const char *output; /* of --run; NULL: the script is printed */
    bool is_forced;
};

#define FIELD(name) NAX_OPTION_FIELD(struct rerunning, name)

static const struct nax_option rows[] = {
    {"run", "FILE", "run the commands, and write what they make there", FIELD(output)},
    {"force", NULL, "although inputs are changed or missing", FIELD(is_forced)},
    {.name = NULL}};

static void read_all(struct tool *tool, const struct rerun *rerun)
{
    struct nax_record *record = nax_record_alloc();
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'record'"};
    int status = record ? 1 : NAX_ERR_MEMORY;
    while (status > 0) {
        status = nax_reader_next(tool->reader, record, &err);
        if (status >= 0 && rerun_check(rerun, &err))
            status = -1;
    }
    if (status)
        tool_fail(tool, &err);
    nax_record_free(record);
}

/* Says what became of each input: how many are not as they were. */
static size_t tell_inputs(struct tool *tool, const struct rerun_inputs *inputs)
{
    size_t n_bad = 0;
    for (size_t i = 0; i < inputs->n; i++) {
        const struct rerun_input *in = &inputs->at[i];
        switch (in->state) {
        case RERUN_SAME:
            tool_say(tool, "same: '%s'", in->path);
            continue;
        case RERUN_MADE:
            tool_say(tool, "missing, and made by the commands: '%s'", in->path);
            continue;
        case RERUN_CHANGED:
            tool_tell(tool, "changed since %s read it: '%s'", in->reader, in->path);
            break;
        case RERUN_MISSING:
            tool_tell(tool, "missing, which %s read: '%s'", in->reader, in->path);
            break;
        case RERUN_UNKNOWN:
            tool_tell(tool, "no file, what %s read from it is not known: '%s'", in->reader,
                      strcmp(in->path, "-") ? in->path : "standard input");
            break;
        }
        n_bad++;
    }
    return n_bad;
}

static void tell_versions(struct tool *tool)
{
    for (size_t i = 0; i < nax_reader_n_prog(tool->reader); i++) {
        const struct nax_prog *p = nax_reader_prog(tool->reader, i);
        if (strcmp(p->version, NAX_VERSION) != 0) {
            tool_say(tool, "made by version %s, this one is %s: '%s'", p->version, NAX_VERSION,
                     p->name);
            return;
        }
    }
}

/* The tools beside this program come before those on PATH. */
static void find_tools(void)
{
    char path[PATH_MAX], *all;
    const char *others = getenv("PATH");
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return;
    path[n] = 0;
    if (asprintf(&all, "%s%s%s", dirname(path), others ? ":" : "", others ? others : "") < 0)
        return;
    setenv("PATH", all, 1);
    free(all);
}

/* A file without a name, since a script may be longer than an argument: its descriptor, or an
 * error that names what the script is to make. */
static int keep(const char *script, const char *output, struct nax_err *err)
{
    size_t n = strlen(script);
    int fd = memfd_create("script", 0);
    ssize_t written = 0;
    while (fd >= 0 && n && (written = write(fd, script, n)) >= 0) {
        script += written;
        n -= (size_t)written;
    }
    if (fd >= 0 && written >= 0)
        return fd;
    int status = nax_err_io(err, "cannot write: '%s: script'", output);
    if (fd >= 0)
        close(fd);
    return status;
}

/* Runs the script, whose commands end by SIGPIPE where this program does. */
static int run(const char *script, const char *output, struct nax_file *file, struct nax_err *err)
{
    char block[1 << 16], command[64];
    int fd = keep(script, output, err);
    if (fd < 0)
        return fd;
    find_tools();
    snprintf(command, sizeof command, "exec sh /proc/self/fd/%d", fd);
    FILE *made = popen(command, "r");
    close(fd);
    if (!made)
        return nax_err_io(err, "cannot run: '/bin/sh'");
    for (size_t n; (n = fread(block, 1, sizeof block, made));)
        fwrite(block, 1, n, nax_file_stream(file));
    return pclose(made) ? nax_err_set(err, NAX_ERR_IO, "a command failed: 'sh'") : 0;
}

/* Runs the commands, and compares what they made with what was read. */
static void make(struct rerunning *r, const char *script)
{
    const char *path = nax_reader_path(r->tool->reader);
    uint64_t then, now;
    bool is_file = strcmp(path, "-") != 0 && !nax_file_checksum(path, &then, NULL);
    struct nax_file *file;
    struct nax_err err;
    int status = nax_file_begin(&file, r->output, &err);
    if (!status && (status = run(script, r->output, file, &err)))
        nax_file_abandon(file);
    else if (!status)
        status = nax_file_commit(file, &err);
    if (status)
        tool_fail(r->tool, &err);
    if (is_file && !nax_file_checksum(r->output, &now, NULL))
        tool_say(r->tool, "%s '%s': '%s'", then == now ? "the same bytes as" : "other bytes than",
                 path, r->output);
}

int main(int argc, char **argv)
{
    struct tool tool = tool_start("nax-rerun", synopsis, argc, argv);
    struct rerunning r = {.tool = &tool};
    const struct option_group group = {rows, &r};
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory"};
    char *script;
    tool.idle = "fields format seed threads";
    tool_options(&tool, &group, 1);
    if (optind + 1 < argc)
        tool_misuse(&tool, "one stream at a time: '%s'", argv[optind + 1]);
    tool_read_open(&tool);
    struct rerun *rerun = rerun_alloc(tool.reader);
    if (rerun)
        read_all(&tool, rerun);
    if (!rerun || rerun_script(rerun, &script, &err)) {
        nax_err_prefix(&err, "%s", nax_reader_path(tool.reader));
        tool_fail(&tool, &err);
    }
    tell_versions(&tool);
    size_t n_bad = tell_inputs(&tool, rerun_inputs(rerun));
    if (n_bad && !r.is_forced) {
        nax_err_set(&err, NAX_ERR_VALUE,
                    "%zu of %zu inputs are not as they were; --force to go on all the same", n_bad,
                    rerun_inputs(rerun)->n);
        tool_fail(&tool, &err);
    }
    if (r.output)
        make(&r, script);
    else
        printf("#!/bin/sh\n%s", script);
    free(script);
    rerun_free(rerun);
    tool_finish(&tool);
}
