/* How a tool ends before its time: by SIGINT, SIGTERM or SIGHUP, because a file that it reads has
 * shrunk, or for want of memory in a library that cannot tell.
 *
 * A thread of its own waits for that, so that nothing that the tool is at has to look for it: whole
 * records leave, temporary files go, a line tells, and the tool ends by the signal. A signal that
 * was ignored when the tool started stays ignored; a second SIGINT ends the tool at once.
 */
#ifndef NAX_TOOLS_STOP_H
#define NAX_TOOLS_STOP_H

#include "tool.h"

/* Before the first thread. */
void stop_start(struct tool *tool);

/* Work that can be kept, if it is given the time of a step: it looks at nax_is_stopped, keeps what
 * it has, and releases. false: the tool ends already, and nothing is held. Any thread. */
bool stop_hold(void) NAX_MUST_USE;
void stop_release(void);

/* The output's writer, which the thread that ends the tool closes. */
void stop_lock_writer(void);
void stop_unlock_writer(void);

/* Returns, unless the tool ends. */
void stop_yield(void);

#endif
