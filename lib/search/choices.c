/* The choices of a design's places, and sets of designs. */
#include "choices.h"

#include <stdlib.h>
#include <string.h>

/* Those of layers and stages, and the crossbar of all. */
static size_t places_of_network(const struct nax_space *space)
{
    return space->n_slots + space->n_stages + (!space->n_slots && !space->crossbar_fixed);
}

size_t nax_places(const struct nax_space *space)
{
    size_t n = places_of_network(space);
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        n += space->n_bits[k] > 0;
    return n;
}

enum nax_bits nax_place_bits(const struct nax_space *space, size_t place)
{
    size_t at = places_of_network(space);
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        if (space->n_bits[k] && at++ == place)
            return (enum nax_bits)k;
    return NAX_BITS_COUNT;
}

size_t nax_kernels(const struct nax_space *space, size_t place)
{
    return space->is_kernel_own[place] ? 1 : space->n_kernels;
}

static int64_t kernel_at(const struct nax_space *space, size_t place, size_t k)
{
    return space->is_kernel_own[place] ? space->kernel_own[place] : space->kernels[k];
}

/* Whether the place is the crossbar size of a network without searched layers. */
static bool is_of_all(const struct nax_space *space, size_t place)
{
    return place == space->n_slots + space->n_stages && place < places_of_network(space);
}

size_t nax_converters(const struct nax_space *space)
{
    return NAX_MAX(space->n_adc_bits, 1) * NAX_MAX(space->n_adc_ranges, 1);
}

size_t nax_formats(const struct nax_space *space)
{
    size_t n = 1;
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        n *= NAX_MAX(space->n_bits[k], 1);
    return n;
}

void nax_format_take(const struct nax_space *space, size_t format, struct nax_candidate *c)
{
    for (size_t k = NAX_BITS_COUNT; k-- > 0;) {
        const size_t n = NAX_MAX(space->n_bits[k], 1);
        c->bits[k] = space->n_bits[k] ? space->bits[k][format % n] : 0;
        format /= n;
    }
}

uint64_t nax_choices(const struct nax_space *space, size_t place)
{
    const enum nax_bits bits = nax_place_bits(space, place);
    if (bits < NAX_BITS_COUNT)
        return space->n_bits[bits];
    if (is_of_all(space, place))
        return space->n_crossbars;
    if (place >= space->n_slots)
        return NAX_MAX(space->n_widths[place - space->n_slots], 1);
    return nax_kernels(space, place) * space->n_crossbars * nax_converters(space) +
           space->can_skip[place];
}

enum { KERNEL, N_DECISIONS = 4 };

/* How many alternatives each decision of a searched layer has: its kernel or to skip it, crossbar,
 * bits and range. A choice is their number, with all of a skipped layer's in one. */
static void alternatives(const struct nax_space *space, size_t slot, uint64_t n[N_DECISIONS])
{
    n[KERNEL] = nax_kernels(space, slot) + space->can_skip[slot];
    n[1] = space->n_crossbars;
    n[2] = NAX_MAX(space->n_adc_bits, 1);
    n[3] = NAX_MAX(space->n_adc_ranges, 1);
}

size_t nax_place_decisions(const struct nax_space *space, size_t place)
{
    uint64_t n[N_DECISIONS];
    if (place >= space->n_slots)
        return nax_choices(space, place) > 1;
    alternatives(space, place, n);
    return (n[0] > 1) + (n[1] > 1) + (n[2] > 1) + (n[3] > 1);
}

uint64_t nax_choices_mutate(const struct nax_space *space, size_t place, uint64_t choice,
                            double rate, struct nax_rng *rng)
{
    uint64_t n[N_DECISIONS], own[N_DECISIONS] = {0};
    if (place >= space->n_slots)
        return nax_rng_uniform(rng) < rate ? nax_rng_below(rng, nax_choices(space, place)) : choice;
    alternatives(space, place, n);
    const bool can_skip = space->can_skip[place], is_skipped = can_skip && !choice;
    if (!is_skipped) {
        uint64_t rest = choice - can_skip;
        for (size_t d = N_DECISIONS; --d > KERNEL; rest /= n[d])
            own[d] = rest % n[d];
        own[KERNEL] = rest + can_skip;
    }
    if (nax_rng_uniform(rng) < rate)
        own[KERNEL] = nax_rng_below(rng, n[KERNEL]);
    if (can_skip && !own[KERNEL])
        return 0;
    uint64_t mutant = own[KERNEL] - can_skip;
    for (size_t d = KERNEL + 1; d < N_DECISIONS; d++) {
        if (is_skipped || nax_rng_uniform(rng) < rate)
            own[d] = nax_rng_below(rng, n[d]);
        mutant = mutant * n[d] + own[d];
    }
    return mutant + can_skip;
}

