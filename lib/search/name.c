/* Short names of designs, for people: what their hash does not say. */
#include "nax/search.h"

#include <stdio.h>
#include <string.h>

struct span {
    int64_t least, most; /* of what is not 0; both 0: nothing is */
};

static struct span span_of(const int64_t *values, size_t n)
{
    struct span span = {0, 0};
    for (size_t i = 0; i < n; i++) {
        if (!values[i])
            continue;
        span.least = span.least ? NAX_MIN(span.least, values[i]) : values[i];
        span.most = NAX_MAX(span.most, values[i]);
    }
    return span;
}

static bool is_one(struct span span)
{
    return span.least == span.most;
}

/* Appends to a name of n bytes so far; how many it has then. */
static size_t append(char *name, size_t n, const char *before, struct span span)
{
    int more =
        snprintf(name + n, NAX_CANDIDATE_NAME_SIZE - n, is_one(span) ? "%s%lld" : "%s%lld-%lld",
                 before, (long long)span.least, (long long)span.most);
    return NAX_MIN(n + (size_t)more, NAX_CANDIDATE_NAME_SIZE - 1);
}

bool nax_candidate_is_uniform(const struct nax_candidate *c)
{
    if (!c->n_slots || !c->kernel[0] || c->n_stages || c->has_adc_bits || c->has_adc_range ||
        nax_candidate_has_bits(c))
        return false;
    for (size_t s = 1; s < c->n_slots; s++)
        if (c->kernel[s] != c->kernel[0] || c->crossbar[s] != c->crossbar[0])
            return false;
    return true;
}

/* Of a design without searched layers, or with all of them left out: its network. */
static size_t append_network(char *name, const struct nax_candidate *c)
{
    enum { LETTERS_MAX = 40 };
    const char *slash = strrchr(c->network, '/'), *file = slash ? slash + 1 : c->network;
    size_t n = strlen(file);
    n -= n > 5 && !strcmp(file + n - 5, ".yaml") ? 5 : 0;
    n = (size_t)snprintf(name, NAX_CANDIDATE_NAME_SIZE, "%.*s", (int)NAX_MIN(n, LETTERS_MAX), file);
    return c->crossbar_fixed
               ? append(name, n, " on ", (struct span){c->crossbar_fixed, c->crossbar_fixed})
               : n;
}

void nax_candidate_name(const struct nax_candidate *c, char name[NAX_CANDIDATE_NAME_SIZE])
{
    const struct span kernel = span_of(c->kernel, c->n_slots);
    const struct span crossbar = span_of(c->crossbar, c->n_slots);
    size_t n_skipped = 0, n = 0;
    for (size_t s = 0; s < c->n_slots; s++)
        n_skipped += !c->kernel[s];
    if (!kernel.most)
        n = append_network(name, c);
    else {
        n = append(name, n, "", kernel);
        if (is_one(kernel))
            n = append(name, n, "x", kernel);
        n = append(name, n, " on ", crossbar);
    }
    if (c->n_stages)
        n = append(name, n, ", wide ", span_of(c->width, c->n_stages));
    if (c->has_adc_bits)
        n = append(name, n, ", adc ", span_of(c->adc_bits, c->n_slots));
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        if (c->bits[k]) {
            char before[32];
            snprintf(before, sizeof before, ", %s ", nax_bits_rows[k].noun);
            n = append(name, n, before, span_of(&c->bits[k], 1));
        }
    if (n_skipped)
        n += (size_t)snprintf(name + n, NAX_CANDIDATE_NAME_SIZE - n, ", %zu out", n_skipped);
    if (!nax_candidate_is_uniform(c) && n < NAX_CANDIDATE_NAME_SIZE)
        snprintf(name + n, NAX_CANDIDATE_NAME_SIZE - n, " #%.4s", c->id);
}
