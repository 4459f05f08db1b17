/* Tools of several verbs: options that some of these alone have. */
#ifndef NAX_TOOLS_VERBS_H
#define NAX_TOOLS_VERBS_H

#include "tool.h"

struct tool_verb {
    const char *word, *format; /* "import", "mnist"; format NULL: the word is all */
};

struct owned_option {
    const char *option;
    unsigned verbs; /* 1 << verb, those that have it */
};

/* Misuse where an option is given that verb v has not: "--size belongs to 'import folder', 'import
 * mnist'". verbs: [n_verbs], owned: [n_owned]. */
void tool_check_owned(const struct tool *tool, const struct tool_verb *verbs, size_t n_verbs,
                      size_t v, const struct owned_option *owned, size_t n_owned);

#endif
