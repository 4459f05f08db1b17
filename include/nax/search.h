/* Spaces of designs, sampling from them, and dominance between results. Pure: nothing here knows
 * how a network is trained or what a crossbar is.
 */
#ifndef NAX_SEARCH_H
#define NAX_SEARCH_H

#include "nax/base.h"
#include "nax/identity.h"
#include "nax/record.h"
#include "nax/rng.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NAX_CHOICES_MAX = 16, NAX_SLOTS_MAX = 256, NAX_CHANNELS_MAX = 65536, NAX_ADC_BITS_MAX = 24 };

/* Numbers of bits that a whole design has of its own: of a cell, of a weight's magnitude, of an
 * input. nax_bits_rows: [NAX_BITS_COUNT], key of a space and field of a design. */
enum nax_bits { NAX_BITS_SLICE, NAX_BITS_WEIGHT, NAX_BITS_INPUT, NAX_BITS_COUNT };
struct nax_bits_row {
    const char *name;
    int64_t max;      /* from 1 on */
    const char *what; /* a value is not */
    const char *noun; /* of what, in a design's name */
};
extern const struct nax_bits_row nax_bits_rows[];

/* A space file: which kernels, crossbar sizes and converters every searched convolution may take,
 * and which channels every stage. */
struct nax_space {
    char name[64];     /* as the user gave it */
    char network[256]; /* name or path of the network */
    size_t n_kernels, n_crossbars;
    int64_t kernels[NAX_CHOICES_MAX];   /* odd, rising */
    int64_t crossbars[NAX_CHOICES_MAX]; /* rising */
    bool has_skip;                      /* a convolution may be left out where can_skip says so */
    int64_t crossbar_fixed; /* of layers that are not searched; 0: as the nearest searched one */
    size_t n_adc_bits, n_adc_ranges;    /* 0: the hardware's own */
    int64_t adc_bits[NAX_CHOICES_MAX];  /* rising */
    double adc_ranges[NAX_CHOICES_MAX]; /* rising: parts of the largest current of ideal cells */
    size_t n_bits[NAX_BITS_COUNT];      /* 0: the hardware's own */
    int64_t bits[NAX_BITS_COUNT][NAX_CHOICES_MAX];  /* rising */
    size_t n_stages_listed;                         /* 0: all have the network's own channels */
    size_t n_widths[NAX_SLOTS_MAX];                 /* of each stage; 0: the network's own alone */
    int64_t widths[NAX_SLOTS_MAX][NAX_CHOICES_MAX]; /* rising */
    /* of the network, set by whoever binds */
    char slot_names[NAX_SLOTS_MAX][NAX_LAYER_NAME_SIZE]; /* of the layers, for messages */
    bool is_kernel_own[NAX_SLOTS_MAX]; /* a layer that has the network's kernel in every design */
    size_t n_stages;
    char stage_names[NAX_SLOTS_MAX][NAX_LAYER_NAME_SIZE];
    int64_t width_own[NAX_SLOTS_MAX];
    uint64_t layout; /* of a network that is not built in, or 0 */
    /* set by nax_space_bind */
    size_t n_slots;
    bool can_skip[NAX_SLOTS_MAX];      /* false everywhere without has_skip */
    int64_t kernel_own[NAX_SLOTS_MAX]; /* the network's own kernels */
    uint64_t n_conv_designs;           /* of one choice of widths; 0: more than INT64_MAX */
    uint64_t n_designs;                /* 0: more than INT64_MAX */
    bool is_empty_left_out;            /* see nax_space_bind */
};

int nax_space_load(struct nax_space *space, const char *name, struct nax_err *err) NAX_MUST_USE;
/* Tells the space its network's searched layers; can_skip is to hold for every choice of
 * widths. kernel_own, can_skip: [n_slots]. A network without any has a design for every crossbar
 * size, which is that of all its layers, or of the fixed one. Where every
 * convolution could be skipped and unsearched layers follow searched ones, the design without any
 * is not part of the space: nothing would give those layers a crossbar. */
int nax_space_bind(struct nax_space *space, size_t n_slots, const int64_t *kernel_own,
                   const bool *can_skip, struct nax_err *err) NAX_MUST_USE;

/* Rows for what a bound space's designs were made of: of their networks alone, or of all. */
void nax_space_identify_networks(const struct nax_space *space, struct nax_identity *identity);
void nax_space_identify(const struct nax_space *space, struct nax_identity *identity);

