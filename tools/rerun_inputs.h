/* What commands read, and what has become of it since. */
#ifndef NAX_TOOLS_RERUN_INPUTS_H
#define NAX_TOOLS_RERUN_INPUTS_H

#include "nax/record.h"

enum rerun_state {
    RERUN_SAME,
    RERUN_CHANGED,
    RERUN_MISSING,
    RERUN_MADE,   /* missing, and the script makes it */
    RERUN_UNKNOWN /* a pipe or a device, of which nothing is known */
};

/* What a command reads that is not there by its pipe. */
struct rerun_input {
    const char *path; /* "-": standard input, which no command writes */
    const char *sum;  /* as the stream says it; "-": not known */
    const char *reader;
    enum rerun_state state;
};

enum { RERUN_INPUTS_MAX = 4096 };

struct rerun_inputs {
    struct rerun_input at[RERUN_INPUTS_MAX];
    size_t n;
};

/* Looks at a file that a command reads and, is_made, another one writes; the texts have to stay.
 * 1: it is new; 0: it was there. */
int rerun_inputs_add(struct rerun_inputs *inputs, const char *path, const char *sum,
                     const char *reader, bool is_made, struct nax_err *err) NAX_MUST_USE;

#endif
