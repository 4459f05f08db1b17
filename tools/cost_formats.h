/* Machines with bits that designs have of their own: models and tables of costs, kept from record
 * to record. */
#ifndef NAX_TOOLS_COST_FORMATS_H
#define NAX_TOOLS_COST_FORMATS_H

#include "design.h"
#include "nax/cost.h"
#include "nax/cosearch.h"

enum { COST_FORMATS = 16 };

struct cost_format {
    struct nax_precision bits;
    struct nax_hardware *hardware;
    struct nax_cost_model *model;
    struct nax_cost_table *tables[DESIGN_NETWORKS]; /* of the networks that are kept */
};

struct cost_formats {
    size_t n, oldest;
    struct cost_format at[COST_FORMATS];
};

/* A model that takes all sizes of units that a candidate may have: this one, or it is made anew. */
int cost_model_renew(struct nax_cost_model **model, const struct nax_hardware *hardware,
                     const struct nax_candidate *candidate, struct nax_err *err) NAX_MUST_USE;

/* The machine with the candidate's bits, with such a model. */
int cost_formats_find(struct cost_formats *formats, const struct nax_hardware *hardware,
                      const struct nax_candidate *candidate, struct cost_format **format,
                      struct nax_err *err) NAX_MUST_USE;

/* Another network is kept at this place. */
void cost_formats_forget(struct cost_formats *formats, size_t at);

void cost_formats_close(struct cost_formats *formats);

#endif
