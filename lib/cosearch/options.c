/* The options of a search, as rows. */
#include "nax/cosearch.h"

/* Fidelities that alpha may be moved on. */
enum { FIDELITIES = 1 << NAX_FIDELITY_IDEAL | 1 << NAX_FIDELITY_LINEAR | 1 << NAX_FIDELITY_ADC };

#define FIELD(name) NAX_OPTION_FIELD(struct nax_cosearch_options, name)

const struct nax_option nax_cosearch_rows[] = {
    {"edap", "X", "weight of log EDAP in the loss", FIELD(edap), .max = 1e6},
    {"latency-area", "X", "weight of latency times area, in units of a random design's",
     FIELD(latency_area), .max = 1e6},
    {"energy", "X", "weight of energy, in units of a random design's", FIELD(energy), .max = 1e6},
    {"fidelity", "WORD", "what choices are weighed on", FIELD(fidelity),
     .words = &nax_fidelity_words, .allowed = FIDELITIES, .value = NAX_FIDELITY_ADC},
    {"calibrated", NULL, "on hardware whose gains and offsets are made good", FIELD(is_calibrated)},
    {"nested", NULL, "smaller kernels are the middles of larger ones", FIELD(is_nested)},
    {"warm-epochs", "N", "epochs before choices are weighed", FIELD(warmup_epochs), .max = 100000,
     .value = 4},
    {"alpha-every", "N", "training steps to a step of the choices", FIELD(alpha_every), .min = 1,
     .max = 1000000, .value = 2},
    {"alpha-rate", "X", "learning rate of the choices", FIELD(alpha_rate), .min = 1e-9, .max = 1e3,
     .value = 0.1},
    {"draws", "N", "other draws of paths and choices than the seed's, by number; 0: the seed's",
     FIELD(draws), .max = INT32_MAX},
    {"refresh", "N", "steps of the choices between solutions of the circuits", FIELD(refresh),
     .min = 1, .max = INT32_MAX, .value = 100},
    {.name = NULL}};

struct nax_cosearch_options nax_cosearch_default(void)
{
    struct nax_cosearch_options options = {.recipe = nax_recipe_default()};
    nax_options_default(nax_cosearch_rows, &options);
    return options;
}
