/* Options, messages and streams that all tools share. */
#include "tool.h"
#include "nax/ranks.h"
#include "provenance.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

const struct nax_option tool_rows[] = {
    {"format", "WORD", "output", NAX_OPTION_FIELD(struct tool, format), .words = &nax_format_words,
     .value = NAN, .allowed = ~(1u << NAX_FORMAT_AUTO)},
    {"fields", "NAMES",
     "only these fields, in this order: names or patterns such as 'accuracy*', between commas",
     NAX_OPTION_FIELD(struct tool, fields), .letter = 'f'},
    {"seed", "N", "seed of every random choice", NAX_OPTION_FIELD(struct tool, seed)},
    {"threads", "N", "threads to use (all processors given)",
     NAX_OPTION_FIELD(struct tool, n_threads), .min = 1, .max = 4096, .value = NAN, .letter = 'j'},
    {"max-record", "N", "largest record to accept, MiB",
     NAX_OPTION_FIELD(struct tool, max_record_mib), .min = 1, .max = 1 << 20, .value = 64},
    {"quiet", NULL, "no progress on stderr", NAX_OPTION_FIELD(struct tool, is_quiet),
     .letter = 'q'},
    {"help", NULL, "this text", .letter = 'h'},
    {"version", NULL, "the version", .letter = 'V'},
    {.name = NULL}};

/* Descriptors 0, 1 and 2 are taken, so that no file gets one of them. What is read from a closed
 * one, or written to the output, fails. */
static void take_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(1);
}

struct tool tool_start(const char *name, const char *synopsis, int argc, char **argv)
{
    struct tool tool = {.name = name, .synopsis = synopsis, .argc = argc, .argv = argv};
    struct nax_err err;
    take_descriptors();
    if (nax_isa_check(&err))
        tool_fail(&tool, &err);
    return tool;
}

static _Noreturn void end_stdout(const struct tool *tool)
{
    if (fflush(stdout) || fclose(stdout)) {
        fprintf(stderr, "%s: cannot write: 'standard output': %s\n", tool->name, strerror(errno));
        exit(1);
    }
    exit(0);
}

/* Before a message: whose it is. */
static void begin_message(const struct tool *tool)
{
    fprintf(stderr, "%s: ", tool->name);
    if (nax_ranks_own())
        fprintf(stderr, "rank %d: ", nax_ranks_own());
}

void tool_misuse(const struct tool *tool, const char *format, ...)
{
    va_list ap;
    tool_yield();
    begin_message(tool);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\nsee %s -h\n", tool->name);
    fflush(stdout);
    nax_ranks_abort(2); /* which others may not have met */
    exit(2);
}

void tool_progress(struct tool *tool, const char *format, ...)
{
    double now = nax_clock_seconds();
    if (tool->is_quiet || nax_ranks_own() || !isatty(STDERR_FILENO) ||
        now - tool->progress_shown < 0.2)
        return;
    va_list ap;
    fprintf(stderr, "\r%s: ", tool->name);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputs("\033[K", stderr);
    tool->progress_shown = now;
}

/* Removes the line of tool_progress, so that a message starts at the margin. */
static void end_progress(struct tool *tool)
{
    if (tool->progress_shown > 0)
        fputs("\r\033[K", stderr);
    tool->progress_shown = 0;
}

NAX_PRINTF(2, 0)
static void tell(struct tool *tool, const char *format, va_list ap)
{
    end_progress(tool);
    begin_message(tool);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
}

void tool_tell(struct tool *tool, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (!nax_ranks_own())
        tell(tool, format, ap);
    va_end(ap);
}

void tool_tell_end(struct tool *tool, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    tell(tool, format, ap);
    va_end(ap);
}

/* A pipe without a byte: whatever was to fill it has failed, and said why. */
static bool is_told(const struct tool *tool, const struct nax_err *err)
{
    struct stat st;
    return err->status == NAX_ERR_EMPTY && tool->reader &&
           !strcmp(nax_reader_path(tool->reader), "-") && !fstat(STDIN_FILENO, &st) &&
           S_ISFIFO(st.st_mode);
}

void tool_fail(struct tool *tool, const struct nax_err *err)
{
    struct nax_err ignored; /* the first error is the one to tell */
    tool_yield();
    stop_yield();
    stop_lock_writer();
    if (tool->writer && nax_writer_close(tool->writer, true, &ignored) == 0)
        fflush(stdout);
    nax_file_abandon_all();
    if (nax_ranks_own() || !is_told(tool, err))
        tool_tell_end(tool, "%s", err->text);
    nax_ranks_abort(1);
    _exit(1); /* stdout is flushed; what main still holds is no leak */
}

