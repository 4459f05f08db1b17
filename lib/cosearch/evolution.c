/* Generations of designs. */
#include "evolution.h"
#include "../search/choices.h"

#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOISE_IMAGES = 32 }; /* that conversions are measured on */

#define FIELD(name) NAX_OPTION_FIELD(struct nax_evolution_options, name)

const struct nax_option nax_evolution_rows[] = {
    {"designs", "N", "designs to look at", FIELD(n_designs), .min = 1, .max = 10000000,
     .value = 2000, .needs = "evolve"},
    {"population", "N", "designs of a generation", FIELD(population), .min = 2, .max = 1000000,
     .value = 64, .needs = "evolve"},
    {"images", "N", "validation images to judge by, 0: all", FIELD(n_images), .max = INT32_MAX,
     .value = 1000, .needs = "evolve"},
    {"statistics", "N", "training images of a design's batch norm", FIELD(n_statistics), .min = 2,
     .max = 65536, .value = 256, .needs = "evolve"},
    {"channels", NULL, "channel products are an objective too, the more the better",
     FIELD(with_channels), .needs = "evolve"},
    {.name = NULL}};

struct nax_evolution_options nax_evolution_default(void)
{
    struct nax_evolution_options options = {.recipe = nax_recipe_default(),
                                            .fidelity = NAX_FIDELITY_ADC};
    nax_options_default(nax_evolution_rows, &options);
    return options;
}

/* The hardware with each combination of bits. */
static int open_formats(struct nax_evolution *e, struct nax_err *err)
{
    const struct nax_evolution_options *o = &e->options;
    struct nax_candidate c;
    const size_t n = nax_formats(o->space);
    int status = 0;
    if (!(e->formats = nax_calloc(n, sizeof *e->formats)))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'evolution'");
    for (e->n_formats = 0; !status && e->n_formats < n; e->n_formats++) {
        struct format *f = &e->formats[e->n_formats];
        nax_format_take(o->space, e->n_formats, &c);
        const struct nax_precision bits = nax_bits_of(&c);
        status = nax_hardware_convert(&f->hardware, o->hardware, &bits, NULL, 0, err);
        if (status)
            nax_err_prefix(err, "space '%s'", o->space->name);
        if (!status)
            status = nax_cost_model_alloc(&f->model, f->hardware, err);
    }
    return status;
}

static int alloc(struct nax_evolution *e, struct nax_err *err)
{
    const struct nax_evolution_options *o = &e->options;
    if (!o->space->n_slots)
        return nax_err_set(err, NAX_ERR_VALUE, "no searched convolutions in network: '%s'",
                           o->space->network);
    e->n_choices = o->space->n_crossbars * nax_converters(o->space);
    e->n_combinations = nax_formats(o->space) * e->n_choices;
    if (o->n_designs < e->n_combinations)
        return nax_err_set(err, NAX_ERR_VALUE,
                           "fewer designs (%zu by --designs) than combinations of crossbar, "
                           "converters and bits (%zu), each of which is looked at: 'space %s'",
                           o->n_designs, e->n_combinations, o->space->name);
    e->part = nax_calloc(e->n_combinations, sizeof *e->part);
    if (!e->part)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'evolution'");
    for (size_t i = 0; i < e->n_combinations; i++)
        e->part[i] = NAN;
    int status = open_formats(e, err);
    if (!status)
        status = nax_oneshot_open(&e->net, o, err);
    if (!status)
        status = nax_kept_alloc(&e->kept, o->fidelity, &o->set->train, NOISE_IMAGES, o->seed, err);
    return status;
}

int nax_evolution_alloc(struct nax_evolution **evolution,
                        const struct nax_evolution_options *options, struct nax_err *err)
{
    int status = nax_options_check(nax_evolution_rows, options, err);
    if (status)
        return status;
    struct nax_evolution *e = nax_calloc(1, sizeof *e);
    if (!e)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'evolution'");
    e->options = *options;
    if ((status = alloc(e, err))) {
        nax_evolution_free(e);
        return status;
    }
    *evolution = e;
    return 0;
}

void nax_evolution_free(struct nax_evolution *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n_tables; i++) {
        nax_cost_table_free(e->tables[i].table);
        nax_network_file_free(e->tables[i].file);
    }
    for (size_t i = 0; i < e->n_formats; i++) {
        nax_cost_model_free(e->formats[i].model);
        nax_hardware_convert_free(e->formats[i].hardware);
    }
    free(e->formats);
    nax_kept_free(e->kept);
    nax_oneshot_close(&e->net);
    free(e->part);
    free(e->at);
    free(e);
}

size_t nax_evolution_n_steps(const struct nax_evolution *e)
{
    return nax_trainer_n_steps(e->net.trainer);
}

size_t nax_evolution_epochs_done(const struct nax_evolution *e)
{
    return nax_trainer_epochs_done(e->net.trainer);
}

