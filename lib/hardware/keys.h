/* The keys of a hardware file, a row each: where a value stands, and what it may be. Reading,
 * changing, checking, describing and the schema for libcyaml walk these rows. */
#ifndef NAX_LIB_HARDWARE_KEYS_H
#define NAX_LIB_HARDWARE_KEYS_H

#include "nax/hardware.h"

enum key_kind {
    KEY_REAL,
    KEY_WHOLE,
    KEY_WORD,   /* one of `words` */
    KEY_TEXT,   /* for people */
    KEY_FILE,   /* a path; what is read from it counts */
    KEY_RETIRED /* accepted and not read */
};

struct hardware_key {
    const char *name; /* "device.r_on_ohm" */
    enum key_kind kind;
    bool is_optional;
    size_t offset;    /* in the struct of its table */
    double min, max;  /* of a number; of a text: its bytes, with the last 0 */
    double absent;    /* number, or value of a word, of a key that is missing */
    const char *zero; /* word for the number 0, which is outside min … max then, or NULL */
    const struct nax_words *words;
};

struct hardware_keys {
    const struct hardware_key *keys; /* [n] */
    size_t n;
};
extern const struct hardware_keys nax_hardware_keys;  /* of struct nax_hardware */
extern const struct hardware_keys nax_layer_keys;     /* of struct nax_adc_layer */
extern const struct hardware_keys nax_component_keys; /* of struct nax_component */
extern const struct hardware_keys nax_value_keys;     /* of struct nax_component_values */

enum { KEYS_MAX = 96, KEY_NAME_SIZE = 128, KEY_TEXT_SIZE = 256, KEY_WHAT_SIZE = 256 };

/* The key of these first n bytes, or NULL. */
const struct hardware_key *nax_key_find(const struct hardware_keys *keys, const char *name,
                                        size_t n);
/* One that a file may not leave out without being told the words. */
bool nax_key_is_word_of_section(const struct hardware_key *key);
/* Puts the value of a text, or of a key that is missing (text NULL), into the object. False: `what`
 * says why it cannot be. */
bool nax_key_read(const struct hardware_key *key, void *object, const char *text,
                  char what[KEY_WHAT_SIZE]);
/* The text that nax_key_read makes the value of. */
void nax_key_write(const struct hardware_key *key, const void *object, char text[KEY_TEXT_SIZE]);
/* The row of the word that the object holds. */
const struct nax_word *nax_key_word(const struct hardware_key *key, const void *object);
/* Parts of a machine that a key of this name is of: NAX_PART_… */
unsigned nax_key_parts(const char *name);
/* Whether a number is in its range. */
bool nax_key_check(const struct hardware_key *key, const void *object, char what[KEY_WHAT_SIZE]);
/* Whether the value is what it would be were the key missing. */
bool nax_key_is_unset(const struct hardware_key *key, const void *object);

#endif