/* One design. kernel 0 = skipped, and then crossbar 0 too: the canonical form. */
struct nax_candidate {
    char id[20]; /* hex of a 64-bit hash over space-independent content: network, its layout,
                    kernel, crossbar, crossbar_fixed, and what there is of the rest */
    char space[256], network[256];
    uint64_t layout; /* what the network's layers are, where the name does not say it; or 0 */
    uint64_t seed;
    int64_t crossbar_fixed;
    size_t n_slots;
    int64_t kernel[NAX_SLOTS_MAX], crossbar[NAX_SLOTS_MAX];
    size_t n_stages; /* 0: of the network's own widths, which is how those are written */
    int64_t width[NAX_SLOTS_MAX];
    bool has_adc_bits,
        has_adc_range;               /* false: the hardware's own, which is how those are written */
    int64_t adc_bits[NAX_SLOTS_MAX]; /* 0: the hardware's, and where skipped */
    double adc_range[NAX_SLOTS_MAX]; /* full scale by the largest current of ideal cells; 0: so */
    int64_t bits[NAX_BITS_COUNT];    /* 0: the hardware's, which is how those are written */
};

void nax_candidate_set_id(struct nax_candidate *c);
/* What is the network's own, or the hardware's, is left out: the canonical form. width_own:
 * [n_stages]. */
void nax_candidate_drop_own(struct nax_candidate *c, size_t n_stages, const int64_t *width_own);
int nax_candidate_write(const struct nax_candidate *c, struct nax_record *r,
                        struct nax_err *err) NAX_MUST_USE;
/* Fields id, space, seed, crossbar_fixed, width, adc_bits, adc_range and those of bits may be
 * missing (id is computed; 0), and so may kernel and crossbar together: nothing is searched.
 * network may not. */
int nax_candidate_read(struct nax_candidate *c, const struct nax_record *r,
                       struct nax_err *err) NAX_MUST_USE;

/* Whether it is a baseline: one kernel and one crossbar size throughout, none left out, and neither
 * widths nor converters nor bits of its own. */
bool nax_candidate_is_uniform(const struct nax_candidate *c);

/* Whether it has bits of its own. */
bool nax_candidate_has_bits(const struct nax_candidate *c);

/* A name for people, without the network's: "3x3 on 64" of a uniform design,
 * "3-7 on 16-128, 2 out #5f0c" of others, where the beginning of the id tells those apart that
 * have kernels, crossbars, widths, converters and bits from the same ranges. Where nothing is
 * searched it is the network's, "mine on 64 #5f0c". */
enum { NAX_CANDIDATE_NAME_SIZE = 192 };
void nax_candidate_name(const struct nax_candidate *c, char name[NAX_CANDIDATE_NAME_SIZE]);

/* --- sampling --- from a bound space; *c is filled completely, its seed is the argument's.
 * Design i of the enumeration in lexicographic order: the last convolution varies fastest,
 * then bits of the design, the first stage's width slowest, and the choices of a convolution are
 * skip (where allowed), then rising kernels with rising crossbars within each, and bits and ranges
 * of ADCs within these. i < n_designs; any i where n_designs is 0. */
void nax_space_design(const struct nax_space *space, uint64_t i, uint64_t seed,
                      struct nax_candidate *c);
/* Candidate i of the random sequence of this seed: a function of space, seed and i alone, uniform
 * over the designs. Spaces of up to INT64_MAX designs are permuted, so that no design comes twice:
 * i < n_designs. In larger ones candidates are drawn independently. */
void nax_space_random(const struct nax_space *space, uint64_t i, uint64_t seed,
                      struct nax_candidate *c);
/* Every searched layer with the network's own kernel and width on crossbar size i < n_crossbars,
 * with the hardware's converters; where none is searched, all layers. */
void nax_space_homogeneous(const struct nax_space *space, size_t i, uint64_t seed,
                           struct nax_candidate *c);

/* --- evolution --- A population of designs of a bound space, each with a rank and a crowding
 * distance; the space must outlive it. */
struct nax_population;

int nax_population_alloc(struct nax_population **population, const struct nax_space *space,
                         struct nax_err *err) NAX_MUST_USE;
void nax_population_free(struct nax_population *population);
/* What has a chance of its own to change in an offspring: of each convolution its kernel (or to be
 * skipped), its crossbar, and bits and range of its ADCs; of a stage its width; each kind of bits.
 * Only what has alternatives counts. */
size_t nax_space_n_decisions(const struct nax_space *space);
/* A design that is not of the space is NAX_ERR_VALUE; the message names the layer or stage. */
int nax_population_add(struct nax_population *population, const struct nax_candidate *c,
                       int64_t rank, double crowding, struct nax_err *err) NAX_MUST_USE;
/* Puts the best first: by rank, then by crowding, the largest first; a design that was added more
 * than once stays as its best. The first n_parents have offspring. To be called once, after the
 * last addition. */