void nax_choices_begin(const struct nax_space *space, uint64_t seed, struct nax_candidate *c)
{
    memcpy(c->space, space->name, sizeof space->name);
    memcpy(c->network, space->network, sizeof c->network);
    c->layout = space->layout;
    c->seed = seed;
    c->crossbar_fixed = space->crossbar_fixed;
    c->n_slots = space->n_slots;
    c->n_stages = 0;
    c->has_adc_bits = c->has_adc_range = false;
    memset(c->bits, 0, sizeof c->bits);
}

void nax_choices_take(const struct nax_space *space, size_t place, uint64_t choice,
                      struct nax_candidate *c)
{
    const enum nax_bits bits = nax_place_bits(space, place);
    if (bits < NAX_BITS_COUNT) {
        c->bits[bits] = space->bits[bits][choice];
        return;
    }
    if (is_of_all(space, place)) {
        c->crossbar_fixed = space->crossbars[choice];
        return;
    }
    if (place >= space->n_slots) {
        size_t stage = place - space->n_slots;
        c->n_stages = space->n_stages;
        c->width[stage] =
            space->n_widths[stage] ? space->widths[stage][choice] : space->width_own[stage];
        return;
    }
    const size_t n_bits = space->n_adc_bits, n_ranges = space->n_adc_ranges;
    c->has_adc_bits = n_bits > 0;
    c->has_adc_range = n_ranges > 0;
    c->kernel[place] = c->crossbar[place] = c->adc_bits[place] = 0;
    c->adc_range[place] = 0;
    if (space->can_skip[place] && choice-- == 0)
        return;
    if (n_ranges) {
        c->adc_range[place] = space->adc_ranges[choice % n_ranges];
        choice /= n_ranges;
    }
    if (n_bits) {
        c->adc_bits[place] = space->adc_bits[choice % n_bits];
        choice /= n_bits;
    }
    const uint32_t n = (uint32_t)space->n_crossbars, i = (uint32_t)choice; /* small: both fit */
    c->kernel[place] = kernel_at(space, place, i / n);
    c->crossbar[place] = space->crossbars[i % n];
}

bool nax_choices_end(const struct nax_space *space, struct nax_candidate *c)
{
    bool is_empty = space->is_empty_left_out;
    for (size_t s = 0; s < c->n_slots && is_empty; s++)
        is_empty = c->kernel[s] == 0;
    nax_candidate_drop_own(c, space->n_stages, space->width_own);
    nax_candidate_set_id(c);
    return !is_empty;
}

static int find_width(const struct nax_space *space, size_t stage, const struct nax_candidate *c,
                      size_t *choice, struct nax_err *err)
{
    const int64_t own = space->width_own[stage], width = c->n_stages ? c->width[stage] : own;
    const size_t n = space->n_widths[stage];
    *choice = 0;
    while (*choice < n && space->widths[stage][*choice] != width)
        ++*choice;
    if (n ? *choice < n : width == own)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE, "stage '%s': width %lld is not in space '%s'",
                       space->stage_names[stage], (long long)width, space->name);
}

/* Adds the number of a convolution's converters to that of its kernel and crossbar. */
static int find_converters(const struct nax_space *space, size_t slot,
                           const struct nax_candidate *c, size_t *choice, struct nax_err *err)
{
    const int64_t bits = c->has_adc_bits ? c->adc_bits[slot] : 0;
    const double range = c->has_adc_range ? c->adc_range[slot] : 0;
    size_t b = 0, r = 0;
    while (b < space->n_adc_bits && space->adc_bits[b] != bits)
        b++;
    while (r < space->n_adc_ranges && space->adc_ranges[r] != range)
        r++;
    if ((space->n_adc_bits && !c->has_adc_bits) || (space->n_adc_ranges && !c->has_adc_range))
        return nax_err_set(
            err, NAX_ERR_VALUE, "field '%s' is missing, which space '%s' leaves open",
            space->n_adc_bits && !c->has_adc_bits ? "adc_bits" : "adc_range", space->name);
    if (space->n_adc_bits ? b == space->n_adc_bits : bits != 0)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "layer '%s': %lld bits of ADCs are not in space '%s'",
                           space->slot_names[slot], (long long)bits, space->name);
    if (space->n_adc_ranges ? r == space->n_adc_ranges : range != 0)
        return nax_err_set(err, NAX_ERR_VALUE, "layer '%s': range %g of ADCs is not in space '%s'",
                           space->slot_names[slot], range, space->name);
    *choice = (*choice * NAX_MAX(space->n_adc_bits, 1) + b) * NAX_MAX(space->n_adc_ranges, 1) + r;
    return 0;
}