int nax_evolution_epoch(struct nax_evolution *e, int (*step)(void *self, size_t step, double loss),
                        void *self, struct nax_epoch *epoch, struct nax_err *err)
{
    return nax_oneshot_epoch(&e->net, step, self, epoch, err);
}

size_t nax_evolution_n(const struct nax_evolution *e)
{
    return e->n;
}

const struct nax_evolved *nax_evolution_at(const struct nax_evolution *e, size_t i)
{
    return &e->at[i];
}

/* --- ranks --- */

enum { OBJECTIVES_MAX = 3 };

/* All are minimised; logarithms make distances on the front those of ratios. */
static size_t fill_points(const struct nax_evolution *e, size_t n, double *points)
{
    const size_t n_objectives = e->options.with_channels ? 3 : 2;
    for (size_t i = 0; i < n; i++) {
        double *point = &points[n_objectives * i];
        point[0] = -e->at[i].accuracy;
        point[1] = log(e->at[i].cost.edap_pj_ns_mm2);
        if (e->options.with_channels)
            point[2] = -log(e->at[i].cost.n_channel_products);
    }
    return n_objectives;
}

/* The first n designs. */
static int rank_designs(const struct nax_evolution *e, size_t n, uint32_t **rank, double **crowding,
                        struct nax_err *err)
{
    double *points = nax_calloc(n, OBJECTIVES_MAX * sizeof *points);
    *rank = nax_calloc(n, sizeof **rank);
    *crowding = nax_calloc(n, sizeof **crowding);
    size_t n_objectives = 0;
    int status = 0;
    if (!points || !*rank || !*crowding)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'designs'");
    if (!status) {
        n_objectives = fill_points(e, n, points);
        status = nax_rank(points, n, n_objectives, *rank, err);
    }
    if (!status)
        status = nax_crowding(points, n, n_objectives, *rank, *crowding, err);
    free(points);
    return status;
}

