/* Ranks of a tool. */
#include "ranks.h"
#include "nax/ranks.h"

#include <fcntl.h>
#include <unistd.h>

struct tool ranks_start(const char *name, const char *synopsis, int argc, char **argv)
{
    struct tool tool = tool_start(name, synopsis, argc, argv);
    struct nax_err err;
    if (nax_ranks_start(&err))
        tool_fail(&tool, &err);
    int nowhere = nax_ranks_own() ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        close(nowhere);
    }
    return tool;
}

void ranks_refuse(const struct tool *tool, const char *option, const char *instead)
{
    if (nax_ranks() > 1 && tool_given(tool, option))
        tool_misuse(tool, "ranks of MPI share one design; %s: '--%s'", instead, option);
}
