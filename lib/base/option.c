/* Options as rows. */
#include "nax/option.h"
#include "decimal.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *field_of(const struct nax_option *o, void *object)
{
    return (char *)object + o->offset;
}

void nax_options_default(const struct nax_option *options, void *object)
{
    for (const struct nax_option *o = options; o->name; o++) {
        void *field = field_of(o, object);
        switch (o->kind) {
        case NAX_OPTION_FLAG:
            *(bool *)field = o->value != 0;
            break;
        case NAX_OPTION_SIZE:
            *(size_t *)field = isnan(o->value) ? 0 : (size_t)o->value;
            break;
        case NAX_OPTION_REAL:
            *(double *)field = o->value;
            break;
        case NAX_OPTION_WORD:
            *(unsigned *)field = isnan(o->value) ? 0 : (unsigned)o->value;
            break;
        case NAX_OPTION_TEXT:
            *(const char **)field = o->text;
            break;
        case NAX_OPTION_TEXTS:
            ((struct nax_texts *)field)->n = 0;
            break;
        case NAX_OPTION_NONE:
            break;
        }
    }
}

/* --- what may be chosen --- */

static int64_t size_max(const struct nax_option *o)
{
    return o->max > 0 && o->max < 0x1p63 ? (int64_t)o->max : INT64_MAX;
}

static int parse_size(const struct nax_option *o, const char *text, size_t *out,
                      struct nax_err *err)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < (int64_t)o->min || value > size_max(o))
        return nax_err_set(err, NAX_ERR_VALUE, "%s takes an integer from %lld to %lld: '%s'",
                           o->name, (long long)o->min, (long long)size_max(o), text);
    *out = (size_t)value;
    return 0;
}

static int parse_real(const struct nax_option *o, const char *text, double *out,
                      struct nax_err *err)
{
    char *end;
    double value = strtod(text, &end), max = o->max > 0 ? o->max : DBL_MAX;
    if (end == text || *end || !isfinite(value) || value < o->min || value > max)
        return nax_err_set(err, NAX_ERR_VALUE, "%s takes a number from %g to %g: '%s'", o->name,
                           o->min, max, text);
    *out = value + 0.0; /* -0 is 0 */
    return 0;
}

static bool is_allowed(const struct nax_option *o, unsigned value)
{
    return value < o->words->n && (!o->allowed || o->allowed >> value & 1);
}

void nax_option_words(const struct nax_option *o, char *text, size_t size)
{
    size_t n = 0, n_left = 0;
    for (unsigned v = 0; v < o->words->n; v++)
        n_left += is_allowed(o, v);
    *text = 0;
    for (unsigned v = 0; v < o->words->n && n < size; v++)
        if (is_allowed(o, v)) {
            const char *after = --n_left > 1 ? ", " : n_left ? " or " : "";
            const char *word = nax_words_row(o->words, (int)v)->word;
            n += (size_t)snprintf(text + n, size - n, "%s%s", word, after);
        }
}

static int parse_word(const struct nax_option *o, const char *text, unsigned *out,
                      struct nax_err *err)
{
    char words[256], near[NAX_NEAREST_TEXT];
    struct nax_nearest nearest = {.word = text};
    const struct nax_word *word = nax_words_find(o->words, text);
    if (word && is_allowed(o, (unsigned)word->value)) {
        *out = (unsigned)word->value;
        return 0;
    }
    nax_option_words(o, words, sizeof words);
    for (unsigned v = 0; v < o->words->n; v++)
        if (is_allowed(o, v))
            nax_nearest_try(&nearest, nax_words_row(o->words, (int)v)->word);
    return nax_err_set(err, NAX_ERR_VALUE, "%s takes %s: '%s'%s", o->name, words, text,
                       nax_nearest_text(&nearest, near));
}

static int add_text(const struct nax_option *o, const char *text, struct nax_texts *texts,
                    struct nax_err *err)
{
    if (texts->n == NAX_TEXTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "%s may come at most %d times: '%s'", o->name,
                           NAX_TEXTS_MAX, text);
    texts->at[texts->n++] = text;
    return 0;
}

int nax_option_parse(const struct nax_option *o, void *object, const char *text,
                     struct nax_err *err)
{
    void *field = field_of(o, object);
    switch (o->kind) {
    case NAX_OPTION_FLAG:
        *(bool *)field = !o->value;
        return 0;
    case NAX_OPTION_SIZE:
        return parse_size(o, text, field, err);
    case NAX_OPTION_REAL:
        return parse_real(o, text, field, err);
    case NAX_OPTION_WORD:
        return parse_word(o, text, field, err);
    case NAX_OPTION_TEXT:
        *(const char **)field = text;
        return 0;
    case NAX_OPTION_TEXTS:
        return add_text(o, text, field, err);
    case NAX_OPTION_NONE:
        return 0;
    }
    return 0;
}

int nax_options_check(const struct nax_option *options, const void *object, struct nax_err *err)
{
    int status = 0;
    for (const struct nax_option *o = options; !status && o->name; o++) {
        char text[NAX_OPTION_TEXT_SIZE];
        union {
            size_t size;
            double real;
            unsigned word;
        } copy;
        nax_option_print(o, object, text);
        if (o->kind == NAX_OPTION_SIZE)
            status = parse_size(o, text, &copy.size, err);
        else if (o->kind == NAX_OPTION_REAL)
            status = parse_real(o, text, &copy.real, err);
        else if (o->kind == NAX_OPTION_WORD)
            status = parse_word(o, text, &copy.word, err);
    }
    return status;
}

/* --- as text --- */

void nax_option_print(const struct nax_option *o, const void *object,
                      char text[NAX_OPTION_TEXT_SIZE])
{
    const void *field = (const char *)object + o->offset;
    *text = 0;
    switch (o->kind) {
    case NAX_OPTION_FLAG:
        strcpy(text, *(const bool *)field ? "yes" : "no");
        break;
    case NAX_OPTION_SIZE:
        snprintf(text, NAX_OPTION_TEXT_SIZE, "%zu", *(const size_t *)field);
        break;
    case NAX_OPTION_REAL:
        nax_decimal_print(text, *(const double *)field, 6);
        break;
    case NAX_OPTION_WORD:
        if (*(const unsigned *)field < o->words->n) /* else no value of the enum: no text */
            snprintf(text, NAX_OPTION_TEXT_SIZE, "%s",
                     nax_words_row(o->words, *(const int *)field)->word);
        break;
    case NAX_OPTION_TEXT:
        snprintf(text, NAX_OPTION_TEXT_SIZE, "%s",
                 *(const char *const *)field ? *(const char *const *)field : "");
        break;
    case NAX_OPTION_TEXTS:
    case NAX_OPTION_NONE:
        break;
    }
}
