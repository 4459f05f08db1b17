/* Where the costs of a report's designs go, layer by layer. */
#ifndef NAX_TOOLS_REPORT_LAYERS_H
#define NAX_TOOLS_REPORT_LAYERS_H

#include <stdio.h>

#include "design.h"
#include "nax/cost.h"

enum { REPORT_NETWORKS_MAX = 64 };

struct report_network {
    char name[256];
    struct nax_network_file *file; /* NULL: not found from here */
    struct nax_network *net;       /* with its own kernels: all layers that designs may have */
};

struct report_layers {
    size_t n_networks, n_rows_left; /* of layers, that a page has a place for */
    struct report_network networks[REPORT_NETWORKS_MAX];
    struct nax_hardware *hardware; /* or NULL */
    struct nax_cost_model *model;
    char hardware_name[256];
    size_t n_without; /* designs whose hardware or network is not found, or costs otherwise */
    size_t n_unshown;
    struct design design;
};

/* Which of the report's networks this is, which it is from now on; its number, or an error. */
int report_layers_network(struct report_layers *layers, const char *name,
                          struct nax_err *err) NAX_MUST_USE;
/* The networks as JSON: name, slots, layers. */
void report_layers_write_networks(const struct report_layers *layers, FILE *file);
/* ,"L":[…] of a design, thousandths of energy, latency and area of each of its network's layers and
 * of what none fills, with the crossbar where it is no searched one; nothing where its record's
 * costs are not those of its hardware. */
int report_layers_write(struct report_layers *layers, const struct nax_record *record, size_t at,
                        FILE *file, struct nax_err *err) NAX_MUST_USE;
void report_layers_free(struct report_layers *layers);

#endif
