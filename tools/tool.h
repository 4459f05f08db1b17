/* What all tools share: common options, messages, and the records on stdin and stdout.
 *
 * A tool's main reads: options → streams → loop over records → tool_finish. Exit status: 0 done,
 * 1 failed, 2 misuse.
 */
#ifndef NAX_TOOL_H
#define NAX_TOOL_H

#include <getopt.h>

#include "nax/record.h"

struct tool {
    const char *name; /* "nax-cost" */
    const char
        *usage; /* synopsis (the manual's words, one line a form), a blank line, the options */
    int argc;
    char **argv;
    enum nax_format format; /* of --format, or NAX_FORMAT_AUTO */
    uint64_t seed;          /* of --seed, 0 by default */
    bool has_seed, is_quiet;
    size_t max_record; /* of --max-record, in bytes */
    /* streams, once opened */
    struct nax_reader *reader;
    struct nax_writer *writer;
    size_t n_prog;         /* of the reader's programs, those that the writer knows */
    double progress_shown; /* when, in seconds; 0: no line stands */
    const char *kind;      /* of the output; NULL: the input's */
};

/* Short options that every tool has, and the entries for its table of long ones. */
#define TOOL_SHORT "hVj:q"
#define TOOL_LONG                                                                                  \
    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},                         \
        {"format", required_argument, NULL, TOOL_OPT_FORMAT},                                      \
        {"seed", required_argument, NULL, TOOL_OPT_SEED},                                          \
        {"threads", required_argument, NULL, 'j'}, {"quiet", no_argument, NULL, 'q'},              \
        {"max-record", required_argument, NULL, TOOL_OPT_MAX_RECORD},                              \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

enum {
    TOOL_OPT_FORMAT = 1000,
    TOOL_OPT_SEED,
    TOOL_OPT_MAX_RECORD,
    TOOL_OPT_OWN
}; /* a tool's own long options count from TOOL_OPT_OWN */

/* The tail of every tool's option list in usage. */
#define TOOL_USAGE                                                                                 \
    "      --format FMT      output as msgpack, csv or json\n"                                     \
    "      --seed N          seed of every random choice (0)\n"                                    \
    "  -j, --threads N       threads to use (all processors)\n"                                    \
    "      --max-record N    largest record to accept, MiB (64)\n"                                 \
    "  -q, --quiet           no progress on stderr\n"                                              \
    "  -h, --help            this text\n"                                                          \
    "  -V, --version         the version\n"

struct tool tool_start(const char *name, const char *usage, int argc, char **argv);
/* For tools that compute in parallel regions for long: makes threads that wait give the processor
 * up after about 0.1 ms, so that a busy neighbour costs its share and not the whole step. The
 * OpenMP runtime takes this from its environment before main, so the program starts itself anew,
 * once. */
void tool_bound_spinning(char **argv);
/* Handles a common option and returns, or ends the program: help, version, misuse. */
void tool_option(struct tool *tool, int opt);
/* Misuse: one line and the synopsis on stderr, exit 2. */
_Noreturn void tool_misuse(const struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);
/* Failure: whole records so far are flushed, the stream is left without trailer, one line, exit 1.
 */
_Noreturn void tool_fail(struct tool *tool, const struct nax_err *err);
/* One line on stderr, "name: …", unless --quiet. */
void tool_say(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);

/* A line on a terminal that the next one overwrites, at most five a second; nothing elsewhere. */
void tool_progress(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);

/* Numbers in options, checked to the last character and against the bounds; misuse otherwise. */
int64_t tool_int(const struct tool *tool, const char *option, const char *text, int64_t min,
                 int64_t max);
double tool_float(const struct tool *tool, const char *option, const char *text, double min,
                  double max);

/* n finite numbers, separated by commas. values: [n]. */
void tool_floats(const struct tool *tool, const char *option, const char *text, double *values,
                 size_t n);

/* Opens stdin or the files that are left in argv from optind on. */
void tool_read_open(struct tool *tool);
/* The next record, or false at the end. Fails the tool on a broken stream. The output, with the
 * input's provenance and this program's, is opened at the first call. */
bool tool_read(struct tool *tool, struct nax_record *record);
/* The same for tools that write only after the last record: 1, 0, or a negative status, upon which
 * the tool writes what it has and calls tool_fail. */
int tool_read_status(struct tool *tool, struct nax_record *record,
                     struct nax_err *err) NAX_MUST_USE;
/* For sources, which have no input: opens stdout. */
void tool_write_open(struct tool *tool, const char *kind);
void tool_write(struct tool *tool, const struct nax_record *record);
/* Ends the streams, checks that stdout took everything, exits 0. */
_Noreturn void tool_finish(struct tool *tool);

/* A failure of the record just read: fails the tool with "file: record n: …". */
_Noreturn void tool_fail_record(struct tool *tool, struct nax_err *err);

#endif
