/* Energy, latency and area of a network on the hardware.
 *
 * A node holds tiles, a tile cores, a core matrix-vector units, a unit the arrays of all slices and
 * signs (PUMA, Ankit et al., ASPLOS 2019). Energy = activity counts × energy of an event + leakage
 * × time; all units of a layer work at once. lib/cost/README.md has the model.
 */
#ifndef NAX_COST_H
#define NAX_COST_H

#include "nax/base.h"
#include "nax/hardware.h"
#include "nax/network.h"
#include "nax/tiling.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a unit of a crossbar size, and of its ADCs' bits, costs, whatever is computed on it. */
struct nax_size_cost {
    struct nax_unit unit;
    int64_t units_per_core;
    double stage_ns;                  /* the slowest of DAC, array read, conversion of all columns
                                         of an array, shift-and-add */
    double product_ns;                /* stage_ns · (streams + pipeline stages − 1), of
                                         inputs that are not negative */
    double event_pj[NAX_EVENT_COUNT]; /* all components that an event costs energy */
    double unit_mm2, unit_leakage_mw; /* a matrix-vector unit with its arrays */
    double core_mm2, core_leakage_mw; /* a core without its units */
};

/* The hardware, with the costs of the sizes asked for so far. Not for several threads at once. */
struct nax_cost_model;

int nax_cost_model_alloc(struct nax_cost_model **model, const struct nax_hardware *hardware,
                         struct nax_err *err) NAX_MUST_USE; /* the hardware must outlive it */
void nax_cost_model_free(struct nax_cost_model *model);
/* How many more sizes of units it takes, crossbars with bits of converters: what many networks ask
 * for one after another may be more than that, and one model is as good as another. */
size_t nax_cost_model_n_more(const struct nax_cost_model *model);
/* With the bits of adc.bits. Error: a size outside a component's table. The pointer lives as long
 * as the model. */
int nax_cost_size(struct nax_cost_model *model, int64_t crossbar, const struct nax_size_cost **size,
                  struct nax_err *err) NAX_MUST_USE;

/* Instances of a component in one instance of its level, with units of this size. */
double nax_component_count(const struct nax_component *component, const struct nax_unit *unit);
/* The ADC as a component of level array (values for units of this size). */
struct nax_component nax_adc_component(const struct nax_hardware *hardware,
                                       const struct nax_unit *unit);

/* How often each event happens for one image in a layer: lib/cost/README.md has the formulas. */
struct nax_activity {
    double n[NAX_EVENT_COUNT];
    double read_frac;  /* energy of an array read of this layer, of one that drives all rows and has
                          weights in all columns */
    double latency_ns; /* of one copy of the layer */
    int64_t n_units, n_cores, n_tiles; /* that one copy needs, by itself */
};
void nax_layer_activity(const struct nax_hardware *hardware, const struct nax_layer *layer,
                        const struct nax_layer_map *map, const struct nax_size_cost *size,
                        struct nax_activity *activity);

struct nax_cost {
    double energy_pj, latency_ns, area_mm2, edap_pj_ns_mm2;
    double energy_dynamic_pj, energy_leakage_pj; /* parts of energy_pj */
    double leakage_mw;
    double interval_ns; /* from one image to the next: latency_ns, or the slowest layer's */
    double n_macs, n_channel_products;           /* the latter: MACs by positions of the kernel */
    int64_t n_units, n_cores, n_tiles, n_copies; /* n_copies: of a layer; of a network 0 */
};

/* Images a second, and operations (two a multiply-accumulate) by energy and by area: TOPS/W = per
 * pJ, TOPS/mm² = per ns and 10⁻³ mm². */
double nax_cost_images_per_second(const struct nax_cost *cost);
double nax_cost_tops_per_w(const struct nax_cost *cost);
double nax_cost_tops_per_mm2(const struct nax_cost *cost);

/* crossbar: [n_layers] as nax_network_crossbars gives it. layers: NULL, or [n_layers + 1] for each
 * layer's part of the sum; the last one is what no layer fills, the rounding up to whole cores and
 * tiles, which takes area and leaks. Latencies add up where layers run one after the other; EDAP is
 * no sum and stays 0. */
int nax_cost_network(struct nax_cost_model *model, const struct nax_network *net,
                     const int64_t *crossbar, struct nax_cost *cost, struct nax_cost *layers,
                     struct nax_err *err) NAX_MUST_USE;

/* A component's part of a layer. */
struct nax_cost_part {
    double n_events, energy_dynamic_pj, energy_leakage_pj, area_mm2;
};
/* Every component's part of every layer: parts [n_layers + 1][n_components + 1], the last layer
 * being what none fills, and the last component the ADC. They add up to the network's cost. */
