/* Checked allocation. */
#include "nax/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const size_t cache_line = 64;
static const size_t huge_page = (size_t)2 << 20;

void *nax_calloc(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

void *nax_realloc(void *p, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return realloc(p, total ? total : 1);
}

void *nax_grow(void *p, size_t n, size_t size)
{
    return n & (n - 1) ? p : nax_realloc(p, n ? 2 * n : 1, size);
}

char *nax_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

void *nax_aligned_calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX / 2)
        return NULL;
    bool is_large = total >= 2 * huge_page;
    size_t unit = is_large ? huge_page : cache_line;
    total = total ? NAX_ROUND_UP(total, unit) : unit;
    void *p = aligned_alloc(unit, total);
    if (!p)
        return NULL;
    if (is_large)
        madvise(p, total, MADV_HUGEPAGE); /* a wish: nothing depends on it */
    return memset(p, 0, total);
}

void nax_aligned_free(void *p)
{
    free(p);
}

bool nax_has_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && !munmap(p, size);
}
