/* Records kept in memory. */
#include "records.h"

#include <stdlib.h>

int records_add(struct records *records, const struct nax_record *record, struct nax_err *err)
{
    if (records->n == records->cap) {
        size_t cap = records->cap ? 2 * records->cap : 256;
        struct nax_record **at = nax_realloc(records->at, cap, sizeof *at);
        if (!at)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
        records->at = at;
        records->cap = cap;
    }
    if (!(records->at[records->n] = nax_record_copy(record)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    records->n++;
    return 0;
}

void records_free(struct records *records)
{
    for (size_t i = 0; i < records->n; i++)
        nax_record_free(records->at[i]);
    free(records->at);
}
