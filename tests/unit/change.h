/* Another value for an option, whatever it is: for tests that change every row of a table. */
#ifndef NAX_TESTS_CHANGE_H
#define NAX_TESTS_CHANGE_H

#include "nax/option.h"

#include <stdio.h>

/* The field gets another value that may be chosen; texts, "rate is 0.1 there and 0.2 here", tells
 * which, of one who finds the changed one here. */
static inline void change_option(const struct nax_option *o, void *object, char text[256])
{
    char before[NAX_OPTION_TEXT_SIZE], after[NAX_OPTION_TEXT_SIZE];
    void *field = (char *)object + o->offset;
    nax_option_print(o, object, before);
    switch (o->kind) {
    case NAX_OPTION_FLAG:
        *(bool *)field = !*(bool *)field;
        break;
    case NAX_OPTION_SIZE:
        *(size_t *)field += (double)*(size_t *)field < o->max || !o->max ? 1 : (size_t)-1;
        break;
    case NAX_OPTION_REAL:
        *(double *)field = *(double *)field > 0 ? *(double *)field * 0.75 : 0.125;
        break;
    case NAX_OPTION_WORD: {
        unsigned word = *(unsigned *)field;
        do
            word = (word + 1) % (unsigned)o->words->n;
        while (o->allowed && !(o->allowed >> word & 1));
        *(unsigned *)field = word;
        break;
    }
    case NAX_OPTION_TEXT:
    case NAX_OPTION_TEXTS:
    case NAX_OPTION_NONE:
        break;
    }
    nax_option_print(o, object, after);
    snprintf(text, 256, "%s is %s there and %s here", o->name, before, after);
}

#endif
