/* What nax-pareto is asked for, what it keeps, and which records of that it writes. */
#ifndef NAX_TOOLS_PARETO_H
#define NAX_TOOLS_PARETO_H

#include "nax/option.h"
#include "nax/search.h"
#include "records.h"

enum mode { FRONT, RANK, KNEE, HYPERVOLUME };

struct pareto_options {
    enum mode mode;
    const char *objectives_text, *reference_text, *baseline;
    double confidence; /* 0: numbers are exact */
    bool is_joined;
    struct nax_texts where;
    bool is_sorted;
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    size_t n_objectives;
    struct nax_condition conditions[NAX_TEXTS_MAX]; /* [where.n] */
    double reference[NAX_OBJECTIVES_MAX];           /* of HYPERVOLUME, in the fields' own sense */
};

/* A record to write, and where it goes. */
struct kept {
    struct nax_record *record;
    double first; /* objective */
    uint32_t rank;
    size_t index;
};

/* All records, or those of the front so far. */
struct store {
    struct records all;
    struct nax_front *front;
};

bool pareto_keeps_all(const struct pareto_options *o);
/* Adds a copy where the front does not reject it. */
int pareto_add(struct store *store, const double *point, const struct nax_record *record,
               struct nax_err *err) NAX_MUST_USE;
/* kept: the caller's, to free; its records are the store's. */
int pareto_list(const struct pareto_options *o, struct store *store, struct kept **kept, size_t *n,
                struct nax_err *err) NAX_MUST_USE;

#endif
