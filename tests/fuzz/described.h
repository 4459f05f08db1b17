/* Hardware, described key by key and made anew of its description. */
#ifndef NAX_FUZZ_DESCRIBED_H
#define NAX_FUZZ_DESCRIBED_H

#include "nax/hardware.h"

#include "input.h"

enum { SETS_MAX = 1024 };

struct sets {
    size_t n;
    char *at[SETS_MAX];
};

static inline void take_key(void *self, const char *key, const char *value)
{
    struct sets *sets = self;
    must(sets->n < SETS_MAX && asprintf(&sets->at[sets->n++], "%s=%s", key, value) > 0);
}

/* The same file with every key set to what the description says of it is the same hardware. */
static inline void must_be_as_described(const struct nax_hardware *hardware, const char *name)
{
    struct sets sets = {0};
    struct nax_hardware *again;
    struct nax_err err;
    nax_hardware_describe(hardware, take_key, &sets);
    int status = nax_hardware_load_set(&again, name, (const char *const *)sets.at, sets.n, &err);
    if (status)
        fprintf(stderr, "%s\n", err.text);
    must(!status && nax_hardware_hash(again) == nax_hardware_hash(hardware));
    nax_hardware_free(again);
    for (size_t i = 0; i < sets.n; i++)
        free(sets.at[i]);
}

#endif