struct by_edap {
    double edap;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct by_edap *x = a, *y = b;
    if (x->edap != y->edap)
        return x->edap < y->edap ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

int nax_evolution_front(const struct nax_evolution *e, size_t *front, size_t *n,
                        struct nax_err *err)
{
    uint32_t *rank = NULL;
    double *crowding = NULL;
    struct by_edap *order = nax_calloc(e->n, sizeof *order);
    *n = 0;
    int status = order ? rank_designs(e, e->n, &rank, &crowding, err)
                       : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'designs'");
    for (size_t i = 0; !status && i < e->n; i++)
        if (!rank[i])
            order[(*n)++] = (struct by_edap){e->at[i].cost.edap_pj_ns_mm2, i};
    if (*n)
        qsort(order, *n, sizeof *order, compare);
    for (size_t i = 0; i < *n; i++)
        front[i] = order[i].place;
    free(order);
    free(rank);
    free(crowding);
    return status;
}

/* --- generations --- */

static size_t find(const int64_t *values, size_t n, int64_t own)
{
    size_t i = n;
    while (i-- > 0)
        if (values[i] == own)
            return i;
    return n ? n - 1 : 0;
}

/* The network's own kernels and widths, or the largest where the space lacks these, with the same
 * crossbar and converters everywhere, and bits. */
static void homogeneous(const struct nax_evolution *e, size_t combination, struct nax_candidate *c)
{
    const struct nax_space *s = e->options.space;
    nax_choices_begin(s, e->options.seed, c);
    for (size_t slot = 0; slot < s->n_slots; slot++) {
        size_t k = s->is_kernel_own[slot] ? 0 : find(s->kernels, s->n_kernels, s->kernel_own[slot]);
        nax_choices_take(s, slot, s->can_skip[slot] + k * e->n_choices + combination % e->n_choices,
                         c);
    }
    for (size_t stage = 0; stage < s->n_stages; stage++)
        nax_choices_take(s, s->n_slots + stage,
                         find(s->widths[stage], s->n_widths[stage], s->width_own[stage]), c);
    nax_format_take(s, combination / e->n_choices, c);
    nax_choices_end(s, c);
}

struct telling {
    void (*tell)(void *self, const struct nax_evolved *design);
    void *self;
};

static int look(struct nax_evolution *e, const struct nax_candidate *c, double *found,
                const struct telling *to, struct nax_err *err)
{
    int status = nax_evolution_look(e, c, found, err);
    if (!status && to->tell)
        to->tell(to->self, &e->at[e->n - 1]);
    return status;
}

/* The first n designs, of which the best have offspring. */
static int populate(const struct nax_evolution *e, size_t n, struct nax_population *population,
                    struct nax_err *err)
{
    uint32_t *rank = NULL;
    double *crowding = NULL;
    int status = rank_designs(e, n, &rank, &crowding, err);
    for (size_t i = 0; !status && i < n; i++)
        status = nax_population_add(population, &e->at[i].candidate, rank[i], crowding[i], err);
    if (!status)
        status = nax_population_settle(population, e->options.population, err);
    free(rank);
    free(crowding);
    return status;
}

/* Design i descended in cost, to no less accurate crossbars and converters than those that it
 * draws, unless that is one which the population knows. */
static int cheapen(struct nax_evolution *e, size_t i, struct nax_population *population,
                   struct nax_candidate *c, struct nax_err *err)
{
    struct nax_candidate cheap = *c;
    struct nax_rng rng = nax_rng_at(e->options.seed, NAX_RNG_DESCENT, i, 0, 0);
    int is_new = nax_evolution_descend(e, nax_rng_below(&rng, e->n_choices), &cheap, err);
    if (!is_new)
        is_new = nax_population_claim(population, &cheap, err);
    if (is_new > 0)
        *c = cheap;
    return is_new < 0 ? is_new : 0;
}

/* n founders, or offspring of the whole generations. Where an evolution of fewer designs cut this
 * one, its first ones are there, after n_before: they are drawn again, and not looked at again. */
static int generate(struct nax_evolution *e, bool is_first, size_t n_before, size_t n,
                    const struct telling *to, struct nax_err *err)
{
    const struct nax_evolution_options *o = &e->options;
    struct nax_population *population = NULL;
    struct nax_candidate child;
    const double mutation = 1 / (double)nax_space_n_decisions(o->space);
    int status = nax_population_alloc(&population, o->space, err);
    if (!status)
        status = populate(e, n_before, population, err);
    int is_new = 1;
    size_t i = 0;
    for (; !status && i < n; i++) {
        const bool is_there = n_before + i < e->n;
        if (!is_there && e->n == o->n_designs)
            break;
        is_new = is_first
                     ? nax_population_found(population, o->seed, i, &child, err)
                     : nax_population_breed(population, mutation, false, o->seed, i, &child, err);
        if (is_new <= 0)
            break;
        if (i % 2) /* what this loses in accuracy, the others have */
            status = cheapen(e, n_before + i, population, &child, err);
        if (!status && !is_there)
            status = look(e, &child, NULL, to, err);
    }
    nax_population_free(population);
    if (status || is_new < 0)
        return status ? status : is_new;
    if (i == n || !is_new)
        e->n_whole = e->n;
    return 0;
}

/* Homogeneous designs, by which the noise of conversions is scaled. */
static int scale_noise(struct nax_evolution *e, const struct telling *to, struct nax_err *err)
{
    struct nax_candidate c;
    int status = 0;
    for (size_t i = e->n; !status && i < e->n_combinations; i++) {
        homogeneous(e, i, &c);
        e->part[i] = 1;
        status = look(e, &c, &e->part[i], to, err);
    }
    return status;
}

static int first_generation(struct nax_evolution *e, const struct telling *to, struct nax_err *err)
{
    const size_t n = e->n_combinations, population = e->options.population;
    int status = scale_noise(e, to, err);
    return status ? status : generate(e, true, n, population - NAX_MIN(n, population), to, err);
}

int nax_evolution_generation(struct nax_evolution *e,
                             void (*tell)(void *self, const struct nax_evolved *design), void *self,
                             struct nax_err *err)
{
    const struct telling to = {tell, self};
    if (e->n && e->n >= e->options.n_designs)
        return 0;
    const size_t n_whole = e->n_whole;
    int status = n_whole ? generate(e, false, n_whole, e->options.population, &to, err)
                         : first_generation(e, &to, err);
    return status ? status : e->n > n_whole;
}

/* --- designs of others --- */

/* Of its converters noise is scaled for whatever they are. */
int nax_evolution_check(const struct nax_evolution *e, const struct nax_candidate *c,
                        struct nax_err *err)
{
    const struct nax_space *space = e->options.space;
    struct nax_candidate own = *c;
    int status = nax_choices_check(space, c, err);
    if (status)
        return status;
    own.has_adc_bits = space->n_adc_bits > 0;
    own.has_adc_range = space->n_adc_ranges > 0;
    for (size_t slot = 0; slot < space->n_slots; slot++) {
        own.adc_bits[slot] = own.has_adc_bits ? space->adc_bits[0] : 0;
        own.adc_range[slot] = own.has_adc_range ? space->adc_ranges[0] : 0;
    }
    for (size_t place = 0; !status && place < nax_places(space); place++) {
        size_t choice;
        status = nax_choices_find(space, place, &own, &choice, err);
    }
    return status;
}

int nax_evolution_judge(struct nax_evolution *e, const struct nax_candidate *candidate,
                        struct nax_evolved *design, struct nax_err *err)
{
    const struct telling nobody = {NULL, NULL};
    int status = nax_evolution_check(e, candidate, err);
    if (!status)
        status = scale_noise(e, &nobody, err);
    if (!status)
        status = nax_evolution_look(e, candidate, NULL, err);
    if (!status)
        *design = e->at[--e->n];
    return status;
}
