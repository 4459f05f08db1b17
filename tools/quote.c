/* Command lines as text. */
#include "quote.h"

#include <stdlib.h>
#include <string.h>

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789_-+=.,:/@%^";

char *quote_words(int argc, char **argv)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3;
    char *line = nax_calloc(size, 1), *out = line;
    for (int i = 0; line && i < argc; i++) {
        const char *word = argv[i];
        bool is_plain = *word && !word[strspn(word, plain)];
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

/* A word from *from on, written to *to with a zero byte behind it; both move on. */
static bool take_word(const char **from, char **to)
{
    const char *p = *from;
    for (size_t n; *p && *p != ' '; p += n) {
        n = strspn(p, plain);
        const char *part = p;
        if (!n && p[0] == '\\' && p[1] == '\'') {
            part = p + 1;
            n = 2;
        } else if (!n) {
            const char *end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
            if (!end)
                return false;
            part = p + 1;
            n = (size_t)(end + 1 - p);
        }
        size_t n_kept = n - (size_t)(part - p) - (*p == '\'');
        memcpy(*to, part, n_kept);
        *to += n_kept;
    }
    *(*to)++ = 0;
    *from = p;
    return true;
}

bool quote_split(const char *line, char ***words, size_t *n)
{
    size_t n_max = 1;
    for (const char *p = line; *p; p++)
        n_max += *p == ' ';
    /* the words, and behind them their texts, which are no longer than the line */
    char **list = malloc(n_max * sizeof *list + strlen(line) + n_max), *to = (char *)(list + n_max);
    for (*n = 0; list && *line; line += *line == ' ') {
        list[(*n)++] = to;
        if (!take_word(&line, &to)) {
            free(list);
            return false;
        }
    }
    *words = list;
    return list != NULL;
}
