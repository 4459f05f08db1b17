/* How the libraries that multiply matrices begin. */
#include "products.h"
#include "nax/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void tool_bound_spinning(char **argv)
{
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
        return;
    if (!setenv("GOMP_SPINCOUNT", "1000", 1))
        execv("/proc/self/exe", argv); /* where that fails, all works, only slower beside others */
}

/* Below it no product is ever made: a thread's buffers, and the libraries. */
static const rlim_t least = (rlim_t)(2 * NAX_PRODUCTS_BUFFER_MIB + 128) << 20;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

/* Runs before the initialisation of any library, and so calls nothing that needs one. */
static void check_limits(int argc, char **argv, char **environment)
{
    struct rlimit space, data;
    (void)argc, (void)environment;
    if (getrlimit(RLIMIT_AS, &space) || getrlimit(RLIMIT_DATA, &data) ||
        (space.rlim_cur >= least && data.rlim_cur >= least))
        return;
    const char *slash = strrchr(argv[0], '/');
    say(slash ? slash + 1 : argv[0]);
    say(": out of memory: 'matrix products' in so low a limit: see ulimit -v and -d\n");
    _exit(1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((section(".preinit_array"),
               used)) static void (*const at_first)(int, char **, char **) = check_limits;
#else
__attribute__((used)) static void (*const at_first)(int, char **, char **) = check_limits;
#endif