void tool_fail_record(struct tool *tool, struct nax_err *err)
{
    nax_err_prefix(err, "%s", nax_reader_where(tool->reader));
    tool_fail(tool, err);
}

void tool_say(struct tool *tool, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (!tool->is_quiet && !nax_ranks_own())
        tell(tool, format, ap);
    va_end(ap);
}

/* Columns of the terminal, or what the environment says of them; 0: no end. */
static size_t line_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    if (columns && atoi(columns) > 0)
        return (size_t)atoi(columns);
    return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

/* What was written leaves before more input is waited for. */
static bool pass_on(void *self)
{
    struct tool *tool = self;
    stop_lock_writer();
    bool is_due = tool->is_unsent;
    stop_unlock_writer();
    if (is_due)
        tool_flush(tool);
    return false;
}

/* A table for people who look on; otherwise what was asked for, or else this. */
static void open_writer(struct tool *tool, enum nax_format otherwise, const char *kind)
{
    struct nax_err err;
    /* Open MPI's mpirun gives what it starts a terminal of its own */
    bool is_looked_at = isatty(STDOUT_FILENO) && !getenv("OMPI_COMM_WORLD_RANK");
    enum nax_format format = tool->format != NAX_FORMAT_AUTO ? tool->format
                             : is_looked_at                  ? NAX_FORMAT_TABLE
                                                             : otherwise;
    if (nax_writer_open(&tool->writer, stdout, "standard output", format, kind, &err))
        tool_fail(tool, &err);
    nax_writer_set_width(tool->writer, line_width());
    bool is_table = format == NAX_FORMAT_TABLE || format == NAX_FORMAT_MD;
    if (tool->reader && !is_table) /* which is laid out by many records */
        nax_reader_on_wait(tool->reader, pass_on, tool);
    provenance_write(tool);
}

void tool_write_open(struct tool *tool, const char *kind)
{
    share_refuse(tool);
    open_writer(tool, NAX_FORMAT_MSGPACK, kind);
}

void tool_read_open(struct tool *tool)
{
    struct nax_err err;
    const char *const *paths = (const char *const *)(tool->argv + optind);
    if (nax_reader_open(&tool->reader, paths, (size_t)(tool->argc - optind),
                        tool->max_record_mib << 20, &err))
        tool_fail(tool, &err);
    provenance_streams(tool);
}

int tool_read_status(struct tool *tool, struct nax_record *record, struct nax_err *err)
{
    int status = share_next(tool, record, err);
    if (!tool->writer)
        open_writer(tool, nax_reader_format(tool->reader),
                    tool->kind ? tool->kind : nax_reader_kind(tool->reader));
    if (status >= 0 && provenance_has_grown(tool)) {
        /* another program's segment began */
        stop_lock_writer();
        int restarted = nax_writer_restart(tool->writer, err);
        stop_unlock_writer();
        if (restarted)
            tool_fail(tool, err);
        provenance_write(tool);
    }
    return status;
}

bool tool_read(struct tool *tool, struct nax_record *record)
{
    struct nax_err err;
    int status = tool_read_status(tool, record, &err);
    if (status < 0)
        tool_fail(tool, &err);
    return status > 0;
}

void tool_write(struct tool *tool, const struct nax_record *record)
{
    struct nax_err err;
    if (nax_ranks_own()) /* rank 0 has all fields, and writes */
        return;
    record = fields_choose(tool, record);
    if (!record)
        return;
    stop_lock_writer();
    int status = nax_writer_put(tool->writer, record, &err);
    tool->provenance.is_out = tool->is_unsent = true;
    stop_unlock_writer();
    if (status)
        tool_fail(tool, &err);
}

void tool_flush(struct tool *tool)
{
    struct nax_err err;
    stop_lock_writer();
    int status = nax_writer_flush(tool->writer, &err);
    tool->provenance.is_out = true;
    tool->is_unsent = false;
    stop_unlock_writer();
    if (status)
        tool_fail(tool, &err);
}

void tool_finish(struct tool *tool)
{
    struct nax_err err;
    fields_check(tool);
    share_end(tool);
    stop_lock_writer();
    struct nax_writer *writer = tool->writer;
    tool->writer = NULL;
    nax_reader_close(tool->reader);
    int status = nax_writer_close(writer, false, &err);
    stop_unlock_writer();
    if (status)
        tool_fail(tool, &err);
    end_stdout(tool);
}
