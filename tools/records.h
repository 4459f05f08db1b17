/* Records kept in memory: for tools that need all of a stream before they write. */
#ifndef NAX_TOOLS_RECORDS_H
#define NAX_TOOLS_RECORDS_H

#include "nax/record.h"

struct records {
    size_t n, cap;
    struct nax_record **at; /* [cap], the first n filled */
};

/* Appends a copy. */
int records_add(struct records *records, const struct nax_record *record,
                struct nax_err *err) NAX_MUST_USE;
void records_free(struct records *records);

#endif
