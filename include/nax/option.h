/* Options as rows: one table of a struct's fields gives their defaults, parsing, ranges, help, and
 * the description by which a run is known again (nax/identity.h).
 *
 * A table ends with a row without a name. An option that is added to a struct needs its row, and
 * nothing else: what walks the table finds it.
 */
#ifndef NAX_OPTION_H
#define NAX_OPTION_H

#include "nax/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nax_option_kind {
    NAX_OPTION_NONE, /* no field: a program looks whether it was given */
    NAX_OPTION_FLAG, /* bool; one that is true by default is switched off, as "no-NAME" */
    NAX_OPTION_SIZE, /* size_t */
    NAX_OPTION_REAL, /* double, finite */
    NAX_OPTION_WORD, /* an enum, by the words of its values */
    NAX_OPTION_TEXT, /* const char *, not copied */
    NAX_OPTION_TEXTS /* struct nax_texts: may come several times */
};

enum { NAX_TEXTS_MAX = 64, NAX_OPTION_TEXT_SIZE = 64 };

struct nax_texts {
    size_t n;
    const char *at[NAX_TEXTS_MAX]; /* not copied */
};

struct nax_option {
    const char *name;     /* "rate", NULL: the end of the table */
    const char *argument; /* what help calls its value: "X"; NULL: it takes none */
    const char *help;     /* without the default and without the words, which come from the row */
    enum nax_option_kind kind;
    size_t offset;    /* kind and offset by NAX_OPTION_FIELD */
    double min, max;  /* of SIZE and REAL; max 0: without end */
    double value;     /* default of FLAG, SIZE, REAL, WORD. NAN: none, and SIZE and WORD are 0 */
    const char *text; /* default of TEXT, or NULL */
    const struct nax_words *words; /* of WORD */
    unsigned allowed;              /* bits of the words' values that may be chosen; 0: all */
    const char *builtin; /* of TEXT: the kind of file that it names (nax_config_read), or NULL */
    /* for command lines */
    char letter;       /* of a short option, or 0 */
    int mode;          /* of options with a mode only one may be given; 0: none */
    const char *needs; /* the option without which this one cannot act, or NULL */
};

/* .kind and .offset of a field, which has to be of one of the types above. */
#define NAX_OPTION_FIELD(type, field)                                                              \
    .kind = _Generic(((type *)NULL)->field,                                                        \
                     bool: NAX_OPTION_FLAG,                                                        \
                     size_t: NAX_OPTION_SIZE,                                                      \
                     double: NAX_OPTION_REAL,                                                      \
                     unsigned: NAX_OPTION_WORD, /* which enums are */                              \
                     const char *: NAX_OPTION_TEXT,                                                \
                     struct nax_texts: NAX_OPTION_TEXTS),                                          \
    .offset = offsetof(type, field)

/* Every field of the table gets its default. */
void nax_options_default(const struct nax_option *options, void *object);

/* Fills the field from text, NULL for a flag. NAX_ERR_VALUE: "rate takes a number from 0 to 1:
 * 'x'". */
int nax_option_parse(const struct nax_option *option, void *object, const char *text,
                     struct nax_err *err) NAX_MUST_USE;

/* Whether numbers and words are what may be chosen, of a struct that was filled otherwise. */
int nax_options_check(const struct nax_option *options, const void *object,
                      struct nax_err *err) NAX_MUST_USE;

/* The field as text from which nax_option_parse makes the same bits; "yes" or "no" of a flag; ""
 * where there is no text. A TEXT is cut. */
void nax_option_print(const struct nax_option *option, const void *object,
                      char text[NAX_OPTION_TEXT_SIZE]);

/* What may be chosen: "onecycle or cosine", "a, b or c". */
void nax_option_words(const struct nax_option *option, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
