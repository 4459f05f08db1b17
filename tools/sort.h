/* The order of records by a field: the option --sort of who has all of them. */
#ifndef NAX_TOOLS_SORT_H
#define NAX_TOOLS_SORT_H

#include "tool.h"

struct sort {
    const char *text; /* "FIELD", "FIELD:min" or "FIELD:max", as it was given; NULL: as they come */
    char field[256];
    bool is_max;
};

/* A record's place in the order. */
struct sort_key {
    size_t index;
    double number;
    char *text; /* of a string, or NULL */
    bool is_missing;
};

void sort_parse(const struct tool *tool, struct sort *sort);
/* The key of a record, the index-th. Records without the field come last; a list has no order. */
int sort_take(const struct sort *sort, const struct nax_record *record, size_t index,
              struct sort_key *key, struct nax_err *err) NAX_MUST_USE;
/* keys: [n]; equal ones by their index. Texts are freed. */
void sort_keys(const struct sort *sort, struct sort_key *keys, size_t n);

#endif
