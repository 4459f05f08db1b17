/* Evolution: offspring of a ranked population (after NSGA-II, Deb et al. 2002). */
#include "choices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct member {
    char id[20];
    int64_t rank;
    double crowding;
    size_t index;
    uint32_t *choice; /* [places] */
};

struct nax_population {
    const struct nax_space *space;
    size_t n, cap, n_parents;
    struct member *members; /* [cap] */
    uint64_t hash;          /* of all members: what draws depend on besides the seed */
    struct seen seen;       /* members and offspring */
};

enum { N_ATTEMPTS = 1000 };

int nax_population_alloc(struct nax_population **population, const struct nax_space *space,
                         struct nax_err *err)
{
    struct nax_population *p = nax_calloc(1, sizeof *p);
    if (!p)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'population'");
    p->space = space;
    *population = p;
    return 0;
}

void nax_population_free(struct nax_population *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        free(p->members[i].choice);
    free(p->members);
    free(p->seen.ids);
    free(p);
}

int nax_population_add(struct nax_population *p, const struct nax_candidate *c, int64_t rank,
                       double crowding, struct nax_err *err)
{
    int status = isnan(crowding) ? nax_err_set(err, NAX_ERR_VALUE, "field 'crowding': not a number")
                                 : nax_choices_check(p->space, c, err);
    if (status)
        return status;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        struct member *members = nax_realloc(p->members, cap, sizeof *members);
        if (!members)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'population'");
        p->members = members;
        p->cap = cap;
    }
    const size_t n_places = nax_places(p->space);
    uint32_t *choice = nax_calloc(n_places, sizeof *choice);
    if (!choice)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'population'");
    struct nax_candidate design;
    nax_choices_begin(p->space, 0, &design);
    for (size_t k = 0; k < n_places; k++) {
        size_t number;
        if ((status = nax_choices_find(p->space, k, c, &number, err))) {
            free(choice);
            return status;
        }
        choice[k] = (uint32_t)number;
        nax_choices_take(p->space, k, number, &design);
    }
    nax_choices_end(p->space, &design);
    p->members[p->n] =
        (struct member){.rank = rank, .crowding = crowding, .index = p->n, .choice = choice};
    memcpy(p->members[p->n++].id, design.id, sizeof design.id);
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->crowding != y->crowding)
        return x->crowding > y->crowding ? -1 : 1;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

int nax_population_settle(struct nax_population *p, size_t n_parents, struct nax_err *err)
{
    size_t n = 0;
    if (p->n)
        qsort(p->members, p->n, sizeof *p->members, compare);
    for (size_t i = 0; i < p->n; i++) {
        struct nax_candidate design;
        memcpy(design.id, p->members[i].id, sizeof design.id);
        int status = nax_seen_add(&p->seen, &design, err);
        if (status < 0)
            return status;
        if (!status) { /* the same design again */
            free(p->members[i].choice);
            p->members[i].choice = NULL;
            continue;
        }
        p->hash = nax_hash(p->hash, design.id, strlen(design.id));
        struct member kept = p->members[i];
        p->members[i].choice = NULL;
        p->members[n++] = kept;
    }
    p->n = n;
    p->n_parents = NAX_MIN(n, n_parents);
    return 0;
}

size_t nax_population_n(const struct nax_population *p)
{
    return p->n;
}

size_t nax_population_index(const struct nax_population *p, size_t k)
{
    return p->members[k].index;
}

int64_t nax_population_rank(const struct nax_population *p, size_t k)
{
    return p->members[k].rank;
}

/* The better of two drawn at random. */
static const struct member *win(const struct nax_population *p, struct nax_rng *rng)
{
    uint64_t a = nax_rng_below(rng, p->n_parents), b = nax_rng_below(rng, p->n_parents);
    return &p->members[NAX_MIN(a, b)];
}

/* The choice with the kernel of one and the crossbar and converters of another; one that skips is
 * taken whole, and so is a stage's width; bits are the hardware's. */
