/* What nax-pareto is asked for, what it keeps, and which records of that it writes. */
#ifndef NAX_TOOLS_PARETO_H
#define NAX_TOOLS_PARETO_H

#include "sort.h"
#include "where.h"

enum mode { FRONT, RANK, KNEE, HYPERVOLUME };

struct pareto_options {
    enum mode mode;
    const char *objectives_text, *reference_text, *baseline;
    double confidence; /* 0: numbers are exact */
    bool is_joined;
    struct where where;
    struct sort sort;
    struct nax_objective objectives[NAX_OBJECTIVES_MAX];
    size_t n_objectives;
    double reference[NAX_OBJECTIVES_MAX]; /* of HYPERVOLUME, in the fields' own sense */
};

/* A record to write, and where it goes. */
struct kept {
    size_t index;           /* among all, or on the front */
    double first, crowding; /* objective; crowding distance and rank of RANK */
    uint32_t rank;
};

/* All records, or those of the front so far. */
struct candidates {
    struct nax_store *all;
    struct nax_front *front;
    struct nax_record *record; /* the one at hand */
};

int pareto_open(struct candidates *c, size_t n_objectives, struct nax_err *err) NAX_MUST_USE;
void pareto_close(struct candidates *c);

/* Keeps the record at hand, whose point this is. */
int pareto_keep(const struct pareto_options *o, struct candidates *c, const double *point,
                struct nax_err *err) NAX_MUST_USE;
/* kept: the caller's, to free. */
int pareto_list(const struct pareto_options *o, struct candidates *c, struct kept **kept, size_t *n,
                struct nax_err *err) NAX_MUST_USE;
/* The record to write, until the next one is at hand. */
int pareto_take(const struct pareto_options *o, const struct candidates *c, const struct kept *kept,
                const struct nax_record **record, struct nax_err *err) NAX_MUST_USE;

#endif
