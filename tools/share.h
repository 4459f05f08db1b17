/* Which records of its input a tool takes: a share of them, each once, and of an unfinished file
 * those that are there. */
#ifndef NAX_TOOLS_SHARE_H
#define NAX_TOOLS_SHARE_H

#include "nax/option.h"
#include "nax/record.h"

struct tool;

struct share {
    const char *part_text; /* of --part, or NULL */
    size_t part, n_parts;  /* n_parts 0: all records */
    bool is_distinct, is_unfinished;
    size_t n_read; /* records of the input so far */
    uint64_t (*seen)[2];
    size_t n_seen, n_slots, n_again; /* seen: [n_slots], n_seen filled */
};

extern const struct nax_option share_rows[]; /* of struct share */

/* Misuse where --part is none. */
void share_parse(struct tool *tool);
/* Misuse where one of the options was given: no records are read. */
void share_refuse(const struct tool *tool);
/* The next record of the tool's share, as nax_reader_next. */
int share_next(struct tool *tool, struct nax_record *record, struct nax_err *err) NAX_MUST_USE;
/* Of n records in the input, how many are the tool's, or more where some come again. */
size_t share_of(const struct tool *tool, size_t n);
/* Says on stderr how many records came again, and forgets those seen. */
void share_end(struct tool *tool);

#endif
