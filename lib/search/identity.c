/* What a space leaves open, as rows that say which list differs. */
#include "nax/identity.h"
#include "nax/search.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_SIZE = 24 };

static void add_sizes(struct nax_identity *identity, const char *name, const int64_t *sizes,
                      size_t n)
{
    char text[NAX_CHOICES_MAX * NUMBER_SIZE] = "";
    for (size_t i = 0, at = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%" PRId64, i ? " " : "", sizes[i]);
    nax_identity_add(identity, name, "%s", text);
}

static void add_ranges(struct nax_identity *identity, const struct nax_space *space)
{
    char text[NAX_CHOICES_MAX * NUMBER_SIZE] = "";
    for (size_t i = 0, at = 0; i < space->n_adc_ranges; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.17g", i ? " " : "",
                               space->adc_ranges[i]);
    nax_identity_add(identity, "adc_ranges", "%s", text);
}

/* Which searched layers may be left out: a digit each. */
static void add_skips(struct nax_identity *identity, const struct nax_space *space)
{
    char text[NAX_SLOTS_MAX + 1];
    for (size_t s = 0; s < space->n_slots; s++)
        text[s] = space->can_skip[s] ? '1' : '0';
    text[space->n_slots] = 0;
    nax_identity_add(identity, "skipped", "%s", text);
}

void nax_space_identify_networks(const struct nax_space *space, struct nax_identity *identity)
{
    add_sizes(identity, "kernels", space->kernels, space->n_kernels);
    nax_identity_add(identity, "skip", "%d", space->has_skip);
    nax_identity_add(identity, "empty", "%d", !space->is_empty_left_out);
    for (size_t s = 0; s < space->n_stages; s++) {
        char name[sizeof "widths." + NAX_LAYER_NAME_SIZE];
        snprintf(name, sizeof name, "widths.%s", space->stage_names[s]);
        add_sizes(identity, name, space->widths[s], space->n_widths[s]);
    }
}

void nax_space_identify(const struct nax_space *space, struct nax_identity *identity)
{
    nax_space_identify_networks(space, identity);
    add_skips(identity, space);
    add_sizes(identity, "crossbars", space->crossbars, space->n_crossbars);
    nax_identity_add(identity, "fixed.crossbar", "%" PRId64, space->crossbar_fixed);
    add_sizes(identity, "adc_bits", space->adc_bits, space->n_adc_bits);
    add_ranges(identity, space);
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        add_sizes(identity, nax_bits_rows[k].name, space->bits[k], space->n_bits[k]);
}
