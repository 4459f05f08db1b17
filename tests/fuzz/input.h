/* What a harness is: one function of bytes. drive/ has the programs that call it. */
#ifndef NAX_FUZZ_INPUT_H
#define NAX_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Hands the bytes to the reader: whether it takes them. What it makes of them is looked at, and
 * ends in abort where it contradicts itself. */
bool fuzz_input(const uint8_t *bytes, size_t n);
/* Writes a file that is taken, for harnesses whose files no tool makes. */
void fuzz_seed(const char *path) __attribute__((weak));

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

struct input_file {
    int fd; /* 0: none yet */
    char path[32];
};

/* A file in memory gets these bytes, and a name that the library can open. */
static inline const char *input_put(struct input_file *file, const void *bytes, size_t n)
{
    if (!file->fd) {
        file->fd = memfd_create("input", 0);
        must(file->fd > 0);
        snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
    }
    must(pwrite(file->fd, bytes, n, 0) == (ssize_t)n && ftruncate(file->fd, (off_t)n) == 0);
    return file->path;
}

/* The same of one file that every call fills anew. */
static inline const char *input_path(const void *bytes, size_t n)
{
    static struct input_file file;
    return input_put(&file, bytes, n);
}

#endif
