/* Tables of words. */
#include "nax/base.h"

#include <stdio.h>
#include <string.h>

const struct nax_word *nax_words_row(const struct nax_words *words, int value)
{
    return (const struct nax_word *)((const char *)words->rows + (size_t)value * words->row_size);
}

const struct nax_word *nax_words_find(const struct nax_words *words, const char *word)
{
    for (size_t i = 0; i < words->n; i++) {
        const struct nax_word *row = nax_words_row(words, (int)i);
        if (!strcmp(row->word, word))
            return row;
    }
    return NULL;
}

void nax_words_neither(const struct nax_words *words, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < words->n && used < size; i++) {
        const char *before = !i ? "neither " : i + 1 < words->n ? ", " : " nor ";
        int n =
            snprintf(text + used, size - used, "%s%s", before, nax_words_row(words, (int)i)->word);
        used += (size_t)n;
    }
}