static int find_of_all(const struct nax_space *space, const struct nax_candidate *c, size_t *choice,
                       struct nax_err *err)
{
    for (*choice = 0; *choice < space->n_crossbars; ++*choice)
        if (space->crossbars[*choice] == c->crossbar_fixed)
            return 0;
    return nax_err_set(err, NAX_ERR_VALUE, "field 'crossbar_fixed': %lld is not in space '%s'",
                       (long long)c->crossbar_fixed, space->name);
}

static int find_bits(const struct nax_space *space, enum nax_bits bits,
                     const struct nax_candidate *c, size_t *choice, struct nax_err *err)
{
    const char *name = nax_bits_rows[bits].name;
    const int64_t own = c->bits[bits];
    const size_t n = space->n_bits[bits];
    *choice = 0;
    while (*choice < n && space->bits[bits][*choice] != own)
        ++*choice;
    if (n ? *choice < n : !own)
        return 0;
    if (!own)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field '%s' is missing, which space '%s' leaves open", name,
                           space->name);
    return nax_err_set(err, NAX_ERR_VALUE, "field '%s': %lld is not in space '%s'", name,
                       (long long)own, space->name);
}

int nax_format_find(const struct nax_space *space, const struct nax_candidate *c, size_t *format,
                    struct nax_err *err)
{
    int status = 0;
    *format = 0;
    for (size_t k = 0; k < NAX_BITS_COUNT && !status; k++) {
        size_t choice;
        status = find_bits(space, (enum nax_bits)k, c, &choice, err);
        *format = *format * NAX_MAX(space->n_bits[k], 1) + choice;
    }
    return status;
}

int nax_choices_check(const struct nax_space *space, const struct nax_candidate *c,
                      struct nax_err *err)
{
    if (strcmp(c->network, space->network) != 0)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'network': '%s', not the space's '%s'",
                           c->network, space->network);
    if (c->n_slots != space->n_slots)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'kernel': %zu values for the %zu searched convolutions of '%s'",
                           c->n_slots, space->n_slots, space->network);
    if (c->n_stages && c->n_stages != space->n_stages)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "field 'width': %zu values for the %zu stages of '%s'", c->n_stages,
                           space->n_stages, space->network);
    size_t format;
    return nax_format_find(space, c, &format, err);
}

int nax_choices_find(const struct nax_space *space, size_t place, const struct nax_candidate *c,
                     size_t *choice, struct nax_err *err)
{
    size_t k = 0, x = 0;
    const enum nax_bits bits = nax_place_bits(space, place);
    if (bits < NAX_BITS_COUNT)
        return find_bits(space, bits, c, choice, err);
    if (is_of_all(space, place))
        return find_of_all(space, c, choice, err);
    if (place >= space->n_slots)
        return find_width(space, place - space->n_slots, c, choice, err);
    const int64_t kernel = c->kernel[place], crossbar = c->crossbar[place];
    *choice = 0;
    if (!kernel && space->can_skip[place])
        return 0;
    if (!kernel)
        return nax_err_set(err, NAX_ERR_VALUE, "layer '%s': cannot be skipped in space '%s'",
                           space->slot_names[place], space->name);
    while (k < nax_kernels(space, place) && kernel_at(space, place, k) != kernel)
        k++;
    while (x < space->n_crossbars && space->crossbars[x] != crossbar)
        x++;
    if (k == nax_kernels(space, place) || x == space->n_crossbars)
        return nax_err_set(
            err, NAX_ERR_VALUE, "layer '%s': kernel %lld on crossbar %lld is not in space '%s'",
            space->slot_names[place], (long long)kernel, (long long)crossbar, space->name);
    *choice = k * space->n_crossbars + x;
    int status = find_converters(space, place, c, choice, err);
    *choice += space->can_skip[place];
    return status;
}

static uint64_t *find_place(uint64_t *ids, size_t cap, uint64_t id)
{
    size_t at = id % cap; /* ids are hashes */
    while (ids[at] && ids[at] != id)
        at = (at + 1) % cap;
    return &ids[at];
}

int nax_seen_add(struct seen *seen, const struct nax_candidate *c, struct nax_err *err)
{
    if (2 * (seen->n + 1) > seen->cap) {
        size_t cap = seen->cap ? 2 * seen->cap : 256;
        uint64_t *ids = nax_calloc(cap, sizeof *ids);
        if (!ids)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'designs'");
        for (size_t i = 0; i < seen->cap; i++)
            if (seen->ids[i])
                *find_place(ids, cap, seen->ids[i]) = seen->ids[i];
        free(seen->ids);
        seen->ids = ids;
        seen->cap = cap;
    }
    uint64_t id = strtoull(c->id, NULL, 16), *place;
    id += id == 0;
    place = find_place(seen->ids, seen->cap, id);
    if (*place)
        return 0;
    *place = id;
    seen->n++;
    return 1;
}
