/* Ranks of a tool. */
#include "ranks.h"
#include "nax/nn.h"
#include "nax/ranks.h"

#include <fcntl.h>
#include <unistd.h>

struct tool ranks_start(const char *name, const char *synopsis, int argc, char **argv)
{
    struct tool tool = tool_start(name, synopsis, argc, argv);
    struct nax_err err;
    if (nax_ranks_start(&err))
        tool_fail(&tool, &err);
    if (!nax_ranks_own())
        return tool;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
        nax_err_io(&err, "cannot open: '/dev/null'");
        tool_fail(&tool, &err);
    }
    close(nowhere);
    return tool;
}

void ranks_refuse(const struct tool *tool, const char *option, const char *instead)
{
    if (nax_ranks() > 1 && tool_given(tool, option))
        tool_misuse(tool, "ranks of MPI share one design; %s: '--%s'", instead, option);
}

void ranks_tell_idle(struct tool *tool, size_t batch)
{
    const size_t n_ranks = (size_t)nax_ranks();
    if (n_ranks > 1 && batch < n_ranks * NAX_CHUNK)
        tool_say(tool,
                 "%zu ranks work on up to %d images each, some perhaps on none: '--batch %zu'",
                 n_ranks, NAX_CHUNK, batch);
}
