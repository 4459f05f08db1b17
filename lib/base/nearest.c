/* Names that were meant: the one that a word is spelled most like. */
#include "nax/base.h"

#include <stdio.h>
#include <string.h>

enum { LETTERS_MAX = 63, BEGIN_MIN = 3 };

/* Damerau and Levenshtein's distance, neighbours swapped at most once. */
static size_t distance(const char *a, const char *b, size_t n_a, size_t n_b)
{
    /* [0]: from the first i letters of a to the first j of b; [1], [2]: of i - 1, i - 2 */
    size_t row[3][LETTERS_MAX + 1] = {{0}};
    for (size_t j = 0; j <= n_b; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        memmove(row[1], row[0], 2 * sizeof *row);
        row[0][0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t changed = row[1][j - 1] + (a[i - 1] != b[j - 1]);
            size_t added = NAX_MIN(row[0][j - 1], row[1][j]) + 1;
            row[0][j] = NAX_MIN(changed, added);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[0][j] = NAX_MIN(row[0][j], row[2][j - 2] + 1);
        }
    }
    return row[0][n_b];
}

void nax_nearest_try(struct nax_nearest *nearest, const char *name)
{
    size_t n_word = strlen(nearest->word), n_name = strlen(name);
    if (n_word > LETTERS_MAX || n_name > LETTERS_MAX)
        return;
    size_t d = distance(nearest->word, name, n_word, n_name);
    if (n_word >= BEGIN_MIN && !strncmp(nearest->word, name, n_word))
        d = NAX_MIN(d, n_word / 2);
    if (2 * d > n_word || (nearest->name && d >= nearest->distance))
        return;
    nearest->name = name;
    nearest->distance = d;
}

const char *nax_nearest_text(const struct nax_nearest *nearest, char text[NAX_NEAREST_TEXT])
{
    *text = 0;
    if (nearest->name)
        snprintf(text, NAX_NEAREST_TEXT, "; did you mean '%s'?", nearest->name);
    return text;
}
