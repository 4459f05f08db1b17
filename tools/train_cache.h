/* Finished results of nax-train, by what decides them. */
#ifndef NAX_TOOLS_TRAIN_CACHE_H
#define NAX_TOOLS_TRAIN_CACHE_H

#include "train.h"

/* Fills result from the cache where it has the candidate; with checkpoints only where that stands,
 * too. An entry that is broken counts as none. */
int train_cache_get(const struct candidate_run *run, struct nax_record *result, bool *is_known,
                    struct nax_err *err) NAX_MUST_USE;
/* Processes may do this at once: an entry appears whole. */
int train_cache_put(const struct candidate_run *run, struct nax_record *result,
                    struct nax_err *err) NAX_MUST_USE;

/* A record in a file of its own, with a checksum, which appears whole: how entries are kept. */
int train_entry_write(const char *path, struct nax_record *record,
                      struct nax_err *err) NAX_MUST_USE;
/* false: there is none, or it is not whole, and the record is empty. */
bool train_entry_read(const char *path, struct nax_record *record);

#endif