static int graft(const struct nax_space *space, size_t place, uint64_t kernel_of,
                 uint64_t crossbar_of, uint64_t *choice, struct nax_err *err)
{
    struct nax_candidate stock, scion;
    size_t number;
    *choice = nax_place_bits(space, place) < NAX_BITS_COUNT ? crossbar_of : kernel_of;
    if (place >= space->n_slots)
        return 0;
    nax_choices_take(space, place, kernel_of, &stock);
    nax_choices_take(space, place, crossbar_of, &scion);
    if (!stock.kernel[place] || !scion.kernel[place])
        return 0;
    scion.kernel[place] = stock.kernel[place];
    int status = nax_choices_find(space, place, &scion, &number, err);
    if (!status)
        *choice = number;
    return status;
}

/* A stretch of neighbouring convolutions, which may be empty or all. */
struct stretch {
    size_t first, after;
};

static struct stretch draw_stretch(const struct nax_space *space, struct nax_rng *rng)
{
    const size_t a = nax_rng_below(rng, space->n_slots + 1),
                 b = nax_rng_below(rng, space->n_slots + 1);
    return (struct stretch){NAX_MIN(a, b), NAX_MAX(a, b)};
}

/* A design ends as a child, unless it is the empty one or there is one like it: 1, 0 or a negative
 * status. */
static int deliver(struct nax_population *p, struct nax_candidate *child, struct nax_err *err)
{
    return nax_choices_end(p->space, child) ? nax_seen_add(&p->seen, child, err) : 0;
}

static double rising(double rate, uint64_t attempt)
{
    return rate + (1 - rate) * (double)attempt / (N_ATTEMPTS - 1);
}

int nax_population_breed(struct nax_population *p, double mutation, bool keeps_kernels,
                         uint64_t seed, uint64_t i, struct nax_candidate *child,
                         struct nax_err *err)
{
    const struct nax_space *space = p->space;
    nax_choices_begin(space, seed, child);
    for (uint64_t attempt = 0; attempt < N_ATTEMPTS && p->n_parents; attempt++) {
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_EVOLVE, p->hash, i, attempt);
        const struct member *parents[2] = {win(p, &rng), win(p, &rng)};
        const struct stretch other = draw_stretch(space, &rng);
        for (size_t k = 0; k < nax_places(space); k++) {
            const bool is_other =
                k < space->n_slots ? k >= other.first && k < other.after : nax_rng_below(&rng, 2);
            uint64_t choice = nax_choices_mutate(space, k, parents[is_other]->choice[k],
                                                 rising(mutation, attempt), &rng);
            int status =
                keeps_kernels ? graft(space, k, parents[0]->choice[k], choice, &choice, err) : 0;
            if (status)
                return status;
            nax_choices_take(space, k, choice, child);
        }
        int status = deliver(p, child, err);
        if (status)
            return status;
    }
    return 0;
}

int nax_population_found(struct nax_population *p, uint64_t seed, uint64_t i,
                         struct nax_candidate *child, struct nax_err *err)
{
    const struct nax_space *space = p->space;
    const size_t n_rest = space->n_crossbars * nax_converters(space);
    nax_choices_begin(space, seed, child);
    for (uint64_t attempt = 0; attempt < N_ATTEMPTS; attempt++) {
        struct nax_rng rng = nax_rng_at(seed, NAX_RNG_EVOLVE, p->hash, i, attempt);
        const size_t kernel = nax_rng_below(&rng, NAX_MAX(space->n_kernels, 1)),
                     rest = nax_rng_below(&rng, n_rest);
        const struct stretch middle = draw_stretch(space, &rng);
        double skipped[3];
        for (size_t part = 0; part < 3; part++)
            skipped[part] = nax_rng_uniform(&rng);
        for (size_t k = 0; k < nax_places(space); k++) {
            uint64_t choice = nax_rng_below(&rng, nax_choices(space, k));
            if (k < space->n_slots) {
                const size_t own = space->is_kernel_own[k] ? 0 : kernel;
                const bool is_skipped =
                    nax_rng_uniform(&rng) < skipped[(k >= middle.first) + (k >= middle.after)];
                choice = own * n_rest + rest;
                if (space->can_skip[k])
                    choice = is_skipped ? 0 : 1 + choice;
            }
            choice = nax_choices_mutate(space, k, choice, rising(0, attempt), &rng);
            nax_choices_take(space, k, choice, child);
        }
        int status = deliver(p, child, err);
        if (status)
            return status;
    }
    return 0;
}

int nax_population_claim(struct nax_population *p, const struct nax_candidate *c,
                         struct nax_err *err)
{
    return nax_seen_add(&p->seen, c, err);
}
