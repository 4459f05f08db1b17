/* Bytes that grow at their end. */
#ifndef NAX_RECORD_BYTES_H
#define NAX_RECORD_BYTES_H

#include <string.h>

#include "nax/base.h"

struct bytes {
    unsigned char *v; /* [cap], n in use */
    size_t n, cap;
};

/* Makes sure that n bytes more can be put. NAX_ERR_MEMORY or 0. */
int nax_bytes_reserve(struct bytes *b, size_t n) NAX_MUST_USE;
/* n bytes that were reserved. */
static inline void nax_bytes_put(struct bytes *b, const void *p, size_t n)
{
    if (n) /* of nothing, the bytes may be nowhere */
        memcpy(b->v + b->n, p, n);
    b->n += n;
}

#endif