int nax_cost_breakdown(struct nax_cost_model *model, const struct nax_network *net,
                       const int64_t *crossbar, struct nax_cost_part *parts,
                       struct nax_err *err) NAX_MUST_USE;

/* The machine itself, one instance of every level filled with units of one crossbar size: its
 * components, what it holds of the level below, and their sum, as papers tabulate it. */
struct nax_sheet_row {
    enum nax_level level;
    char component[32], source[128]; /* component: a name, the level below, or "total" */
    bool is_total;
    double count;
    double power_mw, leakage_mw, area_mm2; /* of all of them; power_mw is dynamic */
    double energy_pj, latency_ns;          /* of one event of one; of a total: a product's time */
    double tops;                           /* of a total, all units at work */
};
/* *rows: [*n], freed by the caller with free. */
int nax_cost_sheet(struct nax_cost_model *model, int64_t crossbar, struct nax_sheet_row **rows,
                   size_t *n, struct nax_err *err) NAX_MUST_USE;

/* The same as nax_cost_network from look-up tables over (layer, kernel, crossbar), for many designs
 * of one network: a design's cost is a sum of entries, which are computed at their first use.
 * Agrees with nax_cost_network to rounding. The model and the file must outlive the table. */
struct nax_cost_table;

int nax_cost_table_alloc(struct nax_cost_table **table, struct nax_cost_model *model,
                         const struct nax_network_file *file, struct nax_err *err) NAX_MUST_USE;
void nax_cost_table_free(struct nax_cost_table *table);
/* kernel, crossbar: [n_slots], fixed: crossbar of unsearched layers or 0, as for
 * nax_network_build and nax_network_crossbars, with the same errors. adc_bits: NULL, or [n_slots],
 * 0 for the hardware's: what follows a convolution's crossbar has its bits, too. */
int nax_cost_table_price(struct nax_cost_table *table, const int64_t *kernel,
                         const int64_t *crossbar, const int64_t *adc_bits, int64_t fixed,
                         struct nax_cost *cost, struct nax_err *err) NAX_MUST_USE;

/* What the same hardware file costs changes with the laws that are counted by: one more at each
 * such change, for what was made by the costs of before, and what the last one was. */
#define NAX_COST_MODEL "2 (read times of arrays count, and leakage by timing.leakage)"

/* Expected costs of designs whose slots choose independently of each other. */
enum nax_expected {
    NAX_EXPECTED_ENERGY,       /* pJ */
    NAX_EXPECTED_LATENCY,      /* ns */
    NAX_EXPECTED_AREA,         /* mm² */
    NAX_EXPECTED_LATENCY_AREA, /* ns mm² */
    NAX_EXPECTED_EDAP,         /* pJ ns mm² */
    NAX_EXPECTED_COUNT
};

struct nax_cost_policy {
    size_t n_choices;
    /* [n_choices]; kernel 0: the slot is skipped; any other is the own of slots that keep theirs */
    const int64_t *kernel, *crossbar;
    const double *p; /* [n_slots][n_choices], of each slot adding up to 1; what cannot be has 0 */
};

/* Whether expectations are worked out for such hardware: layers in sequence, no copies, and
 * converters of the same bits in all layers. */
bool nax_cost_can_expect(const struct nax_hardware *hardware);
/* Latency, and with leakage `working` energy, are exact; area, the products, and energy with
 * leakage `always` are by moments. given: NULL, or [n_slots][n_choices][NAX_EXPECTED_COUNT], the
 * same given that the slot takes the choice, which are the derivatives by p; 0 where p is. On
 * hardware that nax_cost_can_expect. */
int nax_cost_table_expect(struct nax_cost_table *table, const struct nax_cost_policy *policy,
                          int64_t fixed, double mean[NAX_EXPECTED_COUNT], double *given,
                          struct nax_err *err) NAX_MUST_USE;

/* What is counted, and how, is a convention, and no comparison of designs holds under all: the
 * table of those that costs are reported by, its end a name NULL. */
enum { NAX_CONVENTION_SETS = 4 };
struct nax_cost_convention {
    const char *name, *hardware;           /* hardware: built in */
    const char *sets[NAX_CONVENTION_SETS]; /* "key=value" of it, up to the first NULL */
    double n_areas; /* hierarchy.replicate_mm2 in areas of the network's own kernels on crossbars of
                       32, without copies; 0: as the hardware has it */
};
extern const struct nax_cost_convention nax_cost_conventions[];
/* Its hierarchy.replicate_mm2 for a network on its hardware, n_areas not being 0. */
int nax_cost_convention_area(const struct nax_cost_convention *convention,
                             const struct nax_hardware *hardware,
                             const struct nax_network_file *file, double *area_mm2,
                             struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