int nax_population_settle(struct nax_population *population, size_t n_parents,
                          struct nax_err *err) NAX_MUST_USE;
size_t nax_population_n(const struct nax_population *population);
int64_t nax_population_rank(const struct nax_population *population, size_t k);
/* Which addition, from 0, the k-th best was. */
size_t nax_population_index(const struct nax_population *population, size_t k);
/* Offspring i: two parents, each the better of two drawn at random (tournament); a stretch of
 * neighbouring convolutions comes from the second, the others from the first (two-point crossover),
 * every stage's width and kind of bits from either with the same chance, and each of the
 * decisions is drawn anew with probability `mutation`, all alternatives alike likely. Never a
 * member nor an offspring before: up to 1000 attempts are made, the mutations rising to 1. With
 * keeps_kernels the first parent's kernels and widths stay, and what it skips: crossbars,
 * converters and bits are mixed and drawn. A function of seed, the set of members and the offspring
 * before. 1, or 0 when nothing new was found, or a negative status. */
int nax_population_breed(struct nax_population *population, double mutation, bool keeps_kernels,
                         uint64_t seed, uint64_t i, struct nax_candidate *child,
                         struct nax_err *err) NAX_MUST_USE;

/* Founder i, for a generation that has no parents: one kernel, crossbar and converter everywhere,
 * drawn alike likely, as are widths and bits. Convolutions are left out with a chance that is
 * drawn, too, of each of three stretches of its own: where every convolution were drawn by itself,
 * all designs would be about as deep, and none cheap. Never a member nor a design before, and what
 * is returned, as for offspring, whose draws these are: of one population come these or those. */
int nax_population_found(struct nax_population *population, uint64_t seed, uint64_t i,
                         struct nax_candidate *child, struct nax_err *err) NAX_MUST_USE;
/* What the caller makes of a child counts as one, too: 1 where it is new, 0, or NAX_ERR_MEMORY. */
int nax_population_claim(struct nax_population *population, const struct nax_candidate *candidate,
                         struct nax_err *err) NAX_MUST_USE;

/* --- policies --- What a search prints: fields network, kernels, crossbars and policy, a row a
 * convolution of probabilities [n_kernels][n_crossbars] and of the zero op. What keeps its own
 * kernel has those of its crossbars in the first kernel's place. */
struct nax_policy;

/* A policy that gives a probability to what the bound space does not have, or whose rows are no
 * probabilities, is NAX_ERR_VALUE; the message names the layer. So is a space that leaves widths,
 * converters or bits open, which policies know nothing of. The space must outlive it. */
int nax_policy_read(struct nax_policy **policy, const struct nax_space *space,
                    const struct nax_record *r, struct nax_err *err) NAX_MUST_USE;
void nax_policy_free(struct nax_policy *policy);
/* Draw 0 takes the most probable choice of each convolution; all others are random. No design comes
 * twice: up to 1000 attempts are made. 1, or 0 when nothing new was found, or a negative status. */
int nax_policy_draw(struct nax_policy *policy, uint64_t seed, uint64_t i, struct nax_candidate *c,
                    struct nax_err *err) NAX_MUST_USE;

/* How far two policies of one space agree: the share of its convolutions in which the most probable
 * choice is the same. */
struct nax_agreement {
    double share;
    double chance;   /* of designs drawn at random from the space, on average */
    double shuffled; /* of the same choices dealt out to the convolutions at random: what is left
                        where both like one choice everywhere */
};
struct nax_agreement nax_policy_agreement(const struct nax_policy *a, const struct nax_policy *b);

/* --- dominance --- Points are rows of n_objectives finite numbers, all to be minimised. One point
 * dominates another when it is nowhere larger and somewhere smaller, so equal points never do. */
enum { NAX_OBJECTIVES_MAX = 16 };

struct nax_objective {
    char name[256]; /* of a field */
    bool is_max;
};

/* "accuracy:max,energy_pj:min". objectives: [NAX_OBJECTIVES_MAX]. */
int nax_objectives_parse(const char *text, struct nax_objective *objectives, size_t *n,
                         struct nax_err *err) NAX_MUST_USE;
/* The record's point, maximised values negated. A missing or non-finite field is NAX_ERR_VALUE with
 * a message that names it. point: [n]. */
int nax_objectives_read(const struct nax_objective *objectives, size_t n,
                        const struct nax_record *r, double *point,
                        struct nax_err *err) NAX_MUST_USE;
/* Their standard errors: fields NAME_se, not below 0; 0, exact, of what has none. errors: [n]. */
int nax_objectives_read_errors(const struct nax_objective *objectives, size_t n,
                               const struct nax_record *r, double *errors,
                               struct nax_err *err) NAX_MUST_USE;

