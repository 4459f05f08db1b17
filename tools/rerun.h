/* The commands that made a stream, as a script. */
#ifndef NAX_TOOLS_RERUN_H
#define NAX_TOOLS_RERUN_H

#include "rerun_inputs.h"

struct rerun;

/* rerun_check after each record that the reader returns, and at the end: whether its segment says
 * who made it. Then rerun_script: a shell script, freed by the caller with free. Inputs are looked
 * at by then. */
struct rerun *rerun_alloc(const struct nax_reader *reader) NAX_MUST_USE; /* NULL: out of memory */
void rerun_free(struct rerun *rerun);
int rerun_check(const struct rerun *rerun, struct nax_err *err) NAX_MUST_USE;
int rerun_script(struct rerun *rerun, char **script, struct nax_err *err) NAX_MUST_USE;
const struct rerun_inputs *rerun_inputs(const struct rerun *rerun);

#endif
