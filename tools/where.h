/* Conditions that records have to meet: the option --where of who reads them. */
#ifndef NAX_TOOLS_WHERE_H
#define NAX_TOOLS_WHERE_H

#include "tool.h"

#include "nax/search.h"

struct where {
    struct nax_texts texts;                         /* as they were given */
    struct nax_condition conditions[NAX_TEXTS_MAX]; /* [texts.n] */
    size_t n_judged, n_met;
};

/* The option's row, of a struct with a member `where` of the type above. */
#define WHERE_ROW(type)                                                                            \
    {                                                                                              \
        "where", "COND",                                                                           \
            "only records for which 'accuracy >= 0.9' or the like holds; may come several times",  \
            NAX_OPTION_FIELD(type, where.texts), .letter = 'w'                                     \
    }

/* Misuse where one is none. */
void where_parse(const struct tool *tool, struct where *where);
/* 1: all hold; 0; or a negative status. */
int where_holds(struct where *where, const struct nax_record *record, struct nax_err *err);
/* Whether the record lacks one of the fields. */
bool where_lacks(const struct where *where, const struct nax_record *record);
/* A line on stderr where no record was left. */
void where_tell(struct tool *tool, const struct where *where);

#endif
