/* Loaded before the C library, lets the Nth of some calls fail, or the program die at it:
 * FAULT="write 1 28", the call, its number and an errno, or 0 for SIGKILL. Standard streams are
 * left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(const char *call)
{
    static atomic_int n;
    const char *fault = getenv("FAULT");
    char name[16];
    int at, code;
    if (!fault || sscanf(fault, "%15s %d %d", name, &at, &code) != 3 || strcmp(name, call) != 0 ||
        atomic_fetch_add(&n, 1) + 1 < at)
        return 0;
    if (!code)
        kill(getpid(), SIGKILL);
    errno = code;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    static ssize_t (*next)(int, const void *, size_t);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "write");
    return fd > 2 && fails("write") ? -1 : next(fd, bytes, size);
}

int fsync(int fd)
{
    static int (*next)(int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    return fails("fsync") ? -1 : next(fd);
}

int rename(const char *from, const char *to)
{
    static int (*next)(const char *, const char *);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "rename");
    return fails("rename") ? -1 : next(from, to);
}
