/* The data of a report's page, between those who write its parts. */
#ifndef NAX_TOOLS_REPORT_DATA_H
#define NAX_TOOLS_REPORT_DATA_H

#include "report.h"
#include "report_layers.h"

enum { REPORT_METHODS_MAX = 64 };

struct report_method {
    const char *name;
    size_t n, n_groups, groups[REPORT_STREAMS_MAX]; /* designs, by file */
    bool is_unordered, is_searched;
};

struct report_loss {
    const char *id, *layer;
    double db;
    size_t at; /* of its record */
};

struct report_data {
    struct report *report;
    FILE *file;
    struct report_layers *layers;
    size_t n_methods, n_designs, n_incomplete;
    struct report_method methods[REPORT_METHODS_MAX];
    size_t *method; /* [n_records]; of what is no design of the page REPORT_METHODS_MAX */
    size_t n_weights;
    const char **weights; /* names of weights so far */
    size_t n_losses;
    struct report_loss *losses; /* [n_losses] */
};

/* A field of text, or NULL; of numbers, or NaN. */
const char *report_string(const struct nax_record *r, const char *name);
double report_number(const struct nax_record *r, const char *name);

/* Which designs the page has, and which methods they are of. */
int report_list_methods(struct report_data *d, struct nax_err *err) NAX_MUST_USE;
/* The insides of arrays of JSON. */
void report_write_methods(const struct report_data *d);
int report_write_designs(struct report_data *d, struct nax_err *err) NAX_MUST_USE;
void report_write_curves(const struct report_data *d);
int report_write_policies(struct report_data *d, struct nax_err *err) NAX_MUST_USE;
void report_write_streams(const struct report_data *d);
void report_write_settings(const struct report_data *d);

#endif
