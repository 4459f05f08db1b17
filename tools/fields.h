/* The fields that are written or drawn: the option --fields of all tools. */
#ifndef NAX_TOOLS_FIELDS_H
#define NAX_TOOLS_FIELDS_H

#include "nax/record.h"

struct tool;

enum { FIELDS_MAX = 64 };

/* The fields chosen of a record, in the order chosen, until the next call; the record itself where
 * the option was not given; NULL: none of them is there. Fails the tool where a name is none. */
const struct nax_record *fields_choose(struct tool *tool, const struct nax_record *record);
/* After the last record: fails the tool where no record had what was asked for. */
void fields_check(struct tool *tool);
/* Whether the i-th word of the list is the name of the field, a pattern that it matches, or its
 * name without its unit. false past the last word, and *is_past true. */
bool fields_match(const char *list, size_t i, const char *name, bool *is_past);

#endif
