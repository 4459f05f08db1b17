/* Records kept in few bytes: each as msgpack, in blocks that never move. */
#include "formats.h"

#include <stdlib.h>

enum { STORE_BLOCK = 1 << 20 }; /* bytes, or more where a record has more */

struct store_block {
    struct store_block *next;
    unsigned char bytes[];
};

struct kept {
    unsigned char *bytes; /* [n] */
    size_t n;
};

struct nax_store {
    size_t n, cap;
    struct kept *at; /* [cap], the first n filled */
    struct store_block *blocks;
    unsigned char *free; /* [n_free] of the newest block */
    size_t n_free;
    struct bytes out; /* of the record that is being added */
};

struct nax_store *nax_store_alloc(void)
{
    return nax_calloc(1, sizeof(struct nax_store));
}

void nax_store_free(struct nax_store *store)
{
    if (!store)
        return;
    while (store->blocks) {
        struct store_block *next = store->blocks->next;
        free(store->blocks);
        store->blocks = next;
    }
    free(store->at);
    free(store->out.v);
    free(store);
}

static bool has_room(struct nax_store *store, size_t n)
{
    if (store->n == store->cap) {
        size_t cap = store->cap ? 2 * store->cap : 256;
        struct kept *at = nax_realloc(store->at, cap, sizeof *at);
        if (!at)
            return false;
        store->at = at;
        store->cap = cap;
    }
    if (n <= store->n_free)
        return true;
    size_t size = NAX_MAX(n, (size_t)STORE_BLOCK);
    struct store_block *b = malloc(sizeof *b + size);
    if (!b)
        return false;
    b->next = store->blocks;
    store->blocks = b;
    store->free = b->bytes;
    store->n_free = size;
    return true;
}

int nax_store_add(struct nax_store *store, const struct nax_record *record, struct nax_err *err)
{
    store->out.n = 0;
    if (nax_msgpack_put(&store->out, record) || !has_room(store, store->out.n))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    const size_t n = store->out.n;
    memcpy(store->free, store->out.v, n);
    store->at[store->n++] = (struct kept){store->free, n};
    store->free += n;
    store->n_free -= n;
    return 0;
}

size_t nax_store_n(const struct nax_store *store)
{
    return store->n;
}

int nax_store_get(const struct nax_store *store, size_t i, struct nax_record *record,
                  struct nax_err *err)
{
    nax_record_clear(record);
    return nax_msgpack_get(store->at[i].bytes, store->at[i].n, record, err);
}
