/* What all tools share: common options, messages, and the records on stdin and stdout.
 *
 * A tool's main reads: options → streams → loop over records → tool_finish. Exit status: 0 done,
 * 1 failed, 2 misuse.
 */
#ifndef NAX_TOOL_H
#define NAX_TOOL_H

#include <getopt.h>

#include "nax/record.h"
#include "fields.h"
#include "options.h"
#include "share.h"

/* What --fields has chosen so far. */
struct field_choice {
    struct nax_record *record;
    bool is_found[FIELDS_MAX];
    size_t n_records;
};

/* How far it is with its designs: progress.h. */
struct tool_designs {
    size_t n, n_begun, n_at_once; /* n 0: not known */
    size_t n_before;              /* of n_begun, those that another run did */
    double start;                 /* of the first, in seconds; 0: not yet */
};

/* What provenance.h keeps. */
struct provenance {
    char *inputs;     /* of the segment being written: pairs of words; NULL: none */
    size_t n_prog;    /* of the reader's programs, those that the writer knows */
    size_t n_sources; /* of the reader's, those that are among the inputs */
    uint64_t self;    /* nax_prog_id of this program in the segment being written */
    bool is_out;      /* that segment has begun in the output, too */
};

struct tool {
    const char *name;     /* "nax-cost" */
    const char *synopsis; /* the manual's words, one line a form */
    const char *idle;     /* options of all tools that do nothing here: "seed threads" */
    int argc;
    char **argv;
    struct option_list options;
    enum nax_format format; /* of --format, or NAX_FORMAT_AUTO */
    const char *fields;     /* of --fields, or NULL */
    size_t seed, n_threads; /* n_threads 0: all processors */
    size_t max_record_mib;
    bool is_quiet;
    struct share share; /* of the input */
    /* streams, once opened */
    struct nax_reader *reader;
    struct nax_writer *writer;
    struct field_choice choice;
    struct provenance provenance;
    struct tool_designs designs;
    double progress_shown; /* when, in seconds; 0: no line stands */
    bool is_unsent;        /* records were written that are in memory as yet */
    const char *kind;      /* of the output; NULL: the input's */
    const char *on_stop;   /* what to say to who interrupts: how to go on; or NULL */
};

extern const struct nax_option tool_rows[]; /* the options of all tools */

struct tool tool_start(const char *name, const char *synopsis, int argc, char **argv);
/* Misuse: one line, and where to look, on stderr, exit 2. */
_Noreturn void tool_misuse(const struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);
/* Failure: whole records so far are flushed, the stream is left without trailer, one line, exit 1.
 * Of an empty pipe nothing is said: its source has failed and told why. */
_Noreturn void tool_fail(struct tool *tool, const struct nax_err *err);
/* Puts "; …" behind a message: what to do about it. */
void tool_hint(struct nax_err *err, const char *format, ...) NAX_PRINTF(2, 3);
/* One line on stderr, "name: …". */
void tool_tell(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);
/* The same, of any rank, which it names: why all end. */
void tool_tell_end(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);
/* Before it: where rank 0 fails too, its line is the one, and it ends all ranks meanwhile. */
void tool_yield(void);
/* The same, unless --quiet. */
void tool_say(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);

/* A line on a terminal that the next one overwrites, at most five a second; nothing elsewhere. */
void tool_progress(struct tool *tool, const char *format, ...) NAX_PRINTF(2, 3);

/* n finite numbers, separated by commas. values: [n]. */
void tool_floats(const struct tool *tool, const char *option, const char *text, double *values,
                 size_t n);

/* Opens stdin or the files that are left in argv from optind on. */
void tool_read_open(struct tool *tool);
/* The next record of the share, or false at the end. Fails the tool on a broken stream. The output,
 * with the input's provenance and this program's, is opened at the first call. */
bool tool_read(struct tool *tool, struct nax_record *record);
/* The same for tools that write only after the last record: 1, 0, or a negative status, upon which
 * the tool writes what it has and calls tool_fail. */
int tool_read_status(struct tool *tool, struct nax_record *record,
                     struct nax_err *err) NAX_MUST_USE;
/* For sources, which have no input: opens stdout. */
void tool_write_open(struct tool *tool, const char *kind);
void tool_write(struct tool *tool, const struct nax_record *record);
/* What was written so far leaves now: for records that take long to make. */
void tool_flush(struct tool *tool);
/* Ends the streams, checks that stdout took everything, exits 0. */
_Noreturn void tool_finish(struct tool *tool);

/* A failure of the record just read: fails the tool with "file: record n: …". */
_Noreturn void tool_fail_record(struct tool *tool, struct nax_err *err);

#endif
