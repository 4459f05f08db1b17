/* Provenance: the programs that a stream went through. */
#ifndef NAX_RECORD_PROG_H
#define NAX_RECORD_PROG_H

#include "nax/record.h"

enum { NAX_PROGS_MAX = 1024 };

struct prog_list {
    struct nax_prog *v; /* [n]; strings are the list's own */
    size_t n, cap, n_bytes;
};

struct source_list {
    struct nax_source *v; /* [n] */
    size_t n, cap;
};

/* Appends a copy unless an equal entry is there already. Beyond 1024 entries or 1 MiB of text
 * entries are dropped: memory stays bounded however many segments a stream has. */
int nax_prog_add(struct prog_list *list, const struct nax_prog *prog,
                 struct nax_err *err) NAX_MUST_USE;
/* Appends who made a segment, 0: it does not say, unless that is there already. Beyond 1024 it is
 * dropped. */
int nax_source_add(struct source_list *list, uint64_t maker, const char *path,
                   struct nax_err *err) NAX_MUST_USE;
void nax_prog_clear(struct prog_list *list);
void nax_prog_free(struct prog_list *list);

#endif