/* --- conditions --- "accuracy >= 0.9", "status = ok": a field, one of = (or ==) != < <= > >=, and
 * a value that may hold spaces inside. Numbers are compared as numbers, strings and booleans (true,
 * false) byte by byte and only by = and !=. NaN meets no relation but !=. */
enum nax_relation { NAX_EQ, NAX_NE, NAX_LT, NAX_LE, NAX_GT, NAX_GE };

struct nax_condition {
    char field[256], text[256]; /* text: the value as written */
    enum nax_relation relation;
    bool is_number; /* text is one */
    double number;
};

int nax_condition_parse(const char *text, struct nax_condition *condition,
                        struct nax_err *err) NAX_MUST_USE;
/* 1 or 0; a missing field, or one that cannot be compared with the value, is NAX_ERR_VALUE. */
int nax_condition_holds(const struct nax_condition *condition, const struct nax_record *r,
                        struct nax_err *err) NAX_MUST_USE;

/* Non-dominated sort (Deb et al. 2002): rank 0 for points that none dominates, 1 for those
 * dominated by rank 0 only, and so on. O(n log n) for two objectives, O(n log^(m-1) n) for m.
 * points: [n][m], rank: [n]. */
int nax_rank(const double *points, size_t n, size_t m, uint32_t *rank,
             struct nax_err *err) NAX_MUST_USE;
/* As nax_rank, but every rank that is not 0 is 1: which points are on the front, sooner. */
int nax_rank_front(const double *points, size_t n, size_t m, uint32_t *rank,
                   struct nax_err *err) NAX_MUST_USE;
/* Which points are on the front beyond doubt of their errors: a point is left out where another one
 * is in every objective better by at least z standard errors of the difference, sqrt(se² + se²),
 * and where both are exact not worse; better in one at least. This is a strict order (the triangle
 * inequality of errors), so what is left out is beaten by a point that stays. O(n²). points,
 * errors: [n][m], errors >= 0; is_front: [n]. */
void nax_front_confident(const double *points, const double *errors, size_t n, size_t m, double z,
                         bool *is_front);

/* Crowding distance within each rank (Deb et al. 2002, section III-B): the sum over objectives of
 * the gap between a point's neighbours by the range of the rank, infinite for its ends. Of equal
 * values the earlier point is the lower neighbour. crowding: [n]. */
int nax_crowding(const double *points, size_t n, size_t m, const uint32_t *rank, double *crowding,
                 struct nax_err *err) NAX_MUST_USE;

/* Volume of what is at least as good as some point and better than the reference in every objective
 * (Zitzler and Thiele, IEEE Trans. Evol. Comput. 1999), exactly: a sweep for two objectives, the
 * algorithm WFG for more (While, Bradstreet, Barone, IEEE Trans. Evol. Comput. 2012), whose time
 * grows exponentially with m in the worst case. A point that is not better
 * than the reference everywhere adds nothing. points: [n][m], reference: [m]. */
int nax_hypervolume(const double *points, size_t n, size_t m, const double *reference,
                    double *volume, struct nax_err *err) NAX_MUST_USE;
/* The knee of a front: its point with the smallest sum of objectives, each scaled to 0 … 1 over the
 * front. With two objectives it is the one farthest below the line through the ends (Das, Struct.
 * Optim. 1999). The first of equal ones; n > 0. points: [n][m]. */
size_t nax_knee(const double *points, size_t n, size_t m);

/* The front of a stream, in memory for at most twice the points on it (and 1024). Each point comes
 * with something of the caller's, which is handed to `drop` once the point is dominated or the
 * front freed. */
struct nax_front;

int nax_front_alloc(struct nax_front **front, size_t n_objectives, void (*drop)(void *payload),
                    struct nax_err *err) NAX_MUST_USE;
void nax_front_free(struct nax_front *front);
/* A quick look: true when a point of the front dominates this one. False decides nothing. */
bool nax_front_rejects(struct nax_front *front, const double *point);
/* Takes the payload over unless it fails. */
int nax_front_add(struct nax_front *front, const double *point, void *payload,
                  struct nax_err *err) NAX_MUST_USE;
/* Drops what is dominated: from here to the next nax_front_add the front is exact. */
int nax_front_settle(struct nax_front *front, struct nax_err *err) NAX_MUST_USE;
size_t nax_front_n(const struct nax_front *front);
void *nax_front_payload(const struct nax_front *front, size_t i); /* in the order of arrival */
const double *nax_front_point(const struct nax_front *front, size_t i);

#ifdef __cplusplus
}
#endif

#endif
