/* The conventions that costs are reported by, a row each. */
#include "nax/cost.h"

/* Copies are sought up to 16 times the area of the network's own kernels on crossbars of 32. */
enum { REFERENCE_CROSSBAR = 32, AREAS = 16 };

const struct nax_cost_convention nax_cost_conventions[] = {
    {"working", "nax-reram", {"timing.leakage=working"}, 0},
    {"always", "nax-reram", {"timing.leakage=always"}, 0},
    {"pipelined",
     "nax-reram",
     {"timing.leakage=always", "timing.schedule=pipelined", "hierarchy.copies=least-edap"},
     AREAS},
    {"puma", "puma", {NULL}, 0},
    {"isaac", "isaac", {NULL}, 0},
    {.name = NULL}};

int nax_cost_convention_area(const struct nax_cost_convention *convention,
                             const struct nax_hardware *hardware,
                             const struct nax_network_file *file, double *area_mm2,
                             struct nax_err *err)
{
    struct nax_hardware plain = *hardware; /* what it points to is only read */
    struct nax_cost_model *model = NULL;
    struct nax_network *net = NULL;
    struct nax_cost cost = {.area_mm2 = 0};
    int64_t slots[NAX_NETWORK_SLOTS_MAX], sizes[NAX_NETWORK_LAYERS_MAX];
    for (size_t s = 0; s < NAX_NETWORK_SLOTS_MAX; s++)
        slots[s] = REFERENCE_CROSSBAR;
    plain.hierarchy.replicate_mm2 = 0;
    int status = nax_network_build(&net, file, NULL, err);
    if (!status)
        status = nax_network_crossbars(net, slots, REFERENCE_CROSSBAR, sizes, err);
    if (!status)
        status = nax_cost_model_alloc(&model, &plain, err);
    if (!status)
        status = nax_cost_network(model, net, sizes, &cost, NULL, err);
    *area_mm2 = convention->n_areas * cost.area_mm2;
    nax_cost_model_free(model);
    nax_network_free(net);
    return status;
}
