/* An evolution at work, shared by its generations and its checkpoints. */
#ifndef NAX_COSEARCH_EVOLUTION_H
#define NAX_COSEARCH_EVOLUTION_H

#include "nax/mapping.h"
#include "oneshot.h"

/* A combination of bits that the space leaves open. */
struct format {
    struct nax_hardware *hardware;
    struct nax_cost_model *model;
};

/* Networks of the same widths and bits are priced by one table. */
struct price_table {
    int64_t width[NAX_SLOTS_MAX];
    size_t format;
    struct nax_network_file *file;
    struct nax_cost_table *table;
};

enum { PRICE_TABLES = 64 };

struct nax_evolution {
    struct nax_evolution_options options;
    struct oneshot net;
    struct nax_kept *kept;
    size_t n_formats;
    struct format *formats; /* [n_formats] */
    struct price_table tables[PRICE_TABLES];
    size_t n_tables, oldest;
    size_t n_choices;      /* of a crossbar and converters */
    size_t n_combinations; /* the same with bits: n_formats times as many */
    double *part; /* [n_combinations] of the variance that conversions' noise has; NaN: not found */
    size_t n, cap;
    size_t n_whole;         /* those of whole generations; n_designs may cut the last one */
    struct nax_evolved *at; /* [cap] */
};

/* Looks at a design, and adds it. found: NULL, or where the part goes that its network finds. */
int nax_evolution_look(struct nax_evolution *evolution, const struct nax_candidate *candidate,
                       double *found, struct nax_err *err) NAX_MUST_USE;
/* What it costs. */
int nax_evolution_price(struct nax_evolution *evolution, const struct nax_candidate *candidate,
                        struct nax_cost *cost, struct nax_err *err) NAX_MUST_USE;
/* Gives each convolution in turn the crossbar and bits of converters by which the design costs the
 * least, until none changes: of those that are no less accurate than `like`, a crossbar and
 * converter below n_choices, where all convolutions of a network have them (which has been looked
 * at), or of all. */
int nax_evolution_descend(struct nax_evolution *evolution, size_t like,
                          struct nax_candidate *candidate, struct nax_err *err) NAX_MUST_USE;
/* Adds one that is known. */
int nax_evolution_add(struct nax_evolution *evolution, const struct nax_evolved *design,
                      struct nax_err *err) NAX_MUST_USE;

#endif
