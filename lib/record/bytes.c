/* Bytes that grow at their end. */
#include "bytes.h"

int nax_bytes_reserve(struct bytes *b, size_t n)
{
    if (n <= b->cap - b->n)
        return 0;
    size_t wanted;
    if (__builtin_add_overflow(b->n, n, &wanted) || wanted > SIZE_MAX / 4)
        return NAX_ERR_MEMORY;
    size_t cap = NAX_MAX(2 * b->cap, wanted);
    unsigned char *grown = nax_realloc(b->v, cap, 1);
    if (!grown)
        return NAX_ERR_MEMORY;
    b->v = grown;
    b->cap = cap;
    return 0;
}
