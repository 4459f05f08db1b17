/* Command lines as text. */
#include "quote.h"

#include <stdlib.h>
#include <string.h>

char *quote_words(int argc, char **argv)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3;
    char *line = nax_calloc(size, 1), *out = line;
    for (int i = 0; line && i < argc; i++) {
        const char *word = argv[i];
        bool is_plain =
            *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789_-+=.,:/@%^")];
        if (i)
            *out++ = ' ';
        if (!is_plain)
            *out++ = '\'';
        for (; *word; word++)
            if (*word == '\'')
                out = stpcpy(out, "'\\''");
            else
                *out++ = *word;
        if (!is_plain)
            *out++ = '\'';
    }
    return line;
}
