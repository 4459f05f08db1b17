/* How far a tool is with its designs: lines on a terminal. */
#ifndef NAX_TOOLS_PROGRESS_H
#define NAX_TOOLS_PROGRESS_H

#include "nax/search.h"
#include "tool.h"

enum { PROGRESS_TITLE_SIZE = NAX_CANDIDATE_NAME_SIZE + 64, PROGRESS_TIME_SIZE = 16 };

/* There will be n designs that are no records of the input, with those that another run did. */
void progress_expect(struct tool *tool, size_t n, size_t n_before);
/* The next design is begun: title is "design 3 of 20, 3x3 on 64", what its lines begin with. How
 * many there are is known of files, not of pipes. n_at_once: designs that are worked on side by
 * side. */
void progress_begin(struct tool *tool, const struct nax_candidate *candidate, size_t n_at_once,
                    char title[PROGRESS_TITLE_SIZE]);
/* A line that the next one overwrites, with the time left of all designs, of which this one is done
 * to this fraction. */
void progress_show(struct tool *tool, const char *title, double done, const char *format, ...)
    NAX_PRINTF(4, 5);
/* Seconds as people say them: "45 s", "12 min", "3.2 h". */
const char *progress_time(double seconds, char text[PROGRESS_TIME_SIZE]);

#endif
