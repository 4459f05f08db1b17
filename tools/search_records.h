/* What a search writes: a record of every epoch, and the policy. */
#ifndef NAX_TOOLS_SEARCH_RECORDS_H
#define NAX_TOOLS_SEARCH_RECORDS_H

#include "nax/cosearch.h"
#include "nax/record.h"

/* Both clear the record first; 0, or NAX_ERR_MEMORY. id: of the run. */
int search_epoch_record(const struct nax_cosearch_epoch *epoch, const char *id,
                        struct nax_record *record) NAX_MUST_USE;
int search_policy_record(const struct nax_space *space, const struct nax_cosearch *search,
                         struct nax_record *record) NAX_MUST_USE;

#endif
